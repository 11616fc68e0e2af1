//! What all threads of some processes wait for, now; and one process that is no member, described once.
//!
//! All that may hang with its target happens in one place here, `answer`, behind `patience`.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::calls::Arch;
use super::channel;
use super::decode::{Asked, Behind};
use super::member::Member;
use super::members;
use super::memory::{self, OfProcess};
use super::parse::Position;
use super::patience;
use super::portrait::{self, Portrait};
use super::resolve::{self, Found, Now};
use crate::model::clock;
use crate::model::evidence::{Process, Wait};
use crate::proc::parse;
use crate::proc::read::{self, Reader};

/// Threads of a process at the other end that are looked at.
const MOST_THREADS_OUTSIDE: usize = 64;

/// Who may own a lock: the threads that are looked at, and those that may have been.
#[derive(Debug, Clone, Default)]
pub(super) struct Crew {
    tids: BTreeSet<u32>,
    lowest: u32,
}

impl Crew {
    /// The threads of these processes.
    pub(super) fn of<'a>(processes: impl Iterator<Item = &'a Process>) -> Self {
        let mut crew = Self { tids: BTreeSet::new(), lowest: u32::MAX };
        for process in processes {
            crew.lowest = crew.lowest.min(process.pid);
            crew.tids.extend(process.threads.iter().map(|thread| thread.tid));
        }
        crew
    }

    /// A thread that is there, or one that began after the first of the job and is not there any more. Where others'
    /// processes are hidden, nobody can be said to be gone.
    fn may_have(&self, tid: u32) -> bool {
        let exists = |tid: u32| Path::new(&format!("/proc/{tid}")).exists();
        self.tids.contains(&tid) || (tid > self.lowest && exists(1) && !exists(tid))
    }
}

/// What is to be asked of one process.
#[derive(Debug)]
struct Question {
    pid: u32,
    portrait: Option<Portrait>,
    threads: Vec<Posed>,
    crew: Arc<Crew>,
}

#[derive(Debug)]
struct Posed {
    tid: u32,
    inner: Option<u32>,
    state: char,
    channel: String,
    position: Position,
}

/// What became known of one process.
#[derive(Debug)]
struct Answer {
    portrait: Option<Portrait>,
    found: Vec<Found>,
}

/// Reads what all threads of these wait for, and what their programs are where that is not known yet. Says of whom it
/// could not.
pub(super) fn ask(members: &mut [Member], which: impl Fn(&Member) -> bool, crew: &Arc<Crew>) -> Vec<String> {
    // What sleeps uninterruptibly is asked last, so that what hangs holds up nobody else.
    let is_asked = |member: &Member| which(member) && !member.is_stuck;
    let mut order: Vec<usize> = (0..members.len()).filter(|&at| is_asked(&members[at])).collect();
    order.sort_by_key(|&at| members[at].traces.iter().any(|trace| trace.state == 'D'));
    let questions: Vec<Question> = order.iter().map(|&at| question(&members[at], crew)).collect();
    let answers = patience::each(questions, answer);
    let mut problems = Vec::new();
    for (&at, answer) in order.iter().zip(answers) {
        let member = &mut members[at];
        if let Some(answer) = answer {
            take(member, answer);
        } else {
            member.is_stuck = true;
            problems.push(format!(
                "the memory of process {} could not be read in time: it may hang in the kernel; what its locks and times are is not known",
                member.process.pid
            ));
            without_memory(member);
        }
    }
    for member in members.iter_mut().filter(|member| member.is_stuck) {
        without_memory(member);
    }
    problems
}

/// A process that is no member, with what its threads wait for; `None` where there is none.
pub fn describe(pid: u32) -> Option<Process> {
    let mut reader = Reader::default();
    let kin = members::kin(pid, &mut reader)?;
    let mut members = [Member::new(pid, kin.start, false)];
    members[0].look(0.0, MOST_THREADS_OUTSIDE, true, &mut reader).then_some(())?;
    let crew = Arc::new(Crew::of(members.iter().map(|member| &member.process)));
    ask(&mut members, |_| true, &crew);
    let [mut member] = members;
    finish(&mut member, &mut reader);
    Some(member.process)
}

/// Adds what is read once, at the end.
pub(super) fn finish(member: &mut Member, reader: &mut Reader) {
    let process = &mut member.process;
    let started = member.start.saturating_mul(1000 / parse::TICKS_PER_SECOND);
    process.age = clock::now().millis().saturating_sub(started) as f64 / 1000.0;
    if let Ok(limits) = reader.file(&format!("/proc/{}/limits", process.pid)) {
        process.descriptor_limit = parse::soft_limit(limits, "Max open files ");
    }
}

fn question(member: &Member, crew: &Arc<Crew>) -> Question {
    let threads = member.process.threads.iter().zip(&member.traces).map(|(thread, trace)| Posed {
        tid: thread.tid,
        inner: trace.status.inner,
        state: trace.state,
        channel: trace.channel.clone(),
        position: trace.position.clone(),
    });
    Question {
        pid: member.process.pid,
        portrait: member.portrait.clone(),
        threads: threads.collect(),
        crew: Arc::clone(crew),
    }
}

