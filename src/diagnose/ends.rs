//! Waits for the other end of something: pipes, sockets, files, terminals; pure.
//!
//! Only threads on the way from the process that was asked about, or that nothing else in the job makes up for, are judged:
//! one that waits beside work that goes on is none of a hang.

use super::chain::{self, Walk};
use super::scene::{At, Channel, Scene, culprit, name, thread_name};
use super::waits::{self, Outside, Side, Stuck};
use super::{Named, time};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Activity, Process, Socket, Target, Wait};

/// Below this share of a CPU a process does nothing to speak of.
const RESTS: f64 = 0.02;
/// A thread that waits for room at this share of all looks waits all the time.
const BLOCKED: f64 = 0.8;
/// Looks at a reader below which nothing is said of how it spends its time.
const LOOKS: usize = 8;
/// And above this one it is at work.
const AT_WORK: f64 = 0.05;

/// Threads that are judged: those on the walk, and where the job does nothing all the others.
pub(super) fn judged(scene: &Scene<'_>, walk: &Walk) -> Vec<At> {
    let mut judged = walk.threads.clone();
    if scene.cpu() < RESTS {
        judged.extend(scene.threads().filter(|at| !walk.threads.contains(at)));
    }
    judged.retain(|&at| scene.thread(at).is_still && scene.owner(at).is_member);
    judged
}

/// A connection that is asked for.
pub(super) fn connecting(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    judged.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let socket = |fd: i32| match scene.descriptor(at, fd).map(|descriptor| &descriptor.target) {
            Some(Target::Socket { inode }) => scene.socket(*inode),
            _ => None,
        };
        let asked = match &thread.wait {
            Wait::Connect { fd } => Some(socket(*fd)),
            Wait::Poll { fds } => fds
                .iter()
                .find_map(|(fd, _)| socket(*fd).filter(|socket| socket.state == "syn-sent"))
                .map(Some),
            _ => None,
        }?;
        let mut culprits = vec![Culprit::process(process.pid)];
        let to = asked.map(|socket| socket.remote.clone()).filter(|remote| !remote.is_empty());
        let mut evidence = vec![format!(
            "{} has asked for a connection{} and got no answer all the time",
            thread_name(process, thread),
            to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default()
        )];
        if let Some(socket) = asked {
            evidence.push(format!("its socket is in state {}", socket.state));
        }
        culprits.extend(to.map(Culprit::thing));
        Some(Named::new(Cause::ConnectStalled, culprits, evidence).from(at))
    })
}

/// A named pipe without its other side.
pub(super) fn fifo(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    judged.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let Wait::Open { path } = &thread.wait else { return None };
        let is_fifo = thread.channel.contains("wait_for_partner") || thread.channel.contains("fifo");
        if !is_fifo {
            return None;
        }
        let what = path.clone().unwrap_or_else(|| "a named pipe".to_owned());
        let evidence = vec![
            format!(
                "{} opens {what} and waits for somebody to open its other side",
                thread_name(process, thread)
            ),
            "nobody opened that side meanwhile".to_owned(),
        ];
        let mut culprits = vec![Culprit::process(process.pid)];
        culprits.extend(path.clone().map(Culprit::thing));
        Some(Named::new(Cause::FifoNoPeer, culprits, evidence).from(at))
    })
}

