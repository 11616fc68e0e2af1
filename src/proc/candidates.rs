//! Process trees that look like work: what people could want to watch.
//!
//! A tree is a process group of the own user with all that descends from it. Shells that wait for a person,
//! terminals, servers of a login and Telltale itself are no work and hold no tree together: a job that was started
//! from an interactive shell is a tree of its own. The sorting out is pure.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::find::ancestors;
use super::parse;
use super::read::{self, Reader};
use crate::model::candidate::{Candidate, Candidates, Target};
use crate::model::clock::Moment;
use crate::model::metric::Bytes;
use crate::model::process::is_shell;
use crate::model::text::Text;
use crate::scan::redact::redact;

/// Trees that are listed; the rest is counted.
const LISTED: usize = 20;

/// A single process that uses less than both is no work.
const BUSY: f64 = 0.05;
const LARGE: u64 = 100 << 20;

/// Names of programs that others run below: none of them is the job.
const HOLDERS: &[&str] = &[
    "sshd",
    "sshd-session",
    "login",
    "su",
    "sudo",
    "systemd",
    "init",
    "tini",
    "dumb-init",
    "tmux: server",
    "tmux",
    "screen",
    "SCREEN",
    "cron",
    "crond",
    "telltale",
    "telltale-keep",
];

/// One process as it was listed.
#[derive(Debug, Clone)]
struct Listed {
    pid: u32,
    ppid: u32,
    pgrp: u32,
    name: String,
    command: String,
    cpu_ms: u64,
    rss: u64,
    started: Moment,
}

/// Looks for trees; keeps the counters of the look before, so that it can tell CPU in use.
#[derive(Debug, Default)]
pub struct TreeFinder {
    before: Option<(Moment, HashMap<u32, u64>)>,
}

impl TreeFinder {
    /// The trees there are now, the busiest first.
    pub fn look(&mut self, now: Moment) -> Candidates {
        let listed = list();
        let own = ancestors(std::process::id(), listed.iter().map(|process| (process.pid, process.ppid)));
        let found = trees(&listed, &own, self.before.as_ref(), now);
        let counters = listed.iter().map(|process| (process.pid, process.cpu_ms)).collect();
        self.before = Some((now, counters));
        found
    }
}

/// All processes of the own user.
fn list() -> Vec<Listed> {
    let (mut reader, mut pids) = (Reader::default(), Vec::new());
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
    let proc = read::open_with("/proc", flags);
    if proc.and_then(|proc| read::pids(&proc, &mut Vec::with_capacity(32 * 1024), &mut pids)).is_err() {
        return Vec::new();
    }
    let page = rustix::param::page_size() as u64;
    let me = rustix::process::geteuid().as_raw();
    pids.into_iter().filter_map(|pid| look_at(pid, me, page, &mut reader)).collect()
}

fn look_at(pid: u32, me: u32, page: u64, reader: &mut Reader) -> Option<Listed> {
    let owner = rustix::fs::stat(format!("/proc/{pid}")).ok()?.st_uid;
    if owner != me {
        return None;
    }
    let command = parse::cmdline(reader.file(&format!("/proc/{pid}/cmdline")).ok()?)?;
    let stat = parse::stat(reader.file(&format!("/proc/{pid}/stat")).ok()?)?;
    Some(Listed {
        pid,
        ppid: stat.ppid,
        pgrp: stat.pgrp,
        name: String::from_utf8_lossy(stat.comm).into_owned(),
        command,
        cpu_ms: stat.cpu_ms(),
        rss: stat.rss_pages.saturating_mul(page),
        started: Moment::from_millis(stat.start_ms()),
    })
}

/// The trees among the processes, without those that `own` names.
fn trees(
    listed: &[Listed],
    own: &HashSet<u32>,
    before: Option<&(Moment, HashMap<u32, u64>)>,
    now: Moment,
) -> Candidates {
    let by_pid: HashMap<u32, &Listed> = listed.iter().map(|process| (process.pid, process)).collect();
    let holders: HashSet<u32> =
        listed.iter().filter(|one| is_holder(one, listed)).map(|one| one.pid).collect();
    let is_work = |pid: &u32| !holders.contains(pid) && !own.contains(pid);
    let mut members: HashMap<u32, Vec<&Listed>> = HashMap::new();
    for process in listed.iter().filter(|process| is_work(&process.pid)) {
        // The top of the tree: the last forefather before one that is no work. Reused PIDs could form a ring.
        let mut top = process;
        for _ in 0..listed.len() {
            match by_pid.get(&top.ppid).filter(|parent| is_work(&parent.pid)) {
                Some(parent) if parent.pid != top.pid => top = parent,
                _ => break,
            }
        }
        // Children whose parent is gone are still in its process group.
        let leader = by_pid.get(&top.pgrp).filter(|leader| is_work(&leader.pid));
        members.entry(leader.map_or(top.pid, |leader| leader.pid)).or_default().push(process);
    }
    let trees = members.into_iter().filter_map(|(pid, members)| {
        let top = by_pid.get(&pid)?;
        let candidate = candidate(top, &members, before, now);
        let is_one = candidate.processes == 1;
        (!is_one || candidate.cpu >= BUSY || candidate.memory.0 >= LARGE).then_some(candidate)
    });
    let mut list: Vec<Candidate> = trees.collect();
    // Rows that change places all the time can't be chosen: whole CPUs decide, then size, and the oldest comes first.
    list.sort_by_key(|one| {
        (std::cmp::Reverse((one.cpu.round() as u64, one.processes.min(8), one.memory.0 >> 28)), one.pid)
    });
    let left_out = list.len().saturating_sub(LISTED);
    list.truncate(LISTED);
    Candidates { list, left_out }
}

