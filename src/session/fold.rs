//! `fold`: the snapshot before and new readings make the next snapshot, and wishes.
//!
//! Pure: time is an argument, nothing is read. Live watching and tests on recorded readings share it.

use std::time::Duration;

use super::{gauges, members, pressure, restarts, rests, rooms, shared, signs};
use crate::alert::rule;
use crate::config::limits::Limits;
use crate::detect::frozen::is_judged;
use crate::detect::{DETECTORS, Past};
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobId, JobKind, Phase, Progress, WorkerCounts};
use crate::model::log::{LogLine, LogTail};
use crate::model::member::Member;
use crate::model::metric::Bytes;
use crate::model::reading::{JobReading, Readings};
use crate::model::snapshot::{Notice, OwnCost, Snapshot, VERSION};
use crate::model::sum::Sum;
use crate::model::text::Text;
use crate::model::verdict::{Claim, Verdict};

/// What the fold wishes for; whoever drives the sampler grants it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell somebody of an alert that began, or became worse than was ever told.
    Notify(Alert),
}

/// The next snapshot. `now` is when the readings were taken.
pub fn fold(before: &Snapshot, readings: Readings, limits: &Limits, now: Moment) -> (Snapshot, Vec<Effect>) {
    let slept = readings.slept;
    let mut problems = readings.problems;
    problems.extend(readings.jobs.iter().filter_map(|reading| deaf(reading, limits)));
    let elapsed = if before.seq == 0 { Duration::ZERO } else { now.since(before.at).saturating_sub(slept) };
    let mut snapshot = Snapshot {
        version: VERSION,
        seq: before.seq + 1,
        at: now,
        wall: readings.wall,
        interval: before.interval,
        hosts: readings.hosts,
        jobs: readings.jobs.into_iter().map(|reading| job(before, reading, slept, now)).collect(),
        sum: None,
        alerts: Vec::new(),
        notices: notices(&before.notices, problems, now),
        own: own_cost(&before.own, readings.own, readings.late, elapsed),
    };
    snapshot.extend(before);
    snapshot.sum = Sum::of(&snapshot.jobs, now);
    let told = shared::told_once(claims(&snapshot, limits), &snapshot, &before.alerts);
    let (alerts, begun) = rule::advance(&before.alerts, &told, now);
    snapshot.alerts = alerts;
    let effects = begun.into_iter().map(Effect::Notify).collect();
    (snapshot, effects)
}

fn job(before: &Snapshot, mut reading: JobReading, slept: Duration, now: Moment) -> Job {
    gauges::forget_older_runs(&mut reading);
    let old = before.job(&reading.id);
    let frozen = reading.frozen.take().filter(|_| reading.ended.is_none());
    // Who is frozen is as little silent as who sleeps.
    let is_cold = frozen.is_some() && old.is_some_and(|old| old.frozen.is_some());
    let slept = if is_cold { now.since(before.at) } else { slept };
    let phase = match (old.map(|old| old.phase), reading.ended) {
        (Some(ended @ Phase::Ended { .. }), _) => ended,
        (_, Some(exit)) => Phase::Ended { exit, at: now },
        _ => Phase::Running,
    };
    let nothing = Progress::default();
    let rested = old.filter(|_| !slept.is_zero()).map(|old| old.history.clone().awake_again(slept));
    let counted = old.filter(|_| !reading.is_anew);
    let progress = gauges::progress(
        counted.map_or(&nothing, |old| &old.progress),
        &reading,
        counted.map(|old| rested.as_ref().unwrap_or(&old.history)),
        now,
    );
    // The first value of another counter is no rise.
    let rose = !reading.is_anew && gauges::rose(old, &progress);
    let beat = gauges::beat(old.map(|old| &old.beat), &reading, rose, slept, now);
    let log = log(old, &reading);
    let found = std::mem::take(&mut reading.signs);
    let signs = signs::advance(old.map(|old| &old.signs), found, log.seen, old.map(|old| &old.history));
    let is_ending = phase != Phase::Running || reading.is_root_ending;
    let (members, workers) = members(before, old, &mut reading, is_ending, slept, now);
    let gone = old.map_or((&[][..], &[][..]), |old| (&old.restarts, &old.members));
    let restarts = restarts::advance(gone.0, gone.1, &members, &reading.exits, now);
    let found = std::mem::take(&mut reading.rooms);
    let rooms = rooms::advance(old.map_or(&[], |old| &old.rooms), found, now);
    let faults = old.and_then(|old| pressure::major_faults(&old.members, &members, Some(before.at), now));
    let pressed = old.and_then(|old| old.pressure.as_ref());
    let ends = super::oom::Round {
        members: &members,
        exits: &reading.exits,
        phase,
        since: old.map(|_| before.at),
        now,
    };
    let killed = super::oom::advance(old.and_then(|old| old.oom.as_ref()), reading.oom, &ends);
    let intro = reading.intro;
    Job {
        id: reading.id,
        name: intro.name.clone(),
        kind: intro.kind,
        host: intro.host.clone(),
        started: intro.started,
        phase,
        memory: gauges::memory(reading.memory.as_ref(), &members, old, now),
        pressure: pressure::pressure(pressed, reading.pressure, faults, now),
        oom: killed,
        gpu: reading.gpu,
        cpu: gauges::cpu(&members),
        io: reading.io.or_else(|| gauges::io(&members)),
        workers,
        progress,
        intake: reading.intake,
        beat,
        members,
        restarts,
        rooms,
        log,
        signs,
        frozen,
        history: crate::model::history::History::default(),
    }
}

