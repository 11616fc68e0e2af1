//! Reads how many processes the kernel killed for want of memory in a job's control group: once a round, from a
//! descriptor that stays open.

use std::os::fd::OwnedFd;

use super::cgroup::{Group, Version};
use super::parse;
use super::read::{self, Reader};
use crate::model::oom::OomCounters;
use crate::model::text::Text;

/// Reads the counters of one job's control group.
#[derive(Debug, Default)]
pub struct OomReader {
    reader: Reader,
    cgroup: Option<Text>,
    file: Option<OwnedFd>,
}

impl OomReader {
    /// The counters now: of `group`, which the job is in, and of the host, which were read elsewhere.
    pub fn read(&mut self, group: Option<&Group>, on_host: Option<u64>) -> OomCounters {
        let cgroup = group.map(|group| Text::from(group.path.as_str()));
        if self.cgroup != cgroup || self.file.is_none() {
            self.file = group.and_then(|group| read::open(&file(group)).ok());
            self.cgroup = cgroup;
        }
        // A group that was removed with its last process tells nothing any more.
        let text = self.file.as_ref().and_then(|file| self.reader.kept(file).ok());
        let field = |name| text.and_then(|text| parse::vmstat(text, name));
        OomCounters {
            cgroup: self.cgroup.clone(),
            in_cgroup: field("oom_kill"),
            whole_cgroup: field("oom_group_kill"),
            on_host,
        }
    }
}

/// Where a group counts such kills: since Linux 4.13, whole groups since 5.17; the root of the unified hierarchy has
/// no such file. That of v1 is called after a switch that it holds too.
fn file(group: &Group) -> String {
    let name = match group.version {
        Version::V1 => "memory.oom_control",
        Version::V2 => "memory.events",
    };
    group.folder.join(name).to_string_lossy().into_owned()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "writes files of a control group to read")]
mod tests {
    use super::*;
    use std::fs;

    fn counters(version: Version, name: &str, text: &str) -> OomCounters {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join(name), text).expect("written");
        let group = Group { version, folder: dir.path().to_owned(), path: "/batch".into() };
        OomReader::default().read(Some(&group), Some(7))
    }

    #[test]
    fn both_versions_tell_how_many_they_killed() {
        let v2 = "low 0\nhigh 12\nmax 40\noom 3\noom_kill 2\noom_group_kill 1\n";
        let v1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n";
        let of_v2 = counters(Version::V2, "memory.events", v2);
        assert_eq!((of_v2.in_cgroup, of_v2.whole_cgroup, of_v2.on_host), (Some(2), Some(1), Some(7)));
        let of_v1 = counters(Version::V1, "memory.oom_control", v1);
        assert_eq!((of_v1.in_cgroup, of_v1.whole_cgroup), (Some(2), None));
        // Linux 4.12 has the file without the counter.
        let old = counters(Version::V1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
        assert_eq!(old.in_cgroup, None);
    }

    #[test]
    fn without_a_group_only_the_host_counts() {
        let none = OomReader::default().read(None, Some(3));
        assert_eq!(none, OomCounters { on_host: Some(3), ..OomCounters::default() });
    }
}
