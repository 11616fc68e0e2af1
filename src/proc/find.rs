//! Finding processes by what people call them.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;

use super::mention::{is_bystander, is_wrapper};
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

/// What fits a name or a part of a command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// The outermost processes that run it, by PID: what fits below one of them belongs to its tree.
    pub found: Vec<Found>,
    /// Those that only name it: an editor, a search, a client of another machine.
    pub mentions: Vec<Found>,
}

/// What finding needs to know of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) pid: u32,
    pub(super) ppid: u32,
    /// The kernel's name of it.
    pub(super) name: String,
    /// The first word of its command line.
    pub(super) program: String,
    /// All words, with blanks between them.
    pub(super) command: String,
}

/// How a process fits what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is called that, or it runs that.
    Runs,
    /// The words stand in its command line, and it runs something else.
    Mentions,
}

/// How a process fits, by itself.
pub(super) fn fit(wanted: &str, process: &Listed) -> Option<Fit> {
    if process.name == wanted {
        return Some(Fit::Runs);
    }
    let is_beside = || is_bystander(&process.program) || is_bystander(&process.name);
    process.command.contains(wanted).then(|| if is_beside() { Fit::Mentions } else { Fit::Runs })
}

/// The outermost processes whose name is `wanted` or whose command line contains it, without ourselves and those
/// we were started by.
pub fn matching(wanted: &str) -> Matching {
    let listed = list();
    let mine = ancestors(std::process::id(), listed.iter().map(|process| (process.pid, process.ppid)));
    outermost(wanted, &listed, &mine)
}

pub(super) fn outermost(wanted: &str, listed: &[Listed], mine: &HashSet<u32>) -> Matching {
    let parents: HashMap<u32, u32> = listed.iter().map(|process| (process.pid, process.ppid)).collect();
    let mut fits: HashMap<u32, Fit> = listed
        .iter()
        .filter(|process| !mine.contains(&process.pid))
        .filter_map(|process| Some((process.pid, fit(wanted, process)?)))
        .collect();
    // `sudo vim etl.py` and `sh -c 'tail -f etl.py.log'` are what they run.
    for process in listed.iter().filter(|process| is_wrapper(&process.program) && process.name != wanted) {
        let below = fits.iter().filter(|(pid, _)| line(**pid, &parents).any(|above| above == process.pid));
        let kinds: Vec<Fit> = below.map(|(_, fit)| *fit).collect();
        if !kinds.is_empty()
            && !kinds.contains(&Fit::Runs)
            && let Some(fit) = fits.get_mut(&process.pid)
        {
            *fit = Fit::Mentions;
        }
    }
    let is_run = |pid: u32| fits.get(&pid) == Some(&Fit::Runs);
    let mut matching = Matching::default();
    for process in listed {
        let Some(fit) = fits.get(&process.pid) else { continue };
        let found = || Found { pid: process.pid, command: Text::new(&redact(&process.command)) };
        match fit {
            Fit::Runs if line(process.pid, &parents).any(is_run) => {}
            Fit::Runs => matching.found.push(found()),
            // What a job of ours starts beside its work is part of its tree.
            Fit::Mentions if line(process.pid, &parents).any(|above| fits.contains_key(&above)) => {}
            Fit::Mentions => matching.mentions.push(found()),
        }
    }
    matching.found.sort_by_key(|found| found.pid);
    matching
}

/// Those a process descends from, the nearest first.
pub(super) fn line(pid: u32, parents: &HashMap<u32, u32>) -> impl Iterator<Item = u32> + '_ {
    // Parents are read one after the other, so that what they say together may be a circle.
    std::iter::successors(parents.get(&pid).copied(), |pid| parents.get(pid).copied()).take(LONGEST_LINE)
}

/// No line of descent is followed further.
const LONGEST_LINE: usize = 256;

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

/// What is to be known of a process; `None` for one that is gone or has no command line: a kernel's or a dead one.
pub(super) fn look_at(pid: u32, reader: &mut Reader) -> Option<Listed> {
    let words = reader.file(&format!("/proc/{pid}/cmdline")).ok()?;
    let program =
        words.split(|&byte| byte == 0).next().map(|word| String::from_utf8_lossy(word).into_owned());
    let command = parse::cmdline(words)?;
    let stat = parse::stat(reader.file(&format!("/proc/{pid}/stat")).ok()?)?;
    let name = String::from_utf8_lossy(stat.comm).into_owned();
    Some(Listed { pid, ppid: stat.ppid, name, program: program.unwrap_or_default(), command })
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

    fn process(pid: u32, ppid: u32, command: &str) -> Listed {
        let program = command.split(' ').next().unwrap_or_default().to_owned();
        let name = program.rsplit('/').next().unwrap_or_default().to_owned();
        Listed { pid, ppid, name, program, command: command.into() }
    }

    fn pids(wanted: &str, listed: &[Listed]) -> (Vec<u32>, Vec<u32>) {
        let mine = ancestors(30, listed.iter().map(|process| (process.pid, process.ppid)));
        let Matching { found, mentions } = outermost(wanted, listed, &mine);
        let pids = |list: Vec<Found>| list.iter().map(|found| found.pid).collect();
        (pids(found), pids(mentions))
    }

    #[test]
    fn the_top_of_each_tree_that_fits_is_found() {
        let listed = [
            process(1, 0, "/sbin/init"),
            process(10, 1, "python3 etl.py --shard 1"),
            process(11, 10, "python3 etl.py --shard 1"),
            process(12, 11, "sh -c helper"),
            process(13, 12, "python3 etl.py again"),
            process(14, 10, "tail -f etl.py.log"),
            process(16, 1, "/usr/bin/python3 etl.py --shard 2"),
            process(30, 1, "telltale attach etl.py"),
        ];
        assert_eq!(pids("etl.py", &listed), (vec![10, 16], vec![]), "what is below a job belongs to it");
        assert_eq!(pids("python3", &listed).0, [10, 16]);
        assert_eq!(pids("init", &listed), Default::default(), "what started us is not meant");
        assert_eq!(pids("nothing", &listed), Default::default());
    }

    #[test]
    fn who_only_names_it_is_left_out_and_told() {
        let listed = [
            process(1, 0, "/sbin/init"),
            process(20, 1, "vim etl.py"),
            process(21, 1, "sudo vim etl.py"),
            process(22, 21, "vim etl.py"),
            process(23, 1, "tmux new-session -d python3 etl.py"),
            process(24, 23, "python3 etl.py"),
            process(25, 1, "ssh db7 python3 etl.py"),
            process(26, 1, "telltale attach etl.py"),
            process(27, 1, "sh -c python3 etl.py | tail"),
            process(28, 27, "python3 etl.py"),
        ];
        assert_eq!(pids("etl.py", &listed), (vec![24, 27], vec![20, 21, 23, 25, 26]));
        assert_eq!(pids("vim", &listed).0, [20, 21], "by its own name it is meant");
    }

    #[test]
    fn parents_in_a_circle_are_followed_for_a_while_only() {
        let listed = [process(5, 6, "python3 a"), process(6, 5, "python3 b")];
        assert_eq!(pids("python3", &listed).0, Vec::<u32>::new());
    }
}
