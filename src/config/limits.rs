//! The limits that alerts are judged by.

use std::time::Duration;

/// Time between TERM and KILL when a job is ended and nothing else was said.
pub const END_GRACE: Duration = Duration::from_secs(10);

/// Limits of one watched job; `None` switches the alert off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest silence between two beats.
    pub heartbeat: Option<Duration>,
    /// Somebody set that limit: that it can't be judged is then worth a word.
    pub is_heartbeat_asked: bool,
    /// Longest whole run; an alert, nothing is ended.
    pub timeout: Option<Duration>,
    /// Share of the binding memory limit that may be used, 0 to 1.
    pub target_memory: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            heartbeat: Some(Duration::from_mins(1)),
            is_heartbeat_asked: false,
            timeout: None,
            target_memory: Some(0.7),
        }
    }
}
