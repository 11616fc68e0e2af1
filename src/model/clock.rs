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

impl WallTime {
    /// The day in UTC: `2026-11-21`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(u64::try_from(self.0).unwrap_or(0) / 86_400_000);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The time of day in UTC: `06:04:09`.
    pub fn time_of_day(self) -> String {
        let seconds = u64::try_from(self.0).unwrap_or(0) / 1_000 % 86_400;
        format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    /// Time that has passed since `earlier`; zero when `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

/// Now, on the clock that process start times use.
pub fn now() -> Moment {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let at = rustix::time::clock_gettime(clock);
    Moment(at.tv_sec as u64 * 1000 + at.tv_nsec as u64 / 1_000_000)
}

/// CPU time that this thread has used.
pub fn thread_cpu() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(at.tv_sec as u64, at.tv_nsec as u32)
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

/// The calendar date of a day since 1970-01-01, after Howard Hinnant's `civil_from_days`.
pub fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        let table =
            [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (11_016, (2000, 2, 29)), (20_413, (2025, 11, 21))];
        for (days, date) in table {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn a_moment_never_runs_backwards() {
        let early = Moment::from_millis(1_000);
        let late = early.plus(Duration::from_millis(250));
        assert_eq!(late.since(early), Duration::from_millis(250));
        assert_eq!(early.since(late), Duration::ZERO);
        assert!(now() <= now());
    }
}
