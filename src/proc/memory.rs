#![expect(clippy::disallowed_methods, reason = "edge: reads control groups")]
//! The memory limit that binds a job, and the exact figure of a control group that is the job's own.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::cgroup::{self, Group, Version};
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
    /// True when the first group holds members of the job and nobody else.
    owned: bool,
    round: u32,
}

impl MemoryReader {
    /// What binds the memory of the job with this root now. `members` are the PIDs of the job.
    pub fn read(&mut self, root: u32, members: &HashSet<u32>, host: &Host) -> MemoryReading {
        if self.round.is_multiple_of(LOOK_AGAIN) {
            self.find_groups(root, members);
        }
        self.round = self.round.wrapping_add(1);
        let used = host.memory_total.saturating_sub(host.memory_available);
        let mut binding = MemoryLimit { scope: Text::from("host"), limit: host.memory_total, used };
        for limit in self.groups.iter().filter_map(read_limit) {
            let room = |limit: &MemoryLimit| limit.limit.saturating_sub(limit.used);
            if room(&limit) < room(&binding) {
                binding = limit;
            }
        }
        let own_cgroup = self.owned.then(|| self.groups.first().and_then(used_by)).flatten();
        MemoryReading { own_cgroup, limit: (binding.limit.0 > 0).then_some(binding) }
    }

    fn find_groups(&mut self, root: u32, members: &HashSet<u32>) {
        let cgroup = fs::read_to_string(format!("/proc/{root}/cgroup"));
        let mountinfo = fs::read_to_string("/proc/self/mountinfo");
        // A root that is gone leaves its groups as they were: members may live on in them.
        if let (Ok(cgroup), Ok(mountinfo)) = (cgroup, mountinfo) {
            self.groups = cgroup::memory_groups(&cgroup, &mountinfo);
        }
        // On a hybrid system v1 counts the memory and the unified hierarchy has no memory files: only groups
        // that do count are kept.
        self.groups.retain(|group| used_by(group).is_some());
        self.owned =
            self.groups.first().is_some_and(|group| group.path != "/" && holds_only(&group.folder, members));
    }
}

fn holds_only(folder: &Path, members: &HashSet<u32>) -> bool {
    let Ok(procs) = fs::read_to_string(folder.join("cgroup.procs")) else {
        return false;
    };
    !procs.is_empty() && procs.lines().all(|pid| pid.parse().is_ok_and(|pid| members.contains(&pid)))
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
    fn a_group_is_the_jobs_own_when_nobody_else_is_in_it() {
        let members = HashSet::from([10, 11, 12]);
        for (procs, own) in [("10\n11\n", true), ("10\n99\n", false), ("", false)] {
            let (_dir, group) = group(Version::V2, &[("cgroup.procs", procs)]);
            assert_eq!(holds_only(&group.folder, &members), own, "{procs:?}");
        }
    }
}
