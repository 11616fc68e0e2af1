//! A cache while a scan runs: it answers workers, and notes what files came to. Many threads ask at once; the table is
//! read without a lock.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType};
use sha2::{Digest, Sha256};

use super::ranks::Ranks;
use super::record::{self, Content, Record};
use super::spot::Spot;
use super::stamp::{Stamp, is_exact};
use super::table::{Draft, Entry, Head, MOST, MOST_SPOTS, Table};
use super::worth::{Worth, bits_of};
use crate::model::clock::{self, WallTime};
use crate::scan::encoding::{self, Encoding};

/// What earlier scans found files to come to, and what this one does.
#[derive(Debug)]
pub struct Cache {
    /// Where it lies.
    pub(super) file: PathBuf,
    /// The folder where it lies among others, if it does.
    pub(super) folder: Option<PathBuf>,
    pub(super) head: Head,
    table: Option<Table>,
    caution: Caution,
    noted: Mutex<Vec<Entry>>,
    /// How many records were noted.
    count: AtomicUsize,
    /// How many spots.
    spots: AtomicUsize,
    ranks: Mutex<Ranks>,
    /// Files with lines that are high in entropy, which are looked at again only if these may be listed.
    late: Mutex<Vec<Late>>,
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
    /// Where that stands.
    row: usize,
    /// Whether a new record takes its place.
    is_replaced: bool,
    /// How the file looked when it was known again.
    pub(crate) stamp: Stamp,
    pub(crate) worth: Worth,
}

/// A file that was put off.
#[derive(Debug)]
pub(crate) struct Late {
    pub(crate) path: PathBuf,
    pub(crate) known: Known,
}

/// What becomes of the files that were put off.
#[derive(Debug)]
pub(crate) struct Turn {
    /// These are scanned, for their lines may come among the best.
    pub(crate) scan: Vec<PathBuf>,
    /// These are not.
    pub(crate) answer: Vec<Late>,
    /// How far a line has to go to come among the best.
    pub(crate) least: f64,
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
    /// How many bytes passed by.
    passed: u64,
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
            spots: AtomicUsize::new(0),
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
        let (row, record) = table.find(&record::key(path))?;
        let flags = if follows { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        let stat = rustix::fs::statat(CWD, path, flags).ok()?;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let (stamp, worth) = (Stamp::of(&stat)?, record.worth);
        (is_file && stamp == record.stamp).then_some(Known { row, is_replaced: false, stamp, worth })
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
        let Some(table) = table else { return Ok(None) };
        let known = table.find(&record::key(asked.path));
        let Some((row, known)) = known.filter(|(_, known)| known.stamp.size == asked.stamp.size) else {
            return Ok(None);
        };
        let content = Noted::new(file).finish(asked.stamp.size, stop)?;
        file.rewind()?;
        if content != Some(known.content) || !asked.holds(file) {
            return Ok(None);
        }
        let stamp = self.stamp(asked, file);
        let is_replaced = stamp != known.stamp;
        if is_replaced {
            self.add(Entry { record: Record { stamp, ..known }, spots: table.spots(row).collect() });
        }
        Ok(Some(Known { row, is_replaced, stamp: asked.stamp, worth: known.worth }))
    }

    /// Takes what is known of a file for an answer.
    pub(crate) fn take(&self, known: &Known) {
        if let Some(table) = self.table.as_ref().filter(|_| !known.is_replaced) {
            table.meet(known.row);
        }
    }

    /// Where all stands that is told of a file one by one.
    pub(crate) fn spots(&self, known: &Known) -> Vec<Spot> {
        self.table.iter().flat_map(|table| table.spots(known.row)).collect()
    }

