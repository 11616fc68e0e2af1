#![expect(clippy::disallowed_methods, reason = "edge: opens, writes and removes the files of caches")]
//! Where a cache lies, whom it must belong to, and how it is written.
//!
//! Whoever can write a cache can hide a finding: one that belongs to somebody else, or that others may write to, is not
//! used. It is written under another name and takes its place as a whole, so that of two scans at once the last one wins,
//! and one that dies leaves the old one. It has no key of its own: whoever can write to a user's files can change the
//! program that would look at it, and a key would keep a CI job from using what another one saved.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::Mode;
use sha2::{Digest, Sha256};

use super::setting::{self, Build};
use super::stamp::Stamp;
use super::table::{Head, LARGEST, Table};
use super::take::Cache;
use crate::model::clock;
use crate::model::text::escape_path;
use crate::scan::engine::Options;
use crate::scan::walk::{self, Opened};

/// How many caches a folder keeps, and how many bytes; those that were written longest ago go.
const KEPT: (usize, u64) = (64, 256 << 20);

/// What is said of a path where something else lies.
const NO_FILE: &str = "no regular file";

/// Where a cache lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the folder that the user has for such things, under a name of its own for each scan.
    Own,
    /// In this file; or in this folder, as [`Place::Own`], when it is one or its name ends with a slash.
    At(PathBuf),
}

/// A cache for this scan, and what is to be said of the one that was there. `listed` lines that are high in entropy come
/// into the report.
pub fn open(place: &Place, options: &Options, listed: usize) -> io::Result<(Cache, Option<String>)> {
    let folder = match place {
        Place::At(path) if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") => {
            path.clone()
        }
        Place::At(file) => return open_at(file.clone(), None, options, listed, &build),
        Place::Own => own().ok_or_else(|| {
            let words = "neither XDG_CACHE_HOME nor HOME names a folder; name a file with --cache=FILE";
            io::Error::new(io::ErrorKind::NotFound, words)
        })?,
    };
    open_at(folder.join(name(options)), Some(folder), options, listed, &build)
}

pub(super) fn open_at(
    file: PathBuf,
    folder: Option<PathBuf>,
    options: &Options,
    listed: usize,
    build: &dyn Fn(Option<Build>) -> io::Result<Build>,
) -> io::Result<(Cache, Option<String>)> {
    let (table, doubt) = match read(&file) {
        Ok(table) => (table, None),
        Err(error) => (None, Some(format!("{}: {error}; all is scanned anew", escape_path(&file)))),
    };
    let build = build(table.as_ref().map(|table| table.head.build))?;
    let head = Head { seal: setting::seal(options, &build), build, written: clock::wall() };
    let table = table.filter(|table| table.head.seal == head.seal);
    Ok((Cache::new(file, folder, head, table, listed), doubt))
}

/// The name of the cache for these paths and options among others.
fn name(options: &Options) -> String {
    let current = [PathBuf::new()];
    let roots = if options.roots.is_empty() { &current[..] } else { &options.roots[..] };
    let real = |root: &PathBuf| walk::place(root).unwrap_or_else(|| root.clone());
    let places: Vec<Vec<u8>> =
        roots.iter().map(|root| real(root).into_os_string().into_encoded_bytes()).collect();
    setting::name(options, &places)
}

/// The folder that the user has for such things.
fn own() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
    Some(caches.join("telltale"))
}

/// What a file holds; `None` when there is none.
fn read(path: &Path) -> io::Result<Option<Table>> {
    let refuse = |words: &str| Err(io::Error::new(io::ErrorKind::InvalidData, words));
    let (file, size) = match walk::open(path, false) {
        Ok(Opened::File(file, size)) => (file, size),
        Ok(_) => return refuse(NO_FILE),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let stat = rustix::fs::fstat(&file)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return refuse("it belongs to somebody else");
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return refuse("others may write to it");
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(LARGEST).min(LARGEST) + 1);
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    match Table::read(bytes) {
        Some(table) => Ok(Some(table)),
        None => refuse("it is damaged, or no cache of this version"),
    }
}

/// Which program this is. It is hashed only when it is another file than the one that wrote the cache.
fn build(known: Option<Build>) -> io::Result<Build> {
    let mut program = File::open(std::env::current_exe()?)?;
    let stat = rustix::fs::fstat(&program)?;
    let stamp = Stamp::of(&stat).unwrap_or_default();
    if let Some(known) = known.filter(|known| known.stamp == stamp && stamp != Stamp::default()) {
        return Ok(known);
    }
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match program.read(&mut piece) {
            Ok(0) => return Ok(Build { hash: digest.finalize().into(), stamp }),
            Ok(read) => digest.update(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Cache {
    /// Where it lies.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Keeps what is known now for the next scan; `is_whole` says that this one met all its files.
    pub fn save(&self, is_whole: bool) -> io::Result<()> {
        if self.is_as_written(is_whole) {
            return Ok(());
        }
        let Some(name) = self.file.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
        // A device, a pipe or a link was meant for something else, and is not to be lost.
        if std::fs::symlink_metadata(&self.file).is_ok_and(|there| !there.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, NO_FILE));
        }
        if let Some(folder) = &self.folder {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut mark = [0; 8];
        getrandom::fill(&mut mark).map_err(|error| io::Error::other(error.to_string()))?;
        let mut part = name.to_owned();
        part.push(format!(".{:016x}.part", u64::from_ne_bytes(mark)));
        let part = self.file.with_file_name(part);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        let written = self.put(file, is_whole).and_then(|()| std::fs::rename(&part, &self.file));
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        } else if let Some(folder) = &self.folder {
            make_room(folder);
        }
        written
    }

    fn put(&self, file: File, is_whole: bool) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        self.write(&mut out, is_whole)?;
        // It is not waited for until it is on disk: one that is torn by a loss of power is told by its hash.
        out.flush()
    }
}

/// Removes what was written longest ago when a folder holds too much. What can't be removed stays.
fn make_room(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("scan-") && (name.ends_with(".cache") || name.ends_with(".part"))
        })
        .filter_map(|entry| {
            let about = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((about.modified().ok()?, about.len(), entry.path()))
        })
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    let (mut count, mut bytes) = (0, 0_u64);
    for (_, size, path) in files {
        (count, bytes) = (count + 1, bytes.saturating_add(size));
        // The newest is the one that was just written.
        if count > 1 && (count > KEPT.0 || bytes > KEPT.1) {
            let _ = std::fs::remove_file(path);
        }
    }
}
