//! What the threads of a job wait on, and whose other ends are therefore looked for: pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::locks::FileId;
use crate::model::evidence::{Evidence, Process, Target, Wait};

/// Sets of epoll within sets of epoll are followed so far.
const DEEPEST: usize = 4;

/// Things whose holders are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Pipes by their inodes.
    pub pipes: HashSet<u64>,
    /// Sockets by their inodes.
    pub sockets: BTreeSet<u64>,
    /// Named pipes and locked files by their names.
    pub paths: HashSet<String>,
}

impl Wanted {
    /// True where nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.pipes.is_empty() && self.sockets.is_empty() && self.paths.is_empty()
    }

    /// True for one of the things looked for.
    pub fn has(&self, target: &Target) -> bool {
        match target {
            Target::Pipe { inode, .. } => self.pipes.contains(inode),
            Target::Socket { inode } => self.sockets.contains(inode),
            Target::Fifo { path, .. } | Target::File { path, .. } => self.paths.contains(path),
            _ => false,
        }
    }
}

/// The descriptors that the threads of a process wait on, those of epoll sets with all that is in them.
pub fn waited(process: &Process) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    for thread in &process.threads {
        match &thread.wait {
            Wait::Read { fd }
            | Wait::Write { fd }
            | Wait::Connect { fd }
            | Wait::Accept { fd }
            | Wait::Epoll { fd }
            | Wait::FileLock { fd }
            | Wait::Ring { fd } => {
                found.insert(*fd);
            }
            Wait::Poll { fds } => found.extend(fds.iter().map(|(fd, _)| *fd)),
            _ => {}
        }
    }
    let by_number: HashMap<i32, &Target> =
        process.descriptors.iter().map(|descriptor| (descriptor.fd, &descriptor.target)).collect();
    let mut sets: Vec<i32> = found.iter().copied().collect();
    for _ in 0..DEEPEST {
        let watched = sets.iter().filter_map(|fd| match by_number.get(fd)? {
            Target::Epoll { watched } => Some(watched.iter().map(|(fd, _)| *fd)),
            _ => None,
        });
        let inside: Vec<i32> = watched.flatten().collect();
        sets = inside.into_iter().filter(|&fd| found.insert(fd)).collect();
    }
    found.retain(|fd| *fd >= 0);
    found
}

/// The pipes, named pipes and sockets that members wait on.
pub fn waited_on(evidence: &Evidence) -> Wanted {
    let mut wanted = Wanted::default();
    for process in evidence.members() {
        let fds = waited(process);
        for descriptor in process.descriptors.iter().filter(|descriptor| fds.contains(&descriptor.fd)) {
            match &descriptor.target {
                Target::Pipe { inode, .. } => {
                    wanted.pipes.insert(*inode);
                }
                Target::Socket { inode } => {
                    wanted.sockets.insert(*inode);
                }
                Target::Fifo { path, .. } => {
                    wanted.paths.insert(path.clone());
                }
                _ => {}
            }
        }
    }
    wanted
}

/// What must be looked for among all processes: the pipes that are waited on, and the far ends of the sockets.
pub fn far_ends(evidence: &Evidence, waited_on: &Wanted) -> Wanted {
    let peers = evidence.sockets.iter().filter(|socket| waited_on.sockets.contains(&socket.inode));
    Wanted { sockets: peers.filter_map(|socket| socket.peer).collect(), ..waited_on.clone() }
}

/// Which of the wanted things have nobody yet at the other end: as far as can be seen somebody hidden may be there.
pub fn unanswered(evidence: &Evidence, wanted: &Wanted) -> usize {
    let (mut read, mut written, mut held) = (HashSet::new(), HashSet::new(), HashSet::new());
    for descriptor in evidence.processes.iter().flat_map(|process| &process.descriptors) {
        match &descriptor.target {
            Target::Pipe { inode, .. } | Target::Fifo { inode, .. } => {
                if descriptor.reads {
                    read.insert(*inode);
                }
                if descriptor.writes {
                    written.insert(*inode);
                }
            }
            Target::Socket { inode } => {
                held.insert(*inode);
            }
            _ => {}
        }
    }
    let is_alone = |inode: &&u64| !read.contains(*inode) || !written.contains(*inode);
    wanted.pipes.iter().filter(is_alone).count()
        + wanted.sockets.iter().filter(|inode| !held.contains(*inode)).count()
}

