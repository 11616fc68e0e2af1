//! The wait chain: from the process that was asked about along who waits for whom, to those who wait for nobody; pure.

use std::collections::HashSet;

use super::scene::{At, Scene, name, place, thread_name};
use super::time;
use super::waits::{self, Outside};
use crate::model::cause::Link;
use crate::model::evidence::{Futex, FutexKind, Target, Thread, Wait};
use crate::model::metric::span;
use crate::model::text::Text;

/// How deep a chain is followed, how many waiters side by side, and how many links in all.
const DEPTH: u16 = 8;
const WIDTH: usize = 4;
const LINKS: usize = 40;

/// A walk from the root's first thread.
pub(super) struct Walk {
    /// The chain as it is drawn.
    pub(super) links: Vec<Link>,
    /// The threads on it, in the order of the walk.
    pub(super) threads: Vec<At>,
    /// Those to which the chain came back.
    closed: HashSet<At>,
}

/// Follows the waits of a thread, or from the one that the job began with.
pub(super) fn walk(scene: &Scene<'_>, from: Option<At>) -> Walk {
    let mut walk = Walk { links: Vec::new(), threads: Vec::new(), closed: HashSet::new() };
    let Some(start) = from.or_else(|| scene.main_thread(scene.evidence.root)) else { return walk };
    step(scene, start, 0, &mut HashSet::new(), &mut walk);
    walk
}

fn step(scene: &Scene<'_>, at: At, depth: u16, above: &mut HashSet<At>, walk: &mut Walk) {
    if walk.links.len() >= LINKS {
        return;
    }
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let closes = above.contains(&at);
    let is_known = walk.threads.contains(&at);
    // Of those that were told already only the way back is told, and once: it makes the ring.
    if is_known && !(closes && walk.closed.insert(at)) {
        return;
    }
    walk.links.push(Link {
        depth,
        who: Text::from(thread_name(process, thread)),
        waits_for: if is_known { Text::from("see above") } else { Text::from(words(scene, at)) },
        closes,
    });
    if is_known || depth >= DEPTH {
        return;
    }
    walk.threads.push(at);
    above.insert(at);
    for next in next(scene, at) {
        step(scene, next, depth + 1, above, walk);
    }
    above.remove(&at);
}

/// Whom to look at next: of each process that could help the thread that tells most.
pub(super) fn next(scene: &Scene<'_>, at: At) -> Vec<At> {
    let mut wakers = waits::wakers(scene, at).threads;
    wakers.retain(|&waker| !waits::is_housekeeping(scene.owner(waker), scene.thread(waker)));
    wakers.sort_by(|&a, &b| telling(scene, b).total_cmp(&telling(scene, a)).then(a.cmp(&b)));
    let is_in_own = |waker: &At| waker.process == at.process;
    let mut processes = HashSet::new();
    // Of other processes one thread each; of one's own those that wait for something by name.
    let chosen = wakers.into_iter().filter(|waker| {
        if is_in_own(waker) { telling(scene, *waker) > 1.0 } else { processes.insert(waker.process) }
    });
    chosen.take(WIDTH).collect()
}

/// How much a thread tells: one that works or waits for something by name more than one that waits for any event.
fn telling(scene: &Scene<'_>, at: At) -> f64 {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let by_wait = match &thread.wait {
        Wait::Read { .. }
        | Wait::Write { .. }
        | Wait::Child { .. }
        | Wait::FileLock { .. }
        | Wait::Connect { .. } => 4.0,
        Wait::Open { .. } | Wait::Vfork | Wait::Semaphore { .. } | Wait::Message { .. } => 4.0,
        Wait::Futex(Futex { owner: Some(_), .. } | Futex { joins: Some(_), .. }) => 3.0,
        Wait::Poll { .. } | Wait::Epoll { .. } | Wait::Accept { .. } => 2.0,
        Wait::Futex(_) => 0.5,
        Wait::Sleep => 1.5,
        _ => 1.0,
    };
    let is_first = if thread.tid == process.pid { 0.25 } else { 0.0 };
    by_wait + is_first + 5.0 * time::busy(thread)
}

