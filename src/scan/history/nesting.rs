//! Which folders and files stand in which folder, for all folders of a repository at once, as they lie in the packs:
//! each is made once, out of another, and only its new lines are read. No commit is asked for here.
//!
//! On the way it is told how each blob is to be read (`manner`), and which objects a folder asks for that are missing.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::crew;
use super::entry::Copied;
use super::folder::{EntryKind, Line, Listing};
use super::forest::Class;
use super::grove::{Content, Visitor};
use super::loose::Opener;
use super::manner::Manners;
use super::objects::Objects;
use super::pack::LARGEST;
use super::repository::failed;
use super::titles::{Book, Titles};

/// How many leads are kept: 64 MB. A repository with more of them is gone through commit by commit.
const MOST: usize = 16 << 20;
/// How many missing objects are told apart.
const MISSING: usize = 1 << 20;
/// How much room is made for a loose folder before it is read.
const FOLDER_ROOM: u64 = 1 << 16;
/// How many trees of deltas a thread takes at once.
const BATCH: usize = 64;

/// A lead to a folder has this bit.
const FOLDER: u32 = 1 << 31;
/// A line that leads to nothing of this repository.
const NOWHERE: u32 = u32::MAX;
/// The folder was not read.
const UNREAD: u32 = u32::MAX;

/// All folders of a repository.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    /// By the number of a folder: where in `leads` it begins, with how many there are.
    starts: Vec<u32>,
    leads: Vec<u32>,
    /// How many objects are there; what is missing has the numbers behind them.
    known: usize,
    missing: Vec<ObjectId>,
    /// Folders that could not be read.
    broken: HashMap<usize, io::Error>,
    /// Which of the loose objects are blobs, or can't be read; versions of a file follow one another.
    pub(crate) blobs: Vec<usize>,
    /// The commits among loose objects.
    pub(crate) commits: Vec<ObjectId>,
    /// Whether all leads could be kept.
    pub(crate) is_whole: bool,
    pub(crate) manners: Manners,
    titles: Titles,
}

/// What a line leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    Folder(usize),
    File(usize),
}

impl Nesting {
    /// Goes through all folders of packs, and those that lie in files of their own.
    pub(crate) fn read(
        is_stopped: &AtomicBool,
        objects: &Objects,
        hash: gix::hash::Kind,
        wanted: usize,
    ) -> Self {
        Self::within(is_stopped, objects, hash, (wanted, MOST))
    }

    /// The same with at most so many leads.
    pub(crate) fn within(
        is_stopped: &AtomicBool,
        objects: &Objects,
        hash: gix::hash::Kind,
        (wanted, most): (usize, usize),
    ) -> Self {
        let known = objects.count();
        if known + MISSING >= FOLDER as usize {
            // More than can be numbered: all is looked at, as if nothing had a name.
            let blobs = (0..objects.loose.len()).collect();
            return Self { known, blobs, ..Self::default() };
        }
        let gathering = Gathering {
            objects,
            id_length: hash.len_in_bytes(),
            manners: Manners::new(known),
            titles: Titles::new(known),
            missing: Mutex::default(),
            left: AtomicUsize::new(most),
            is_whole: AtomicBool::new(true),
            merged: Mutex::new(Gathered::default()),
        };
        let trees: Vec<(u32, u32)> = (objects.packs.iter().zip(0..))
            .flat_map(|(pack, at)| pack.forest.roots(Class::Tree).map(move |root| (at, root)))
            .collect();
        let (next, next_loose) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let stop = || is_stopped.load(Ordering::Relaxed);
        crew::share(wanted.min(1 + (trees.len() + objects.loose.len()) / BATCH), &|| {
            let mut gathered = Gathered::default();
            let mut visitor: Visitor<Option<Listing>> = Visitor::new(hash);
            let mut opener = Opener::new();
            while let Some(batch) = batch(&next, trees.len()).filter(|_| !stop()) {
                for &(at, root) in &trees[batch] {
                    let at = at as usize;
                    visitor.visit(&objects.packs[at], root, &stop, &mut |node, content, made| {
                        let base = made.and_then(|(copies, base)| base.as_ref().map(|base| (copies, base)));
                        gathering.folder((at, node), content, base, &mut gathered)
                    });
                }
            }
            while let Some(batch) = batch(&next_loose, objects.loose.len()).filter(|_| !stop()) {
                batch.for_each(|at| gathering.loose(at, &mut opener, &mut gathered));
            }
            gathering.merge(gathered);
        });
        gathering.finish(known)
    }

