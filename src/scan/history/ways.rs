//! The ways from commits to what stands in their folders, through those that were read before (`nesting`). Commits are
//! gone through from the oldest on, and each folder once: what is new in a commit stands in a folder that no commit
//! before it had. Names are read last, for what was found.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::hashtable::HashSet;

use super::first::{DEEPEST, Place};
use super::folder::EntryKind;
use super::nesting::{Lead, Nesting};
use super::objects::Objects;
use super::repository::{CommitRecord, Repository};

/// A set of numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn of(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn holds(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 != 0)
    }

    /// Puts a number in; tells whether it was not there.
    fn insert(&mut self, number: usize) -> bool {
        let is_new = !self.holds(number);
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
        is_new
    }

    fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }
}

/// A folder that was read for its names.
type Read = (usize, Vec<(ObjectId, bool, Box<[u8]>)>);

/// Goes through folders, each once, and looks for blobs.
pub(crate) struct Ways<'a> {
    repository: &'a Repository,
    objects: &'a Objects,
    nesting: &'a Nesting,
    seen: Bits,
    wanted: Bits,
    /// How many of these were not found; one more when something is damaged.
    left: usize,
    /// Missing roots that were told.
    gone: HashSet<ObjectId>,
    /// The last folder that was read for its names.
    read: Option<Read>,
    /// Folders that could not be read.
    pub(crate) lost: Vec<(ObjectId, io::Error)>,
}

impl<'a> Ways<'a> {
    /// Looks for these, and for what is missing.
    pub(crate) fn new(
        repository: &'a Repository,
        objects: &'a Objects,
        nesting: &'a Nesting,
        wanted: &HashSet<ObjectId>,
    ) -> Self {
        let count = nesting.count();
        let (missing, first) = nesting.missing();
        let mut bits = Bits::of(count);
        let numbers = wanted.iter().filter_map(|id| objects.number(id));
        let found = numbers.chain(first..first + missing.len()).filter(|number| bits.insert(*number)).count();
        // What can't be read is only found at the end of all ways.
        let left = found + usize::from(nesting.is_damaged());
        Self {
            repository,
            objects,
            nesting,
            seen: Bits::of(count),
            wanted: bits,
            left,
            gone: HashSet::default(),
            read: None,
            lost: Vec::new(),
        }
    }

    /// The first places in the order of the commits; with each the number of its commit.
    pub(crate) fn places(
        &mut self,
        commits: &[CommitRecord],
        stop: &dyn Fn() -> bool,
    ) -> Vec<(usize, Place)> {
        let mut found = Vec::new();
        for (number, commit) in commits.iter().enumerate() {
            if stop() {
                break;
            }
            if self.left > 0 {
                self.fresh(commit.tree, &mut |place| found.push((number, place)));
            } else if self.objects.number(&commit.tree).is_none() {
                self.lose(commit.tree);
            }
        }
        found
    }

    /// Shows what is wanted below `root` and stands in folders that were not gone through yet.
    pub(crate) fn fresh(&mut self, root: ObjectId, each: &mut dyn FnMut(Place)) {
        let Some(number) = self.objects.number(&root) else {
            return self.lose(root);
        };
        let nesting = self.nesting;
        let mut chain: Vec<usize> = Vec::new();
        let mut open = vec![(number, 0)];
        while let Some((folder, depth)) = open.pop() {
            if !self.seen.insert(folder) {
                continue;
            }
            let leads = match nesting.leads(folder) {
                Ok(leads) => leads,
                Err(error) => {
                    self.lost.push((self.id(folder), error));
                    continue;
                }
            };
            chain.truncate(depth);
            chain.push(folder);
            let first = open.len();
            for lead in leads {
                match lead {
                    Lead::Folder(inner) => {
                        if depth < DEEPEST && !self.seen.holds(inner) {
                            open.push((inner, depth + 1));
                        }
                    }
                    Lead::File(blob) => {
                        if self.wanted.holds(blob) {
                            self.wanted.remove(blob);
                            self.left -= 1;
                            each(self.place(&chain, blob));
                        }
                    }
                }
            }
            open[first..].reverse();
        }
    }