/// What a thread does or waits for, as a part of a sentence: `waits for data from a pipe that cat (12) writes`.
pub(super) fn words(scene: &Scene<'_>, at: At) -> String {
    let thread = scene.thread(at);
    let wait = match &thread.wait {
        Wait::Nothing => working(thread),
        _ if time::busy(thread) > 0.5 => working(thread),
        wait => waiting(scene, at, wait),
    };
    let limit = match thread.limit {
        Some(limit) if limit.is_finite() && limit < 1e6 && !matches!(thread.wait, Wait::Sleep) => {
            format!(", for {} at most", span(std::time::Duration::from_secs_f64(limit.max(0.0))))
        }
        _ => String::new(),
    };
    let place = place(thread).map(|place| format!(" (at {place})")).unwrap_or_default();
    format!("{wait}{limit}{place}")
}

fn working(thread: &Thread) -> String {
    let (running, busy) = (time::running(thread), time::busy(thread));
    if busy - running > 0.2 {
        format!(
            "computes: {:.0} % on a CPU, {:.0} % ready without one",
            running * 100.0,
            (busy - running) * 100.0
        )
    } else {
        format!("computes: {:.0} % on a CPU", running * 100.0)
    }
}

fn waiting(scene: &Scene<'_>, at: At, wait: &Wait) -> String {
    let ends = || partners(scene, at);
    match wait {
        Wait::Nothing => "runs".to_owned(),
        Wait::Hidden => "sleeps where is not shown".to_owned(),
        Wait::Futex(futex) => of_futex(scene, futex),
        Wait::Read { fd } => format!("reads {}{}", target(scene, at, *fd), ends()),
        Wait::Write { fd } => format!("waits for room in {}{}", target(scene, at, *fd), ends()),
        Wait::Connect { fd } => format!("connects {}", target(scene, at, *fd)),
        Wait::Accept { fd } => format!("waits for a client of {}", target(scene, at, *fd)),
        Wait::Poll { fds } => match fds.as_slice() {
            [] => "waits for a signal or a timer (poll)".to_owned(),
            [(fd, _)] => format!("waits for {}{}", target(scene, at, *fd), ends()),
            [(first, _), more @ ..] => {
                format!("waits for any of {} things, as {}", more.len() + 1, target(scene, at, *first))
            }
        },
        Wait::Epoll { fd } => match scene.descriptor(at, *fd).map(|descriptor| &descriptor.target) {
            Some(Target::Epoll { watched }) if watched.len() == 1 => {
                format!("waits for {} (epoll)", target(scene, at, watched[0].0))
            }
            Some(Target::Epoll { watched }) => format!("waits for any of {} things (epoll)", watched.len()),
            _ => "waits for events (epoll)".to_owned(),
        },
        Wait::Child { pid } => match pid.and_then(|pid| scene.process(pid)) {
            Some(child) => format!("waits for its child {} to end", name(child)),
            None => "waits for a child to end".to_owned(),
        },
        Wait::Vfork => "waits for its child to start a program (vfork)".to_owned(),
        Wait::Sleep => "sleeps until a timer ends".to_owned(),
        Wait::Signal => "waits for a signal".to_owned(),
        Wait::Open { path: Some(path) } => format!("opens {path}"),
        Wait::Open { path: None } => "opens a file".to_owned(),
        Wait::FileLock { fd } => format!("waits for a lock on {}{}", target(scene, at, *fd), ends()),
        Wait::Semaphore { id, .. } => format!("waits for the System V semaphores {id}"),
        Wait::Message { id } => format!("waits for a message of queue {id}"),
        Wait::Ring { .. } => "waits for its io_uring".to_owned(),
        Wait::Sync { .. } => "waits for a disk to take what was written".to_owned(),
        Wait::Page => "waits for a page of its memory".to_owned(),
        Wait::Held => "is held: stopped or frozen".to_owned(),
        Wait::Other { call } => format!("is in {call}"),
    }
}

