#![expect(clippy::disallowed_methods, reason = "edge: asks files for their size and times")]
//! The files that a hook is handed, as the pre-commit framework hands over those of a commit, of a change or all there are.
//!
//! Nobody tells a hook which of these it is. Where all of the files are staged, and lie in the folder as they are staged, it
//! is a commit: the framework puts aside what is not staged before it calls. Then what is new in them is told, like for
//! everything that is staged. Otherwise somebody wants these files looked through, and all of each one counts.

use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice as _;
use gix::index::entry::{Flags, Stat};

use super::repository::{Repository, failed};
use super::staged;
use crate::scan::walk;

/// The names that git has for these files of the current repository when they are those of a commit, and `None` when
/// one of them is not staged, or was changed after that.
pub fn staged_names(files: &[PathBuf]) -> io::Result<Option<Vec<PathBuf>>> {
    let repository = Repository::open(staged::site(Path::new("")))?;
    let git = repository.git();
    let top = git.workdir().and_then(walk::place);
    let top = top.ok_or_else(|| failed("a bare repository has nothing staged"))?;
    let index = git.index_or_empty().map_err(failed)?;
    let head = git.head().map_err(failed)?;
    let tree = if head.is_unborn() { None } else { Some(git.head_tree().map_err(failed)?) };
    let mut names = Vec::with_capacity(files.len());
    for file in files {
        let Some(name) = name(file, &top) else { return Ok(None) };
        let path = name.as_os_str().as_bytes().as_bstr();
        let Some(entry) = index.entry_by_path_and_stage(path, gix::index::entry::Stage::Unconflicted) else {
            return Ok(None);
        };
        let committed = match &tree {
            Some(tree) => tree.lookup_entry_by_path(&name).map_err(failed)?,
            None => None,
        };
        let is_committed = committed.is_some_and(|committed| {
            committed.object_id() == entry.id && u32::from(committed.mode().value()) == entry.mode.bits()
        });
        let lies_so = std::fs::symlink_metadata(file).is_ok_and(|now| is_unchanged(&entry.stat, &now));
        if is_committed || entry.flags.contains(Flags::INTENT_TO_ADD) || !lies_so {
            return Ok(None);
        }
        names.push(name);
    }
    Ok(Some(names))
}

/// What git calls this file. Its folder may be reached through a link; itself it may be one.
fn name(file: &Path, top: &Path) -> Option<PathBuf> {
    let folder = walk::place(file.parent()?)?;
    Some(folder.strip_prefix(top).ok()?.join(file.file_name()?))
}

/// Whether a file is still what git saw when it was staged, as git asks first too: by its size and its time.
fn is_unchanged(then: &Stat, now: &Metadata) -> bool {
    i64::from(then.mtime.secs) == now.mtime()
        && (then.mtime.nsecs == 0 || i64::from(then.mtime.nsecs) == now.mtime_nsec())
        && then.size == now.len() as u32
}
