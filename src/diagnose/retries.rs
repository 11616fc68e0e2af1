//! Calls that are tried again and again and fail each time, as tracing saw them, or as they can be guessed without it; pure.
//!
//! A lock that is a file or a folder is a call that makes a name and fails as long as the name is there. A program that makes sure
//! of its folder before each piece of work meets the same failure: it makes something in between.

use super::chain::Walk;
use super::scene::{At, Scene, name, thread_name};
use super::{Named, time};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{FailedCall, FileLock, Process, Target, Wait};

/// So many of one failure are a retry.
const RETRIES: u32 = 3;
/// Of all calls of the thread, a retry is at least one in so many.
const ONE_IN: u32 = 4;
/// Who naps for so long at most, and wakes so often a second, polls.
const NAP: f64 = 2.0;
const WAKES: f64 = 1.5;

/// A lock that is a file or a folder, or one that is asked for without waiting: it is tried again and again.
pub(super) fn file_lock(scene: &Scene<'_>) -> Option<Named> {
    let calls = || scene.evidence.calls.iter().filter(|call| call.times >= RETRIES);
    calls().find_map(|call| held(scene, call)).or_else(|| calls().find_map(|call| left(scene, call)))
}

/// A lock of flock(2) or fcntl(2) that another has.
fn held(scene: &Scene<'_>, call: &FailedCall) -> Option<Named> {
    let is_refused = match call.call.as_str() {
        "flock" => call.error == "EAGAIN",
        "fcntl" => matches!(call.error.as_str(), "EAGAIN" | "EACCES"),
        _ => false,
    };
    if !is_refused || call.made > 0 {
        return None;
    }
    let lock = scene.evidence.locks.iter().find(|lock| lock.path == call.path && call.path.is_some());
    let holders = lock.map(|lock| lock.holders.as_slice()).unwrap_or_default();
    let holder = holders.iter().copied().find(|&pid| pid != call.pid);
    let mut evidence = vec![words(scene, call)];
    evidence.push(match holder {
        Some(pid) => {
            format!(
                "the lock is held by {}",
                scene.process(pid).map_or_else(|| format!("process {pid}"), name)
            )
        }
        None => "who holds it is not shown to us".to_owned(),
    });
    let mut culprits: Vec<Culprit> = holder.into_iter().map(Culprit::process).collect();
    culprits.extend(call.path.as_deref().map(Culprit::thing));
    culprits.push(Culprit::process(call.pid));
    Some(named(scene, call, culprits, evidence))
}

/// A name that is there already, although the caller wants to be the one who makes it.
fn left(scene: &Scene<'_>, call: &FailedCall) -> Option<Named> {
    if call.error != "EEXIST" || call.path.is_none() {
        return None;
    }
    // A folder is often made sure of; a file is made this way only by those who must be first, who may note that they wait.
    let is_folder = call.call.starts_with("mkdir");
    let only_notes = !is_folder && call.naps + 1 >= call.times && call.made <= call.times * 2;
    if call.made > 0 && !only_notes {
        return None;
    }
    let evidence = vec![
        words(scene, call),
        "it made nothing meanwhile: it waits for that name to go away, as for a lock".to_owned(),
        "who made it does not matter to the kernel: it stays when its maker is long dead".to_owned(),
    ];
    let culprits = vec![Culprit::process(call.pid), Culprit::thing(call.path.as_deref()?)];
    Some(named(scene, call, culprits, evidence))
}

fn named(scene: &Scene<'_>, call: &FailedCall, culprits: Vec<Culprit>, evidence: Vec<String>) -> Named {
    let named = Named::new(Cause::FileLockWait, culprits, evidence);
    match scene.find(call.tid) {
        Some(at) => named.from(at),
        None => named,
    }
}

/// No further thread or process may be started, or no further file opened: the calls that do so fail.
pub(super) fn limits(scene: &Scene<'_>) -> Option<Named> {
    let often = scene.evidence.calls.iter().filter(|call| call.times >= RETRIES);
    often.clone().find_map(|call| {
        let cause = match (call.error.as_str(), call.call.as_str()) {
            ("EMFILE", _) => Cause::FdExhausted,
            ("EAGAIN", "clone" | "clone3" | "fork" | "vfork") => Cause::ProcessLimit,
            _ => return None,
        };
        Some(Named::new(cause, vec![Culprit::process(call.pid)], vec![words(scene, call)]))
    })
}

