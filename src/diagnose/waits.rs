//! Who could end each wait, and who is left waiting for ever: the wait-for graph, and the closed world; pure.
//!
//! A waiting thread goes on when any one of its *wakers* does what it waits for. A waker is a thread, or the world outside
//! (a clock, a client, a person at a terminal). Nobody wakes a set of threads whose wakers all lie in the set and which
//! all wait without a time limit: a knot in the wait-for graph, found here from its complement. Whoever runs, has a time
//! limit or listens to the outside is alive; whoever has a waker that is alive is alive too; the rest is stuck.

use std::collections::{BTreeSet, HashMap};

use super::scene::{At, Channel, Scene, channel, is_whole};
use super::time;
use crate::model::evidence::{Descriptor, Process, Runtime, Target, Thread, Wait};

/// Below this share of a CPU a thread that wakes up again and again only looks whether something has come.
const LOOKS: f64 = 0.01;
/// So many ways in which one thread may wake another are followed.
const WAYS: usize = 2_000_000;

/// Who can end a wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wakers {
    /// Threads, each of which may.
    pub(super) threads: Vec<At>,
    /// Something outside of the job, or something that is not known: a clock, a client, a person, the kernel.
    pub(super) outside: Option<Outside>,
}

/// What outside of the job may end a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// A time limit.
    Clock,
    /// A person at a terminal.
    Person,
    /// Clients of a socket that listens, or the other end of a connection.
    Network,
    /// A signal, a change of a file, a device.
    Event,
    /// A process that is not of the job.
    Process,
    /// Not shown to us, or not known.
    Unknown,
}

impl Wakers {
    fn threads(threads: impl IntoIterator<Item = At>) -> Self {
        Self { threads: threads.into_iter().collect(), outside: None }
    }

    const fn outside(outside: Outside) -> Self {
        Self { threads: Vec::new(), outside: Some(outside) }
    }

    fn and(mut self, other: Self) -> Self {
        self.threads.extend(other.threads);
        self.outside = self.outside.or(other.outside);
        self
    }
}

/// Who can end the wait of a thread.
pub(super) fn wakers(scene: &Scene<'_>, at: At) -> Wakers {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let found = untimed(scene, at, process, thread);
    if thread.limit.is_some() {
        found.and(Wakers::outside(Outside::Clock))
    } else if thread.is_limit_unknown {
        found.and(Wakers::outside(Outside::Unknown))
    } else {
        found
    }
}

fn untimed(scene: &Scene<'_>, at: At, process: &Process, thread: &Thread) -> Wakers {
    let siblings = || all_of(scene, at, &[at.process]);
    match &thread.wait {
        Wait::Nothing => Wakers::default(),
        Wait::Futex(futex) => {
            if let Some(tid) = futex.joins.or(futex.owner) {
                // One that is gone is nobody's waker; one that was left out may be there.
                return match scene.find(tid) {
                    None if !is_whole(process) => Wakers::outside(Outside::Unknown),
                    found => Wakers::threads(found),
                };
            }
            if futex.shared.is_none() {
                return siblings();
            }
            let related = Wakers::threads(scene.threads().filter(|&other| other != at));
            // A part of a program shares its memory with the rest of it.
            let is_part =
                scene.root().is_some_and(|root| !is_member_of(scene, root.parent) && scene.is_forked(root));
            if is_part || !scene.evidence.members().all(is_whole) {
                related.and(Wakers::outside(Outside::Unknown))
            } else {
                related
            }
        }
        Wait::Read { fd } => behind(scene, at, scene.descriptor(at, *fd), Side::Comes),
        Wait::Write { fd } => behind(scene, at, scene.descriptor(at, *fd), Side::Goes),
        Wait::Connect { fd } | Wait::Accept { fd } => {
            behind(scene, at, scene.descriptor(at, *fd), Side::Comes)
        }
        Wait::Poll { fds } => fds.iter().fold(Wakers::default(), |all, &(fd, events)| {
            // POLLOUT alone waits for room.
            let side = if events & 0x1 == 0 && events & 0x4 != 0 { Side::Goes } else { Side::Comes };
            all.and(behind(scene, at, scene.descriptor(at, fd), side))
        }),
        Wait::Epoll { fd } => match scene.descriptor(at, *fd).map(|descriptor| &descriptor.target) {
            Some(Target::Epoll { watched }) => {
                watched.iter().fold(Wakers::default(), |all, &(fd, events)| {
                    let side = if events & 0x1 == 0 && events & 0x4 != 0 { Side::Goes } else { Side::Comes };
                    all.and(behind(scene, at, scene.descriptor(at, fd), side))
                })
            }
            _ => Wakers::outside(Outside::Unknown),
        },
        Wait::Child { pid } => child(scene, at, *pid),
        Wait::Vfork => all_of(scene, at, scene.children(process.pid)),
        Wait::FileLock { fd } => file_lock(scene, at, scene.descriptor(at, *fd)),
        Wait::Semaphore { .. } | Wait::Message { .. } => {
            Wakers::threads(scene.threads().filter(|&other| other != at))
                .and(Wakers::outside(Outside::Unknown))
        }
        Wait::Sleep => Wakers::outside(Outside::Clock),
        Wait::Signal => Wakers::outside(Outside::Event),
        Wait::Open { .. } => Wakers::outside(Outside::Process),
        Wait::Hidden
        | Wait::Other { .. }
        | Wait::Page
        | Wait::Sync { .. }
        | Wait::Ring { .. }
        | Wait::Held => Wakers::outside(Outside::Unknown),
    }
}