/// True for what others run below: a login's servers, a terminal, and a shell that leads no work of its own group.
fn is_holder(process: &Listed, listed: &[Listed]) -> bool {
    let name = process.name.trim_start_matches('-');
    if HOLDERS.contains(&name) {
        return true;
    }
    let is_script =
        process.command.split(' ').nth(1).is_some_and(|word| !word.starts_with('-') || word == "-c");
    let leads = |other: &&Listed| other.pgrp == process.pid && other.pid != process.pid;
    is_shell(name) && !is_script && !listed.iter().any(|other| leads(&other))
}

fn candidate(
    top: &Listed,
    members: &[&Listed],
    before: Option<&(Moment, HashMap<u32, u64>)>,
    now: Moment,
) -> Candidate {
    let used = |process: &&Listed| {
        let born = (process.started, 0);
        // A counter of the look before is this process's own if it lived then.
        let since = before.filter(|(at, _)| *at >= process.started);
        let since = since.and_then(|(at, counters)| Some((*at, *counters.get(&process.pid)?)));
        let (at, cpu_ms) = since.unwrap_or(born);
        let span = now.since(at).as_secs_f64();
        if span > 0.0 { process.cpu_ms.saturating_sub(cpu_ms) as f64 / 1_000.0 / span } else { 0.0 }
    };
    Candidate {
        target: Target::Process(top.pid),
        pid: top.pid,
        name: Text::new(&top.name),
        command: Text::new(&redact(&top.command)),
        processes: members.len(),
        cpu: members.iter().map(used).sum(),
        memory: Bytes(members.iter().map(|member| member.rss).sum()),
        age: Some(now.since(top.started)).filter(|age| *age > Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, ppid: u32, pgrp: u32, name: &str, command: &str, cpu_ms: u64) -> Listed {
        let (name, command) = (name.to_owned(), command.to_owned());
        Listed { pid, ppid, pgrp, name, command, cpu_ms, rss: 1 << 20, started: Moment::from_millis(1_000) }
    }

    #[test]
    fn jobs_are_told_from_what_holds_them() {
        let listed = [
            process(1, 0, 1, "systemd", "/sbin/init", 500),
            process(10, 1, 10, "bash", "-bash", 100),
            // A job of that shell: a parent and three workers, one of which lost its parent.
            process(20, 10, 20, "python3", "python3 etl.py --token=hunter2hunter2", 0),
            process(21, 20, 20, "python3", "python3 etl.py", 5_000),
            process(22, 20, 20, "python3", "python3 etl.py", 5_000),
            process(23, 1, 20, "python3", "python3 etl.py", 0),
            // A script, and what it runs in a group of its own.
            process(30, 10, 30, "bash", "bash nightly.sh", 0),
            process(31, 30, 31, "sort", "sort big", 10),
            // Alone and idle; alone and busy; and this very program with its shell.
            process(40, 1, 40, "sleep", "sleep 9", 0),
            process(50, 1, 50, "gzip", "gzip big", 9_000),
            process(60, 1, 60, "zsh", "zsh", 0),
            process(61, 60, 61, "telltale", "telltale", 9_000),
        ];
        let own = ancestors(61, listed.iter().map(|process| (process.pid, process.ppid)));
        let found = trees(&listed, &own, None, Moment::from_millis(11_000));
        let told: Vec<_> = found.list.iter().map(|one| (one.pid, one.processes)).collect();
        assert_eq!(told, [(20, 4), (50, 1), (30, 2)]);
        assert!((found.list[0].cpu - 1.0).abs() < 1e-9, "10 CPU seconds in 10");
        assert!(!found.list[0].command.contains("hunter2"), "{}", found.list[0].command);
        assert_eq!(found.list[0].age, Some(Duration::from_secs(10)));
    }

    #[test]
    fn the_second_look_tells_what_is_used_now() {
        let listed = [process(20, 1, 20, "gzip", "gzip", 9_000)];
        let before = (Moment::from_millis(9_000), HashMap::from([(20, 8_500)]));
        let found = trees(&listed, &HashSet::new(), Some(&before), Moment::from_millis(10_000));
        assert!((found.list[0].cpu - 0.5).abs() < 1e-9);
    }

    #[test]
    fn this_test_is_found_among_what_runs_or_nothing_is() {
        // The own processes are left out, whatever else runs; and no look panics.
        let found = TreeFinder::default().look(crate::model::clock::now());
        assert!(found.list.iter().all(|one| one.pid != std::process::id()));
        assert!(found.list.len() <= LISTED);
    }
}
