//! The first look: every blob once, as it lies in packs and files, on all threads. It comes to suspects: blobs that may
//! hold something in the kind of file that they were.
//!
//! A blob that is made out of another differs from it in a few places: only these are looked at, with all around
//! them that a rule may ask for, and what was found elsewhere in the other one is taken over (`zones`, `look`).

use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::crew::{self, Hand};
use super::forest::Class;
use super::grove::{Content, Made, STREAMED, Visitor};
use super::likeness::shared;
use super::look::{Eye, Seen};
use super::loose::{self, Opener};
use super::manner::Manner;
use super::nesting::Nesting;
use super::objects::Objects;
use super::repository::{Repository, failed};
use super::suspects::{Marker, Suspects, What};
use crate::scan::blob::Outcome;
use crate::scan::engine::Shared;
use crate::scan::finding::Source;
use crate::scan::origin::Origin;
use crate::scan::progress::{Progress, Report};

/// Trees and loose objects that one thread takes at once.
const BATCH: usize = 16;

/// Looks at all blobs; tells on how many threads, and what may hold something.
pub(super) fn survey(
    shared: &Shared<'_>,
    repository: &Repository,
    (objects, nesting): (&Objects, &Nesting),
    marker: &Marker,
    wanted: usize,
    report: &mut Report,
) -> (usize, Suspects) {
    let (hash, given) = (repository.hash(), repository.site.given.as_path());
    let trees: Vec<(u32, u32)> = (objects.packs.iter().zip(0..))
        .flat_map(|(pack, at)| pack.forest.blobs().iter().map(move |root| (at, *root)))
        .collect();
    let (next, next_loose) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let merged = Mutex::new(Suspects::new());
    let origin = Origin::new(Path::new(""), Source::History);
    let started = crew::run(shared, wanted, true, report, &|hand| {
        let mut look = Look {
            hand,
            given,
            origin: &origin,
            marker,
            eye: Eye::new(shared.options.rules(), &shared.key, marker, shared.options.binaries),
            found: RefCell::new(Suspects::new()),
            marks: Vec::new(),
            text: Vec::new(),
            last: Last::default(),
        };
        let (mut visitor, mut opener) = (Visitor::new(hash), Opener::new());
        let stop = || shared.stop.load(Ordering::Relaxed);
        while let Some(batch) = batch(&next, trees.len()).filter(|_| !stop()) {
            for &(at, root) in &trees[batch] {
                let at = at as usize;
                let pack = &objects.packs[at];
                visitor.visit(pack, root, &stop, &mut |node, content, made| {
                    if at > 0 && objects.is_again(at, &pack.id(node)) {
                        return None;
                    }
                    let manner = nesting.manners.of(objects.number_in(at, node));
                    look.blob((&|| pack.id(node), manner), content, made)
                });
            }
        }
        while let Some(batch) = batch(&next_loose, nesting.blobs.len()).filter(|_| !stop()) {
            for &at in &nesting.blobs[batch] {
                let (store, id) = &objects.loose[at];
                let manner = nesting.manners.of(objects.first_loose() + at);
                look.loose(opener.open(&objects.stores[*store], id), *id, manner);
            }
        }
        let mut merged = merged.lock().unwrap_or_else(PoisonError::into_inner);
        merged.merge(look.found.into_inner());
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
    eye: Eye<'a>,
    found: RefCell<Suspects>,
    marks: Vec<What>,
    text: Vec<u8>,
    last: Last,
}

/// The loose blob before this one. Git does not tell what that shares with it, but versions of a file come in a row.
#[derive(Default)]
struct Last {
    text: Vec<u8>,
    seen: Answer,
}

/// What was seen of a blob that is read as it stands.
type Answer = Option<Seen>;

/// The id of a blob, which is asked for only where something is told of it.
type Id<'a> = &'a dyn Fn() -> ObjectId;

impl Look<'_, '_> {
    fn loose(&mut self, opened: io::Result<(Class, u64, impl io::Read)>, id: ObjectId, manner: Manner) {
        match opened {
            Ok((Class::Blob, size, mut stream)) => {
                Progress::add(&self.hand.shared.progress.files_found, 1);
                if size > STREAMED {
                    self.blob((&|| id, manner), Ok(Content::Stream(&mut stream, size)), None);
                } else {
                    self.whole((id, manner), &mut stream, size as usize);
                }
            }
            Ok(_) => {}
            Err(error) => self.hand.unreadable(self.given, id, &error),
        }
    }

    /// Looks at a loose blob that fits into memory, as made out of the one before it.
    fn whole(&mut self, (id, manner): (ObjectId, Manner), stream: &mut impl io::Read, size: usize) {
        let mut text = std::mem::take(&mut self.text);
        // To the end, where the checksum stands.
        text.resize(size + 1, 0);
        let read = loose::fill(stream, &mut text);
        text.truncate(size);
        let whole = read.and_then(|read| {
            let is_whole = read == size;
            is_whole.then_some(Content::Whole(&text)).ok_or_else(|| failed("it is not as long as it says"))
        });
        let last = std::mem::take(&mut self.last);
        let copies = if last.seen.is_some() { shared(&last.text, &text) } else { Vec::new() };
        let made = (!copies.is_empty()).then_some((&copies[..], &last.seen));
        let seen = self.blob((&|| id, manner), whole, made);
        self.last = Last { text, seen };
        self.text = last.text;
    }

    /// Looks at a blob.
    fn blob(
        &mut self,
        (id, manner): (Id<'_>, Manner),
        content: io::Result<Content<'_>>,
        made: Option<Made<'_, Answer>>,
    ) -> Answer {
        let result = content.and_then(|content| self.content((id, manner), content, made));
        Progress::add(&self.hand.shared.progress.files_done, 1);
        result.unwrap_or_else(|error| {
            self.hand.unreadable(self.given, id(), &error);
            None
        })
    }

    fn content(
        &mut self,
        (id, manner): (Id<'_>, Manner),
        content: Content<'_>,
        made: Option<Made<'_, Answer>>,
    ) -> io::Result<Answer> {
        if !self.hand.wants(content.size()) {
            return Ok(None);
        }
        if let Content::Whole(text) = content {
            let least = self.found.get_mut().least;
            let seen = match made {
                Some((copies, Some(base))) => self.eye.changed((text, manner), base, copies, least),
                Some(_) | None => self.eye.whole((text, manner), least),
            };
            if let Some(seen) = seen {
                if !seen.held.is_empty() {
                    self.marks.clear();
                    self.marks.extend(seen.held.iter().map(|held| held.what));
                    self.found.get_mut().take_all(id(), &self.marks);
                }
                let binary = seen.is_binary && !self.hand.shared.options.binaries;
                self.hand.count(&Outcome { bytes: text.len() as u64, binary, ..Outcome::default() });
                return Ok(Some(seen));
            }
        }
        // It has to be unpacked or decoded first, or does not fit into memory.
        let id = id();
        let sink = |finding| self.found.borrow_mut().take(id, What::in_blob(id, self.marker, &finding));
        self.hand.about = format!("{}: blob {id}", crew::shown(self.given));
        let outcome = self.hand.scan(content, self.origin, &sink)?;
        self.hand.count(&outcome);
        Ok(None)
    }
}
