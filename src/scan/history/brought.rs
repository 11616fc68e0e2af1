#![expect(clippy::disallowed_methods, reason = "edge: reads the file of a finding")]
//! Which commit brought a secret of the work tree: asked for one finding at a time, by somebody who waits for it.
//!
//! It goes back from the current commit as long as the file holds the secret, through merges along the side that has
//! it and through names that the file had before. Where it stops the secret came in. Only what git stores is looked
//! at, nothing is run; how long it may take the caller says.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::ObjectId;
use memchr::memmem;
use zeroize::Zeroizing;

use super::again;
use super::folder::EntryKind;
use super::grove::Content;
use super::objects;
use super::pack::LARGEST;
use super::repository::{CommitRecord, Repository, Site, failed};
use crate::model::text::escape;
use crate::scan::encoding::{Encoding, detect};
use crate::scan::finding::{Finding, Source};
use crate::scan::origin::Commit;
use crate::scan::policy::desk::Policy;
use crate::scan::{secret, walk};

/// How many files that a commit renamed or removed are looked into for the secret.
const RENAMED: usize = 64;
/// Folders deeper than this are not compared.
const DEEPEST: usize = 256;

/// Where a secret came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// This commit brought it into the file.
    By(Commit),
    /// It was there in this commit already; what came before was not looked at, or is not there.
    Before(Commit),
    /// No commit that leads to the current one holds it: it stands in the work tree alone.
    Uncommitted,
}

impl Brought {
    /// It in words, for one line.
    pub fn told(&self) -> String {
        match self {
            Self::By(commit) => format!("came with {}", commit.told()),
            Self::Before(commit) => format!("is older than {}", commit.told()),
            Self::Uncommitted => "is in no commit yet".to_owned(),
        }
    }
}

/// Finds the commit that brought the secret of a finding into its file; `policy` is that of the scan which found it. It reads files and objects, for milliseconds
/// or, where a history is long, until `is_over`: not for a thread that draws.
///
/// An error when the file is in no repository, when the secret is not there any more, and when it does not stand in
/// the file as it is stored: what lies inside of archives and documents has no commit of its own.
pub fn brought_by(
    finding: &Finding,
    policy: Option<&Arc<Policy>>,
    is_over: &dyn Fn() -> bool,
) -> io::Result<Brought> {
    if let Some(commit) = finding.commit.as_deref().filter(|commit| !commit.id.is_empty()) {
        return Ok(Brought::By(commit.clone()));
    }
    if finding.source == Source::Stdin || finding.container.is_some() {
        return Err(failed("only what stands in a file of its own came with a commit"));
    }
    let (Some(folder), Some(name)) = (finding.path.parent(), finding.path.file_name()) else {
        return Err(failed("it is no file in a folder"));
    };
    let repository = Repository::open(Site { given: folder.to_owned(), heeds_environment: false })?;
    let needle = needle(finding, policy)?;
    let top = repository.git().workdir().and_then(walk::place);
    let here = walk::place(folder).map(|folder| folder.join(name));
    let path = top.zip(here).and_then(|(top, here)| here.strip_prefix(top).ok().map(Path::to_owned));
    let path = path.ok_or_else(|| failed("its file lies in no work tree"))?;
    if repository.git().head().map_err(failed)?.is_unborn() {
        return Ok(Brought::Uncommitted);
    }
    let head = repository.git().head_id().map_err(failed)?.detach();
    Trail { repository: &repository, needle, held: HashMap::new(), is_over }.back(head, path)
}

