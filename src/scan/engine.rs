//! Runs a scan: threads that share one queue of folders and files, each with its own memory.
//!
//! Folders come first, so that the number of files is known early, until many files wait; then files come first,
//! so that the queue stays bounded. When a thread can't be had the scan goes on with those that there are, down to
//! the calling one alone, and the report says so. Nothing is printed here.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::cache::Cache;
use super::finding::Finding;
use super::history::course::{self, History};
use super::history::{again, staged};
use super::id_key::IdKey;
use super::identity::Key;
use super::judge::model::{self, Model};
use super::judge::study::Judging;
use super::known::Known;
use super::origin::Commit;
use super::policy::desk::Policy;
use super::progress::{Progress, Report, Skip};
use super::random::class::LineView;
use super::rule::{self, RuleSet};
use super::shard::Shard;
use super::unpack::limits::Limits;
use super::walk::{self, Folder};
use super::worker::Worker;
use crate::model::clock::{self, WallTime};

/// The path that stands for standard input.
pub const STDIN: &str = "-";
/// The name under which findings of standard input are reported.
pub const STDIN_NAME: &str = "<stdin>";

/// The stack of one thread; only archives in one another recurse, and not far.
pub(super) const STACK: usize = 1 << 20;
/// Memory that must be left before one more thread is started.
const SPARE: usize = 64 << 20;
/// The most threads that are ever started.
const MOST_THREADS: usize = 256;

/// Files that one thread takes at once.
pub(super) const BATCH: usize = 32;
/// Batches that may wait before files go before folders.
const MANY_BATCHES: usize = 4096;

/// What kind of place is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Files, as they lie in folders.
    #[default]
    Tree,
    /// What repositories remember.
    History(History),
    /// What is staged in repositories for the next commit; of it only these files, by the names that git has for them.
    Staged(Option<Arc<HashSet<PathBuf>>>),
    /// One blob of a history.
    Blob(Arc<Commit>),
}

/// What to scan, and how.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of the user's own, free of the others")]
pub struct Options {
    /// Files, folders and [`STDIN`]; empty for the current folder.
    pub roots: Vec<PathBuf>,
    /// What of these is scanned.
    pub place: Place,
    /// How many threads; 0 for as many as there are processors.
    pub threads: usize,
    /// Files larger than this are skipped; `None` for no limit.
    pub max_filesize: Option<u64>,
    /// What to leave out, written as in a `.gitignore` and relative to each root.
    pub excludes: Vec<String>,
    /// Scan what git ignores too.
    pub no_ignore: bool,
    /// How deep and how much is unpacked.
    pub unpack: Limits,
    /// Look for everything in binary files too.
    pub binaries: bool,
    /// Only this place is of interest, in the archive that holds it.
    pub only: Option<PathBuf>,
    /// List lines by how surprising they are, in the place of tokens for their entropy.
    pub lines: Option<LineView>,
    /// Put the secrets themselves into the findings.
    pub show_secrets: bool,
    /// What is looked for; `None` for the built-in rules.
    pub rules: Option<&'static RuleSet>,
    /// Make no map of the tree, which only the pane shows.
    pub no_map: bool,
    /// Read everything and look for nothing: the floor that the cost of a scan is measured from.
    #[doc(hidden)]
    pub reads_only: bool,
    /// Ask every file for its size and read none: the floor that a scan with a cache is measured from.
    #[doc(hidden)]
    pub walks_only: bool,
    /// What candidates are judged by; `None` for the built-in model.
    pub model: Option<Arc<Model>>,
    /// What becomes of candidates.
    #[doc(hidden)]
    pub judging: Judging,
    /// What was accepted before; findings say so, and are not counted.
    pub known: Option<Arc<Known>>,
    /// What other tools were told to let through; `None` lets nothing through.
    pub policy: Option<Arc<Policy>>,
    /// Which part of the files to scan; `None` for all.
    pub shard: Option<Shard>,
    /// The key for the ids of secrets, when several reports are to name them alike.
    pub id_key: Option<IdKey>,
    /// What earlier scans found to hold nothing; `None` to scan everything. Only files of a tree are asked for in it.
    pub cache: Option<Arc<Cache>>,
}

/// Why a scan could not begin.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// A glob that can't be read.
    #[error("bad glob in --exclude: {0}")]
    Exclude(#[from] ignore::Error),
    /// A repository that can't be read, or does not know a name.
    #[error("{0}")]
    Repository(std::io::Error),
}

