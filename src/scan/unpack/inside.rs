//! Scans a stream and, where it is packed, everything inside of it. This is what workers call.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::Gitignore;

use super::kind::Packed;
use super::limits::{Budget, Forgiving, Limits, Metered};
use super::opener::{Opener, Visitor};
use super::place::Place;
use crate::model::text::escape_path;
use crate::scan::blob::{Outcome, Scanner};
use crate::scan::finding::Finding;
use crate::scan::origin::{INSIDE, Origin};
use crate::scan::progress::Skip;

/// What a scan of packed content needs beside the content.
pub(crate) struct Inside<'a> {
    pub(crate) limits: Limits,
    /// What to leave out, matched against the names of entries.
    pub(crate) excludes: &'a Gitignore,
    /// The only place that is of interest, if not all are.
    pub(crate) only: Option<&'a Path>,
    /// Where the content as a whole came from.
    pub(crate) origin: &'a Origin,
    pub(crate) stop: &'a dyn Fn() -> bool,
    pub(crate) sink: &'a dyn Fn(Finding),
}

/// Scans one stream with all that lies inside of it; what is left out goes to `skip`, the first of each reason in words.
pub(crate) fn scan(
    scanner: &mut Scanner<'_>,
    reader: &mut dyn Read,
    expected: Option<u64>,
    inside: &Inside<'_>,
    skip: &mut dyn FnMut(Skip, Option<String>),
) -> io::Result<Outcome> {
    let Inside { limits, origin, stop, sink, .. } = *inside;
    scanner.looks_inside(limits.depth > 0);
    let mut outcome = scanner.scan(reader, expected, origin, stop, sink)?;
    let Some(packed) = outcome.packed.take() else { return Ok(outcome) };
    let budget = Budget::new(limits, expected, outcome.bytes);
    let place = Place::outer(&origin.path);
    let container = Arc::from(origin.path.as_path());
    let mut sum = Outcome::default();
    sum.add_findings(&outcome);
    let mut pieces = Pieces { scanner, inside, container, sum, skip };
    let mut reader = Metered { reader, budget: &budget };
    let mut reader = Forgiving::new(&mut reader);
    // Libraries that decode what a stranger wrote are not to end the scan of everything else.
    let walked = catch_unwind(AssertUnwindSafe(|| {
        Opener::new(&mut pieces, &budget).walk(&place, &packed, &mut reader);
    }));
    if walked.is_err() {
        pieces.skip(Skip::Damaged, Some((&place, "damaged: unpacking it failed")));
    }
    if let Some(error) = budget.failure() {
        return Err(error);
    }
    let mut sum = pieces.sum;
    sum.bytes = budget.read();
    Ok(sum)
}

/// Scans pieces as they come.
struct Pieces<'a, 'b> {
    scanner: &'a mut Scanner<'b>,
    inside: &'a Inside<'a>,
    container: Arc<Path>,
    sum: Outcome,
    skip: &'a mut dyn FnMut(Skip, Option<String>),
}

impl Visitor for Pieces<'_, '_> {
    fn wants(&mut self, place: &Place) -> bool {
        if self.inside.only.is_some_and(|only| !place.leads_to(only)) {
            return false;
        }
        let excluded = is_excluded(self.inside.excludes, &place.path);
        if excluded {
            self.skip(Skip::Excluded, None);
        }
        !excluded
    }

    fn take(
        &mut self,
        place: &Place,
        content: &mut dyn Read,
        size: Option<u64>,
        looks: bool,
    ) -> io::Result<Option<Packed>> {
        let Inside { origin, stop, sink, .. } = *self.inside;
        let container = (place.depth > 0).then(|| Arc::clone(&self.container));
        let here = Origin {
            path: place.path.clone(),
            source: origin.source,
            container: container.or_else(|| origin.container.clone()),
            commit: origin.commit.clone(),
        };
        self.scanner.looks_inside(looks);
        let mut outcome = self.scanner.scan(content, size, &here, stop, sink)?;
        let packed = outcome.packed.take();
        match packed {
            None => self.sum.add_piece(&outcome),
            // Its name may have been all that a rule asks for.
            Some(_) => self.sum.add_findings(&outcome),
        }
        Ok(packed)
    }

    fn skip(&mut self, reason: Skip, told: Option<(&Place, &str)>) {
        let words = told.map(|(place, why)| format!("{}: {why}", escape_path(&place.path)));
        (self.skip)(reason, words);
    }

    fn is_done(&self) -> bool {
        (self.inside.stop)()
    }
}

/// Whether a glob leaves out an entry, or a folder in its archive that it lies in.
fn is_excluded(excludes: &Gitignore, path: &Path) -> bool {
    if excludes.is_empty() {
        return false;
    }
    let name = path.to_string_lossy();
    let name = name.rsplit_once(INSIDE).map_or(&*name, |(_, name)| name);
    let mut folders = Path::new(name).ancestors().enumerate();
    folders.any(|(at, part)| !part.as_os_str().is_empty() && excludes.matched(part, at > 0).is_ignore())
}