/// Bytes by which the secret is known again in any version of its file: one line of it, as it stands there.
fn needle(finding: &Finding, policy: Option<&Arc<Policy>>) -> io::Result<Zeroizing<Vec<u8>>> {
    let bytes = if let Some(staged) = &finding.commit {
        again::bytes(staged)?
    } else {
        let mut bytes = Zeroizing::new(Vec::new());
        File::open(&finding.path)?.take(LARGEST).read_to_end(&mut bytes)?;
        bytes
    };
    // It is told from the file as it is now that this still is the secret that was found.
    let clear = secret::read(finding, policy)?;
    let needle = if finding.decoded.is_empty() {
        // Line ends may be others in the work tree than in the repository.
        let longest = clear.clear().lines().map(str::trim).max_by_key(|line| line.len()).unwrap_or_default();
        let wide = |unit: fn(u16) -> [u8; 2]| longest.encode_utf16().flat_map(unit).collect();
        Zeroizing::new(match detect(&bytes) {
            Encoding::Utf16 { little: true, .. } => wide(u16::to_le_bytes),
            Encoding::Utf16 { little: false, .. } => wide(u16::to_be_bytes),
            Encoding::Plain(_) | Encoding::Binary => longest.as_bytes().to_vec(),
        })
    } else {
        let mark = if let Encoding::Plain(mark) = detect(&bytes) { mark } else { 0 };
        let start = usize::try_from(finding.offset).unwrap_or(usize::MAX).saturating_add(mark);
        let length = finding.end_column.saturating_sub(finding.column) as usize;
        let place = bytes.get(start..start.saturating_add(length)).unwrap_or_default();
        Zeroizing::new(place.to_vec())
    };
    if needle.is_empty() || memmem::find(&bytes, &needle).is_none() {
        return Err(failed("it does not stand in the file as git stores it"));
    }
    Ok(needle)
}

/// The way back through history.
struct Trail<'a> {
    repository: &'a Repository,
    needle: Zeroizing<Vec<u8>>,
    /// Which blobs hold the needle.
    held: HashMap<ObjectId, bool>,
    is_over: &'a dyn Fn() -> bool,
}

