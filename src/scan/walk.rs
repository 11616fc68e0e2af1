#![expect(clippy::disallowed_methods, reason = "edge: lists folders and opens files")]
//! One step of the walk: what a folder holds, and how a file is opened so that nothing blocks.
//!
//! Hidden files are scanned whatever git ignores: `.env` is where secrets live, and it is in every `.gitignore`.
//! Folders that git ignores are not entered, nor is `.git`. Links are not followed, so loops can't matter.

use std::collections::HashSet;
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
use super::shard::Shard;

/// What holds for one path that was given.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    /// Where it really is, when the others given may lie within it.
    pub(crate) real: Option<PathBuf>,
    /// Where all given paths really are.
    pub(crate) given: Arc<HashSet<PathBuf>>,
    pub(crate) excludes: Gitignore,
    pub(crate) honour_ignores: bool,
    /// Which part of the files is scanned.
    pub(crate) shard: Option<Shard>,
}

impl Root {
    /// Whether what stands at this place below is another of the given paths. Links are not followed on the way,
    /// so the real place of the root and the way below it make the real place.
    fn leaves(&self, relative: &Path) -> bool {
        self.real.as_ref().is_some_and(|real| self.given.contains(&real.join(relative)))
    }
}

/// The given paths, each once, and where they really are; nothing of the latter when there is only one.
pub(crate) fn distinct(roots: &[PathBuf]) -> (Vec<PathBuf>, HashSet<PathBuf>) {
    let mut places = HashSet::new();
    if roots.len() < 2 {
        return (roots.to_vec(), places);
    }
    // What has no place, such as `-` or a pipe of the shell's, is taken as it is.
    let fresh = |root: &&PathBuf| place(root).is_none_or(|place| places.insert(place));
    let roots = roots.iter().filter(fresh).cloned().collect();
    (roots, places)
}

/// Where a given path really is.
pub(crate) fn place(root: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(if root.as_os_str().is_empty() { Path::new(".") } else { root }).ok()
}

/// Whether a folder is what git keeps a repository in: a bare one, or a `.git`.
pub(crate) fn is_repository(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
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
    let root = &*folder.root;
    // Mostly nothing is asked of the path of a file, and it need not be made here.
    let takes_all =
        root.shard.is_none() && root.real.is_none() && root.excludes.is_empty() && ignores.is_none();
    for (name, entry) in entries {
        if takes_all && name != ".git" && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            listing.files.push(name);
            continue;
        }
        let path = folder.path.join(&name);
        let relative = path.strip_prefix(&folder.root.path).unwrap_or(&path);
        // What is not scanned is counted by one shard too, so that their counts add up.
        let is_ours = folder.root.shard.is_none_or(|shard| shard.takes_path(relative));
        let skip = |reason| {
            if is_ours {
                progress.skip(reason);
            }
        };
        if name == ".git" {
            skip(Skip::Git);
            continue;
        }
        let Ok(kind) = entry.file_type() else {
            skip(Skip::Unreadable);
            continue;
        };
        if folder.root.leaves(relative) {
            // It was given too and is scanned under that name, with what holds there.
            continue;
        }
        if folder.root.excludes.matched(relative, kind.is_dir()).is_ignore() {
            skip(Skip::Excluded);
        } else if kind.is_symlink() {
            skip(Skip::Symlink);
        } else if is_ignored(ignores.as_deref(), &name, &path, kind.is_dir()) {
            skip(Skip::Ignored);
        } else if kind.is_dir() {
            listing.folders.push(Folder { root: Arc::clone(&folder.root), path, ignores: ignores.clone() });
        } else if kind.is_file() && is_ours {
            listing.files.push(name);
        } else if kind.is_file() {
            progress.skip(Skip::Elsewhere);
        } else {
            skip(Skip::Special);
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
    /// A pipe, and whether it has a name in a folder; those of the shell have none.
    Pipe(File, bool),
    /// A socket or a device.
    Special,
    /// A link where links are not followed.
    Symlink,
}

/// Whether a pipe lies in a folder, where it may have no writer yet; those of the shell lie nowhere.
#[cfg(target_os = "linux")]
fn has_a_name(pipe: &impl std::os::fd::AsFd) -> bool {
    // PIPEFS_MAGIC of statfs(2).
    rustix::fs::fstatfs(pipe).is_ok_and(|system| system.f_type != 0x5049_5045)
}

#[cfg(not(target_os = "linux"))]
fn has_a_name(_: &impl std::os::fd::AsFd) -> bool {
    true
}

/// The size of a regular file that is not empty.
pub(crate) fn size(file: &impl std::os::fd::AsFd) -> Option<u64> {
    let stat = rustix::fs::fstat(file).ok()?;
    let is_regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    u64::try_from(stat.st_size).ok().filter(|size| is_regular && *size > 0)
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
        FileType::Fifo => {
            let named = has_a_name(&file);
            Opened::Pipe(file.into(), named)
        }
        _ => Opened::Special,
    })
}
