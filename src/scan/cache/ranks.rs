//! Which of the lines that are high in entropy come into a report. Pure.
//!
//! A report lists the best lines of all files. Of a file that the cache answered it is known where its lines stand and how
//! far each goes, or at least how far the best of them goes, up to a 64th of a bit. So those that can't come among the best
//! are not looked at again, and the list is the same as without a cache.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How far a line goes, in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bits(f64);

impl Eq for Bits {}

impl Ord for Bits {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Bits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The best lines so far, by how far they go.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    wanted: usize,
    best: BinaryHeap<Reverse<Bits>>,
}

impl Ranks {
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, best: BinaryHeap::new() }
    }

    /// There is a line that goes at least so far.
    pub(crate) fn add(&mut self, bits: f64) {
        if self.wanted == 0 {
            return;
        }
        if self.best.len() < self.wanted {
            self.best.push(Reverse(Bits(bits)));
        } else if self.best.peek().is_some_and(|last| last.0 < Bits(bits)) {
            self.best.pop();
            self.best.push(Reverse(Bits(bits)));
        }
    }

    /// How far a line has to go to come among the best.
    pub(crate) fn least(&self) -> f64 {
        match self.best.peek() {
            _ if self.wanted == 0 => f64::INFINITY,
            Some(Reverse(last)) if self.best.len() >= self.wanted => last.0,
            _ => f64::NEG_INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::worth::{bits_of, steps};
    use super::*;

    #[test]
    fn who_lists_nothing_needs_nothing() {
        let mut ranks = Ranks::new(0);
        ranks.add(5.0);
        assert!(ranks.least() > 5.0);
        let mut ranks = Ranks::new(2);
        for (bits, least) in [(1.0, f64::NEG_INFINITY), (0.5, 0.5), (0.25, 0.5), (2.0, 1.0), (1.0, 1.0)] {
            ranks.add(bits);
            assert_eq!(ranks.least().to_bits(), least.to_bits(), "{bits}");
        }
    }

    proptest! {
        /// What is left unread would not have come among the best: of some files each line is known, of others the best.
        #[test]
        fn the_list_is_as_it_would_be(
            read in proptest::collection::vec(-3.0..4.0_f64, 0..40),
            placed in proptest::collection::vec(-3.0..4.0_f64, 0..40),
            files in proptest::collection::vec(proptest::collection::vec(-3.0..4.0_f64, 1..5), 0..40),
            wanted in 0_usize..20,
        ) {
            let top = |mut lines: Vec<f64>| {
                lines.sort_by(|a, b| b.total_cmp(a));
                lines.truncate(wanted);
                lines
            };
            let best = |file: &Vec<f64>| steps(file.iter().copied().fold(f64::MIN, f64::max)).unwrap();
            let mut ranks = Ranks::new(wanted);
            let sure = files.iter().map(|file| bits_of(best(file) - 1));
            for bits in read.iter().chain(&placed).copied().chain(sure) {
                ranks.add(bits);
            }
            let least = ranks.least();
            let needed = files.iter().filter(|file| bits_of(best(file)) >= least).flatten();
            let part = read.iter().chain(placed.iter().filter(|bits| **bits >= least)).chain(needed);
            let whole = read.iter().chain(&placed).chain(files.iter().flatten());
            prop_assert_eq!(top(part.copied().collect()), top(whole.copied().collect()));
        }
    }
}
