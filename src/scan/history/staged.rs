//! What is staged for the next commit: the content that git would commit, not what lies in the folder.
//!
//! A whole file is scanned, for a secret may have come together out of lines old and new; what is told is what the
//! file's last committed version does not hold. Content that stands in the last commit under another name is not new.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use gix::ObjectId;
use gix::index::entry::{Flags, Mode};

use super::course::given;
use super::crew;
use super::first::Folders;
use super::repository::{Repository, Site, failed};
use super::sift::{Named, Question, sift};
use super::suspects::Marker;
use crate::scan::engine::Shared;
use crate::scan::finding::Source;
use crate::scan::progress::{Progress, Report};

/// The words for an index that holds what the last commit holds.
pub const NOTHING: &str = "nothing is staged";
/// The words for files of a commit whose content the last one has already: they were moved, or may be run now.
const NO_CHANGE: &str = "no content is new in these files";

pub(super) fn site(root: &Path) -> Site {
    Site { given: root.to_owned(), heeds_environment: true }
}

/// Whether these are repositories in which something can be staged; an error names the first that is none.
pub fn check(roots: &[PathBuf]) -> io::Result<()> {
    for root in given(roots) {
        if Repository::open(site(root))?.git().workdir().is_none() {
            return Err(failed("a bare repository has nothing staged; --history scans what it holds"));
        }
    }
    Ok(())
}

/// Scans what is staged in all given repositories, or of it only these files; tells on how many threads.
pub(in crate::scan) fn scan(
    shared: &Shared<'_>,
    only: Option<&HashSet<PathBuf>>,
    wanted: usize,
    report: &mut Report,
) -> usize {
    let mut most = 0;
    for root in Repository::distinct(given(&shared.options.roots), site) {
        let started = Repository::open(site(root)).and_then(|repository| {
            let mut named = changed(&repository, shared, report)?;
            named.retain(|one| only.is_none_or(|only| only.contains(&one.path)));
            if named.is_empty() {
                report.problem(if only.is_some() { NO_CHANGE } else { NOTHING }.to_owned());
                return Ok(wanted);
            }
            Progress::add(&shared.progress.files_found, named.len() as u64);
            let question = Question {
                source: Source::Staged,
                marks: &gix::hashtable::HashMap::default(),
                tokens: None,
                only_tokens: false,
                marker: &Marker::default(),
                is_counted: false,
            };
            Ok(sift(shared, &repository.site, &named, &question, wanted, report))
        });
        match started {
            Ok(started) => most = most.max(started),
            Err(error) => {
                // It was no want of threads.
                most = wanted;
                crew::unreadable(shared, report, root, "index", &error);
            }
        }
    }
    shared.progress.walk_complete.store(true, Ordering::Relaxed);
    most
}

/// The staged files that the last commit does not hold.
fn changed(repository: &Repository, shared: &Shared<'_>, report: &mut Report) -> io::Result<Vec<Named>> {
    let git = repository.git();
    let index = git.index_or_empty().map_err(failed)?;
    let mut old: HashMap<PathBuf, ObjectId> = HashMap::new();
    let mut folders = Folders::new(repository);
    // Before the first commit there is no tree, and all is new.
    if !git.head().map_err(failed)?.is_unborn() {
        let tree = git.head_tree_id().map_err(failed)?.detach();
        // The same folder may stand in two places, and both count.
        folders.all(tree, &mut |blob, path| {
            old.insert(path(), blob);
        });
    }
    for (id, error) in &folders.lost {
        crew::unreadable(shared, report, &repository.site.given, &format!("tree {id}"), error);
    }
    let contents: HashSet<ObjectId> = old.values().copied().collect();
    let mut named = Vec::new();
    for entry in index.entries() {
        if entry.mode == Mode::COMMIT || entry.mode == Mode::DIR || entry.flags.contains(Flags::INTENT_TO_ADD)
        {
            continue;
        }
        let path = Path::new(OsStr::from_bytes(entry.path(&index))).to_owned();
        if !contents.contains(&entry.id) {
            let before = old.get(&path).copied();
            named.push(Named { blob: entry.id, path, commit: None, before });
        }
    }
    Ok(named)
}
