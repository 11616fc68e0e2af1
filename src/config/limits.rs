//! The limits that alerts are judged by.

use std::time::Duration;

/// Limits of one watched job; `None` switches the alert off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest silence between two beats.
    pub heartbeat: Option<Duration>,
    /// Longest whole run; an alert, nothing is ended.
    pub timeout: Option<Duration>,
    /// Longest whole run after which the job is ended.
    pub end_after: Option<Duration>,
    /// Time between TERM and KILL when a job is ended.
    pub end_grace: Duration,
    /// Share of the binding memory limit that may be used, 0 to 1.
    pub target_memory: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heartbeat: Some(Duration::from_mins(1)),
            timeout: None,
            end_after: None,
            end_grace: Duration::from_secs(10),
            target_memory: Some(0.7),
        }
    }
}