    /// Notes what a file came to. What of it was not read before is read now, for it is part of what the hash tells.
    pub(crate) fn note(
        &self,
        asked: &Asked<'_>,
        mut noted: Noted<'_>,
        (worth, spots): (Worth, Vec<Spot>),
        stop: &AtomicBool,
    ) {
        let Ok(Some(content)) = noted.finish(asked.stamp.size, stop) else { return };
        if asked.holds(noted.file) {
            let stamp = self.stamp(asked, noted.file);
            self.add(Entry { record: Record { key: record::key(asked.path), stamp, content, worth }, spots });
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

    fn add(&self, entry: Entry) {
        if let Some(table) = &self.table
            && let Some((row, known)) = table.find(&entry.record.key)
            && known == entry.record
            && table.spots(row).eq(entry.spots.iter().copied())
        {
            // It was scanned again although it was known; there is nothing to write.
            return table.meet(row);
        }
        let spots = self.spots.fetch_add(entry.spots.len(), Ordering::Relaxed) + entry.spots.len();
        if self.count.fetch_add(1, Ordering::Relaxed) < MOST && spots <= MOST_SPOTS {
            lock(&self.noted).push(entry);
        }
    }

    /// A line was found that is high in entropy by so much.
    pub(crate) fn rank(&self, excess: f64) {
        lock(&self.ranks).add(excess);
    }

    /// Leaves a file with such lines for later: until it is known which lines are the best.
    pub(crate) fn put_off(&self, path: &Path, known: &Known) {
        lock(&self.late).push(Late { path: path.to_owned(), known: *known });
    }

    /// Whether some file was put off.
    pub(crate) fn has_late(&self) -> bool {
        !lock(&self.late).is_empty()
    }

    /// What becomes of the files that were put off, once all others are done; `None` when there are none.
    pub(crate) fn turn(&self) -> Option<Turn> {
        let late = std::mem::take(&mut *lock(&self.late));
        if late.is_empty() {
            return None;
        }
        self.is_late.store(true, Ordering::Relaxed);
        let mut ranks = lock(&self.ranks).clone();
        for Late { known, .. } in &late {
            match &self.table {
                Some(table) if known.worth.spots > 0 => {
                    table.spots(known.row).filter_map(|spot| spot.excess).for_each(|bits| ranks.add(bits));
                }
                // It is good for one line at least, a step below what it was rounded up to.
                _ => ranks.add(bits_of(known.worth.best.saturating_sub(1))),
            }
        }
        let least = ranks.least();
        let is_needed = |worth: &Worth| worth.spots == 0 && bits_of(worth.best) >= least;
        let (scan, answer): (Vec<Late>, _) = late.into_iter().partition(|late| is_needed(&late.known.worth));
        Some(Turn { scan: scan.into_iter().map(|late| late.path).collect(), answer, least })
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
        noted.sort_by_key(|entry| entry.record.key);
        noted.dedup_by_key(|entry| entry.record.key);
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

    /// Whether it is the file that looked like this.
    pub(crate) fn is(&self, stamp: &Stamp) -> bool {
        self.stamp == *stamp
    }

    /// Whether the file is as it was then.
    pub(crate) fn holds(&self, file: &File) -> bool {
        rustix::fs::fstat(file).ok().and_then(|stat| Stamp::of(&stat)) == Some(self.stamp)
    }
}

impl<'a> Noted<'a> {
    pub(crate) fn new(file: &'a mut File) -> Self {
        Self { file, digest: Sha256::new(), passed: 0 }
    }

    /// Whether what is scanned is the file as it lies, byte for byte.
    pub(crate) fn is_plain(&self) -> bool {
        let mut head = [0; encoding::HEAD];
        let mut filled = 0;
        while filled < head.len() {
            match self.file.read_at(&mut head[filled..], filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        matches!(encoding::detect(&head[..filled]), Encoding::Plain(0) | Encoding::Binary)
    }

    /// Reads the rest of the file and gives the hash of all that passed by; `None` when it was stopped, and for a file that
    /// holds more than its size: it grows, perhaps without end, or it is one of those of `/proc`, which have none.
    pub(super) fn finish(&mut self, size: u64, stop: &AtomicBool) -> io::Result<Option<Content>> {
        let mut piece = vec![0; size.clamp(512, PIECE as u64) as usize];
        while !stop.load(Ordering::Relaxed) && self.passed <= size {
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
        self.passed += read as u64;
        Ok(read)
    }
}
