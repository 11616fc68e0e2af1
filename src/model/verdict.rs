//! What a detector says: fine, not yet known, or a claim with its evidence.

use super::member::MemberId;
use super::text::Text;
use serde::{Deserialize, Serialize};

/// How bad a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Look at it.
    Warning,
    /// The job is, or soon will be, dead or stuck.
    Critical,
}

/// A named condition that a detector looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// No beat for longer than the limit.
    NoHeartbeat,
    /// The whole run takes longer than the limit.
    OverTime,
    /// The binding memory limit is fuller than the target.
    MemoryAboveTarget,
    /// The binding memory limit is reached soon at the present trend.
    MemoryForecast,
    /// It was killed while the kernel counted an OOM kill.
    OomKill,
    /// Tasks wait for memory that comes back from disk.
    Thrashing,
    /// A worker vanished with work in hand.
    WorkerLost,
    /// A signal or a debugger stopped a worker.
    WorkerStopped,
    /// Processes of one kind end badly again and again, and others take their places.
    RestartLoop,
    /// A process has hardly a descriptor left.
    NearDescriptorLimit,
    /// The machine or a control group has room for hardly another process or thread.
    NearTaskLimit,
    /// A file system that the job writes to is full, or will be soon.
    NearDiskLimit,
    /// The output says that the job goes on with less than it asked for.
    DegradedMode,
    /// The output says that the engine or the pool that runs the tasks is broken.
    ToolchainPanic,
    /// The output says that a module is missing, and the job goes on.
    ModuleMissing,
    /// The exit is clean, and the last words of the output tell of failures.
    ErrorsAtCleanExit,
    /// A secret stands in the output.
    SecretInLog,
    /// Output goes on, and no task was finished for much longer than usual.
    NoProgress,
    /// One worker stands still with work in hand while its siblings go on, or have nothing left to do.
    WorkerStuck,
    /// All workers but one have been waiting for long.
    Straggler,
    /// One worker does far more than its siblings.
    Skew,
    /// The throughput is far below what it was.
    ThroughputDrop,
    /// Each item takes longer than the one before.
    SlowDown,
    /// The job ended in good order before all was done.
    EndedShort,
    /// Telltale has frozen the job, and it waits for somebody to decide.
    Frozen,
}

/// One claim of a detector; never without evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What is wrong.
    pub condition: Condition,
    /// How bad it is.
    pub severity: Severity,
    /// Whom it is about, where it is not the whole job.
    pub subject: Option<MemberId>,
    /// The claim in one line.
    pub headline: Text,
    /// What was measured.
    pub evidence: Vec<Text>,
}

/// A detector's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The condition does not hold.
    Fine,
    /// It can't be judged yet, for this reason.
    NotYetKnown(&'static str),
    /// It holds; one claim for each subject.
    Raised(Vec<Claim>),
}
