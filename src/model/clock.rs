#![expect(clippy::disallowed_methods, reason = "edge: the one place that asks what time it is")]
//! What time it is: the one place that asks, and the two types that carry the answer.
//!
//! [`Moment`] counts from boot and goes on during suspend (`CLOCK_BOOTTIME`), because process start times in
//! `/proc/PID/stat` count on the same clock: an age is then one subtraction. [`WallTime`] is for people.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time of the watching machine, in milliseconds since its boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(u64);

impl Moment {
    /// The moment that lies `millis` milliseconds after boot.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since boot.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Time that has passed since `earlier`; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The moment `span` later.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_millis() as u64))
    }
}

/// A date and time of the watching machine, in milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(pub i64);

/// Now, on the clock that process start times use.
pub fn now() -> Moment {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let at = rustix::time::clock_gettime(clock);
    Moment(at.tv_sec as u64 * 1000 + at.tv_nsec as u64 / 1_000_000)
}

/// How long the machine has been suspended since its boot.
pub fn suspended() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let awake = Moment(at.tv_sec as u64 * 1000 + at.tv_nsec as u64 / 1_000_000);
        now().since(awake)
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

/// Now, as people write it.
pub fn wall() -> WallTime {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    WallTime(since_1970.map_or(0, |span| span.as_millis() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_never_runs_backwards() {
        let early = Moment::from_millis(1_000);
        let late = early.plus(Duration::from_millis(250));
        assert_eq!(late.since(early), Duration::from_millis(250));
        assert_eq!(early.since(late), Duration::ZERO);
        assert!(now() <= now());
    }
}
