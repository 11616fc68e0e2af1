//! Whether a finding is allowed: all that was read of one scanned path, asked for one file at a time. Pure.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::aliases;
use super::allowed::Allowed;
use super::comments::{self, Comments};
use super::entries::{Entries, OfFile};
use super::fingerprints::Fingerprint;
use super::secrets_baseline::{self, Entry, Hashed, SecretsBaseline};
use super::secretsignore::SecretsIgnore;
use crate::scan::origin::Origin;

/// Something that was read, with its place.
#[derive(Debug)]
pub(crate) struct Sheet<T> {
    /// The scanned path, seen from the folder in which the file lies.
    pub(crate) below: PathBuf,
    /// The folder in which the file lies.
    pub(crate) folder: PathBuf,
    pub(crate) what: T,
}

/// What holds for one scanned path.
#[derive(Debug, Default)]
pub(crate) struct Home {
    /// The path, as it was given.
    pub(crate) root: PathBuf,
    pub(crate) fingerprints: Option<Sheet<Entries<Fingerprint>>>,
    pub(crate) ignore: Option<Sheet<SecretsIgnore>>,
    pub(crate) baseline: Option<Sheet<(Entries<Entry>, SecretsBaseline)>>,
}

/// All exceptions that one scan heeds.
#[derive(Debug, Default)]
pub struct Policy {
    pub(crate) homes: Vec<Home>,
    /// What was read and not understood, in words.
    pub(crate) notes: Vec<String>,
}

impl<T> Sheet<T> {
    /// A path below the root as the file names it; `None` for what is no text.
    fn relative(&self, rest: &Path) -> Option<String> {
        let whole = if rest.as_os_str().is_empty() { self.below.clone() } else { self.below.join(rest) };
        whole.to_str().map(str::to_owned)
    }
}

impl Policy {
    /// What was read and not understood, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn home<'p, 'o>(&'p self, path: &'o Path) -> Option<(&'p Home, &'o Path)> {
        self.homes.iter().find_map(|home| Some((home, path.strip_prefix(&home.root).ok()?)))
    }

    /// Why a file need not be read.
    pub(crate) fn leaves_out(&self, path: &Path) -> Option<Allowed> {
        let (home, rest) = self.home(path)?;
        let leaves = |by, leaves: Option<bool>| leaves.filter(|leaves| *leaves).map(|_| by);
        let ignore = || {
            home.ignore
                .as_ref()
                .map(|sheet| sheet.relative(rest).is_some_and(|path| sheet.what.leaves_out(&path)))
        };
        let baseline = || {
            home.baseline
                .as_ref()
                .map(|sheet| sheet.relative(rest).is_some_and(|path| sheet.what.1.leaves_out(&path)))
        };
        leaves(Allowed::SecretsIgnore, ignore()).or_else(|| leaves(Allowed::SecretsBaseline, baseline()))
    }

    /// What is said of the findings in one file.
    pub(crate) fn desk<'a>(&'a self, origin: &'a Origin) -> Desk<'a> {
        let mut desk = Desk {
            commit: origin.commit.as_ref().map(|commit| commit.id.as_str()),
            fingerprints: None,
            ignore: None,
            baseline: None,
        };
        if let Some((home, rest)) = self.home(&origin.path) {
            desk.fingerprints =
                home.fingerprints.as_ref().and_then(|sheet| sheet.what.of(&sheet.relative(rest)?));
            desk.ignore = home.ignore.as_ref().map(|sheet| &sheet.what);
            desk.baseline = home.baseline.as_ref().and_then(|sheet| {
                let path = sheet.relative(rest)?;
                let is_itself = path == secrets_baseline::NAME;
                Some(Filed { entries: sheet.what.0.of(&path), file: &sheet.what.1, is_itself })
            });
        }
        desk
    }

    /// A file was read to its end: what allowed nothing in it is stale.
    pub(crate) fn was_read(&self, path: &Path) {
        let Some((home, rest)) = self.home(path) else { return };
        if let Some(sheet) = &home.fingerprints
            && let Some(path) = sheet.relative(rest)
        {
            sheet.what.was_read(&path);
        }
        if let Some(sheet) = &home.baseline
            && let Some(path) = sheet.relative(rest)
        {
            sheet.what.0.was_read(&path);
        }
    }
}

struct Filed<'a> {
    entries: Option<&'a OfFile<Entry>>,
    file: &'a SecretsBaseline,
    /// Whether it is this very file that is scanned.
    is_itself: bool,
}

/// What is said of the findings in one file.
pub(crate) struct Desk<'a> {
    commit: Option<&'a str>,
    fingerprints: Option<&'a OfFile<Fingerprint>>,
    ignore: Option<&'a SecretsIgnore>,
    baseline: Option<Filed<'a>>,
}

/// A finding of which it is asked.
pub(crate) struct Asked<'a> {
    /// The text around it.
    pub(crate) text: &'a [u8],
    /// Its secret in that text.
    pub(crate) secret: Range<usize>,
    /// Its line, from 1.
    pub(crate) line: u64,
    /// The rule's id.
    pub(crate) rule: &'a str,
}

impl Desk<'_> {
    /// Whether this is the hash of a known secret in the list of them, and so no secret.
    pub(crate) fn is_hash(&self, secret: &[u8]) -> bool {
        self.baseline.as_ref().is_some_and(|filed| filed.is_itself && filed.file.holds(secret))
    }

    /// What allows this finding. All that could are asked, so that none seems to be stale.
    pub(crate) fn allows(&self, asked: &Asked<'_>, comments: &Comments) -> Option<Allowed> {
        let Asked { text, line, rule, .. } = *asked;
        let secret = &text[asked.secret.clone()];
        let fingerprint = self.fingerprints.and_then(|entries| {
            entries.find(|entry| {
                entry.line == line
                    && entry.commit.as_deref().is_none_or(|commit| Some(commit) == self.commit)
                    && aliases::may_mean(&entry.rule, rule, secret)
            })
        });
        let baseline = self.baseline.as_ref().is_some_and(|filed| {
            let (around, _) = comments::lines(text, &asked.secret);
            let knows = |entries: &OfFile<Entry>| {
                let hashed = Hashed::new(secret);
                entries.find(|entry| entry.knows(line, &hashed)).is_some()
            };
            filed.entries.is_some_and(knows) || filed.file.filters_out(&text[around], secret)
        });
        let listed = self.ignore.and_then(|ignore| ignore.allows(secret));
        let is_rule = |name: &str| aliases::means(name, rule, secret);
        let reasons = [
            (comments.allow(text, &asked.secret, is_rule), Allowed::Comment),
            (fingerprint.is_some(), Allowed::GitleaksIgnore),
            (listed.is_some(), Allowed::SecretsIgnore),
            (baseline, Allowed::SecretsBaseline),
        ];
        reasons.into_iter().find(|(holds, _)| *holds).map(|(_, by)| by)
    }
}
