//! Locks: rings of waiters and owners, and locks whose owner does not exist; pure.
//!
//! Three kinds of evidence, each with its own reach: the owner in the lock's own memory (glibc), the block of the source that
//! a frame stands in (Python, Java), and the holders of a file lock.

use std::collections::{HashMap, HashSet};

use super::Named;
use super::scene::{At, Scene, command, culprit, name, place, thread_name};
use super::waits::Stuck;
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Frame, Futex, FutexKind, Process, Runtime, Target, Thread, Wait};

/// A job that does less than this, in CPUs, does nothing.
const WORKS: f64 = 0.1;

/// Processes whose locks are shared, each of which holds one by its own lines and asks for another: with as many locks as
/// waiters, and nobody else left, they wait for one another.
fn ring_by_elimination(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let waiters: Vec<(At, &str)> = stuck
        .threads
        .iter()
        .filter_map(|&at| match &scene.thread(at).wait {
            Wait::Futex(Futex { shared: Some(word), .. }) => Some((at, word.as_str())),
            _ => None,
        })
        .collect();
    let words: HashSet<&str> = waiters.iter().map(|(_, word)| *word).collect();
    let holds = |at: &At| held(scene.thread(*at)).next().is_some() && wanted(scene.thread(*at)).is_some();
    if waiters.len() < 2 || words.len() != waiters.len() || !waiters.iter().all(|(at, _)| holds(at)) {
        return None;
    }
    let evidence = waiters.iter().map(|(at, _)| {
        let (process, thread) = (scene.owner(*at), scene.thread(*at));
        let line = place(thread).map(|place| format!(" at {place}")).unwrap_or_default();
        let holds = held(thread).next().unwrap_or_default();
        format!(
            "{} asks for `{}`{line}, while it holds `{holds}`",
            thread_name(process, thread),
            wanted(thread).unwrap_or_default()
        )
    });
    let mut evidence: Vec<String> = evidence.collect();
    evidence.push(format!(
        "these are {} locks shared between processes, and nobody else who could hold them is left",
        words.len()
    ));
    let culprits = waiters.iter().map(|(at, _)| culprit(scene.owner(*at), scene.thread(*at))).collect();
    Some(Named::new(Cause::LockCycle, culprits, evidence).from(waiters[0].0))
}

/// How one waiter is bound to the next.
struct Held {
    /// Who has the lock.
    by: At,
    /// The sentence that says so.
    words: String,
}

/// Threads that wait for locks in a ring.
pub(super) fn cycle(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    ring_of_owners(scene).or_else(|| ring_by_elimination(scene, stuck))
}

fn ring_of_owners(scene: &Scene<'_>) -> Option<Named> {
    let edges: HashMap<At, Held> = scene.threads().filter_map(|at| Some((at, holder(scene, at)?))).collect();
    let ring = edges
        .keys()
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .find_map(|from| ring(from, &edges))?;
    let evidence = ring.iter().map(|at| edges[at].words.clone()).collect();
    let culprits = ring.iter().map(|&at| culprit(scene.owner(at), scene.thread(at))).collect();
    Some(Named::new(Cause::LockCycle, culprits, evidence).from(ring[0]))
}

fn ring(from: At, edges: &HashMap<At, Held>) -> Option<Vec<At>> {
    let mut path = vec![from];
    let mut seen = HashSet::from([from]);
    let mut at = from;
    while let Some(held) = edges.get(&at) {
        at = held.by;
        if at == from {
            return Some(path);
        }
        if !seen.insert(at) {
            return None;
        }
        path.push(at);
    }
    None
}

/// Who holds the lock that a thread waits for without a time limit.
fn holder(scene: &Scene<'_>, at: At) -> Option<Held> {
    let (process, thread) = (scene.owner(at), scene.thread(at));
    let who = thread_name(process, thread);
    // A Java machine wakes who waits at a `synchronized` now and then, to look again; its own dump says that it still waits.
    if process.runtime == Runtime::Java && thread.frames.first().is_some_and(|frame| frame.wants.is_some()) {
        return by_source(scene, at, process, thread, &who);
    }
    if thread.limit.is_some() || !thread.is_still {
        return None;
    }
    match &thread.wait {
        Wait::Futex(futex) => {
            if let Some(owner) = futex.owner.or(futex.joins) {
                let by = scene.find(owner)?;
                let verb =
                    if futex.joins.is_some() { "waits for the end of" } else { "waits for a mutex owned by" };
                let address =
                    if futex.joins.is_some() { String::new() } else { format!(" ({:#x})", futex.address) };
                let words = format!("{who} {verb} thread {owner}{address}");
                return Some(Held { by, words });
            }
            by_source(scene, at, process, thread, &who)
        }
        Wait::FileLock { fd } => {
            let path = scene.descriptor(at, *fd).and_then(|descriptor| match &descriptor.target {
                Target::File { path, .. } => Some(path.clone()),
                _ => None,
            });
            let lock =
                scene.evidence.locks.iter().find(|lock| {
                    lock.waiters.contains(&process.pid) && (lock.path == path || path.is_none())
                })?;
            let holder = lock.holders.iter().copied().find(|&holder| holder != process.pid)?;
            let by = waiting_for_a_file(scene, holder)?;
            let file = lock.path.clone().unwrap_or_else(|| lock.file.clone());
            Some(Held {
                by,
                words: format!("{who} waits for a lock on {file}, held by {}", name(scene.owner(by))),
            })
        }
        _ => None,
    }
}

