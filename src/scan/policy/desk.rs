//! Whether a finding is allowed: all that was read of one scanned path, asked for one file at a time. Pure.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::aliases;
use super::allowed::Allowed;
use super::book::NameRule;
use super::comments::{self, Comments};
use super::config_files::Configured;
use super::entries::{Entries, OfFile};
use super::fingerprints::Fingerprint;
use super::project::Project;
use super::secrets_baseline::{self, Entry, Hashed, SecretsBaseline};
use super::secretsignore::SecretsIgnore;
use super::sieve::Sieve;
use crate::model::text::escape_path;
use crate::scan::cache::setting::{Parts, Seal};
use crate::scan::matcher::Hit;
use crate::scan::origin::Origin;
use crate::scan::roots::Roots;
use crate::scan::rule::RuleSet;

/// Something that was read, with its place.
#[derive(Debug)]
pub(crate) struct Sheet<T> {
    /// The scanned path, seen from the folder in which the file lies.
    pub(crate) below: PathBuf,
    /// The folder in which the file lies.
    pub(crate) folder: PathBuf,
    /// A hash of its bytes.
    pub(crate) seal: Seal,
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
    pub(crate) project: Option<Sheet<Project>>,
    /// The scanned path, seen from the folder that the patterns of the configuration are about.
    pub(crate) below_config: PathBuf,
}

/// All exceptions that one scan heeds.
#[derive(Debug, Default)]
pub struct Policy {
    pub(crate) homes: Vec<Home>,
    /// Where the homes lie, in their order.
    pub(crate) roots: Roots,
    pub(crate) config: Option<Configured>,
    /// Whether nothing is let through, whatever is said.
    pub(crate) is_strict: bool,
    /// What was read and not understood, in words.
    pub(crate) notes: Vec<String>,
}

impl<T> Sheet<T> {
    /// From where it is seen, and a hash of it.
    fn told(&self) -> (&Path, Seal) {
        (&self.below, self.seal)
    }

    /// Whether the file says so of a path below the root.
    fn says(&self, rest: &Path, says: impl Fn(&T, &str) -> bool) -> bool {
        self.relative(rest).is_some_and(|path| says(&self.what, &path))
    }

    /// A path below the root as the file names it; `None` for what is no text.
    fn relative(&self, rest: &Path) -> Option<String> {
        whole(&self.below, rest).to_str().map(str::to_owned)
    }
}

fn whole(below: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { below.to_owned() } else { below.join(rest) }
}

