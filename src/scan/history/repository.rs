//! A git repository as far as the scanner needs it: where its objects lie, what its refs point to, its commits.
//!
//! It is only read. Of all configuration only the repository's own is looked at, and nothing that this says is ever
//! run: no hook, no filter, no command, no `git`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, ByteSlice};
use gix::discover::upwards::{Options as Discovery, TrustPolicy};
use gix::objs::Kind;
use gix::sec::Trust;
use gix::sec::trust::Mapping;
use gix::{ObjectId, open};

use super::folder::EntryKind;
use super::pack::LARGEST;
use crate::model::text::{escape, escape_path};
use crate::scan::walk;

/// How many tags may point at one another before nothing is looked for behind them.
const TAGS: usize = 64;
/// How much of inflated objects is kept to make the next ones of.
const CACHE: usize = 32 << 20;
/// How much the library may hold at once: an object, what it is made of, and the changes between them. What is small may
/// be made out of something that is larger than all memory.
const HELD: u64 = 2 * LARGEST + (1 << 20);

/// Where a repository is, to open it in several threads.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The path that was given for it.
    pub(crate) given: PathBuf,
    /// Whether that holds what git tells its hooks: which repository, and which index.
    pub(crate) heeds_environment: bool,
}

/// An open repository.
pub(crate) struct Repository {
    git: gix::Repository,
    pub(crate) site: Site,
    /// What stands before the paths of its files.
    prefix: PathBuf,
}

/// What is known of a commit.
#[derive(Clone, Debug)]
pub(crate) struct CommitRecord {
    pub(crate) id: ObjectId,
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    /// When it was made, in seconds since 1970.
    pub(crate) time: i64,
}

/// What a ref leads to that is no commit.
#[derive(Clone, Debug)]
pub(crate) struct Loner {
    pub(crate) id: ObjectId,
    pub(crate) is_tree: bool,
    /// The name of the ref.
    pub(crate) name: PathBuf,
}

/// Where the refs lead.
#[derive(Debug, Default)]
pub(crate) struct Tips {
    pub(crate) commits: Vec<ObjectId>,
    pub(crate) loners: Vec<Loner>,
    /// Refs that lead to nothing that could be read.
    pub(crate) lost: Vec<String>,
}

pub(crate) fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// An error with what lies behind it, but what it says itself and bare names of kinds; what it quotes of a file is escaped.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let whole = causes.fold(error.to_string(), |words, cause| {
        let more = cause.to_string();
        if words.contains(&more) || !more.contains(' ') { words } else { format!("{words}: {more}") }
    });
    escape(&whole).into_owned()
}