/// A lock on a file that another holds.
pub(super) fn file_lock(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    judged.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let Wait::FileLock { fd } = thread.wait else { return None };
        let lock = scene.evidence.locks.iter().find(|lock| lock.waiters.contains(&process.pid));
        let path = scene.descriptor(at, fd).and_then(|descriptor| match &descriptor.target {
            Target::File { path, .. } => Some(path.clone()),
            _ => None,
        });
        let path = path.or_else(|| lock.and_then(|lock| lock.path.clone()));
        let holders: Vec<u32> = lock
            .map(|lock| lock.holders.iter().copied().filter(|&pid| pid != process.pid).collect())
            .unwrap_or_default();
        let file = path.clone().unwrap_or_else(|| "a file".to_owned());
        let mut evidence = vec![format!("{} waits for a lock on {file}", thread_name(process, thread))];
        evidence.push(match holders.as_slice() {
            [] if lock.is_some_and(|lock| lock.holders.contains(&process.pid)) => {
                "held by itself, through another of its descriptors".to_owned()
            }
            [] => "who holds it is not shown to us".to_owned(),
            holders => {
                let names: Vec<String> = holders
                    .iter()
                    .take(3)
                    .map(|&pid| scene.process(pid).map_or_else(|| format!("process {pid}"), name))
                    .collect();
                format!("held by {}", names.join(", "))
            }
        });
        let mut culprits: Vec<Culprit> = holders.iter().take(1).map(|&pid| Culprit::process(pid)).collect();
        culprits.extend(path.map(Culprit::thing));
        culprits.push(Culprit::process(process.pid));
        Some(Named::new(Cause::FileLockWait, culprits, evidence).from(at))
    })
}

/// A writer without room, whose readers all wait, in the end, for the writer.
pub(super) fn pipe_deadlock(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let writer = stuck.but_for_lookers.iter().copied().find(|&at| {
        matches!(waits::waited_channel(scene, at), Some((_, Side::Goes))) && has_partner(scene, at)
    });
    let at = writer?;
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let mut evidence = vec![format!("{} {}", thread_name(process, thread), chain::words(scene, at))];
    let mut culprits = vec![Culprit::process(process.pid)];
    let mut told = vec![process.pid];
    for reader in chain::next(scene, at).into_iter().take(2) {
        let (other, waiting) = (scene.owner(reader), scene.thread(reader));
        evidence.push(format!(
            "{} does not read: it {}",
            thread_name(other, waiting),
            chain::words(scene, reader)
        ));
        if !told.contains(&other.pid) {
            told.push(other.pid);
            culprits.push(Culprit::process(other.pid));
        }
    }
    evidence.push("none of them can go on before another does".to_owned());
    Some(Named::new(Cause::PipeDeadlock, culprits, evidence).from(at))
}

fn has_partner(scene: &Scene<'_>, at: At) -> bool {
    !waits::wakers(scene, at).threads.is_empty()
}

/// A writer without room, whose reader is alive and does not read.
pub(super) fn slow_consumer(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    // One that gets a little room now and then is not still, and waits nearly all the time.
    let blocked = scene
        .threads()
        .filter(|at| !judged.contains(at) && time::doing(scene.thread(*at), Activity::Pipe) >= BLOCKED);
    let blocked: Vec<At> = blocked.collect();
    judged.iter().chain(&blocked).find_map(|&at| {
        let Some((_, Side::Goes)) = waits::waited_channel(scene, at) else { return None };
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let ends = other_ends(scene, at);
        let reader = *ends.iter().find(|&&end| scene.process_at(end).pid != process.pid)?;
        let reader = scene.process_at(reader);
        let first = scene.main_thread(reader.pid);
        let is_asleep = |first: At| {
            let thread = scene.thread(first);
            thread.samples.len() >= LOOKS && time::doing(thread, Activity::Sleep) >= BLOCKED
        };
        let sleeps = || first.is_some_and(is_asleep);
        if first.is_some_and(|first| works_on(scene, first)) || !judged.contains(&at) && !sleeps() {
            return None;
        }
        let mut evidence = vec![format!("{} {}", thread_name(process, thread), chain::words(scene, at))];
        evidence.push(match first {
            Some(first) => format!("{} {}", name(reader), chain::words(scene, first)),
            None => format!("{} does not read", name(reader)),
        });
        Some(
            Named::new(
                Cause::SlowConsumer,
                vec![Culprit::process(reader.pid), Culprit::process(process.pid)],
                evidence,
            )
            .from(at),
        )
    })
}

/// Whether a thread, or those that it waits for, are at work: then what they read was read as fast as they can.
fn works_on(scene: &Scene<'_>, at: At) -> bool {
    chain::walk(scene, Some(at))
        .threads
        .iter()
        .any(|&other| super::busy::of_process(scene.owner(other)) > AT_WORK)
}