    /// What stands in a folder, in the order of its lines; an error when that is not known.
    pub(crate) fn leads(&self, folder: usize) -> io::Result<impl Iterator<Item = Lead>> {
        let start = self.starts.get(folder).copied().unwrap_or(UNREAD);
        if start == UNREAD {
            let error = self.broken.get(&folder);
            return Err(error.map_or_else(
                || io::Error::new(io::ErrorKind::NotFound, "this object is missing from the repository"),
                |error| io::Error::new(error.kind(), error.to_string()),
            ));
        }
        let (start, count) = (start as usize + 1, self.leads[start as usize] as usize);
        let lead = |lead: &u32| match *lead {
            NOWHERE => None,
            lead if lead & FOLDER == 0 => Some(Lead::File(lead as usize)),
            lead => Some(Lead::Folder((lead & !FOLDER) as usize)),
        };
        Ok(self.leads[start..start + count].iter().filter_map(lead))
    }

    /// What some folder asks for and is not there: ids, with numbers from the first of these on.
    pub(crate) fn missing(&self) -> (&[ObjectId], usize) {
        (&self.missing, self.known)
    }

    /// The name under which an object stands in every folder that holds it, where it has only one.
    pub(crate) fn name(&self, number: usize) -> Option<&[u8]> {
        self.titles.of(number)
    }

    /// Whether there is something that commits must be asked about, even if nothing is suspect.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.missing.is_empty() || !self.broken.is_empty()
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        self.known + self.missing.len()
    }
}

fn batch(next: &AtomicUsize, end: usize) -> Option<Range<usize>> {
    let from = next.fetch_add(BATCH, Ordering::Relaxed);
    (from < end).then(|| from..end.min(from + BATCH))
}

/// What one thread gathered.
#[derive(Default)]
struct Gathered {
    book: Book,
    /// Loose blobs, with their sizes.
    blobs: Vec<(usize, u64)>,
    commits: Vec<ObjectId>,
    starts: Vec<(u32, u32)>,
    leads: Vec<u32>,
    broken: HashMap<usize, io::Error>,
}

/// What the threads share.
struct Gathering<'a> {
    objects: &'a Objects,
    id_length: usize,
    manners: Manners,
    titles: Titles,
    missing: Mutex<HashMap<ObjectId, u32>>,
    /// How many leads may still be kept.
    left: AtomicUsize,
    is_whole: AtomicBool,
    merged: Mutex<Gathered>,
}