/// Those whose end, or stop, a process waits for: its children, and whom it traces.
fn child(scene: &Scene<'_>, at: At, pid: Option<u32>) -> Wakers {
    let parent = scene.owner(at).pid;
    let traced = scene.evidence.processes.iter().filter(|one| one.tracer == Some(parent));
    let places = scene.children(parent).iter().copied().chain(traced.filter_map(|one| scene.place(one.pid)));
    let wanted: Vec<usize> = places
        .filter(|&child| pid.is_none_or(|pid| scene.process_at(child).pid == pid))
        .filter(|&child| !scene.process_at(child).is_zombie())
        .collect();
    // Without a child the wait would be over: it is one that is not shown to us.
    if wanted.is_empty() { Wakers::outside(Outside::Unknown) } else { all_of(scene, at, &wanted) }
}

/// All threads of these processes, but for the one that waits; more than these, where some were left out.
fn all_of(scene: &Scene<'_>, at: At, places: &[usize]) -> Wakers {
    let threads = places.iter().flat_map(|&place| scene.threads_of(place)).filter(|&other| other != at);
    let found = Wakers::threads(threads);
    if places.iter().all(|&place| is_whole(scene.process_at(place))) {
        found
    } else {
        found.and(Wakers::outside(Outside::Unknown))
    }
}

fn is_member_of(scene: &Scene<'_>, pid: u32) -> bool {
    scene.process(pid).is_some_and(|process| process.is_member)
}

/// Whether something is waited for that comes, or for room for what goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Comes,
    Goes,
}

