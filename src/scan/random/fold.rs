//! Lines of one class in one file as one entry, whether they come one by one or counted. Pure.

use std::collections::HashMap;
use std::path::PathBuf;

use super::class::{Class, Folded};
use crate::scan::finding::Finding;

/// How many files and classes are told apart; the lines of others are only counted.
const MOST: usize = 20_000;

/// What was folded so far.
#[derive(Debug, Default)]
pub struct Folds {
    kept: HashMap<(PathBuf, Class), Finding>,
    beyond: u64,
}

impl Folds {
    /// Takes a line that was folded, or many that were; gives back what was not.
    pub fn take(&mut self, finding: Finding) -> Option<Finding> {
        let Some(Folded { class, lines }) = finding.folded else { return Some(finding) };
        let place = (finding.path.clone(), class);
        if let Some(known) = self.kept.get_mut(&place) {
            let before = known.folded.map_or(0, |folded| folded.lines);
            // The example is the first line, whichever thread was faster.
            if (finding.line, finding.column) < (known.line, known.column) {
                *known = finding;
            }
            known.folded = Some(Folded { class, lines: before.saturating_add(lines) });
        } else if self.kept.len() < MOST {
            self.kept.insert(place, finding);
        } else {
            self.beyond = self.beyond.saturating_add(lines);
        }
        None
    }

    /// One entry for each, the most lines first; and how many lines had no room.
    pub fn finish(self) -> (Vec<Finding>, u64) {
        let mut entries: Vec<Finding> = self.kept.into_values().collect();
        entries.sort_by(Finding::rank);
        (entries, self.beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    #[test]
    fn lines_add_up_by_file_and_class() {
        let one = |path: &str, line, class, lines| Finding {
            path: path.into(),
            line,
            level: crate::scan::finding::Level::Entropy,
            folded: Some(Folded { class, lines }),
            ..sample::finding()
        };
        let mut folds = Folds::default();
        let lines = [
            one("a", 9, Class::Uuid, 1),
            one("a", 3, Class::Uuid, 1),
            one("b", 1, Class::Uuid, 1),
            one("a", 5, Class::Media, 40),
            one("a", 12, Class::Uuid, 2),
        ];
        assert!(lines.into_iter().all(|line| folds.take(line).is_none()));
        let alone = Finding { folded: None, ..sample::finding() };
        assert_eq!(folds.take(alone.clone()), Some(alone));
        let (entries, beyond) = folds.finish();
        let told: Vec<String> = entries
            .iter()
            .map(|one| format!("{}:{} {}", one.path.display(), one.line, one.remarks().concat()))
            .collect();
        let expected = ["a:5 40 lines like this: base64 media", "a:3 4 lines like this: UUIDs", "b:1 UUIDs"];
        assert_eq!((told, beyond), (expected.map(str::to_owned).to_vec(), 0));
    }
}
