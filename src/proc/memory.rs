#![expect(clippy::disallowed_methods, reason = "edge: reads control groups")]
//! The memory limit that binds a job, and the exact figure of a control group that is the job's own.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::cgroup::{self, Group, Version};
use super::parse;
use crate::model::job::MemoryLimit;
use crate::model::metric::Bytes;
use crate::model::reading::MemoryReading;
use crate::model::snapshot::Host;
use crate::model::text::Text;

/// Rounds between two looks at where the job's groups are and who is in them.
const LOOK_AGAIN: u32 = 10;

/// Reads the memory groups of one job.
#[derive(Debug, Default)]
pub struct MemoryReader {
    groups: Vec<Group>,
    /// The group in the unified hierarchy, whether it counts memory or not.
    unified: Option<Group>,
    /// True when the first group holds all members of the job and nobody else.
    owned: bool,
    round: u32,
}

impl MemoryReader {
    /// What binds the memory of the job with this root now. `members` are the PIDs of the job; when the root is
    /// dead, one of them that lives tells the groups.
    pub fn read(&mut self, root: u32, members: &HashSet<u32>, host: &Host) -> MemoryReading {
        if self.round.is_multiple_of(LOOK_AGAIN) {
            self.find_groups(root, members);
        }
        self.round = self.round.wrapping_add(1);
        let used = host.memory_total.saturating_sub(host.memory_available);
        let mut binding = MemoryLimit { scope: Text::from("host"), limit: host.memory_total, used };
        for limit in self.groups.iter().filter_map(read_limit) {
            if limit.room() < binding.room() {
                binding = limit;
            }
        }
        let own_cgroup = self.owned.then(|| self.groups.first().and_then(used_by)).flatten();
        MemoryReading { own_cgroup, limit: (binding.limit.0 > 0).then_some(binding) }
    }

    /// The group that counts the job's memory: the one that its root is in.
    pub fn own(&self) -> Option<&Group> {
        self.groups.first()
    }

    /// The job's group in the unified hierarchy.
    pub fn unified(&self) -> Option<&Group> {
        self.unified.as_ref()
    }

    fn find_groups(&mut self, root: u32, members: &HashSet<u32>) {
        let cgroup = witness(root, members, is_alive).and_then(|pid| text(format!("/proc/{pid}/cgroup")));
        // A job of which nobody is left leaves its groups as they were.
        if let (Some(cgroup), Some(mountinfo)) = (cgroup, text("/proc/self/mountinfo")) {
            self.groups = cgroup::memory_groups(&cgroup, &mountinfo);
            self.unified = self.groups.iter().find(|group| group.version == Version::V2).cloned();
        }
        // On a hybrid system v1 counts the memory and the unified hierarchy has no memory files: only groups
        // that do count are kept.
        self.groups.retain(|group| used_by(group).is_some());
        self.owned = self
            .groups
            .first()
            .is_some_and(|group| group.path != "/" && holds_just(&group.folder, members, is_alive));
    }
}

/// Who is asked for the job's groups: the root, or else the oldest PID that lives. A zombie says that it is in
/// the first group of all, whatever group it was in; a root that is no member any more has lost its PID.
fn witness(root: u32, members: &HashSet<u32>, is_alive: impl Fn(u32) -> bool) -> Option<u32> {
    let is_witness = |pid: &u32| members.contains(pid) && is_alive(*pid);
    Some(root).filter(is_witness).or_else(|| members.iter().copied().filter(|pid| is_alive(*pid)).min())
}

/// Whether a group holds the job, all of it and nobody else. Members that are missing from it must be dead: the
/// kernel doesn't list zombies, and they have no memory.
fn holds_just(folder: &Path, members: &HashSet<u32>, is_alive: impl Fn(u32) -> bool) -> bool {
    let Some(procs) = text(folder.join("cgroup.procs")) else {
        return false;
    };
    let Ok(inside) = procs.lines().map(str::parse).collect::<Result<HashSet<u32>, _>>() else {
        return false;
    };
    !inside.is_empty() && inside.is_subset(members) && !members.difference(&inside).any(|&pid| is_alive(pid))
}

fn is_alive(pid: u32) -> bool {
    let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    parse::stat(&stat).is_some_and(|stat| !matches!(stat.state, b'Z' | b'X'))
}

/// A file's text. Paths may be any bytes: one odd mount point must not hide all the others.
fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()
}

