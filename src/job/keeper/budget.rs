//! How much of a flood is logged. Pure: time is an argument.

use std::time::{Duration, Instant};

/// How much logging a flood may cost: a bucket that fills at a steady rate and is charged for bytes and for time.
///
/// Charging time as well makes the bound hold whatever a line costs to redact and however slow the machine is.
#[derive(Debug)]
pub(super) struct Budget {
    left: f64,
    is_spent: bool,
    last: Instant,
}

impl Budget {
    /// Bytes a second that may be logged for good; nobody reads more, and a disk is not worn out by it.
    const RATE: f64 = 8.0 * 1024.0 * 1024.0;
    /// What may be logged at once, so that a burst, say a long traceback or a listing, is kept whole.
    const BURST: f64 = 32.0 * 1024.0 * 1024.0;
    /// What must have come in before logging resumes, lest the log turn into a list of gaps.
    const RESUME: f64 = 4.0 * 1024.0 * 1024.0;
    /// The share of one core that logging may use for good.
    const SHARE: f64 = 0.125;

    /// A full bucket.
    pub(super) fn new(now: Instant) -> Self {
        Self { left: Self::BURST, is_spent: false, last: now }
    }

    /// Whether the next piece of output may be logged.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.last).as_secs_f64();
        self.last = now;
        self.left = (self.left + passed * Self::RATE).min(Self::BURST);
        self.is_spent = self.left < if self.is_spent { Self::RESUME } else { 0.0 };
        !self.is_spent
    }

    /// Pays for a piece that was logged.
    pub(super) fn charge(&mut self, bytes: usize, took: Duration) {
        self.left -= bytes as f64 + took.as_secs_f64() * Self::RATE / Self::SHARE;
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;

    #[test]
    fn a_flood_spends_the_budget_and_a_pause_refills_it() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let mut logged = 0;
        while budget.allows(start) {
            budget.charge(65_536, Duration::ZERO);
            logged += 65_536;
        }
        assert!((32 << 20..34 << 20).contains(&logged));
        assert!(!budget.allows(start + Duration::from_millis(100)));
        assert!(budget.allows(start + Duration::from_secs(1)));
        budget.charge(0, Duration::from_secs(10));
        assert!(!budget.allows(start + Duration::from_secs(2)), "slow logging must be paid for as well");
    }
}
