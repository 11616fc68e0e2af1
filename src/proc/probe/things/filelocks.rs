//! Who holds the locks that members hold or wait for: `/proc/locks` joined to descriptors.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::descriptors::{DescriptorReader, file_of};
use super::ends::{self, Wanted};
use super::locks::{self, FileId, Held};
use super::scan;
use crate::model::evidence::{Evidence, FileLock};
use crate::proc::read;

/// Bytes of the list that are read.
const LONGEST: usize = 1 << 20;
/// Locks that are told at most, those first that somebody waits for.
const MOST: usize = 1_024;
/// Descriptors that are asked whether a lock is held through them.
const MOST_ASKED: usize = 512;

/// The locks that matter to members, those first that somebody waits for, and what could not be seen.
pub(super) fn relevant(evidence: &Evidence) -> (Vec<Held>, Vec<String>) {
    let mut text = Vec::new();
    let mut problems = Vec::new();
    if read::beginning("/proc/locks", LONGEST, &mut text).is_none() {
        problems.push("who holds locks on files is not shown here: /proc/locks can't be read".to_owned());
        return (Vec::new(), problems);
    }
    let (mut held, mut is_cut) = locks::held(&text);
    let members: HashSet<u32> = evidence.members().map(|process| process.pid).collect();
    let files = ends::files(evidence);
    held.retain(|held| {
        members.contains(&held.lock.taken_by)
            || held.waiters.iter().any(|pid| members.contains(pid))
            || files.contains_key(&held.lock.file)
    });
    held.sort_by_key(|held| held.waiters.is_empty());
    is_cut |= held.len() > MOST;
    held.truncate(MOST);
    if is_cut {
        problems.push("there are more locks on files than were looked at".to_owned());
    }
    (held, problems)
}

/// The names of locked files whose holders are to be looked for among all processes: where a member waits, and neither a
/// process that is known nor the one that took the lock has it.
pub(super) fn wanted(evidence: &Evidence, held: &[Held], reader: &mut DescriptorReader) -> Wanted {
    let members: HashSet<u32> = evidence.members().map(|process| process.pid).collect();
    let files = ends::files(evidence);
    let mut wanted = Wanted::default();
    for held in held.iter().filter(|held| held.waiters.iter().any(|pid| members.contains(pid))) {
        if let Some(path) = path_of(held, &files)
            && holders(held, &files, reader).is_empty()
        {
            wanted.paths.insert(path);
        }
    }
    wanted
}

/// The locks with who holds them by now, as far as the descriptors in `evidence` tell.
pub(super) fn resolved(evidence: &Evidence, held: &[Held], reader: &mut DescriptorReader) -> Vec<FileLock> {
    let files = ends::files(evidence);
    held.iter()
        .map(|held| FileLock {
            kind: held.lock.kind.to_owned(),
            is_exclusive: held.lock.is_exclusive,
            path: path_of(held, &files),
            file: held.lock.file.to_string(),
            taken_by: held.lock.taken_by,
            holders: holders(held, &files, reader),
            waiters: held.waiters.clone(),
        })
        .collect()
}

/// Who holds what a member waits for.
pub(super) fn in_the_way(evidence: &Evidence) -> BTreeSet<u32> {
    let members: HashSet<u32> = evidence.members().map(|process| process.pid).collect();
    let waited = evidence.locks.iter().filter(|lock| lock.waiters.iter().any(|pid| members.contains(pid)));
    waited.flat_map(|lock| &lock.holders).copied().filter(|pid| !members.contains(pid)).collect()
}

/// Who holds a lock: of one that belongs to a process that process, of others whoever has the file open through which it
/// is held. The taker comes first.
fn holders(held: &Held, files: &Files<'_>, reader: &mut DescriptorReader) -> Vec<u32> {
    let taker = held.lock.taken_by;
    if held.lock.is_of_process() {
        return if taker > 0 && is_alive(taker) { vec![taker] } else { Vec::new() };
    }
    let mut found: Vec<u32> = Vec::new();
    for &(pid, fd, _) in files.get(&held.lock.file).into_iter().flatten().take(MOST_ASKED) {
        if !found.contains(&pid) && reader.locks(pid, fd).iter().any(|lock| lock.is_same(&held.lock)) {
            found.push(pid);
        }
    }
    if !found.contains(&taker) && taker > 0 && holds_elsewhere(taker, held, files, reader) {
        found.push(taker);
    }
    found.sort_by_key(|pid| (*pid != taker, *pid));
    found
}

