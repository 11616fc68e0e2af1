//! How often each call failed with each error on each file, thread by thread. Pure and bounded.

use std::collections::HashMap;

use crate::model::evidence::FailedCall;

/// Failures below which nothing is told.
const LEAST: u32 = 3;
/// Different failures that are counted, threads that are known, and failures that are told.
const MOST_KINDS: usize = 512;
const MOST_THREADS: usize = 4_096;
const MOST_TOLD: usize = 64;
/// Starts between a thread that was chosen and one whose calls are counted for it.
const DEEPEST: usize = 64;
/// Bytes of a path that are kept.
const LONGEST: usize = 512;

/// What was counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Who started whom: what a newcomer does is counted for the thread that was chosen.
    starters: HashMap<u32, u32>,
    failed: HashMap<Failure, u32>,
    all: HashMap<u32, All>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Failure {
    tid: u32,
    call: String,
    error: String,
    path: Option<String>,
}

/// All calls of a thread and of whom it started.
#[derive(Debug, Clone, Copy, Default)]
struct All {
    calls: u32,
    made: u32,
    naps: u32,
}

impl Tally {
    /// A thread was started by another.
    pub fn started(&mut self, new: u32, by: u32) {
        if self.starters.len() < MOST_THREADS {
            self.starters.insert(new, by);
        }
    }

    /// The thread that was chosen, for one it started, or one of those did. Starts are not reported in their order.
    pub fn of(&self, tid: u32) -> u32 {
        let starters = std::iter::successors(Some(tid), |tid| self.starters.get(tid).copied());
        starters.take(DEEPEST).last().unwrap_or(tid)
    }

    /// A call came back.
    pub fn came_back(&mut self, tid: u32, has_made: bool, has_napped: bool) {
        if self.all.len() < MOST_THREADS || self.all.contains_key(&tid) {
            let all = self.all.entry(tid).or_default();
            all.calls = all.calls.saturating_add(1);
            all.made = all.made.saturating_add(u32::from(has_made));
            all.naps = all.naps.saturating_add(u32::from(has_napped));
        }
    }

    /// A call failed in a way that is worth telling.
    pub fn failed(&mut self, tid: u32, call: &str, error: &str, path: Option<String>) {
        let path = path.map(|path| path.chars().take(LONGEST).collect());
        let failure = Failure { tid, call: call.to_owned(), error: error.to_owned(), path };
        if self.failed.len() < MOST_KINDS || self.failed.contains_key(&failure) {
            let times = self.failed.entry(failure).or_default();
            *times = times.saturating_add(1);
        }
    }

    /// What failed over and over, the most frequent first. `process` knows the process of each thread that was chosen.
    pub fn told(&self, process: impl Fn(u32) -> Option<u32>, seconds: f64) -> Vec<FailedCall> {
        let mut all: HashMap<u32, All> = HashMap::new();
        for (&tid, counted) in &self.all {
            let sum = all.entry(self.of(tid)).or_default();
            sum.calls = sum.calls.saturating_add(counted.calls);
            sum.made = sum.made.saturating_add(counted.made);
            sum.naps = sum.naps.saturating_add(counted.naps);
        }
        let mut times: HashMap<Failure, u32> = HashMap::new();
        for (failure, count) in &self.failed {
            let sum = times.entry(Failure { tid: self.of(failure.tid), ..failure.clone() }).or_default();
            *sum = sum.saturating_add(*count);
        }
        let of_process = |pid: u32, count: fn(&All) -> u32| {
            let threads = all.iter().filter(|(tid, _)| process(**tid) == Some(pid));
            threads.fold(0_u32, |sum, (_, all)| sum.saturating_add(count(all)))
        };
        let mut told: Vec<FailedCall> = times
            .into_iter()
            .filter(|(_, times)| *times >= LEAST)
            .filter_map(|(failure, times)| {
                let pid = process(failure.tid)?;
                let own = all.get(&failure.tid).copied().unwrap_or_default();
                Some(FailedCall {
                    tid: failure.tid,
                    pid,
                    call: failure.call,
                    error: failure.error,
                    path: failure.path,
                    times,
                    seconds,
                    calls: own.calls,
                    naps: own.naps,
                    // What one thread asks for, another may make use of.
                    made: of_process(pid, |all| all.made),
                })
            })
            .collect();
        told.sort_by(|a, b| {
            b.times.cmp(&a.times).then_with(|| (a.tid, &a.call, &a.path).cmp(&(b.tid, &b.call, &b.path)))
        });
        told.truncate(MOST_TOLD);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_started_do_is_counted_for_who_started_them() {
        let mut tally = Tally::default();
        tally.started(20, 10);
        for new in 21..25 {
            tally.started(new, 20);
            tally.came_back(new, false, false);
            tally.failed(new, "mkdir", "EEXIST", Some("/srv/lock".into()));
            tally.came_back(10, false, true);
        }
        tally.failed(10, "openat", "ENOENT", None);
        let told = tally.told(|tid| (tid == 10).then_some(9), 1.5);
        assert_eq!(told.len(), 1, "once is nothing: {told:?}");
        let FailedCall { tid, pid, times, calls, naps, made, .. } = told[0];
        assert_eq!((tid, pid, times, calls, naps, made), (10, 9, 4, 8, 4, 0));
        assert_eq!((told[0].call.as_str(), told[0].path.as_deref()), ("mkdir", Some("/srv/lock")));
    }

    #[test]
    fn files_are_told_apart_and_the_most_frequent_comes_first() {
        let mut tally = Tally::default();
        for times in 0..10 {
            tally.failed(1, "openat", "ENOENT", Some("/a".into()));
            tally.failed(1, "openat", "ENOENT", Some(format!("/b{times}")));
            if times < 4 {
                tally.failed(1, "write", "ENOSPC", Some("/c".into()));
            }
        }
        let told = tally.told(Some, 1.0);
        let paths: Vec<_> = told.iter().map(|call| (call.path.as_deref(), call.times)).collect();
        assert_eq!(paths, [(Some("/a"), 10), (Some("/c"), 4)]);
    }

    #[test]
    fn it_is_bounded() {
        let mut tally = Tally::default();
        for n in 0..10_000 {
            tally.started(n, n.saturating_sub(1));
            tally.came_back(n, true, true);
            tally.failed(n, "openat", "EEXIST", Some("x".repeat(2_000)));
        }
        assert!(tally.failed.len() <= MOST_KINDS && tally.all.len() <= MOST_THREADS);
        assert!(tally.starters.len() <= MOST_THREADS);
        let told = tally.told(|_| Some(1), 1.0);
        assert!(
            told.len() <= MOST_TOLD
                && told.iter().all(|call| call.path.as_ref().is_some_and(|path| path.len() <= LONGEST))
        );
    }
}
