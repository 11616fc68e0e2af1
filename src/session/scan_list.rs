//! The findings of a scan as a list: grouped by secret and ranked while they come. Pure.
//!
//! Findings wait unsorted until the list is asked for; then only what is new is sorted, and merged into what is
//! ranked already. A list of a hundred thousand costs a copy of its pointers, not a sort of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::scan::finding::{Finding, Level};
use crate::scan::found::Found;

/// Findings kept that are named, and those that are only high in entropy: a flood of the latter must not take the
/// room of a real secret. What lies beyond is counted and told.
const KEPT: [usize; 2] = [100_000, 20_000];

/// The rows of a list.
pub(super) type Rows = Arc<Vec<Arc<Found>>>;

/// All that a scan has found, as a list.
#[derive(Debug)]
pub(crate) struct List {
    fresh: Vec<Finding>,
    open: Ranked,
    accepted: Ranked,
    kept: [usize; 2],
    beyond: usize,
    shows_accepted: bool,
    is_changed: bool,
}

impl Default for List {
    /// An empty list, which is news too: the scan before may have found something.
    fn default() -> Self {
        let (open, accepted) = <(Ranked, Ranked)>::default();
        let fresh = Vec::new();
        Self { fresh, open, accepted, kept: [0; 2], beyond: 0, shows_accepted: false, is_changed: true }
    }
}

impl List {
    /// Takes a finding in.
    pub(crate) fn push(&mut self, mut finding: Finding) {
        let kind = usize::from(finding.level == Level::Entropy);
        if self.kept[kind] >= KEPT[kind] {
            self.beyond += 1;
            return;
        }
        self.kept[kind] += 1;
        // The pane shows the line itself; this would be a third of what a finding takes.
        finding.excerpt = String::new();
        self.fresh.push(finding);
    }

    /// The list anew, when it is another one than at the last call.
    pub(crate) fn news(&mut self) -> Option<Rows> {
        let fresh = std::mem::take(&mut self.fresh);
        if fresh.is_empty() && !self.is_changed {
            return None;
        }
        self.is_changed = false;
        let (accepted, open): (Vec<_>, Vec<_>) =
            fresh.into_iter().map(Arc::new).partition(|finding| finding.accepted.is_some());
        self.open.add(open);
        self.accepted.add(accepted);
        let mut rows = self.open.rows.clone();
        if self.shows_accepted {
            rows.extend(self.accepted.rows.iter().cloned());
        }
        Some(Arc::new(rows))
    }

    /// What was told last did not arrive.
    pub(crate) fn tell_again(&mut self) {
        self.is_changed = true;
    }

    /// Whether accepted rows stand in the list too, at its end.
    pub(crate) fn show_accepted(&mut self, is_wanted: bool) {
        self.is_changed |= self.shows_accepted != is_wanted;
        self.shows_accepted = is_wanted;
    }

    /// Puts the places of a secret into the list anew, as a baseline that was changed sees them.
    pub(crate) fn replace(&mut self, places: Vec<Arc<Finding>>) {
        self.open.drop_places(&places);
        self.accepted.drop_places(&places);
        let (accepted, open): (Vec<_>, Vec<_>) =
            places.into_iter().partition(|finding| finding.accepted.is_some());
        self.open.add(open);
        self.accepted.add(accepted);
        self.is_changed = true;
    }

    /// Rows by level that are not accepted, rows that are, and findings that had no room.
    pub(crate) fn counts(&self) -> ([usize; 4], usize, usize) {
        (self.open.levels, self.accepted.rows.len(), self.beyond)
    }

    /// Rows that people marked as real.
    pub(crate) fn real(&self) -> usize {
        self.open.real
    }

    /// Whether accepted rows stand in the list.
    pub(crate) fn shows_accepted(&self) -> bool {
        self.shows_accepted
    }
}

/// Rows in their order, each secret once.
#[derive(Debug, Default)]
struct Ranked {
    by_secret: HashMap<String, Arc<Found>>,
    rows: Vec<Arc<Found>>,
    levels: [usize; 4],
    /// Those that people marked as real.
    real: usize,
}

