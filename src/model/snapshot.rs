//! All derived values at one instant: what the screen, the recorder and headless output take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::clock::{Moment, WallTime};
use super::gpu::Gpu;
use super::job::{Job, JobKind};
use super::metric::{Bytes, seconds};
use super::sum::Sum;
use super::text::Text;

/// Format version of a serialised snapshot. A reader refuses a greater one; a writer adds fields without a
/// change of it and raises it when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// The span over which throughput is measured.
pub const THROUGHPUT_WINDOW: Duration = Duration::from_secs(30);

/// A host's own gauges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: Text,
    /// Its CPUs.
    pub cpus: u32,
    /// The mean number of runnable tasks over the last minute.
    pub load: Option<f64>,
    /// Its memory.
    pub memory_total: Bytes,
    /// What could be had without swapping.
    pub memory_available: Bytes,
    /// Its GPUs, where there are some and their driver tells of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<Gpu>,
}

/// What the watching itself costs.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct OwnCost {
    /// CPUs used over the last interval.
    pub cpu: f64,
    /// Resident memory.
    pub memory: Bytes,
    /// How late this snapshot is against its schedule.
    #[serde(with = "seconds")]
    pub late: Duration,
    /// CPU time used since the start, in milliseconds; raw, for the next snapshot.
    pub cpu_ms: u64,
}

/// A reader, recorder or notifier that can't do its work: one line, and the watching goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What is missing and why.
    pub text: Text,
    /// Since when.
    pub since: Moment,
}

/// The state of all watched jobs at one instant. Never edited after it was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`VERSION`] of who wrote it.
    pub version: u32,
    /// Its number in the series.
    pub seq: u64,
    /// When the readings were taken.
    pub at: Moment,
    /// The same for people.
    pub wall: WallTime,
    /// Time between two snapshots.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// The hosts that jobs run on.
    pub hosts: Vec<Host>,
    /// The jobs, in the order they were added.
    pub jobs: Vec<Job>,
    /// Several jobs added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Sum>,
    /// Alerts, active ones first, then the newest that ended.
    pub alerts: Vec<Alert>,
    /// What does not work in the watching itself.
    pub notices: Vec<Notice>,
    /// What the watching costs.
    pub own: OwnCost,
}

impl Snapshot {
    /// The empty snapshot that a series begins with.
    pub const fn empty(interval: Duration) -> Self {
        Self {
            version: VERSION,
            seq: 0,
            at: Moment::from_millis(0),
            wall: WallTime(0),
            interval,
            hosts: Vec::new(),
            jobs: Vec::new(),
            sum: None,
            alerts: Vec::new(),
            notices: Vec::new(),
            own: OwnCost { cpu: 0.0, memory: Bytes(0), late: Duration::ZERO, cpu_ms: 0 },
        }
    }

    /// The job with this identity.
    pub fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id.as_str() == id)
    }

    /// The first job that is not a scan: what the watch pane shows.
    pub fn watched(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| job.kind != JobKind::Scan)
    }

    /// The scan, which is a job like any other.
    pub fn scan(&self) -> Option<&Job> {
        self.jobs.iter().find(|job| job.kind == JobKind::Scan)
    }

    /// Alerts that hold now.
    pub fn active_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.is_active())
    }

    /// Gives every job back its past out of the snapshot before, and adds this instant to it. The fold and
    /// the reader of recordings both end with this, so that live and replay can't differ.
    pub fn extend(&mut self, before: &Self) {
        let at = self.at;
        for job in &mut self.jobs {
            job.extend(before.job(&job.id), at);
        }
    }
}