/// Reads the memory of one process: this may hang with it.
fn answer(question: &Question) -> Answer {
    let pid = question.pid;
    let mut portrait = question.portrait.clone().unwrap_or_else(|| portrait::of(pid));
    let asked: Vec<Asked> = question
        .threads
        .iter()
        .map(|thread| channel::asked(portrait.arch, thread.state, &thread.channel, &thread.position))
        .collect();
    // What is shared may have been mapped since.
    let is_unknown = |asked: &Asked| match (&asked.wait, asked.behind) {
        (Wait::Futex(word), Behind::Futex(call)) => {
            !call.is_private && portrait.maps.shared_name(word.address).is_none()
        }
        _ => false,
    };
    if question.portrait.is_some() && asked.iter().any(is_unknown) {
        portrait.maps = portrait::maps_of(pid);
    }
    // A process in a PID namespace below ours has its own numbers in its memory.
    let inner: HashMap<u32, u32> =
        question.threads.iter().filter_map(|thread| Some((thread.inner?, thread.tid))).collect();
    let tids: BTreeSet<u32> = question.threads.iter().map(|thread| thread.tid).collect();
    let now = now();
    let process = resolve::Process {
        maps: &portrait.maps,
        may_be_glibc: portrait.may_have_glibc(),
        is_own: |tid: u32| if inner.is_empty() { tids.contains(&tid) } else { inner.contains_key(&tid) },
        may_own: |tid: u32| {
            if inner.is_empty() { question.crew.may_have(tid) } else { inner.contains_key(&tid) }
        },
        now,
    };
    let memory = OfProcess(pid);
    let found = asked
        .into_iter()
        .map(|asked| {
            let behind = asked.behind;
            let mut found = resolve::resolve(asked, &memory, &process);
            complete(&mut found, behind, pid, memory);
            outward(&mut found.wait, &inner);
            found
        })
        .collect();
    Answer { portrait: Some(portrait), found }
}

/// Adds what other files tell: the folder of a relative path, who operated on a semaphore last.
fn complete(found: &mut Found, behind: Behind, pid: u32, memory: OfProcess) {
    match &mut found.wait {
        Wait::Open { path: Some(path) } => {
            let folder = found.folder.take().and_then(|fd| portrait::folder(pid, fd));
            if let Some(folder) = folder {
                *path = format!("{}/{path}", folder.trim_end_matches('/'));
            }
        }
        Wait::Semaphore { id, last } => {
            if let Behind::Operations(address, count) = behind
                && portrait::shares_namespace(pid, "ipc") == Some(true)
            {
                let semaphore = resolve::semaphore(&memory, address, count);
                let operator = semaphore.and_then(|semaphore| memory::last_operator(*id, semaphore));
                // One that lives, in the job or outside of it, may still give back what it took.
                *last = operator.filter(|&pid| read::pidfd(pid).is_err());
            }
        }
        _ => {}
    }
}

/// Numbers of an inner PID namespace become ours.
fn outward(wait: &mut Wait, inner: &HashMap<u32, u32>) {
    if inner.is_empty() {
        return;
    }
    let ours = |tid: Option<u32>| inner.get(&tid?).copied();
    match wait {
        Wait::Futex(word) => (word.owner, word.joins) = (ours(word.owner), ours(word.joins)),
        // A child is another process, whose number inside is not known here.
        Wait::Child { pid } => *pid = None,
        _ => {}
    }
}

fn now() -> Now {
    let boot = clock::now().millis() as f64 / 1000.0;
    Now { real: clock::wall().0 as f64 / 1000.0, monotonic: boot - clock::suspended().as_secs_f64(), boot }
}

fn take(member: &mut Member, answer: Answer) {
    for (thread, found) in member.process.threads.iter_mut().zip(answer.found) {
        (thread.wait, thread.limit) = (found.wait, found.limit);
        thread.is_limit_unknown = found.is_limit_unknown;
    }
    if let Some(mut portrait) = answer.portrait {
        portrait.name.clone_from(&member.process.name);
        let process = &mut member.process;
        // A zombie has lost its command line, and what it was is known from before.
        if !portrait.command.is_empty() {
            process.command.clone_from(&portrait.command);
        }
        if portrait.program.is_some() {
            (process.program, process.runtime) = (portrait.program.clone(), portrait.runtime);
        }
        member.portrait = Some(portrait);
    }
}

