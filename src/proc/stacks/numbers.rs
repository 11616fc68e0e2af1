#![expect(clippy::disallowed_methods, reason = "edge: lists the threads of a process")]
//! The threads of a process by two numbers: ours, and the one that each has in its own container. A language knows only
//! the second.

use crate::proc::read;

/// Threads of one process that are looked at.
const MOST_THREADS: usize = 1_024;

/// A thread by our number and by the one that it has in its own container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Ours.
    pub(super) tid: u32,
    /// Its own.
    pub(super) inner: u32,
}

/// The threads of a process.
pub(super) fn threads(pid: u32) -> Vec<Numbers> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let tids =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).take(MOST_THREADS);
    let is_ours = levels(pid) == levels(std::process::id());
    tids.map(|tid| {
        let inner = if is_ours { tid } else { inner_number(pid, tid).unwrap_or(tid) };
        Numbers { tid, inner }
    })
    .collect()
}

/// How many nested spaces of PIDs a process is in.
fn levels(pid: u32) -> usize {
    numbers(&format!("/proc/{pid}/status")).map_or(1, |numbers| numbers.len())
}

/// The number that a thread has in its own container.
pub(super) fn inner_number(pid: u32, tid: u32) -> Option<u32> {
    numbers(&format!("/proc/{pid}/task/{tid}/status"))?.last().copied()
}

/// The numbers of a task from the outermost space of PIDs to its own.
fn numbers(path: &str) -> Option<Vec<u32>> {
    let mut reader = read::Reader::default();
    let status = String::from_utf8_lossy(reader.file(path).ok()?).into_owned();
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    Some(line.split_whitespace().filter_map(|number| number.parse().ok()).collect())
}
