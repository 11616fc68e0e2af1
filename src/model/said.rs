//! What a job says of itself in metrics: over sockets that it was handed, or on a page that it serves.

use std::time::Duration;

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

/// What a job has told its manager of its own state, by `sd_notify(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SaidState {
    /// When it said that it is stuck (`WATCHDOG=trigger`), if no sign of progress in its datagrams came since.
    pub triggered: Option<Moment>,
    /// When it said that it is about to end (`STOPPING=1`), if it was not ready again since.
    pub stopping: Option<Moment>,
    /// Until when it asked for patience (`EXTEND_TIMEOUT_USEC`).
    pub patience_until: Option<Moment>,
    /// The longest silence that it wants to be allowed, in milliseconds (`WATCHDOG_USEC`).
    pub watchdog_ms: Option<u64>,
}

/// A job that said that it is stuck may well say something more; who still beats after so long is not.
const STAYS_STUCK: Duration = Duration::from_mins(1);

/// How long a job that is about to end may be silent: what managers of services allow it.
const STOPS_WITHIN: Duration = Duration::from_secs(90);

impl SaidState {
    /// Why its silence is none now, if it said so.
    pub fn asks_for_patience(&self, now: Moment) -> Option<&'static str> {
        if self.patience_until.is_some_and(|until| now < until) {
            return Some("the job said that it needs longer");
        }
        let is_stopping = self.stopping.is_some_and(|at| now.since(at) < STOPS_WITHIN);
        is_stopping.then_some("the job said that it is stopping")
    }

    /// When it said that it is stuck, if it still is as far as it told.
    pub fn is_stuck_since(&self, last_beat: Option<Moment>) -> Option<Moment> {
        self.triggered.filter(|at| last_beat.is_none_or(|beat| beat < at.plus(STAYS_STUCK)))
    }
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
    /// What it told its manager of its own state.
    pub state: SaidState,
}