impl Gathering<'_> {
    /// Reads a folder of a pack.
    fn folder(
        &self,
        (pack, node): (usize, u32),
        content: io::Result<Content<'_>>,
        base: Option<(&[Copied], &Listing)>,
        gathered: &mut Gathered,
    ) -> Option<Listing> {
        let listing = content.and_then(|content| {
            let Content::Whole(text) = content else { return Err(failed("it is too large for a folder")) };
            let book = &mut gathered.book;
            let mut lead = |line: &Line<'_>| self.lead(line, book);
            let listing = match base {
                Some((copies, base)) => base.changed(text, copies, self.id_length, &mut lead),
                None => Listing::read(text, self.id_length, &mut lead),
            };
            listing.ok_or_else(|| failed("it is no folder"))
        });
        let number = self.objects.number_in(pack, node);
        // The first pack that holds it counts.
        let is_again = pack > 0 && self.objects.is_again(pack, &self.objects.id(number));
        match listing {
            Ok(listing) => {
                if !is_again {
                    self.keep(number, &listing, gathered);
                }
                Some(listing)
            }
            Err(error) => {
                if !is_again {
                    gathered.broken.insert(number, error);
                }
                None
            }
        }
    }

    /// Reads what lies in a file of its own, where that is a folder.
    fn loose(&self, at: usize, opener: &mut Opener, gathered: &mut Gathered) {
        let (store, id) = &self.objects.loose[at];
        let number = self.objects.first_loose() + at;
        match opener.open(&self.objects.stores[*store], id) {
            Ok((Class::Tree, size, stream)) => {
                let mut text = Vec::with_capacity(size.min(FOLDER_ROOM) as usize);
                let read = stream.take(LARGEST).read_to_end(&mut text).and_then(|_| {
                    let book = &mut gathered.book;
                    let listing = Listing::read(&text, self.id_length, &mut |line| self.lead(line, book));
                    listing.ok_or_else(|| failed("it is no folder"))
                });
                match read {
                    Ok(listing) => self.keep(number, &listing, gathered),
                    Err(error) => drop(gathered.broken.insert(number, error)),
                }
            }
            Ok((Class::Commit, ..)) => gathered.commits.push(*id),
            Ok((Class::Tag | Class::Broken, ..)) => {}
            // What can't be read is told when blobs are looked at.
            Ok((Class::Blob, size, _)) => gathered.blobs.push((at, size)),
            Err(_) => gathered.blobs.push((at, 0)),
        }
    }

    fn keep(&self, number: usize, listing: &Listing, gathered: &mut Gathered) {
        let start = gathered.leads.len();
        gathered.leads.push(0);
        gathered.leads.extend(listing.leads());
        let length = gathered.leads.len() - start;
        let taken = |left: usize| left.checked_sub(length);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_err() {
            self.is_whole.store(false, Ordering::Relaxed);
            gathered.leads.truncate(start);
            return;
        }
        gathered.leads[start] = length as u32 - 1;
        gathered.starts.push((number as u32, start as u32));
    }

    /// What a line leads to that was not met in the folder before it.
    fn lead(&self, line: &Line<'_>, book: &mut Book) -> u32 {
        let is_folder = line.kind == EntryKind::Folder;
        if line.kind == EntryKind::Submodule {
            return NOWHERE;
        }
        let Ok(id) = gix::oid::try_from_bytes(line.id) else { return NOWHERE };
        let number = match self.objects.number(id) {
            Some(number) => {
                let (title, manner) = self.titles.write(line.name, book);
                self.titles.add(number, title);
                if !is_folder {
                    self.manners.add(number, manner);
                }
                number as u32
            }
            // Git knows these two without being told.
            None if id.is_empty_tree() || id.is_empty_blob() => return NOWHERE,
            None => match self.miss(id) {
                Some(number) => number,
                None => return NOWHERE,
            },
        };
        number | if is_folder { FOLDER } else { 0 }
    }

    /// The number of something that is missing; `None` when that is too much.
    fn miss(&self, id: &gix::oid) -> Option<u32> {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (self.objects.count() + missing.len()) as u32;
        if missing.len() >= MISSING && !missing.contains_key(id) {
            return None;
        }
        Some(*missing.entry(id.to_owned()).or_insert(next))
    }

    fn merge(&self, gathered: Gathered) {
        let mut merged = self.merged.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = merged.leads.len() as u32;
        if merged.leads.is_empty() {
            merged.leads = gathered.leads;
        } else {
            merged.leads.extend(gathered.leads);
        }
        merged.starts.extend(gathered.starts.into_iter().map(|(number, start)| (number, start + moved)));
        merged.broken.extend(gathered.broken);
        merged.blobs.extend(gathered.blobs);
        merged.commits.extend(gathered.commits);
    }

    fn finish(self, known: usize) -> Nesting {
        let gathered = self.merged.into_inner().unwrap_or_else(PoisonError::into_inner);
        let missing = self.missing.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut starts = vec![UNREAD; known];
        for (number, start) in gathered.starts {
            starts[number as usize] = start;
        }
        let mut ids: Vec<(u32, ObjectId)> = missing.into_iter().map(|(id, number)| (number, id)).collect();
        ids.sort_unstable();
        let mut blobs = gathered.blobs;
        let first = self.objects.first_loose();
        // Files mostly grow: of the versions of one those of the nearest sizes are the most alike.
        blobs.sort_by_cached_key(|(at, size)| (self.titles.number(first + at), *size));
        Nesting {
            starts,
            leads: gathered.leads,
            known,
            missing: ids.into_iter().map(|(_, id)| id).collect(),
            broken: gathered.broken,
            blobs: blobs.into_iter().map(|(at, _)| at).collect(),
            commits: gathered.commits,
            is_whole: self.is_whole.into_inner(),
            manners: self.manners,
            titles: self.titles,
        }
    }
}
