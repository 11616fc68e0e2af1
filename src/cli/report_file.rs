#![expect(clippy::disallowed_methods, reason = "edge: makes the files that reports are written to")]
//! Where a report goes: standard output, or a file that appears under its name only when it is whole.
//!
//! A list of leaks is nobody else's business, redacted or not: the file is for its owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;

use crate::model::text::escape_path;

/// Where a report goes.
pub(super) enum Destination {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A pipe or a device that was given by name.
    Stream(PathBuf, BufWriter<File>),
    /// A file.
    File(ReportFile),
}

impl Destination {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        Self::Stdout(BufWriter::new(io::stdout()))
    }

    /// The file of this name.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        Self::open(path).with_context(|| format!("can't write {}", escape_path(path)))
    }

    fn open(path: &Path) -> io::Result<Self> {
        // A link leads to what is replaced; it stays.
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match std::fs::metadata(&real) {
            Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => {
                let file = OpenOptions::new().write(true).open(&real)?;
                Ok(Self::Stream(path.to_owned(), BufWriter::new(file)))
            }
            _ => Ok(Self::File(ReportFile::new(real)?)),
        }
    }

    /// What it is called in a message.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Stdout(_) => "to standard output".to_owned(),
            Self::Stream(path, _) => escape_path(path),
            Self::File(file) => escape_path(&file.path),
        }
    }

    /// Brings out what waits; a file gets its name now.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::Stream(_, mut out) => out.flush(),
            Self::File(file) => file.finish(),
        }
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Stream(_, out) => out.write(bytes),
            Self::File(file) => file.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Stream(_, out) => out.flush(),
            Self::File(file) => file.out.flush(),
        }
    }
}

/// The files that are not whole yet: a signal that ends the process leaves nobody to drop them.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is not whole yet, for a process that is about to die.
pub(super) fn remove_unfinished() {
    for file in unfinished().drain(..) {
        let _ = std::fs::remove_file(file);
    }
}

/// A file under a name of its own until it is whole; it is gone when it never is.
pub(super) struct ReportFile {
    path: PathBuf,
    new: PathBuf,
    out: BufWriter<File>,
}

impl ReportFile {
    fn new(path: PathBuf) -> io::Result<Self> {
        let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let new = path.with_file_name(hidden);
        // What a process of the same number left behind long ago.
        let _ = std::fs::remove_file(&new);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        unfinished().push(new.clone());
        Ok(Self { path, new, out: BufWriter::new(file) })
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        // A disk that is full may say so only now.
        self.out.get_ref().sync_all()?;
        std::fs::rename(&self.new, &self.path)
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.new);
        unfinished().retain(|file| *file != self.new);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sarif");
        std::fs::write(&path, "old").unwrap();
        let mut to = Destination::at(&path).unwrap();
        to.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        to.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut half = Destination::at(&path).unwrap();
        half.write_all(b"half").unwrap();
        half.flush().unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(half);
        assert_eq!(
            (names(folder.path()), std::fs::read(&path).unwrap()),
            (vec!["a.sarif".into()], b"new".into())
        );
    }

    #[test]
    fn links_stay_and_devices_are_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        symlink("file", &link).unwrap();
        let mut to = Destination::at(&link).unwrap();
        to.write_all(b"new").unwrap();
        to.finish().unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        let mut null = Destination::at(Path::new("/dev/null")).unwrap();
        null.write_all(b"x").unwrap();
        null.finish().unwrap();
        let mut full = Destination::at(Path::new("/dev/full")).unwrap();
        full.write_all(b"x").unwrap();
        assert!(full.finish().is_err());
        assert!(
            Destination::at(folder.path()).is_err() && Destination::at(&folder.path().join("no/x")).is_err()
        );
    }
}
