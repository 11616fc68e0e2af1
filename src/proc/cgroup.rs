//! Which control groups bind a process's memory: pure, from `/proc/PID/cgroup` and `/proc/self/mountinfo`.

use std::path::PathBuf;

/// Version of a control group hierarchy; the two name their files differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy for each controller.
    V1,
    /// The unified hierarchy.
    V2,
}

/// One control group that counts the memory of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which hierarchy.
    pub version: Version,
    /// Its folder in the file system.
    pub folder: PathBuf,
    /// Its path within the hierarchy, for people.
    pub path: String,
}

/// The memory groups of a process, its own first and then all its ancestors.
///
/// `cgroup` is `/proc/PID/cgroup`, `mountinfo` is `/proc/self/mountinfo`. In a container the mount shows only
/// a part of the hierarchy; a group outside of it can't be read and is left out.
pub fn memory_groups(cgroup: &str, mountinfo: &str) -> Vec<Group> {
    groups_of(cgroup, mountinfo, "memory")
}

/// The same of those groups that a controller counts in.
pub fn groups_of(cgroup: &str, mountinfo: &str, wanted: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for line in cgroup.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let version = match controllers {
            "" => Version::V2,
            list if list.split(',').any(|controller| controller == wanted) => Version::V1,
            _ => continue,
        };
        if let Some(mount) = mountinfo.lines().find_map(|line| mount_of(line, version, wanted)) {
            groups.extend(chain(version, path, &mount));
        }
    }
    groups
}

/// The groups by which a process can be frozen, each the process's own: of the unified hierarchy, and of v1's freezer.
pub fn freezer_groups(cgroup: &str, mountinfo: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for line in cgroup.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (version, controller) = match controllers {
            "" => (Version::V2, ""),
            list if list.split(',').any(|controller| controller == "freezer") => (Version::V1, "freezer"),
            _ => continue,
        };
        if let Some(mount) = mountinfo.lines().find_map(|line| mount_of(line, version, controller)) {
            groups.extend(chain(version, path, &mount).into_iter().next());
        }
    }
    groups
}

/// Where a hierarchy is mounted, and which part of it.
struct Mount {
    root: String,
    point: String,
}

fn mount_of(line: &str, version: Version, controller: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut right = right.split(' ');
    let (kind, _source, options) = (right.next()?, right.next()?, right.next()?);
    let fits = match version {
        Version::V2 => kind == "cgroup2",
        Version::V1 => kind == "cgroup" && options.split(',').any(|option| option == controller),
    };
    let mut left = left.split(' ').skip(3);
    fits.then_some(())?;
    Some(Mount { root: unescape(left.next()?), point: unescape(left.next()?) })
}

/// The group at `path` and its ancestors, as far as the mount shows them.
fn chain(version: Version, path: &str, mount: &Mount) -> Vec<Group> {
    // A path that climbs out (`/../..`) belongs to a group above a container's namespace: not to be read.
    let inside = path.strip_prefix(mount.root.trim_end_matches('/'));
    // `/docker/ab` is not inside of `/docker/a`.
    let is_below = |inside: &&str| inside.is_empty() || inside.starts_with('/');
    let climbs = |inside: &&str| inside.split('/').any(|name| name == "..");
    let Some(inside) = inside.filter(|inside| is_below(inside) && !climbs(inside)) else {
        return Vec::new();
    };
    let names: Vec<_> = inside.split('/').filter(|name| !name.is_empty()).collect();
    (0..=names.len())
        .rev()
        .map(|depth| {
            let below = names[..depth].join("/");
            Group { version, folder: PathBuf::from(&mount.point).join(&below), path: format!("/{below}") }
        })
        .collect()
}

/// mountinfo writes blanks and backslashes as `\040` and `\134`.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// A limit file's number: `max`, and anything in the reach of 2^63, is no limit (v1 writes
/// 9223372036854771712 for none).
pub fn limit(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|&bytes: &u64| bytes < 1 << 60)
}

/// One number out of `memory.stat`.
pub fn stat_field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
    const V2: &str = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    const DOCKER: &str = "40 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

    fn folders(cgroup: &str, mountinfo: &str) -> Vec<String> {
        memory_groups(cgroup, mountinfo).iter().map(|group| group.folder.display().to_string()).collect()
    }

    #[test]
    fn a_group_and_its_ancestors_are_found() {
        let v1 = "5:cpuset:/\n4:memory:/batch/job\n0::/\n";
        assert_eq!(
            folders(v1, V1),
            ["/sys/fs/cgroup/memory/batch/job", "/sys/fs/cgroup/memory/batch", "/sys/fs/cgroup/memory/"]
        );
        let v2 = "0::/user.slice/user-1000.slice\n";
        assert_eq!(
            folders(v2, V2),
            ["/sys/fs/cgroup/user.slice/user-1000.slice", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/"]
        );
    }

    #[test]
    fn a_container_sees_its_part_only() {
        assert_eq!(
            folders("4:cpu,memory:/docker/ab/x\n", DOCKER),
            ["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory/"]
        );
        assert_eq!(folders("4:memory:/docker/ab\n", DOCKER), ["/sys/fs/cgroup/memory/"]);
        assert!(folders("4:memory:/docker/abc\n", DOCKER).is_empty());
        assert!(folders("4:memory:/elsewhere\n", DOCKER).is_empty());
        assert!(folders("0::/../..\n", V2).is_empty());
        assert!(folders("garbage\n::\n", "garbage").is_empty());
    }

    #[test]
    fn the_groups_that_freeze_are_the_processes_own() {
        let mounts = format!("{V2}{}", V1.replace("memory", "freezer"));
        let found = freezer_groups("6:freezer:/batch/job\n4:memory:/elsewhere\n0::/unit\n", &mounts);
        let folders: Vec<_> = found.iter().map(|group| (group.version, group.path.as_str())).collect();
        assert_eq!(folders, [(Version::V1, "/batch/job"), (Version::V2, "/unit")]);
    }

    #[test]
    fn no_limit_is_none() {
        assert_eq!(limit("max\n"), None);
        assert_eq!(limit("9223372036854771712\n"), None);
        assert_eq!(limit("268435456\n"), Some(268_435_456));
        assert_eq!(stat_field("cache 1\ntotal_inactive_file 77\n", "total_inactive_file"), Some(77));
    }
}
