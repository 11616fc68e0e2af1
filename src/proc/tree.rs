//! The processes of one job: a root and all its descendants, found and followed as they fork.
//!
//! A round reads every member once. New processes are looked for only when something was forked since the last
//! round (the newest PID in `/proc/loadavg` moved). Who was a member stays one when its parent dies; a process
//! whose parent died before we saw it is found by its process group, or by its adoption through the keeper. The
//! group alone makes nobody a member: a shell puts both ends of `sleep 20 | cat` into one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::deaths::{Deaths, Ways};
use super::member::{Tracked, how_it_ended, read_member, reaped_exit};
use super::parse::{self, Stat};
use super::read::{self, Reader};
use super::wait;
use crate::model::clock::Moment;
use crate::model::member::{About, MemberId};
use crate::model::process::{Exit, ProcState};
use crate::model::reading::MemberReading;
use crate::model::text::Text;
use crate::scan::redact::redact;

/// Wait channels looked up in one round at most: at 9 µs each, half a millisecond.
const WAITS_A_ROUND: usize = 64;
/// Processes outside of the job that are checked again in one round, for their PIDs may have been given anew.
const STRANGERS_A_ROUND: usize = 32;
/// Descriptors left to the rest of the program.
pub const SPARE_DESCRIPTORS: usize = 128;

/// Why a tree can't be followed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The PID is not in use.
    #[error("no process {0}: it may have ended; `ps -e` lists what runs")]
    NoSuchProcess(u32),
    /// It ended already.
    #[error("process {0} has ended and waits for its parent to notice (a zombie): there is nothing to watch")]
    Zombie(u32),
    /// `/proc` can't be read.
    #[error("reading /proc: {0}; is it mounted?")]
    NoProc(Errno),
}

/// Where a process stands among the others.
#[derive(Debug, Clone, Copy)]
struct Kin {
    pid: u32,
    ppid: u32,
    pgrp: u32,
    session: u32,
    start: u64,
}

/// One round's readings of a tree.
#[derive(Debug, Default)]
pub struct Round {
    /// Every member there is, by PID.
    pub members: Vec<MemberReading>,
    /// How members ended that were there in the last round.
    pub exits: Vec<(MemberId, Exit)>,
}

/// Follows one tree.
#[derive(Debug)]
pub struct TreeReader {
    root: MemberId,
    /// PIDs that are no members and whose children are: the keeper, which adopts orphans.
    adopters: Vec<u32>,
    reader: Reader,
    proc: OwnedFd,
    listing: Vec<u8>,
    pids: Vec<u32>,
    tracked: BTreeMap<u32, Tracked>,
    strangers: HashMap<u32, u64>,
    stranger_queue: Vec<u32>,
    newest_pid: Option<u64>,
    descriptors: usize,
    page: u64,
    round: u64,
    wait_cursor: u32,
    deaths: Deaths,
    ended: Vec<u32>,
}

impl TreeReader {
    /// Begins to follow the tree below `root`, or below the process that has a thread of that number. `adopters` are processes outside of it whose children belong to
    /// it; `descriptors` is how many files may be kept open.
    pub fn new(root: u32, adopters: Vec<u32>, descriptors: usize) -> Result<Self, TreeError> {
        Self::by(Ways::from_env(), root, adopters, descriptors)
    }

