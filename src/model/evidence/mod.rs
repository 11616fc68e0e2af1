//! What is seen of a job while it is diagnosed: every thread over a window, what each holds and waits for, and who is at
//! the other end. Values only: `proc` reads them, `diagnose` judges them, a recorded file of them is a test.
//!
//! Identities are those of the kernel: PIDs and TIDs, descriptor numbers, inodes. Times are seconds since the window
//! began, shares of time are nanoseconds of the kernel's own counters.

pub mod group;
pub mod process;
pub mod thing;
pub mod wait;

use serde::{Deserialize, Serialize};

pub use group::Group;
pub use process::{Frame, Io, Process, Runtime, Sample, Spots, Thread};
pub use thing::{Descriptor, FileLock, Room, Socket, Target};
pub use wait::{Activity, Futex, FutexKind, Wait};

use super::process::Exit;

/// The format of [`Evidence`] as JSON. A reader takes what it knows, and defaults for the rest.
pub const VERSION: u32 = 1;

/// All that was seen of one job over one window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The format, [`VERSION`].
    pub version: u32,
    /// The process that was asked about.
    pub root: u32,
    /// How long was looked, in seconds.
    pub window: f64,
    /// The machine.
    pub machine: Machine,
    /// The job's processes, then others that hold the other end of something (`is_member` is false).
    pub processes: Vec<Process>,
    /// Members that ended within the window, or were known to have ended before it.
    pub gone: Vec<Gone>,
    /// File locks that a member holds or waits for.
    pub locks: Vec<FileLock>,
    /// Sockets of members, and the local other ends of these.
    pub sockets: Vec<Socket>,
    /// Control groups that bind members, with what they counted over the window.
    pub groups: Vec<Group>,
    /// File systems that members write to, or that hold their working folders.
    pub rooms: Vec<Room>,
    /// System calls that were traced, where tracing was asked for.
    pub calls: Vec<FailedCall>,
    /// What could not be seen, each with the way out.
    pub problems: Vec<String>,
}

impl Evidence {
    /// A process, member or not.
    pub fn process(&self, pid: u32) -> Option<&Process> {
        self.processes.iter().find(|process| process.pid == pid)
    }

    /// The processes of the job itself.
    pub fn members(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(|process| process.is_member)
    }

    /// A socket, by its inode.
    pub fn socket(&self, inode: u64) -> Option<&Socket> {
        self.sockets.iter().find(|socket| socket.inode == inode)
    }
}

/// The machine on which was looked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// CPUs that may be used.
    pub cpus: u32,
    /// Processes that ran or waited for a CPU, over the last minute.
    pub load: f64,
    /// Memory of the machine and what is available of it, in bytes.
    pub memory: u64,
    /// See `memory`.
    pub available: u64,
    /// The kernel's release.
    pub kernel: String,
    /// Whether the one who looked is root.
    pub is_root: bool,
}

/// A member that has ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Gone {
    /// Its PID.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Its name.
    pub name: String,
    /// Its command line.
    pub command: String,
    /// How it ended, as far as the kernel told.
    pub exit: Option<Exit>,
    /// When, in seconds since the window began; before it: negative.
    pub at: f64,
}

/// A system call that failed over and over while it was traced.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedCall {
    /// Who called.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
    /// `mkdir`.
    pub call: String,
    /// `EEXIST`.
    pub error: String,
    /// What it was about, where it names or leads to a file.
    pub path: Option<String>,
    /// How often it failed so.
    pub times: u32,
    /// How long was traced, in seconds.
    pub seconds: f64,
    /// All calls of that thread meanwhile, with those of whom it started; 0 where they were not counted.
    pub calls: u32,
    /// How many of them were naps: waits that only a timer ended.
    pub naps: u32,
    /// What its process made meanwhile: writes, but for those to its standard streams, and new names of files.
    pub made: u32,
}
