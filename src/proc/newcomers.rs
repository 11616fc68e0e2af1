//! Processes that start while others are watched, and fit what was asked for.
//!
//! Asked every few seconds it costs next to nothing: nothing is listed while nothing was forked, and each process is
//! looked at once in its life. That is when it is met for the second time, for a process that was only just forked has
//! the command line of its parent, and one that is gone by then is no job. A PID that was given anew is a new process.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use super::find::{Found, ancestors, look_at, outermost};
use super::parse;
use super::read::{self, Reader};
use crate::model::clock::{self, Moment};

/// No line of descent is followed further.
const LONGEST_LINE: usize = 256;

/// Looks for newcomers.
#[derive(Debug)]
pub struct Newcomers {
    wanted: Vec<String>,
    reader: Reader,
    /// What runs, and whether it was looked at already.
    met: HashMap<u32, bool>,
    newest_pid: Option<u64>,
    /// When that was.
    met_at: Moment,
    listing: Vec<u8>,
}

impl Default for Newcomers {
    fn default() -> Self {
        Self::new()
    }
}

impl Newcomers {
    /// What fits one of these is looked for from now on.
    pub fn want(&mut self, wanted: Vec<String>) {
        self.wanted = wanted;
    }

    /// Looks for nothing yet; what runs now is no newcomer.
    pub fn new() -> Self {
        let mut newcomers = Self {
            wanted: Vec::new(),
            reader: Reader::default(),
            met: HashMap::new(),
            newest_pid: None,
            met_at: Moment::default(),
            listing: Vec::with_capacity(32 * 1024),
        };
        newcomers.meet();
        newcomers.met.values_mut().for_each(|is_known| *is_known = true);
        newcomers
    }

    /// The outermost processes that fit and started since, without those that belong to the `watched` ones.
    pub fn look(&mut self, watched: &HashSet<u32>) -> Vec<Found> {
        let due = self.meet();
        if due.is_empty() {
            return Vec::new();
        }
        let listed: Vec<_> = due.iter().filter_map(|&pid| look_at(pid, &mut self.reader)).collect();
        let fitting = self.wanted.iter().flat_map(|wanted| outermost(wanted, &listed, &HashSet::new()).found);
        let mut found: Vec<Found> = fitting.collect();
        found.sort_by_key(|one| one.pid);
        found.dedup();
        if found.is_empty() {
            return found;
        }
        let mine = ancestors(std::process::id(), listed.iter().map(|process| (process.pid, process.ppid)));
        found.retain(|one| !mine.contains(&one.pid) && !self.belongs(one.pid, watched));
        found
    }

    /// Lists what runs when something was forked; gives those that are met for the second time.
    fn meet(&mut self) -> Vec<u32> {
        let newest = self.reader.file("/proc/loadavg").ok().and_then(parse::last_pid);
        let has_forked = newest.is_none() || newest != self.newest_pid;
        let given = self.newest_pid.zip(newest).filter(|_| has_forked);
        self.newest_pid = newest;
        if !has_forked && self.met.values().all(|&is_known| is_known) {
            return Vec::new();
        }
        let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
        let proc: Result<OwnedFd, _> = read::open_with("/proc", flags);
        let mut pids = Vec::new();
        let Ok(()) = proc.and_then(|proc| read::pids(&proc, &mut self.listing, &mut pids)) else {
            return Vec::new();
        };
        let mut before = std::mem::take(&mut self.met);
        let met_at = std::mem::replace(&mut self.met_at, clock::now());
        if let Some((from, to)) = given {
            before.retain(|&pid, _| !is_between(pid.into(), from, to) || !self.is_younger(pid, met_at));
        }
        let due = pids.iter().copied().filter(|pid| before.get(pid) == Some(&false)).collect();
        self.met = pids.into_iter().map(|pid| (pid, before.contains_key(&pid))).collect();
        due
    }