/// One that naps and wakes without reading or writing anything, and has a file open that another has locked: it asks for that
/// lock without waiting for it, as databases do. Seen without tracing, so nothing else may be left that it could do.
pub(super) fn polled_lock(scene: &Scene<'_>, walk: &Walk) -> Option<Named> {
    walk.threads.iter().find_map(|&at| {
        let process = scene.owner(at);
        let lock = scene.evidence.locks.iter().find(|lock| is_in_the_way(scene, process, lock))?;
        if !only_naps(scene, at) {
            return None;
        }
        let holder = *lock.holders.first()?;
        let file = lock.path.clone().unwrap_or_else(|| lock.file.clone());
        let evidence = vec![
            format!(
                "{} wakes {:.1} times a second from short naps, and read and wrote nothing in {:.1} s",
                thread_name(process, scene.thread(at)),
                time::yields(scene.thread(at)),
                scene.evidence.window
            ),
            format!(
                "it has {file} open, on which {} holds a lock ({})",
                scene.process(holder).map_or_else(|| format!("process {holder}"), name),
                lock.kind
            ),
            "what it asks for between its naps was not traced: `--trace` shows it".to_owned(),
        ];
        let culprits = vec![Culprit::process(holder), Culprit::thing(file), Culprit::process(process.pid)];
        Some(Named::new(Cause::FileLockWait, culprits, evidence).from(at))
    })
}

/// A lock of others alone, on a file that this process has open. A child that works with the file is waited for as such.
fn is_in_the_way(scene: &Scene<'_>, process: &Process, lock: &FileLock) -> bool {
    let has_it_open = process.descriptors.iter().any(|descriptor| {
        matches!(&descriptor.target, Target::File { path, .. } if Some(path) == lock.path.as_ref())
    });
    let rests = |pid: u32| {
        scene.process(pid).is_some_and(|holder| {
            !holder.threads.is_empty() && holder.threads.iter().all(|thread| thread.is_still)
        })
    };
    lock.is_exclusive
        && lock.kind != "lease"
        && has_it_open
        && !lock.holders.is_empty()
        && !lock.holders.contains(&process.pid)
        && children(scene, process.pid).all(|child| lock.holders.contains(&child.pid) && rests(child.pid))
}

fn children<'a>(scene: &'a Scene<'_>, pid: u32) -> impl Iterator<Item = &'a Process> {
    scene.children(pid).iter().map(|&place| scene.process_at(place)).filter(|child| !child.is_zombie())
}

fn only_naps(scene: &Scene<'_>, at: At) -> bool {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let is_nap = match &thread.wait {
        Wait::Sleep => true,
        Wait::Poll { fds } => fds.is_empty(),
        _ => false,
    };
    let [(_, first), .., (_, last)] = process.io.as_slice() else { return false };
    process.is_member
        && process.thread_count == 1
        && is_nap
        && thread.limit.is_some_and(|limit| limit <= NAP)
        && time::yields(thread) >= WAKES
        && (first.reads, first.writes) == (last.reads, last.writes)
}

/// Whether a failing call is most of what its thread does.
pub(super) const fn is_most_of_it(call: &FailedCall) -> bool {
    call.calls == 0 || call.times.saturating_mul(ONE_IN) >= call.calls
}

