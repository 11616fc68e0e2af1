//! The control groups that bind a job, with what they counted between two looks: the edge of [`super::counts`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::counts::Counts;
use crate::model::evidence::Evidence;
use crate::proc::cgroup::{self, Group};
use crate::proc::read;

/// Controllers whose groups are looked at; groups of the unified hierarchy belong to all of them.
const CONTROLLERS: [&str; 4] = ["cpu", "memory", "pids", "freezer"];
/// Different places in the hierarchies that members of one job are in, and groups of them, at most.
const MOST_PLACES: usize = 64;
const MOST_GROUPS: usize = 256;
/// Bytes of one file.
const LONGEST: usize = 64 * 1024;

/// What the control groups of a job counted at one time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counters {
    groups: BTreeMap<PathBuf, Counts>,
}

impl Counters {
    /// Reads those of all members.
    pub fn read(evidence: &Evidence) -> Self {
        let (places, _) = places(evidence);
        Self { groups: counts(&places) }
    }
}

/// Where members are: the groups of each place, and which members are there.
type Places = HashMap<String, (Vec<Group>, Vec<u32>)>;

/// Fills in the groups and who is in them; says what was left out.
pub(super) fn complete(evidence: &mut Evidence, before: &Counters) -> Vec<String> {
    let (places, is_cut) = places(evidence);
    let now = counts(&places);
    let roots: BTreeSet<&Path> = places
        .values()
        .flat_map(|(groups, _)| groups)
        .filter(|group| group.path == "/")
        .map(|group| group.folder.as_path())
        .collect();
    // What holds all of the machine is of no interest as long as it holds nobody back.
    let told: BTreeMap<&Path, &Counts> = now
        .iter()
        .map(|(folder, counts)| (folder.as_path(), counts))
        .filter(|(folder, counts)| counts.binds() || !roots.contains(folder))
        .collect();
    let name = |folder: &Path| folder.to_string_lossy().trim_end_matches('/').to_owned();
    evidence.groups =
        told.iter().map(|(folder, counts)| counts.since(before.groups.get(*folder), name(folder))).collect();
    let mut names_of: HashMap<u32, Vec<String>> = HashMap::new();
    for (groups, members) in places.values() {
        let told = groups.iter().filter(|group| told.contains_key(group.folder.as_path()));
        let names: BTreeSet<String> = told.map(|group| name(&group.folder)).collect();
        names_of.extend(members.iter().map(|pid| (*pid, names.iter().cloned().collect())));
    }
    for process in &mut evidence.processes {
        if let Some(names) = names_of.remove(&process.pid) {
            process.groups = names;
        }
    }
    let words = || "the job is in more control groups than were looked at".to_owned();
    (is_cut || now.len() >= MOST_GROUPS).then(words).into_iter().collect()
}

fn places(evidence: &Evidence) -> (Places, bool) {
    let mut places = Places::new();
    let mut is_cut = false;
    let Some(mounts) = text(Path::new("/proc/self/mountinfo"), 1 << 20) else {
        return (places, is_cut);
    };
    for process in evidence.members().filter(|process| !process.is_zombie()) {
        // Zombies say that they are in the first group of all, whatever group they were in.
        let Some(of) = text(Path::new(&format!("/proc/{}/cgroup", process.pid)), LONGEST) else { continue };
        if let Some((_, members)) = places.get_mut(&of) {
            members.push(process.pid);
        } else if places.len() >= MOST_PLACES {
            is_cut = true;
        } else {
            let groups = CONTROLLERS.iter().flat_map(|name| cgroup::groups_of(&of, &mounts, name)).collect();
            places.insert(of, (groups, vec![process.pid]));
        }
    }
    (places, is_cut)
}

fn counts(places: &Places) -> BTreeMap<PathBuf, Counts> {
    let folders: BTreeSet<&Path> =
        places.values().flat_map(|(groups, _)| groups).map(|group| group.folder.as_path()).collect();
    folders
        .into_iter()
        .take(MOST_GROUPS)
        .map(|folder| (folder.to_owned(), Counts::of(|name| text(&folder.join(name), LONGEST))))
        .collect()
}

fn text(path: &Path, most: usize) -> Option<String> {
    let mut text = Vec::new();
    read::beginning(path.to_str()?, most, &mut text)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "makes control groups to look at")]
mod tests {
    use super::*;
    use crate::model::evidence::Process;
    use std::process::{Child, Command};

    /// A control group of the test's own with one child in it, both taken away at the end.
    struct Own {
        folder: PathBuf,
        child: Child,
    }

    impl Own {
        /// None where this machine or user can't have one, which is said.
        fn below(hierarchy: &str) -> Option<Self> {
            let folder = PathBuf::from(hierarchy).join(format!("telltale-things-{}", std::process::id()));
            if let Err(error) = std::fs::create_dir(&folder) {
                println!("SKIPPED: no control group at {}: {error}", folder.display());
                return None;
            }
            let child = Command::new("sleep").arg("20").spawn().expect("sleep(1) exists");
            let own = Self { folder, child };
            own.write("cgroup.procs", &own.child.id().to_string());
            Some(own)
        }

        fn write(&self, file: &str, text: &str) {
            std::fs::write(self.folder.join(file), text).expect("it is ours");
        }

        fn evidence(&self) -> Evidence {
            let process = Process { pid: self.child.id(), is_member: true, ..Process::default() };
            Evidence { root: process.pid, processes: vec![process], ..Evidence::default() }
        }
    }

    impl Drop for Own {
        fn drop(&mut self) {
            let _ = std::fs::write(self.folder.join("freezer.state"), "THAWED");
            let _ = self.child.kill();
            let _ = self.child.wait();
            // A group is busy for a moment after its last process.
            for _ in 0..50 {
                if std::fs::remove_dir(&self.folder).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }

    #[test]
    fn a_frozen_group_is_told_and_who_is_in_it() {
        let Some(own) = Own::below("/sys/fs/cgroup/freezer") else { return };
        let mut evidence = own.evidence();
        let before = Counters::read(&evidence);
        let frozen = |evidence: &Evidence| {
            let path = own.folder.to_string_lossy().into_owned();
            assert!(evidence.processes[0].groups.contains(&path), "{:?}", evidence.processes[0].groups);
            evidence.groups.iter().find(|group| group.path == path).and_then(|group| group.is_frozen)
        };
        complete(&mut evidence, &before);
        assert_eq!(frozen(&evidence), Some(false));
        own.write("freezer.state", "FROZEN");
        complete(&mut evidence, &before);
        assert_eq!(frozen(&evidence), Some(true));
    }

    #[test]
    fn a_group_that_limits_tasks_is_told_and_the_root_is_not() {
        let Some(own) = Own::below("/sys/fs/cgroup/pids") else { return };
        own.write("pids.max", "7");
        let mut evidence = own.evidence();
        let before = Counters::read(&evidence);
        assert_eq!(complete(&mut evidence, &before), Vec::<String>::new());
        let path = own.folder.to_string_lossy().into_owned();
        let group = evidence.groups.iter().find(|group| group.path == path).expect("it is told");
        assert_eq!((group.tasks, group.tasks_refused), (Some((1, 7)), Some((0, 0))));
        assert!(!evidence.groups.iter().any(|group| group.path == "/sys/fs/cgroup/pids"));
    }
}
