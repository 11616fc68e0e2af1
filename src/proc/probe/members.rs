//! Who belongs to the tree: the root, its descendants, and workers that lost their parent.
//!
//! The machine is listed when something was forked since the last look; of processes that were there before only where they stood is
//! remembered. Who lost its parent is adopted by init or a subreaper and is no descendant any more: it still belongs to the
//! job where it is in its session, nobody there has started it, and it is in its process group or runs the same program.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::model::process::is_shell;
use crate::proc::parse;
use crate::proc::read::{self, Reader};

/// Where a process stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kin {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) session: u32,
    pub(super) start: u64,
    pub(super) is_zombie: bool,
    pub(super) is_shell: bool,
}

impl Kin {
    /// Whether a process of its session is who started it. It isn't where neither of the two is the leader or a member of the
    /// other's group, but for shells, which put each pipeline into a group: then it is a subreaper that it was handed to.
    const fn is_child_of(&self, parent: &Self) -> bool {
        parent.session == self.session
            && (self.group == self.pid || self.group == parent.group || parent.is_shell)
    }
}

/// All processes of the machine that are in sight, as they were seen first or at the last full look.
#[derive(Debug)]
pub(super) struct Machine {
    proc: OwnedFd,
    listing: Vec<u8>,
    pids: Vec<u32>,
    known: BTreeMap<u32, Kin>,
    newest: Option<u64>,
    /// Ourselves: neither we nor what we started belong to a job.
    own: u32,
}

