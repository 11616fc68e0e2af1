//! Watches a tree over a window: who is in it, look by look, until [`Evidence`] is complete.
//!
//! ```text
//! first look ─ what it is, what it waits for ─ told ─ look ─ look ─ … ─ last look ─ what it waits for now, things ─ done
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;

use super::busy::Busy;
use super::member::Member;
use super::members::{Kin, Machine};
use super::processes::{self, Crew};
use super::report::Surroundings;
use super::{ended, machine, parse, patience, portrait, report};
use crate::model::clock::{self, Moment};
use crate::model::evidence::{Evidence, Gone, VERSION};
use crate::proc::parse as text;
use crate::proc::read::{self, Reader};

/// CPU that all looks together may cost; a larger tree is looked at more rarely.
const BUDGET: Duration = Duration::from_millis(400);
/// Descriptors are read at the first look as long as this has not passed: something is to be on the screen soon.
const DESCRIPTORS_AT_FIRST: Duration = Duration::from_millis(300);
/// Who looks on is shown all that was found so far this often.
const SHOWN_EVERY: f64 = 1.0;
/// Members that ended are remembered, so many at most.
const MOST_GONE: usize = 1_000;

/// How to watch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Time between two looks.
    pub every: Duration,
    /// Processes that are watched at most.
    pub most_processes: usize,
    /// Threads that are watched at most, over all processes.
    pub most_threads: usize,
    /// Members that are known to have ended before.
    pub gone: Vec<Gone>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(250),
            most_processes: 1_000,
            most_threads: 2_000,
            gone: Vec::new(),
        }
    }
}

/// Why nothing can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The PID is not in use, and nobody is left of its session.
    #[error("no process {0}: it may have ended; `ps -e` lists what runs")]
    NoSuchProcess(u32),
    /// It exists, and `/proc` does not show it.
    #[error(
        "process {0} is hidden from this user (/proc is mounted with hidepid): ask as its user or as root"
    )]
    Hidden(u32),
    /// It is a part of the kernel.
    #[error("process {0} is a thread of the kernel, no program: there is nothing to diagnose")]
    KernelThread(u32),
    /// It is Telltale.
    #[error("process {0} is this very Telltale: give it the PID of a job")]
    Itself(u32),
    /// `/proc` can't be read.
    #[error("reading /proc: {0}; is it mounted?")]
    NoProc(Errno),
}

/// What was found so far.
#[derive(Debug)]
pub struct Progress<'a> {
    /// Seconds since the window began.
    pub elapsed: f64,
    /// How many it has.
    pub window: f64,
    /// All that was found, brought up to date about every second.
    pub evidence: &'a Evidence,
}

/// Watches one tree.
#[derive(Debug)]
pub struct Probe {
    root: u32,
    options: Options,
    reader: Reader,
    machine: Machine,
    /// Where the root stood when it was seen first; `None` where it is gone and only left others behind.
    kin: Option<Kin>,
    members: Vec<Member>,
    busy: Busy,
    gone: Vec<Gone>,
    problems: BTreeSet<String>,
    /// Processes that are not watched, for there are too many.
    left_out: usize,
    began: Moment,
}

