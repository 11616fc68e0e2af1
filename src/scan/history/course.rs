//! Runs a scan of history: from a repository to its findings.

use std::collections::HashSet as Set;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use gix::ObjectId;
use gix::hashtable::HashSet;

use super::crew;
use super::first::{Folders, Place, places};
use super::forest::Class;
use super::manner::Manner;
use super::nesting::Nesting;
use super::objects::Objects;
use super::order::{ancestors, oldest_first};
use super::repository::{Repository, Site, Tips};
use super::second::look_again;
use super::sift::{Named, Question, sift, unreachable};
use super::survey::survey;
use super::suspects::{Marker, TOKENS};
use super::ways::Ways;
use crate::model::text::escape_path;
use crate::scan::engine::Shared;
use crate::scan::finding::Source;
use crate::scan::progress::{Progress, Report, Skip};

/// What of a repository's history is scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Only what commits brought that lead to the current one and that this one does not lead to.
    pub since: Option<OsString>,
    /// Also what nothing leads to any more.
    pub unreachable: bool,
    /// How many tokens that are only high in entropy are worth telling; `None` for as many as are remembered.
    pub tokens: Option<usize>,
}

/// Whether these are repositories that can be read, and know this name; an error tells the first that does not.
pub fn check(roots: &[PathBuf], history: &History) -> io::Result<()> {
    for root in given(roots) {
        let repository = Repository::open(site(root))?;
        if let Some(name) = &history.since {
            repository.named(name)?;
        }
    }
    Ok(())
}

/// The given paths, or the current folder.
pub(crate) fn given(roots: &[PathBuf]) -> impl Iterator<Item = &Path> {
    let current = roots.is_empty().then_some(Path::new(""));
    roots.iter().map(PathBuf::as_path).chain(current)
}

fn site(root: &Path) -> Site {
    Site { given: root.to_owned(), heeds_environment: false }
}

/// Scans the history of all given repositories; tells on how many threads.
pub(in crate::scan) fn scan(
    shared: &Shared<'_>,
    history: &History,
    wanted: usize,
    report: &mut Report,
) -> usize {
    let mut most = 0;
    for root in Repository::distinct(given(&shared.options.roots), site) {
        // A repository falls to one shard as a whole: what of it was told before hangs on all of it.
        if !shared.options.shard.is_none_or(|shard| shard.takes_path(root)) {
            shared.progress.skip(Skip::Elsewhere);
            continue;
        }
        let result = Repository::open(site(root)).and_then(|repository| {
            if let Some(words) = repository.absent() {
                crew::unreadable(shared, report, root, "history", &io::Error::other(words));
            }
            let course = Course { shared, repository: &repository, wanted };
            match &history.since {
                None => course.all(history, report),
                Some(name) => course.since(name, report),
            }
        });
        match result {
            Ok(started) => most = most.max(started),
            Err(error) => {
                // It was no want of threads.
                most = wanted;
                crew::unreadable(shared, report, root, "history", &error);
            }
        }
    }
    shared.progress.walk_complete.store(true, Ordering::Relaxed);
    most
}

struct Course<'a> {
    shared: &'a Shared<'a>,
    repository: &'a Repository,
    wanted: usize,
}

