//! Detectors: pure functions from a job's past to a verdict, in one list.
//!
//! A detector never names a cause; it says that a condition holds, and shows what was measured. "Not yet
//! known" is an answer.

use std::time::Duration;

use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::Job;
use crate::model::verdict::Verdict;

pub mod ending;
pub mod forecast;
pub mod frozen;
pub mod leak;
pub mod log;
pub mod memory;
pub mod oom;
pub mod progress;
pub mod resource;
pub mod restart;
pub mod rhythm;
pub mod room;
pub mod tempo;
pub mod thrashing;
pub mod worker;

/// What a detector may look at: the job at this instant with the history of its gauges.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The job, its gauges already derived.
    pub job: &'a Job,
    /// Now.
    pub now: Moment,
    /// Time between two looks.
    pub interval: Duration,
}

/// One detector.
pub type Detector = fn(&Past<'_>, &Limits) -> Verdict;

/// All detectors.
pub const DETECTORS: &[Detector] = &[
    frozen::frozen,
    progress::no_heartbeat,
    progress::over_time,
    rhythm::no_progress,
    tempo::throughput_drop,
    tempo::slow_down,
    worker::worker_stuck,
    worker::straggler,
    worker::skew,
    ending::ended_short,
    resource::memory_above_target,
    memory::memory_forecast,
    thrashing::thrashing,
    // Before the loss: it says why.
    oom::oom_kill,
    resource::worker_lost,
    resource::worker_stopped,
    restart::restart_loop,
    room::near_limit,
    log::degraded_mode,
    log::toolchain_panic,
    log::module_missing,
    log::errors_at_clean_exit,
    leak::secret_in_log,
];
