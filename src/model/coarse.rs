//! The long past of a counter: as many points as there is room for, over as long as it was watched.

use std::time::Duration;

use super::clock::Moment;

/// Points kept at most; of twice as many in the same span every other one goes.
const CAPACITY: usize = 256;

/// A counter from the beginning on, in steps that grow with its past.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Coarse {
    points: Vec<(Moment, f64)>,
    step: Duration,
}

impl Coarse {
    /// Adds a point, unless the newest one is younger than a step.
    pub fn push(&mut self, at: Moment, value: f64) {
        if self.points.last().is_some_and(|&(last, _)| at.since(last) < self.step) {
            return;
        }
        self.points.push((at, value));
        if self.points.len() >= CAPACITY {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.step = at.since(self.points[0].0) / (CAPACITY as u32 / 2);
        }
    }

    /// All points, oldest first.
    pub fn points(&self) -> &[(Moment, f64)] {
        &self.points
    }

    /// The same points, so much later.
    #[must_use]
    pub fn later(&self, by: Duration) -> Self {
        Self {
            points: self.points.iter().map(|&(at, value)| (at.plus(by), value)).collect(),
            step: self.step,
        }
    }

    /// What it was at this moment.
    #[must_use]
    pub fn until(&self, at: Moment) -> Self {
        let end = self.points.partition_point(|&(then, _)| then <= at);
        Self { points: self.points[..end].to_vec(), step: self.step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_past_is_kept_in_longer_steps() {
        let mut coarse = Coarse::default();
        for second in 0..100_000_u64 {
            coarse.push(Moment::from_millis(second * 1_000), second as f64);
            assert!(coarse.points.len() < CAPACITY);
        }
        let points = coarse.points();
        assert!(points.len() > CAPACITY / 4, "{}", points.len());
        assert_eq!(points[0], (Moment::from_millis(0), 0.0));
        let longest = points.windows(2).map(|pair| pair[1].1 - pair[0].1).fold(0.0, f64::max);
        assert!(longest < 2_000.0, "{longest}");
        assert_eq!(coarse.until(Moment::from_millis(0)).points().len(), 1);
    }
}
