//! What of a log was passed over because it came faster than it is read: counted, and told for a while; pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::metric::Bytes;

/// It is told for so long after it happened last: a flood of the morning is none in the evening.
const TOLD_FOR: Duration = Duration::from_mins(1);

/// How much of one log was passed over since the watching began, and when last.
#[derive(Debug, Default)]
pub(super) struct Passed {
    bytes: u64,
    last: Option<Moment>,
}

impl Passed {
    /// Counts what one round has passed over.
    pub(super) fn add(&mut self, bytes: u64, now: Moment) {
        if bytes > 0 {
            self.bytes = self.bytes.saturating_add(bytes);
            self.last = Some(now);
        }
    }

    /// That it happened, in words, while that is news.
    pub(super) fn words(&self, name: &str, now: Moment) -> Option<String> {
        self.last.filter(|last| now.since(*last) < TOLD_FOR)?;
        Some(format!("{name} grows faster than it is read: {} passed over so far", Bytes(self.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_adds_up_and_is_told_for_a_while() {
        let at = |seconds: u64| Moment::from_millis(seconds * 1_000);
        let mut passed = Passed::default();
        passed.add(0, at(1));
        assert_eq!(passed.words("job.log", at(1)), None);
        passed.add(1 << 20, at(2));
        passed.add(2 << 20, at(3));
        passed.add(0, at(4));
        let words = "job.log grows faster than it is read: 3.00 MiB passed over so far";
        assert_eq!(passed.words("job.log", at(62)).as_deref(), Some(words));
        assert_eq!(passed.words("job.log", at(63)), None);
        passed.add(1 << 20, at(3_600));
        assert!(passed.words("job.log", at(3_600)).is_some_and(|words| words.contains("4.00 MiB")));
    }
}