fn of_futex(scene: &Scene<'_>, futex: &Futex) -> String {
    if let Some(tid) = futex.joins {
        return format!("waits for thread {tid} to end");
    }
    if let Some(owner) = futex.owner {
        let of = match scene.find(owner) {
            Some(at) => thread_name(scene.owner(at), scene.thread(at)),
            None => format!("thread {owner}, which does not exist"),
        };
        return format!("waits for the mutex {:#x}, owned by {of}", futex.address);
    }
    let what = match futex.kind {
        FutexKind::Mutex => "mutex",
        FutexKind::Semaphore => "semaphore",
        FutexKind::Join => "thread's end",
        FutexKind::Condition => "condition",
        FutexKind::Unknown => "lock or condition",
    };
    match &futex.shared {
        Some(_) => format!("waits for a {what} shared between processes ({:#x})", futex.address),
        None => format!("waits for a {what} of its own process ({:#x})", futex.address),
    }
}

/// Who is at the other end, in a few words.
fn partners(scene: &Scene<'_>, at: At) -> String {
    let wakers = waits::wakers(scene, at);
    let mut processes: Vec<usize> = wakers.threads.iter().map(|waker| waker.process).collect();
    processes.sort_unstable();
    processes.dedup();
    match (processes.as_slice(), wakers.outside) {
        ([], Some(Outside::Process)) => ", whose other end is held outside of the job".to_owned(),
        ([], _) => String::new(),
        ([one], _) if *one == at.process => ", whose other end is its own".to_owned(),
        ([one], _) => format!(", whose other end is held by {}", name(scene.process_at(*one))),
        ([one, more @ ..], _) => {
            format!(", whose other end is held by {} and {} more", name(scene.process_at(*one)), more.len())
        }
    }
}

/// What a descriptor leads to: `the pipe 4711 (fd 3)`.
pub(super) fn target(scene: &Scene<'_>, at: At, fd: i32) -> String {
    let Some(descriptor) = scene.descriptor(at, fd) else { return format!("fd {fd}") };
    match &descriptor.target {
        Target::Pipe { inode, waiting: Some(waiting) } => {
            format!("the pipe {inode} with {waiting} bytes in it (fd {fd})")
        }
        Target::Pipe { inode, .. } => format!("the pipe {inode} (fd {fd})"),
        Target::Fifo { path, .. } => format!("the named pipe {path} (fd {fd})"),
        Target::Socket { inode } => match scene.socket(*inode) {
            Some(socket) if socket.state == "listen" => {
                format!("the {} socket that listens at {} (fd {fd})", socket.kind, socket.local)
            }
            Some(socket) if socket.remote.is_empty() => format!("a {} socket (fd {fd})", socket.kind),
            Some(socket) => {
                format!("the {} socket to {} ({}, fd {fd})", socket.kind, socket.remote, socket.state)
            }
            None => format!("a socket (fd {fd})"),
        },
        Target::Terminal { path } => format!("the terminal {path} (fd {fd})"),
        Target::File { path, .. } => format!("{path} (fd {fd})"),
        Target::Epoll { .. } => format!("an epoll set (fd {fd})"),
        Target::Event { .. } => format!("an eventfd (fd {fd})"),
        Target::Timer { .. } => format!("a timer (fd {fd})"),
        Target::Signals => format!("signals (fd {fd})"),
        Target::Notify => format!("changes of files (fd {fd})"),
        Target::Process { pid: Some(pid) } => format!("the end of process {pid} (fd {fd})"),
        Target::Process { pid: None } => format!("the end of a process (fd {fd})"),
        Target::Ring => format!("an io_uring (fd {fd})"),
        Target::Other { link } => format!("{link} (fd {fd})"),
        Target::Unknown => format!("fd {fd}"),
    }
}
