#![expect(
    clippy::disallowed_methods,
    reason = "edge: reads who descends from whom, and signals them when asked"
)]
//! The job's processes as the keeper sees them: all of its own descendants, since it adopts every orphan.

use std::collections::{HashMap, HashSet};
use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::model::member::MemberId;

/// One process for good: a PID alone is given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Its PID.
    pub pid: i32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
}

impl Process {
    /// The process of a member, where it is one.
    pub fn of(member: &MemberId) -> Option<Self> {
        match member {
            MemberId::Process { pid, start } => Some(Self { pid: i32::try_from(*pid).ok()?, start: *start }),
            MemberId::Named(_) => None,
        }
    }

    /// The one that has this PID now.
    pub fn now(pid: i32) -> Option<Self> {
        Some(Self { pid, start: start_ticks(pid)? })
    }
}

/// What came of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was sent.
    Done,
    /// The process is gone, and nobody was signalled in its place.
    Gone,
    /// The kernel forbids it: the process is another user's.
    Forbidden,
}

/// One process: its parent, and when it started, in ticks since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Birth {
    pub(super) parent: i32,
    pub(super) ticks: u64,
    /// Every thread of it is stopped.
    pub(super) is_stopped: bool,
    /// Its main thread has ended, and others go on.
    pub(super) is_headless: bool,
}

/// All processes there are, by PID; zombies of which no thread is left count as gone.
pub(super) type Births = HashMap<i32, Birth>;

/// Sends a signal to every descendant of this process.
pub(super) fn signal_descendants(signal: Signal) {
    let births = births();
    let family = descendants(getpid().as_raw_nonzero().get(), &births);
    for pid in family {
        if let Some(birth) = births.get(&pid) {
            send(Process { pid, start: birth.ticks }, signal);
        }
    }
}

/// Whether this process has any descendant left.
pub(super) fn has_descendants() -> bool {
    !descendants(getpid().as_raw_nonzero().get(), &births()).is_empty()
}

/// Whether a process is this one or descends from it; `None` when it has ended.
pub(super) fn descends(pid: i32, root: i32) -> Option<bool> {
    let mut at = pid;
    // A chain read process by process may show a circle that never was.
    for _ in 0..1_000 {
        if at == root {
            return Some(true);
        }
        if at <= 1 {
            return Some(false);
        }
        at = birth(at)?.parent;
    }
    Some(false)
}

/// Whether this process or one that descends from it acts as this user.
pub(super) fn acts_as(root: i32, uid: u32) -> bool {
    let family = descendants(root, &births());
    std::iter::once(root).chain(family).any(|pid| {
        // The owner of `/proc/PID` is root for a process that has dropped its privileges: it may not be dumped.
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        users(&status).any(|user| user == uid)
    })
}

/// The users that a process acts as: real, effective, saved, and for files (`proc_pid_status(5)`).
fn users(status: &str) -> impl Iterator<Item = u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    line.split_whitespace().filter_map(|user| user.parse().ok())
}

/// When a process started, in clock ticks since boot.
pub(super) fn start_ticks(pid: i32) -> Option<u64> {
    birth(pid).map(|birth| birth.ticks)
}

/// Signals one process through a handle, so that a PID that was given to somebody else meanwhile is left alone.
pub fn send(to: Process, signal: Signal) -> Sent {
    let handle = Pid::from_raw(to.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let Some(handle) = handle.filter(|_| start_ticks(to.pid) == Some(to.start)) else { return Sent::Gone };
    match pidfd_send_signal(&handle, signal) {
        Ok(()) => Sent::Done,
        Err(rustix::io::Errno::PERM) => Sent::Forbidden,
        // It may end at any moment, and then there is nobody to tell.
        Err(_) => Sent::Gone,
    }
}

pub(super) fn births() -> Births {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| Some((pid, birth(pid)?)))
        .collect()
}

pub(super) fn birth(pid: i32) -> Option<Birth> {
    let mut birth = parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)?;
    if birth.is_headless {
        birth.is_stopped = are_threads_stopped(pid);
    }
    Some(birth)
}