impl Probe {
    /// A probe of the tree below `root`, or below the process that has a thread of this number.
    pub fn new(root: u32, options: Options) -> Result<Self, Refusal> {
        let mut reader = Reader::default();
        let status = reader
            .file(&format!("/proc/{root}/status"))
            .map(|status| (text::process_of(status).unwrap_or(root), parse::status(status).is_kernel));
        let (root, is_kernel) = status.unwrap_or((root, false));
        if root == std::process::id() {
            return Err(Refusal::Itself(root));
        }
        let mut machine = Machine::new().map_err(Refusal::NoProc)?;
        machine.look(true, &mut reader);
        let kin = machine.get(root).copied();
        // Kernels before 6.5 don't say who is theirs: the children of kthreadd are, and that one is 2 where it is shown.
        let is_kernel = is_kernel || kin.is_some_and(|kin| is_kthread(&kin, &machine));
        match kin {
            _ if is_kernel => Err(Refusal::KernelThread(root)),
            None if machine.left_behind(root).is_empty() => Err(match read::pidfd(root) {
                Ok(_) => Refusal::Hidden(root),
                Err(_) => Refusal::NoSuchProcess(root),
            }),
            _ => Ok(()),
        }?;
        let mut problems = BTreeSet::new();
        if machine.is_ours(root) {
            problems.insert(format!("Telltale itself was started by process {root}, and is left out"));
        }
        if portrait::shares_namespace(root, "pid") == Some(false) {
            problems.insert(format!(
                "process {root} is in a container: the numbers here are those of this machine, not those inside"
            ));
        }
        let mut gone = options.gone.clone();
        if kin.is_none() && gone.iter().all(|gone| gone.pid != root) {
            gone.push(Gone { pid: root, at: -f64::EPSILON, ..Gone::default() });
        }
        let (members, left_out, began) = (Vec::new(), 0, clock::now());
        let busy = Busy::default();
        Ok(Self { root, options, reader, machine, kin, members, busy, gone, problems, left_out, began })
    }