impl Ranked {
    /// Takes a row out of the counts.
    fn uncount(&mut self, row: &Found) {
        self.levels[row.level as usize] -= 1;
        self.real -= usize::from(row.is_real);
    }

    fn add(&mut self, findings: Vec<Arc<Finding>>) {
        let mut by_secret: HashMap<String, Vec<Arc<Finding>>> = HashMap::new();
        for finding in findings {
            by_secret.entry(finding.secret_id.clone()).or_default().push(finding);
        }
        let (mut stale, mut fresh) = (HashSet::new(), Vec::with_capacity(by_secret.len()));
        for (secret, mut places) in by_secret {
            let found = if let Some(old) = self.by_secret.get(&secret) {
                stale.insert(Arc::as_ptr(old));
                let old = Arc::clone(old);
                self.uncount(&old);
                old.with(places)
            } else {
                let first = places.swap_remove(0);
                Found::from(Arc::unwrap_or_clone(first)).with(places)
            };
            self.levels[found.level as usize] += 1;
            self.real += usize::from(found.is_real);
            let found = Arc::new(found);
            self.by_secret.insert(secret, Arc::clone(&found));
            fresh.push(found);
        }
        self.merge(&stale, fresh);
    }

    /// Takes places out of the row of their secret, and the row with its last one.
    fn drop_places(&mut self, places: &[Arc<Finding>]) {
        let Some(secret) = places.first().map(|finding| &finding.secret_id) else { return };
        let Some(old) = self.by_secret.remove(secret) else { return };
        self.uncount(&old);
        let goes = |place: &Finding| {
            let is = |other: &Arc<Finding>| {
                (&other.path, other.line, other.column, &other.rule)
                    == (&place.path, place.line, place.column, &place.rule)
            };
            places.iter().any(is)
        };
        self.merge(&HashSet::from([Arc::as_ptr(&old)]), Vec::new());
        let rest = old.places().filter(|place| !goes(place)).cloned().collect();
        self.add(rest);
    }

