#![expect(
    clippy::disallowed_methods,
    reason = "edge: reads who descends from whom, and signals them when asked"
)]
//! The job's processes as the keeper sees them: all of its own descendants, since it adopts every orphan.

use std::collections::HashMap;
use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

/// One process: its parent, and when it started, in ticks since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Birth {
    parent: i32,
    ticks: u64,
}

/// Sends a signal to every descendant of this process.
pub(super) fn signal_descendants(signal: Signal) {
    let births = births();
    let family = descendants(getpid().as_raw_nonzero().get(), &births);
    for pid in family {
        if let Some(birth) = births.get(&pid) {
            send(pid, *birth, signal);
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

/// When a process started, in clock ticks since boot.
pub(super) fn start_ticks(pid: i32) -> Option<u64> {
    birth(pid).map(|birth| birth.ticks)
}

/// Signals one process through a handle, so that a PID that was given to somebody else meanwhile is left alone.
fn send(pid: i32, expected: Birth, signal: Signal) {
    let handle = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    if let Some(handle) = handle
        && birth(pid).is_some_and(|now| now.ticks == expected.ticks)
    {
        // It may end at any moment, and then there is nobody to tell.
        let _ = pidfd_send_signal(&handle, signal);
    }
}

fn births() -> HashMap<i32, Birth> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| Some((pid, birth(pid)?)))
        .collect()
}

fn birth(pid: i32) -> Option<Birth> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `proc_pid_stat(5)`; zombies count as gone.
fn parse_stat(stat: &[u8]) -> Option<Birth> {
    // The name may hold anything, brackets and spaces too; the last bracket ends it.
    let after_name = stat.get(memchr::memrchr(b')', stat)? + 2..)?;
    let text = std::str::from_utf8(after_name).ok()?;
    let fields: Vec<&str> = text.split(' ').collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    Some(Birth { parent: fields.get(1)?.parse().ok()?, ticks: fields.get(19)?.parse().ok()? })
}

/// All processes below this one, parents before children.
fn descendants(root: i32, births: &HashMap<i32, Birth>) -> Vec<i32> {
    let mut family: Vec<i32> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        // A list read process by process may show a circle that never was; nobody is visited twice.
        let children: Vec<i32> = births
            .iter()
            .filter(|(pid, birth)| birth.parent == parent && **pid != root && !family.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        family.extend(&children);
        parents.extend(children);
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_lines_are_read() {
        let tail = "S 7 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 0 0";
        let table = [
            (format!("42 (sleep) {tail}"), Some(Birth { parent: 7, ticks: 12345 })),
            (format!("42 (a) Z 1 (b) {tail}"), Some(Birth { parent: 7, ticks: 12345 })),
            ("42 (gone) Z 7".into(), None),
            ("42".into(), None),
            (String::new(), None),
        ];
        for (stat, expected) in table {
            assert_eq!(parse_stat(stat.as_bytes()), expected, "{stat}");
        }
    }

    #[test]
    fn descendants_are_found_even_in_a_circle() {
        let births = [(1, 0), (2, 1), (3, 2), (4, 1), (5, 9), (8, 9), (9, 8)]
            .map(|(pid, parent)| (pid, Birth { parent, ticks: 0 }));
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
