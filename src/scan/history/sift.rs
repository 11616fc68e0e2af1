//! The second look: blobs under their names, the oldest first, until each secret has been found once in each file.
//! What was suspect only because nobody knew its name is gone after it.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::BuildHasher;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;

use super::crew::{self, Hand};
use super::objects;
use super::repository::{Repository, Site};
use super::suspects::{Mark, Marker};
use crate::model::text::escape;
use crate::scan::engine::Shared;
use crate::scan::finding::{Finding, Level, Source};
use crate::scan::ignores;
use crate::scan::origin::{Commit, Origin};
use crate::scan::progress::{Progress, Report, Skip};

/// From so many blobs on it is worth to share them.
const MANY: usize = 64;

/// A blob and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) blob: ObjectId,
    pub(crate) path: PathBuf,
    /// The commit that brought it, where there is one.
    pub(crate) commit: Option<ObjectId>,
    /// The version before this one, when what that holds is not to be told.
    pub(crate) before: Option<ObjectId>,
}

/// What is asked of these blobs.
pub(crate) struct Question<'a> {
    pub(crate) source: Source,
    /// The marks of each suspect; a blob that is not in it is looked at in any case.
    pub(crate) marks: &'a gix::hashtable::HashMap<ObjectId, Vec<Mark>>,
    /// The tokens that are worth telling although they are only high in entropy; all where there is no list.
    pub(crate) tokens: Option<&'a HashSet<Mark>>,
    /// Whether all else was told before.
    pub(crate) only_tokens: bool,
    pub(crate) marker: &'a Marker,
    /// Whether these blobs were counted before.
    pub(crate) is_counted: bool,
}

/// Scans these blobs in this order and tells what is new in each; tells on how many threads.
pub(super) fn sift(
    shared: &Shared<'_>,
    site: &Site,
    named: &[Named],
    question: &Question<'_>,
    wanted: usize,
    report: &mut Report,
) -> usize {
    let shares = if named.len() < MANY { 1 } else { wanted.max(1) };
    // All blobs of one file are one thread's: whether one is looked at depends on what those before it held.
    let hasher = std::hash::RandomState::new();
    let share = |one: &Named| hasher.hash_one(&one.path) as usize % shares;
    let next = AtomicUsize::new(0);
    let started = crew::run(shared, shares, false, report, &|hand| {
        hand.counts = !question.is_counted;
        // Whoever comes first takes a share; with fewer threads than shares some take more.
        loop {
            let own = next.fetch_add(1, Ordering::Relaxed);
            if own >= shares {
                return;
            }
            let repository = match Repository::open(site.clone()) {
                Ok(repository) => repository,
                Err(error) => {
                    return crew::unreadable(shared, &mut hand.report, &site.given, "its folder", &error);
                }
            };
            let mut sieve = Sieve {
                hand,
                repository: &repository,
                question,
                told: HashSet::new(),
                decided: HashSet::new(),
                commits: HashMap::new(),
            };
            for one in named.iter().filter(|one| share(one) == own) {
                if sieve.hand.is_stopped() {
                    return;
                }
                sieve.blob(one);
            }
        }
    });
    // More threads had nothing to do.
    if started == shares { wanted } else { started }
}

/// One thread's part.
struct Sieve<'a, 'h, 'q> {
    hand: &'a mut Hand<'h>,
    repository: &'a Repository,
    question: &'a Question<'q>,
    /// Which secret was told of which file.
    told: HashSet<u64>,
    /// Of which marks it is known whether they hold in which file.
    decided: HashSet<u64>,
    commits: HashMap<ObjectId, (String, i64)>,
}