/// Who can make a descriptor ready.
pub(super) fn behind(scene: &Scene<'_>, at: At, descriptor: Option<&Descriptor>, side: Side) -> Wakers {
    let Some(descriptor) = descriptor else { return Wakers::outside(Outside::Unknown) };
    match &descriptor.target {
        Target::Pipe { .. } | Target::Fifo { .. } | Target::Event { .. } => {
            let Some(channel) = channel(descriptor) else { return Wakers::default() };
            let ends = if side == Side::Comes { scene.writers(channel) } else { scene.readers(channel) };
            // Without any other end the wait would be over: it is held where we may not look.
            if ends.is_empty() && !matches!(channel, Channel::Event(_)) {
                return Wakers::outside(Outside::Unknown);
            }
            // The kernel counts up an eventfd that was handed to it.
            let is_kernels = matches!(channel, Channel::Event(_)) && hands_out(scene.owner(at));
            let found = ends_of(scene, at, ends);
            if scene.hides() || is_kernels { found.and(Wakers::outside(Outside::Unknown)) } else { found }
        }
        Target::Socket { inode } => of_socket(scene, at, *inode),
        Target::Process { pid } => {
            let place = pid.and_then(|pid| scene.place(pid));
            place.map_or(Wakers::outside(Outside::Process), |place| all_of(scene, at, &[place]))
        }
        Target::Terminal { .. } => Wakers::outside(Outside::Person),
        Target::Timer { next: Some(_) } => Wakers::outside(Outside::Clock),
        Target::Timer { next: None } => all_of(scene, at, &[at.process]),
        Target::Signals | Target::Notify => Wakers::outside(Outside::Event),
        Target::Epoll { watched } => {
            // A set in a set; deeper ones are not looked into.
            watched.iter().fold(Wakers::default(), |all, &(fd, _)| match scene.descriptor(at, fd) {
                Some(inner) if !matches!(inner.target, Target::Epoll { .. }) => {
                    all.and(behind(scene, at, Some(inner), Side::Comes))
                }
                _ => all.and(Wakers::outside(Outside::Unknown)),
            })
        }
        Target::File { .. } | Target::Ring | Target::Other { .. } | Target::Unknown => {
            Wakers::outside(Outside::Unknown)
        }
    }
}

/// Whether a process uses what counts up an eventfd from inside of the kernel: an `io_uring`, a virtual machine.
fn hands_out(process: &Process) -> bool {
    process.descriptors.iter().any(|descriptor| match &descriptor.target {
        Target::Ring => true,
        Target::Other { link } => link.starts_with("anon_inode:") || link == "/dev/kvm",
        _ => false,
    })
}

/// The threads of these processes, but for the one that waits; those outside of the job are outside.
fn ends_of(scene: &Scene<'_>, at: At, ends: &[usize]) -> Wakers {
    let (own, other): (Vec<usize>, Vec<usize>) =
        ends.iter().partition(|&&end| scene.process_at(end).is_member);
    let found = all_of(scene, at, &own);
    if other.is_empty() { found } else { found.and(Wakers::outside(Outside::Process)) }
}

fn of_socket(scene: &Scene<'_>, at: At, inode: u64) -> Wakers {
    let Some(socket) = scene.socket(inode) else { return Wakers::outside(Outside::Unknown) };
    if socket.state == "listen" {
        return Wakers::outside(Outside::Network);
    }
    let Some(peer) = socket.peer else { return Wakers::outside(Outside::Network) };
    match scene.holders(peer) {
        // The other end lies in the queue of a socket that listens, or its holder is not shown to us.
        [] => Wakers::outside(Outside::Unknown),
        ends => ends_of(scene, at, ends),
    }
}

fn file_lock(scene: &Scene<'_>, at: At, descriptor: Option<&Descriptor>) -> Wakers {
    let path = descriptor.and_then(|descriptor| match &descriptor.target {
        Target::File { path, .. } => Some(path),
        _ => None,
    });
    let pid = scene.owner(at).pid;
    let lock = scene
        .evidence
        .locks
        .iter()
        .find(|lock| lock.waiters.contains(&pid) && (path.is_none() || lock.path.as_ref() == path));
    let Some(lock) = lock.or_else(|| scene.evidence.locks.iter().find(|lock| lock.waiters.contains(&pid)))
    else {
        return Wakers::outside(Outside::Unknown);
    };
    let places: Vec<usize> = lock
        .holders
        .iter()
        .filter(|&&holder| holder != pid)
        .filter_map(|&holder| scene.place(holder))
        .collect();
    if places.is_empty() { Wakers::outside(Outside::Unknown) } else { ends_of(scene, at, &places) }
}

/// Threads that belong to a language's machinery and do nothing for the program by themselves.
const HOUSEKEEPING: &[(Runtime, &[&str])] = &[
    (
        Runtime::Java,
        &[
            "VM ",
            "GC ",
            "G1 ",
            "C1 ",
            "C2 ",
            "Signal Dispatch",
            "Service Thread",
            "Monitor Deflati",
            "Common-Cleaner",
            "Reference Handl",
            "Finalizer",
            "Notification T",
            "Attach Listener",
            "Sweeper thread",
            "Concurrent ",
            "ZGC",
            "Shenandoah",
            "Cleaner-",
        ],
    ),
    (
        Runtime::Node,
        &["node", "DelayedTaskSche", "V8Worker", "libuv-worker", "WorkerThread", "SignalInspector"],
    ),
    (Runtime::Python, &["QueueFeederThre"]),
];