/// The processes at the other end of what a thread waits for.
fn other_ends(scene: &Scene<'_>, at: At) -> Vec<usize> {
    let Some((channel, side)) = waits::waited_channel(scene, at) else { return Vec::new() };
    let ends = match (channel, side) {
        (Channel::Socket(inode), _) => {
            scene.socket(inode).and_then(|socket| socket.peer).map_or(&[][..], |peer| scene.holders(peer))
        }
        (channel, Side::Comes) => scene.writers(channel),
        (channel, Side::Goes) => scene.readers(channel),
    };
    ends.iter().copied().filter(|&end| end != at.process).collect()
}

/// Reads a terminal, or a standard input whose writer idles.
pub(super) fn input(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    judged.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let fd = match &thread.wait {
            Wait::Read { fd } => *fd,
            Wait::Poll { fds } if fds.len() == 1 => fds[0].0,
            _ => return None,
        };
        let descriptor = scene.descriptor(at, fd)?;
        let told = |evidence: Vec<String>| {
            Some(Named::new(Cause::WaitingForInput, vec![Culprit::process(process.pid)], evidence).from(at))
        };
        match &descriptor.target {
            Target::Terminal { path } => told(vec![format!(
                "{} reads the terminal {path}: it waits for somebody to type",
                thread_name(process, thread)
            )]),
            Target::Pipe { .. } | Target::Fifo { .. } if fd == 0 => {
                let writers: Vec<&Process> =
                    other_ends(scene, at).into_iter().map(|end| scene.process_at(end)).collect();
                // A writer that works, or waits for something itself, makes it a link of a chain.
                let idles = |writer: &&Process| {
                    !writer.threads.is_empty()
                        && writer.threads.iter().all(|thread| {
                            thread.limit.is_some() || matches!(thread.wait, Wait::Sleep | Wait::Hidden)
                        })
                        && super::busy::of_process(writer) < RESTS
                };
                let writer = writers.first().copied().filter(|_| writers.iter().all(idles))?;
                told(vec![
                    format!(
                        "{} reads its standard input, a pipe with nothing in it",
                        thread_name(process, thread)
                    ),
                    format!("{} could write to it, and does next to nothing", name(writer)),
                ])
            }
            _ => None,
        }
    })
}

/// Reads a socket on which no answer comes.
pub(super) fn peer(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    judged.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let (Channel::Socket(inode), _) = waits::waited_channel(scene, at)? else { return None };
        let socket = scene.socket(inode)?;
        if socket.state == "listen" || is_served(scene, process, socket) || awaits_anybody(socket) {
            return None;
        }
        let holders: Vec<&Process> =
            other_ends(scene, at).into_iter().map(|end| scene.process_at(end)).collect();
        // A worker that a process of its own job feeds waits for tasks.
        if holders.iter().any(|holder| holder.is_member && holder.pid == process.parent) {
            return None;
        }
        let remote = if socket.remote.is_empty() { socket.kind.clone() } else { socket.remote.clone() };
        let mut evidence = vec![format!(
            "{} waits for what comes on a {} socket to {remote} ({})",
            thread_name(process, thread),
            socket.kind,
            socket.state
        )];
        let mut culprits: Vec<Culprit> =
            holders.iter().take(1).map(|holder| Culprit::process(holder.pid)).collect();
        if let Some(holder) = holders.first() {
            let doing = scene
                .main_thread(holder.pid)
                .map(|at| format!(", which {}", chain::words(scene, at)))
                .unwrap_or_default();
            evidence.push(format!("at the other end is {}{doing}", name(holder)));
        }
        if !socket.remote.is_empty() {
            culprits.push(Culprit::thing(socket.remote.as_str()));
        }
        culprits.push(Culprit::process(process.pid));
        evidence.push(format!(
            "{} bytes came that it has not read, {} wait to be sent",
            socket.unread, socket.unsent
        ));
        Some(Named::new(Cause::WaitingOnPeer, culprits, evidence).from(at))
    })
}

/// Ports from this one on are given to those who ask for a connection; servers choose theirs below.
const EPHEMERAL: u16 = 32_768;