    /// Watches for this long, or until `see` says that it has seen enough (false).
    pub fn watch(mut self, window: Duration, see: &mut dyn FnMut(&Progress<'_>) -> bool) -> Evidence {
        self.began = clock::now();
        let window = window.as_secs_f64();
        let every = self.begin(window);
        let mut shown = self.evidence();
        let things = Surroundings::begin(&shown);
        let mut shown_at = self.elapsed();
        let mut is_wanted = see(&Progress { elapsed: shown_at, window, evidence: &shown });
        let mut number = 1_u32;
        while is_wanted && self.elapsed() < window {
            // A little irregular, so that what the job does regularly is not met at the same point each time.
            let jitter = f64::from(number * 37 % 11) / 11.0 - 0.5;
            let due = (f64::from(number) * every + 0.1 * every * jitter).min(window);
            let until = self.began.plus(Duration::from_secs_f64(due));
            ended::wait(&mut self.members, until, self.began, &mut self.reader);
            self.look(due >= window);
            self.busy.look(&self.members);
            let elapsed = self.elapsed();
            // A machine that is too busy for every look gets fewer.
            number = (number + 1).max((elapsed / every) as u32);
            if elapsed - shown_at >= SHOWN_EVERY {
                self.ask(Member::is_new);
                (shown, shown_at) = (self.evidence(), elapsed);
            }
            is_wanted = see(&Progress { elapsed, window, evidence: &shown });
        }
        self.complete(&things)
    }

    /// The first look, with all that is needed to show something; returns the time between two looks, in seconds.
    fn begin(&mut self, window: f64) -> f64 {
        let before = clock::thread_cpu();
        self.look(true);
        let cost = clock::thread_cpu().saturating_sub(before);
        self.ask(Member::is_new);
        if self.adopt() {
            self.look(false);
            self.ask(Member::is_new);
        }
        report::descriptors(&mut self.members, &mut self.problems, Some(DESCRIPTORS_AT_FIRST));
        self.every(cost, window)
    }

    fn complete(mut self, things: &Surroundings) -> Evidence {
        if self.adopt() {
            self.look(false);
        }
        for member in &mut self.members {
            member.forget_another_program();
        }
        let window = self.elapsed();
        std::mem::take(&mut self.busy).finish(&mut self.members);
        self.ask(|_| true);
        for member in &mut self.members {
            processes::finish(member, &mut self.reader);
        }
        report::task_limits(&mut self.members, &self.machine, &mut self.reader);
        report::descriptors(&mut self.members, &mut self.problems, None);
        self.problems.extend(report::unseen(&self.members, self.left_out));
        let mut evidence = Evidence { window, ..self.evidence() };
        things.complete(&mut evidence);
        evidence
    }

    fn elapsed(&self) -> f64 {
        clock::now().since(self.began).as_secs_f64()
    }

    /// Time between two looks, in seconds, so that all of them cost no more than they may.
    fn every(&mut self, cost: Duration, window: f64) -> f64 {
        let wanted = self.options.every.as_secs_f64().max(0.01);
        let affordable = cost.as_secs_f64() * window / BUDGET.as_secs_f64();
        // Three looks are the least that tell anything of a window.
        let every = wanted.max(affordable.min(window / 3.0));
        if every > wanted * 1.5 {
            self.problems.insert(format!(
                "there are many threads: they were looked at every {every:.1} s instead of every {wanted:.2} s"
            ));
        }
        every
    }

    /// Looks once at everybody, and for new members.
    fn look(&mut self, is_full: bool) {
        let may_be_new = self.machine.look(is_full, &mut self.reader);
        if may_be_new {
            let roots = self.members.iter().map(|member| member.process.pid).chain([self.root]);
            let mut family = self.machine.family(&roots.collect());
            if self.kin.is_none_or(|kin| kin.is_zombie) {
                family.extend(self.machine.family(&self.machine.left_behind(self.root)));
            }
            self.take_up(&family);
        }
        let mut threads = 0;
        let mut at = 0;
        while let Some(member) = self.members.get_mut(at) {
            let now = clock::now().since(self.began).as_secs_f64();
            let most = self.options.most_threads.saturating_sub(threads);
            if member.look(now, most, may_be_new, &mut self.reader) {
                threads += member.traces.len();
                at += 1;
            } else {
                let member = self.members.remove(at);
                self.machine.forget(member.process.pid);
                if self.gone.len() < MOST_GONE {
                    self.gone.push(ended::gone(&member, now));
                }
            }
        }
    }

    /// Makes members of these processes, the root first.
    fn take_up(&mut self, pids: &BTreeSet<u32>) {
        let known: BTreeSet<u32> = self.members.iter().map(|member| member.process.pid).collect();
        let mut new: Vec<&Kin> = pids.difference(&known).filter_map(|&pid| self.machine.get(pid)).collect();
        new.sort_by_key(|kin| (kin.pid != self.root, kin.pid));
        let room = self.options.most_processes.saturating_sub(self.members.len());
        self.left_out = new.len().saturating_sub(room);
        for kin in new.into_iter().take(room) {
            self.members.push(Member::new(kin.pid, kin.start, true));
        }
    }

    /// Takes up workers that lost their parent; true when there were any.
    fn adopt(&mut self) -> bool {
        let Some(root) = self.kin else { return false };
        let members = self.members.iter().map(|member| member.process.pid).collect();
        let orphans = self.machine.orphans(&root, &members);
        let families: BTreeSet<u64> = self.members.iter().filter_map(Member::family).collect();
        let doubtful: Vec<u32> =
            orphans.iter().filter(|(_, is_sure)| !is_sure).map(|(pid, _)| *pid).collect();
        let found = patience::each(doubtful.clone(), |&pid| portrait::of(pid).family);
        let alike = doubtful
            .into_iter()
            .zip(found)
            .filter(|(_, family)| family.is_some_and(|family| families.contains(&family)));
        let sure = orphans.iter().filter(|(_, is_sure)| *is_sure).map(|(pid, _)| *pid);
        let adopted = self.machine.family(&sure.chain(alike.map(|(pid, _)| pid)).collect());
        let before = self.members.len();
        self.take_up(&adopted);
        self.members.len() > before
    }

    /// Reads what these members are and wait for.
    fn ask(&mut self, which: impl Fn(&Member) -> bool) {
        let crew = Crew::of(self.members.iter().map(|member| &member.process));
        self.problems.extend(processes::ask(&mut self.members, which, &Arc::new(crew)));
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            version: VERSION,
            root: self.root,
            window: self.elapsed(),
            machine: machine::read(),
            processes: self.members.iter().map(|member| member.process.clone()).collect(),
            gone: self.gone.clone(),
            problems: self.problems.iter().cloned().collect(),
            ..Evidence::default()
        }
    }
}

