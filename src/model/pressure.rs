//! Pressure: who waits for memory, CPU and disk, and what memory comes back from disk.

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::text::Text;

/// The shares of the last ten seconds in which tasks waited for one resource, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Waiting {
    /// At least one did.
    pub some: f64,
    /// All that wanted to run did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<f64>,
}

/// Counters that only grow, kept so that the next snapshot's rates can be born from two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PagingCounters {
    /// Pages that came back from swap, on the whole host.
    pub swapped_in: u64,
    /// Pages that were wanted again soon after they had been dropped, on the whole host.
    pub refaulted: u64,
}

/// How a job, or its host, is pressed. What a kernel doesn't tell is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pressure {
    /// Whose waiting this is: `host`, or `cgroup /path`.
    pub scope: Text,
    /// Waiting for memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Waiting>,
    /// Waiting for disks and network file systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<Waiting>,
    /// Waiting for a CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Waiting>,
    /// Page faults of the job's members that waited for a disk, a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major_faults: Option<f64>,
    /// Pages a second that come back from swap, on the whole host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_in: Option<f64>,
    /// Pages a second that are wanted again soon after they were dropped, on the whole host: thrashing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refaulted: Option<f64>,
    /// Raw counters for the next snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<PagingCounters>,
    /// When they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Moment>,
}
