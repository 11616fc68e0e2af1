#![expect(clippy::disallowed_methods, reason = "edge: finds and reads the files of other tools")]
//! Where the exceptions of other tools lie, and what is stale in them at the end of a scan.
//!
//! They are looked for in the folder that is scanned, then in the current folder and at the top of the repository
//! when what is scanned lies below. One that can't be read is a note: without it more is reported, never less.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::config_files::{self, Configured};
use super::desk::{Home, Policy, Sheet};
use super::entries::Entries;
use super::fingerprints::{self, Fingerprints};
use super::project::{self, Project};
use super::secrets_baseline::{self, SecretsBaseline};
use super::secretsignore::{self, SecretsIgnore};
use crate::model::text::escape_path;
use crate::scan::walk::{self, Opened};

/// Reads what holds for the paths that are scanned.
pub fn load(roots: &[PathBuf], choice: &Choice) -> Result<Policy, BadPolicy> {
    let current = [PathBuf::new()];
    let roots = if roots.is_empty() { &current[..] } else { roots };
    let mut policy = Policy { is_strict: choice.is_strict, ..Policy::default() };
    policy.config = config(roots, &choice.config)?;
    if let Some(config) = &policy.config {
        policy.notes.extend(config.notes.iter().cloned());
    }
    for root in roots {
        let Some(real) = walk::place(root) else { continue };
        let home = Home {
            root: root.clone(),
            fingerprints: fingerprints(root, &real, &mut policy.notes),
            ignore: ignore(root, &real, &mut policy.notes),
            baseline: baseline(root, &real, &mut policy.notes),
            project: project(root, &real, &mut policy.notes),
            below_config: below(&real, policy.config.as_ref(), &choice.config),
        };
        policy.homes.push(home);
    }
    policy.roots = policy.homes.iter().map(|home| &*home.root).collect();
    Ok(policy)
}

/// What is read, and heeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Which configuration of gitleaks holds.
    pub config: config_files::Choice,
    /// Whether nothing is let through, whatever is said.
    pub is_strict: bool,
}

/// A configuration that can't be heeded: without its rules less would be found.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct BadPolicy {
    place: String,
    why: String,
}

impl BadPolicy {
    pub(crate) fn new(file: &Path, line: usize, why: &str) -> Self {
        let file = escape_path(file);
        let place = if line == 0 { file } else { format!("{file}:{line}") };
        Self { place, why: why.to_owned() }
    }
}

/// The one configuration that holds for all paths.
fn config(roots: &[PathBuf], choice: &config_files::Choice) -> Result<Option<Configured>, BadPolicy> {
    let file = match choice {
        config_files::Choice::Ignored => return Ok(None),
        config_files::Choice::At(file) => return config_files::load(file, true).map(Some),
        config_files::Choice::InFolder => {
            let mut files = roots.iter().filter_map(|root| {
                let real = walk::place(root)?;
                let has_one = |folder: &PathBuf| folder.join(config_files::NAME).is_file();
                folders(root, &real).into_iter().find(has_one).map(|folder| folder.join(config_files::NAME))
            });
            let Some(first) = files.next() else { return Ok(None) };
            let real = walk::place(&first);
            if let Some(other) = files.find(|other| walk::place(other) != real) {
                let why = format!(
                    "one scan heeds one configuration, and there is {} too: name one with --config, or use --no-config",
                    escape_path(&other)
                );
                return Err(BadPolicy::new(&first, 0, &why));
            }
            first
        }
    };
    config_files::load(&file, false).map(Some)
}

/// A scanned path, seen from the folder that the patterns of a configuration are about: that in which it lies, or the
/// top of the repository for one from elsewhere.
fn below(real: &Path, config: Option<&Configured>, choice: &config_files::Choice) -> PathBuf {
    let own = match choice {
        config_files::Choice::InFolder => {
            config.and_then(|config| walk::place(config.file.parent().unwrap_or(Path::new(""))))
        }
        _ => real.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned),
    };
    let is_file = !real.is_dir();
    match own.and_then(|own| real.strip_prefix(own).ok().map(Path::to_owned)) {
        Some(below) => below,
        None if is_file => real.file_name().map(PathBuf::from).unwrap_or_default(),
        None => PathBuf::new(),
    }
}

/// A file of this name that holds for a scanned path, with its content.
fn found(
    name: &str,
    most: usize,
    root: &Path,
    real: &Path,
    notes: &mut Vec<String>,
) -> Option<Sheet<Vec<u8>>> {
    folders(root, real).into_iter().find_map(|folder| {
        let bytes = match read(&folder.join(name), most) {
            Ok(bytes) => bytes?,
            Err(error) => {
                notes.push(format!("{}: {error}; it is not heeded", escape_path(&folder.join(name))));
                return None;
            }
        };
        let below = real.strip_prefix(walk::place(&folder)?).ok()?.to_owned();
        Some(Sheet { below, folder, seal: Sha256::digest(&bytes).into(), what: bytes })
    })
}

/// The folders in which a file may lie that holds for a scanned path: its own, the current one and the top of its
/// repository.
fn folders(root: &Path, real: &Path) -> Vec<PathBuf> {
    let own = if real.is_dir() { root } else { root.parent().unwrap_or(Path::new("")) };
    let mut folders = vec![own.to_owned()];
    if walk::place(Path::new("")).is_some_and(|current| real.starts_with(current)) {
        folders.push(PathBuf::new());
    }
    folders.extend(real.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned));
    folders
}

