//! The first look: every blob once, as it lies in packs and files, on all threads. It comes to suspects.
//!
//! A blob that is made out of another differs from it in a few places. Where that other one is known to hold nothing,
//! only these places are looked at, with all around them that a rule may ask for.

use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::crew::{self, Hand};
use super::forest::Class;
use super::grove::{Content, Visitor};
use super::loose;
use super::objects::Objects;
use super::repository::Repository;
use super::suspects::{Marker, Suspects};
use crate::scan::blob::Outcome;
use crate::scan::encoding::{Encoding, HEAD, detect};
use crate::scan::engine::Shared;
use crate::scan::finding::Source;
use crate::scan::origin::Origin;
use crate::scan::progress::{Progress, Report};
use crate::scan::rule::RuleSet;
use crate::scan::window::OVERLAP;

/// How far from a change something may become a hit, or none any more, with all that its rule has to see.
const MARGIN: usize = OVERLAP;
/// Trees and loose objects that one thread takes at once.
const BATCH: usize = 16;

/// What the first look came to.
pub(crate) struct Survey {
    pub(crate) suspects: Suspects,
    /// The commits among loose objects.
    pub(crate) commits: Vec<ObjectId>,
}

/// Looks at all blobs; tells on how many threads.
pub(super) fn survey(
    shared: &Shared<'_>,
    repository: &Repository,
    objects: &Objects,
    marker: &Marker,
    wanted: usize,
    report: &mut Report,
) -> (usize, Survey) {
    let (hash, given) = (repository.hash(), repository.site.given.as_path());
    let trees: Vec<(usize, u32)> = (objects.packs.iter().enumerate())
        .flat_map(|(at, pack)| pack.forest.blobs().iter().map(move |root| (at, *root)))
        .collect();
    let (next, next_loose) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let merged = Mutex::new(Survey { suspects: Suspects::new(), commits: Vec::new() });
    let origin = Origin::new(Path::new(""), Source::History);
    let sees_near = see_near(shared.options.rules());
    let started = crew::run(shared, wanted, true, report, &|hand| {
        let mut look = Look {
            hand,
            given,
            origin: &origin,
            marker,
            found: RefCell::new(Suspects::new()),
            commits: Vec::new(),
            sees_near,
        };
        let mut visitor = Visitor::new(hash);
        let stop = || shared.stop.load(Ordering::Relaxed);
        while let Some(batch) = batch(&next, trees.len()).filter(|_| !stop()) {
            for &(at, root) in &trees[batch] {
                let pack = &objects.packs[at];
                visitor.visit(pack, root, &stop, &mut |node, content| {
                    let id = pack.id(node);
                    !objects.is_again(at, &id) && look.blob(id, content)
                });
            }
        }
        while let Some(batch) = batch(&next_loose, objects.loose.len()).filter(|_| !stop()) {
            for (store, id) in &objects.loose[batch] {
                look.loose(&objects.stores[*store], *id);
            }
        }
        let mut merged = merged.lock().unwrap_or_else(PoisonError::into_inner);
        merged.commits.append(&mut look.commits);
        merged.suspects.merge(look.found.into_inner());
    });
    (started, merged.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn batch(next: &AtomicUsize, end: usize) -> Option<Range<usize>> {
    let from = next.fetch_add(BATCH, Ordering::Relaxed);
    (from < end).then(|| from..end.min(from + BATCH))
}

/// One thread's look.
struct Look<'a, 'h> {
    hand: &'a mut Hand<'h>,
    given: &'a Path,
    origin: &'a Origin,
    marker: &'a Marker,
    found: RefCell<Suspects>,
    commits: Vec<ObjectId>,
    /// Whether all rules decide by what lies near.
    sees_near: bool,
}

impl Look<'_, '_> {
    fn loose(&mut self, store: &Path, id: ObjectId) {
        match loose::open(store, &id) {
            Ok((Class::Blob, size, mut stream)) => {
                Progress::add(&self.hand.shared.progress.files_found, 1);
                self.blob(id, Ok(Content::Stream(&mut stream, size)));
            }
            Ok((Class::Commit, ..)) => self.commits.push(id),
            Ok(_) => {}
            Err(error) => self.hand.unreadable(self.given, id, &error),
        }
    }

    /// Looks at a blob; true when it is plain text that holds nothing.
    fn blob(&mut self, id: ObjectId, content: io::Result<Content<'_>>) -> bool {
        let result = content.and_then(|content| self.content(id, content));
        Progress::add(&self.hand.shared.progress.files_done, 1);
        result.unwrap_or_else(|error| {
            self.hand.unreadable(self.given, id, &error);
            false
        })
    }

    fn content(&mut self, id: ObjectId, content: Content<'_>) -> io::Result<bool> {
        let (size, is_plain) = match &content {
            Content::Whole(bytes, _) => (bytes.len() as u64, detect(bytes) == Encoding::Plain(0)),
            Content::Stream(_, size) => (*size, false),
        };
        if !self.hand.wants(size) {
            return Ok(false);
        }
        let holds_nothing = RefCell::new(true);
        let sink = |finding| {
            if self.found.borrow_mut().take(id, self.marker, &finding) {
                *holds_nothing.borrow_mut() = false;
            }
        };
        if let Content::Whole(bytes, Some((fresh, true))) = content
            && is_plain
            && self.sees_near
            && let Some(parts) = around(fresh, bytes.len())
        {
            for part in parts {
                self.hand.scan(Content::Whole(&bytes[part], None), self.origin, &sink)?;
            }
            self.hand.count(&Outcome { bytes: size, ..Outcome::default() });
            return Ok(holds_nothing.into_inner());
        }
        let outcome = self.hand.scan(content, self.origin, &sink)?;
        self.hand.count(&outcome);
        Ok(is_plain && outcome.inside.count == 0 && holds_nothing.into_inner())
    }
}

/// Whether no rule has to see further than [`MARGIN`]; some from elsewhere look at a whole file.
fn see_near(rules: &RuleSet) -> bool {
    rules.anchors.in_file.is_empty()
        && rules.rules.iter().all(|rule| rule.before + rule.reach + 128 <= MARGIN)
}

/// The parts of a text in which something may have changed; `None` when they are most of it.
fn around(fresh: &[Range<usize>], length: usize) -> Option<Vec<Range<usize>>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut total = 0;
    // By its first bytes a file is told to be packed, or no text.
    if fresh.first().is_some_and(|first| first.start < HEAD) {
        return None;
    }
    for place in fresh {
        let part = place.start.saturating_sub(MARGIN)..length.min(place.end + MARGIN);
        match parts.last_mut() {
            Some(last) if part.start <= last.end => {
                total += part.end.saturating_sub(last.end);
                last.end = last.end.max(part.end);
            }
            _ => {
                total += part.len();
                parts.push(part);
            }
        }
    }
    (total <= length / 4 * 3).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule;

    #[test]
    fn our_rules_see_near() {
        assert!(see_near(rule::builtin()));
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one part is meant")]
    fn only_what_changed_is_looked_at() {
        let check = |fresh: &[Range<usize>], length: usize, expected: Option<&[Range<usize>]>| {
            assert_eq!(around(fresh, length).as_deref(), expected, "{fresh:?} of {length}");
        };
        let far = 100 * MARGIN;
        check(&[], far, Some(&[]));
        check(&[0..5], far, None);
        check(&[MARGIN..MARGIN], far, Some(&[0..2 * MARGIN]));
        check(&[far..far], far, Some(&[far - MARGIN..far]));
        let two = [5 * MARGIN..5 * MARGIN + 1, 6 * MARGIN..6 * MARGIN];
        check(&two, far, Some(&[4 * MARGIN..7 * MARGIN]));
        check(&[5..6], 2 * MARGIN, None);
        check(&[], 0, Some(&[]));
    }
}