/// The thread of a process that itself waits for a file lock; only such a one can be part of a ring.
fn waiting_for_a_file(scene: &Scene<'_>, pid: u32) -> Option<At> {
    let place = scene.place(pid)?;
    scene.threads_of(place).find(|&at| matches!(scene.thread(at).wait, Wait::FileLock { .. }))
}

/// The one sibling that, by its frames, stands inside of the block of the lock that this thread asks for.
fn by_source(scene: &Scene<'_>, at: At, process: &Process, thread: &Thread, who: &str) -> Option<Held> {
    let wanted = wanted(thread)?;
    let mut holders =
        scene.threads_of(at.process).filter(|&other| held(scene.thread(other)).any(|held| held == wanted));
    let by = holders.next()?;
    // Two that hold one lock hold two locks of one name.
    if holders.next().is_some() {
        return None;
    }
    let at_line = |thread: &Thread| place(thread).map(|place| format!(" at {place}")).unwrap_or_default();
    let held_by = thread_name(process, scene.thread(by));
    let words = format!(
        "{who} asks for `{wanted}`{}, which {held_by} holds{}",
        at_line(thread),
        at_line(scene.thread(by))
    );
    Some(Held { by, words })
}

/// Whether the innermost frames belong to a wait for an event or an item, which is no lock that somebody holds.
fn waits_for_event(thread: &Thread) -> bool {
    thread
        .frames
        .iter()
        .take(3)
        .any(|frame| matches!(frame.function.as_str(), "wait" | "get" | "join" | "result"))
}

fn wanted(thread: &Thread) -> Option<&str> {
    // What the innermost frames want: further out it has been had already.
    thread.frames.iter().take(6).find_map(|frame| frame.wants.as_deref())
}

fn held(thread: &Thread) -> impl Iterator<Item = &str> {
    thread.frames.iter().flat_map(|frame: &Frame| frame.holds.iter().map(String::as_str))
}

/// A lock that is waited for and that nobody can let go.
pub(super) fn orphaned(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    dead_owner(scene)
        .or_else(|| lone_child(scene, stuck))
        .or_else(|| semaphores(scene))
        .or_else(|| shared(scene, stuck))
}

/// The lock's own memory names an owner that does not exist.
fn dead_owner(scene: &Scene<'_>) -> Option<Named> {
    scene.threads().find_map(|at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let Wait::Futex(futex @ Futex { owner: Some(owner), kind: FutexKind::Mutex, .. }) = &thread.wait
        else {
            return None;
        };
        let is_elsewhere =
            scene.find(*owner).is_none_or(|by| futex.shared.is_none() && by.process != at.process);
        if !thread.is_still || thread.limit.is_some() || !is_elsewhere {
            return None;
        }
        let mut evidence = vec![format!(
            "{} waits for a mutex ({:#x}) owned by thread {owner}, {}",
            thread_name(process, thread),
            futex.address,
            if scene.find(*owner).is_some() {
                "which belongs to another process"
            } else {
                "which does not exist"
            }
        )];
        if scene.is_forked(process) {
            evidence.push(fork_words(process));
        }
        Some(
            Named::new(
                Cause::LockOrphaned,
                vec![culprit(process, thread), Culprit::process(process.pid)],
                evidence,
            )
            .from(at),
        )
    })
}

fn fork_words(process: &Process) -> String {
    format!(
        "it was forked from process {} while another thread held the lock: only the thread that forks goes on in a child",
        process.parent
    )
}

