//! What threads wait for and what connects them: descriptors, sockets, locks on files, file systems.

use serde::{Deserialize, Serialize};

/// One open descriptor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Descriptor {
    /// Its number.
    pub fd: i32,
    /// Where it leads.
    pub target: Target,
    /// Whether it is open for reading.
    pub reads: bool,
    /// Whether it is open for writing.
    pub writes: bool,
    /// Whether calls on it return at once (`O_NONBLOCK`).
    pub is_nonblocking: bool,
}

/// Where a descriptor leads.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A pipe.
    Pipe {
        /// Its identity.
        inode: u64,
        /// Bytes that wait in it, where that could be asked without disturbing anyone.
        waiting: Option<u64>,
    },
    /// A named pipe.
    Fifo {
        /// Its name.
        path: String,
        /// Its identity.
        inode: u64,
    },
    /// A socket, see [`Socket`].
    Socket {
        /// Its identity.
        inode: u64,
    },
    /// A terminal.
    Terminal {
        /// Its name.
        path: String,
    },
    /// A regular file or a folder.
    File {
        /// Its name.
        path: String,
        /// The device in the form of `stat.st_dev`, and the inode.
        device: u64,
        /// See `device`.
        inode: u64,
        /// Where reads and writes stand.
        position: u64,
        /// Its size.
        size: Option<u64>,
    },
    /// An epoll set: the descriptors it waits for, and the events of each.
    Epoll {
        /// Descriptor and events.
        watched: Vec<(i32, u32)>,
    },
    /// An eventfd.
    Event {
        /// Its number in the kernel, the same in all who share it.
        id: u64,
        /// Its counter.
        count: u64,
    },
    /// A timerfd.
    Timer {
        /// Seconds until it fires; `None` where it is not set.
        next: Option<f64>,
    },
    /// Signals.
    Signals,
    /// Changes of files: inotify and fanotify.
    Notify,
    /// A process.
    Process {
        /// Its PID.
        pid: Option<u32>,
    },
    /// An `io_uring`.
    Ring,
    /// A device or anything else, by its link.
    #[default]
    Unknown,
    /// A device or anything else, by its link.
    Other {
        /// What the link says.
        link: String,
    },
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Socket {
    /// Its identity.
    pub inode: u64,
    /// `tcp`, `udp`, `unix`, `unix-datagram`, `netlink`.
    pub kind: String,
    /// `established`, `listen`, `syn-sent`, `close-wait`, ….
    pub state: String,
    /// `address:port`, or the name of a unix socket.
    pub local: String,
    /// The other side, where there is one.
    pub remote: String,
    /// The identity of the other end, where that is on this machine.
    pub peer: Option<u64>,
    /// Bytes that came and nobody read; of a socket that listens, connections that wait to be accepted.
    pub unread: u64,
    /// Bytes that were sent and nobody took.
    pub unsent: u64,
}

/// A lock on a file, with who holds it and who waits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileLock {
    /// `flock`, `posix`, `ofd`, `lease`.
    pub kind: String,
    /// Whether nobody else may have a part in it; where that is not known, no.
    pub is_exclusive: bool,
    /// The file, where its name is known.
    pub path: Option<String>,
    /// `device:inode` as `/proc/locks` has it.
    pub file: String,
    /// Who took it, as the kernel says: may be long dead.
    pub taken_by: u32,
    /// Processes that hold it, by their descriptors; the taker where he is alive.
    pub holders: Vec<u32>,
    /// Processes that wait for it.
    pub waiters: Vec<u32>,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Room {
    /// Where it is mounted.
    pub mount: String,
    /// A file on it that a member has open for writing.
    pub path: Option<String>,
    /// Who writes to it.
    pub writers: Vec<u32>,
    /// Bytes that a plain user may still write.
    pub free: u64,
    /// Files that may still be made; `None` where there is no such count.
    pub free_files: Option<u64>,
    /// Bytes in all.
    pub size: u64,
}