/// Whether a process whose descriptors are not known has the lock, by those that lead to a file of this name.
fn holds_elsewhere(pid: u32, held: &Held, files: &Files<'_>, reader: &mut DescriptorReader) -> bool {
    let is_known = files.get(&held.lock.file).is_some_and(|places| places.iter().any(|place| place.0 == pid));
    let Some(path) = path_of(held, files).filter(|_| !is_known) else { return false };
    let wanted = Wanted { paths: [path].into(), ..Wanted::default() };
    let mut places = Vec::new();
    // Who may not be looked at is not known to hold it.
    let _ = scan::look_at(pid, &wanted, &mut Vec::new(), &mut places, || false);
    places.iter().any(|&(pid, fd)| {
        reader.one(pid, fd).as_ref().and_then(file_of) == Some(held.lock.file)
            && reader.locks(pid, fd).iter().any(|lock| lock.is_same(&held.lock))
    })
}

type Files<'a> = HashMap<FileId, Vec<(u32, i32, &'a str)>>;

fn path_of(held: &Held, files: &Files<'_>) -> Option<String> {
    files.get(&held.lock.file)?.first().map(|(_, _, path)| (*path).to_owned())
}

fn is_alive(pid: u32) -> bool {
    rustix::fs::stat(format!("/proc/{pid}").as_str()).is_ok()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "locks a file and waits for it")]
mod tests {
    use super::*;
    use crate::model::evidence::{Process, Thread, Wait};
    use crate::proc::probe::things::{complete, descriptors, groups::Counters};
    use rustix::fs::{FlockOperation, flock};
    use std::os::fd::AsRawFd as _;
    use std::process::{Command, Stdio};

    fn member(pid: u32, wait: Wait) -> Process {
        let (descriptors, descriptor_count, _) = descriptors::of(pid);
        let threads = vec![Thread { tid: pid, wait, ..Thread::default() }];
        Process { pid, is_member: true, descriptors, descriptor_count, threads, ..Process::default() }
    }

    /// A child holds the lock through a file that it was given, while its taker has long closed it; we wait for it.
    #[test]
    fn a_lock_is_held_by_who_has_the_file_not_by_who_took_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().canonicalize().expect("it is there").join("lock");
        let taken = std::fs::File::create(&path).expect("it can be made");
        flock(&taken, FlockOperation::LockExclusive).expect("nobody has it");
        let given = taken.try_clone().expect("a duplicate");
        let mut child =
            Command::new("sleep").arg("20").stdin(Stdio::from(given)).spawn().expect("sleep(1) exists");
        drop(taken);
        let wanted = std::fs::File::open(&path).expect("it is there");
        let fd = wanted.as_raw_fd();
        let waiter = std::thread::spawn(move || flock(&wanted, FlockOperation::LockExclusive));
        let own = std::process::id();
        let mut evidence = Evidence::default();
        for _ in 0..200 {
            evidence = Evidence {
                root: own,
                processes: vec![member(own, Wait::FileLock { fd })],
                ..Evidence::default()
            };
            complete(&mut evidence, &Counters::default(), |pid| Some(Process { pid, ..Process::default() }));
            if evidence
                .locks
                .iter()
                .any(|lock| lock.path.as_deref() == path.to_str() && !lock.waiters.is_empty())
            {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        child.kill().expect("it sleeps");
        let _ = child.wait();
        waiter.join().expect("it ends").expect("it gets the lock");
        let lock =
            evidence.locks.iter().find(|lock| lock.path.as_deref() == path.to_str()).expect("it is listed");
        assert_eq!((lock.kind.as_str(), lock.taken_by), ("flock", own));
        assert_eq!((lock.holders.as_slice(), lock.waiters.as_slice()), (&[child.id()][..], &[own][..]));
        let outside = evidence.process(child.id()).expect("it is told");
        assert!(!outside.is_member && outside.descriptor(0).is_some());
    }
}
