#![expect(
    clippy::disallowed_methods,
    reason = "edge: reads and writes the state of a control group when asked"
)]
//! A control group that is the job's own, and its freezer: `cgroup.freeze` of the unified hierarchy, or v1's
//! `freezer.state`.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use rustix::event::{PollFd, Timespec, poll};
use rustix::fs::{FsWord, Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::job::tree::Process;
use crate::proc::cgroup::{self, Version};

/// How often the kernel is asked whether it is done, some milliseconds apart.
const ASKED: usize = 100;

/// A pause between two looks at who has yet to stop.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };

/// A group with more of them below it is taken for one that is not the job's own.
const MOST_BELOW: usize = 256;

/// What `statfs(2)` calls the file systems of control groups: v1's and the unified one.
const CGROUPS: [FsWord; 2] = [0x0027_e0eb, 0x6367_7270];

/// Waits a moment.
pub(super) fn rest() {
    let nobody: &mut [PollFd<'_>] = &mut [];
    let _ = poll(nobody, Some(&PAUSE));
}

/// A group that is frozen as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    folder: PathBuf,
    is_v1: bool,
}

impl Group {
    /// The group that holds these processes and nobody else, where there is one that may be frozen.
    pub(super) fn of(members: &[Process]) -> Option<Self> {
        let root = members.first()?;
        let text =
            |path: String| fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let cgroup = text(format!("/proc/{}/cgroup", root.pid))?;
        let mountinfo = text("/proc/self/mountinfo".to_owned())?;
        let pids: HashSet<i32> = members.iter().map(|process| process.pid).collect();
        let groups = cgroup::freezer_groups(&cgroup, &mountinfo).into_iter();
        let found = groups
            .filter(|group| group.path != "/")
            .map(|group| Self { is_v1: group.version == Version::V1, folder: group.folder });
        found.into_iter().find(|group| group.holds(&pids))
    }

    /// Whether it holds all of them and nobody else.
    fn holds(&self, pids: &HashSet<i32>) -> bool {
        self.inside().is_some_and(|inside| inside == *pids)
    }

    /// Who is in it and in the groups below it, which freeze with it; `None` where that can't be told.
    fn inside(&self) -> Option<HashSet<i32>> {
        let mut inside = HashSet::new();
        let mut folders = vec![self.folder.clone()];
        for _ in 0..MOST_BELOW {
            let Some(folder) = folders.pop() else { return Some(inside) };
            let procs = fs::read_to_string(folder.join("cgroup.procs")).ok()?;
            for line in procs.lines() {
                inside.insert(line.parse().ok()?);
            }
            let below = fs::read_dir(&folder).ok()?.flatten();
            let below = below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            folders.extend(below.map(|entry| entry.path()));
        }
        None
    }

    /// Freezes it; false where that is not to be had, and then nothing was changed.
    pub(super) fn freeze(&self) -> bool {
        if !self.write(true) {
            return false;
        }
        for _ in 0..ASKED {
            if self.is_frozen() {
                return true;
            }
            rest();
        }
        // A process in the midst of a long call to a disk: it stops when that returns.
        self.is_asked() || {
            self.write(false);
            false
        }
    }

    /// Lets it go on.
    pub(super) fn thaw(&self) -> bool {
        self.write(false)
    }

    /// Whether it is to be frozen, as the kernel was told last.
    pub(super) fn is_asked(&self) -> bool {
        let file = if self.is_v1 { "freezer.self_freezing" } else { "cgroup.freeze" };
        fs::read_to_string(self.folder.join(file)).is_ok_and(|text| text.trim() == "1")
    }

    fn is_frozen(&self) -> bool {
        let text = |file| fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        if self.is_v1 {
            text("freezer.state").trim() == "FROZEN"
        } else {
            text("cgroup.events").lines().any(|line| line == "frozen 1")
        }
    }

    fn write(&self, is_wanted: bool) -> bool {
        let (file, words) = match (self.is_v1, is_wanted) {
            (true, true) => ("freezer.state", "FROZEN"),
            (true, false) => ("freezer.state", "THAWED"),
            (false, true) => ("cgroup.freeze", "1"),
            (false, false) => ("cgroup.freeze", "0"),
        };
        // The folder may come from a record: nothing is made, cut off or followed, and only a freezer is written to.
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::open(self.folder.join(file), flags, Mode::empty());
        opened.is_ok_and(|file| {
            rustix::fs::fstatfs(&file).is_ok_and(|system| CGROUPS.contains(&system.f_type))
                && rustix::io::write(&file, words.as_bytes()).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_a_group_below_is_in_it() {
        let root = tempfile::tempdir().unwrap();
        let group = Group { folder: root.path().to_owned(), is_v1: false };
        let holds = |pids: &[i32]| group.holds(&pids.iter().copied().collect());
        let below = root.path().join("below/empty");
        fs::create_dir_all(&below).unwrap();
        fs::write(root.path().join("cgroup.procs"), "7\n8\n").unwrap();
        assert!(!holds(&[7, 8]), "who is below can't be told");
        fs::write(below.join("cgroup.procs"), "").unwrap();
        fs::write(root.path().join("below/cgroup.procs"), "").unwrap();
        assert!(holds(&[7, 8]) && !holds(&[7]) && !holds(&[7, 8, 9]));
        fs::write(root.path().join("below/cgroup.procs"), "9\n").unwrap();
        assert!(!holds(&[7, 8]), "a stranger would be frozen too");
        assert!(holds(&[7, 8, 9]));
    }

    #[test]
    fn only_a_freezer_is_ever_written_to() {
        let root = tempfile::tempdir().unwrap();
        let (folder, kept) = (root.path().to_owned(), root.path().join("kept"));
        fs::write(&kept, "words").unwrap();
        let text = |name: &str| fs::read_to_string(root.path().join(name));
        for is_v1 in [false, true] {
            let group = Group { folder: folder.clone(), is_v1 };
            assert!(!group.thaw() && text("cgroup.freeze").is_err(), "nothing is made");
        }
        let group = Group { folder, is_v1: false };
        fs::write(root.path().join("cgroup.freeze"), "1 and more").unwrap();
        assert!(!group.thaw());
        assert_eq!(text("cgroup.freeze").unwrap(), "1 and more", "a file on a disk is no freezer");
        fs::remove_file(root.path().join("cgroup.freeze")).unwrap();
        std::os::unix::fs::symlink(&kept, root.path().join("cgroup.freeze")).unwrap();
        assert!(!group.thaw());
        assert_eq!(text("kept").unwrap(), "words");
    }
}