impl Course<'_> {
    /// All blobs that there are.
    fn all(&self, history: &History, report: &mut Report) -> io::Result<usize> {
        let Self { shared, repository, wanted } = *self;
        let objects = Objects::open(repository)?;
        for (what, error) in &objects.lost {
            crew::unreadable(shared, report, &repository.site.given, what, error);
        }
        Progress::add(&shared.progress.files_found, objects.blobs());
        let nesting = Nesting::read(shared.stop, &objects, repository.hash(), wanted);
        let mut tips = self.tips(report)?;
        if history.unreachable {
            tips.commits.extend(&nesting.commits);
            for pack in &objects.packs {
                tips.commits.extend(pack.forest.all(Class::Commit).map(|node| pack.id(node)));
            }
        }
        for loner in tips.loners.iter().filter(|loner| !loner.is_tree) {
            if let (Some(blob), Some(name)) = (objects.number(&loner.id), loner.name.file_name()) {
                nesting.manners.add(blob, Manner::of(name.as_bytes()));
            }
        }
        let marker = Marker::default();
        let (started, suspects) = survey(shared, repository, (&objects, &nesting), &marker, wanted, report);
        let settled = suspects.settle();
        let mut open: HashSet<ObjectId> =
            settled.named.keys().chain(settled.holders.keys()).copied().collect();
        if self.is_stopped() {
            return Ok(started);
        }
        let mut named = self.named(&tips, (&objects, &nesting), &mut open, report);
        if history.unreachable {
            named.extend(open.iter().map(|blob| {
                // A folder that nothing leads to may still hold it.
                let name = objects.number(blob).and_then(|number| nesting.name(number));
                Named { blob: *blob, path: unreachable(blob, name), commit: None, before: None }
            }));
        } else if !open.is_empty() {
            let count = open.len();
            report.problem(format!(
                "{count} blobs may hold something but nothing leads to them; --unreachable reports them"
            ));
        }
        drop(objects);
        report.beyond_cap += settled.dropped;
        if named.is_empty() {
            return Ok(started);
        }
        let amounts = (history.tokens.unwrap_or(TOKENS), wanted);
        look_again(shared, &repository.site, (&named, settled), &marker, amounts, report);
        Ok(started)
    }

    /// What came after a commit.
    fn since(&self, name: &OsString, report: &mut Report) -> io::Result<usize> {
        let Self { shared, repository, wanted } = *self;
        let base = repository.named(name)?;
        let head = repository.named(&OsString::from("HEAD"))?;
        let cuts = repository.cuts();
        let hidden = ancestors(base, &|id| cuts.contains(id), &mut |id| repository.commit(id));
        let ordered =
            oldest_first(&[head], &hidden, &|id| cuts.contains(id), &mut |id| repository.commit(id));
        self.lost_commits(ordered.lost, report);
        let mut folders = Folders::new(repository);
        let mut old = HashSet::default();
        let edges =
            ordered.commits.iter().flat_map(|commit| &commit.parents).filter(|id| hidden.contains(*id));
        for id in edges.chain([&base]).collect::<HashSet<_>>() {
            if let Ok(commit) = repository.commit(*id) {
                folders.fresh(commit.tree, &mut |blob, _| {
                    old.insert(blob);
                });
            }
        }
        let mut named = Vec::new();
        for commit in &ordered.commits {
            folders.fresh(commit.tree, &mut |blob, path| {
                if old.insert(blob) {
                    named.push(Named { blob, path: path(), commit: Some(commit.id), before: None });
                }
            });
        }
        self.lost_folders(folders.lost, report);
        Progress::add(&shared.progress.files_found, named.len() as u64);
        shared.progress.walk_complete.store(true, Ordering::Relaxed);
        let question = Question {
            source: Source::History,
            marks: &gix::hashtable::HashMap::default(),
            tokens: None,
            only_tokens: false,
            marker: &Marker::default(),
            is_counted: false,
        };
        Ok(sift(shared, &repository.site, &named, &question, wanted, report))
    }

    fn is_stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    fn tips(&self, report: &mut Report) -> io::Result<Tips> {
        let tips = self.repository.tips()?;
        for lost in &tips.lost {
            crew::unreadable(
                self.shared,
                report,
                &self.repository.site.given,
                "ref",
                &io::Error::other(lost.clone()),
            );
        }
        Ok(tips)
    }

    /// The first places of these blobs; what is found is taken out of `open`. What is missing is told.
    fn named(
        &self,
        tips: &Tips,
        (objects, nesting): (&Objects, &Nesting),
        open: &mut HashSet<ObjectId>,
        report: &mut Report,
    ) -> Vec<Named> {
        let repository = self.repository;
        let cuts = repository.cuts();
        let ordered = oldest_first(&tips.commits, &Set::new(), &|id| cuts.contains(id), &mut |id| {
            repository.commit(id)
        });
        self.lost_commits(ordered.lost, report);
        let (missing, _) = nesting.missing();
        open.extend(missing);
        let stop = || self.is_stopped();
        let commit = |number: usize| Some(ordered.commits[number].id);
        let mut named: Vec<(Place, Option<ObjectId>)> = Vec::new();
        let mut loners: Vec<(Place, &Path)> = Vec::new();
        let trees = tips.loners.iter().filter(|loner| loner.is_tree);
        let lost = if nesting.is_whole {
            let mut ways = Ways::new(repository, objects, nesting, open);
            let found = ways.places(&ordered.commits, &stop);
            named.extend(found.into_iter().map(|(number, place)| (place, commit(number))));
            trees.for_each(|loner| ways.fresh(loner.id, &mut |place| loners.push((place, &loner.name))));
            ways.lost
        } else {
            let mut folders = Folders::new(repository);
            let found = places(&mut folders, &ordered.commits, &mut open.clone(), &stop);
            named.extend(found.into_iter().map(|(number, place)| (place, commit(number))));
            trees.for_each(|loner| {
                folders.fresh(loner.id, &mut |blob, path| {
                    loners.push((Place { blob, path: path() }, &loner.name));
                });
            });
            folders.lost
        };
        self.lost_folders(lost, report);
        let below = |(place, name): (Place, &Path)| Place { path: name.join(place.path), ..place };
        named.extend(loners.into_iter().map(|loner| (below(loner), None)));
        let files = tips.loners.iter().filter(|loner| !loner.is_tree);
        named.extend(files.map(|loner| (Place { blob: loner.id, path: loner.name.clone() }, None)));
        named.retain(|(place, _)| open.remove(&place.blob));
        let missing: HashSet<ObjectId> = missing.iter().copied().collect();
        let (lacking, named): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|(place, _)| missing.contains(&place.blob));
        // What no commit leads to may lack what it likes.
        open.retain(|blob| !missing.contains(blob));
        self.missing_blobs(&lacking, report);
        let name = |(Place { blob, path }, commit)| Named { blob, path, commit, before: None };
        named.into_iter().map(name).collect()
    }

    /// Says that blobs are missing that commits ask for.
    fn missing_blobs(&self, missing: &[(Place, Option<ObjectId>)], report: &mut Report) {
        let Some((first, _)) = missing.first() else { return };
        let (count, path) = (missing.len(), escape_path(&first.path));
        let (blobs, are) = if count == 1 { ("blob", "is") } else { ("blobs", "are") };
        let words = format!("{count} {blobs} {are} missing from the repository; the first is that of {path}");
        let error = io::Error::new(io::ErrorKind::NotFound, words);
        crew::unreadable(self.shared, report, &self.repository.site.given, &first.blob.to_string(), &error);
        (1..count).for_each(|_| self.shared.progress.skip(Skip::Unreadable));
    }

    fn lost_commits(&self, lost: Vec<(ObjectId, io::Error)>, report: &mut Report) {
        for (id, error) in lost {
            crew::unreadable(
                self.shared,
                report,
                &self.repository.site.given,
                &format!("commit {id}"),
                &error,
            );
        }
    }

    fn lost_folders(&self, lost: Vec<(ObjectId, io::Error)>, report: &mut Report) {
        for (id, error) in lost {
            crew::unreadable(self.shared, report, &self.repository.site.given, &format!("tree {id}"), &error);
        }
    }
}
