//! Which files must be scanned again only because some of their lines are listed for their entropy. Pure.
//!
//! A report lists the best lines of all files. Of a file that the cache answered it is known how far its best line goes,
//! up to a 64th of a bit. So those that can't come among the best stay unread, and the list is the same as without a cache.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The best lines so far, by how far they go.
#[derive(Debug)]
pub(crate) struct Ranks {
    wanted: usize,
    /// In 64ths of a bit, rounded down: what a line surely reaches.
    best: BinaryHeap<Reverse<i32>>,
}

impl Ranks {
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, best: BinaryHeap::new() }
    }

    /// A line was found that goes so far.
    pub(crate) fn add(&mut self, bits: f64) {
        self.add_steps((bits * 64.0).floor() as i32);
    }

    fn add_steps(&mut self, steps: i32) {
        if self.wanted == 0 {
            return;
        }
        if self.best.len() < self.wanted {
            self.best.push(Reverse(steps));
        } else if self.best.peek().is_some_and(|last| last.0 < steps) {
            self.best.pop();
            self.best.push(Reverse(steps));
        }
    }

    /// The first of these files, the best first, that needs no look; each has a line that goes so far, rounded up.
    pub(crate) fn needed(&self, bests: impl IntoIterator<Item = i16> + Clone) -> usize {
        if self.wanted == 0 {
            return 0;
        }
        // Each of them is good for one line at least, a step below what it was rounded up to.
        let mut all = Self { wanted: self.wanted, best: self.best.clone() };
        for best in bests.clone().into_iter().take(self.wanted) {
            all.add_steps(i32::from(best) - 1);
        }
        let last = if all.best.len() < all.wanted { None } else { all.best.peek().map(|last| last.0) };
        bests.into_iter().take_while(|best| last.is_none_or(|last| i32::from(*best) >= last)).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::worth::steps;
    use super::*;

    #[test]
    fn who_lists_nothing_needs_nothing() {
        assert_eq!(Ranks::new(0).needed([5, 4]), 0);
        assert_eq!(Ranks::new(9).needed([5, 4]), 2, "there is room for all");
        assert_eq!(Ranks::new(9).needed([]), 0);
        let mut ranks = Ranks::new(2);
        for bits in [1.0, 0.5, 0.25] {
            ranks.add(bits);
        }
        assert_eq!(ranks.needed([65, 64, 33, 32, 31]), 2);
        assert_eq!(ranks.needed([32, 31]), 1, "it may come to as much as the last one");
    }

    proptest! {
        /// What is left unread would not have come among the best.
        #[test]
        fn the_list_is_as_it_would_be(
            read in proptest::collection::vec(-3.0..4.0_f64, 0..40),
            files in proptest::collection::vec(proptest::collection::vec(-3.0..4.0_f64, 1..5), 0..40),
            wanted in 0_usize..20,
        ) {
            let top = |lines: &mut Vec<f64>| {
                lines.sort_by(|a, b| b.total_cmp(a));
                lines.truncate(wanted);
                lines.clone()
            };
            let mut ranks = Ranks::new(wanted);
            for bits in &read {
                ranks.add(*bits);
            }
            let best = |file: &Vec<f64>| file.iter().copied().fold(f64::MIN, f64::max);
            let mut late = files.clone();
            late.sort_by_key(|file| Reverse(steps(best(file))));
            let needed = ranks.needed(late.iter().map(|file| steps(best(file)).unwrap()));
            let mut whole: Vec<f64> = read.iter().chain(files.iter().flatten()).copied().collect();
            let mut part: Vec<f64> = read.iter().chain(late[..needed].iter().flatten()).copied().collect();
            prop_assert_eq!(top(&mut part), top(&mut whole));
        }
    }
}