impl Options {
    /// What is looked for.
    pub fn rules(&self) -> &'static RuleSet {
        self.rules.unwrap_or_else(rule::builtin)
    }

    /// What candidates are judged by.
    pub fn model(&self) -> &Model {
        self.model.as_ref().unwrap_or_else(|| model::builtin())
    }

    /// Whether a scan could begin.
    pub fn check(&self) -> Result<(), OptionsError> {
        self.excludes()?;
        match &self.place {
            Place::Tree | Place::Blob(_) => Ok(()),
            Place::History(history) => course::check(&self.roots, history).map_err(OptionsError::Repository),
            Place::Staged(_) => staged::check(&self.roots).map_err(OptionsError::Repository),
        }
    }

    /// The globs, ready to match; fails on one that can't be read.
    pub fn excludes(&self) -> Result<Gitignore, OptionsError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in &self.excludes {
            builder.add_line(None, glob)?;
        }
        Ok(builder.build()?)
    }
}

pub(super) enum Task {
    Folder(Folder),
    Files(Arc<Path>, Vec<OsString>),
    Given(PathBuf),
    Stdin,
}

impl Task {
    fn for_root(root: &Path) -> Self {
        if root.as_os_str() == STDIN { Self::Stdin } else { Self::Given(root.to_owned()) }
    }

    /// A single file of a folder.
    pub(super) fn for_file(path: &Path) -> Option<Self> {
        let folder = Arc::from(path.parent()?);
        Some(Self::Files(folder, vec![path.file_name()?.to_owned()]))
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

pub(super) struct Shared<'a> {
    pub(super) options: &'a Options,
    pub(super) progress: &'a Progress,
    pub(super) stop: &'a AtomicBool,
    pub(super) sink: &'a (dyn Fn(Finding) + Sync),
    pub(super) key: Key,
    /// When the scan began: what a secret says of its end is held against it.
    pub(super) now: WallTime,
    pub(super) excludes: Gitignore,
    pub(super) given: Arc<HashSet<PathBuf>>,
    waiting: Mutex<Waiting>,
    pub(super) ready: Condvar,
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
    let key = match options.id_key.as_ref().map_or_else(Key::random, |given| Ok(given.key())) {
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
        now: clock::wall(),
        excludes,
        given: Arc::new(given),
        waiting: Mutex::default(),
        ready: Condvar::new(),
    };
    let wanted = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads.min(MOST_THREADS),
    };
    let (started, mut report) = match &options.place {
        Place::Tree => {
            shared.push(roots.iter().map(|root| Task::for_root(root)).collect());
            shared.run(wanted, report)
        }
        Place::History(history) => (course::scan(&shared, history, wanted, &mut report), report),
        Place::Staged(only) => (staged::scan(&shared, only.as_deref(), wanted, &mut report), report),
        Place::Blob(commit) => (again::scan(&shared, commit, &mut report), report),
    };
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

    pub(super) fn push(&self, tasks: Vec<Task>) {
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
    pub(super) fn pop(&self) -> Option<Task> {
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

    /// A task is done; false when it is the last one and has to deal first with what was put off.
    pub(super) fn close(&self, was_folder: bool) -> bool {
        let mut waiting = self.lock();
        // Asked under the lock: of two that end at once only one is the last.
        if waiting.open == 1 && self.options.cache.as_ref().is_some_and(|cache| cache.has_late()) {
            return false;
        }
        waiting.open -= 1;
        waiting.open_folders -= usize::from(was_folder);
        if waiting.open_folders == 0 {
            self.progress.walk_complete.store(true, Ordering::Relaxed);
        }
        if waiting.open == 0 {
            self.ready.notify_all();
        }
        true
    }

    /// Does all work on up to `wanted` threads, this one among them; tells on how many.
    fn run(&self, wanted: usize, report: Report) -> (usize, Report) {
        let merged = Mutex::new(report);
        let started = std::thread::scope(|scope| {
            // The calling thread's share comes first: the scan goes on when no other can be had.
            let own = Worker::new(self);
            let mut started = 1;
            while started < wanted && has_room() {
                let Some(worker) = Worker::new(self) else { break };
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

    /// There is not even memory for one.
    fn give_up(&self, merged: &Mutex<Report>) {
        self.progress.skip(Skip::Unreadable);
        let mut report = merged.lock().unwrap_or_else(PoisonError::into_inner);
        report.problem("no memory to read anything into".to_owned());
    }
}

/// Whether there is memory to spare for one more thread and what it finds.
pub(super) fn has_room() -> bool {
    Vec::<u8>::new().try_reserve_exact(SPARE).is_ok()
}