/// A thread of the kernel is a child of kthreadd, which is a child of nobody and has no program.
fn is_kthread(kin: &Kin, machine: &Machine) -> bool {
    const KTHREADD: u32 = 2;
    let is_kthreadd = |kin: &Kin| kin.pid == KTHREADD && kin.parent == 0 && kin.group == 0;
    is_kthreadd(kin) || machine.get(kin.parent).is_some_and(is_kthreadd)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts processes to see them wait")]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::model::evidence::{FutexKind, Process, Runtime, Wait};
    use crate::model::process::Exit;

    /// A process that ends with its test.
    struct Job(Child);

    impl Drop for Job {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn job(program: &str, args: &[&str]) -> Option<Job> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().ok().map(Job)
    }

    fn probe(job: &Job) -> Probe {
        let options = Options { every: Duration::from_millis(60), ..Options::default() };
        Probe::new(job.0.id(), options).expect("it is there")
    }

    /// Watches until the evidence is as it is meant to become: the machine may be busy.
    fn until(job: &Job, is_so: impl Fn(&Evidence) -> bool) -> Evidence {
        let mut evidence = Evidence::default();
        for _ in 0..40 {
            evidence = probe(job).watch(Duration::from_millis(200), &mut |_| true);
            if is_so(&evidence) {
                break;
            }
        }
        evidence
    }

    fn root(evidence: &Evidence) -> &Process {
        evidence.process(evidence.root).expect("the root is among the processes")
    }

    fn waits(evidence: &Evidence) -> &Wait {
        root(evidence).main_thread().map_or(&Wait::Nothing, |thread| &thread.wait)
    }

    #[test]
    fn a_sleep_is_seen_with_its_end() {
        let job = job("sleep", &["30"]).expect("sleep(1) exists");
        let evidence =
            until(&job, |evidence| waits(evidence) == &Wait::Sleep && root(evidence).threads[0].is_still);
        let thread = &root(&evidence).threads[0];
        assert_eq!((&thread.wait, thread.limit, thread.is_still), (&Wait::Sleep, Some(30.0), true));
        assert!(thread.samples.len() >= 2 && thread.samples.iter().all(|sample| sample.state == 'S'));
        assert_eq!(
            (root(&evidence).command.as_str(), root(&evidence).runtime),
            ("sleep 30", Runtime::Native)
        );
        assert!(!root(&evidence).resident.is_empty() && !root(&evidence).io.is_empty());
        assert!(root(&evidence).descriptor_limit.is_some() && root(&evidence).is_member);
        assert_eq!((evidence.version, &evidence.gone), (VERSION, &Vec::new()));
        let json = serde_json::to_string(&evidence).expect("evidence is plain data");
        assert_eq!(
            serde_json::from_str::<Evidence>(&json).expect("it is read back").processes,
            evidence.processes
        );
    }

    #[test]
    fn a_reader_waits_for_its_pipe_without_end() {
        let job = job("cat", &[]).expect("cat(1) exists");
        let evidence = until(&job, |evidence| waits(evidence) == &Wait::Read { fd: 0 });
        assert_eq!(waits(&evidence), &Wait::Read { fd: 0 });
        assert_eq!(
            (root(&evidence).threads[0].limit, root(&evidence).threads[0].is_limit_unknown),
            (None, false)
        );
    }

    #[test]
    fn a_shell_waits_for_its_children() {
        let job = job("sh", &["-c", "sleep 20 & sh -c 'exec sleep 20'; true"]).expect("sh(1) exists");
        let is_so = |evidence: &Evidence| {
            evidence.members().filter(|member| member.command == "sleep 20").count() == 2
        };
        let evidence = until(&job, is_so);
        assert!(is_so(&evidence), "{:?}", evidence.processes);
        assert_eq!(waits(&evidence), &Wait::Child { pid: None });
        assert_eq!(evidence.processes[0].pid, evidence.root, "the root is the first");
        for child in evidence.members().skip(1) {
            // The sleeps outlive their shell otherwise.
            let pid = rustix::process::Pid::from_raw(child.pid as i32).expect("a PID");
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    #[test]
    fn who_ends_within_the_window_is_told_with_its_end() {
        let job =
            job("sh", &["-c", "sh -c 'sleep 0.4; exit 7' & sleep 3; wait; sleep 20"]).expect("sh(1) exists");
        let is_seven = |evidence: &Evidence| {
            let zombie = evidence.members().any(|member| member.exit == Some(Exit::Code(7)));
            zombie || evidence.gone.iter().any(|gone| gone.exit == Some(Exit::Code(7)) && gone.at > 0.0)
        };
        let evidence = probe(&job).watch(Duration::from_millis(1500), &mut |_| true);
        assert!(is_seven(&evidence), "{:?} {:?}", evidence.gone, evidence.processes);
    }

    #[test]
    fn what_is_stopped_is_held() {
        let job = job("sleep", &["30"]).expect("sleep(1) exists");
        let pid = rustix::process::Pid::from_raw(job.0.id() as i32).expect("a PID");
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("it is our child");
        let evidence = until(&job, |evidence| root(evidence).state == 'T');
        assert_eq!((root(&evidence).state, root(&evidence).stopped_by), ('T', Some(19)));
        assert_eq!(waits(&evidence), &Wait::Held);
    }

    #[test]
    fn a_zombie_is_told_with_its_end() {
        let job = job("sh", &["-c", "exit 3"]).expect("sh(1) exists");
        let evidence = until(&job, |evidence| root(evidence).is_zombie());
        assert_eq!((root(&evidence).exit, root(&evidence).state), (Some(Exit::Code(3)), 'Z'));
    }

    #[test]
    fn a_python_that_takes_a_lock_twice_waits_for_ever() {
        let code = "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()";
        // Without an interpreter there is nothing to be seen.
        let Some(job) = job("python3", &["-S", "-c", code]) else { return };
        let is_so =
            |evidence: &Evidence| matches!(waits(evidence), Wait::Futex(_)) || root(evidence).is_zombie();
        let evidence = until(&job, is_so);
        let Wait::Futex(word) = waits(&evidence) else { return };
        assert_eq!((word.owner, word.joins, root(&evidence).runtime), (None, None, Runtime::Python));
        assert_ne!(word.kind, FutexKind::Mutex);
        assert_eq!(
            (root(&evidence).threads[0].limit, root(&evidence).threads[0].is_limit_unknown),
            (None, false)
        );
    }

    #[test]
    fn the_first_evidence_comes_at_once_and_enough_is_enough() {
        let job = job("sleep", &["30"]).expect("sleep(1) exists");
        let mut seen = Vec::new();
        let evidence = probe(&job).watch(Duration::from_secs(20), &mut |progress| {
            seen.push((progress.elapsed, progress.evidence.processes.len()));
            seen.len() < 2
        });
        assert_eq!(seen.iter().map(|(_, processes)| *processes).collect::<Vec<_>>(), [1, 1]);
        assert!(evidence.window < 15.0, "it was told to stop");
    }

    #[test]
    fn what_ends_meanwhile_is_gone_and_nothing_hangs() {
        let job = job("sleep", &["0.2"]).expect("sleep(1) exists");
        let probe = probe(&job);
        let reaper = std::thread::spawn(move || {
            let mut job = job;
            let _ = job.0.wait();
        });
        let evidence = probe.watch(Duration::from_millis(900), &mut |_| true);
        reaper.join().expect("the child ended by itself");
        assert!(evidence.processes.is_empty(), "{:?}", evidence.processes);
        assert!(matches!(evidence.gone[0].exit, Some(Exit::Code(0)) | None), "{:?}", evidence.gone);
        assert_eq!(evidence.gone[0].command, "sleep 0.2");
    }

    #[test]
    fn some_are_refused() {
        let refusal = |pid| Probe::new(pid, Options::default()).err();
        let own = std::process::id();
        assert_eq!(refusal(own), Some(Refusal::Itself(own)));
        assert_eq!(refusal(u32::MAX / 2), Some(Refusal::NoSuchProcess(u32::MAX / 2)));
        let kernel = std::fs::read_to_string("/proc/2/comm").unwrap_or_default();
        if kernel == "kthreadd\n" {
            assert_eq!(refusal(2), Some(Refusal::KernelThread(2)));
        }
        let parent = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32);
        if let Ok(probe) = Probe::new(parent, Options::default()) {
            let evidence = probe.watch(Duration::ZERO, &mut |_| true);
            assert!(evidence.process(own).is_none(), "we are left out");
            assert!(evidence.problems.iter().any(|problem| problem.contains("Telltale itself")));
        }
    }
}
