//! From which score on a finding is of which level: chosen on labelled data, and carried by the model with what was measured.

use crate::scan::finding::Level;

/// One threshold, and what was measured at it on repositories that the model had not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The least score.
    pub score: f64,
    /// The share of true ones among those that are reported from here on.
    pub precision: f64,
    /// The share of all that are found.
    pub recall: f64,
}

/// The thresholds of all levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Of findings that are almost surely real.
    pub high: Threshold,
    /// Of those that are shown when nothing is said.
    pub medium: Threshold,
    /// Of those that are kept at all.
    pub low: Threshold,
}

impl Default for Levels {
    /// What holds where nothing was measured.
    fn default() -> Self {
        let threshold = |score| Threshold { score, precision: 0.0, recall: 0.0 };
        Self { high: threshold(0.8), medium: threshold(0.5), low: threshold(0.1) }
    }
}

impl Levels {
    /// The level of this score; `None` when it is not worth reporting.
    pub fn of(&self, score: f64) -> Option<Level> {
        match score {
            s if s >= self.high.score => Some(Level::High),
            s if s >= self.medium.score => Some(Level::Medium),
            s if s >= self.low.score => Some(Level::Low),
            _ => None,
        }
    }

    /// Whether they are in order and in range.
    pub(crate) fn is_sound(&self) -> bool {
        let in_range =
            |one: &Threshold| [one.score, one.precision, one.recall].iter().all(|x| (0.0..=1.0).contains(x));
        [self.high, self.medium, self.low].iter().all(in_range)
            && self.high.score >= self.medium.score
            && self.medium.score >= self.low.score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_levels() {
        let levels = Levels::default();
        assert_eq!(levels.of(0.8), Some(Level::High));
        assert_eq!(levels.of(0.79), Some(Level::Medium));
        assert_eq!(levels.of(0.2), Some(Level::Low));
        assert_eq!(levels.of(0.0), None);
        assert_eq!(levels.of(f64::NAN), None);
        assert!(levels.is_sound());
        assert!(!Levels { high: levels.low, low: levels.high, ..levels }.is_sound());
    }
}
