#![expect(clippy::disallowed_methods, reason = "edge: lists folders and opens files")]
//! One step of the walk: what a folder holds, and how a file is opened so that nothing blocks.
//!
//! Hidden files are scanned whatever git ignores: `.env` is where secrets live, and it is in every `.gitignore`.
//! Folders that git ignores are not entered, nor is `.git`. Links are not followed, so loops can't matter.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::Gitignore;
use rustix::fs::{FileType, Mode, OFlags};

use super::ignores::Ignores;
use super::progress::{Progress, Skip};

/// What holds for one path that was given.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) excludes: Gitignore,
    pub(crate) honour_ignores: bool,
}

/// A folder still to be listed.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) root: Arc<Root>,
    pub(crate) path: PathBuf,
    pub(crate) ignores: Option<Arc<Ignores>>,
}

/// What a folder holds that is to be scanned.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) folders: Vec<Folder>,
    pub(crate) files: Vec<OsString>,
}

/// Lists a folder; what is skipped is counted.
pub(crate) fn list(folder: &Folder, progress: &Progress) -> io::Result<Listing> {
    let here = if folder.path.as_os_str().is_empty() { Path::new(".") } else { &folder.path };
    let mut entries = Vec::new();
    let (mut own_repository, mut own_list) = (false, false);
    for entry in std::fs::read_dir(here)? {
        let entry = entry?;
        let name = entry.file_name();
        own_repository |= name == ".git";
        own_list |= name == ".gitignore";
        entries.push((name, entry));
    }
    let mut ignores = folder.ignores.clone();
    if folder.root.honour_ignores {
        if own_repository {
            ignores = Some(Ignores::repository(here));
        }
        if own_list {
            ignores = ignores.map(|above| above.with(&folder.path));
        }
    }
    let mut listing = Listing::default();
    for (name, entry) in entries {
        if name == ".git" {
            progress.skip(Skip::Git);
            continue;
        }
        let Ok(kind) = entry.file_type() else {
            progress.skip(Skip::Unreadable);
            continue;
        };
        let path = folder.path.join(&name);
        let relative = path.strip_prefix(&folder.root.path).unwrap_or(&path);
        if folder.root.excludes.matched(relative, kind.is_dir()).is_ignore() {
            progress.skip(Skip::Excluded);
        } else if kind.is_symlink() {
            progress.skip(Skip::Symlink);
        } else if is_ignored(ignores.as_deref(), &name, &path, kind.is_dir()) {
            progress.skip(Skip::Ignored);
        } else if kind.is_dir() {
            listing.folders.push(Folder { root: Arc::clone(&folder.root), path, ignores: ignores.clone() });
        } else if kind.is_file() {
            listing.files.push(name);
        } else {
            progress.skip(Skip::Special);
        }
    }
    Ok(listing)
}

fn is_ignored(ignores: Option<&Ignores>, name: &OsString, path: &Path, is_folder: bool) -> bool {
    let hidden_file = !is_folder && name.as_bytes().starts_with(b".");
    !hidden_file && ignores.is_some_and(|ignores| ignores.ignores(path, is_folder))
}

/// What a path leads to, when it can be read.
pub(crate) enum Opened {
    /// A regular file and its size.
    File(File, u64),
    /// A folder.
    Folder,
    /// A pipe, a socket or a device.
    Special,
    /// A link where links are not followed.
    Symlink,
}

/// Opens a path without waiting for the other end of a pipe and without taking over a terminal.
pub(crate) fn open(path: &Path, follow: bool) -> io::Result<Opened> {
    let follow = if follow { OFlags::empty() } else { OFlags::NOFOLLOW };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | follow;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        // A socket or a device without a driver can't be opened at all, and a link is not to be followed.
        Err(rustix::io::Errno::NXIO | rustix::io::Errno::NODEV) => return Ok(Opened::Special),
        Err(rustix::io::Errno::LOOP) => return Ok(Opened::Symlink),
        file => file?,
    };
    let stat = rustix::fs::fstat(&file)?;
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Opened::File(file.into(), u64::try_from(stat.st_size).unwrap_or(0)),
        FileType::Directory => Opened::Folder,
        FileType::Symlink => Opened::Symlink,
        _ => Opened::Special,
    })
}