/// Whether all threads are stopped that have not ended.
fn are_threads_stopped(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let stats = threads.filter_map(|thread| parse_stat(&fs::read(thread.path().join("stat")).ok()?));
    stats.filter(|thread| !thread.is_headless).all(|thread| thread.is_stopped)
}

/// Reads `proc_pid_stat(5)`; zombies count as gone, but for one whose other threads go on without the main one.
fn parse_stat(stat: &[u8]) -> Option<Birth> {
    // The name may hold anything, brackets and spaces too; the last bracket ends it.
    let after_name = stat.get(memchr::memrchr(b')', stat)? + 2..)?;
    let text = std::str::from_utf8(after_name).ok()?;
    let fields: Vec<&str> = text.split(' ').collect();
    let state = *fields.first()?;
    let is_headless = state == "Z" && fields.get(17)?.parse::<u32>().ok()? > 1;
    if matches!(state, "Z" | "X") && !is_headless {
        return None;
    }
    let (parent, ticks) = (fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?);
    Some(Birth { parent, ticks, is_stopped: matches!(state, "T" | "t"), is_headless })
}

/// All processes below this one, parents before children.
pub(super) fn descendants(root: i32, births: &Births) -> Vec<i32> {
    below(root, &children(births))
}

/// The children of each process that has some.
pub(super) type Children = HashMap<i32, Vec<i32>>;

/// Who is whose child: looked up once where several families are asked for.
pub(super) fn children(births: &Births) -> Children {
    let mut children = Children::new();
    for (&pid, birth) in births {
        children.entry(birth.parent).or_default().push(pid);
    }
    children
}

/// The same as [`descendants`], from who is whose child.
pub(super) fn below(root: i32, children: &Children) -> Vec<i32> {
    let mut family: Vec<i32> = Vec::new();
    let mut seen = HashSet::from([root]);
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        // A list read process by process may show a circle that never was; nobody is visited twice.
        let own = children.get(&parent).into_iter().flatten().copied().filter(|&pid| seen.insert(pid));
        let from = family.len();
        family.extend(own);
        parents.extend(&family[from..]);
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_lines_are_read() {
        let tail = "S 7 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 0 0";
        let birth = |is_stopped| Birth { parent: 7, ticks: 12345, is_stopped, is_headless: false };
        let table = [
            (format!("42 (sleep) {tail}"), Some(birth(false))),
            (format!("42 (a) Z 1 (b) {tail}"), Some(birth(false))),
            (format!("42 (a) {}", tail.replacen('S', "T", 1)), Some(birth(true))),
            ("42 (gone) Z 7".into(), None),
            (format!("42 (gone) {}", tail.replacen('S', "Z", 1)), None),
            (
                format!("42 (a) {}", tail.replacen('S', "Z", 1).replace("20 0 1", "20 0 3")),
                Some(Birth { is_headless: true, ..birth(false) }),
            ),
            ("42".into(), None),
            (String::new(), None),
        ];
        for (stat, expected) in table {
            assert_eq!(parse_stat(stat.as_bytes()), expected, "{stat}");
        }
    }

    #[test]
    fn users_are_read() {
        let read = |status: &str| users(status).collect::<Vec<_>>();
        assert_eq!(read("Name:\tx\nUid:\t0\t1000\t0\t1000\nGid:\t7\t7\t7\t7\n"), [0, 1000, 0, 1000]);
        assert_eq!((read(""), read("Uid:\tnobody\n")), (vec![], vec![]));
    }

    #[test]
    fn descendants_are_found_even_in_a_circle() {
        let births = [(1, 0), (2, 1), (3, 2), (4, 1), (5, 9), (8, 9), (9, 8)]
            .map(|(pid, parent)| (pid, Birth { parent, ticks: 0, is_stopped: false, is_headless: false }));
        let births = HashMap::from(births);
        let sorted = |root| {
            let mut family = descendants(root, &births);
            family.sort_unstable();
            family
        };
        assert_eq!(sorted(1), [2, 3, 4]);
        assert_eq!(sorted(9), [5, 8]);
    }
}