    /// The same, learning of ends in these ways only.
    pub fn by(ways: Ways, root: u32, adopters: Vec<u32>, descriptors: usize) -> Result<Self, TreeError> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = read::open_with("/proc", folder).map_err(TreeError::NoProc)?;
        let mut tree = Self {
            root: MemberId::Process { pid: root, start: 0 },
            adopters,
            reader: Reader::default(),
            proc,
            listing: Vec::with_capacity(32 * 1024),
            pids: Vec::new(),
            tracked: BTreeMap::new(),
            strangers: HashMap::new(),
            stranger_queue: Vec::new(),
            newest_pid: None,
            descriptors: descriptors.saturating_sub(SPARE_DESCRIPTORS),
            page: rustix::param::page_size() as u64,
            round: 0,
            wait_cursor: 0,
            deaths: Deaths::new(ways),
            ended: Vec::new(),
        };
        let status = tree.reader.file(&format!("/proc/{root}/status")).ok();
        let root = status.and_then(parse::process_of).unwrap_or(root);
        match tree.stat_of(root).map(|stat| (stat.state, stat.start)) {
            None if tree.reader.file("/proc/self/stat").is_err() => Err(TreeError::NoProc(Errno::NOENT)),
            None => Err(TreeError::NoSuchProcess(root)),
            Some((b'Z', _)) => Err(TreeError::Zombie(root)),
            Some((_, start)) => {
                tree.root = MemberId::Process { pid: root, start };
                tree.adopt(root, start);
                Ok(tree)
            }
        }
    }

    /// The process the job began with.
    pub fn root(&self) -> &MemberId {
        &self.root
    }

    /// When the root started.
    pub fn started(&self) -> Option<Moment> {
        self.tracked.get(&self.root.pid()?).and_then(|tracked| tracked.about.started)
    }

    /// The PIDs of all members of the last round.
    pub fn pids(&self) -> HashSet<u32> {
        self.tracked.keys().copied().collect()
    }

    /// Members whose I/O counters may not be read.
    pub fn denied(&self) -> usize {
        self.tracked.values().filter(|tracked| tracked.io_denied).count()
    }

    /// Readable when a member has ended, until that was looked at.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        self.deaths.descriptor()
    }

    /// Learns how those ended that ended since the last look or round; true when that is worth a round at once: a
    /// signal that nobody sends for an orderly end has killed one, or the root has ended.
    ///
    /// A loop of a shell ends a process in every other moment, and that can wait.
    pub fn look(&mut self) -> bool {
        let mut ended = std::mem::take(&mut self.ended);
        ended.clear();
        self.deaths.take(&mut ended);
        let mut is_urgent = self.hear();
        for &pid in &ended {
            let Some(tracked) = self.tracked.get_mut(&pid).filter(|tracked| tracked.exit.is_none()) else {
                continue;
            };
            tracked.exit = how_it_ended(pid, tracked, &mut self.reader, self.deaths.ways);
            is_urgent |= self.root.pid() == Some(pid) || tracked.exit.is_some_and(is_violent);
        }
        self.ended = ended;
        is_urgent
    }

    /// Takes what the process connector has told; true when a member was killed.
    fn hear(&mut self) -> bool {
        let mut is_urgent = false;
        let tracked = &mut self.tracked;
        self.deaths.hear(|end| {
            if let Some(tracked) = tracked.get_mut(&end.pid).filter(|tracked| tracked.exit.is_none()) {
                tracked.exit = Some(end.exit);
                is_urgent |= is_violent(end.exit);
            }
        });
        is_urgent
    }

    /// Reads every member once, after looking for new ones.
    pub fn read(&mut self) -> Round {
        self.round += 1;
        self.look();
        self.find_new();
        let mut round = Round { members: Vec::with_capacity(self.tracked.len()), exits: Vec::new() };
        let mut gone = Vec::new();
        let ways = self.deaths.ways;
        for (&pid, tracked) in &mut self.tracked {
            match read_member(pid, tracked, &mut self.reader, self.page, self.round, ways) {
                Some(member) => round.members.push(member),
                None => gone.push(pid),
            }
        }
        if !gone.is_empty() {
            // Of one that ended within this very round.
            self.hear();
        }
        for pid in gone {
            if let Some(tracked) = self.tracked.remove(&pid) {
                let exit = tracked.exit.or_else(|| reaped_exit(&tracked, ways)).unwrap_or(Exit::Unknown);
                self.descriptors +=
                    usize::from(tracked.stat.is_some()) + usize::from(tracked.pidfd.is_some());
                round.exits.push((MemberId::Process { pid, start: tracked.start }, exit));
            }
        }
        self.look_up_waits(&mut round.members);
        round
    }

    fn find_new(&mut self) {
        let newest = self.reader.file("/proc/loadavg").ok().and_then(parse::last_pid);
        let forked = newest.is_none() || newest != self.newest_pid;
        self.newest_pid = newest;
        if forked {
            let mut pids = std::mem::take(&mut self.pids);
            if read::pids(&self.proc, &mut self.listing, &mut pids).is_ok() {
                self.sort_out(&pids);
            }
            self.pids = pids;
        }
        self.check_strangers();
    }

    /// Tells members from strangers among the PIDs not yet known, until no more members are found: a child may
    /// be listed before its parent where PIDs have wrapped.
    fn sort_out(&mut self, listed: &[u32]) {
        // A stranger that ended must not hide whoever gets its PID next.
        let present: HashSet<_> = listed.iter().collect();
        self.strangers.retain(|pid, _| present.contains(pid));
        let mut unknown = Vec::new();
        for &pid in listed {
            if !self.tracked.contains_key(&pid) && !self.strangers.contains_key(&pid) {
                unknown.extend(self.kin_of(pid));
            }
        }
        loop {
            let before = unknown.len();
            let mut strangers = Vec::new();
            for kin in unknown {
                if self.is_related(kin) {
                    self.adopt(kin.pid, kin.start);
                } else {
                    strangers.push(kin);
                }
            }
            unknown = strangers;
            if unknown.len() == before {
                break;
            }
        }
        self.strangers.extend(unknown.into_iter().map(|kin| (kin.pid, kin.start)));
    }

    fn is_related(&mut self, kin: Kin) -> bool {
        let Kin { ppid, pgrp, session, .. } = kin;
        self.tracked.contains_key(&ppid)
            || self.adopters.contains(&ppid)
            || (ppid != 0 && self.tracked.contains_key(&pgrp) && self.is_orphan(ppid, session))
    }

    /// A child is born into its parent's session: a parent in another one took it over from one that died (init
    /// or a subreaper). A parent that can't be read is gone this moment, or init behind `hidepid`.
    fn is_orphan(&mut self, ppid: u32, session: u32) -> bool {
        self.stat_of(ppid).is_none_or(|parent| parent.session != session)
    }

    /// A PID known as a stranger's may belong to a new process by now: a few are checked in each round. When one
    /// turns out to be a member, its children may be among the strangers too, and all are looked at afresh.
    fn check_strangers(&mut self) {
        if self.stranger_queue.is_empty() {
            self.stranger_queue.extend(self.strangers.keys());
        }
        for _ in 0..STRANGERS_A_ROUND {
            let Some(pid) = self.stranger_queue.pop() else { break };
            match (self.kin_of(pid), self.strangers.get(&pid)) {
                (Some(kin), Some(&known)) if kin.start != known => {
                    if self.is_related(kin) {
                        self.adopt(pid, kin.start);
                        self.strangers.clear();
                        self.stranger_queue.clear();
                        self.newest_pid = None;
                    } else {
                        self.strangers.insert(pid, kin.start);
                    }
                }
                (None, Some(_)) => {
                    self.strangers.remove(&pid);
                }
                _ => {}
            }
        }
    }

    fn stat_of(&mut self, pid: u32) -> Option<Stat<'_>> {
        self.reader.file(&format!("/proc/{pid}/stat")).ok().and_then(parse::stat)
    }

    fn kin_of(&mut self, pid: u32) -> Option<Kin> {
        let stat = self.stat_of(pid)?;
        Some(Kin { pid, ppid: stat.ppid, pgrp: stat.pgrp, session: stat.session, start: stat.start })
    }

    /// Takes a process into the job. A descriptor for its end comes first: only a pidfd that was opened before
    /// the end tells of it.
    fn adopt(&mut self, pid: u32, start: u64) {
        let mut room = self.descriptors;
        let mut keep = |fd: Result<OwnedFd, Errno>| {
            let fd = fd.ok().filter(|_| room > 0);
            room -= usize::from(fd.is_some());
            fd
        };
        let pidfd = keep(read::pidfd(pid));
        let stat = keep(read::open(&format!("/proc/{pid}/stat")));
        let command = self.reader.file(&format!("/proc/{pid}/cmdline")).ok().and_then(parse::cmdline);
        let Some(now) = self.stat_of(pid).filter(|now| now.start == start) else {
            return;
        };
        let (comm, name) = (Box::from(now.comm), Text::from_bytes(now.comm));
        let started = Some(Moment::from_millis(now.start_ms()));
        let family = parse::family(command.as_deref().unwrap_or(&name));
        let command = command.map_or_else(|| name.clone(), |line| Text::new(&redact(&line)));
        let about = Arc::new(About { name, command, started, family });
        let tracked = Tracked {
            start,
            adopted_in: self.round,
            about,
            comm,
            stat,
            pidfd,
            exit: None,
            cpu_ms: 0,
            ran_before: false,
            io_denied: false,
            waits_for: None,
            looked_up: None,
        };
        self.descriptors = room;
        if let Some(pidfd) = &tracked.pidfd {
            self.deaths.watch(pid, pidfd);
        }
        self.tracked.insert(pid, tracked);
    }

    /// Looks up what sleeping members wait for: first those that ran since they were looked up, then the others in
    /// turn. A sleeper that woke for less than a clock tick shows in no counter, so nobody is left out for long; a job
    /// of up to [`WAITS_A_ROUND`] members is looked up whole in each round.
    fn look_up_waits(&mut self, members: &mut [MemberReading]) {
        let mut budget = WAITS_A_ROUND;
        for member in members.iter() {
            self.look_up_wait(member, false, &mut budget);
        }
        let from = members.partition_point(|member| member.id.pid() <= Some(self.wait_cursor));
        for at in (from..members.len()).chain(0..from) {
            if budget == 0 {
                break;
            }
            self.look_up_wait(&members[at], true, &mut budget);
            self.wait_cursor = members[at].id.pid().unwrap_or(0);
        }
        for member in members {
            let tracked = member.id.pid().and_then(|pid| self.tracked.get(&pid));
            member.waits_for = tracked.and_then(|tracked| tracked.waits_for.clone());
        }
    }

    fn look_up_wait(&mut self, member: &MemberReading, again: bool, budget: &mut usize) {
        let (Some(pid), Some(state)) = (member.id.pid(), member.state) else { return };
        let Some(tracked) = self.tracked.get_mut(&pid) else { return };
        if !matches!(state, ProcState::Sleeping | ProcState::DiskSleep | ProcState::Stopped) {
            (tracked.waits_for, tracked.looked_up) = (None, None);
        } else if *budget > 0
            && tracked.looked_up != Some(self.round)
            && (again || tracked.looked_up.is_none())
        {
            *budget -= 1;
            let wchan = self.reader.file(&format!("/proc/{pid}/wchan")).ok();
            tracked.waits_for = wchan.and_then(wait::meaning).map(Text::from);
            tracked.looked_up = Some(self.round);
        }
    }
}

