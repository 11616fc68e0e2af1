//! Where the time of a thread goes: on a CPU, ready for one, and each kind of waiting; pure.
//!
//! Run time and run delay are the kernel's own counters (`/proc/PID/task/TID/schedstat`), exact to the nanosecond. A
//! thread that spins on a crowded machine has a small share of a CPU, so busy means: running or ready.

use std::collections::BTreeMap;

use super::scene::place;
use crate::model::cause::TimeSpent;
use crate::model::evidence::{Activity, Evidence, Process, Sample, Thread};
use crate::model::text::Text;

/// Parts of a timeline.
const PARTS: usize = 40;
/// Threads that are told of.
const TOLD: usize = 64;

/// Seconds between the first and the last sample.
pub(super) fn span(thread: &Thread) -> f64 {
    match thread.samples.as_slice() {
        [first, .., last] => (last.at - first.at).max(0.0),
        _ => 0.0,
    }
}

/// The difference of a counter over the window.
fn rise(thread: &Thread, counter: impl Fn(&Sample) -> u64) -> u64 {
    match thread.samples.as_slice() {
        [first, .., last] => counter(last).saturating_sub(counter(first)),
        _ => 0,
    }
}

/// The share of the window on a CPU.
pub(super) fn running(thread: &Thread) -> f64 {
    share(thread, |sample| sample.ran)
}

/// The share of the window on a CPU or ready for one.
pub(super) fn busy(thread: &Thread) -> f64 {
    share(thread, |sample| sample.ran.saturating_add(sample.delayed))
}

/// How often per second it gave the CPU up by itself.
pub(super) fn yields(thread: &Thread) -> f64 {
    let span = span(thread);
    if span > 0.0 { rise(thread, |sample| sample.yielded) as f64 / span } else { 0.0 }
}

/// Major page faults over the window.
pub(super) fn faults(thread: &Thread) -> u64 {
    rise(thread, |sample| sample.faults)
}

fn share(thread: &Thread, counter: impl Fn(&Sample) -> u64) -> f64 {
    let span = span(thread);
    if span > 0.0 { (rise(thread, counter) as f64 / 1e9 / span).min(1.0) } else { 0.0 }
}

/// The share of looks at which a thread did this.
pub(super) fn doing(thread: &Thread, what: Activity) -> f64 {
    let seen = thread.samples.iter().filter(|sample| sample.doing == Some(what)).count();
    seen as f64 / thread.samples.len().max(1) as f64
}

/// Where the time of the job's threads went, the busiest first.
pub(super) fn spent(evidence: &Evidence) -> Vec<TimeSpent> {
    let mut spent: Vec<TimeSpent> = evidence
        .members()
        .filter(|process| !process.is_zombie())
        .flat_map(|process| process.threads.iter().map(move |thread| of_thread(process, thread)))
        .collect();
    let busy = |one: &TimeSpent| {
        one.shares.iter().filter(|(what, _)| is_busy(*what)).map(|(_, share)| share).sum::<f64>()
    };
    spent.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then((a.pid, a.tid).cmp(&(b.pid, b.tid))));
    spent.truncate(TOLD);
    spent
}

const fn is_busy(activity: Activity) -> bool {
    matches!(activity, Activity::Running | Activity::Ready)
}

/// What became of the time between two looks, in seconds.
pub(super) struct Step {
    /// When it ended.
    pub(super) at: f64,
    pub(super) ran: f64,
    pub(super) ready: f64,
    /// Spent neither running nor ready,
    pub(super) rest: f64,
    /// but with this.
    pub(super) doing: Activity,
}

