//! What a candidate was judged by, for whoever fits the weights: it rides with a finding where a scan keeps all of them.

use std::sync::Arc;

use super::family::Family;
use super::features::Features;

/// What becomes of candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judging {
    /// They are judged, and those that are not worth it are not reported.
    #[default]
    Usual,
    /// They are judged, and all are reported with what they were judged by.
    Study,
    /// They keep the score of their rule: what judging costs is measured from here.
    Off,
}

/// What a candidate was judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Studied {
    /// How it was weighed.
    pub family: Family,
    /// What it was judged by.
    pub features: Arc<Features>,
    /// The score that its rule gives it.
    pub prior: f64,
    /// What the look at the secret itself multiplies the score with.
    pub factor: f64,
}
