//! Processes that start while others are watched, and fit what was asked for.
//!
//! Asked every few seconds it costs next to nothing: nothing is listed while nothing was forked, and each process is
//! looked at once in its life. That is when it is met for the second time, for a process that was only just forked has
//! the command line of its parent, and one that is gone by then is no job.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use super::find::{Found, ancestors, look_at, outermost};
use super::parse;
use super::read::{self, Reader};

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
        let before = std::mem::take(&mut self.met);
        let due = pids.iter().copied().filter(|pid| before.get(pid) == Some(&false)).collect();
        self.met = pids.into_iter().map(|pid| (pid, before.contains_key(&pid))).collect();
        due
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts a child to find it")]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    struct Started(Child);

    impl Drop for Started {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn who_starts_later_is_found_once_and_who_belongs_to_another_is_not() {
        // A span that nobody else sleeps for.
        let span = format!("21.{}", std::process::id());
        let start = || {
            let started = Started(Command::new("sleep").arg(&span).spawn().expect("sleep(1) exists"));
            // A spawn may return before the kernel has set the new command line; a look comes seconds later.
            let command = format!("/proc/{}/cmdline", started.0.id());
            while !std::fs::read_to_string(&command).expect("it lives").contains(&span) {
                std::thread::yield_now();
            }
            started
        };
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
