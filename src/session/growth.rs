//! How fast a member's memory grows: pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::metric::Bytes;

/// Growth is told over this span at least and over twice as much at most.
const SPAN: Duration = Duration::from_secs(30);

/// Bytes a minute, and the two sizes from which it is told next: the older is the one that growth is told against,
/// the newer takes its place when it is old enough.
pub(super) fn growth(
    then: Option<[(Moment, Bytes); 2]>,
    now: Option<Bytes>,
    at: Moment,
) -> (Option<f64>, Option<[(Moment, Bytes); 2]>) {
    let Some(size) = now else { return (None, None) };
    let Some([older, newer]) = then else { return (None, Some([(at, size); 2])) };
    let span = at.since(older.0);
    let told = (span >= SPAN).then(|| (size.0 as f64 - older.1.0 as f64) / (span.as_secs_f64() / 60.0));
    let is_old = at.since(newer.0) >= SPAN;
    (told, Some(if is_old { [newer, (at, size)] } else { [older, newer] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last growth told of sizes that are read once a second.
    fn after(sizes: impl Iterator<Item = u64>) -> Option<f64> {
        let mut then = None;
        let mut told = None;
        for (second, size) in sizes.enumerate() {
            let at = Moment::from_millis(second as u64 * 1_000);
            (told, then) = growth(then, Some(Bytes(size)), at);
        }
        told
    }

    #[test]
    fn growth_is_told_of_the_last_minute() {
        assert_eq!(after(0..30), None, "not for half a minute");
        assert_eq!(after(0..31), Some(60.0));
        assert_eq!(after((0..100).map(|n| n * 10)), Some(600.0));
        assert_eq!(after((0..100).map(|n| 1_000 - n)), Some(-60.0));
        assert_eq!(after((0..300).map(|n| n.min(100))), Some(0.0), "what it did before is over");
        assert_eq!(growth(None, None, Moment::from_millis(1)), (None, None));
    }
}
