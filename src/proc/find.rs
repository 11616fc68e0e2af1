//! Finding processes by what people call them.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use super::parse;
use super::read::{self, Reader};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// A process that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its PID.
    pub pid: u32,
    /// Its command line, redacted.
    pub command: Text,
}

struct Listed {
    pid: u32,
    ppid: u32,
    name: String,
    command: String,
}

/// The topmost processes whose name is `wanted` or whose command line contains it, without ourselves and those
/// we were started by; workers below a process that fits are part of its tree.
pub fn matching(wanted: &str) -> Vec<Found> {
    let listed = list();
    let mine = ancestors(std::process::id(), listed.iter().map(|process| (process.pid, process.ppid)));
    topmost(wanted, &listed, &mine)
}

fn topmost(wanted: &str, listed: &[Listed], mine: &HashSet<u32>) -> Vec<Found> {
    let fits = |process: &&Listed| {
        !mine.contains(&process.pid) && (process.name == wanted || process.command.contains(wanted))
    };
    let fitting: Vec<_> = listed.iter().filter(fits).collect();
    let pids: HashSet<u32> = fitting.iter().map(|process| process.pid).collect();
    let found = |process: &&Listed| Found { pid: process.pid, command: Text::new(&redact(&process.command)) };
    fitting.iter().filter(|process| !pids.contains(&process.ppid)).map(found).collect()
}

fn list() -> Vec<Listed> {
    let (mut reader, mut pids) = (Reader::default(), Vec::new());
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
    let proc: Result<OwnedFd, _> = read::open_with("/proc", flags);
    let Ok(()) = proc.and_then(|proc| read::pids(&proc, &mut Vec::with_capacity(32 * 1024), &mut pids))
    else {
        return Vec::new();
    };
    pids.into_iter().filter_map(|pid| look_at(pid, &mut reader)).collect()
}

fn look_at(pid: u32, reader: &mut Reader) -> Option<Listed> {
    let command = parse::cmdline(reader.file(&format!("/proc/{pid}/cmdline")).ok()?)?;
    let stat = parse::stat(reader.file(&format!("/proc/{pid}/stat")).ok()?)?;
    Some(Listed { pid, ppid: stat.ppid, name: String::from_utf8_lossy(stat.comm).into_owned(), command })
}

/// A process and all it descends from.
pub(super) fn ancestors(pid: u32, parents: impl Iterator<Item = (u32, u32)>) -> HashSet<u32> {
    let parents: HashMap<u32, u32> = parents.collect();
    let mut line = HashSet::new();
    let mut next = Some(pid);
    while let Some(pid) = next.filter(|&pid| line.insert(pid)) {
        next = parents.get(&pid).copied();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_each_tree_that_fits_is_found() {
        let process = |pid, ppid, name: &str, command: &str| Listed {
            pid,
            ppid,
            name: name.into(),
            command: command.into(),
        };
        let listed = [
            process(1, 0, "init", "/sbin/init"),
            process(10, 1, "python3", "python3 etl.py"),
            process(11, 10, "python3", "python3 etl.py"),
            process(20, 1, "vim", "vim etl.py"),
            process(30, 1, "telltale", "telltale attach etl.py"),
        ];
        let mine = ancestors(30, listed.iter().map(|process| (process.pid, process.ppid)));
        let pids = |wanted| topmost(wanted, &listed, &mine).iter().map(|found| found.pid).collect::<Vec<_>>();
        assert_eq!(pids("etl.py"), [10, 20]);
        assert_eq!(pids("python3"), [10]);
        assert_eq!(pids("init"), Vec::<u32>::new(), "what started us is not meant");
        assert_eq!(pids("nothing"), Vec::<u32>::new());
    }
}
