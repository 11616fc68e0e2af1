//! Blobs that may hold something, before anybody knows what they are called.
//!
//! Without a name a blob is read as the kind of file that gives most findings. Which of these hold is seen when it
//! has its name; until then only marks are kept, of which rule found which secret, so that of a hundred versions of
//! a file that hold the same secret only the first need be looked at again.
//!
//! Nearly every blob holds tokens that are only high in entropy. Of these the best are kept, whatever blobs they
//! stand in.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use gix::ObjectId;

use crate::scan::finding::{Finding, Level};

/// How many different tokens that are only high in entropy are kept: twenty times what is shown.
const TOKENS: usize = 1_000;
/// How many places of tokens may wait before those are dropped that can't be among the best.
const WAITING: usize = 64 * TOKENS;
/// How many marks are kept; what is beyond stays suspect as a whole.
const MARKS: usize = 4_000_000;

/// Stands for a rule and a secret.
pub(crate) type Mark = u64;

/// Makes marks that nobody outside can foretell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marker(RandomState);

impl Marker {
    pub(crate) fn mark(&self, finding: &Finding) -> Mark {
        self.0.hash_one((&finding.rule, &finding.secret_id))
    }

    /// The same in a place.
    pub(crate) fn placed(&self, mark: Mark, path: &std::path::Path) -> u64 {
        self.0.hash_one((mark, path))
    }
}

/// What was found in blobs without names.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    /// The marks of each blob; none where there was no room for them.
    pub(crate) named: HashMap<ObjectId, Vec<Mark>>,
    marks: usize,
    tokens: Vec<(f64, Mark, ObjectId)>,
    /// From here on a token may be among the best.
    pub(crate) least: f64,
    /// Tokens that were not.
    pub(crate) dropped: u64,
}

impl Suspects {
    pub(crate) fn new() -> Self {
        Self { least: f64::NEG_INFINITY, ..Self::default() }
    }

    /// Takes what was found in a blob; true when it is worth to be remembered.
    pub(crate) fn take(&mut self, blob: ObjectId, marker: &Marker, finding: &Finding) -> bool {
        let mark = marker.mark(finding);
        if finding.level == Level::Entropy {
            if finding.excess < self.least {
                self.dropped += 1;
                return false;
            }
            self.tokens.push((finding.excess, mark, blob));
            if self.tokens.len() > WAITING {
                self.keep_best();
            }
            return true;
        }
        let marks = self.named.entry(blob).or_default();
        if self.marks < MARKS {
            marks.push(mark);
            self.marks += 1;
        }
        true
    }

    fn keep_best(&mut self) {
        self.tokens.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut different = 0;
        let mut last = None;
        let cut = self.tokens.iter().position(|(_, mark, _)| {
            different += usize::from(last.replace(*mark) != Some(*mark));
            different > TOKENS
        });
        if let Some(cut) = cut {
            self.least = self.tokens[cut].0;
            self.dropped += (self.tokens.len() - cut) as u64;
            self.tokens.truncate(cut);
        }
        // One token in very many blobs: it is known well enough.
        if self.tokens.len() > WAITING / 2 {
            self.dropped += (self.tokens.len() - WAITING / 2) as u64;
            self.tokens.truncate(WAITING / 2);
        }
    }

    /// Takes over what another thread found.
    pub(crate) fn merge(&mut self, other: Self) {
        for (blob, marks) in other.named {
            let room = MARKS.saturating_sub(self.marks).min(marks.len());
            self.marks += room;
            self.named.entry(blob).or_default().extend(&marks[..room]);
        }
        self.tokens.extend(other.tokens);
        self.dropped += other.dropped;
        self.keep_best();
    }

    /// All suspect blobs with their marks, tokens among them; and the marks of these tokens.
    pub(crate) fn settle(mut self) -> (HashMap<ObjectId, Vec<Mark>>, std::collections::HashSet<Mark>) {
        self.keep_best();
        let best = self.tokens.iter().map(|(_, mark, _)| *mark).collect();
        for (_, mark, blob) in self.tokens {
            self.named.entry(blob).or_default().push(mark);
        }
        (self.named, best)
    }
}
