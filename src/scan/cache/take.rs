//! A cache while a scan runs: it answers workers, and notes what they found to hold nothing. Many threads ask at once;
//! the table is read without a lock.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType};
use sha2::{Digest, Sha256};

use super::ranks::Ranks;
use super::record::{self, Content, Record};
use super::stamp::{Stamp, is_exact};
use super::table::{Draft, Head, MOST, Table};
use super::worth::Worth;
use crate::model::clock::{self, WallTime};

/// What earlier scans found to hold nothing, and what this one does.
#[derive(Debug)]
pub struct Cache {
    /// Where it lies.
    pub(super) file: PathBuf,
    /// The folder where it lies among others, if it does.
    pub(super) folder: Option<PathBuf>,
    pub(super) head: Head,
    table: Option<Table>,
    caution: Caution,
    noted: Mutex<Vec<Record>>,
    /// How many records were noted.
    count: AtomicUsize,
    ranks: Mutex<Ranks>,
    /// Files with lines that are high in entropy, which are scanned again only if these may be listed.
    late: Mutex<Vec<(PathBuf, Worth)>>,
    /// Whether it is their turn.
    is_late: AtomicBool,
}

/// What has to hold before times are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caution {
    /// They are old, and kept by a file system that keeps them well.
    Due,
    /// Nothing: for tests, which see to it that every change makes another time.
    #[cfg(test)]
    None,
}

/// What the cache knows of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Where that stands; `None` when a new record takes its place.
    at: Option<usize>,
    pub(crate) size: u64,
    pub(crate) worth: Worth,
}

/// What becomes of the files that were put off.
#[derive(Debug)]
pub(crate) enum Turn {
    /// These are scanned, for their lines may come among the best.
    Scan(Vec<PathBuf>),
    /// These need no look.
    Answer(Vec<(PathBuf, Worth)>),
}

/// A file of which the cache is asked, as it was before anything of it was read.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    path: &'a Path,
    stamp: Stamp,
    now: WallTime,
}

/// Reads a file and hashes what passes by.
#[derive(Debug)]
pub(crate) struct Noted<'a> {
    file: &'a mut File,
    digest: Sha256,
}

