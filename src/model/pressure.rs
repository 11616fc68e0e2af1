//! Pressure: who waits for memory, CPU and disk, and what memory comes back from disk.

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::text::Text;

/// The share of the time that some task waits for memory from which on it counts. A compile server that just fits shows
/// 0 to 2 percent.
const WAITING: f64 = 0.2;
/// Pages a second that come back from which on they count: each waits a millisecond to ten for its disk.
const COMING_BACK: f64 = 50.0;

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
    /// Pages that came back from swap.
    pub swapped_in: u64,
    /// Pages that were wanted again soon after they had been dropped.
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
    /// Pages a second that come back from swap: in that place, or on the whole host where it doesn't count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_in: Option<f64>,
    /// Pages a second that are wanted again soon after they were dropped, in the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refaulted: Option<f64>,
    /// Raw counters for the next snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<PagingCounters>,
    /// When they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Moment>,
}

impl Pressure {
    /// The share of the time that tasks wait for memory, where it comes back from disk meanwhile: one without the other
    /// is no thrashing.
    pub fn thrashing(&self) -> Option<f64> {
        let some = self.memory.filter(|waiting| waiting.some >= WAITING)?.some;
        let rates = [self.major_faults, self.refaulted, self.swapped_in];
        rates.into_iter().flatten().any(|rate| rate >= COMING_BACK).then_some(some)
    }
}
