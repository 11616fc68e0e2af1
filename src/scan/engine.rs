//! Runs a scan: threads that share one queue of folders and files, each with its own memory.
//!
//! Folders come first, so that the number of files is known early, until many files wait; then files come first,
//! so that the queue stays bounded. When a thread can't be had the scan goes on with those that there are, down to
//! the calling one alone, and the report says so. Nothing is printed here.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::blob::{Outcome, Scanner};
use super::blocks::Blocks;
use super::finding::{Finding, Source};
use super::identity::Key;
use super::ignores::Ignores;
use super::known::Known;
use super::map::{Amount, LARGE};
use super::pipe::Pipe;
use super::progress::{Progress, Report, Skip};
use super::rule;
use super::walk::{self, Folder, Opened, Root};
use crate::model::text::escape_path;

/// The path that stands for standard input.
pub const STDIN: &str = "-";
/// The name under which findings of standard input are reported.
pub const STDIN_NAME: &str = "<stdin>";

/// The stack of one thread; nothing here recurses.
const STACK: usize = 1 << 20;
/// Memory that must be left before one more thread is started.
const SPARE: usize = 64 << 20;
/// The most threads that are ever started.
const MOST_THREADS: usize = 256;

/// Files that one thread takes at once.
const BATCH: usize = 32;
/// Batches that may wait before files go before folders.
const MANY_BATCHES: usize = 4096;

/// What to scan, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files, folders and [`STDIN`]; empty for the current folder.
    pub roots: Vec<PathBuf>,
    /// How many threads; 0 for as many as there are processors.
    pub threads: usize,
    /// Files larger than this are skipped; `None` for no limit.
    pub max_filesize: Option<u64>,
    /// What to leave out, written as in a `.gitignore` and relative to each root.
    pub excludes: Vec<String>,
    /// Scan what git ignores too.
    pub no_ignore: bool,
    /// Put the secrets themselves into the findings.
    pub show_secrets: bool,
    /// What was accepted before; findings say so, and are not counted.
    pub known: Option<Arc<Known>>,
}

/// Why a scan could not begin.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// A glob that can't be read.
    #[error("bad glob in --exclude: {0}")]
    Exclude(#[from] ignore::Error),
}

impl Options {
    /// The globs, ready to match; fails on one that can't be read.
    pub fn excludes(&self) -> Result<Gitignore, OptionsError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in &self.excludes {
            builder.add_line(None, glob)?;
        }
        Ok(builder.build()?)
    }
}

enum Task {
    Folder(Folder),
    Files(Arc<Path>, Vec<OsString>),
    Given(PathBuf),
    Stdin,
}

impl Task {
    fn for_root(root: &Path) -> Self {
        if root.as_os_str() == STDIN { Self::Stdin } else { Self::Given(root.to_owned()) }
    }
}

#[derive(Default)]
struct Waiting {
    folders: Vec<Task>,
    files: Vec<Task>,
    /// Tasks that wait or are worked on; the scan ends with the last one.
    open: usize,
    /// Folders among them; the walk ends with the last one.
    open_folders: usize,
}

struct Shared<'a> {
    options: &'a Options,
    progress: &'a Progress,
    stop: &'a AtomicBool,
    sink: &'a (dyn Fn(Finding) + Sync),
    key: Key,
    excludes: Gitignore,
    given: Arc<HashSet<PathBuf>>,
    waiting: Mutex<Waiting>,
    ready: Condvar,
}

/// Scans everything that the options name; findings go to `sink` as they are met, from several threads.
///
/// Paths that can't be reached are problems in the report; a bad glob excludes nothing, so check
/// [`Options::excludes`] first.
pub fn scan(
    options: &Options,
    progress: &Progress,
    stop: &AtomicBool,
    sink: &(dyn Fn(Finding) + Sync),
) -> Report {
    let mut report = Report::default();
    let key = match Key::random() {
        Ok(key) => key,
        Err(error) => {
            // Without a key an id could be tried against guesses: rather no report than that.
            progress.skip(Skip::Unreadable);
            report.problem(format!("no randomness for the ids of secrets: {error}"));
            report.skipped = progress.snapshot().skipped;
            return report;
        }
    };
    let excludes = options.excludes().unwrap_or_else(|_| Gitignore::empty());
    let current = [PathBuf::new()];
    let roots = if options.roots.is_empty() { &current[..] } else { &options.roots[..] };
    let (roots, given) = walk::distinct(roots);
    let shared = Shared {
        options,
        progress,
        stop,
        sink,
        key,
        excludes,
        given: Arc::new(given),
        waiting: Mutex::default(),
        ready: Condvar::new(),
    };
    shared.push(roots.iter().map(|root| Task::for_root(root)).collect());
    let wanted = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads.min(MOST_THREADS),
    };
    let (started, mut report) = shared.run(wanted, report);
    report.skipped = progress.snapshot().skipped;
    (report.workers, report.workers_wanted) = (started, wanted);
    report.stopped = stop.load(Ordering::Relaxed);
    report.problems.sort();
    report
}