/// An end that nobody wished for.
const fn is_violent(exit: Exit) -> bool {
    matches!(exit, Exit::Signal(_)) && exit.is_loss()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts children to follow them")]
mod tests {
    use super::*;
    use crate::proc::member::QUIET_IO_ROUNDS;
    use std::io::{Read as _, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    /// A process group of the test's own, killed at its end.
    struct Group(Child);

    impl Group {
        /// Starts `sh -c script` and waits until it has said something.
        fn started(command: &mut Command) -> Self {
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.spawn().expect("sh(1) and setsid(1) exist");
            let mut said = [0];
            child.stdout.as_mut().expect("it is a pipe").read_exact(&mut said).expect("it says so");
            Self(child)
        }

        fn sh(script: &str) -> Self {
            Self::started(Command::new("sh").args(["-c", script]).process_group(0))
        }

        fn pid(&self) -> u32 {
            self.0.id()
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            if let Some(pid) = rustix::process::Pid::from_raw(self.pid() as i32) {
                let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
            }
            let _ = self.0.wait();
        }
    }

    fn tree(root: u32) -> TreeReader {
        TreeReader::new(root, Vec::new(), 1_000).expect("it lives")
    }

    #[test]
    fn a_failed_adoption_costs_no_descriptors() {
        let job = Group::sh("echo .; exec sleep 60");
        let mut tree = tree(job.pid());
        let left = tree.descriptors;
        tree.adopt(std::process::id(), 0);
        assert_eq!((tree.descriptors, tree.pids()), (left, HashSet::from([job.pid()])));
    }

    #[test]
    fn the_other_end_of_a_pipe_is_no_member() {
        let job = Group::sh("echo .; exec sleep 60");
        let mut other =
            Command::new("sleep").arg("60").process_group(job.pid() as i32).spawn().expect("it starts");
        let mut tree = tree(job.pid());
        tree.read();
        assert_eq!(tree.pids(), HashSet::from([job.pid()]));
        let _ = other.kill();
        let _ = other.wait();
    }

    #[test]
    fn a_stranger_that_ended_is_forgotten() {
        let job = Group::sh("echo .; exec sleep 60");
        let mut tree = tree(job.pid());
        tree.strangers.insert(u32::MAX, 1);
        tree.sort_out(&[job.pid()]);
        assert!(tree.strangers.is_empty());
    }

    #[test]
    fn the_children_of_a_reused_pid_are_found() {
        let job = Group::sh("sh -c 'sleep 60 & echo .; wait'; exit");
        let all = {
            let mut tree = tree(job.pid());
            tree.read();
            tree.pids()
        };
        assert_eq!(all.len(), 3, "a shell, a shell and a sleep");
        let mut tree = tree(job.pid());
        tree.read();
        // As if the inner shell had come by the PID of a stranger, and its child had been looked at before it.
        for &pid in all.iter().filter(|&&pid| pid != job.pid()) {
            let kin = tree.kin_of(pid).expect("it lives");
            tree.tracked.remove(&pid);
            tree.strangers.insert(pid, if kin.ppid == job.pid() { 0 } else { kin.start });
        }
        tree.stranger_queue.clear();
        // Each round checks some strangers, and the round after the find looks at all.
        for _ in 0..tree.strangers.len() / STRANGERS_A_ROUND + 4 {
            tree.read();
        }
        assert_eq!(tree.pids(), all);
    }

    #[test]
    fn what_a_member_read_last_is_told_in_its_first_quiet_round() {
        let job = Group::sh("echo .; read line");
        let mut tree = tree(job.pid());
        // None of the next rounds is one in which its PID makes it due.
        tree.round = QUIET_IO_ROUNDS - u64::from(job.pid()) % QUIET_IO_ROUNDS;
        tree.read();
        for (ran_before, told) in [(true, true), (false, false)] {
            tree.tracked.get_mut(&job.pid()).expect("it is the root").ran_before = ran_before;
            let io = tree.read().members[0].io;
            assert_eq!(io.is_some(), told, "it ran before: {ran_before}");
        }
    }

    #[test]
    fn an_exec_under_the_same_name_is_seen_in_the_next_round() {
        let mut job = Group::sh("echo .; read line; exec sh -c 'echo .; read other; exit'");
        let mut tree = tree(job.pid());
        tree.read();
        tree.tracked.get_mut(&job.pid()).expect("it is the root").adopted_in = tree.round;
        let before = tree.read().members.remove(0).about;
        job.0.stdin.as_mut().expect("it is a pipe").write_all(b"go\n").expect("it listens");
        job.0.stdout.as_mut().expect("it is a pipe").read_exact(&mut [0; 2]).expect("it says so");
        tree.tracked.get_mut(&job.pid()).expect("it is the root").adopted_in = tree.round;
        let after = tree.read().members.remove(0).about;
        assert_eq!((before.name.as_str(), after.name.as_str()), ("sh", "sh"));
        assert_eq!(after.command.as_str(), "sh -c echo .; read other; exit");
        assert_ne!(before.family, after.family);
        assert!(Arc::ptr_eq(&after, &tree.read().members[0].about), "what stays is shared");
    }

    #[test]
    fn the_number_of_a_thread_leads_to_its_process() {
        let thread = std::thread::spawn(|| {
            let tid = rustix::thread::gettid().as_raw_nonzero().get();
            TreeReader::new(tid as u32, Vec::new(), 1_000).expect("it lives").root().pid()
        });
        assert_eq!(thread.join().expect("it ends well"), Some(std::process::id()));
    }

    #[test]
    fn an_orphan_is_found_by_its_group() {
        let script = "sh -c 'sleep 60 >/dev/null &'; echo .; exec sleep 60 >/dev/null";
        let job = Group::started(Command::new("setsid").args(["sh", "-c", script]));
        let mut tree = tree(job.pid());
        let members = tree.read().members;
        assert_eq!(members.len(), 2, "{members:?}");
        assert!(members.iter().all(|member| member.parent != Some(job.pid())));
    }
}
