//! What silence is too long for this job, and whether work goes on beneath its chatter.
//!
//! The user's `--heartbeat` decides where it is set. Where it is not, the job's own rhythm does: a silence is told when
//! it is many times the longest gap that was ever seen. A job that still computes or reads gets more patience than one
//! at rest, for the task in hand may be a large one. While the rhythm is not known yet, a minute decides, or a multiple
//! of what an item has taken so far.
//!
//! None of this is asked of a job that has nothing to do, as far as anybody can tell: a server nobody calls, a timer
//! between two runs, a job that has not begun. Without counters, silence means something only after a long regular
//! beat, in a job that waits neither for input nor for a timer.

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::job::{Job, JobKind, Phase, Progress};
use crate::model::member::Role;
use crate::model::metric::{Unit, span};
use crate::model::rhythm::Rhythm;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// Gaps from which on a rhythm is known.
const FEW: u32 = 8;
/// No job at rest is called silent earlier: a collection, a checkpoint or a slow disk takes as long.
const FLOOR: Duration = Duration::from_secs(20);
/// Nor one that works.
const FLOOR_AT_WORK: Duration = Duration::from_mins(1);
/// How many of the longest gaps a job at rest may be silent.
const GAPS: u32 = 4;
/// How many a job that works: of durations with a heavy tail one in some hundred is ten times the longest before.
const GAPS_AT_WORK: u32 = 10;
/// How many gaps of a counter may go by without a rise where somebody has named a limit: sooner than that it would be
/// the counter's own pace.
const GAPS_WHERE_ASKED: u32 = 2;
/// Where nothing but lines tells of a job, its rhythm is known after so many gaps, over this span,
const MANY: u32 = 30;
const LONG: Duration = Duration::from_mins(5);
/// and only where the longest gap is no more than so many usual ones.
const REGULAR: u32 = 5;
/// No missing progress is told earlier: the output goes on, so that there is time.
const PROGRESS_FLOOR: Duration = Duration::from_mins(1);
/// The same of a job whose rhythm is not known.
const PROGRESS_UNKNOWN: Duration = Duration::from_mins(5);

/// CPU below this share of one CPU is housekeeping.
const HOUSEKEEPING: f64 = 0.03;
/// A job that uses less than this share of what it has used so far is at rest.
const RESTING_SHARE: f64 = 0.1;
/// Bytes a second below which reading and writing is housekeeping.
const HOUSEKEEPING_IO: f64 = 64.0 * 1_024.0;
/// It is at rest when it was so for this long.
const RESTS_FOR: Duration = Duration::from_secs(10);

/// Where a process waits for others to want something, or for its time: see the table of wait channels.
const WAITS_FOR_INPUT: [&str; 6] = ["epoll", "poll", "select", "timer", "accept", "terminal"];

/// How long a job may be silent, and why so long.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patience {
    pub(super) limit: Duration,
    pub(super) why: String,
    pub(super) severity: Severity,
}