    fn is_younger(&mut self, pid: u32, than: Moment) -> bool {
        let stat = self.reader.file(&format!("/proc/{pid}/stat")).ok().and_then(parse::stat);
        stat.is_some_and(|stat| stat.start_ms() > than.millis())
    }

    /// True for a process of the watched trees, or below one.
    fn belongs(&mut self, pid: u32, watched: &HashSet<u32>) -> bool {
        let mut at = pid;
        for _ in 0..LONGEST_LINE {
            if watched.contains(&at) {
                return true;
            }
            let stat = self.reader.file(&format!("/proc/{at}/stat")).ok().and_then(parse::stat);
            match stat.map(|stat| stat.ppid) {
                Some(parent) if parent > 1 => at = parent,
                _ => return false,
            }
        }
        false
    }
}

/// Whether a PID may have been given after `from` and up to `to`: the kernel counts up, and from the end begins anew.
const fn is_between(pid: u64, from: u64, to: u64) -> bool {
    if from < to { from < pid && pid <= to } else { from < pid || pid <= to }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts a child to find it")]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    struct Started(Child);

    impl Started {
        /// Starts a sleeper; it may be read at once. A new program has no command line for a moment.
        fn sleeper(span: &str) -> Self {
            let started = Self(Command::new("sleep").arg(span).spawn().expect("sleep(1) exists"));
            let path = format!("/proc/{}/cmdline", started.0.id());
            while !std::fs::read_to_string(&path).expect("it lives").contains(span) {
                std::thread::yield_now();
            }
            started
        }
    }

    impl Drop for Started {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn pids_are_given_in_turn() {
        let cases = [(5, 4, 6, true), (4, 4, 6, false), (6, 4, 6, true), (7, 4, 6, false)];
        let wrapped = [(3, 30, 4, true), (31, 30, 4, true), (30, 30, 4, false), (5, 30, 4, false)];
        for (pid, from, to, expected) in cases.into_iter().chain(wrapped) {
            assert_eq!(is_between(pid, from, to), expected, "{pid} in {from}..{to}");
        }
    }

    #[test]
    fn a_pid_that_was_given_anew_is_a_newcomer() {
        let mut newcomers = Newcomers::new();
        let span = format!("22.{}", std::process::id());
        newcomers.want(vec![span.clone()]);
        // As if somebody else had had its PID, and PIDs had come round to it since.
        let child = Started::sleeper(&span);
        let pid = child.0.id();
        newcomers.met.insert(pid, true);
        newcomers.newest_pid = Some(u64::from(pid) - 1);
        newcomers.met_at = Moment::default();
        let found: Vec<_> = (0..3).flat_map(|_| newcomers.look(&HashSet::new())).collect();
        assert_eq!(found.iter().map(|one| one.pid).collect::<Vec<_>>(), [pid]);
    }

    #[test]
    fn who_starts_later_is_found_once_and_who_belongs_to_another_is_not() {
        // A span that nobody else sleeps for.
        let span = format!("21.{}", std::process::id());
        let start = || Started::sleeper(&span);
        let first = start();
        let mut newcomers = Newcomers::new();
        newcomers.want(vec![span.clone(), "sleep".into()]);
        let (second, nobody) = (start(), HashSet::new());
        let mut found = Vec::new();
        for _ in 0..3 {
            found.extend(newcomers.look(&nobody).into_iter().filter(|one| one.command.contains(&span)));
        }
        let pids: Vec<u32> = found.iter().map(|one| one.pid).collect();
        assert_eq!(pids, [second.0.id()], "not {}, which was there before", first.0.id());
        let mut newcomers = Newcomers::new();
        newcomers.want(vec![span.clone()]);
        let third = start();
        let us = HashSet::from([std::process::id()]);
        let found: Vec<Found> = (0..3).flat_map(|_| newcomers.look(&us)).collect();
        assert!(found.is_empty(), "{} is ours", third.0.id());
    }
}
