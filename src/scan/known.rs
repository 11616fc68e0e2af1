//! What of a scan is known already: its baselines, asked while findings are met, and changed while people look.
//!
//! A secret is hashed slowly only when the baseline names its rule and its file, and only once a scan. Hashes are
//! taken one at a time: each needs megabytes, and there may be many threads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::baseline::{Baseline, EVERYWHERE, Entry, Verdict};
use super::baseline_file::{self, Choice};
use super::finding::Finding;
use super::origin::INSIDE;
use super::roots::Roots;
use super::secret::Secret;
use crate::model::text::escape_path;

/// The most secrets of one scan that are hashed slowly. What lies beyond is reported, accepted or not: a hostile
/// repository must not keep a machine busy for hours.
const MOST_HASHES: usize = 10_000;

/// The baselines of all paths that are scanned.
#[derive(Debug, Default)]
pub struct Known {
    sheets: Mutex<Vec<Sheet>>,
    hashing: Mutex<()>,
    /// The files that the sheets name, in their order, and whether they were read: asked without a lock.
    named: Vec<HashMap<String, AtomicBool>>,
    roots: Roots,
    /// What is known of each scanned path, in the order of `roots`.
    rooted: Vec<Rooted>,
}

/// A scanned path and its baseline. Many paths may share one.
#[derive(Debug)]
struct Rooted {
    /// The path, as it was given.
    root: PathBuf,
    /// The same, seen from the folder that the baseline is for.
    below: PathBuf,
    /// The number of its sheet.
    sheet: usize,
}

/// One baseline.
#[derive(Debug)]
struct Sheet {
    file: PathBuf,
    baseline: Option<Baseline>,
    /// The slow ids of secrets by their quick ones.
    ids: HashMap<String, String>,
    /// Entries that met something.
    used: HashSet<Entry>,
}

impl Rooted {
    /// A path below the root as entries name it, seen from the folder that the baseline is for.
    fn relative(&self, path: &Path) -> Option<String> {
        if let Some(inside) = inside_of(&self.root, path) {
            return Some(format!("{}{}", escape_path(&self.below), escape_path(inside)));
        }
        let rest = path.strip_prefix(&self.root).ok()?;
        let whole = if rest.as_os_str().is_empty() { self.below.clone() } else { self.below.join(rest) };
        Some(escape_path(&whole))
    }
}

impl Sheet {
    /// Notes that an entry met something; gives what it says.
    fn used(&mut self, entry: Entry) -> Verdict {
        let verdict = entry.verdict;
        self.used.insert(entry);
        verdict
    }

    /// Writes what is said of a secret in these places, each with its path as entries name it.
    fn decide(
        &mut self,
        places: &[(&Finding, String)],
        secret: &Secret,
        verdict: Verdict,
        date: &str,
    ) -> io::Result<Written> {
        // Read anew: somebody else may have written to it, and nothing of that may get lost.
        let found = baseline_file::load(&self.file).map_err(|error| named(&self.file, &error))?;
        let mut baseline = match found {
            Some(baseline) => baseline,
            None => baseline_file::fresh()?,
        };
        if self.baseline.as_ref().is_some_and(|old| old.hasher() != baseline.hasher()) {
            self.ids.clear();
        }
        let id = baseline.hasher().id(secret.clear().as_bytes());
        self.ids.extend(places.first().map(|(place, _)| (place.secret_id.clone(), id.clone())));
        let entry = |(finding, path): &(&Finding, String)| {
            let (rule, id, added) = (finding.rule.to_string(), id.clone(), date.to_owned());
            Entry { path: path.clone(), rule, id, verdict, added }
        };
        let mut entries: Vec<Entry> = places.iter().map(entry).collect();
        let before = |entry: &Entry| baseline.entry_here(entry).cloned();
        let replaced: Vec<Entry> = entries.iter().filter_map(before).collect();
        entries.retain(|entry| baseline.insert(entry.clone()));
        baseline_file::save(&self.file, &baseline).map_err(|error| named(&self.file, &error))?;
        self.baseline = Some(baseline);
        Ok(Written { file: self.file.clone(), entries, replaced })
    }
}

/// What one decision wrote, to take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    file: PathBuf,
    entries: Vec<Entry>,
    /// What these places said before.
    replaced: Vec<Entry>,
}