/// How long this job may be silent; `Err` says why that can't be told.
pub(super) fn patience(past: &Past<'_>, limits: &Limits) -> Result<Patience, &'static str> {
    let (job, Some(set)) = (past.job, limits.heartbeat) else { return Err("switched off") };
    if limits.is_heartbeat_asked {
        let why = format!("the limit is {}", span(set));
        return Ok(Patience { limit: set, why, severity: Severity::Critical });
    }
    let gaps = &job.beat.gaps;
    if job.beat.last.is_none() {
        return Err("it has not begun to beat");
    }
    if let Some(ms) = job.beat.said.and_then(|said| said.watchdog_ms) {
        // Beats are seen once in a round.
        let limit = Duration::from_millis(ms).max(past.interval.saturating_mul(2));
        let why = format!("the limit is {}, as the job set it for itself (WATCHDOG_USEC)", span(limit));
        return Ok(Patience { limit, why, severity: Severity::Critical });
    }
    let rests = rests(past);
    if has_work(&job.progress) {
        let severity = if rests { Severity::Critical } else { Severity::Warning };
        let (limit, why) = if gaps.known() >= FEW {
            let (floor, times) = if rests {
                (FLOOR, GAPS)
            } else {
                (FLOOR_AT_WORK, GAPS_AT_WORK.saturating_mul(last_ones(job)))
            };
            let limit = gaps.longest().saturating_mul(times).max(floor);
            (limit, format!("the limit is {}, by its own rhythm: {}", span(limit), words(gaps, past)))
        } else {
            let limit = set.max(so_far(job).saturating_mul(GAPS));
            (limit, format!("the limit is {}, for its rhythm is not known yet", span(limit)))
        };
        return Ok(Patience { limit, why, severity });
    }
    let watched = job.beat.last.zip(job.beat.watched_since).map(|(last, since)| last.since(since));
    let is_regular = gaps.usual().is_some_and(|usual| gaps.longest() <= usual.saturating_mul(REGULAR));
    if gaps.known() < MANY || watched.is_none_or(|span| span < LONG) || !is_regular {
        return Err("nothing says that there is work to do, and no regular beat");
    }
    if !rests || waits_for_input(job) {
        return Err("nothing says that there is work to do");
    }
    let limit = gaps.longest().saturating_mul(GAPS_AT_WORK).max(set);
    let why = format!("the limit is {}, by its own rhythm: {}", span(limit), words(gaps, past));
    Ok(Patience { limit, why, severity: Severity::Warning })
}

/// Output goes on, tasks are in flight or left, and none was finished for much longer than usual.
pub fn no_progress(past: &Past<'_>, limits: &Limits) -> Verdict {
    let (job, Some(set)) = (past.job, limits.heartbeat) else { return Verdict::Fine };
    if job.phase != Phase::Running || job.kind == JobKind::Scan || !has_work(&job.progress) {
        return Verdict::Fine;
    }
    if let Some(why) = job.beat.said.and_then(|said| said.asks_for_patience(past.now)) {
        return Verdict::NotYetKnown(why);
    }
    let Some(done) = job.progress.done.filter(|&done| done > 0) else {
        return Verdict::NotYetKnown("nothing was finished yet");
    };
    if job.progress.unit == Unit::Bytes {
        // A job may leave a file half read and go on with something else.
        return Verdict::NotYetKnown("how much of a file was read tells no tasks");
    }
    let (Some(pulse), Some(beat)) = (job.beat.of_counter(&job.progress), job.beat.last) else {
        return Verdict::NotYetKnown("the counter was not seen to rise");
    };
    let age = past.now.since(pulse.last);
    // Without a beat since then the job is silent, which is another condition's to tell.
    let is_silent = patience(past, limits).is_ok_and(|patience| past.now.since(beat) > patience.limit);
    if beat <= pulse.last || is_silent {
        return Verdict::Fine;
    }
    let rests = rests(past);
    // Who names a limit wants to be told soon; the rhythm of the counter still has its say.
    let (floor, unknown) =
        if limits.is_heartbeat_asked { (set, set) } else { (PROGRESS_FLOOR, PROGRESS_UNKNOWN) };
    let (limit, why) = if pulse.rhythm.known() >= FEW {
        let times = match (limits.is_heartbeat_asked, rests) {
            (true, _) => GAPS_WHERE_ASKED,
            (false, true) => GAPS,
            (false, false) => GAPS_AT_WORK.saturating_mul(last_ones(job)),
        };
        let limit = pulse.rhythm.longest().saturating_mul(times).max(floor);
        (limit, format!("until then {}", words(&pulse.rhythm, past)))
    } else {
        let limit = so_far(job).max(pulse.rhythm.longest()).saturating_mul(GAPS).max(unknown);
        (limit, "how often it rises is not known yet".to_owned())
    };
    if age <= limit {
        return Verdict::Fine;
    }
    let severity = if rests { Severity::Critical } else { Severity::Warning };
    let progress = &job.progress;
    let of = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
    let mut evidence = vec![
        Text::from(format!("the limit is {}; {why}", span(limit))),
        Text::from(format!("counted by {}", pulse.source)),
        Text::from(format!("the output goes on: the last beat was {} ago", span(past.now.since(beat)))),
    ];
    evidence.extend(progress.in_flight.map(|n| Text::from(format!("{n} in flight"))));
    evidence.extend(at_work(job));
    let headline = format!("no progress for {}: {done}{of} done", span(age));
    claim(Condition::NoProgress, severity, headline, evidence)
}

/// True when the counters say that something is left to do, and that it has begun to be done. A file that was read in
/// part is no such counter: an archive, a header or a sample is left open half read while the job computes.
pub(super) fn has_work(progress: &Progress) -> bool {
    let is_begun = progress.done.zip(progress.total).is_some_and(|(done, total)| done > 0 && done < total);
    let is_left = is_begun && progress.unit != Unit::Bytes;
    is_left || progress.in_flight.is_some_and(|n| n > 0)
}

/// True when the whole job has used next to nothing for a while. Of a job whose CPU is not known nothing is said.
pub(super) fn rests(past: &Past<'_>) -> bool {
    let history = &past.job.history;
    let recent = |series: &crate::model::series::Series| series.max_since(past.now, RESTS_FOR);
    let Some(cpu) = recent(&history.cpu) else { return false };
    let mean = history.cpu_seconds / history.cpu_over.as_secs_f64().max(1.0);
    let moved = [&history.read, &history.written].into_iter().filter_map(recent).fold(0.0, f64::max);
    cpu <= HOUSEKEEPING.max(mean * RESTING_SHARE) && moved < HOUSEKEEPING_IO
}

/// The rhythm of a pool is that of all its workers. When fewer tasks are left than there are workers, one of them may
/// take so many times as long.
fn last_ones(job: &Job) -> u32 {
    let left = job.progress.total.zip(job.progress.done).map(|(total, done)| total.saturating_sub(done));
    let workers = job.workers.alive.max(1);
    if left.is_some_and(|left| left < u64::from(workers)) { workers } else { 1 }
}

/// What the processes do meanwhile, in words.
pub(super) fn at_work(job: &Job) -> Option<Text> {
    job.cpu.map(|cpu| Text::from(format!("the job uses {cpu:.2} CPUs meanwhile")))
}

/// True when somebody in the job waits for input or for its time, or nobody's wait is known.
fn waits_for_input(job: &Job) -> bool {
    let workers =
        job.members.iter().filter(|member| member.activity.is_alive() && member.role != Role::Helper);
    let mut waits = workers.filter_map(|member| member.waits_for.as_deref()).peekable();
    waits.peek().is_none() || waits.any(|wait| WAITS_FOR_INPUT.iter().any(|known| wait.contains(known)))
}

/// The longest gap so far, or what an item has taken from the start to the last beat, whichever is longer.
fn so_far(job: &Job) -> Duration {
    let beat = &job.beat;
    let begun = job.started.or(beat.watched_since);
    let each = begun.zip(beat.last).map(|(begun, last)| {
        last.since(begun) / job.progress.done.map_or(1, |done| u32::try_from(done.max(1)).unwrap_or(u32::MAX))
    });
    each.unwrap_or_default().max(beat.gaps.longest())
}

fn words(gaps: &Rhythm, past: &Past<'_>) -> String {
    // Who looks once in an interval can't tell shorter gaps.
    let usual = gaps.usual().unwrap_or_default().max(past.interval);
    format!("usually about every {}, the longest gap was {}", span(usual), span(gaps.longest().max(usual)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::log::tests::job_with;
    use crate::detect::progress::no_heartbeat;
    use crate::model::clock::Moment;
    use crate::model::sign::Signs;

    #[test]
    fn a_file_left_half_read_is_no_work_that_is_left() {
        let now = Moment::from_millis(5_000_000);
        let mut job = job_with(Signs::default());
        job.beat.last = Some(Moment::from_millis(4_000_000));
        job.beat.watched_since = Some(Moment::from_millis(3_999_000));
        let progress = &mut job.progress;
        (progress.done, progress.total) = (Some(40), Some(100));
        for (unit, is_told) in [(Unit::Bytes, false), (Unit::Items, true)] {
            job.progress.unit = unit;
            let past = Past { job: &job, now, interval: Duration::from_secs(1) };
            let verdict = no_heartbeat(&past, &Limits::default());
            assert_eq!(matches!(verdict, Verdict::Raised(_)), is_told, "{unit:?}: {verdict:?}");
            assert_eq!(has_work(&job.progress), is_told);
        }
    }
}