impl Repository {
    /// Opens the repository in which this path lies, or which it is.
    pub(crate) fn open(site: Site) -> io::Result<Self> {
        let Site { given: path, heeds_environment } = &site;
        let here = if path.as_os_str().is_empty() { Path::new(".") } else { path.as_path() };
        let mut permissions = open::Permissions::isolated();
        if *heeds_environment {
            permissions.env.git_prefix = gix::sec::Permission::Allow;
            permissions.env.objects = gix::sec::Permission::Allow;
        }
        // Stands over what the repository says itself.
        let limit = [format!("gitoxide.objects.allocLimit={HELD}")];
        let options = open::Options::isolated().permissions(permissions).config_overrides(limit);
        let trust = Mapping { full: options.clone(), reduced: options };
        // Whose it is matters to who would run what it configures; it is only read here.
        let discovery = Discovery { trust: TrustPolicy::Assume(Trust::Full), ..Discovery::default() };
        let discover = if *heeds_environment {
            gix::ThreadSafeRepository::discover_with_environment_overrides_opts
        } else {
            gix::ThreadSafeRepository::discover_opts
        };
        let git = discover(here, discovery, trust).map_err(|error| {
            failed(format!("{} can't be read as a git repository: {}", escape_path(here), in_full(&error)))
        })?;
        let mut git = git.to_thread_local();
        git.object_cache_size(None);
        git.objects.set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(CACHE)));
        let prefix = prefix(path, git.workdir());
        Ok(Self { git, site, prefix })
    }

    /// What stands before the paths of its files, so that they read like those of a scan of its folder.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Where it really is, however it was reached.
    fn place(&self) -> Option<PathBuf> {
        walk::place(self.git.git_dir())
    }

    /// The first of these paths to each repository. One that leads to none is left to whoever opens it.
    pub(crate) fn distinct<'a>(
        given: impl Iterator<Item = &'a Path>,
        site: impl Fn(&Path) -> Site,
    ) -> Vec<&'a Path> {
        let (mut given, mut places): (Vec<&Path>, _) = (given.collect(), HashSet::new());
        let place = |path: &Path| Self::open(site(path)).ok()?.place();
        if given.len() > 1 {
            given.retain(|path| place(path).is_none_or(|place| places.insert(place)));
        }
        given
    }

    /// The commits at which a shallow history was cut off.
    pub(crate) fn cuts(&self) -> HashSet<ObjectId> {
        let cuts = self.git.shallow_commits().ok().flatten();
        cuts.map(|cuts| cuts.iter().copied().collect()).unwrap_or_default()
    }

    pub(crate) fn git(&self) -> &gix::Repository {
        &self.git
    }

    /// How its ids are made.
    pub(crate) fn hash(&self) -> gix::hash::Kind {
        self.git.object_hash()
    }

    /// The folders that hold its objects: its own, and those that it borrows from.
    pub(crate) fn stores(&self) -> io::Result<Vec<PathBuf>> {
        let own = self.git.objects.store_ref().path().to_owned();
        let mut stores = vec![own.clone()];
        stores.extend(gix::odb::alternate::resolve(own, self.git.current_dir()).map_err(failed)?);
        Ok(stores)
    }

    /// Whether parts of it were never fetched, in words.
    pub(crate) fn absent(&self) -> Option<&'static str> {
        let config = self.git.config_snapshot();
        let is_partial = config.string("extensions.partialClone").is_some()
            || config
                .plumbing()
                .sections_by_name("remote")
                .into_iter()
                .flatten()
                .any(|remote| remote.value("promisor").is_some());
        if is_partial {
            return Some("a partial clone: what was never fetched could not be scanned");
        }
        let is_shallow = self.git.is_shallow().unwrap_or(true);
        is_shallow.then_some("a shallow clone: commits before its boundary could not be scanned")
    }

    /// All that its refs lead to: branches, tags, remotes, notes, stashes with all entries, and the heads of its
    /// work trees.
    pub(crate) fn tips(&self) -> io::Result<Tips> {
        let mut tips = Tips::default();
        let platform = self.git.references().map_err(failed)?;
        for reference in platform.all().map_err(failed)? {
            match reference {
                Ok(mut reference) => {
                    let name = reference.name().as_bstr().to_owned();
                    match reference.follow_to_object() {
                        Ok(id) => self.tip(id.detach(), name.as_bstr(), &mut tips),
                        Err(error) => tips.lost.push(format!("{name}: {error}")),
                    }
                }
                Err(error) => tips.lost.push(error.to_string()),
            }
        }
        match self.git.head_id() {
            Ok(id) => self.tip(id.detach(), b"HEAD".as_bstr(), &mut tips),
            // A branch that has no commit yet.
            Err(_) if self.git.head().is_ok_and(|head| head.is_unborn()) => {}
            Err(error) => tips.lost.push(format!("HEAD: {error}")),
        }
        for id in self.stashed().into_iter().chain(self.heads_of_work_trees()) {
            self.tip(id, b"HEAD".as_bstr(), &mut tips);
        }
        tips.commits.sort_unstable();
        tips.commits.dedup();
        Ok(tips)
    }

    /// Follows tags to what they stand for.
    fn tip(&self, mut id: ObjectId, name: &BStr, tips: &mut Tips) {
        for _ in 0..TAGS {
            match self.git.find_object(id) {
                Ok(object) if object.kind == Kind::Tag => match object.to_tag_ref_iter().target_id() {
                    Ok(target) => id = target,
                    Err(error) => return tips.lost.push(format!("{name}: {error}")),
                },
                Ok(object) if object.kind == Kind::Commit => return tips.commits.push(id),
                Ok(object) => {
                    let is_tree = object.kind == Kind::Tree;
                    let name = PathBuf::from(OsStr::from_bytes(name));
                    return tips.loners.push(Loner { id, is_tree, name });
                }
                Err(error) => return tips.lost.push(format!("{name}: {error}")),
            }
        }
    }

    /// Older stashes are only in the log of their ref.
    fn stashed(&self) -> Vec<ObjectId> {
        let mut ids = Vec::new();
        if let Ok(Some(stash)) = self.git.try_find_reference("refs/stash")
            && let Ok(Some(lines)) = stash.log_iter().all()
        {
            ids.extend(lines.filter_map(|line| line.ok().map(|line| line.new_oid())));
        }
        ids
    }

    /// The heads of all work trees, which may be on no branch.
    fn heads_of_work_trees(&self) -> Vec<ObjectId> {
        let trees = self.git.worktrees().unwrap_or_default();
        let opened =
            trees.into_iter().filter_map(|tree| tree.into_repo_with_possibly_inaccessible_worktree().ok());
        opened.filter_map(|one| one.head_id().ok().map(gix::Id::detach)).collect()
    }

    /// Reads one commit.
    pub(crate) fn commit(&self, id: ObjectId) -> io::Result<CommitRecord> {
        let commit = self.git.find_commit(id).map_err(failed)?;
        let decoded = commit.decode().map_err(failed)?;
        let time = decoded.committer().map_or(0, |who| who.seconds());
        Ok(CommitRecord { id, tree: decoded.tree(), parents: decoded.parents().collect(), time })
    }

    /// Who wrote a commit, and when.
    pub(crate) fn author(&self, id: ObjectId) -> io::Result<(String, i64)> {
        let commit = self.git.find_commit(id).map_err(failed)?;
        let author = commit.author().map_err(failed)?;
        Ok((format!("{} <{}>", author.name, author.email), author.seconds()))
    }

    /// Shows all entries of a folder.
    pub(crate) fn entries(&self, tree: ObjectId, each: &mut dyn FnMut(Entry<'_>)) -> io::Result<()> {
        let tree = self.git.find_tree(tree).map_err(failed)?;
        for entry in tree.iter() {
            let entry = entry.map_err(failed)?;
            let kind = match entry.mode().kind() {
                gix::objs::tree::EntryKind::Tree => EntryKind::Folder,
                gix::objs::tree::EntryKind::Commit => EntryKind::Submodule,
                _ => EntryKind::File,
            };
            each(Entry { name: entry.filename(), id: entry.object_id(), kind });
        }
        Ok(())
    }

    /// The file that stands under this path in a folder.
    pub(crate) fn file_at(&self, tree: ObjectId, path: &Path) -> io::Result<Option<ObjectId>> {
        let entry = self.git.find_tree(tree).map_err(failed)?.lookup_entry_by_path(path).map_err(failed)?;
        Ok(entry.filter(|entry| entry.mode().is_blob()).map(|entry| entry.object_id()))
    }

    /// What a user calls by this name, as a commit.
    pub(crate) fn named(&self, name: &OsString) -> io::Result<ObjectId> {
        let shown = escape_path(Path::new(name));
        let spec = gix::path::os_str_into_bstr(name).map_err(failed)?;
        let unknown = |error: &dyn std::fmt::Display| failed(format!("{shown} names no commit: {error}"));
        let id = self.git.rev_parse_single(spec).map_err(|error| unknown(&error))?;
        let object = id.object().map_err(|error| unknown(&error))?;
        Ok(object.peel_to_commit().map_err(|error| unknown(&error))?.id)
    }
}

/// The given path where that is the repository; where it lies deeper, the way from the current folder.
fn prefix(given: &Path, work_tree: Option<&Path>) -> PathBuf {
    let Some((top, here)) = work_tree.and_then(walk::place).zip(walk::place(given)) else {
        return given.to_owned();
    };
    if top == here || given.as_os_str().is_empty() {
        return given.to_owned();
    }
    let current = walk::place(Path::new(""));
    let below = current.and_then(|current| top.strip_prefix(current).ok().map(Path::to_owned));
    below.unwrap_or(top)
}

/// An entry of a folder.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a BStr,
    pub(crate) id: ObjectId,
    pub(crate) kind: EntryKind,
}