/// What the registers alone tell.
fn without_memory(member: &mut Member) {
    let arch = member.portrait.as_ref().map_or(Arch::HERE, |portrait| portrait.arch);
    for (thread, trace) in member.process.threads.iter_mut().zip(&member.traces) {
        let asked = channel::asked(arch, trace.state, &trace.channel, &trace.position);
        let maps = super::maps::Maps::default();
        let process = resolve::Process {
            maps: &maps,
            may_be_glibc: false,
            is_own: |_| false,
            may_own: |_| false,
            now: Now::default(),
        };
        let found = resolve::resolve(asked, &Nothing, &process);
        (thread.wait, thread.limit, thread.is_limit_unknown) =
            (found.wait, found.limit, found.is_limit_unknown);
    }
}

/// Memory that can't be read.
struct Nothing;

impl resolve::Memory for Nothing {
    fn read(&self, _: u64, _: &mut [u8]) -> usize {
        0
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "locks a mutex of the C library, to see who is said to own it")]
mod tests {
    use std::cell::UnsafeCell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::model::evidence::{Futex, FutexKind};

    struct Mutex(UnsafeCell<libc::pthread_mutex_t>);

    // SAFETY: the C library's mutex is made for being used by many threads, and nothing else is in here.
    unsafe impl Sync for Mutex {}
    // SAFETY: as above; it is boxed by `Arc` and does not move.
    unsafe impl Send for Mutex {}

    fn tid() -> u32 {
        rustix::thread::gettid().as_raw_nonzero().get() as u32
    }

    /// The futex that a thread of ours waits for, once it does.
    fn futex_of(tid: &AtomicU32) -> Option<Futex> {
        for _ in 0..2_000 {
            let own = describe_all(std::process::id());
            let waiter = tid.load(Ordering::SeqCst);
            if let Some(Wait::Futex(word)) =
                own.into_iter().find(|(of, _)| *of == waiter).map(|(_, wait)| wait)
            {
                return Some(word);
            }
            std::thread::yield_now();
        }
        None
    }

    fn describe_all(pid: u32) -> Vec<(u32, Wait)> {
        let mut reader = Reader::default();
        let kin = members::kin(pid, &mut reader).expect("we are here");
        let mut members = [Member::new(pid, kin.start, false)];
        assert!(members[0].look(0.0, 5_000, true, &mut reader));
        let crew = Arc::new(Crew::of(members.iter().map(|member| &member.process)));
        ask(&mut members, |_| true, &crew);
        members[0].process.threads.iter().map(|thread| (thread.tid, thread.wait.clone())).collect()
    }

    #[test]
    #[cfg(target_env = "gnu")]
    #[expect(clippy::disallowed_methods, reason = "starts a thread to see it wait")]
    fn a_mutex_of_the_c_library_names_its_owner() {
        let mutex = Arc::new(Mutex(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER)));
        // SAFETY: the mutex is initialised, and unlocked below by this same thread.
        unsafe { libc::pthread_mutex_lock(mutex.0.get()) };
        let waiter = Arc::new(AtomicU32::new(0));
        let thread = std::thread::spawn({
            let (mutex, waiter) = (Arc::clone(&mutex), Arc::clone(&waiter));
            move || {
                waiter.store(tid(), Ordering::SeqCst);
                // SAFETY: the mutex lives as long as the `Arc`, and is unlocked by the thread that locked it.
                unsafe {
                    libc::pthread_mutex_lock(mutex.0.get());
                    libc::pthread_mutex_unlock(mutex.0.get());
                }
            }
        });
        let mut word = None;
        for _ in 0..50 {
            word = futex_of(&waiter).filter(|word| word.address == mutex.0.get() as u64);
            if word.is_some() {
                break;
            }
        }
        // SAFETY: locked above by this thread.
        unsafe { libc::pthread_mutex_unlock(mutex.0.get()) };
        thread.join().expect("it got the lock");
        let word = word.expect("it waited for the lock");
        assert_eq!(
            (word.kind, word.owner, word.word, word.shared),
            (FutexKind::Mutex, Some(tid()), Some(2), None)
        );
    }

    #[test]
    #[cfg(target_env = "gnu")]
    #[expect(clippy::disallowed_methods, reason = "starts threads to see them wait")]
    fn a_joined_thread_is_named() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let (joined, joiner) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let first = std::thread::spawn({
            let joined = Arc::clone(&joined);
            move || {
                joined.store(tid(), Ordering::SeqCst);
                let _ = stopped.recv();
            }
        });
        let second = std::thread::spawn({
            let joiner = Arc::clone(&joiner);
            move || {
                joiner.store(tid(), Ordering::SeqCst);
                first.join().expect("it was told to stop");
            }
        });
        let mut word = None;
        for _ in 0..50 {
            word = futex_of(&joiner).filter(|word| word.kind == FutexKind::Join);
            if word.is_some() {
                break;
            }
        }
        drop(stop);
        second.join().expect("it joined");
        assert_eq!(word.and_then(|word| word.joins), Some(joined.load(Ordering::SeqCst)));
    }

    #[test]
    fn nobody_is_described_who_is_not_there() {
        assert_eq!(describe(u32::MAX / 2), None);
        let init = describe(1).expect("there is a first process");
        assert!(!init.is_member && !init.threads.is_empty());
    }
}