/// What a group uses, less the file cache that the kernel drops first: the figure that container tools call
/// the working set.
fn used_by(group: &Group) -> Option<Bytes> {
    let (current, cache) = match group.version {
        Version::V2 => ("memory.current", "inactive_file"),
        Version::V1 => ("memory.usage_in_bytes", "total_inactive_file"),
    };
    let current = number(&group.folder, current)?;
    let stat = fs::read_to_string(group.folder.join("memory.stat")).unwrap_or_default();
    Some(Bytes(current.saturating_sub(cgroup::stat_field(&stat, cache).unwrap_or(0))))
}

fn read_limit(group: &Group) -> Option<MemoryLimit> {
    let file = match group.version {
        Version::V2 => "memory.max",
        Version::V1 => "memory.limit_in_bytes",
    };
    let limit = cgroup::limit(&fs::read_to_string(group.folder.join(file)).ok()?)?;
    let scope = Text::from(format!("cgroup {}", group.path));
    Some(MemoryLimit { scope, limit: Bytes(limit), used: used_by(group)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(version: Version, files: &[(&str, &str)]) -> (tempfile::TempDir, Group) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(dir.path().join(name), text).expect("written");
        }
        let group = Group { version, folder: dir.path().to_owned(), path: "/batch".into() };
        (dir, group)
    }

    #[test]
    fn both_versions_are_read_without_droppable_cache() {
        let v2 = [
            ("memory.current", "900\n"),
            ("memory.max", "1000\n"),
            ("memory.stat", "file 5\ninactive_file 300\n"),
        ];
        let v1 = [
            ("memory.usage_in_bytes", "900\n"),
            ("memory.limit_in_bytes", "1000\n"),
            ("memory.stat", "inactive_file 1\ntotal_inactive_file 300\n"),
        ];
        for (version, files) in [(Version::V2, v2), (Version::V1, v1)] {
            let (_dir, group) = group(version, &files);
            let limit = read_limit(&group).expect("all its files are there");
            assert_eq!(
                (limit.limit, limit.used, limit.scope.as_str()),
                (Bytes(1_000), Bytes(600), "cgroup /batch")
            );
        }
    }

    #[test]
    fn a_group_without_a_limit_binds_nobody() {
        let (_dir, group) = group(Version::V2, &[("memory.current", "900\n"), ("memory.max", "max\n")]);
        assert_eq!(read_limit(&group), None);
        assert_eq!(used_by(&group), Some(Bytes(900)));
    }

    #[test]
    fn a_group_is_the_jobs_own_when_all_the_job_is_in_it_and_nobody_else() {
        let members = HashSet::from([10, 11, 12]);
        let cases: [(&str, &[u32], bool); 7] = [
            ("10\n11\n12\n", &[10, 11, 12], true),
            ("12\n10\n11\n10\n", &[10, 11, 12], true),
            // 12 is a zombie, or works in another group.
            ("10\n11\n", &[10, 11], true),
            ("10\n11\n", &[10, 11, 12], false),
            ("10\n11\n12\n99\n", &[10, 11, 12], false),
            // A process of another PID namespace.
            ("10\n11\n12\n0\n", &[10, 11, 12], false),
            ("", &[], false),
        ];
        for (procs, alive, own) in cases {
            let (_dir, group) = group(Version::V2, &[("cgroup.procs", procs)]);
            let is_alive = |pid| alive.contains(&pid);
            assert_eq!(holds_just(&group.folder, &members, is_alive), own, "{procs:?} {alive:?}");
        }
    }

    #[test]
    fn the_root_tells_the_groups_and_when_it_is_dead_another() {
        let members = HashSet::from([10, 11, 12]);
        let cases: [(u32, &[u32], Option<u32>); 4] = [
            (11, &[10, 11, 12], Some(11)),
            (11, &[10, 12], Some(10)),
            (9, &[9, 12], Some(12)),
            (11, &[], None),
        ];
        for (root, alive, witnessed) in cases {
            assert_eq!(witness(root, &members, |pid| alive.contains(&pid)), witnessed, "{root} {alive:?}");
        }
        assert!(is_alive(std::process::id()) && !is_alive(u32::MAX));
    }

    #[test]
    fn an_odd_mount_point_hides_no_limit() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("mountinfo");
        let own = b"29 24 0:25 / /mnt/\xff rw - tmpfs tmpfs rw\n30 24 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
        fs::write(&path, own).expect("written");
        let groups = cgroup::memory_groups("0::/batch\n", &text(&path).expect("it is there"));
        assert_eq!(groups.first().map(|group| group.folder.as_path()), Some(Path::new("/cg/batch")));
    }
}