impl Policy {
    /// What was read and not understood, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What is looked for, when a configuration says so.
    pub fn rules(&self) -> Option<&'static RuleSet> {
        self.config.as_ref().map(|config| config.book.set)
    }

    /// The rules of the configuration that look at the names of files alone, each with its pattern.
    pub fn name_rules(&self) -> Vec<(Arc<str>, String)> {
        let names = self.config.iter().flat_map(|config| &config.book.names);
        names.map(|rule| (Arc::clone(&rule.id), rule.path.to_string())).collect()
    }

    /// Which configuration holds, and what becomes of the built-in rules, in words.
    pub fn told(&self) -> Option<String> {
        let config = self.config.as_ref()?;
        let (file, own) = (escape_path(&config.file), config.book.own_rules + config.book.names.len());
        let rules = if own == 1 { "rule" } else { "rules" };
        Some(match (own, config.book.keeps_ours) {
            (0, _) => format!("{file} holds, over the built-in rules"),
            (_, true) => format!("{file} holds: {own} {rules} of its own beside the built-in ones"),
            (_, false) => format!("{file} holds: {own} {rules} of its own, and none of the built-in ones"),
        })
    }

    /// A path as the patterns of the configuration see it.
    pub(crate) fn config_path(&self, path: &Path) -> String {
        let path =
            self.home(path).map_or_else(|| path.to_owned(), |(home, rest)| whole(&home.below_config, rest));
        path.to_string_lossy().into_owned()
    }

    fn home<'p, 'o>(&'p self, path: &'o Path) -> Option<(&'p Home, &'o Path)> {
        self.roots
            .of(path)
            .map(|at| &self.homes[at])
            .find_map(|home| Some((home, path.strip_prefix(&home.root).ok()?)))
    }

    /// Whether a file need not be read.
    pub(crate) fn leaves_out(&self, path: &Path) -> bool {
        let says_nothing =
            |home: &Home| home.ignore.is_none() && home.baseline.is_none() && home.project.is_none();
        if self.is_strict || (self.config.is_none() && self.homes.iter().all(says_nothing)) {
            // Asked for every file, and mostly nobody says anything.
            return false;
        }
        let Some((home, rest)) = self.home(path) else { return false };
        if let Some(config) = self.config.as_ref().filter(|config| !config.book.global.is_empty()) {
            let path = self.config_path(path);
            if config.book.global.iter().any(|list| list.allows_file(path.as_bytes(), None)) {
                return true;
            }
        }
        home.ignore.as_ref().is_some_and(|sheet| sheet.says(rest, SecretsIgnore::leaves_out))
            || home
                .baseline
                .as_ref()
                .is_some_and(|sheet| sheet.says(rest, |(_, file), path| file.leaves_out(path)))
            || home.project.as_ref().is_some_and(|sheet| sheet.says(rest, Project::leaves_out))
    }

    /// What is said of the findings in one file.
    pub(crate) fn desk<'a>(&'a self, origin: &'a Origin) -> Desk<'a> {
        let sieve = self.config.as_ref().map(|config| {
            let commit = origin.commit.as_ref().map(|commit| commit.id.as_str());
            Sieve::new(&config.book, self.config_path(&origin.path), commit, self.is_strict)
        });
        let mut desk = Desk {
            sieve,
            is_strict: self.is_strict,
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

    /// All that decides here what a file comes to.
    pub(crate) fn add_to(&self, parts: &mut Parts) {
        let Self { homes, roots: _, config, is_strict, notes: _ } = self;
        let path = |parts: &mut Parts, path: &Path| parts.add(path.as_os_str().as_encoded_bytes());
        parts.add(&[u8::from(*is_strict), u8::from(config.is_some())]);
        if let Some(config) = config {
            path(parts, &config.file);
            parts.add(&config.seal);
        }
        for home in homes {
            let Home { root, fingerprints, ignore, baseline, project, below_config } = home;
            let sheets = [
                fingerprints.as_ref().map(Sheet::told),
                ignore.as_ref().map(Sheet::told),
                baseline.as_ref().map(Sheet::told),
                project.as_ref().map(Sheet::told),
            ];
            path(parts, root);
            path(parts, below_config);
            for sheet in sheets {
                let (below, seal) = sheet.unwrap_or((Path::new(""), Seal::default()));
                path(parts, below);
                parts.add(&seal);
            }
        }
    }

    /// A file was read to its end: what allowed nothing in it is stale.
    pub(crate) fn was_read(&self, path: &Path) {
        if self.homes.iter().all(|home| home.fingerprints.is_none() && home.baseline.is_none()) {
            return;
        }
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
    /// What the configuration says of its hits.
    pub(crate) sieve: Option<Sieve<'a>>,
    is_strict: bool,
    commit: Option<&'a str>,
    fingerprints: Option<&'a OfFile<Fingerprint>>,
    ignore: Option<&'a SecretsIgnore>,
    baseline: Option<Filed<'a>>,
}

/// A finding of which it is asked.
pub(crate) struct Asked<'a> {
    /// The text around it.
    pub(crate) text: &'a [u8],
    pub(crate) hit: &'a Hit,
    /// Its line, from 1.
    pub(crate) line: u64,
    /// The rule's id.
    pub(crate) rule: &'a str,
}

impl Desk<'_> {
    /// Whether a rule reports only near what others found, which is known at the end of the file.
    pub(crate) fn has_needs(&self, rule: usize) -> bool {
        self.sieve.as_ref().is_some_and(|sieve| sieve.has_needs(rule))
    }

    /// Rules that the name of the file alone meets.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &NameRule> {
        self.sieve.iter().flat_map(Sieve::by_name)
    }

    /// Whether this is the hash of a known secret in the list of them, and so no secret.
    pub(crate) fn is_hash(&self, secret: &[u8]) -> bool {
        self.baseline.as_ref().is_some_and(|filed| filed.is_itself && filed.file.holds(secret))
    }

    /// What allows this finding. All that could are asked, so that none seems to be stale.
    pub(crate) fn allows(&self, asked: &Asked<'_>, comments: &Comments) -> Option<Allowed> {
        if self.is_strict {
            return None;
        }
        let Asked { text, line, rule, hit } = *asked;
        let place = hit.span.start..hit.cover;
        let secret = &text[place.clone()];
        let fingerprint = self.fingerprints.and_then(|entries| {
            entries.find(|entry| {
                entry.line == line
                    && entry.commit.as_deref().is_none_or(|commit| Some(commit) == self.commit)
                    && aliases::may_mean(&entry.rule, rule, secret)
            })
        });
        let baseline = self.baseline.as_ref().is_some_and(|filed| {
            let (around, _) = comments::lines(text, &place);
            let knows = |entries: &OfFile<Entry>| {
                let hashed = Hashed::new(secret);
                entries.find(|entry| entry.knows(line, &hashed)).is_some()
            };
            filed.entries.is_some_and(knows) || filed.file.filters_out(&text[around], secret)
        });
        let listed = self.ignore.and_then(|ignore| ignore.allows(secret));
        let is_rule = |name: &str| aliases::means(name, rule, secret);
        let reasons = [
            (comments.allow(text, &place, is_rule), Allowed::Comment),
            (self.sieve.as_ref().is_some_and(|sieve| sieve.allows(text, hit)), Allowed::Allowlist),
            (fingerprint.is_some(), Allowed::GitleaksIgnore),
            (listed.is_some(), Allowed::SecretsIgnore),
            (baseline, Allowed::SecretsBaseline),
        ];
        reasons.into_iter().find(|(holds, _)| *holds).map(|(_, by)| by)
    }
}
