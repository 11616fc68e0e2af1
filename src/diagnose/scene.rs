//! The evidence with its indexes: who is who, who holds which end, and how each is called in a sentence.

use std::collections::HashMap;

use super::time;
use crate::model::cause::Culprit;
use crate::model::evidence::{Descriptor, Evidence, Process, Socket, Target, Thread};
use crate::scan::redact::redact;

/// Which thread: its process's place in the evidence, and its own in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct At {
    /// Place in [`Evidence::processes`].
    pub(super) process: usize,
    /// Place in [`Process::threads`].
    pub(super) thread: usize,
}

/// Something with two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Channel {
    /// A pipe or a named pipe, by its inode.
    Pipe(u64),
    /// A socket, by its inode.
    Socket(u64),
    /// An eventfd, by its number.
    Event(u64),
}

/// The evidence, indexed.
pub(super) struct Scene<'a> {
    pub(super) evidence: &'a Evidence,
    by_pid: HashMap<u32, usize>,
    by_tid: HashMap<u32, At>,
    readers: HashMap<Channel, Vec<usize>>,
    writers: HashMap<Channel, Vec<usize>>,
    children: HashMap<u32, Vec<usize>>,
    descriptors: HashMap<(usize, i32), usize>,
    sockets: HashMap<u64, usize>,
    /// Whether a member may have something open that is not in the evidence.
    hides: bool,
}

impl<'a> Scene<'a> {
    pub(super) fn new(evidence: &'a Evidence) -> Self {
        let mut scene = Self {
            evidence,
            by_pid: HashMap::new(),
            by_tid: HashMap::new(),
            readers: HashMap::new(),
            writers: HashMap::new(),
            children: HashMap::new(),
            descriptors: HashMap::new(),
            sockets: evidence.sockets.iter().enumerate().map(|(place, one)| (one.inode, place)).collect(),
            hides: evidence.members().any(|one| !one.is_zombie() && !shows_all(one)),
        };
        for (place, process) in evidence.processes.iter().enumerate() {
            scene.by_pid.insert(process.pid, place);
            scene.children.entry(process.parent).or_default().push(place);
            for (thread, one) in process.threads.iter().enumerate() {
                scene.by_tid.insert(one.tid, At { process: place, thread });
            }
            for (number, descriptor) in process.descriptors.iter().enumerate() {
                scene.descriptors.insert((place, descriptor.fd), number);
                let Some(channel) = channel(descriptor) else { continue };
                if descriptor.reads {
                    scene.readers.entry(channel).or_default().push(place);
                }
                if descriptor.writes {
                    scene.writers.entry(channel).or_default().push(place);
                }
            }
        }
        for ends in scene.readers.values_mut().chain(scene.writers.values_mut()) {
            ends.sort_unstable();
            ends.dedup();
        }
        scene
    }

