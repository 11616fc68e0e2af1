//! How random a token looks by itself: a handful of measures, weighed. The bigram ratio does most of the work; the others
//! know what it can't: that hex is no word although its pairs are even, and that words joined by numbers are no secret.

use super::bigram::Bigrams;
use super::shape::Shape;

/// The measures, by their names in a model.
pub const MEASURES: [&str; 12] = [
    "bias", "ratio", "least", "turns", "humps", "digits", "row", "number", "evenness", "parts", "hex",
    "length",
];

/// How much each of them counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chance(pub(crate) [f64; MEASURES.len()]);

/// The logit beyond which a token is as random, or as wordy, as any.
const SURE: f64 = 8.0;

impl Chance {
    /// What each measure counts, in their order.
    pub fn weights(&self) -> [f64; MEASURES.len()] {
        self.0
    }

    /// From -1, words, to 1, chance.
    pub(crate) fn of(&self, shape: &Shape) -> f64 {
        self.logit(shape).clamp(-SURE, SURE) / SURE
    }

    /// The same, without bounds.
    pub(crate) fn logit(&self, shape: &Shape) -> f64 {
        measures(shape).iter().zip(self.0).map(|(measure, weight)| measure * weight).sum()
    }
}

/// What is measured of a token with this table of pairs.
pub fn measured(token: &[u8], bigrams: &Bigrams) -> [f64; MEASURES.len()] {
    measures(&Shape::of(token, bigrams))
}

/// What is measured of a token, each about as large as one.
fn measures(shape: &Shape) -> [f64; MEASURES.len()] {
    let length = shape.looked();
    [
        1.0,
        shape.ratio,
        shape.least,
        shape.turns as f64 / length * 3.0,
        shape.humps as f64 / length * 3.0,
        shape.digits as f64 / length,
        shape.longest_row as f64 / length,
        shape.longest_number as f64 / length,
        (shape.evenness - 0.9) * 5.0,
        (shape.joiners as f64 / length * 5.0).min(1.0),
        f64::from(shape.is_hex || shape.is_uuid),
        (length / 32.0).min(2.0),
    ]
}
