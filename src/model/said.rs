//! What a job says of itself in metrics: over sockets that it was handed, or on a page that it serves.

use serde::{Deserialize, Serialize};

use super::clock::Moment;

/// What kind of value a metric has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// It adds up from the job's start.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often something was timed or measured; the measurements themselves are not kept.
    Timer,
    /// Its page did not say, or it is nothing that counts.
    Other,
}

/// One metric with its labels (tags), as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its labels, in the order of the sender.
    pub labels: Vec<(String, String)>,
    /// What kind it is.
    pub kind: MetricKind,
    /// Its value: for a counter the sum of all that came.
    pub value: f64,
}

/// All that a job has said in datagrams so far, as its receiver sums it up. Counts only grow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Metrics, in the order in which they first came.
    pub metrics: Vec<Metric>,
    /// Datagrams that were taken.
    pub taken: u64,
    /// Signs of progress: counters that rose, `WATCHDOG=1`, service checks that were fine.
    pub beats: u64,
    /// What the last sign of progress was.
    pub last_beat: Option<String>,
    /// When that was seen, in milliseconds since 1970: what keepers told before they told [`Self::last_beat_at`].
    pub last_beat_ms: u64,
    /// The same on the clock that nobody sets; zero from a keeper that does not tell it.
    pub last_beat_at: Moment,
    /// The status line it sent last.
    pub status: Option<String>,
    /// How often a status line came that differed from the one before.
    pub status_changes: u64,
    /// When the last change was seen, in milliseconds since 1970.
    pub status_ms: u64,
    /// The same on the clock that nobody sets.
    pub status_at: Moment,
    /// Datagrams or lines in them that nobody could read.
    pub unreadable: u64,
    /// Datagrams of senders that are no part of the job.
    pub strangers: u64,
    /// Datagrams that came faster than they could be taken.
    pub dropped: u64,
    /// Values of metrics for which there was no room.
    pub left_out: u64,
}
