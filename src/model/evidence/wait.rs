//! What a thread waits for, out of its system call and the arguments of that.

use serde::{Deserialize, Serialize};

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Nothing: it runs or is ready to.
    #[default]
    Nothing,
    /// It sleeps, and where is not shown to us.
    Hidden,
    /// A word in memory: a lock, a condition, a semaphore, the end of a thread.
    Futex(Futex),
    /// Data from a descriptor, or the next datagram.
    Read {
        /// The descriptor.
        fd: i32,
    },
    /// Room behind a descriptor.
    Write {
        /// The descriptor.
        fd: i32,
    },
    /// A connection to be made.
    Connect {
        /// The socket.
        fd: i32,
    },
    /// A connection to come in.
    Accept {
        /// The listening socket.
        fd: i32,
    },
    /// Any of some descriptors: poll and select.
    Poll {
        /// The descriptors, with the events asked for as in poll(2).
        fds: Vec<(i32, i16)>,
    },
    /// Any event of an epoll set.
    Epoll {
        /// The set.
        fd: i32,
    },
    /// The end of a child.
    Child {
        /// Which; `None` for any.
        pid: Option<u32>,
    },
    /// The start of a program in a child that shares the memory (vfork).
    Vfork,
    /// A timer only.
    Sleep,
    /// A signal.
    Signal,
    /// The other side of a named pipe, or a file system that opens a file.
    Open {
        /// The file, where it could be read.
        path: Option<String>,
    },
    /// A lock on a file.
    FileLock {
        /// The file's descriptor.
        fd: i32,
    },
    /// System V semaphores.
    Semaphore {
        /// The set's number.
        id: i32,
        /// Who operated on it last, where that one has ended since.
        last: Option<u32>,
    },
    /// A message queue.
    Message {
        /// The queue's number.
        id: i32,
    },
    /// Completions of an `io_uring`.
    Ring {
        /// The ring's descriptor.
        fd: i32,
    },
    /// A file to be written to disk.
    Sync {
        /// The file's descriptor; `None` for all.
        fd: Option<i32>,
    },
    /// A page of its memory, from disk or swap.
    Page,
    /// It is stopped, traced or frozen: what it waits for apart from that is not told.
    Held,
    /// Another system call.
    Other {
        /// Its name, or `call 321`.
        call: String,
    },
}

impl Wait {
    /// How the time of it is spent, as far as the call alone tells.
    pub const fn activity(&self) -> Activity {
        match self {
            Self::Nothing => Activity::Running,
            Self::Futex(_) | Self::FileLock { .. } | Self::Semaphore { .. } => Activity::Lock,
            Self::Read { .. } | Self::Write { .. } | Self::Open { .. } => Activity::Pipe,
            Self::Child { .. } | Self::Vfork | Self::Message { .. } => Activity::Pipe,
            Self::Connect { .. } | Self::Accept { .. } => Activity::Network,
            Self::Poll { .. } | Self::Epoll { .. } | Self::Ring { .. } | Self::Signal => Activity::Events,
            Self::Sleep => Activity::Sleep,
            Self::Sync { .. } => Activity::Disk,
            Self::Page => Activity::Paging,
            Self::Held => Activity::Held,
            Self::Hidden | Self::Other { .. } => Activity::Other,
        }
    }
}

/// A futex: see futex(2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Futex {
    /// Where the word is.
    pub address: u64,
    /// What else names it: for words shared between processes `device:inode:offset`; `None` for private ones.
    pub shared: Option<String>,
    /// The value that the thread saw when it went to sleep.
    pub seen: u32,
    /// The value now; `None` where memory may not be read.
    pub word: Option<u32>,
    /// Who owns the lock, by the lock's own memory (glibc's mutex, or a priority-inheriting word).
    pub owner: Option<u32>,
    /// The thread whose end is waited for.
    pub joins: Option<u32>,
    /// What the library makes of the word, as far as its memory tells.
    pub kind: FutexKind,
}

/// What a futex word belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FutexKind {
    /// Not known.
    #[default]
    Unknown,
    /// A mutex with an owner in its memory.
    Mutex,
    /// A POSIX semaphore.
    Semaphore,
    /// A condition variable.
    Condition,
    /// The end of a thread.
    Join,
}

/// How a thread spends its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// On a CPU.
    Running,
    /// Ready, without a CPU.
    Ready,
    /// A lock, a condition, a thread's end.
    Lock,
    /// A pipe or a child.
    Pipe,
    /// A disk or a file system.
    Disk,
    /// A socket.
    Network,
    /// Events of several kinds: poll, epoll.
    Events,
    /// A timer.
    Sleep,
    /// Memory: faults, swap.
    Paging,
    /// Stopped or frozen.
    Held,
    /// Something else, or not shown.
    Other,
}

impl Activity {
    /// It in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "runs",
            Self::Ready => "ready",
            Self::Lock => "lock",
            Self::Pipe => "pipe",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::Events => "events",
            Self::Sleep => "timer",
            Self::Paging => "paging",
            Self::Held => "stopped",
            Self::Other => "other",
        }
    }
}
