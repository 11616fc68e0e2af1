//! The count of what is right, line by line, as `score.py` of the labelled set does it for actionable labels.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::data::{Label, OUTSIZED, Truth};

/// A line that is reported, with its best score.
pub(crate) type Lines<'a> = BTreeMap<(&'a str, u64), f64>;

/// What a count comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    pub(crate) hit: usize,
    pub(crate) all: usize,
}

impl Counted {
    pub(crate) fn precision(&self) -> f64 {
        self.right as f64 / ((self.right + self.wrong) as f64).max(1.0)
    }

    pub(crate) fn recall(&self) -> f64 {
        self.hit as f64 / (self.all as f64).max(1.0)
    }

    pub(crate) fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    }
}

/// Labels, ready to count with.
pub(crate) struct Truths<'a> {
    labels: Vec<&'a Label>,
    /// The labels that cover a line.
    cover: HashMap<(&'a str, u64), Vec<usize>>,
    paths: BTreeSet<&'a str>,
}

impl<'a> Truths<'a> {
    /// Those of the repositories that `wants` names, without the outsized one.
    pub(crate) fn of(labels: &'a [Label], wants: impl Fn(&Label) -> bool) -> Self {
        let labels: Vec<&Label> =
            labels.iter().filter(|label| label.repository != OUTSIZED && wants(label)).collect();
        let mut cover: HashMap<(&str, u64), Vec<usize>> = HashMap::new();
        for (at, label) in labels.iter().enumerate() {
            (label.lines.0..=label.lines.1)
                .for_each(|line| cover.entry((&label.path, line)).or_default().push(at));
        }
        let paths = labels.iter().map(|label| &*label.path).collect();
        Self { labels, cover, paths }
    }

    /// How often these lines are right.
    pub(crate) fn count(&self, lines: impl IntoIterator<Item = (&'a str, u64)>) -> Counted {
        let (mut right, mut hit, mut wrong) = (BTreeSet::new(), BTreeSet::new(), 0);
        for place in lines.into_iter().filter(|(path, _)| self.paths.contains(path)) {
            let here = self.cover.get(&place).map_or(&[][..], Vec::as_slice);
            let of_true = || here.iter().copied().filter(|&at| self.labels[at].truth == Truth::True);
            let actionable: Vec<usize> = of_true().filter(|&at| self.labels[at].is_actionable).collect();
            match actionable.first() {
                Some(&first) => {
                    let is_one =
                        actionable.iter().any(|&at| self.labels[at].lines.0 == self.labels[at].lines.1);
                    right.insert(if is_one { (place.0, place.1, 0) } else { (place.0, 0, first + 1) });
                    hit.extend(actionable);
                }
                None if of_true().next().is_some() => {}
                None => wrong += 1,
            }
        }
        let all =
            self.labels.iter().filter(|label| label.truth == Truth::True && label.is_actionable).count();
        Counted { right: right.len(), wrong, hit: hit.len(), all }
    }

    /// The same for all lines at or above a score.
    pub(crate) fn at(&self, lines: &Lines<'a>, score: f64) -> Counted {
        self.count(lines.iter().filter(|(_, have)| **have >= score).map(|(place, _)| *place))
    }

    /// True and actionable labels, and whether each is hit, by category.
    pub(crate) fn by_category(&self, lines: &Lines<'a>, score: f64) -> BTreeMap<String, (usize, usize)> {
        let mut categories: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for label in self.labels.iter().filter(|label| label.truth == Truth::True && label.is_actionable) {
            let hit = (label.lines.0..=label.lines.1)
                .any(|line| lines.get(&(&*label.path, line)).is_some_and(|have| *have >= score));
            let entry = categories.entry(label.categories.join(":")).or_default();
            entry.0 += usize::from(hit);
            entry.1 += 1;
        }
        categories
    }
}