/// The members after this round, and the workers among them counted.
fn members(
    before: &Snapshot,
    old: Option<&Job>,
    reading: &mut JobReading,
    job_ended: bool,
    slept: Duration,
    now: Moment,
) -> (Vec<Member>, WorkerCounts) {
    let past = old.map(|old| old.workers).unwrap_or_default();
    let Some(found) = reading.members.take() else {
        return (old.map(|old| old.members.clone()).unwrap_or_default(), reading.workers.unwrap_or(past));
    };
    let round = members::Round {
        before: old.map_or(&[], |old| &old.members),
        exits: &reading.exits,
        now,
        since: old.map(|_| before.at),
        job_ended,
    };
    let (mut members, ended) = members::advance(&round, found);
    rests::feel(&mut members, slept, now);
    members::take_pools(&mut members, std::mem::take(&mut reading.pools));
    let counts = WorkerCounts {
        lost: past.lost + ended.lost,
        finished: past.finished + ended.finished,
        ..WorkerCounts::alive_among(&members)
    };
    (members, reading.workers.unwrap_or(counts))
}

fn log(old: Option<&Job>, reading: &JobReading) -> LogTail {
    let fresh: Vec<_> =
        reading.lines.iter().map(|line| LogLine { at: line.at, text: line.text.clone() }).collect();
    let seen = old.map_or(0, |old| old.log.seen) + fresh.len() as u64 + reading.lines_skipped;
    LogTail { seen, partial: reading.partial.clone(), fresh, ..LogTail::default() }
}

fn claims(snapshot: &Snapshot, limits: &Limits) -> Vec<(JobId, Claim)> {
    let mut claims = Vec::new();
    for job in &snapshot.jobs {
        let past = Past { job, now: snapshot.at, interval: snapshot.interval };
        for detector in DETECTORS {
            if let Verdict::Raised(mut raised) = detector(&past, limits) {
                raised.retain(|claim| job.frozen.is_none() || is_judged(claim.condition));
                claims.extend(raised.into_iter().map(|claim| (job.id.clone(), claim)));
            }
        }
    }
    claims
}

/// Says that a limit which somebody set can't be judged: `--heartbeat` without anything that could beat.
fn deaf(reading: &JobReading, limits: &Limits) -> Option<Text> {
    let name = &reading.intro.name;
    let is_deaf = limits.is_heartbeat_asked
        && limits.heartbeat.is_some()
        && reading.beat_sources.is_empty()
        && reading.ended.is_none()
        && reading.intro.kind != JobKind::Scan;
    is_deaf.then(|| {
        Text::from(format!(
            "--heartbeat has nothing to go by: {name} shows no output that can be read along; --log FILE names one"
        ))
    })
}

fn notices(before: &[Notice], problems: Vec<Text>, now: Moment) -> Vec<Notice> {
    let since = |text: &Text| before.iter().find(|old| old.text == *text).map_or(now, |old| old.since);
    problems.into_iter().map(|text| Notice { since: since(&text), text }).collect()
}

fn own_cost(before: &OwnCost, own: (u64, Bytes), late: Duration, elapsed: Duration) -> OwnCost {
    let (cpu_ms, memory) = own;
    let seconds = elapsed.as_secs_f64();
    let used = cpu_ms.saturating_sub(before.cpu_ms) as f64 / 1_000.0;
    OwnCost { cpu: if seconds > 0.0 { used / seconds } else { 0.0 }, memory, late, cpu_ms }
}

#[cfg(test)]
mod tests;
