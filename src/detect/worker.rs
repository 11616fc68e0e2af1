//! Is one worker stuck, or left alone with the work, while all the others hide it?
//!
//! A worker of a pool that does nothing has mostly been given nothing. It is called stuck only where something says that
//! it has work in hand: it sleeps in a place where nobody waits for tasks, or more tasks are in flight than the others
//! can have. Its rest is measured against the rests of its siblings and its own, never against a fixed time alone.

use std::collections::HashMap;
use std::time::Duration;

use super::Past;
use super::rhythm::has_work;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::member::{Activity, Member, Role};
use crate::model::metric::span;
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// No rest is called a standstill earlier.
const FLOOR: Duration = Duration::from_mins(1);
/// How many of the longest rests in the pool a standstill takes.
const RESTS: u32 = 10;
/// A worker that was at work this recently goes on.
const GOES_ON: Duration = Duration::from_secs(10);
/// A stuck worker had worked this share of what its siblings do: a server process beside them had not.
const HAD_WORK: f64 = 0.25;
/// Workers that are named one by one.
const NAMED: usize = 4;
/// Where nothing but the rest itself speaks, it must be this long,
const LONG: Duration = Duration::from_mins(2);
/// and this share of the work still be left: who got his part at the start may be through early.
const LEFT: f64 = 0.5;

/// A worker alone is left in peace for this long.
const ALONE: Duration = Duration::from_mins(2);
/// And for this many times what a task takes on average.
const TASKS_ALONE: u32 = 10;

/// A skew is told of workers that have run for this long,
const SKEW_AFTER: Duration = Duration::from_mins(10);
/// of one that used this many times the CPU of the middle one,
const SKEW: f64 = 4.0;
/// that computes nearly all the time, while the middle one is idle for at least half of it.
const COMPUTES: f64 = 0.8;
const MOSTLY_IDLE: f64 = 0.5;

/// Parts of the places where workers wait for tasks, in the words of the table of wait channels.
const QUEUES: [&str; 14] = [
    "futex",
    "data from a pipe",
    "unix socket",
    "epoll",
    "poll",
    "select",
    "accept",
    "semaphore",
    "message",
    "datagram",
    "a signal",
    "terminal",
    "eventfd",
    "io_uring",
];
/// A broker is waited for on the network, and so is a peer that never answers.
const NETWORK: [&str; 2] = ["data from a TCP socket", "data from a socket"];

/// One worker of the pool, as far as standing still goes.
struct Standing<'a> {
    member: &'a Member,
    /// Since it or a child of its was at work last.
    rest: Duration,
    /// CPU per second while it was at work at all.
    share: f64,
}

/// A worker stands still with work in hand, while its siblings go on or have nothing left to do.
pub fn worker_stuck(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running || job.kind == JobKind::Scan {
        return Verdict::Fine;
    }
    let pool = pool(past);
    let mut usual: Vec<Duration> =
        pool.iter().filter_map(|one| one.member.counters.rests).map(|rests| rests.longest).collect();
    usual.sort_unstable();
    let (Some(&longest), true) = (usual.get(usual.len() / 2), pool.len() > 1) else {
        return Verdict::NotYetKnown("no pool of workers that were seen to work");
    };
    let share = median(pool.iter().map(|one| one.share));
    let limit_of = |one: &Standing<'_>| {
        let own = one.member.counters.rests.map_or(Duration::ZERO, |rests| rests.longest);
        longest.max(own).saturating_mul(RESTS).max(FLOOR)
    };
    let resting: Vec<&Standing<'_>> = pool
        .iter()
        .filter(|one| one.rest >= limit_of(one) && one.share >= share * HAD_WORK)
        .filter(|one| one.member.activity != Activity::Stopped)
        .collect();
    let going = pool.iter().filter(|one| one.rest <= GOES_ON).count();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for place in pool.iter().filter_map(|one| one.member.waits_for.as_deref()) {
        *places.entry(place).or_default() += 1;
    }
    let stuck: Vec<(&Standing<'_>, String)> = resting
        .iter()
        .filter_map(|&one| Some((one, reason(one, &pool, &resting, &places, going, job, limit_of(one))?)))
        .collect();
    // A job in which most stand still is silent, and told as that.
    if stuck.is_empty() || stuck.len() * 2 > pool.len() {
        return Verdict::Fine;
    }
    let named = stuck.into_iter().take(NAMED);
    Verdict::Raised(named.map(|(one, why)| stuck_claim(one, why, going, &pool, limit_of(one))).collect())
}