impl Written {
    /// The file it was written to.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// Reads the baselines for all paths that are scanned; one that can't be read is an error that names it.
    pub fn load(roots: &[PathBuf], choice: &Choice) -> io::Result<Self> {
        let current = [PathBuf::new()];
        let roots = if roots.is_empty() { &current[..] } else { roots };
        let (mut sheets, mut rooted) = (Vec::new(), Vec::new());
        let mut known: HashMap<PathBuf, usize> = HashMap::new();
        for root in roots {
            let Some(place) = baseline_file::place(choice, root) else { continue };
            let (root, below) = (root.clone(), place.below);
            if let Some(&sheet) = known.get(&place.file) {
                rooted.push(Rooted { root, below, sheet });
                continue;
            }
            let baseline = baseline_file::load(&place.file).map_err(|error| named(&place.file, &error))?;
            if baseline.is_none()
                && let Choice::At(file) = choice
            {
                let words = "there is no such baseline; --write-baseline makes one";
                return Err(named(file, &io::Error::new(io::ErrorKind::NotFound, words)));
            }
            known.insert(place.file.clone(), sheets.len());
            rooted.push(Rooted { root, below, sheet: sheets.len() });
            sheets.push(Sheet { file: place.file, baseline, ids: HashMap::new(), used: HashSet::new() });
        }
        let named = |sheet: &Sheet| {
            let entries = sheet.baseline.as_ref().map(Baseline::entries).unwrap_or_default();
            entries.iter().map(|entry| (entry.path.clone(), AtomicBool::new(false))).collect()
        };
        let named = sheets.iter().map(named).collect();
        let roots = rooted.iter().map(|one| &*one.root).collect();
        Ok(Self { sheets: Mutex::new(sheets), hashing: Mutex::default(), named, roots, rooted })
    }

    /// How many entries there are in all baselines.
    pub fn entries(&self) -> usize {
        lock(&self.sheets).iter().filter_map(|sheet| sheet.baseline.as_ref()).map(Baseline::len).sum()
    }

    /// Whether so many secrets had to be looked up that the rest was reported without.
    pub fn is_exhausted(&self) -> bool {
        lock(&self.sheets).iter().any(|sheet| sheet.ids.len() >= MOST_HASHES)
    }

    /// Whether a baseline names this rule in this file, so that [`Known::verdict`] may say something.
    pub(crate) fn names(&self, rule: &str, path: &Path) -> bool {
        let sheets = lock(&self.sheets);
        self.above(path).any(|one| {
            let named =
                |baseline: &Baseline| one.relative(path).is_some_and(|path| baseline.names(rule, &path));
            sheets[one.sheet].baseline.as_ref().is_some_and(named)
        })
    }

    /// What is known of the scanned paths that this one lies in, the nearest first.
    fn above<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Rooted> {
        self.roots.of(path).map(|at| &self.rooted[at])
    }

    /// What was said of this secret here; `quick` is its id within the report.
    pub(crate) fn verdict(&self, rule: &str, path: &Path, secret: &[u8], quick: &str) -> Option<Verdict> {
        let mut sheets = lock(&self.sheets);
        let (at, relative) = self.above(path).find_map(|one| {
            let baseline = sheets[one.sheet].baseline.as_ref()?;
            let relative = one.relative(path)?;
            baseline.names(rule, &relative).then_some((one.sheet, relative))
        })?;
        let sheet = &sheets[at];
        let baseline = sheet.baseline.as_ref()?;
        if let Some(id) = sheet.ids.get(quick) {
            let entry = baseline.entry(rule, &relative, id)?.clone();
            return Some(sheets[at].used(entry));
        }
        if sheet.ids.len() >= MOST_HASHES {
            return None;
        }
        let hasher = baseline.hasher();
        drop(sheets);
        let turn = lock(&self.hashing);
        // Somebody else may have had the same secret before us.
        let before = lock(&self.sheets).get(at).and_then(|sheet| sheet.ids.get(quick).cloned());
        // As it is when it is read anew: what is no UTF-8 is replaced.
        let id = before.unwrap_or_else(|| hasher.id(String::from_utf8_lossy(secret).as_bytes()));
        drop(turn);
        let mut sheets = lock(&self.sheets);
        let sheet = sheets.get_mut(at)?;
        let entry = sheet.baseline.as_ref()?.entry(rule, &relative, &id).cloned();
        sheet.ids.insert(quick.to_owned(), id);
        entry.map(|entry| sheet.used(entry))
    }

