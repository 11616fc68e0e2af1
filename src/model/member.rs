//! One member of a job: a process, or a worker that an engine names.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::metric::{Bytes, seconds};
use super::pool::Pool;
use super::process::{Exit, ProcState};
use super::text::Text;

/// Who a member is. A PID alone is no identity, for the kernel gives it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberId {
    /// A process on the job's host.
    Process {
        /// Its process ID.
        pid: u32,
        /// Its start, in clock ticks since boot (field 22 of `/proc/PID/stat`).
        start: u64,
    },
    /// A worker without a PID: an executor, a remote worker, a scan thread.
    Named(Text),
}

impl MemberId {
    /// The process ID, where there is one.
    pub const fn pid(&self) -> Option<u32> {
        match self {
            Self::Process { pid, .. } => Some(*pid),
            Self::Named(_) => None,
        }
    }
}

impl std::fmt::Display for MemberId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process { pid, .. } => pid.fmt(f),
            Self::Named(name) => name.fmt(f),
        }
    }
}

/// What seldom changes in a member (exec(3) does it), shared by all its readings and snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// The short name the kernel or the engine gives it.
    pub name: Text,
    /// The command line, redacted.
    pub command: Text,
    /// When it started.
    pub started: Option<Moment>,
    /// Equal for members that run the same command line, numbers apart: workers of a pool are a family.
    #[serde(skip)]
    pub family: u64,
}

/// A member's part in the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The process the job began with, or one whose parent is no member.
    Root,
    /// It does tasks.
    Worker,
    /// It belongs to the job and does no tasks: a wrapper, a tracker, a daemon.
    Helper,
}

/// What a member is doing, as far as its readings tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// It ran in the last interval.
    Busy,
    /// It slept through the last interval.
    Idle,
    /// It sits in a sleep that nothing interrupts, mostly for a disk.
    Blocked,
    /// A signal or a debugger stopped it.
    Stopped,
    /// It ended in good order.
    Finished(Exit),
    /// It ended, and what it had in hand may be lost.
    Lost(Exit),
}

impl Activity {
    /// True until it ended.
    pub const fn is_alive(self) -> bool {
        !matches!(self, Self::Finished(_) | Self::Lost(_))
    }
}

/// Bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct IoRates {
    /// Read through `read(2)` and its like, page cache included.
    pub read: f64,
    /// Written through `write(2)` and its like, page cache included.
    pub written: f64,
}

/// What of a member's memory is its own: see `/proc/PID/smaps_rollup` in proc(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemoryParts {
    /// Proportional set size: what it shares with n others counts as 1/n in each of them.
    pub pss: Bytes,
    /// What nobody else has in its memory.
    pub private: Bytes,
    /// The rest of its resident memory: pages that others map too, be it a parent's or a library's.
    #[serde(default)]
    pub shared: Bytes,
    /// What of it lies in swap.
    pub swap: Bytes,
    /// True when it changed since it was read: the figures are carried on from what they were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_estimated: bool,
}

/// When a member was at work, and how long it rests between two times of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rests {
    /// When it was seen to compute, read or write last.
    pub worked: Moment,
    /// The longest rest between two such moments.
    #[serde(with = "seconds")]
    pub longest: Duration,
}

/// Raw counters of a member. They are kept so that the next snapshot's rates can be born from two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// CPU time used since its start, in milliseconds.
    pub cpu_ms: u64,
    /// When that was read, as far as the CPU rate goes.
    pub cpu_at: Option<Moment>,
    /// Bytes read and written since its start, when they were read last.
    pub io: Option<(u64, u64)>,
    /// When that was.
    pub io_at: Option<Moment>,
    /// Page faults since its start that waited for a disk.
    #[serde(default)]
    pub major_faults: u64,
    /// Its resident memory at two moments of the last minute, from which its growth is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_then: Option<[(Moment, Bytes); 2]>,
    /// When it was at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests: Option<Rests>,
}

/// A member of a job at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who it is.
    pub id: MemberId,
    /// What seldom changes in it.
    #[serde(flatten)]
    pub about: Arc<About>,
    /// The PID of its parent.
    pub parent: Option<u32>,
    /// Its part in the job.
    pub role: Role,
    /// True once it was one of several children of one parent with the same command line.
    #[serde(default)]
    pub pooled: bool,
    /// What the scheduler says of it.
    pub state: Option<ProcState>,
    /// What it is doing.
    pub activity: Activity,
    /// CPUs it used over the last interval: 1.0 is one whole CPU. `None` before two readings.
    pub cpu: Option<f64>,
    /// Its resident memory; pages shared with others are counted in each.
    pub memory: Option<Bytes>,
    /// What of that is its own; `None` where that may not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<MemoryParts>,
    /// Bytes by which its resident memory grows in a minute, or shrinks; `None` before half a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<f64>,
    /// What it reads and writes; `None` when not permitted or before two readings.
    pub io: Option<IoRates>,
    /// How many threads it has.
    pub threads: u32,
    /// Those of its threads that do its work side by side, as they were seen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<Arc<Pool>>,
    /// What it waits for, in the kernel's words or an engine's.
    pub waits_for: Option<Text>,
    /// When its end was seen.
    pub ended: Option<Moment>,
    /// Raw counters for the next snapshot.
    pub counters: Counters,
}
