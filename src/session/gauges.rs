//! A job's gauges from its readings: progress, beats, memory, sums over members; pure.

use std::sync::Arc;
use std::time::Duration;

use super::pulses;
use crate::detect::forecast;
use crate::model::clock::Moment;
use crate::model::history::History;
use crate::model::job::{Beat, Job, Memory, MemoryBasis, MemoryLimit, Progress};
use crate::model::member::{IoRates, Member};
use crate::model::metric::Bytes;
use crate::model::reading::{CountersRead, JobIntro, JobReading, LineReading, MemoryReading};
use crate::model::snapshot::THROUGHPUT_WINDOW;
use crate::model::text::Text;

/// Weight of the newest gap in the running mean of gaps between beats.
const GAP_WEIGHT: f64 = 0.2;
/// How much earlier than its job's start a line may seem to be written that the job wrote at once.
const COARSE: Duration = Duration::from_secs(1);
/// Shortest span over which a throughput is told: below, one batch more or less decides it.
const SHORTEST_WINDOW: Duration = Duration::from_millis(1_500);

/// Drops what a line tells that was written before the job began: a log that is appended to holds the counters
/// and the last words of the run before. The text stays, for people to read.
pub fn forget_older_runs(reading: &mut JobReading) {
    let intro = Arc::clone(&reading.intro);
    for line in reading.lines.iter_mut().filter(|line| !is_own(line.at, &intro)) {
        line.counters = CountersRead::default();
    }
}

/// Whether the job itself wrote a line, by its time `at`. Times of files are coarse, and so is the start in `/proc`.
pub fn is_own(at: Moment, intro: &JobIntro) -> bool {
    intro.started.is_none_or(|started| at.plus(COARSE) >= started)
}

/// The newest line that the job itself wrote. A line with a counter says by the counter whether anything moved: a
/// bar that draws itself again at 40 of 120 is no sign of progress.
fn last_own_line(reading: &JobReading, rose: bool) -> Option<&LineReading> {
    reading
        .lines
        .iter()
        .rev()
        .filter(|line| is_own(line.at, &reading.intro))
        .find(|line| rose || line.counters.is_empty())
}

/// The newest value of each counter, and where the newest of all comes from.
pub fn newest_counters(reading: &JobReading) -> Option<(CountersRead, Text)> {
    let counted = |line: &&LineReading| !line.counters.is_empty();
    let from_lines = reading.lines.iter().rev().filter(counted).fold(None, |newest, line| match newest {
        None => Some((line.counters, line.pattern.clone().unwrap_or_default())),
        Some((read, source)) => Some((read.or(line.counters), source)),
    });
    let seen = match (from_lines, reading.counters.clone()) {
        // Lines that tell no more than failures leave the rest to others.
        (Some((read, _)), Some((seen, source))) if read.done.is_none() && seen.done.is_some() => {
            Some((seen.or(read), source))
        }
        (lines, others) => lines.or(others),
    };
    match (reading.said.clone(), seen) {
        // What a job says outright counts before what its lines look like.
        (Some((read, source)), Some((seen, _))) if read.done.is_some() => Some((read.or(seen), source)),
        (Some((read, _)), Some((seen, source))) => Some((seen.or(read), source)),
        (said, seen) => said.or(seen),
    }
}

/// How far the job is now. A counter that was not told again keeps its value.
pub fn progress(before: &Progress, reading: &JobReading, history: Option<&History>, now: Moment) -> Progress {
    let mut progress = before.clone();
    if let Some((read, source)) = newest_counters(reading) {
        progress.total = if read.is_pair { read.total } else { read.total.or(progress.total) };
        progress.unit = if read.done.is_some() { read.unit } else { progress.unit };
        progress.done = read.done.or(progress.done);
        progress.in_flight = read.in_flight.or(progress.in_flight);
        progress.failed = read.failed.or(progress.failed);
        progress.source = Some(source);
    }
    let is_same_source = before.source.is_none() || progress.source == before.source;
    progress.peak = peak(before, progress.done, is_same_source);
    if reading.ended.is_some() {
        // What it was stays; there is nothing left to wait for.
        progress.time_left = None;
        return progress;
    }
    // Another source counts other things.
    let restarted = progress.done < before.done || !is_same_source;
    progress.throughput =
        history.filter(|_| !restarted).and_then(|history| throughput(progress.done, history, now));
    progress.time_left = time_left(&progress);
    progress
}

/// Done per second since the window's start.
fn throughput(done: Option<u64>, history: &History, now: Moment) -> Option<f64> {
    let (at, then) = history.done.window_start(now, THROUGHPUT_WINDOW)?;
    let (done, span) = (done? as f64, now.since(at));
    // A counter that fell belongs to another phase of the job: its history begins anew.
    (span >= SHORTEST_WINDOW && done >= then).then(|| (done - then) / span.as_secs_f64())
}

fn time_left(progress: &Progress) -> Option<Duration> {
    let left = progress.total?.checked_sub(progress.done?)?;
    let rate = progress.throughput.filter(|&rate| rate > 0.0)?;
    Duration::try_from_secs_f64(left as f64 / rate).ok()
}