/// The time of a thread, look by look.
pub(super) fn steps(thread: &Thread) -> impl Iterator<Item = Step> {
    let last = thread.wait.activity();
    thread.samples.windows(2).filter_map(move |pair| {
        let [from, to] = pair else { return None };
        let span = (to.at - from.at).max(1e-6);
        let ran = (to.ran.saturating_sub(from.ran) as f64 / 1e9).min(span);
        let ready = (to.delayed.saturating_sub(from.delayed) as f64 / 1e9).min(span - ran);
        let doing = match to.doing.unwrap_or(last) {
            Activity::Running | Activity::Ready => {
                from.doing.filter(|&doing| !is_busy(doing)).unwrap_or(Activity::Other)
            }
            waiting => waiting,
        };
        Some(Step { at: to.at, ran, ready, rest: span - ran - ready, doing })
    })
}

fn of_thread(process: &Process, thread: &Thread) -> TimeSpent {
    let mut shares: BTreeMap<Activity, f64> = BTreeMap::new();
    let mut parts: Vec<(f64, Activity)> = Vec::new();
    for Step { at, ran, ready, rest, doing } in steps(thread) {
        *shares.entry(Activity::Running).or_default() += ran;
        *shares.entry(Activity::Ready).or_default() += ready;
        *shares.entry(doing).or_default() += rest;
        let most = [(ran, Activity::Running), (ready, Activity::Ready), (rest, doing)];
        let most = most.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(doing, |(_, most)| most);
        parts.push((at, most));
    }
    let last = thread.wait.activity();
    let total: f64 = shares.values().sum();
    let mut shares: Vec<(Activity, f64)> = shares
        .into_iter()
        .map(|(what, time)| (what, time / total.max(1e-9)))
        .filter(|(_, share)| *share >= 0.005)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    if shares.is_empty() {
        shares.push((last, 1.0));
    }
    TimeSpent {
        pid: process.pid,
        tid: thread.tid,
        name: Text::from(if thread.name.is_empty() { process.name.clone() } else { thread.name.clone() }),
        shares,
        timeline: timeline(&parts, last),
        at: place(thread).map(Text::from),
    }
}

/// One activity for each part of the window: the one of the step that part lies in.
fn timeline(steps: &[(f64, Activity)], last: Activity) -> Vec<Activity> {
    let (Some(first), Some(end)) = (steps.first(), steps.last()) else { return vec![last] };
    let parts = steps.len().min(PARTS);
    let begin = first.0 - (end.0 - first.0) / steps.len().max(1) as f64;
    let width = (end.0 - begin) / parts as f64;
    let of_part = |part: usize| {
        let until = (part as f64 + 0.5).mul_add(width, begin);
        steps.iter().find(|step| step.0 >= until).map_or(last, |step| step.1)
    };
    (0..parts).map(of_part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::Wait;

    fn thread(samples: &[(f64, u64, u64)], wait: Wait) -> Thread {
        let samples = samples.iter().map(|&(at, ran, delayed)| Sample {
            at,
            ran: ran * 1_000_000,
            delayed: delayed * 1_000_000,
            ..Sample::default()
        });
        Thread { tid: 1, samples: samples.collect(), wait, ..Thread::default() }
    }

    #[test]
    fn a_thread_that_spins_on_a_crowded_machine_is_busy() {
        let spins = thread(&[(0.0, 0, 0), (1.0, 230, 760), (2.0, 460, 1_530)], Wait::Nothing);
        assert!(busy(&spins) > 0.98 && running(&spins) < 0.25);
        let rests = thread(&[(0.0, 0, 0), (2.0, 1, 0)], Wait::Sleep);
        assert!(busy(&rests) < 0.01);
    }

    #[test]
    fn shares_add_up_to_one_and_the_largest_comes_first() {
        let both = thread(&[(0.0, 0, 0), (1.0, 250, 0), (2.0, 500, 0)], Wait::Sleep);
        let spent = of_thread(&Process::default(), &both);
        assert_eq!(spent.shares[0].0, Activity::Sleep);
        assert!((spent.shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 0.01);
        assert_eq!(spent.timeline, [Activity::Sleep, Activity::Sleep]);
    }
}
