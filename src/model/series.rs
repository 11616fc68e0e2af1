//! The history of one gauge: recent points, bounded, oldest first.

use std::collections::VecDeque;
use std::time::Duration;

use super::clock::Moment;

/// Points kept of each gauge: ten minutes at one a second.
pub const CAPACITY: usize = 600;

/// Fewer points than this have no median that says anything.
pub const FEWEST: usize = 5;

/// Recent values of one gauge with their moments.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    points: VecDeque<(Moment, f64)>,
}

impl Series {
    /// Adds a point; drops the oldest past [`CAPACITY`].
    pub fn push(&mut self, at: Moment, value: f64) {
        if self.points.len() == CAPACITY {
            self.points.pop_front();
        }
        self.points.push_back((at, value));
    }

    /// All points, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Moment, f64)> + '_ {
        self.points.iter().copied()
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// True before the first point.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.back().map(|&(_, value)| value)
    }

    /// The largest value kept.
    pub fn max(&self) -> Option<f64> {
        self.iter().map(|(_, value)| value).reduce(f64::max)
    }

    /// The largest value of the last `span`.
    pub fn max_since(&self, now: Moment, span: Duration) -> Option<f64> {
        let recent = self.iter().rev().take_while(|&(at, _)| now.since(at) <= span);
        recent.map(|(_, value)| value).reduce(f64::max)
    }

    /// The median of the values from one moment up to another; `None` of fewer than [`FEWEST`].
    pub fn median_between(&self, from: Moment, until: Moment) -> Option<f64> {
        let within = self.iter().filter(|&(at, _)| from <= at && at < until);
        let mut values: Vec<f64> = within.map(|(_, value)| value).collect();
        values.sort_unstable_by(f64::total_cmp);
        (values.len() >= FEWEST).then(|| values[values.len() / 2])
    }

    /// The same points, so much later.
    #[must_use]
    pub fn later(&self, by: Duration) -> Self {
        Self { points: self.points.iter().map(|&(at, value)| (at.plus(by), value)).collect() }
    }

    /// What it was at this moment.
    #[must_use]
    pub fn until(&self, at: Moment) -> Self {
        Self { points: self.points.iter().copied().take_while(|&(then, _)| then <= at).collect() }
    }

    /// The newest point that is at least `span` old, or else the oldest: where a window of `span` begins.
    pub fn window_start(&self, now: Moment, span: Duration) -> Option<(Moment, f64)> {
        let inside = self.points.partition_point(|&(at, _)| now.since(at) >= span);
        self.points.get(inside.saturating_sub(1)).copied()
    }

    /// Means over `columns` steps of `step` each that end at a whole multiple of `step`, oldest first.
    ///
    /// Because the steps lie on fixed multiples, a graph of them moves only when a step is full and not with
    /// every point: what moves on a screen costs bytes on the line.
    pub fn steps(&self, columns: usize, step: Duration) -> Vec<Option<f64>> {
        let width = (step.as_millis() as u64).max(1);
        let Some(&(newest, _)) = self.points.back() else {
            return vec![None; columns];
        };
        let last = newest.millis() / width;
        let mut sums = vec![(0.0, 0_u32); columns];
        for (at, value) in self.iter().rev() {
            let back = (last - at.millis() / width) as usize;
            if back >= columns {
                break;
            }
            let slot = &mut sums[columns - 1 - back];
            *slot = (slot.0 + value, slot.1 + 1);
        }
        sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / f64::from(n))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(u64, f64)]) -> Series {
        let mut series = Series::default();
        for &(at, value) in points {
            series.push(Moment::from_millis(at), value);
        }
        series
    }

    #[test]
    fn it_is_bounded() {
        let mut long = Series::default();
        for i in 0..CAPACITY as u64 + 5 {
            long.push(Moment::from_millis(i), i as f64);
        }
        assert_eq!(long.len(), CAPACITY);
        assert_eq!(long.iter().next(), Some((Moment::from_millis(5), 5.0)));
    }

    #[test]
    fn steps_stay_put_until_one_is_full() {
        let before = series(&[(0, 1.0), (1_000, 3.0), (2_000, 5.0)]);
        assert_eq!(before.steps(3, Duration::from_secs(2)), [None, Some(2.0), Some(5.0)]);
        let after = series(&[(0, 1.0), (1_000, 3.0), (2_000, 5.0), (3_000, 7.0)]);
        assert_eq!(after.steps(3, Duration::from_secs(2)), [None, Some(2.0), Some(6.0)]);
    }

    #[test]
    fn a_window_starts_at_the_newest_point_old_enough() {
        let some = series(&[(0, 1.0), (1_000, 3.0), (2_000, 5.0)]);
        let now = Moment::from_millis(2_000);
        assert_eq!(some.window_start(now, Duration::from_secs(1)), Some((Moment::from_millis(1_000), 3.0)));
        assert_eq!(some.window_start(now, Duration::from_mins(1)), Some((Moment::from_millis(0), 1.0)));
        assert_eq!(Series::default().window_start(now, Duration::from_secs(1)), None);
    }
}