/// What says that this one has work in hand.
fn reason(
    one: &Standing<'_>,
    pool: &[Standing<'_>],
    resting: &[&Standing<'_>],
    places: &HashMap<&str, usize>,
    going: usize,
    job: &Job,
    limit: Duration,
) -> Option<String> {
    if one.member.activity == Activity::Blocked {
        return Some("it is in a sleep that nothing interrupts".to_owned());
    }
    if !has_work(&job.progress) {
        return None;
    }
    let place = one.member.waits_for.as_deref();
    // A place that only one waits in is its own.
    if let Some(place) = place.filter(|place| places.get(place) == Some(&1)) {
        let is_any = |places: &[&str]| places.iter().any(|known| place.contains(known));
        let waits_for_a_peer = is_any(&NETWORK) && places.len() > 1;
        if waits_for_a_peer || !is_any(&QUEUES) && !is_any(&NETWORK) {
            return Some(format!("it waits for {place}, where none of its siblings waits"));
        }
    }
    if going == 0 {
        return None;
    }
    if let Some(in_flight) = job.progress.in_flight {
        let others = pool.len() - resting.len();
        let held = usize::try_from(in_flight).unwrap_or(usize::MAX).saturating_sub(others);
        return (held >= resting.len()).then(|| {
            format!("{in_flight} tasks are in flight, and {others} workers can't have them all in hand")
        });
    }
    // Nothing but its rest speaks: all others must be at work, and most of the work be left.
    let left = job.progress.share().map(|share| 1.0 - share)?;
    let is_alone = resting.len() == 1 && going + 1 == pool.len() && pool.len() > 2;
    (is_alone && left >= LEFT && one.rest >= limit.max(LONG))
        .then(|| "all of its siblings are at work, and most of the work is left".to_owned())
}

fn stuck_claim(
    one: &Standing<'_>,
    why: String,
    going: usize,
    pool: &[Standing<'_>],
    limit: Duration,
) -> Claim {
    let member = one.member;
    let severity = if going > 0 { Severity::Warning } else { Severity::Critical };
    let siblings = pool.len() - 1;
    let mut evidence = vec![Text::from(why)];
    if let Some(place) = member.waits_for.as_ref().filter(|place| !evidence[0].contains(place.as_str())) {
        evidence.push(Text::from(format!("it waits for {place}")));
    }
    evidence.push(Text::from(match going {
        0 => format!("its {siblings} siblings have nothing to do"),
        n => format!("{n} of its {siblings} siblings are at work"),
    }));
    evidence.push(Text::from(format!("the limit is {}, by the rests in this pool", span(limit))));
    Claim {
        condition: Condition::WorkerStuck,
        severity,
        subject: Some(member.id.clone()),
        headline: Text::from(format!(
            "worker {} ({}) has stood still for {}",
            member.id,
            member.about.name,
            span(one.rest)
        )),
        evidence,
    }
}

/// One worker is at work alone, and all the others have long had nothing to do.
pub fn straggler(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running || job.kind == JobKind::Scan || !has_work(&job.progress) {
        return Verdict::Fine;
    }
    let pool = pool(past);
    let mut at_work = pool.iter().filter(|one| one.rest <= GOES_ON);
    let (Some(alone), None, true) = (at_work.next(), at_work.next(), pool.len() > 2) else {
        return Verdict::Fine;
    };
    let Some(each) = each_task(job, pool.len()) else {
        return Verdict::NotYetKnown("what a task takes is not known");
    };
    let others = pool.iter().filter(|one| one.member.id != alone.member.id);
    let Some(idle) = others.map(|one| one.rest).min() else { return Verdict::Fine };
    if idle < each.saturating_mul(TASKS_ALONE).max(ALONE) {
        return Verdict::Fine;
    }
    let siblings = pool.len() - 1;
    let progress = &job.progress;
    let mut evidence = vec![Text::from(format!("a task has taken {} on average", span(each)))];
    evidence.extend(
        progress.done.zip(progress.total).map(|(done, total)| Text::from(format!("{done} of {total} done"))),
    );
    evidence.extend(progress.in_flight.map(|n| Text::from(format!("{n} in flight"))));
    evidence.extend(alone.member.cpu.map(|cpu| Text::from(format!("it uses {cpu:.2} CPUs"))));
    let headline = format!(
        "worker {} ({}) works alone: its {siblings} siblings have had nothing to do for {}",
        alone.member.id,
        alone.member.about.name,
        span(idle)
    );
    raised(Condition::Straggler, alone.member, headline, evidence)
}

/// One worker has computed far more than its siblings, and still does, while they mostly wait.
pub fn skew(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running || job.kind == JobKind::Scan || !has_work(&job.progress) {
        return Verdict::Fine;
    }
    let mut used: Vec<(f64, &Member)> = Vec::new();
    for member in job.members.iter().filter(|member| is_pooled(member)) {
        let Some(age) = member.about.started.map(|at| past.now.since(at)) else { continue };
        if age < SKEW_AFTER {
            return Verdict::NotYetKnown("the workers are too young to be compared");
        }
        used.push((member.counters.cpu_ms as f64 / 1_000.0 / age.as_secs_f64(), member));
    }
    used.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    let (Some(&(most, member)), Some(&(middle, _)), true) =
        (used.last(), used.get(used.len() / 2), used.len() > 3)
    else {
        return Verdict::Fine;
    };
    // Who did nothing at all has another part in the job.
    let have_worked = used.iter().filter(|(share, _)| *share > most / 100.0).count();
    let is_skewed =
        most >= COMPUTES && middle <= MOSTLY_IDLE && most >= middle * SKEW && have_worked == used.len();
    if !is_skewed || member.activity != Activity::Busy {
        return Verdict::Fine;
    }
    let headline = format!(
        "worker {} ({}) does {:.0} times what its siblings do",
        member.id,
        member.about.name,
        most / middle
    );
    let evidence = vec![Text::from(format!(
        "since its start it has used {most:.2} CPUs, the middle one of {} {middle:.2}",
        used.len()
    ))];
    raised(Condition::Skew, member, headline, evidence)
}

fn raised(condition: Condition, member: &Member, headline: String, evidence: Vec<Text>) -> Verdict {
    Verdict::Raised(vec![Claim {
        condition,
        severity: Severity::Warning,
        subject: Some(member.id.clone()),
        headline: Text::from(headline),
        evidence,
    }])
}

fn is_pooled(member: &Member) -> bool {
    member.role == Role::Worker && member.pooled && member.activity.is_alive()
}

/// The workers of the pool that were ever seen at work.
fn pool<'a>(past: &Past<'a>) -> Vec<Standing<'a>> {
    let members = &past.job.members;
    let worked = worked_below(members);
    let of = |member: &'a Member| {
        let at = *worked.get(&member.id.pid()?)?;
        let lived = at.since(member.about.started.unwrap_or(at)).as_secs_f64().max(1.0);
        let share = member.counters.cpu_ms as f64 / 1_000.0 / lived;
        Some(Standing { member, rest: past.now.since(at), share })
    };
    members.iter().filter(|member| is_pooled(member)).filter_map(of).collect()
}

/// When each process or one below it was at work last: who waits for a child works through it.
fn worked_below(members: &[Member]) -> HashMap<u32, Moment> {
    let living = || members.iter().filter(|member| member.activity.is_alive());
    let parents: HashMap<u32, u32> =
        living().filter_map(|member| Some((member.id.pid()?, member.parent?))).collect();
    let mut worked: HashMap<u32, Moment> = HashMap::new();
    for member in living() {
        let (Some(pid), Some(at)) = (member.id.pid(), member.counters.rests.map(|rests| rests.worked)) else {
            continue;
        };
        let above = std::iter::successors(Some(pid), |pid| parents.get(pid).copied());
        // Deeper trees than this are no worker's.
        for pid in above.take(8) {
            let known = worked.entry(pid).or_insert(at);
            *known = (*known).max(at);
        }
    }
    worked
}

/// What a task has taken a worker on average.
fn each_task(job: &Job, workers: usize) -> Option<Duration> {
    let done = u32::try_from(job.progress.done.filter(|&done| done > 0)?).ok()?;
    let begun = job.started.or(job.beat.watched_since)?;
    let workers = u32::try_from(workers).ok()?;
    Some(job.beat.last?.since(begun).saturating_mul(workers) / done)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