/// The most that is read at once only to be hashed.
const PIECE: usize = 256 << 10;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// A cache with what is known already; `listed` lines that are high in entropy come into the report.
    pub(super) fn new(
        file: PathBuf,
        folder: Option<PathBuf>,
        head: Head,
        table: Option<Table>,
        listed: usize,
    ) -> Self {
        Self {
            file,
            folder,
            head,
            table,
            caution: Caution::Due,
            noted: Mutex::default(),
            count: AtomicUsize::new(0),
            ranks: Mutex::new(Ranks::new(listed)),
            late: Mutex::default(),
            is_late: AtomicBool::new(false),
        }
    }

    #[cfg(test)]
    pub(super) fn with(self, caution: Caution) -> Self {
        Self { caution, ..self }
    }

    /// What is known of the file at this path, told by its times.
    pub(crate) fn by_times(&self, path: &Path, follows: bool) -> Option<Known> {
        let table = self.table.as_ref().filter(|table| self.believes(table))?;
        let (at, record) = table.find(&record::key(path))?;
        let flags = if follows { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        let stat = rustix::fs::statat(CWD, path, flags).ok()?;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let is_same = is_file && Stamp::of(&stat)? == record.stamp;
        is_same.then_some(Known { at: Some(at), size: record.stamp.size, worth: record.worth })
    }

    /// Whether the clock is where it may be: one that went back gives old times to new content.
    fn believes(&self, table: &Table) -> bool {
        self.head.written >= table.head.written && !self.is_late.load(Ordering::Relaxed)
    }

    /// What is known of a file that times say nothing of, told by all it holds. The file is at its start before and after.
    pub(crate) fn by_content(
        &self,
        asked: &Asked<'_>,
        file: &mut File,
        stop: &AtomicBool,
    ) -> io::Result<Option<Known>> {
        let table = self.table.as_ref().filter(|_| !self.is_late.load(Ordering::Relaxed));
        let known = table.and_then(|table| table.find(&record::key(asked.path)));
        let Some((at, known)) = known.filter(|(_, known)| known.stamp.size == asked.stamp.size) else {
            return Ok(None);
        };
        let content = Noted::new(file).finish(asked.stamp.size, stop)?;
        file.rewind()?;
        if content != Some(known.content) || !asked.holds(file) {
            return Ok(None);
        }
        let stamp = self.stamp(asked, file);
        let at = if stamp == known.stamp {
            Some(at)
        } else {
            self.add(Record { stamp, ..known });
            None
        };
        Ok(Some(Known { at, size: known.stamp.size, worth: known.worth }))
    }

    /// Takes what is known of a file for an answer.
    pub(crate) fn take(&self, known: &Known) {
        if let (Some(table), Some(at)) = (&self.table, known.at) {
            table.meet(at);
        }
    }

    /// Notes what a file came to. What of it was not read before is read now, for it is part of what the hash tells.
    pub(crate) fn note(&self, asked: &Asked<'_>, mut noted: Noted<'_>, worth: Worth, stop: &AtomicBool) {
        let Ok(Some(content)) = noted.finish(asked.stamp.size, stop) else { return };
        if asked.holds(noted.file) {
            let stamp = self.stamp(asked, noted.file);
            self.add(Record { key: record::key(asked.path), stamp, content, worth });
        }
    }

    /// The stamp by which a file is known from now on: with its size alone where times can't tell.
    fn stamp(&self, asked: &Asked<'_>, file: &File) -> Stamp {
        let is_told = match self.caution {
            #[cfg(test)]
            Caution::None => true,
            Caution::Due => asked.stamp.is_settled(asked.now) && is_on_exact(file),
        };
        if is_told { asked.stamp } else { Stamp { size: asked.stamp.size, ..Stamp::default() } }
    }

    fn add(&self, record: Record) {
        if self.count.fetch_add(1, Ordering::Relaxed) < MOST {
            lock(&self.noted).push(record);
        }
    }

    /// A line was found that is high in entropy by so much.
    pub(crate) fn rank(&self, excess: f64) {
        lock(&self.ranks).add(excess);
    }

    /// Leaves a file with such lines for later: until it is known which lines are the best.
    pub(crate) fn put_off(&self, path: &Path, known: &Known) {
        self.take(known);
        lock(&self.late).push((path.to_owned(), known.worth));
    }

    /// Whether some file was put off.
    pub(crate) fn has_late(&self) -> bool {
        !lock(&self.late).is_empty()
    }

    /// What becomes of the files that were put off, once all others are done; `None` when there are none.
    pub(crate) fn turn(&self) -> Option<Turn> {
        let mut late = lock(&self.late);
        if late.is_empty() {
            return None;
        }
        self.is_late.store(true, Ordering::Relaxed);
        late.sort_by(|(a, known), (b, other)| other.best.cmp(&known.best).then_with(|| a.cmp(b)));
        let needed = lock(&self.ranks).needed(late.iter().map(|(_, worth)| worth.best));
        let rest = late.split_off(needed);
        let first = std::mem::replace(&mut *late, rest);
        Some(if first.is_empty() {
            Turn::Answer(std::mem::take(&mut *late))
        } else {
            Turn::Scan(first.into_iter().map(|(path, _)| path).collect())
        })
    }

    /// Whether the file would be written as it stands there already.
    pub(super) fn is_as_written(&self, is_whole: bool) -> bool {
        let is_same =
            |table: &Table| table.head.build == self.head.build && (!is_whole || table.is_all_met());
        lock(&self.noted).is_empty() && self.table.as_ref().is_some_and(is_same)
    }

    /// Writes it; `is_whole` says that all files were met, so that others need not be kept.
    pub(super) fn write(&self, out: &mut dyn Write, is_whole: bool) -> io::Result<()> {
        let mut noted = lock(&self.noted);
        noted.sort_by_key(|record| record.key);
        noted.dedup_by_key(|record| record.key);
        let draft = Draft { head: self.head, old: self.table.as_ref(), keeps_all: !is_whole, new: &noted };
        draft.write(out)
    }
}

/// Whether a file lies where times tell one content from another.
#[cfg(target_os = "linux")]
fn is_on_exact(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|system| is_exact(system.f_type as u64))
}

/// Nobody has tried it elsewhere.
#[cfg(not(target_os = "linux"))]
fn is_on_exact(_: &File) -> bool {
    false
}

impl<'a> Asked<'a> {
    /// A file that is about to be read; `None` for one that can't be told from another.
    pub(crate) fn new(path: &'a Path, file: &File) -> Option<Self> {
        let now = clock::wall();
        let stamp = Stamp::of(&rustix::fs::fstat(file).ok()?)?;
        Some(Self { path, stamp, now })
    }

    /// Whether the file is as it was then.
    fn holds(&self, file: &File) -> bool {
        rustix::fs::fstat(file).ok().and_then(|stat| Stamp::of(&stat)) == Some(self.stamp)
    }
}

impl<'a> Noted<'a> {
    pub(crate) fn new(file: &'a mut File) -> Self {
        Self { file, digest: Sha256::new() }
    }

    /// Reads the rest of the file and gives the hash of all that passed by; `None` when it was stopped.
    fn finish(&mut self, size: u64, stop: &AtomicBool) -> io::Result<Option<Content>> {
        let mut piece = vec![0; size.clamp(512, PIECE as u64) as usize];
        while !stop.load(Ordering::Relaxed) {
            match self.read(&mut piece) {
                Ok(0) => return Ok(Some(self.digest.finalize_reset().into())),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(None)
    }
}

impl Read for Noted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}