/// Processes that matter to members though they hold nothing of theirs: who traces them, who should reap them, and who
/// started the job, without whom it would look like one that was left behind.
pub fn relatives(evidence: &Evidence) -> BTreeSet<u32> {
    let members: HashSet<u32> = evidence.members().map(|process| process.pid).collect();
    let tracers = evidence.members().filter_map(|process| process.tracer);
    let reapers = evidence.members().filter(|process| process.is_zombie()).map(|process| process.parent);
    let root = evidence.process(evidence.root);
    let starters = root.into_iter().flat_map(|root| [root.parent, root.group]);
    tracers.chain(reapers).chain(starters).filter(|pid| *pid > 0 && !members.contains(pid)).collect()
}

/// The files that members have open, by device and inode, and where.
pub fn files(evidence: &Evidence) -> HashMap<FileId, Vec<(u32, i32, &str)>> {
    let mut files: HashMap<FileId, Vec<(u32, i32, &str)>> = HashMap::new();
    for process in &evidence.processes {
        for descriptor in &process.descriptors {
            if let Target::File { path, device, inode, .. } = &descriptor.target {
                let places = files.entry(FileId::new(*device, *inode)).or_default();
                places.push((process.pid, descriptor.fd, path));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::{Descriptor, Socket, Thread};

    fn member(pid: u32, descriptors: Vec<(i32, Target)>, waits: Vec<Wait>) -> Process {
        let descriptors = descriptors
            .into_iter()
            .map(|(fd, target)| Descriptor { fd, target, reads: true, ..Descriptor::default() })
            .collect();
        let threads = waits.into_iter().map(|wait| Thread { wait, ..Thread::default() }).collect();
        Process { pid, is_member: true, descriptors, threads, ..Process::default() }
    }

    fn pipe(inode: u64) -> Target {
        Target::Pipe { inode, waiting: None }
    }

    #[test]
    fn what_is_waited_on_is_followed_into_sets() {
        let set = |fds: &[i32]| Target::Epoll { watched: fds.iter().map(|&fd| (fd, 1)).collect() };
        let held = vec![
            (3, set(&[4, 5])),
            (4, set(&[3, 6])),
            (5, pipe(50)),
            (6, pipe(60)),
            (7, pipe(70)),
            (8, pipe(80)),
        ];
        let waits = vec![Wait::Epoll { fd: 3 }, Wait::Poll { fds: vec![(7, 1), (-1, 0)] }, Wait::Sleep];
        let process = member(1, held, waits);
        assert_eq!(waited(&process).into_iter().collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
        let evidence = Evidence { processes: vec![process], ..Evidence::default() };
        assert_eq!(waited_on(&evidence).pipes, [50, 60, 70].into());
        assert_eq!(unanswered(&evidence, &waited_on(&evidence)), 3, "nobody writes");
    }

    #[test]
    fn of_a_socket_the_far_end_is_looked_for() {
        let held = vec![(3, Target::Socket { inode: 30 }), (4, Target::Socket { inode: 40 })];
        let mut evidence =
            Evidence { processes: vec![member(1, held, vec![Wait::Read { fd: 3 }])], ..Evidence::default() };
        let socket = |inode, peer| Socket { inode, peer, ..Socket::default() };
        evidence.sockets = vec![socket(30, Some(31)), socket(40, Some(41))];
        let wanted = far_ends(&evidence, &waited_on(&evidence));
        assert_eq!(wanted.sockets, [31].into());
        assert!(wanted.has(&Target::Socket { inode: 31 }) && !wanted.has(&Target::Socket { inode: 30 }));
        assert_eq!(unanswered(&evidence, &wanted), 1);
    }

    #[test]
    fn who_traces_and_who_should_reap_is_told() {
        let mut evidence = Evidence {
            processes: vec![member(1, vec![], vec![]), member(2, vec![], vec![])],
            ..Evidence::default()
        };
        evidence.processes[0].tracer = Some(90);
        (evidence.processes[0].state, evidence.processes[0].parent) = ('Z', 80);
        (evidence.processes[1].state, evidence.processes[1].parent) = ('Z', 1);
        assert_eq!(relatives(&evidence).into_iter().collect::<Vec<_>>(), [80, 90]);
        evidence.root = evidence.processes[0].pid;
        (evidence.processes[0].parent, evidence.processes[0].group) = (70, 71);
        assert!(
            [70, 71].iter().all(|pid| relatives(&evidence).contains(pid)),
            "they may have left it behind"
        );
    }
}
