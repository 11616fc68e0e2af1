#![expect(clippy::disallowed_methods, reason = "edge: finds, reads and writes baselines")]
//! Where a baseline lies, and how it is read and written.
//!
//! The one for a folder lies in it; where the folder has none, that of the current folder holds for what lies below it,
//! and then that at the top of the repository. Writing is atomic: a new file takes the place of the old one.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::baseline::{Baseline, Cost, LARGEST, NAME};
use super::walk::{self, Opened};

/// Which baseline a scan heeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that lies in the scanned folder.
    #[default]
    InFolder,
    /// This one.
    At(PathBuf),
    /// This one, which is written, and made where there is none.
    Written(PathBuf),
    /// None at all.
    Ignored,
}

/// Where the baseline of one scanned path lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file, whether it exists or not.
    pub(crate) file: PathBuf,
    /// The scanned path, seen from the folder that the baseline is for.
    pub(crate) below: PathBuf,
}

/// Finds the baseline for a path that is scanned; `None` for what lies in no folder, such as standard input.
pub(crate) fn place(choice: &Choice, root: &Path) -> Option<Place> {
    let real = walk::place(root)?;
    let file = match choice {
        Choice::Ignored => return None,
        Choice::At(file) | Choice::Written(file) => file.clone(),
        Choice::InFolder => in_folder(root, &real),
    };
    let folder = walk::place(file.parent().unwrap_or(Path::new("")));
    let is_folder = real.is_dir();
    let below = match folder.and_then(|folder| real.strip_prefix(folder).ok().map(Path::to_owned)) {
        Some(below) => below,
        // It lies elsewhere, and is for what is scanned.
        None if is_folder => PathBuf::new(),
        None => real.file_name().map(PathBuf::from).unwrap_or_default(),
    };
    Some(Place { file, below })
}

fn in_folder(root: &Path, real: &Path) -> PathBuf {
    let is_folder = real.is_dir();
    let own = if is_folder { root.join(NAME) } else { root.with_file_name(NAME) };
    let here = Path::new(NAME);
    let is_below = walk::place(Path::new("")).is_some_and(|current| real.starts_with(current));
    if is_folder && own.exists() {
        return own;
    }
    if is_below && here.exists() {
        return here.to_owned();
    }
    let top = real.ancestors().find(|folder| folder.join(".git").exists()).map(|top| top.join(NAME));
    match top {
        Some(top) if top.exists() => top,
        _ if is_below && !is_folder => here.to_owned(),
        _ => own,
    }
}

/// Reads a baseline; `None` where there is no such file.
pub(crate) fn load(file: &Path) -> io::Result<Option<Baseline>> {
    let opened = match walk::open(file, true) {
        Ok(Opened::File(opened, _)) => opened,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Baseline::parse(&bytes).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Whether a file is not there any more.
pub(crate) fn is_gone(file: &Path) -> bool {
    let gone =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    std::fs::symlink_metadata(file).as_ref().is_err_and(gone)
}

/// An empty baseline with a salt of its own.
pub(crate) fn fresh() -> io::Result<Baseline> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Baseline::new(salt, Cost::DEFAULT))
}

/// Writes a baseline in the place of an older one. Whoever reads meanwhile sees the one or the other as a whole.
pub(crate) fn save(file: &Path, baseline: &Baseline) -> io::Result<()> {
    // A link leads to what is replaced; it stays.
    let real = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let file = real.as_path();
    let mut name = file.file_name().unwrap_or(NAME.as_ref()).to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = file.with_file_name(name);
    // What a process of the same number left behind long ago.
    let _ = std::fs::remove_file(&new);
    let written = write(&new, &baseline.text()).and_then(|()| std::fs::rename(&new, file));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::scan::baseline::{Entry, Verdict};

    #[test]
    fn a_baseline_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        assert!(load(&file).unwrap().is_none());
        let mut baseline = fresh().unwrap();
        save(&file, &baseline).unwrap();
        baseline.insert(Entry {
            path: "a".into(),
            rule: "r".into(),
            id: "0".repeat(32),
            verdict: Verdict::Known,
            added: "2026-11-21".into(),
        });
        save(&file, &baseline).unwrap();
        assert_eq!(load(&file).unwrap(), Some(baseline));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o700, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        std::fs::write(&file, "{").unwrap();
        assert_eq!(load(&file).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(load(folder.path()).is_err());
        assert!(save(&folder.path().join("no/such"), &fresh().unwrap()).is_err());
    }

    #[test]
    fn a_link_to_a_baseline_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("shared.json"), folder.path().join(NAME));
        save(&file, &fresh().unwrap()).unwrap();
        std::os::unix::fs::symlink("shared.json", &link).unwrap();
        let other = fresh().unwrap();
        save(&link, &other).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(load(&file).unwrap().unwrap().text(), other.text());
    }

    #[test]
    fn a_baseline_is_for_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/a.py"), "").unwrap();
        let own = root.join(NAME);
        assert_eq!(place(&Choice::InFolder, &root), Some(Place { file: own.clone(), below: PathBuf::new() }));
        let given = Choice::At(own.clone());
        let below = |path: &str| place(&given, &root.join(path)).unwrap().below;
        assert_eq!((below("src"), below("src/a.py")), ("src".into(), "src/a.py".into()));
        let elsewhere = Choice::At(folder.path().join("src/other.json"));
        std::fs::create_dir_all(folder.path().join("src")).unwrap();
        assert_eq!(place(&elsewhere, &root.join("src/a.py")).unwrap().below, PathBuf::from("a.py"));
        assert_eq!(place(&elsewhere, &root).unwrap().below, PathBuf::new());
        assert_eq!(place(&Choice::Ignored, &root), None);
        assert_eq!(place(&given, Path::new("-")), None);
    }
}
