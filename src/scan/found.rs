//! What a list of findings shows: one row for each secret, with all the places where it stands.

use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::Arc;

use super::baseline::{Accepted, Verdict};
use super::finding::Finding;
use super::map::Map;
use super::progress::Skip;
use crate::model::text::Text;

/// One secret with the places where it was found. It can be read like the finding that ranks best among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    best: Arc<Finding>,
    others: Vec<Arc<Finding>>,
}

impl Found {
    /// A secret in one place.
    pub fn new(finding: Finding) -> Self {
        Self { best: Arc::new(finding), others: Vec::new() }
    }

    /// The same secret in more places.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = Arc<Finding>>) -> Self {
        let mut places: Vec<Arc<Finding>> = self.places().cloned().chain(more).collect();
        places.sort_by(|a, b| a.rank(b));
        let best = places.remove(0);
        Self { best, others: places }
    }

    /// The place that ranks best.
    pub fn best(&self) -> &Arc<Finding> {
        &self.best
    }

    /// All places, the best first.
    pub fn places(&self) -> impl Iterator<Item = &Arc<Finding>> {
        std::iter::once(&self.best).chain(&self.others)
    }

    /// How many other places there are.
    pub fn more(&self) -> usize {
        self.others.len()
    }

    /// The order of a list; no two rows are equal in it.
    pub fn rank(&self, other: &Self) -> Ordering {
        self.best.rank(&other.best).then_with(|| self.secret_id.cmp(&other.secret_id))
    }

    /// What the baseline says of it, when that accepts it.
    pub fn accepted(&self) -> Option<Accepted> {
        self.best.accepted
    }

    /// What people said of it.
    pub fn verdict(&self) -> Option<Verdict> {
        self.best.verdict()
    }
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self::new(finding)
    }
}

/// A row is read like the finding it shows.
impl Deref for Found {
    type Target = Finding;

    fn deref(&self) -> &Finding {
        &self.best
    }
}

/// What a scan tells beside its findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Rows by level: high, medium, low, entropy; without those that are accepted.
    pub levels: [usize; 4],
    /// Rows that the baseline accepts.
    pub accepted: usize,
    /// Rows that people marked as real.
    pub real: usize,
    /// Entries of the baseline, and exceptions for other tools, that met nothing any more; known at the end of a scan.
    pub stale: Arc<Vec<Text>>,
    /// Whether these stand in the list too, at its end.
    pub shows_accepted: bool,
    /// What was skipped, in the order of [`Skip::ALL`].
    pub skipped: [u64; Skip::ALL.len()],
    /// Files with binary content, in which only provider tokens and private keys are looked for.
    pub binary: u64,
    /// Findings that had no room in the list.
    pub unlisted: usize,
    /// Whether somebody stopped the scan before its end.
    pub is_stopped: bool,
    /// How much of which folder looks random.
    pub map: Arc<Map>,
}

impl Tally {
    /// How much was skipped in all.
    pub fn skipped_in_all(&self) -> u64 {
        self.skipped.iter().sum()
    }
}