fn port(address: &str) -> Option<u16> {
    address.rsplit(':').next()?.parse().ok()
}

/// True on the server's side of a connection: the process, or one it came from, listens where the connection ends, or
/// whoever took the connection handed it over, as inetd does.
pub(super) fn is_served(scene: &Scene<'_>, process: &Process, socket: &Socket) -> bool {
    let is_tcp = socket.kind.starts_with("tcp");
    let (here, there) = (port(&socket.local), port(&socket.remote));
    let listens = |process: &Process| {
        process.descriptors.iter().any(|descriptor| match &descriptor.target {
            Target::Socket { inode } => scene.socket(*inode).is_some_and(|one| {
                one.state == "listen"
                    && (one.local == socket.local || is_tcp && here.is_some() && port(&one.local) == here)
            }),
            _ => false,
        })
    };
    let is_handed =
        is_tcp && here.is_some_and(|port| port < EPHEMERAL) && there.is_some_and(|port| port >= EPHEMERAL);
    is_handed || listens(process) || scene.process(process.parent).is_some_and(listens)
}

/// True for a socket without another side, on which anybody may send: a server's, the kernel's news.
fn awaits_anybody(socket: &Socket) -> bool {
    let is_unbound = socket.remote.is_empty() || port(&socket.remote) == Some(0);
    let asks = socket.kind.starts_with("udp") && port(&socket.local).is_none_or(|port| port >= EPHEMERAL);
    socket.kind.starts_with("netlink") || socket.peer.is_none() && is_unbound && socket.kind != "tcp" && !asks
}

/// Reads what an alive writer has not written yet.
pub(super) fn slow_producer(scene: &Scene<'_>, walk: &Walk) -> Option<Named> {
    walk.threads.iter().find_map(|&at| {
        let Some((Channel::Pipe(_), Side::Comes)) = waits::waited_channel(scene, at) else { return None };
        let writers = other_ends(scene, at);
        let writer = scene.process_at(*writers.first()?);
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let first = scene.main_thread(writer.pid);
        let evidence = vec![
            format!("{} {}", thread_name(process, thread), chain::words(scene, at)),
            first.map_or_else(
                || format!("{} is alive", name(writer)),
                |first| format!("{} {}", name(writer), chain::words(scene, first)),
            ),
        ];
        let is_alive = first.is_some_and(|first| {
            matches!(waits::wakers(scene, first).outside, Some(Outside::Clock))
                || time::busy(scene.thread(first)) > RESTS
                || !scene.thread(first).is_still
        });
        is_alive.then(|| Named::new(Cause::SlowProducer, Vec::new(), evidence).from(at))
    })
}

/// Nothing can end these waits any more: what is left when no other rule knows why.
pub(super) fn never(scene: &Scene<'_>, stuck: &Stuck, walk: &Walk) -> Option<Named> {
    // All of a process, or it may yet be helped in a way that is not seen; and one that the job waits for.
    let is_whole = |place: usize| {
        scene.threads_of(place).all(|at| {
            stuck.threads.contains(&at) || waits::is_housekeeping(scene.owner(at), scene.thread(at))
        })
    };
    let at = walk.threads.iter().copied().find(|at| stuck.threads.contains(at) && is_whole(at.process))?;
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let mut evidence = vec![format!("{} {}", thread_name(process, thread), chain::words(scene, at))];
    let others = stuck.threads.iter().filter(|other| **other != at).count();
    evidence.push(match others {
        0 => "no other thread and nothing outside could end that wait: it has no time limit and no other end".to_owned(),
        n => format!("so do {n} other threads of the job, all without a time limit: each waits for what only one of them could do"),
    });
    let mut culprits = vec![Culprit::process(process.pid), culprit(process, thread)];
    culprits.extend(
        stuck
            .threads
            .iter()
            .find(|other| other.process == at.process && **other != at)
            .map(|&other| culprit(scene.owner(other), scene.thread(other))),
    );
    Some(Named::new(Cause::NeverCompleted, culprits, evidence).from(at))
}