/// The content of a file; `None` where there is none.
pub(crate) fn read(file: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let opened = match walk::open(file, true) {
        Ok(Opened::File(opened, _)) => opened,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    opened.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than any such file"));
    }
    Ok(Some(bytes))
}

fn fingerprints(
    root: &Path,
    real: &Path,
    notes: &mut Vec<String>,
) -> Option<Sheet<Entries<fingerprints::Fingerprint>>> {
    let Sheet { below, folder, seal, what } =
        found(fingerprints::NAME, fingerprints::LARGEST, root, real, notes)?;
    let read = Fingerprints::parse(&String::from_utf8_lossy(&what));
    unread(fingerprints::NAME, &folder, &read.unread, notes);
    Some(Sheet { below, folder, seal, what: Entries::new(read.files) })
}

fn ignore(root: &Path, real: &Path, notes: &mut Vec<String>) -> Option<Sheet<SecretsIgnore>> {
    let Sheet { below, folder, seal, what } =
        found(secretsignore::NAME, secretsignore::LARGEST, root, real, notes)?;
    let read = SecretsIgnore::parse(&String::from_utf8_lossy(&what));
    unread(secretsignore::NAME, &folder, &read.unread, notes);
    Some(Sheet { below, folder, seal, what: read })
}

type Baseline = (Entries<secrets_baseline::Entry>, SecretsBaseline);

fn baseline(root: &Path, real: &Path, notes: &mut Vec<String>) -> Option<Sheet<Baseline>> {
    let (name, largest) = (secrets_baseline::NAME, secrets_baseline::LARGEST);
    let Sheet { below, folder, seal, what } = found(name, largest, root, real, notes)?;
    let file = escape_path(&folder.join(name));
    match SecretsBaseline::parse(&what) {
        Ok(mut read) => {
            notes.extend(read.notes.drain(..).map(|note| format!("{file}: {note}")));
            let entries = Entries::new(std::mem::take(&mut read.files));
            Some(Sheet { below, folder, seal, what: (entries, read) })
        }
        Err(why) => {
            notes.push(format!("{file}: {why}; it is not heeded"));
            None
        }
    }
}

/// What the repository's own file leaves out. What is wrong in it is told once, however many paths it holds for.
fn project(root: &Path, real: &Path, notes: &mut Vec<String>) -> Option<Sheet<Project>> {
    let Sheet { below, folder, seal, what } = found(project::NAME, project::LARGEST, root, real, notes)?;
    let read = Project::parse(&String::from_utf8_lossy(&what));
    let file = escape_path(&folder.join(project::NAME));
    for (line, why) in &read.notes {
        let note = format!("{file}:{line}: {why}; it is not heeded");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    Some(Sheet { below, folder, seal, what: read })
}

/// Says that lines could not be read.
fn unread(name: &str, folder: &Path, lines: &[usize], notes: &mut Vec<String>) {
    let Some(first) = lines.first() else { return };
    let file = escape_path(&folder.join(name));
    let more = match lines.len() {
        1 => String::new(),
        count => format!(", nor are {} others", count - 1),
    };
    notes.push(format!("{file}:{first}: not understood, and not heeded{more}"));
}

/// Entries that allowed nothing although their file was read to its end, or is gone; in words, in order.
pub fn stale(policy: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    if policy.is_strict {
        return lines_told(lines);
    }
    for home in &policy.homes {
        if let Some(sheet) = &home.fingerprints {
            let gone = |file: &str| is_gone(sheet, file);
            // What a commit brought is asked for in its history only.
            let entries = sheet.what.stale(&gone).filter(|(_, entry)| entry.commit.is_none());
            let place = escape_path(&sheet.folder.join(fingerprints::NAME));
            lines.extend(entries.map(|(file, entry)| {
                (
                    place.clone(),
                    entry.at,
                    format!("{}:{}:{}", escape_path(Path::new(file)), entry.rule, entry.line),
                )
            }));
        }
        if let Some(sheet) = &home.baseline {
            let gone = |file: &str| is_gone(sheet, file);
            let place = escape_path(&sheet.folder.join(secrets_baseline::NAME));
            lines.extend(sheet.what.0.stale(&gone).map(|(file, entry)| {
                (place.clone(), 0, format!("{}, line {}", escape_path(Path::new(file)), entry.line))
            }));
        }
        // A secret may stand anywhere: only who has read all can say that it is nowhere.
        if let Some(sheet) = home.ignore.as_ref().filter(|sheet| sheet.below.as_os_str().is_empty()) {
            let place = escape_path(&sheet.folder.join(secretsignore::NAME));
            lines.extend(sheet.what.unused().map(|line| (place.clone(), line, "a secret".to_owned())));
        }
    }
    lines_told(lines)
}

fn lines_told(mut lines: Vec<(String, usize, String)>) -> Vec<String> {
    lines.sort();
    lines.dedup();
    let told = |(place, line, what): (String, usize, String)| match line {
        0 => format!("{place}: {what}"),
        line => format!("{place}:{line}: {what}"),
    };
    lines.into_iter().map(told).collect()
}

/// Whether a file that an entry names, below what is scanned, is not there any more.
fn is_gone<T>(sheet: &Sheet<T>, file: &str) -> bool {
    let file = Path::new(file);
    file.starts_with(&sheet.below)
        && std::fs::symlink_metadata(sheet.folder.join(file)).is_err_and(|error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        })
}
