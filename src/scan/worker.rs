//! One thread's share of a scan: takes tasks, opens what they name, and hands the bytes to the scanner.

mod answer;
#[cfg(test)]
mod growth;

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::blob::{Outcome, Scanner};
use super::blocks::Blocks;
use super::cache::worth::{Passed, Skipped, Told};
use super::engine::{BATCH, STDIN_NAME, Shared, Task};
use super::finding::{Finding, Source};
use super::ignores::Ignores;
use super::map::{Amount, LARGE};
use super::origin::Origin;
use super::pipe::Pipe;
use super::progress::{Progress, Report, Skip};
use super::regular::Regular;
use super::unpack::{self, Inside};
use super::walk::{self, Folder, Opened, Root};
use crate::model::text::escape_path;

/// What is said of a path that was given and can't be scanned.
const DEVICE: &str = "this is a socket or a device; pipe what comes out of it into `-`";
const REPOSITORY: &str =
    "this is a git repository without files of its own; --history reads what it remembers";
const CIRCLE: &str = "this link leads in a circle";

pub(super) struct Worker<'a> {
    shared: &'a Shared<'a>,
    scanner: Scanner<'a>,
    report: Report,
    /// What the files amount to that were read since the map was told last; they lie in one folder.
    here: Amount,
    /// The large ones among them.
    large: Vec<(OsString, Amount)>,
    /// The bytes around a place that is looked at again.
    around: Vec<u8>,
}

impl<'a> Worker<'a> {
    /// A worker with memory of its own; `None` when that can't be had.
    pub(super) fn new(shared: &'a Shared<'a>) -> Option<Self> {
        let known = shared.options.known.as_deref();
        let policy = shared.options.policy.as_deref();
        let show_secrets = shared.options.show_secrets;
        let rules = shared.options.rules();
        let scanner = Scanner::new(rules, &shared.key, show_secrets, known, shared.now)?.heeding(policy);
        let scanner = scanner.reads_binaries(shared.options.binaries).views(shared.options.lines);
        let scanner = scanner.judging(shared.options.model(), shared.options.judging);
        let (here, large, around) = (Amount::default(), Vec::new(), Vec::new());
        Some(Self { shared, scanner, report: Report::default(), here, large, around })
    }

