#![expect(clippy::disallowed_methods, reason = "edge: tells watchers from the watched")]
//! Who is frozen: the processes of a job, and never one that watches it.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::job::launch::DEMO_JOB;
use crate::job::tree::{self, Births, Process};

/// The processes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kin {
    /// All below this process, which adopts their orphans.
    Below(i32),
    /// These, and all below them.
    Of(Vec<Process>),
}

impl Kin {
    /// Those that live, parents before their children.
    pub(super) fn among(&self, births: &Births) -> Vec<Process> {
        let process = |pid: i32| births.get(&pid).map(|birth| Process { pid, start: birth.ticks });
        match self {
            Self::Below(adopter) => {
                tree::descendants(*adopter, births).into_iter().filter_map(process).collect()
            }
            Self::Of(roots) => {
                let children = tree::children(births);
                let alive = roots.iter().filter(|root| process(root.pid) == Some(**root));
                let all = alive.flat_map(|root| {
                    let below = tree::below(root.pid, &children);
                    std::iter::once(*root).chain(below.into_iter().filter_map(process))
                });
                let mut seen = HashSet::new();
                all.filter(|process| seen.insert(*process)).collect()
            }
        }
    }
}

/// This process and all it descends from: who stops one of them stops itself, or the terminal it is told from.
pub(super) fn ancestors(births: &Births) -> HashSet<i32> {
    let mut line = HashSet::new();
    let mut pid = rustix::process::getpid().as_raw_nonzero().get();
    while pid > 0 && line.insert(pid) {
        let Some(birth) = births.get(&pid) else { break };
        pid = birth.parent;
    }
    line
}

/// Whether a process runs this binary, and not as a job of its demo: a screen or a keeper, of this job or of
/// another.
pub(super) fn is_watcher(pid: i32) -> bool {
    let file = |path: String| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let ours = file("/proc/self/exe".to_owned());
    if ours.is_none() || file(format!("/proc/{pid}/exe")) != ours {
        return false;
    }
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    words.split(|&byte| byte == 0).nth(1) != Some(DEMO_JOB.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::tree::Birth;

    #[test]
    fn kin_are_found_with_their_identity_and_parents_first() {
        let births = [(1, 0), (2, 1), (3, 2), (4, 1), (9, 1), (10, 9)];
        let births: Births = births
            .map(|(pid, parent)| {
                (pid, Birth { parent, ticks: 100 + pid as u64, is_stopped: false, is_headless: false })
            })
            .into();
        let process = |pid: i32| Process { pid, start: 100 + pid as u64 };
        let pids = |kin: Kin| -> Vec<i32> { kin.among(&births).iter().map(|process| process.pid).collect() };
        assert_eq!(pids(Kin::Below(2)), [3]);
        assert_eq!(pids(Kin::Of(vec![process(2), process(3), process(9)])), [2, 3, 9, 10]);
        let another = Process { pid: 9, start: 1 };
        assert_eq!(pids(Kin::Of(vec![another, process(4)])), [4], "a PID that was given again is nobody");
    }

    #[test]
    fn a_process_finds_itself_among_its_ancestors_and_among_watchers() {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        assert!(ancestors(&tree::births()).contains(&own));
        assert!(is_watcher(own));
        assert!(!is_watcher(1) || own == 1);
    }
}
