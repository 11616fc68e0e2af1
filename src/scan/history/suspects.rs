//! Blobs that may hold something, before anybody knows what they are called.
//!
//! Without a name a blob is read as the kind of file that gives most findings. Which of these hold is seen when it
//! has its name; until then only marks are kept, of which rule found which secret, so that of a hundred versions of
//! a file that hold the same secret only the first need be looked at again.
//!
//! Nearly every blob holds tokens that are only high in entropy. Of these the best are kept, whatever blobs they
//! stand in.

use std::hash::{BuildHasher, RandomState};

use gix::ObjectId;
use gix::hashtable::HashMap;

use crate::scan::blob::ENTROPY_CAP;
use crate::scan::finding::{Finding, Level};

/// How many different tokens that are only high in entropy are kept: twenty times what is shown.
pub(crate) const TOKENS: usize = 1_000;
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
        self.of(&finding.rule, &finding.secret_id)
    }

    /// The mark of a rule and the id of a secret.
    pub(crate) fn of(&self, rule: &str, secret_id: &str) -> Mark {
        self.0.hash_one((rule, secret_id))
    }

    /// The mark of something that a rule found, with the text by which it is decided whether that holds.
    pub(crate) fn seen_in(&self, mark: Mark, context: &[u8]) -> Mark {
        self.0.hash_one((mark, context))
    }

    /// The same in a place.
    pub(crate) fn placed(&self, mark: Mark, path: &std::path::Path) -> u64 {
        self.0.hash_one((mark, path))
    }
}

/// What was found in a text without a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    /// By a rule for a kind of secret, in what context.
    Named(Mark),
    /// A token that is only high in entropy, and by how much.
    Token(Mark, f64),
}

impl What {
    /// What was found in a blob that can't be looked at in part: whether it holds is asked of each such blob.
    pub(crate) fn in_blob(blob: ObjectId, marker: &Marker, finding: &Finding) -> Self {
        let mark = marker.mark(finding);
        match finding.level {
            Level::Entropy => Self::Token(mark, finding.excess),
            _ => Self::Named(marker.seen_in(mark, blob.as_bytes())),
        }
    }

    /// Whether it is worth to be remembered when tokens must have so much to be among the best.
    pub(crate) fn may_matter(self, least: f64) -> bool {
        !matches!(self, Self::Token(_, excess) if excess < least)
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
    dropped: u64,
}

impl Suspects {
    pub(crate) fn new() -> Self {
        Self { least: f64::NEG_INFINITY, ..Self::default() }
    }

    /// Takes what was found in a blob.
    pub(crate) fn take(&mut self, blob: ObjectId, what: What) {
        match what {
            What::Named(mark) => {
                let marks = self.named.entry(blob).or_default();
                if self.marks < MARKS {
                    marks.push(mark);
                    self.marks += 1;
                } else {
                    marks.clear();
                }
            }
            What::Token(_, excess) if excess < self.least => self.dropped += 1,
            What::Token(mark, excess) => {
                self.tokens.push((excess, mark, blob));
                if self.tokens.len() > WAITING {
                    self.keep_best();
                }
            }
        }
    }

    /// Takes all that was found in a blob: of tokens the best ones, as many as a scan of its file would tell.
    pub(crate) fn take_all(&mut self, blob: ObjectId, all: &[What]) {
        let excess = |what: &What| if let What::Token(_, excess) = what { Some(*excess) } else { None };
        let mut tokens: Vec<f64> = Vec::new();
        if all.len() > ENTROPY_CAP {
            tokens.extend(all.iter().filter_map(excess));
        }
        let mut least = f64::NEG_INFINITY;
        if tokens.len() > ENTROPY_CAP {
            let (_, nth, _) = tokens.select_nth_unstable_by(ENTROPY_CAP - 1, |a, b| b.total_cmp(a));
            least = *nth;
            self.dropped += (tokens.len() - ENTROPY_CAP) as u64;
        }
        all.iter().filter(|what| what.may_matter(least)).for_each(|what| self.take(blob, *what));
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
            let has_room = self.marks + marks.len() <= MARKS;
            self.marks += marks.len();
            self.named.insert(blob, if has_room { marks } else { Vec::new() });
        }
        self.tokens.extend(other.tokens);
        self.dropped += other.dropped;
        self.keep_best();
    }

    /// What is to be looked at again.
    pub(crate) fn settle(mut self) -> Settled {
        self.keep_best();
        let mut tokens: Vec<Mark> = self.tokens.iter().map(|(_, mark, _)| *mark).collect();
        tokens.dedup();
        let mut holders: HashMap<ObjectId, Vec<Mark>> = HashMap::default();
        for (_, mark, blob) in self.tokens {
            holders.entry(blob).or_default().push(mark);
        }
        Settled { named: self.named, tokens, holders, dropped: self.dropped }
    }
}

/// The suspects of all threads.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Blobs in which a rule for a kind of secret found something, with the marks of that; none where there was no
    /// room for them.
    pub(crate) named: HashMap<ObjectId, Vec<Mark>>,
    /// Tokens that are only high in entropy, the best first.
    pub(crate) tokens: Vec<Mark>,
    /// The blobs that hold these.
    pub(crate) holders: HashMap<ObjectId, Vec<Mark>>,
    /// How many tokens were not among the best.
    pub(crate) dropped: u64,
}
