//! What a control group does to its processes.

use serde::{Deserialize, Serialize};

/// One control group, of either version; what a version or a controller does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Its folder.
    pub path: String,
    /// Whether it or one above it is frozen.
    pub is_frozen: Option<bool>,
    /// How many CPUs it may use; `None` without a quota.
    pub quota: Option<f64>,
    /// Seconds over the window in which members were kept from running by the quota.
    pub throttled: Option<f64>,
    /// Periods of the quota over the window, and how many of them were used up.
    pub periods: Option<(u64, u64)>,
    /// Tasks in it, and how many there may be.
    pub tasks: Option<(u64, u64)>,
    /// How often a task was refused over the window, and ever.
    pub tasks_refused: Option<(u64, u64)>,
    /// Memory in it, and how much there may be, in bytes.
    pub memory: Option<(u64, u64)>,
    /// How often the limit was met over the window.
    pub memory_met: Option<u64>,
    /// Pages that were read again soon after they were taken away, over the window.
    pub refaults: Option<u64>,
    /// Major page faults over the window.
    pub major_faults: Option<u64>,
    /// Processes killed for want of memory: over the window, and ever.
    pub oom_kills: Option<(u64, u64)>,
}