    pub(super) fn root(&self) -> Option<&'a Process> {
        self.process(self.evidence.root)
    }

    pub(super) fn process(&self, pid: u32) -> Option<&'a Process> {
        self.by_pid.get(&pid).map(|&place| &self.evidence.processes[place])
    }

    pub(super) fn place(&self, pid: u32) -> Option<usize> {
        self.by_pid.get(&pid).copied()
    }

    pub(super) fn process_at(&self, place: usize) -> &'a Process {
        &self.evidence.processes[place]
    }

    pub(super) fn thread(&self, at: At) -> &'a Thread {
        &self.evidence.processes[at.process].threads[at.thread]
    }

    pub(super) fn owner(&self, at: At) -> &'a Process {
        &self.evidence.processes[at.process]
    }

    pub(super) fn find(&self, tid: u32) -> Option<At> {
        self.by_tid.get(&tid).copied()
    }

    pub(super) fn main_thread(&self, pid: u32) -> Option<At> {
        let process = self.place(pid)?;
        let threads = &self.evidence.processes[process].threads;
        let thread = threads.iter().position(|thread| thread.tid == pid)?;
        Some(At { process, thread })
    }

    /// All threads of the job that are there to be judged.
    pub(super) fn threads(&self) -> impl Iterator<Item = At> + '_ {
        let members =
            self.evidence.processes.iter().enumerate().filter(|(_, one)| one.is_member && !one.is_zombie());
        members.flat_map(|(process, one)| (0..one.threads.len()).map(move |thread| At { process, thread }))
    }

    /// All threads of one process.
    pub(super) fn threads_of(&self, process: usize) -> impl Iterator<Item = At> + use<> {
        (0..self.evidence.processes[process].threads.len()).map(move |thread| At { process, thread })
    }

    /// The children of a process, by their places.
    pub(super) fn children(&self, pid: u32) -> &[usize] {
        self.children.get(&pid).map_or(&[], Vec::as_slice)
    }

    /// Who can read what is written there, resp. who can write what is read there.
    pub(super) fn readers(&self, channel: Channel) -> &[usize] {
        self.readers.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// See [`Self::readers`].
    pub(super) fn writers(&self, channel: Channel) -> &[usize] {
        self.writers.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// The processes that have a socket open.
    pub(super) fn holders(&self, socket: u64) -> &[usize] {
        self.readers(Channel::Socket(socket))
    }

    pub(super) fn socket(&self, inode: u64) -> Option<&'a Socket> {
        self.sockets.get(&inode).map(|&place| &self.evidence.sockets[place])
    }

    /// A descriptor of the process that a thread belongs to.
    pub(super) fn descriptor(&self, at: At, fd: i32) -> Option<&'a Descriptor> {
        let number = *self.descriptors.get(&(at.process, fd))?;
        self.evidence.processes[at.process].descriptors.get(number)
    }

    /// True where a member may hold an end that was not seen: its descriptors are not shown, or are too many.
    pub(super) const fn hides(&self) -> bool {
        self.hides
    }

    /// True where this process began as a copy of its parent and still runs the same program.
    pub(super) fn is_forked(&self, process: &Process) -> bool {
        self.process(process.parent).is_some_and(|parent| {
            parent.command == process.command
                && parent.program == process.program
                && !process.command.is_empty()
        })
    }

    /// The CPU that the whole job used, in CPUs.
    pub(super) fn cpu(&self) -> f64 {
        self.threads().map(|at| time::running(self.thread(at))).sum()
    }
}

/// True where all that a process has open is in the evidence.
fn shows_all(process: &Process) -> bool {
    process.descriptor_count.is_some_and(|count| count <= process.descriptors.len() as u64)
}

/// True where all threads of a process are in the evidence.
pub(super) fn is_whole(process: &Process) -> bool {
    process.threads.len() >= process.thread_count as usize
}

/// The channel behind a descriptor, where it is one.
pub(super) const fn channel(descriptor: &Descriptor) -> Option<Channel> {
    match descriptor.target {
        Target::Pipe { inode, .. } | Target::Fifo { inode, .. } => Some(Channel::Pipe(inode)),
        Target::Socket { inode } => Some(Channel::Socket(inode)),
        Target::Event { id, .. } => Some(Channel::Event(id)),
        _ => None,
    }
}

/// How a process is called: `python3 (4711)`.
pub(super) fn name(process: &Process) -> String {
    format!("{} ({})", process.name, process.pid)
}

/// What a process runs, short enough for a sentence and without what nobody should read.
pub(super) fn command(process: &Process) -> String {
    let mut shown: String = redact(&process.command).chars().take(60).collect();
    if shown.len() < process.command.len() && process.command.chars().count() > 60 {
        shown.push('…');
    }
    if shown.is_empty() { process.name.clone() } else { shown }
}

/// How a thread is called: `python3 (4711)`, `thread 4713 of python3 (4711)`.
pub(super) fn thread_name(process: &Process, thread: &Thread) -> String {
    if thread.tid == process.pid {
        name(process)
    } else {
        format!("thread {} of {}", thread.tid, name(process))
    }
}

/// A thread as somebody to look at: the process, where it has no other.
pub(super) fn culprit(process: &Process, thread: &Thread) -> Culprit {
    Culprit::thread(process.pid, thread.tid)
}

/// The place in its program where a thread stands, the innermost frame that is not the language's own library first.
pub(super) fn place(thread: &Thread) -> Option<String> {
    let own = thread.frames.iter().find(|frame| !is_library(&frame.file)).or(thread.frames.first())?;
    let file = own.file.rsplit('/').next().unwrap_or(&own.file);
    let inner = &thread.frames[0];
    let call = if std::ptr::eq(inner, own) { String::new() } else { format!(", in {}", inner.function) };
    let line = if own.line > 0 { format!(":{}", own.line) } else { String::new() };
    Some(format!("{file}{line} {}{call}", own.function))
}

fn is_library(file: &str) -> bool {
    ["/lib/python", "lib/python3", "site-packages", "<frozen", "java.base", "node:", "/jdk."]
        .iter()
        .any(|part| file.contains(part))
        || file.is_empty()
}
