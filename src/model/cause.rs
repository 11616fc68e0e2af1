//! Why a job hangs, out of a fixed vocabulary, who is to be looked at, and what was seen of it.

use serde::{Deserialize, Serialize};

use super::evidence::Activity;
use super::text::Text;

/// Defines the causes once: the variant, the word that is fixed for other programs, and what it means to people.
macro_rules! causes {
    ($($cause:ident $id:literal $meaning:literal;)*) => {
        /// Why a job hangs or goes slowly; the calm ones accuse nobody.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Cause {
            $(#[doc = $meaning] $cause,)*
        }

        impl Cause {
            /// All of them, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$cause),*];

            /// The word for programs, which never changes.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$cause => $id),* }
            }

            /// What it means, in a few words for people.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$cause => $meaning),* }
            }
        }
    };
}

causes! {
    WorkerKilled "worker-killed" "a worker died with work in hand, and the rest wait for it";
    LockCycle "lock-cycle" "threads wait for locks in a ring";
    LockOrphaned "lock-orphaned" "a lock is waited for whose owner does not exist";
    NeverCompleted "never-completed" "it waits for an event that nothing left can produce";
    PipeDeadlock "pipe-deadlock" "a writer waits for room in a pipe whose reader waits for the writer";
    SlowConsumer "slow-consumer" "a writer waits because its reader is asleep or slow";
    SlowProducer "slow-producer" "a reader waits for a writer that is alive";
    WaitingForInput "waiting-for-input" "it waits for input from a terminal or from an idle writer";
    WaitingOnPeer "waiting-on-peer" "it waits for an answer on a socket";
    ConnectStalled "connect-stalled" "a connection is asked for and nobody answers";
    FileLockWait "file-lock-wait" "a file is locked by another";
    FifoNoPeer "fifo-no-peer" "a named pipe is opened that has no other side";
    Stopped "stopped" "it is stopped by a signal or a tracer";
    Frozen "frozen" "its control group is frozen";
    Uninterruptible "uninterruptible" "it sleeps in the kernel where nothing interrupts it";
    BusyLoop "busy-loop" "it burns CPU without visible progress";
    Straggler "straggler" "one part still works while its like are done and wait";
    SlowingDown "slowing-down" "it makes steadily less of each second of CPU";
    CpuThrottled "cpu-throttled" "its control group has used up its CPU quota";
    MemoryGrowth "memory-growth" "its memory climbs steadily";
    MemoryPressure "memory-pressure" "it thrashes at its memory limit";
    DiskFull "disk-full" "it tries again and again to write where no room is left";
    FdExhausted "fd-exhausted" "it has as many files open as it may";
    ProcessLimit "process-limit" "it may not start threads or processes any more";
    UnreapedChildren "unreaped-children" "children ended that their parent never waits for";
    OrphanedWorkers "orphaned-workers" "the parent is gone, and the workers wait for ever";
    Healthy "healthy" "it works";
    Idle "idle" "it waits for clients or events from outside";
    Sleeping "sleeping" "it waits for a timer";
    Exited "exited" "it has ended";
    Unknown "unknown" "nothing could be said";
}

impl Cause {
    /// True for answers that accuse nobody.
    pub const fn is_calm(self) -> bool {
        matches!(self, Self::Healthy | Self::Idle | Self::Sleeping | Self::SlowProducer)
    }

    /// True where something or somebody is to blame.
    pub const fn is_named(self) -> bool {
        !self.is_calm() && !matches!(self, Self::Exited | Self::Unknown)
    }
}

/// What to look at: a process, one of its threads, or a file, mount point, control group or `address:port`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Culprit {
    /// The process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// One of its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<u32>,
    /// A thing with a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Text>,
}

impl Culprit {
    /// A process.
    pub fn process(pid: u32) -> Self {
        Self { pid: Some(pid), ..Self::default() }
    }

    /// A thread of a process.
    pub fn thread(pid: u32, tid: u32) -> Self {
        Self { pid: Some(pid), tid: Some(tid), ..Self::default() }
    }

    /// A file, a mount point, a control group or an address.
    pub fn thing(path: impl Into<Text>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }
}

/// One step of a wait chain: who waits, and for what. What it leads to comes next, one deeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// How far from the process that was asked about.
    pub depth: u16,
    /// A process, a thread or a thing.
    pub who: Text,
    /// What it waits for or does; empty for the end of a chain.
    pub waits_for: Text,
    /// True where the chain comes back to someone who stands above.
    #[serde(default)]
    pub closes: bool,
}

/// Where the time of one thread went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeSpent {
    /// Its process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// Its name.
    pub name: Text,
    /// Shares of the window by activity, the largest first; together 1.
    pub shares: Vec<(Activity, f64)>,
    /// What it did most in each part of the window, in order.
    pub timeline: Vec<Activity>,
    /// Where it stands in its program, the innermost frame first: `etl.py:88 get`.
    pub at: Option<Text>,
}

/// The answer to "why does it hang?".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Why.
    pub cause: Cause,
    /// Who or what is to be looked at, the best first; nobody for a calm answer.
    pub culprits: Vec<Culprit>,
    /// Sentences that say what was seen, the decisive one first.
    pub evidence: Vec<Text>,
    /// The wait chain, as a tree in the order it is drawn.
    pub chain: Vec<Link>,
    /// Where the time of each thread went, the most telling first.
    pub threads: Vec<TimeSpent>,
    /// What could not be seen, with the way out.
    pub doubts: Vec<Text>,
}