impl Shared<'_> {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, tasks: Vec<Task>) {
        if tasks.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        for task in tasks {
            waiting.open += 1;
            match task {
                Task::Files(..) | Task::Stdin => waiting.files.push(task),
                Task::Folder(_) | Task::Given(_) => {
                    waiting.open_folders += 1;
                    waiting.folders.push(task);
                }
            }
        }
        drop(waiting);
        self.ready.notify_all();
    }

    /// The next task; `None` when there will be no more.
    fn pop(&self) -> Option<Task> {
        let mut waiting = self.lock();
        loop {
            if waiting.open == 0 || self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let files_first = waiting.files.len() >= MANY_BATCHES;
            let task = if files_first { None } else { waiting.folders.pop() };
            if let Some(task) = task.or_else(|| waiting.files.pop()) {
                return Some(task);
            }
            waiting = self.ready.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self, was_folder: bool) {
        let mut waiting = self.lock();
        waiting.open -= 1;
        waiting.open_folders -= usize::from(was_folder);
        if waiting.open_folders == 0 {
            self.progress.walk_complete.store(true, Ordering::Relaxed);
        }
        if waiting.open == 0 {
            self.ready.notify_all();
        }
    }

    /// Does all work on up to `wanted` threads, this one among them; tells on how many.
    fn run(&self, wanted: usize, report: Report) -> (usize, Report) {
        let merged = Mutex::new(report);
        let started = std::thread::scope(|scope| {
            // The calling thread's share comes first: the scan goes on when no other can be had.
            let own = self.worker();
            let mut started = 1;
            while started < wanted && has_room() {
                let Some(worker) = self.worker() else { break };
                let thread = std::thread::Builder::new().name("scan".into()).stack_size(STACK);
                if thread.spawn_scoped(scope, || worker.work(&merged)).is_err() {
                    break;
                }
                started += 1;
            }
            match own {
                Some(own) => own.work(&merged),
                None => self.give_up(&merged),
            }
            started
        });
        (started, merged.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn worker(&self) -> Option<Worker<'_>> {
        let known = self.options.known.as_deref();
        let scanner = Scanner::new(rule::builtin(), &self.key, self.options.show_secrets, known)?;
        let (here, large) = (Amount::default(), Vec::new());
        Some(Worker { shared: self, scanner, report: Report::default(), here, large })
    }

    /// There is not even memory for one.
    fn give_up(&self, merged: &Mutex<Report>) {
        self.progress.skip(Skip::Unreadable);
        let mut report = merged.lock().unwrap_or_else(PoisonError::into_inner);
        report.problem("no memory to read anything into".to_owned());
    }
}

/// Whether there is memory to spare for one more thread and what it finds.
fn has_room() -> bool {
    Vec::<u8>::new().try_reserve_exact(SPARE).is_ok()
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    scanner: Scanner<'a>,
    report: Report,
    /// What the files amount to that were read since the map was told last; they lie in one folder.
    here: Amount,
    /// The large ones among them.
    large: Vec<(OsString, Amount)>,
}

impl Worker<'_> {
    /// One thread's share of the work.
    fn work(mut self, merged: &Mutex<Report>) {
        let shared = self.shared;
        Progress::add(&shared.progress.workers, 1);
        while let Some(task) = shared.pop() {
            Progress::add(&shared.progress.busy, 1);
            let was_folder = matches!(task, Task::Folder(_) | Task::Given(_));
            self.perform(task);
            shared.progress.busy.fetch_sub(1, Ordering::Relaxed);
            shared.close(was_folder);
        }
        // Whoever waits must see that the scan was stopped.
        shared.ready.notify_all();
        merged.lock().unwrap_or_else(PoisonError::into_inner).merge(self.report);
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::Folder(folder) => self.folder(&folder),
            Task::Files(folder, names) => {
                for name in names {
                    if self.shared.stop.load(Ordering::Relaxed) {
                        break;
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
        if !path.as_os_str().is_empty() {
            match walk::open(&path, true) {
                Ok(Opened::Folder) => {}
                Ok(Opened::File(..)) => {
                    Progress::add(&self.shared.progress.files_found, 1);
                    self.file(&path, true);
                    self.tell_map(path.parent().unwrap_or(Path::new("")));
                    return Progress::add(&self.shared.progress.files_done, 1);
                }
                Ok(Opened::Pipe(file, named)) => return self.pipe(file, named, &path),
                Ok(Opened::Special | Opened::Symlink) => return self.shared.progress.skip(Skip::Special),
                Err(error) => return self.unreadable(&path, &error),
            }
        }
        let honour_ignores = !self.shared.options.no_ignore;
        let ignores = if honour_ignores { Ignores::above(&path) } else { None };
        let excludes = self.shared.excludes.clone();
        let given = Arc::clone(&self.shared.given);
        let real = if given.is_empty() { None } else { walk::place(&path) };
        let root = Arc::new(Root { path: path.clone(), real, given, excludes, honour_ignores });
        self.shared.push(vec![Task::Folder(Folder { root, path, ignores })]);
    }

    fn file(&mut self, path: &Path, follow: bool) {
        let progress = self.shared.progress;
        match walk::open(path, follow) {
            Ok(Opened::File(_, size)) if self.shared.options.max_filesize.is_some_and(|most| size > most) => {
                progress.skip(Skip::TooLarge);
            }
            Ok(Opened::File(mut file, size)) => {
                // Files of /proc and /sys say that they are empty, and their reads fall short before the end.
                self.stream(&mut file, Some(size).filter(|size| *size > 0), path, Source::File);
            }
            Ok(Opened::Symlink) => progress.skip(Skip::Symlink),
            Ok(Opened::Special | Opened::Pipe(..) | Opened::Folder) => progress.skip(Skip::Special),
            Err(error) => self.unreadable(path, &error),
        }
    }

    /// A pipe that the user named is read like standard input; one that is met on the way is not.
    fn pipe(&mut self, file: File, named: bool, path: &Path) {
        Progress::add(&self.shared.progress.files_found, 1);
        self.stream(&mut Pipe::new(file, named, self.shared.stop), None, path, Source::File);
        self.off_the_map();
        Progress::add(&self.shared.progress.files_done, 1);
    }

    fn stdin(&mut self) {
        Progress::add(&self.shared.progress.files_found, 1);
        self.stream(&mut io::stdin().lock(), None, Path::new(STDIN_NAME), Source::Stdin);
        self.off_the_map();
        Progress::add(&self.shared.progress.files_done, 1);
    }

    fn stream(&mut self, reader: &mut dyn io::Read, expected: Option<u64>, path: &Path, source: Source) {
        let shared = self.shared;
        let sink = |finding: Finding| {
            Progress::add(&shared.progress.findings, u64::from(finding.accepted.is_none()));
            (shared.sink)(finding);
        };
        let stop = || shared.stop.load(Ordering::Relaxed);
        let mut reader = Counted { reader, progress: shared.progress, blocks: Blocks::default() };
        match self.scanner.scan(&mut reader, expected, path, source, &stop, &sink) {
            Ok(outcome) => {
                self.weigh(path, &outcome, reader.blocks.packed_bytes());
                self.count(&outcome);
            }
            Err(error) => self.unreadable(path, &error),
        }
    }

    /// Remembers what a file amounts to, for the map.
    fn weigh(&mut self, path: &Path, outcome: &Outcome, packed: u64) {
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
        Progress::add(&self.shared.progress.binary, u64::from(outcome.binary));
        self.report.files += 1;
        self.report.bytes += outcome.bytes;
        self.report.binary += u64::from(outcome.binary);
        self.report.beyond_cap += outcome.beyond_cap;
        self.report.accepted += outcome.accepted;
        for (sum, count) in self.report.findings.iter_mut().zip(outcome.findings) {
            *sum += count;
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.shared.progress.skip(Skip::Unreadable);
        self.report.problem(format!("{}: {error}", escape_path(path)));
    }
}

/// Counts bytes as they are read, so that one huge file moves the progress line too, and looks at some of them.
struct Counted<'a> {
    reader: &'a mut dyn io::Read,
    progress: &'a Progress,
    blocks: Blocks,
}

impl io::Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        Progress::add(&self.progress.bytes_done, read as u64);
        self.blocks.take(&buffer[..read]);
        Ok(read)
    }
}
