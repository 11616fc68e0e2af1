//! Which commit first held a blob, and under which name. Commits are gone through from the oldest on, and each
//! folder is read once: what is new in a commit stands in a folder that no commit before it had.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::hashtable::HashSet;

use super::folder::EntryKind;
use super::repository::{CommitRecord, Repository};

/// Folders deeper than this are in no repository that anybody checked out.
pub(super) const DEEPEST: usize = 1024;

/// A blob in its first place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) blob: ObjectId,
    pub(crate) path: PathBuf,
}

/// What is told of each file: its blob, and its path when that is asked for.
pub(crate) type EachFile<'a> = dyn FnMut(ObjectId, &dyn Fn() -> PathBuf) + 'a;

/// Goes through folders, each once.
pub(crate) struct Folders<'a> {
    repository: &'a Repository,
    seen: HashSet<ObjectId>,
    /// Folders that could not be read.
    pub(crate) lost: Vec<(ObjectId, io::Error)>,
}

impl<'a> Folders<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Self {
        Self { repository, seen: HashSet::default(), lost: Vec::new() }
    }

    /// Shows all files below `root` that lie in folders which were not shown yet, in the order of their names.
    pub(crate) fn fresh(&mut self, root: ObjectId, each: &mut EachFile<'_>) {
        self.walk(root, true, each);
    }

    /// Shows all files below `root`, wherever else their folders stood before.
    pub(crate) fn all(&mut self, root: ObjectId, each: &mut EachFile<'_>) {
        self.walk(root, false, each);
    }

    fn walk(&mut self, root: ObjectId, only_fresh: bool, each: &mut EachFile<'_>) {
        let mut open = vec![(root, PathBuf::new(), 0)];
        while let Some((tree, path, depth)) = open.pop() {
            if only_fresh && !self.seen.insert(tree) {
                continue;
            }
            let first = open.len();
            let Self { repository, seen, .. } = &*self;
            let read = repository.entries(tree, &mut |entry| {
                let name = Path::new(OsStr::from_bytes(entry.name));
                match entry.kind {
                    // Nearly all folders of a commit are those of the one before it.
                    EntryKind::Folder if only_fresh && seen.contains(&entry.id) => {}
                    EntryKind::Folder if depth < DEEPEST => {
                        open.push((entry.id, path.join(name), depth + 1));
                    }
                    EntryKind::Folder | EntryKind::Submodule => {}
                    EntryKind::File => each(entry.id, &|| path.join(name)),
                }
            });
            if let Err(error) = read {
                self.lost.push((tree, error));
            }
            open[first..].reverse();
        }
    }
}

/// The first places of these blobs, in the order of the commits; with each the number of its commit. What is found
/// is taken out of `wanted`, and the search ends when nothing is left in it.
pub(crate) fn places(
    folders: &mut Folders<'_>,
    commits: &[CommitRecord],
    wanted: &mut HashSet<ObjectId>,
    stop: &dyn Fn() -> bool,
) -> Vec<(usize, Place)> {
    let mut found = Vec::new();
    for (number, commit) in commits.iter().enumerate() {
        if wanted.is_empty() || stop() {
            break;
        }
        folders.fresh(commit.tree, &mut |blob, path| {
            if wanted.remove(&blob) {
                found.push((number, Place { blob, path: path() }));
            }
        });
    }
    found
}
