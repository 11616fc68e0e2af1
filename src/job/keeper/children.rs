//! The keeper's children: the job's main process, and every orphan of the job, which the kernel hands to the keeper.

use std::collections::VecDeque;

use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use crate::job::message::Orphan;
use crate::model::process::Exit;

/// How many orphans are remembered; a job that leaves thousands behind is not a list anybody reads.
const MAX_ORPHANS: usize = 256;

/// What happened to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The main process ended.
    Ended(Exit),
    /// The main process was stopped by this signal.
    Stopped(i32),
    /// The main process goes on.
    Continued,
    /// An orphan ended.
    Orphan(Orphan),
}

/// What has happened to children since the last call; it reaps who ended, and never waits.
pub(super) fn changes(leader: Pid) -> Vec<Change> {
    let options = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
    let mut changes = Vec::new();
    loop {
        match wait(options) {
            Ok(Some((pid, status))) => changes.extend(change(pid == leader, pid, status)),
            Err(rustix::io::Errno::INTR) => {}
            Ok(None) | Err(_) => return changes,
        }
    }
}

fn change(is_leader: bool, pid: Pid, status: WaitStatus) -> Option<Change> {
    let exit = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Some(Exit::Code(code)),
        (_, Some(signal)) => Some(Exit::Signal(signal)),
        _ => None,
    };
    match (exit, status.stopping_signal()) {
        (Some(exit), _) if is_leader => Some(Change::Ended(exit)),
        (Some(exit), _) => Some(Change::Orphan(Orphan { pid: pid.as_raw_nonzero().get(), exit })),
        (_, Some(signal)) if is_leader => Some(Change::Stopped(signal)),
        _ if is_leader && status.continued() => Some(Change::Continued),
        _ => None,
    }
}

/// The orphans that ended, the newest ones.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    newest: VecDeque<Orphan>,
}

impl Orphans {
    /// Remembers one and forgets the oldest if there are too many.
    pub(super) fn remember(&mut self, orphan: Orphan) {
        if self.newest.len() == MAX_ORPHANS {
            self.newest.pop_front();
        }
        self.newest.push_back(orphan);
    }

    /// All that are remembered, the newest at the end.
    pub(super) fn list(&self) -> Vec<Orphan> {
        self.newest.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orphans_are_bounded() {
        let mut orphans = Orphans::default();
        for pid in 1..=1000 {
            orphans.remember(Orphan { pid, exit: Exit::Code(0) });
        }
        let list = orphans.list();
        assert_eq!((list.len(), list[255].pid), (MAX_ORPHANS, 1000));
    }
}