impl Trail<'_> {
    /// Goes back from this commit, in which the file has this path.
    fn back(mut self, head: ObjectId, mut path: PathBuf) -> io::Result<Brought> {
        let cuts = self.repository.cuts();
        let mut at = self.repository.commit(head)?;
        let Some(mut blob) = self.repository.file_at(at.tree, &path)? else {
            return Ok(Brought::Uncommitted);
        };
        if !self.holds(blob)? {
            return Ok(Brought::Uncommitted);
        }
        loop {
            if (self.is_over)() || cuts.contains(&at.id) {
                return Ok(Brought::Before(self.told(&at, blob)));
            }
            match self.earlier(&at, &path, blob) {
                Ok(Some((earlier, older, name))) => (at, blob, path) = (earlier, older, name),
                Ok(None) if (self.is_over)() => return Ok(Brought::Before(self.told(&at, blob))),
                Ok(None) => return Ok(Brought::By(self.told(&at, blob))),
                // What is missing or damaged ends the way back, as a shallow history does.
                Err(_) => return Ok(Brought::Before(self.told(&at, blob))),
            }
        }
    }

    /// The parent that held the secret before, its version of the file, and the path of that.
    fn earlier(
        &mut self,
        at: &CommitRecord,
        path: &Path,
        blob: ObjectId,
    ) -> io::Result<Option<(CommitRecord, ObjectId, PathBuf)>> {
        let mut others = Vec::with_capacity(at.parents.len());
        for parent in &at.parents {
            let parent = self.repository.commit(*parent)?;
            let older = if parent.tree == at.tree {
                Some(blob)
            } else {
                self.repository.file_at(parent.tree, path)?
            };
            // A side that has the very same file: whatever the others did was not taken.
            if older == Some(blob) {
                return Ok(Some((parent, blob, path.to_owned())));
            }
            others.push((parent, older));
        }
        for (parent, older) in others {
            if let Some(older) = older {
                if self.holds(older)? {
                    return Ok(Some((parent, older, path.to_owned())));
                }
            } else if let Some((older, name)) = self.renamed(&parent, at, path)? {
                return Ok(Some((parent, older, name)));
            }
        }
        Ok(None)
    }

    /// A file of the parent that the commit does not have any more and that holds the secret.
    fn renamed(
        &mut self,
        parent: &CommitRecord,
        at: &CommitRecord,
        path: &Path,
    ) -> io::Result<Option<(ObjectId, PathBuf)>> {
        let mut gone = Vec::new();
        let mut open = vec![(parent.tree, Some(at.tree), PathBuf::new())];
        while let Some((old, new, folder)) = open.pop() {
            if (self.is_over)() {
                return Ok(None);
            }
            let mut still = HashMap::new();
            if let Some(new) = new {
                self.repository.entries(new, &mut |entry| {
                    still.insert(entry.name.to_owned(), (entry.id, entry.kind));
                })?;
            }
            self.repository.entries(old, &mut |entry| {
                let name = OsStr::from_bytes(entry.name);
                let now = still.get(entry.name).filter(|(_, kind)| *kind == entry.kind);
                match (entry.kind, now) {
                    (EntryKind::Folder, now) if now.is_none_or(|(id, _)| *id != entry.id) => {
                        let is_far = folder.components().count() >= DEEPEST;
                        open.extend((!is_far).then(|| (entry.id, now.map(|now| now.0), folder.join(name))));
                    }
                    (EntryKind::File, None) => gone.push((entry.id, folder.join(name))),
                    _ => {}
                }
            })?;
        }
        // Most files keep their name when they move.
        gone.sort_by_key(|(_, old)| old.file_name() != path.file_name());
        for (older, name) in gone.into_iter().take(RENAMED) {
            if self.holds(older)? {
                return Ok(Some((older, name)));
            }
        }
        Ok(None)
    }

    fn holds(&mut self, blob: ObjectId) -> io::Result<bool> {
        if let Some(holds) = self.held.get(&blob) {
            return Ok(*holds);
        }
        let mut holds = false;
        objects::read(self.repository, blob, &mut |content| match content {
            Content::Whole(bytes) => {
                holds = memmem::find(bytes, &self.needle).is_some();
                Ok(())
            }
            Content::Stream(..) => Err(failed("this version of the file is too large to be looked at")),
        })?;
        self.held.insert(blob, holds);
        Ok(holds)
    }

    fn told(&self, at: &CommitRecord, blob: ObjectId) -> Commit {
        let (author, time) = self.repository.author(at.id).unwrap_or_default();
        Commit {
            id: at.id.to_string(),
            author: escape(&author).into_owned(),
            time,
            blob: blob.to_string(),
            repository: self.repository.site.given.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::scan::engine::{self, Options};
    use crate::scan::progress::Progress;

    const TOKEN: &str = "ghp_q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

    /// A repository that real git makes; `None`, loudly, where there is none.
    struct Made(tempfile::TempDir, u64);

    impl Made {
        fn new() -> Option<Self> {
            if Command::new("git").arg("--version").output().is_err() {
                eprintln!("SKIPPED: there is no git on this machine");
                return None;
            }
            let mut made = Self(tempfile::tempdir().unwrap(), 1_700_000_000);
            made.git(&["init", "-q", "-b", "main"]);
            Some(made)
        }

        fn git(&mut self, args: &[&str]) -> String {
            let mut command = Command::new("git");
            command.args(args).current_dir(self.0.path());
            for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
                command.env_remove(name);
            }
            command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            for who in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{who}_NAME"), "Ada");
                command.env(format!("GIT_{who}_EMAIL"), "ada@example.org");
                command.env(format!("GIT_{who}_DATE"), format!("{} +0000", self.1));
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        }

        fn write(&self, name: &str, content: impl AsRef<[u8]>) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn commit(&mut self) -> String {
            self.1 += 3600;
            self.git(&["add", "-A"]);
            self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
            self.git(&["rev-parse", "HEAD"])
        }

        /// The first named finding of a file.
        fn finding(&self, name: &str) -> Finding {
            let found = Mutex::new(Vec::new());
            let options = Options { roots: vec![self.0.path().join(name)], threads: 1, ..Options::default() };
            engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
                found.lock().unwrap().push(finding);
            });
            let mut found = found.into_inner().unwrap();
            found.sort_by(Finding::rank);
            found.remove(0)
        }

        fn brought(&self, name: &str) -> Brought {
            brought_by(&self.finding(name), None, &|| false).unwrap()
        }

        #[track_caller]
        fn check(&self, name: &str, expected: &str) {
            match self.brought(name) {
                Brought::By(commit) => assert_eq!(commit.id, expected),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_commit_at_which_it_came() {
        let Some(mut made) = Made::new() else { return };
        made.write("a.txt", "nothing\n");
        made.commit();
        made.write("conf/a.txt", format!("x = \"{TOKEN}\"\n"));
        assert_eq!(made.brought("conf/a.txt"), Brought::Uncommitted);
        let brought = made.commit();
        made.check("conf/a.txt", &brought);
        made.write("conf/a.txt", format!("one\r\ntwo\r\nx = \"{TOKEN}\"\r\n"));
        made.commit();
        made.git(&["mv", "conf/a.txt", "conf.d"]);
        made.write("conf.d", format!("one\ntwo\nthree\nx = \"{TOKEN}\"\n"));
        made.commit();
        made.check("conf.d", &brought);
        // Another one in the same file is younger.
        made.write("conf.d", format!("y = \"{}\"\nx = \"{TOKEN}\"\n", TOKEN.replace("q8", "Q9")));
        let second = made.commit();
        made.check("conf.d", &second);
        let told = made.brought("conf.d").told();
        assert!(told.starts_with("came with commit ") && told.ends_with("Ada <ada@example.org>"), "{told}");
    }

    #[test]
    fn removed_and_brought_again() {
        let Some(mut made) = Made::new() else { return };
        made.write("a.txt", TOKEN);
        made.commit();
        made.write("a.txt", "nothing\n");
        made.commit();
        made.write("a.txt", TOKEN);
        let again = made.commit();
        made.check("a.txt", &again);
    }

    #[test]
    fn along_the_side_of_a_merge_that_had_it() {
        let Some(mut made) = Made::new() else { return };
        made.write("a.txt", "one\n\n\n\n\n\ntwo\n");
        made.commit();
        made.git(&["checkout", "-q", "-b", "side"]);
        made.write("a.txt", format!("one\n\n\n\n\n\ntwo\n{TOKEN}\n"));
        let side = made.commit();
        made.git(&["checkout", "-q", "main"]);
        made.write("a.txt", "zero\none\n\n\n\n\n\ntwo\n");
        made.commit();
        made.git(&["merge", "-q", "--no-ff", "-m", "both", "side"]);
        made.check("a.txt", &side);
    }

    #[test]
    fn what_can_not_be_known_is_not_claimed() {
        let Some(mut made) = Made::new() else { return };
        made.write("a.txt", TOKEN);
        let first = made.commit();
        made.write("b.txt", "b");
        let second = made.commit();
        let finding = made.finding("a.txt");
        let over = brought_by(&finding, None, &|| true).unwrap();
        assert!(matches!(&over, Brought::Before(commit) if commit.id == second), "{over:?}");
        // A shallow history may have held it before.
        made.write(".git/shallow", format!("{first}\n"));
        let cut = made.brought("a.txt");
        assert!(matches!(&cut, Brought::Before(commit) if commit.id == first), "{cut:?}");
        made.write("a.txt", "gone\n");
        assert!(brought_by(&finding, None, &|| false).is_err());
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a.txt"), TOKEN).unwrap();
        let elsewhere = Finding { path: outside.path().join("a.txt"), ..finding };
        assert!(brought_by(&elsewhere, None, &|| false).is_err());
    }

    #[test]
    fn secrets_that_do_not_stand_there_plainly() {
        let Some(mut made) = Made::new() else { return };
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        made.write("wide.txt", [&[0xff, 0xfe][..], &wide(&format!("one\nx = {TOKEN}\n"))].concat());
        let escaped: String = TOKEN.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        made.write("escaped.txt", format!("one\n{escaped}\n"));
        let lines = "MIIEabcdefgh0123456789ABCDEFGHijklmnop+/qrstuvwxyzABCDEFGHIJKLMN\n".repeat(9);
        made.write("key", format!("-----BEGIN {0}-----\n{lines}-----END {0}-----\n", "RSA PRIVATE KEY"));
        let first = made.commit();
        made.write("other.txt", "other");
        made.commit();
        made.check("wide.txt", &first);
        made.check("escaped.txt", &first);
        made.check("key", &first);
    }
}