/// True for a thread of a language's own machinery.
pub(super) fn is_housekeeping(process: &Process, thread: &Thread) -> bool {
    // The first thread of a Java launcher waits for the one that runs `main`.
    let names = HOUSEKEEPING
        .iter()
        .filter(|(runtime, _)| *runtime == process.runtime)
        .flat_map(|(_, names)| names.iter());
    thread.tid != process.pid && names.into_iter().any(|name| thread.name.starts_with(name))
}

/// The threads of the job that nothing can wake any more.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    /// Those that no thread of the job and nothing outside of it will wake, strictly.
    pub(super) threads: BTreeSet<At>,
    /// The same if threads that only look now and then whether something has come are not counted as help.
    pub(super) but_for_lookers: BTreeSet<At>,
}

/// Finds them.
pub(super) fn stuck(scene: &Scene<'_>) -> Stuck {
    Stuck { threads: closed(scene, false), but_for_lookers: closed(scene, true) }
}

fn closed(scene: &Scene<'_>, ignores_lookers: bool) -> BTreeSet<At> {
    let mut left = BTreeSet::new();
    let mut helped_by: HashMap<At, Vec<At>> = HashMap::new();
    let mut ways = 0;
    for at in scene.threads() {
        // Of more than can be followed nothing is said: they count as alive.
        if ways > WAYS {
            continue;
        }
        let wakers = wakers(scene, at);
        ways += wakers.threads.len();
        if is_alive(scene, at, &wakers, ignores_lookers) {
            continue;
        }
        left.insert(at);
        for waker in wakers.threads {
            helped_by.entry(waker).or_default().push(at);
        }
    }
    let mut helpers: Vec<At> = helped_by.keys().copied().filter(|waker| !left.contains(waker)).collect();
    while let Some(helper) = helpers.pop() {
        let (process, thread) = (scene.owner(helper), scene.thread(helper));
        // Housekeeping neither helps nor hangs.
        if is_housekeeping(process, thread) || process.is_zombie() {
            continue;
        }
        for at in helped_by.remove(&helper).unwrap_or_default() {
            if left.remove(&at) {
                helpers.push(at);
            }
        }
    }
    left.retain(|&at| !is_housekeeping(scene.owner(at), scene.thread(at)));
    left
}

fn is_alive(scene: &Scene<'_>, at: At, wakers: &Wakers, ignores_lookers: bool) -> bool {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    if is_housekeeping(process, thread) {
        // Left in until the end, so that nobody counts on it.
        return false;
    }
    let looks = ignores_lookers && is_looker(scene, at);
    match wakers.outside {
        Some(Outside::Clock) => !looks,
        Some(_) => true,
        None => !thread.is_still && !looks,
    }
}

/// A thread that wakes up now and then, does next to nothing and sleeps again, but for the one the program began with.
pub(super) fn is_looker(scene: &Scene<'_>, at: At) -> bool {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    thread.tid != process.pid && time::busy(thread) < LOOKS && thread.limit.is_some()
}

/// The pipe or socket that a thread waits for, where it waits for exactly one.
pub(super) fn waited_channel(scene: &Scene<'_>, at: At) -> Option<(Channel, Side)> {
    let thread = scene.thread(at);
    let of = |fd: i32| scene.descriptor(at, fd).and_then(channel);
    match &thread.wait {
        Wait::Read { fd } => Some((of(*fd)?, Side::Comes)),
        Wait::Write { fd } => Some((of(*fd)?, Side::Goes)),
        Wait::Poll { fds } => match fds.as_slice() {
            [(fd, events)] => Some((
                of(*fd)?,
                if events & 0x1 == 0 && events & 0x4 != 0 { Side::Goes } else { Side::Comes },
            )),
            _ => None,
        },
        _ => None,
    }
}