    /// One thread's share of the work.
    pub(super) fn work(mut self, merged: &Mutex<Report>) {
        let shared = self.shared;
        Progress::add(&shared.progress.workers, 1);
        while let Some(task) = shared.pop() {
            Progress::add(&shared.progress.busy, 1);
            let was_folder = matches!(task, Task::Folder(_) | Task::Given(_));
            self.perform(task);
            shared.progress.busy.fetch_sub(1, Ordering::Relaxed);
            while !shared.close(was_folder) {
                self.take_late();
            }
        }
        // Whoever waits must see that the scan was stopped.
        shared.ready.notify_all();
        merged.lock().unwrap_or_else(PoisonError::into_inner).merge(self.report);
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::Folder(folder) => self.folder(&folder),
            Task::Files(folder, names) => {
                let mut names = names.into_iter();
                while let Some(name) = names.next() {
                    if self.shared.stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if names.len() > 0 && unpack::may_be_large(&name) {
                        // What stands behind an archive in the list does not wait for it.
                        let rest = std::mem::take(&mut names).collect();
                        self.shared.push(vec![Task::Files(Arc::clone(&folder), rest)]);
                    }
                    self.file(&folder.join(name), false);
                    Progress::add(&self.shared.progress.files_done, 1);
                }
                self.tell_map(&folder);
            }
            Task::Given(path) => self.given(path),
            Task::Stdin => self.stdin(),
        }
    }

    fn folder(&mut self, folder: &Folder) {
        let listing = match walk::list(folder, self.shared.progress) {
            Ok(listing) => listing,
            Err(error) => return self.unreadable(&folder.path, &error),
        };
        Progress::add(&self.shared.progress.files_found, listing.files.len() as u64);
        let here: Arc<Path> = Arc::from(folder.path.as_path());
        let mut files = listing.files.into_iter();
        let mut tasks: Vec<Task> = listing.folders.into_iter().map(Task::Folder).collect();
        while files.len() > 0 {
            tasks.push(Task::Files(Arc::clone(&here), files.by_ref().take(BATCH).collect()));
        }
        self.shared.push(tasks);
    }

    /// A path that the user named: links are followed, and what is no file is said.
    fn given(&mut self, path: PathBuf) {
        let shard = self.shared.options.shard;
        if !path.as_os_str().is_empty() {
            match walk::open(&path, true) {
                Ok(Opened::Folder) => self.tell_repository(&path),
                // A file that is given goes by its own name.
                Ok(_) if !shard.is_none_or(|shard| shard.takes_path(Path::new(name_of(&path)))) => {
                    return self.shared.progress.skip(Skip::Elsewhere);
                }
                Ok(Opened::File(..)) => {
                    Progress::add(&self.shared.progress.files_found, 1);
                    self.file(&path, true);
                    self.tell_map(path.parent().unwrap_or(Path::new("")));
                    return Progress::add(&self.shared.progress.files_done, 1);
                }
                Ok(Opened::Pipe(file, named)) => return self.pipe(file, named, &path),
                // Who names something has to hear that nothing of it was scanned.
                Ok(Opened::Special) => return self.unreadable(&path, &io::Error::other(DEVICE)),
                Ok(Opened::Symlink) => return self.unreadable(&path, &io::Error::other(CIRCLE)),
                Err(error) => return self.unreadable(&path, &error),
            }
        }
        let honour_ignores = !self.shared.options.no_ignore;
        let ignores = if honour_ignores { Ignores::above(&path) } else { None };
        let excludes = self.shared.excludes.clone();
        let given = Arc::clone(&self.shared.given);
        let real = if given.is_empty() { None } else { walk::place(&path) };
        let root = Arc::new(Root { path: path.clone(), real, given, excludes, honour_ignores, shard });
        self.shared.push(vec![Task::Folder(Folder { root, path, ignores })]);
    }

    /// Says of a repository that was named itself, and not the tree around it, that its history is not read here.
    fn tell_repository(&mut self, path: &Path) {
        let is_ours =
            self.shared.options.shard.is_none_or(|shard| shard.takes_path(Path::new(name_of(path))));
        if is_ours && walk::is_repository(path) {
            self.shared.progress.skip(Skip::Unsupported);
            self.report.problem(format!("{}: {REPOSITORY}", escape_path(path)));
        }
    }

    fn file(&mut self, path: &Path, follow: bool) {
        let progress = self.shared.progress;
        let policy = self.shared.options.policy.as_ref();
        if policy.is_some_and(|policy| policy.leaves_out(path)) {
            return progress.skip(Skip::LeftOut);
        }
        if self.shared.options.walks_only {
            return self.look_at(path);
        }
        let cache = self.shared.options.cache.as_ref();
        if let Some(known) = cache.and_then(|cache| cache.by_times(path, follow))
            && self.takes(path, follow, &known)
        {
            return;
        }
        match walk::open(path, follow) {
            Ok(Opened::File(_, size)) if self.shared.options.max_filesize.is_some_and(|most| size > most) => {
                progress.skip(Skip::TooLarge);
            }
            Ok(Opened::File(mut file, size)) => {
                self.opened(&mut file, size, path, follow);
            }
            Ok(Opened::Symlink) => progress.skip(Skip::Symlink),
            Ok(Opened::Special | Opened::Pipe(..) | Opened::Folder) => progress.skip(Skip::Special),
            Err(error) => self.unreadable(path, &error),
        }
    }

    /// Counts a file and reads nothing of it.
    fn look_at(&mut self, path: &Path) {
        match rustix::fs::lstat(path) {
            Ok(stat) => {
                let bytes = u64::try_from(stat.st_size).unwrap_or(0);
                self.count(&Outcome { bytes, ..Outcome::default() });
            }
            Err(error) => self.unreadable(path, &error.into()),
        }
    }

    /// What the exceptions for a file allow no more is stale.
    fn was_read(&self, path: &Path) {
        if let Some(known) = &self.shared.options.known {
            known.was_read(path);
        }
        if let Some(policy) = &self.shared.options.policy {
            policy.was_read(path);
        }
    }

    /// A pipe that the user named is read like standard input; one that is met on the way is not.
    fn pipe(&mut self, file: File, named: bool, path: &Path) {
        Progress::add(&self.shared.progress.files_found, 1);
        self.stream(&mut Pipe::new(file, named, self.shared.stop), None, &Origin::new(path, Source::File));
        self.off_the_map();
        Progress::add(&self.shared.progress.files_done, 1);
    }

    fn stdin(&mut self) {
        Progress::add(&self.shared.progress.files_found, 1);
        let (mut stdin, origin) = (io::stdin().lock(), Origin::new(Path::new(STDIN_NAME), Source::Stdin));
        match walk::size(&stdin) {
            // Somebody may be writing to it, as to a file that is named.
            Some(size) => self.regular(&mut stdin, Some(size), &origin),
            None => self.stream(&mut stdin, None, &origin),
        };
        self.off_the_map();
        Progress::add(&self.shared.progress.files_done, 1);
    }

    /// Scans a regular file, whose end may move on while it is read; gives what it came to when that was reached.
    fn regular(
        &mut self,
        reader: &mut dyn io::Read,
        expected: Option<u64>,
        origin: &Origin,
    ) -> Option<Passed> {
        let mut file = Regular::new(reader, expected.unwrap_or(0));
        let passed = self.stream(&mut file, expected, origin);
        let Some(excess) = file.excess() else { return passed };
        self.shared.progress.skip(Skip::Endless);
        self.report.problem(format!("{}: {excess}", escape_path(&origin.path)));
        None
    }

    /// Scans a stream; gives what it came to when it was read to its end.
    fn stream(
        &mut self,
        reader: &mut dyn io::Read,
        expected: Option<u64>,
        origin: &Origin,
    ) -> Option<Passed> {
        let shared = self.shared;
        if shared.options.reads_only {
            match self.scanner.pass(reader, expected) {
                Ok(bytes) => self.count(&Outcome { bytes, ..Outcome::default() }),
                Err(error) => self.unreadable(&origin.path, &error),
            }
            return None;
        }
        let told = RefCell::new(Told::default());
        let sink = |finding: Finding| {
            told.borrow_mut().add(&finding);
            shared.tell(finding);
        };
        let stop = || shared.stop.load(Ordering::Relaxed);
        let mut reader =
            Counted { reader, progress: shared.progress, blocks: Blocks::default(), stop: shared.stop };
        let (limits, excludes, only) =
            (shared.options.unpack, &shared.excludes, shared.options.only.as_deref());
        let inside = Inside { limits, excludes, only, origin, stop: &stop, sink: &sink };
        let (problems, mut skipped) = (&mut self.report, Skipped::default());
        let mut skip = |reason: Skip, told: Option<String>| {
            // What breaks off because the scan was stopped is not damaged.
            if stop() {
                return;
            }
            shared.progress.skip(reason);
            skipped.add(reason);
            if let Some(told) = told {
                problems.problem(told);
            }
        };
        match unpack::scan(&mut self.scanner, &mut reader, expected, &inside, &mut skip) {
            Ok(outcome) => {
                let packed = reader.blocks.packed_bytes();
                self.weigh(&origin.path, &outcome, packed);
                self.count(&outcome);
                if stop() {
                    return None;
                }
                self.was_read(&origin.path);
                Some(Passed { outcome, packed, skipped, told: told.into_inner() })
            }
            Err(error) => {
                self.unreadable(&origin.path, &error);
                None
            }
        }
    }

    /// Remembers what a file amounts to, for the map.
    fn weigh(&mut self, path: &Path, outcome: &Outcome, packed: u64) {
        if self.shared.options.no_map {
            return;
        }
        let amount = Amount { files: 1, bytes: outcome.bytes, packed, tokens: outcome.tokens };
        self.here.add(&amount);
        if packed >= LARGE
            && let Some(name) = path.file_name()
        {
            self.large.push((name.to_owned(), amount));
        }
    }

    /// What came through a pipe lies in no folder.
    fn off_the_map(&mut self) {
        self.here = Amount::default();
        self.large.clear();
    }

    /// Puts on the map what was read in this folder.
    fn tell_map(&mut self, folder: &Path) {
        let here = std::mem::take(&mut self.here);
        if here.files == 0 {
            return;
        }
        let mut map = self.shared.progress.growing();
        map.add(folder, &here);
        for (name, amount) in self.large.drain(..) {
            map.add_file(folder, name.as_encoded_bytes(), &amount);
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        let binary = u64::from(outcome.binary) + outcome.inside.binary;
        Progress::add(&self.shared.progress.binary, binary);
        if outcome.undecoded > 0 {
            self.shared.progress.skip(Skip::Undecoded);
        }
        self.report.files += 1;
        self.report.bytes += outcome.bytes;
        self.report.inside += outcome.inside.count;
        self.report.inside_bytes += outcome.inside.bytes;
        self.report.binary += binary;
        self.report.beyond_cap += outcome.beyond_cap;
        self.report.accepted += outcome.accepted;
        for (sum, count) in self.report.allowed.iter_mut().zip(outcome.allowed) {
            *sum += count;
        }
        for (sum, count) in self.report.findings.iter_mut().zip(outcome.findings) {
            *sum += count;
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.shared.progress.skip(Skip::Unreadable);
        self.report.problem(format!("{}: {error}", escape_path(path)));
    }
}

fn name_of(path: &Path) -> &std::ffi::OsStr {
    path.file_name().unwrap_or(path.as_os_str())
}

/// Counts bytes as they are read, so that one huge file moves the progress line too, and looks at some of them.
struct Counted<'a> {
    reader: &'a mut dyn io::Read,
    progress: &'a Progress,
    blocks: Blocks,
    /// A scan that was stopped reads no further.
    stop: &'a AtomicBool,
}

impl io::Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let read = self.reader.read(buffer)?;
        Progress::add(&self.progress.bytes_done, read as u64);
        self.blocks.take(&buffer[..read]);
        Ok(read)
    }
}