impl Sieve<'_, '_, '_> {
    fn blob(&mut self, one: &Named) {
        let shared = self.hand.shared;
        if ignores::leaves_out(&shared.excludes, &one.path) {
            return shared.progress.skip(Skip::Excluded);
        }
        let shown = self.repository.prefix().join(&one.path);
        if shared.options.policy.as_ref().is_some_and(|policy| policy.leaves_out(&shown)) {
            return shared.progress.skip(Skip::LeftOut);
        }
        let question = self.question;
        let asked = question.marks.get(&one.blob);
        let placed = |mark: &Mark| question.marker.placed(*mark, &one.path);
        if asked.is_some_and(|marks| {
            !marks.is_empty() && marks.iter().all(|mark| self.decided.contains(&placed(mark)))
        }) {
            return;
        }
        if let Err(error) = self.scan(one) {
            self.hand.unreadable(&self.repository.site.given, one.blob, &error);
        } else {
            self.decided.extend(asked.into_iter().flatten().map(placed));
        }
        if !self.question.is_counted {
            Progress::add(&shared.progress.files_done, 1);
        }
    }

    fn scan(&mut self, one: &Named) -> io::Result<()> {
        let origin = self.origin(one);
        let Self { hand, repository, question, told, .. } = self;
        let shared = hand.shared;
        let told = RefCell::new(told);
        if let Some(before) = one.before {
            let known = |finding: Finding| {
                told.borrow_mut()
                    .insert(question.marker.placed(question.marker.mark(&finding), &finding.path));
            };
            // What can't be read of it is told once more, rather than not at all.
            let _ = objects::read(repository, before, &mut |content| {
                hand.scan(content, &origin, &known).map(drop)
            });
        }
        let (levels, accepted) = (Cell::new([0; 4]), Cell::new(0));
        let sink = |finding: Finding| {
            let mark = question.marker.mark(&finding);
            let is_token = finding.level == Level::Entropy;
            if (is_token && question.tokens.is_some_and(|tokens| !tokens.contains(&mark)))
                || (!is_token && question.only_tokens)
                || !told.borrow_mut().insert(question.marker.placed(mark, &finding.path))
            {
                return;
            }
            if finding.accepted.is_some() {
                accepted.set(accepted.get() + 1);
            } else {
                let mut counts = levels.get();
                counts[finding.level as usize] += 1;
                levels.set(counts);
                Progress::add(&shared.progress.findings, 1);
            }
            (shared.sink)(finding);
        };
        let mut outcome = None;
        objects::read(repository, one.blob, &mut |content| {
            let is_wanted = question.is_counted || hand.wants(content.size());
            outcome = is_wanted.then(|| hand.scan(content, &origin, &sink)).transpose()?;
            Ok(())
        })?;
        if let Some(outcome) = outcome {
            if !question.only_tokens {
                hand.report.beyond_cap += outcome.beyond_cap;
                for (sum, count) in hand.report.allowed.iter_mut().zip(outcome.allowed) {
                    *sum += count;
                }
            }
            if !question.is_counted {
                hand.count(&outcome);
            }
        }
        hand.report.accepted += accepted.get();
        for (sum, count) in hand.report.findings.iter_mut().zip(levels.get()) {
            *sum += count;
        }
        Ok(())
    }

    /// Where a blob came from: its repository's folder with its path, and the commit that brought it.
    fn origin(&mut self, one: &Named) -> Origin {
        let (author, time) = match one.commit.map(|id| (id, self.commits.entry(id))) {
            None => (String::new(), 0),
            Some((_, Entry::Occupied(known))) => known.get().clone(),
            Some((id, Entry::Vacant(free))) => {
                // Who wrote it is worth less than that it is there.
                let (author, time) = self.repository.author(id).unwrap_or_default();
                free.insert((escape(&author).into_owned(), time)).clone()
            }
        };
        let commit = Commit {
            id: one.commit.map(|id| id.to_string()).unwrap_or_default(),
            author,
            time,
            blob: one.blob.to_string(),
            repository: self.repository.site.given.clone(),
        };
        Origin {
            path: self.repository.prefix().join(&one.path),
            source: self.question.source,
            container: None,
            commit: Some(Arc::new(commit)),
        }
    }
}

/// The path of a blob that no commit leads to, and of which at most this name is known.
pub(crate) fn unreachable(blob: &gix::oid, name: Option<&[u8]>) -> PathBuf {
    let path = Path::new("<unreachable>").join(blob.to_string());
    match name {
        Some(name) => path.join(OsStr::from_bytes(name)),
        None => path,
    }
}
