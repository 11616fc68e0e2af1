//! The steps of the sampling interval on `+` and `-`.

use std::time::Duration;

/// What nobody needs to be told.
pub(super) const USUAL: Duration = Duration::from_secs(1);

const STEPS: [Duration; 8] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    USUAL,
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

/// The next longer step; beyond the last one, what it is.
pub(super) fn longer(now: Duration) -> Duration {
    STEPS.into_iter().find(|&step| step > now).unwrap_or(now)
}

/// The next shorter step; below the first one, what it is.
pub(super) fn shorter(now: Duration) -> Duration {
    STEPS.into_iter().rev().find(|&step| step < now).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_up_and_down_and_stop_at_the_ends() {
        let cases = [
            (100, 250, 100),
            (250, 500, 250),
            (1_000, 2_000, 500),
            (3_000, 5_000, 2_000),
            (60_000, 60_000, 30_000),
        ];
        for (now, up, down) in cases {
            let now = Duration::from_millis(now);
            assert_eq!((longer(now).as_millis(), shorter(now).as_millis()), (up, down), "{now:?}");
        }
    }
}