/// `mkdir on /srv/lock failed with EEXIST 15 times in 1.5 s`.
fn words(scene: &Scene<'_>, call: &FailedCall) -> String {
    let who =
        scene.process(call.pid).map_or_else(|| format!("process {}", call.pid), |one: &Process| name(one));
    let path = call.path.as_ref().map(|path| format!(" on {path}")).unwrap_or_default();
    format!(
        "{who}: {}{path} failed with {} {} times in {:.1} s",
        call.call, call.error, call.times, call.seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::{Descriptor, Evidence, Io, Sample, Thread};

    fn call(call: &str, error: &str, times: u32) -> FailedCall {
        FailedCall {
            tid: 7,
            pid: 7,
            call: call.into(),
            error: error.into(),
            path: Some("/srv/job.lock".into()),
            times,
            seconds: 1.5,
            calls: times * 2,
            naps: times,
            made: 0,
        }
    }

    fn judged(calls: Vec<FailedCall>) -> Option<(Cause, Vec<Culprit>)> {
        let process = Process { pid: 7, is_member: true, name: "sh".into(), ..Process::default() };
        let lock = FileLock { path: Some("/srv/job.lock".into()), holders: vec![9], ..FileLock::default() };
        let evidence =
            Evidence { root: 7, processes: vec![process], locks: vec![lock], calls, ..Evidence::default() };
        let scene = Scene::new(&evidence);
        file_lock(&scene).or_else(|| limits(&scene)).map(|named| (named.cause, named.culprits))
    }

    #[test]
    fn a_name_that_is_there_each_time_is_a_lock() {
        for name in ["mkdir", "mkdirat", "openat", "link", "symlinkat"] {
            let (cause, culprits) = judged(vec![call(name, "EEXIST", 5)]).expect(name);
            assert_eq!(cause, Cause::FileLockWait, "{name}");
            assert_eq!(culprits, [Culprit::process(7), Culprit::thing("/srv/job.lock")]);
        }
        assert_eq!(judged(vec![call("mkdir", "EEXIST", 2)]), None);
        assert_eq!(judged(vec![call("newfstatat", "ENOENT", 50)]), None);
    }

    #[test]
    fn who_makes_sure_of_its_folder_waits_for_nothing() {
        let works = FailedCall { made: 1, ..call("mkdir", "EEXIST", 30) };
        assert_eq!(judged(vec![works]), None);
        let notes = FailedCall { made: 6, naps: 5, ..call("openat", "EEXIST", 5) };
        assert!(judged(vec![notes.clone()]).is_some(), "it writes to its log that it waits");
        assert_eq!(judged(vec![FailedCall { naps: 0, ..notes }]), None);
    }

    #[test]
    fn a_lock_that_is_asked_for_again_and_again_has_a_holder() {
        for (name, error) in [("flock", "EAGAIN"), ("fcntl", "EAGAIN"), ("fcntl", "EACCES")] {
            let (cause, culprits) = judged(vec![call(name, error, 4)]).expect(name);
            assert_eq!((cause, &culprits[0]), (Cause::FileLockWait, &Culprit::process(9)));
        }
        assert_eq!(judged(vec![FailedCall { made: 3, ..call("flock", "EAGAIN", 4) }]), None);
    }

    /// A process that polls, and another that holds the lock.
    fn polls() -> Evidence {
        let sample = |at: f64| Sample { at, state: 'S', yielded: (at * 10.0) as u64, ..Sample::default() };
        let nap = Thread {
            tid: 7,
            wait: Wait::Sleep,
            limit: Some(0.1),
            samples: vec![sample(0.0), sample(4.0)],
            ..Thread::default()
        };
        let path = "/srv/orders.db".to_owned();
        let target = Target::File { path: path.clone(), device: 1, inode: 2, position: 0, size: None };
        let waiter = Process {
            pid: 7,
            is_member: true,
            state: 'S',
            thread_count: 1,
            threads: vec![nap],
            descriptors: vec![Descriptor { fd: 3, target, ..Descriptor::default() }],
            io: vec![(0.0, Io::default()), (4.0, Io::default())],
            ..Process::default()
        };
        let still = Thread { tid: 9, is_still: true, ..Thread::default() };
        let holder = Process { pid: 9, parent: 1, threads: vec![still], ..Process::default() };
        let lock = FileLock {
            kind: "posix".into(),
            is_exclusive: true,
            path: Some(path),
            holders: vec![9],
            ..FileLock::default()
        };
        Evidence {
            root: 7,
            window: 4.0,
            processes: vec![waiter, holder],
            locks: vec![lock],
            ..Evidence::default()
        }
    }

    fn is_named(change: impl Fn(&mut Evidence)) -> bool {
        let mut evidence = polls();
        change(&mut evidence);
        let scene = Scene::new(&evidence);
        let walk = super::super::chain::walk(&scene, None);
        polled_lock(&scene, &walk).is_some_and(|named| {
            assert_eq!(named.culprits[0], Culprit::process(9));
            named.cause == Cause::FileLockWait
        })
    }

    #[test]
    fn who_polls_beside_a_locked_file_waits_for_the_lock() {
        assert!(is_named(|_| {}));
        assert!(is_named(|seen| seen.processes[1].parent = 7), "a child that rests on the lock");
    }

    #[test]
    fn who_may_do_something_else_does_not() {
        let not: [fn(&mut Evidence); 9] = [
            |seen| seen.locks[0].holders = vec![7, 9],
            |seen| seen.locks[0].holders.clear(),
            |seen| seen.locks[0].is_exclusive = false,
            |seen| seen.locks[0].path = Some("/srv/other".into()),
            |seen| seen.processes[0].io[1].1.reads = 20,
            |seen| seen.processes[0].thread_count = 2,
            |seen| seen.processes[0].threads[0].limit = Some(30.0),
            |seen| seen.processes[0].threads[0].samples[1].yielded = 2,
            |seen| {
                // It looks after a child that works.
                seen.processes[1].parent = 7;
                seen.processes[1].threads[0].is_still = false;
            },
        ];
        for (at, change) in not.into_iter().enumerate() {
            assert!(!is_named(change), "{at}");
        }
    }

    #[test]
    fn calls_that_are_refused_name_the_limit() {
        let cause = |name, error| judged(vec![call(name, error, 4)]).map(|(cause, _)| cause);
        assert_eq!(cause("openat", "EMFILE"), Some(Cause::FdExhausted));
        assert_eq!(cause("clone3", "EAGAIN"), Some(Cause::ProcessLimit));
        assert_eq!(cause("read", "EAGAIN"), None);
    }
}