/// The job's signs of life after this round: a counter that rose, or a line that was written. Time that the
/// machine `slept` is no silence.
pub fn beat(before: Option<&Beat>, reading: &JobReading, rose: bool, slept: Duration, now: Moment) -> Beat {
    let mut beat = before.cloned().unwrap_or_else(|| Beat { watched_since: Some(now), ..Beat::default() });
    beat.slept = slept;
    beat.last = beat.last.map(|at| at.plus(slept));
    beat.watched_since = beat.watched_since.map(|at| at.plus(slept).min(now));
    beat.sources.clone_from(&reading.beat_sources);
    beat.said = reading.said_state.or(beat.said);
    pulses::feel(
        &mut beat.pulses,
        reading,
        last_own_line(reading, rose).map(|line| line.at),
        rose,
        slept,
        now,
    );
    let (at, source) = match (rose, reading.bar_moved, last_own_line(reading, rose)) {
        (_, Some(at), _) => (at, "a bar that moved"),
        (true, None, Some(line)) => (line.at, "a counter that rose"),
        // What counts for the job here is told for what it is.
        (_, None, None) if reading.took.is_some() => reading.took.unwrap_or((now, "something it took in")),
        // What a keeper heard before this watcher came has its own time.
        (true, None, None) => (reading.said_beat.as_ref().map_or(now, |(at, _)| *at), "a counter that rose"),
        (false, None, Some(line)) => (line.at, "a line of output"),
        (false, None, None) if reading.lines_skipped > 0 => (now, "a flood of output"),
        (false, None, None) => match &reading.said_beat {
            Some((at, what)) => (*at, what.as_str()),
            None => return beat,
        },
    };
    if let Some(last) = beat.last.filter(|&last| at > last) {
        let gap = at.since(last);
        beat.gaps.add(gap);
        beat.usual_gap =
            Some(beat.usual_gap.map_or(gap, |usual| {
                usual.mul_f64(1.0 - GAP_WEIGHT).saturating_add(gap.mul_f64(GAP_WEIGHT))
            }));
    }
    beat.last = beat.last.max(Some(at));
    beat.last_source = Some(Text::from(source));
    beat
}

/// The job's memory: its own control group's exact figure, or else the sum of its members' shares, or else that of
/// their resident sizes; and when its limit is reached.
pub fn memory(
    reading: Option<&MemoryReading>,
    members: &[Member],
    old: Option<&Job>,
    now: Moment,
) -> Option<Memory> {
    let own = reading.and_then(|reading| reading.own_cgroup);
    let (used, basis) = match own {
        Some(used) => (used, MemoryBasis::OwnCgroup),
        None => sum(members)?,
    };
    let limit = reading.and_then(|reading| reading.limit.clone());
    // How full another limit was says nothing of this one.
    let scope = |limit: &MemoryLimit| limit.scope.clone();
    let before = old.filter(|old| {
        old.memory.as_ref().and_then(|memory| memory.limit.as_ref()).map(scope) == limit.as_ref().map(scope)
    });
    let forecast = limit
        .as_ref()
        .zip(before)
        .and_then(|(limit, old)| forecast::forecast(&old.history.fill, limit.fill(), now));
    Some(Memory { used, basis, limit, forecast })
}

/// What the living members have, each counted by its share where that is known. Where no share is known at all, it is
/// the sum of resident sizes, and said to be.
fn sum(members: &[Member]) -> Option<(Bytes, MemoryBasis)> {
    let (mut used, mut of, mut shares, mut estimated) = (Bytes(0), 0_u32, 0_u32, 0_u32);
    for member in members.iter().filter(|member| member.activity.is_alive()) {
        let Some(resident) = member.memory else { continue };
        of += 1;
        used = used + member.parts.map_or(resident, |parts| parts.pss);
        shares += u32::from(member.parts.is_some());
        estimated += u32::from(member.parts.is_none_or(|parts| parts.is_estimated));
    }
    let basis = if shares > 0 { MemoryBasis::Pss { estimated, of } } else { MemoryBasis::RssSum };
    (of > 0).then_some((used, basis))
}

/// CPUs in use over all members; `None` before two readings.
pub fn cpu(members: &[Member]) -> Option<f64> {
    members.iter().filter_map(|member| member.cpu).reduce(|a, b| a + b)
}

/// What all members read and write; `None` where no member's could be read.
pub fn io(members: &[Member]) -> Option<IoRates> {
    members
        .iter()
        .filter_map(|member| member.io)
        .reduce(|a, b| IoRates { read: a.read + b.read, written: a.written + b.written })
}

/// True when the done counter is higher than it was in this phase of the job, or the next phase has begun: a counter that
/// goes back and forth between two places moves nothing.
pub fn rose(before: Option<&Job>, progress: &Progress) -> bool {
    match (before.and_then(|job| job.progress.peak.or(job.progress.done)), progress.peak) {
        (Some(then), Some(now)) => now != then,
        (None, Some(now)) => now > 0,
        _ => false,
    }
}

/// The highest count of this phase: one that fell to half of it and lower begins the next.
fn peak(before: &Progress, done: Option<u64>, is_same_source: bool) -> Option<u64> {
    let old = before.peak.or(before.done).filter(|_| is_same_source);
    match (old, done) {
        (Some(peak), Some(done)) if done <= peak && done > peak / 2 => Some(peak),
        (peak, done) => done.or(peak),
    }
}