    /// A file was read to its end: what accepts nothing in it is stale.
    pub(crate) fn was_read(&self, path: &Path) {
        if self.named.iter().all(HashMap::is_empty) {
            return;
        }
        for one in self.above(path) {
            let files = &self.named[one.sheet];
            let file = (!files.is_empty()).then(|| one.relative(path)).flatten();
            if let Some(was_read) = file.and_then(|file| files.get(&file)) {
                was_read.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Entries that met nothing although their file was read to its end, or is gone, by their baseline.
    pub fn stale(&self) -> Vec<(PathBuf, Vec<Entry>)> {
        let sheets = lock(&self.sheets);
        let below = |at: usize| self.rooted.iter().filter(move |one| one.sheet == at).map(|one| &*one.below);
        let of = |(at, (sheet, files)): (usize, (&Sheet, &HashMap<String, AtomicBool>))| {
            let below: Roots = below(at).collect();
            let is_over = |entry: &&Entry| {
                let was_read =
                    files.get(&entry.path).is_some_and(|was_read| was_read.load(Ordering::Relaxed));
                let folder = sheet.file.parent().unwrap_or(Path::new(""));
                // What lies inside of an archive has no place of its own to look at.
                let has_a_place = entry.path != EVERYWHERE && !entry.path.contains(INSIDE);
                let is_below = has_a_place && below.of(Path::new(&entry.path)).next().is_some();
                was_read || (is_below && baseline_file::is_gone(&folder.join(&entry.path)))
            };
            let entries = sheet.baseline.as_ref().map(Baseline::entries).unwrap_or_default();
            let unused = entries.iter().filter(|entry| !sheet.used.contains(entry));
            (sheet.file.clone(), unused.filter(is_over).cloned().collect())
        };
        sheets
            .iter()
            .zip(&self.named)
            .enumerate()
            .filter(|(_, (sheet, _))| sheet.baseline.is_some())
            .map(of)
            .filter(|(_, entries): &(_, Vec<Entry>)| !entries.is_empty())
            .collect()
    }

    /// Takes stale entries out of their baselines.
    pub fn prune(&self, stale: &[(PathBuf, Vec<Entry>)]) -> io::Result<()> {
        stale.iter().try_for_each(|(file, entries)| {
            let (entries, replaced) = (entries.clone(), Vec::new());
            self.take_back(&Written { file: file.clone(), entries, replaced })
        })
    }

    /// The id that a secret has in every report with this baseline, for one that was hashed slowly in this one.
    pub fn lasting_id(&self, finding: &Finding) -> Option<String> {
        let one = self.above(&finding.path).next()?;
        lock(&self.sheets)[one.sheet].ids.get(&finding.secret_id).cloned()
    }

    /// Writes into the baselines what is said of a secret in all these places.
    pub fn decide(
        &self,
        places: &[Arc<Finding>],
        secret: &Secret,
        verdict: Verdict,
        date: &str,
    ) -> io::Result<Vec<Written>> {
        let mut sheets = lock(&self.sheets);
        let mut by_sheet: BTreeMap<usize, Vec<(&Finding, String)>> = BTreeMap::new();
        for place in places {
            let home = self.above(&place.path).next();
            if let Some((home, path)) = home.and_then(|home| Some((home, home.relative(&place.path)?))) {
                by_sheet.entry(home.sheet).or_default().push((place, path));
            }
        }
        let mut written = Vec::new();
        for (at, here) in by_sheet {
            written.push(sheets[at].decide(&here, secret, verdict, date)?);
        }
        if written.is_empty() {
            return Err(io::Error::other("no baseline is in use here"));
        }
        Ok(written)
    }

    /// Takes back what one decision wrote: what was said before holds again.
    pub fn take_back(&self, written: &Written) -> io::Result<()> {
        let mut sheets = lock(&self.sheets);
        let Some(mut baseline) = baseline_file::load(&written.file)? else { return Ok(()) };
        for entry in &written.entries {
            baseline.remove(entry);
        }
        for entry in &written.replaced {
            baseline.insert(entry.clone());
        }
        baseline_file::save(&written.file, &baseline).map_err(|error| named(&written.file, &error))?;
        for sheet in sheets.iter_mut().filter(|sheet| sheet.file == written.file) {
            sheet.baseline = Some(baseline.clone());
        }
        Ok(())
    }
}

/// What follows the name of an archive in the name of a place inside of it.
fn inside_of<'a>(archive: &Path, path: &'a Path) -> Option<&'a Path> {
    let rest = path.as_os_str().as_bytes().strip_prefix(archive.as_os_str().as_bytes())?;
    rest.starts_with(INSIDE.as_bytes()).then(|| Path::new(OsStr::from_bytes(rest)))
}

fn named(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", escape_path(file)))
}