impl Machine {
    pub(super) fn new() -> Result<Self, Errno> {
        let proc = read::open_with("/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC)?;
        Ok(Self {
            proc,
            listing: Vec::with_capacity(32 * 1024),
            pids: Vec::new(),
            known: BTreeMap::new(),
            newest: None,
            own: std::process::id(),
        })
    }

    /// Looks for new processes, if any were forked, and says whether any may have been. A full look asks where
    /// everybody stands by now.
    pub(super) fn look(&mut self, is_full: bool, reader: &mut Reader) -> bool {
        let newest = reader.file("/proc/loadavg").ok().and_then(parse::last_pid);
        if !is_full && newest.is_some() && newest == self.newest {
            return false;
        }
        self.newest = newest;
        if read::pids(&self.proc, &mut self.listing, &mut self.pids).is_err() {
            return true;
        }
        let listed: BTreeSet<u32> = self.pids.iter().copied().collect();
        self.known.retain(|pid, _| !is_full && listed.contains(pid));
        for &pid in &self.pids {
            if !self.known.contains_key(&pid)
                && let Some(kin) = kin(pid, reader)
            {
                self.known.insert(pid, kin);
            }
        }
        true
    }

    /// Forgets what is known of a process that has ended, so that its number may be another's.
    pub(super) fn forget(&mut self, pid: u32) {
        self.known.remove(&pid);
    }

    /// Whether we ourselves come from a process.
    pub(super) fn is_ours(&self, root: u32) -> bool {
        root != self.own && self.descendants(&BTreeSet::from([root]), |_| true).contains(&self.own)
    }

    /// All of `roots` with their descendants, without ourselves and ours.
    pub(super) fn family(&self, roots: &BTreeSet<u32>) -> BTreeSet<u32> {
        self.descendants(roots, |pid| pid != self.own)
    }

    fn descendants(&self, roots: &BTreeSet<u32>, may: impl Fn(u32) -> bool) -> BTreeSet<u32> {
        let mut found: BTreeSet<u32> = roots.iter().copied().filter(|&pid| may(pid)).collect();
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for kin in self.known.values() {
            children.entry(kin.parent).or_default().push(kin.pid);
        }
        let mut todo: Vec<u32> = found.iter().copied().collect();
        while let Some(pid) = todo.pop() {
            for &child in children.get(&pid).into_iter().flatten() {
                if may(child) && found.insert(child) {
                    todo.push(child);
                }
            }
        }
        found
    }

    pub(super) fn get(&self, pid: u32) -> Option<&Kin> {
        self.known.get(&pid)
    }

    /// Processes that root left behind when it ended: those of its session and its group.
    pub(super) fn left_behind(&self, root: u32) -> BTreeSet<u32> {
        let is_left =
            |kin: &&Kin| kin.pid != root && kin.pid != self.own && (kin.session == root || kin.group == root);
        let left: BTreeSet<u32> = self.known.values().filter(is_left).map(|kin| kin.pid).collect();
        // A shell that is the parent of ours shares its session with whatever was started in it.
        if left.iter().any(|&pid| self.is_ours(pid)) { BTreeSet::new() } else { left }
    }

    /// Processes that may have lost their parent, a member: those in its session whom nobody in it has started. The flag is true for
    /// those in the process group that the root leads: they need no further proof.
    pub(super) fn orphans(&self, root: &Kin, members: &BTreeSet<u32>) -> Vec<(u32, bool)> {
        let is_orphan = |kin: &&Kin| {
            let has_parent = self.known.get(&kin.parent).is_some_and(|parent| kin.is_child_of(parent));
            kin.session == root.session
                && kin.session != kin.pid
                && !has_parent
                && !members.contains(&kin.pid)
                && kin.pid != self.own
                && kin.start >= root.start
                && !self.is_ours(kin.pid)
        };
        let orphans = self.known.values().filter(is_orphan);
        orphans.map(|kin| (kin.pid, kin.group == root.pid)).collect()
    }

    /// The tasks of the user who owns these processes, on the whole machine.
    pub(super) fn tasks_of(&self, user: u32, reader: &mut Reader) -> u64 {
        let of_user = self.known.keys().filter(|pid| owner(**pid) == Some(user));
        of_user
            .filter_map(|pid| {
                let text = reader.file(&format!("/proc/{pid}/stat")).ok()?;
                parse::stat(text).map(|stat| u64::from(stat.threads))
            })
            .sum()
    }
}

/// The user whom a process's folder belongs to.
fn owner(pid: u32) -> Option<u32> {
    rustix::fs::stat(format!("/proc/{pid}")).ok().map(|stat| stat.st_uid)
}

/// Where a process stands now.
pub(super) fn kin(pid: u32, reader: &mut Reader) -> Option<Kin> {
    let stat = reader.file(&format!("/proc/{pid}/stat")).ok().and_then(parse::stat)?;
    Some(Kin {
        pid,
        parent: stat.ppid,
        group: stat.pgrp,
        session: stat.session,
        start: stat.start,
        is_zombie: matches!(stat.state, b'Z' | b'X') && stat.threads <= 1,
        is_shell: std::str::from_utf8(stat.comm).is_ok_and(is_shell),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(pid, parent, group, session)` of each.
    fn machine(own: u32, processes: &[(u32, u32, u32, u32)]) -> Machine {
        let mut machine = Machine::new().expect("there is a /proc");
        machine.own = own;
        for &(pid, parent, group, session) in processes {
            let kin = Kin {
                pid,
                parent,
                group,
                session,
                start: u64::from(pid),
                is_zombie: false,
                is_shell: pid == 5,
            };
            machine.known.insert(pid, kin);
        }
        machine
    }

    fn set(pids: &[u32]) -> BTreeSet<u32> {
        pids.iter().copied().collect()
    }

    #[test]
    fn descendants_belong_and_we_do_not() {
        let machine = machine(
            30,
            &[(10, 1, 10, 10), (20, 10, 10, 10), (21, 20, 10, 10), (30, 10, 30, 10), (31, 30, 31, 10)],
        );
        assert_eq!(machine.family(&set(&[10])), set(&[10, 20, 21]));
        assert!(machine.is_ours(10) && !machine.is_ours(20) && !machine.is_ours(30));
    }

    #[test]
    fn orphans_stay_in_the_session() {
        let machine = machine(
            99,
            &[
                (1, 0, 1, 1),
                (10, 5, 10, 10),
                (20, 10, 10, 10),
                (21, 1, 10, 10),
                (22, 1, 22, 10),
                (23, 22, 22, 10),
                (24, 1, 24, 24),
                // Handed to a subreaper of the session, and started by a shell into the same pipeline.
                (3, 1, 3, 10),
                (25, 3, 10, 10),
                (26, 5, 10, 10),
                (27, 3, 3, 10),
                (5, 1, 5, 10),
            ],
        );
        let root = *machine.get(10).expect("it is there");
        assert_eq!(machine.orphans(&root, &set(&[10, 20])), [(21, true), (22, false), (25, true)]);
        assert_eq!(machine.left_behind(10), set(&[3, 5, 20, 21, 22, 23, 25, 26, 27]));
        assert_eq!(machine.left_behind(24), set(&[]));
    }

    #[test]
    fn a_session_that_we_are_in_was_not_left_behind_by_anyone() {
        let machine = machine(99, &[(20, 1, 10, 10), (50, 1, 10, 10), (99, 50, 99, 10)]);
        assert_eq!(machine.left_behind(10), set(&[]));
    }

    #[test]
    fn what_is_forked_is_found() {
        let mut machine = Machine::new().expect("there is a /proc");
        let mut reader = Reader::default();
        assert!(machine.look(true, &mut reader));
        assert_eq!(machine.get(machine.own).map(|kin| kin.pid), Some(std::process::id()));
    }
}