/// A forked process with one thread that waits for a lock of its own: nobody else can reach that memory.
fn lone_child(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    stuck.but_for_lookers.iter().find_map(|&at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let Wait::Futex(futex) = &thread.wait else { return None };
        let is_alone = process.thread_count <= 1 && futex.shared.is_none() && futex.owner.is_none();
        // A lock, and no event: by its own memory, by the line it stands at, or because the parent has threads that may have
        // held it at the fork. The parent's thread may be long gone.
        let is_lock = futex.kind == FutexKind::Mutex || wanted(thread).is_some();
        let has_threads = scene.process(process.parent).is_some_and(|parent| parent.thread_count > 1);
        let is_event = futex.kind == FutexKind::Condition || waits_for_event(thread);
        let may_be_lock = is_lock || has_threads && !is_event;
        if !is_alone || !scene.is_forked(process) || !may_be_lock || process.runtime == Runtime::Java {
            return None;
        }
        let evidence = vec![
            format!(
                "{} waits without a time limit for a lock in its own memory ({:#x}), and has no other thread that could let it go",
                thread_name(process, thread),
                futex.address
            ),
            fork_words(process),
        ];
        Some(Named::new(Cause::LockOrphaned, vec![culprit(process, thread), Culprit::process(process.pid)], evidence).from(at))
    })
}

/// A System V semaphore that was last used by a process that is gone.
fn semaphores(scene: &Scene<'_>) -> Option<Named> {
    // Whoever is at work may give back what is waited for.
    if scene.cpu() > WORKS {
        return None;
    }
    let waits = |at: At| match scene.thread(at).wait {
        Wait::Semaphore { id, last: Some(last) }
            if last > 0 && scene.thread(at).is_still && scene.thread(at).limit.is_none() =>
        {
            Some((at, id, last))
        }
        _ => None,
    };
    let waiters: Vec<(At, i32, u32)> = scene.threads().filter_map(waits).collect();
    let &(first, id, last) = waiters.iter().find(|(_, _, last)| scene.process(*last).is_none())?;
    let count = waiters.iter().filter(|(_, other, _)| *other == id).count();
    let evidence = vec![
        format!(
            "{} waits for the System V semaphores {id}, as do {} others",
            name(scene.owner(first)),
            count.saturating_sub(1)
        ),
        format!(
            "process {last} used them last, and does not exist any more: it never gave back what it took"
        ),
    ];
    let mut culprits: Vec<Culprit> =
        waiters.iter().take(3).map(|&(at, _, _)| Culprit::process(scene.owner(at).pid)).collect();
    culprits.push(Culprit::process(last));
    Some(Named::new(Cause::LockOrphaned, culprits, evidence).from(first))
}

/// A word shared between processes that only waiters are left of.
fn shared(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let mut words: HashMap<&str, Vec<At>> = HashMap::new();
    for &at in &stuck.but_for_lookers {
        if let Wait::Futex(Futex { shared: Some(word), word: value, .. }) = &scene.thread(at).wait
            && value.is_none_or(|value| value == 0 || value == 0x8000_0000 || value == 2)
        {
            words.entry(word).or_default().push(at);
        }
    }
    // Several that wait for one word, and none of the job that does anything else.
    let is_all = |waiters: &[At]| {
        let waiting: HashSet<usize> = waiters.iter().map(|at| at.process).collect();
        // A sibling that waits for something else may hold it meanwhile, as the one of a pool that reads the queue.
        let has_holder = scene.evidence.members().any(|one| {
            !one.is_zombie()
                && !waiters.iter().any(|at| scene.owner(*at).pid == one.pid)
                && waiters.iter().any(|at| {
                    let waiter = scene.owner(*at);
                    waiter.parent == one.parent && waiter.command == one.command
                })
        });
        waiters.len() > 1
            && !has_holder
            && scene
                .threads()
                .filter(|at| waiting.contains(&at.process))
                .all(|at| stuck.but_for_lookers.contains(&at) || super::waits::is_looker(scene, at))
    };
    let (word, waiters) = words
        .into_iter()
        .filter(|(_, waiters)| is_all(waiters))
        .max_by_key(|(word, waiters)| (waiters.len(), (*word).to_owned()))?;
    let lost = scene
        .evidence
        .gone
        .iter()
        .find(|gone| matches!(gone.exit, Some(crate::model::process::Exit::Signal(_))));
    let first = waiters[0];
    let mut evidence = vec![format!(
        "{} processes wait without a time limit for one lock or semaphore that they share ({word}), and nobody who is left holds it",
        waiters.len()
    )];
    if let Some(gone) = lost {
        evidence.push(format!(
            "{} ({}) ended: {}",
            gone.name,
            gone.pid,
            gone.exit.map(|exit| exit.to_string()).unwrap_or_default()
        ));
    }
    evidence.push(format!("the first runs {}", command(scene.owner(first))));
    let culprits = waiters.iter().take(3).map(|&at| Culprit::process(scene.owner(at).pid)).collect();
    Some(Named::new(Cause::LockOrphaned, culprits, evidence).from(first))
}