    fn lose(&mut self, root: ObjectId) {
        if !root.is_empty_tree() && self.gone.insert(root) {
            self.lost.push((root, missing()));
        }
    }

    fn id(&self, number: usize) -> ObjectId {
        let (missing, first) = self.nesting.missing();
        match number.checked_sub(first) {
            Some(at) => missing[at],
            None => self.objects.id(number),
        }
    }

    /// Where a blob stands that was found at the end of this chain of folders.
    fn place(&mut self, chain: &[usize], blob: usize) -> Place {
        let mut path = PathBuf::new();
        for (depth, folder) in chain.iter().enumerate() {
            let (next, is_folder) = match chain.get(depth + 1) {
                Some(next) => (*next, true),
                None => (blob, false),
            };
            if let Some(name) = self.nesting.name(next) {
                path.push(OsStr::from_bytes(name));
                continue;
            }
            let next = self.id(next);
            let names = self.names(*folder);
            // The first of several names is the one that was met.
            let name = names.iter().find(|(id, kind, _)| *id == next && *kind == is_folder);
            path.push(name.map_or(Path::new("?"), |(.., name)| Path::new(OsStr::from_bytes(name))));
        }
        Place { blob: self.id(blob), path }
    }

    /// All names of a folder.
    fn names(&mut self, folder: usize) -> &[(ObjectId, bool, Box<[u8]>)] {
        if self.read.as_ref().is_none_or(|(read, _)| *read != folder) {
            let mut names = Vec::new();
            // It was read before; were it gone since, its name would be.
            let _ = self.repository.entries(self.id(folder), &mut |entry| {
                if entry.kind != EntryKind::Submodule {
                    let name: &[u8] = entry.name;
                    names.push((entry.id, entry.kind == EntryKind::Folder, Box::from(name)));
                }
            });
            self.read = Some((folder, names));
        }
        self.read.as_ref().map_or(&[], |(_, names)| names)
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "this object is missing from the repository")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "has git make repositories")]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    use std::sync::atomic::AtomicBool;

    use super::super::first::{Folders, places};
    use super::super::forest::Class;
    use super::super::manner::{Manner, Manners};
    use super::super::order::oldest_first;
    use super::super::repository::Site;
    use super::*;

    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % sides
        }

        fn name(&mut self) -> String {
            let names = ["a.txt", "b.rs", "c", "go.sum", "d.yaml"];
            let folders = (0..self.roll(4)).map(|_| format!("f{}/", self.roll(3)));
            let folders: String = folders.collect();
            format!("{folders}{}", names[self.roll(names.len())])
        }
    }

    fn git(folder: &Path, args: &[&str], input: &[u8]) {
        let mut command = Command::new("git");
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let command = command.arg("-C").arg(folder).args(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success(), "{args:?}");
    }

    /// Commits on branches that part and meet, with clocks that go wrong; files come, change, move and go.
    fn commits(dice: &mut Dice, heads: &mut [bool; 3], count: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut begun = [false; 3];
        for _ in 0..count {
            let branch = dice.roll(3);
            let time = 1_000_000 + dice.roll(1000);
            let head =
                format!("commit refs/heads/b{branch}\ncommitter A <a@example.org> {time} +0000\ndata 1\nx\n");
            out.extend(head.into_bytes());
            if heads[branch] && !begun[branch] {
                out.extend(format!("from refs/heads/b{branch}^0\n").into_bytes());
            }
            begun[branch] = true;
            let other = dice.roll(3);
            if heads[other] && other != branch {
                let word = if heads[branch] { "merge" } else { "from" };
                out.extend(format!("{word} refs/heads/b{other}\n").into_bytes());
            }
            heads[branch] = true;
            for _ in 0..=dice.roll(3) {
                let name = dice.name();
                if dice.roll(5) == 0 {
                    out.extend(format!("D {name}\n").into_bytes());
                } else {
                    let content = format!("{}\n", dice.roll(60)).repeat(20);
                    out.extend(
                        format!("M 100644 inline {name}\ndata {}\n{content}\n", content.len()).into_bytes(),
                    );
                }
            }
            out.push(b'\n');
        }
        out
    }

    /// All blobs have the places that a walk through the folders of each commit finds, and are read as their names say.
    fn check(folder: &Path) {
        let repository =
            Repository::open(Site { given: folder.to_owned(), heeds_environment: false }).unwrap();
        let objects = Objects::open(&repository).unwrap();
        let tips = repository.tips().unwrap();
        let ordered = oldest_first(&tips.commits, &std::collections::HashSet::new(), &|_| false, &mut |id| {
            repository.commit(id)
        });
        let mut wanted = HashSet::default();
        let manners = Manners::new(objects.count());
        for commit in &ordered.commits {
            Folders::new(&repository).all(commit.tree, &mut |blob, path| {
                wanted.insert(blob);
                let path = path();
                let name = path.file_name().unwrap().as_bytes();
                manners.add(objects.number(&blob).unwrap(), Manner::of(name));
            });
        }
        assert!(wanted.len() > 20, "{}", wanted.len());
        let told = |places: Vec<(usize, Place)>| -> Vec<(usize, ObjectId, PathBuf)> {
            places.into_iter().map(|(commit, place)| (commit, place.blob, place.path)).collect()
        };
        let expected =
            told(places(&mut Folders::new(&repository), &ordered.commits, &mut wanted.clone(), &|| false));
        assert_eq!(expected.len(), wanted.len());
        for threads in [1, 3] {
            let read =
                |most| Nesting::within(&AtomicBool::new(false), &objects, repository.hash(), (threads, most));
            let nesting = read(1 << 20);
            assert!(nesting.is_whole && nesting.missing().0.is_empty());
            let mut ways = Ways::new(&repository, &objects, &nesting, &wanted);
            assert_eq!(told(ways.places(&ordered.commits, &|| false)), expected);
            assert!(ways.lost.is_empty());
            for number in 0..objects.count() {
                let id = objects.id(number);
                assert_eq!(objects.number(&id), Some(number));
                let mut other = id.as_bytes().to_vec();
                other[number % 20] ^= 1;
                assert_eq!(objects.number(gix::oid::try_from_bytes(&other).unwrap()), None);
                if wanted.contains(&id) {
                    assert_eq!(nesting.manners.of(number), manners.of(number), "{id}");
                }
            }
            // The clock of commits says nothing about how many loose objects are blobs.
            let loose = objects.loose.iter().filter(|(_, id)| wanted.contains(id)).count();
            assert_eq!(nesting.blobs.len(), loose);
            assert!(!read(10).is_whole);
        }
    }

    #[test]
    fn first_places_are_those_of_a_walk() {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("SKIPPED: there is no git on this machine");
            return;
        }
        for seed in 0..4 {
            let made = tempfile::tempdir().unwrap();
            let folder = made.path();
            git(folder, &["init", "-q", "--bare"], b"");
            let (mut dice, mut heads) = (Dice(seed), [false; 3]);
            let import = ["-c", "fastimport.unpackLimit=1000", "fast-import", "--quiet", "--force"];
            git(folder, &import, &commits(&mut dice, &mut heads, 60));
            check(folder);
            git(folder, &["repack", "-q", "-a", "-d", "-f", "--depth=50"], b"");
            check(folder);
            // Another pack, and some of its objects once more on their own.
            git(
                folder,
                &["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--force"],
                &commits(&mut dice, &mut heads, 60),
            );
            git(folder, &import, &commits(&mut dice, &mut heads, 10));
            check(folder);
            git(folder, &["gc", "-q", "--prune=now"], b"");
            let packs = Objects::open(
                &Repository::open(Site { given: folder.to_owned(), heeds_environment: false }).unwrap(),
            );
            let deltas = |pack: &super::super::pack::Pack| {
                pack.forest.all(Class::Tree).filter(|node| pack.forest.base(*node).is_some()).count()
            };
            assert!(
                packs.unwrap().packs.iter().map(deltas).sum::<usize>() > 20,
                "folders made out of others"
            );
            check(folder);
        }
    }
}
