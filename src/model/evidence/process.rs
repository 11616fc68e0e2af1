//! A process and its threads, as they were seen over a window.

use serde::{Deserialize, Serialize};

use super::thing::Descriptor;
use super::wait::{Activity, Wait};
use crate::model::process::Exit;

/// What runs a program, which says where its stacks are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runtime {
    /// Machine code.
    #[default]
    Native,
    /// `CPython`.
    Python,
    /// Node.js and its like.
    Node,
    /// A Java virtual machine.
    Java,
    /// A Go program.
    Go,
    /// Ruby.
    Ruby,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Process {
    /// Its PID.
    pub pid: u32,
    /// Its parent's, at the end of the window.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// The foreground process group of its terminal; `None` without a terminal.
    pub foreground: Option<u32>,
    /// True for a process of the job, false for one at the other end of something.
    pub is_member: bool,
    /// Its name.
    pub name: String,
    /// Its command line, the words joined by spaces; empty for kernel threads and zombies.
    pub command: String,
    /// The file that runs.
    pub program: Option<String>,
    /// What runs it.
    pub runtime: Runtime,
    /// How long before the end of the window it was started, in seconds.
    pub age: f64,
    /// The state letter at the end: `R S D T t Z I`.
    pub state: char,
    /// The signal that stopped it, where it is stopped.
    pub stopped_by: Option<i32>,
    /// How a zombie ended.
    pub exit: Option<Exit>,
    /// Who traces it.
    pub tracer: Option<u32>,
    /// Its effective user.
    pub user: u32,
    /// Threads, the main one first; of a process with very many a part.
    pub threads: Vec<Thread>,
    /// How many threads there are.
    pub thread_count: u32,
    /// Open descriptors; of a process with very many a part.
    pub descriptors: Vec<Descriptor>,
    /// How many descriptors there are; `None` where that is not shown.
    pub descriptor_count: Option<u64>,
    /// How many there may be.
    pub descriptor_limit: Option<u64>,
    /// How many processes and threads its user may have (`RLIMIT_NPROC`), and has in view.
    pub task_limit: Option<(u64, u64)>,
    /// Resident memory: seconds, bytes.
    pub resident: Vec<(f64, u64)>,
    /// What it read and wrote: seconds, and the counters of `/proc/PID/io`.
    pub io: Vec<(f64, Io)>,
    /// Control groups it is in, by path as in [`super::Group::path`].
    pub groups: Vec<String>,
}

/// Counters of `/proc/PID/io`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Io {
    /// Bytes that read calls returned.
    pub read: u64,
    /// Bytes that write calls took.
    pub written: u64,
    /// Read calls.
    pub reads: u64,
    /// Write calls.
    pub writes: u64,
}

impl Process {
    /// Its descriptor of this number.
    pub fn descriptor(&self, fd: i32) -> Option<&Descriptor> {
        self.descriptors.iter().find(|descriptor| descriptor.fd == fd)
    }

    /// The thread it began with.
    pub fn main_thread(&self) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.tid == self.pid)
    }

    /// True where it ended and nobody has waited for it yet.
    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Thread {
    /// Its TID.
    pub tid: u32,
    /// Its name.
    pub name: String,
    /// What was seen of it, in order; never empty.
    pub samples: Vec<Sample>,
    /// What it waits for at the end.
    pub wait: Wait,
    /// After how many seconds that wait ends by itself; `None` where it never does. Only known waits have one.
    pub limit: Option<f64>,
    /// True where it could not be read whether the wait ends by itself: `limit` says nothing then.
    pub is_limit_unknown: bool,
    /// True where it stood in the same call with the same arguments and never ran meanwhile: at every sample, or for the last three
    /// quarters of a window and five seconds at least.
    pub is_still: bool,
    /// The kernel function it sleeps in; empty where it runs or that is not shown.
    pub channel: String,
    /// Where it stands in its program, the innermost frame first; empty where that is not known.
    pub frames: Vec<Frame>,
    /// Lines at which the innermost frame stood over the window, and how often.
    pub lines: Vec<(String, u32)>,
    /// Where a busy one was seen in its program; `None` where it was not sampled.
    pub spots: Option<Spots>,
}

/// Samples of a thread that runs, taken by its own CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Spots {
    /// Samples in its own program, not in the kernel.
    pub samples: u32,
    /// Distinct instruction addresses among them.
    pub addresses: u32,
    /// Distinct pairs of an address and the contents of the registers there: no more than addresses, where nothing changes.
    pub registers: u32,
    /// Samples in the kernel.
    pub in_kernel: u32,
    /// Samples right after an atomic operation on memory.
    pub atomic: u32,
    /// Whether its loop computes in registers that were not sampled: floating-point and vectors.
    pub computes: bool,
}

/// What was seen of a thread at one time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Seconds since the window began.
    pub at: f64,
    /// The state letter.
    pub state: char,
    /// Time on a CPU so far, in nanoseconds.
    pub ran: u64,
    /// Time spent ready to run without a CPU so far, in nanoseconds.
    pub delayed: u64,
    /// Times it gave the CPU up by itself.
    pub yielded: u64,
    /// Times it was taken away.
    pub preempted: u64,
    /// The system call it was in; `None` where it was in none, or that is not shown.
    pub call: Option<i64>,
    /// Where it stood in its program.
    pub instruction: Option<u64>,
    /// Major page faults so far.
    pub faults: u64,
    /// What it did at that instant, by its state, its call and the kernel function it slept in.
    pub doing: Option<Activity>,
}

/// One frame of a language's stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// The file, as the program names it.
    pub file: String,
    /// The line; 0 where there is none.
    pub line: u32,
    /// Locks whose `with` or `synchronized` block this line lies in, by the name in the source.
    pub holds: Vec<String>,
    /// The lock that this line asks for.
    pub wants: Option<String>,
}