    /// Replaces stale rows by fresh ones, each in its place.
    fn merge(&mut self, stale: &HashSet<*const Found>, mut fresh: Vec<Arc<Found>>) {
        fresh.sort_by(|a, b| a.rank(b));
        let mut rows = Vec::with_capacity(self.rows.len() + fresh.len());
        let mut take = |part: &[Arc<Found>]| {
            let stays = |row: &&Arc<Found>| stale.is_empty() || !stale.contains(&Arc::as_ptr(row));
            rows.extend(part.iter().filter(stays).cloned());
        };
        let mut rest = &self.rows[..];
        let mut places = Vec::with_capacity(fresh.len());
        for row in &fresh {
            let at = rest.partition_point(|old| old.rank(row).is_lt());
            places.push(at);
            rest = &rest[at..];
        }
        let mut rest = &self.rows[..];
        for (row, at) in fresh.into_iter().zip(places) {
            take(&rest[..at]);
            take(&[row]);
            rest = &rest[at..];
        }
        take(rest);
        self.rows = rows;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::scan::baseline::{Accepted, Verdict};
    use crate::scan::finding::Source;
    use crate::scan::judge::levels::Levels;
    use crate::scan::origin::Origin;

    fn finding(path: &str, line: u64, secret: &str, score: f64) -> Finding {
        Finding {
            line,
            end_column: 9,
            rule: "rule".into(),
            score,
            level: Levels::default().of(score).unwrap_or(Level::Low),
            entropy: 3.0,
            entropy_ceiling: 4.0,
            fingerprint: format!("rule:{secret}:{path}"),
            secret_id: secret.to_owned(),
            redacted: "********".to_owned(),
            ..Finding::of(&Origin::new(Path::new(path), Source::File))
        }
    }

    /// These places with what people said of them.
    fn decided(places: &[Arc<Finding>], verdict: Verdict) -> Vec<Arc<Finding>> {
        let decided = |place: &Arc<Finding>| {
            let mut place = (**place).clone();
            place.decide(verdict);
            Arc::new(place)
        };
        places.iter().map(decided).collect()
    }

    fn told(list: &mut List) -> Vec<(String, usize)> {
        let rows = list.news().expect("there is something new");
        rows.iter().map(|row| (row.path.display().to_string(), row.more())).collect()
    }

    fn rows(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
        expected.iter().map(|(path, more)| ((*path).to_owned(), *more)).collect()
    }

    #[test]
    fn a_secret_is_one_row_wherever_it_stands() {
        let mut list = List::default();
        assert!(list.news().is_some_and(|rows| rows.is_empty()), "an empty list replaces the one before");
        assert!(list.news().is_none());
        list.push(finding("b", 1, "one", 0.9));
        list.push(finding("c", 1, "two", 0.6));
        list.push(finding("d", 1, "one", 0.9));
        assert_eq!(told(&mut list), rows(&[("b", 1), ("c", 0)]));
        assert!(list.news().is_none(), "nothing is new");
        list.push(finding("e", 1, "two", 0.95));
        list.push(finding("a", 1, "one", 0.9));
        assert_eq!(told(&mut list), rows(&[("e", 1), ("a", 2)]), "the best place leads");
        assert_eq!(list.counts(), ([2, 0, 0, 0], 0, 0));
    }

    #[test]
    fn accepted_rows_leave_the_list_and_come_back() {
        let mut list = List::default();
        list.push(finding("a", 1, "one", 0.9));
        list.push(finding("b", 1, "one", 0.9));
        list.push(finding("c", 1, "two", 0.3));
        list.push(Finding { accepted: Some(Accepted::Known), ..finding("d", 1, "one", 0.9) });
        let first = list.news().unwrap();
        assert_eq!(list.counts(), ([1, 0, 1, 0], 1, 0));
        let places: Vec<_> = first[0].places().cloned().collect();
        list.replace(decided(&places, Verdict::NotASecret));
        assert_eq!(told(&mut list), rows(&[("c", 0)]));
        assert_eq!(list.counts(), ([0, 0, 1, 0], 1, 0), "all its places are one row again");
        list.show_accepted(true);
        assert_eq!(told(&mut list), rows(&[("c", 0), ("a", 2)]), "behind all others");
        list.replace(places.clone());
        assert_eq!(told(&mut list), rows(&[("a", 1), ("c", 0), ("d", 0)]));
        let low: Vec<_> = first[1].places().cloned().collect();
        list.replace(decided(&low, Verdict::Real));
        assert_eq!(told(&mut list), rows(&[("c", 0), ("a", 1), ("d", 0)]), "what people know is sure");
        assert_eq!((list.real(), list.counts().0), (1, [2, 0, 0, 0]));
        list.replace(low);
        assert_eq!((list.real(), list.counts().0), (0, [1, 0, 1, 0]));
    }

    #[test]
    fn entropy_takes_no_room_of_named_ones() {
        let mut list = List::default();
        for line in 0..KEPT[1] as u64 + 7 {
            list.push(Finding { level: Level::Entropy, ..finding("a", line, &line.to_string(), 0.1) });
        }
        list.push(finding("z", 1, "real", 0.9));
        assert_eq!(told(&mut list)[0], ("z".to_owned(), 0));
        assert_eq!(list.counts(), ([1, 0, 0, KEPT[1]], 0, 7));
    }

    proptest! {
        /// However findings come in, the list is the one that a single sort would give.
        #[test]
        fn merging_is_sorting(batches in proptest::collection::vec(
            proptest::collection::vec((0_u8..12, 0_u64..30, 0_u8..6, 0_u8..10), 0..12), 1..8,
        )) {
            let mut list = List::default();
            let mut whole = List::default();
            let mut last = None;
            for batch in &batches {
                for (path, line, secret, score) in batch {
                    let one = finding(&format!("f{path}"), *line, &secret.to_string(), f64::from(*score) / 10.0);
                    list.push(one.clone());
                    whole.push(one);
                }
                last = list.news().or(last);
            }
            let rows = |rows: Option<Rows>| rows.map(|rows| rows.iter().map(|row| {
                let places: Vec<_> = row.places().map(|place| (place.path.clone(), place.line, place.score.to_bits())).collect();
                (row.secret_id.clone(), places)
            }).collect::<Vec<_>>());
            let counts = list.counts();
            prop_assert_eq!(rows(last), rows(whole.news()));
            prop_assert_eq!(counts, whole.counts());
        }
    }
}
