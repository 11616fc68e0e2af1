//! Workers that are gone while others wait for them, parents that are gone, and children that nobody waits for; pure.

use std::collections::BTreeMap;

use super::Named;
use super::chain;
use super::scene::{At, Scene, command, name};
use super::waits::Stuck;
use super::{busy, time};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Gone, Process, Target, Wait};
use crate::model::process::{Exit, is_shell};

/// A worker this much younger than its siblings, in seconds, was started in place of another.
const YOUNGER: f64 = 0.15;
/// Siblings of one start are this close together, as a share of how long after the first the replacement came.
const TOGETHER: f64 = 0.3;
/// A job that does less than this, in CPUs, does nothing.
const NOTHING: f64 = 0.1;
/// So many zombies for the whole window are a parent that does not wait for its children; fewer, when they were started
/// so long ago, in seconds: some parents wait for their children now and then.
const ZOMBIES: usize = 8;
const FEW_ZOMBIES: usize = 3;
const OLD: f64 = 60.0;

/// A worker died by a signal, and the rest wait for what it had in hand.
pub(super) fn killed(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    if scene.cpu() > NOTHING {
        return None;
    }
    seen_dying(scene, stuck).or_else(|| replaced(scene, stuck))
}

fn seen_dying(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let is_death =
        |exit: Option<Exit>| matches!(exit, Some(Exit::Signal(signal)) if !matches!(signal, 1 | 2 | 13));
    let gone =
        scene.evidence.gone.iter().filter(|gone| is_death(gone.exit)).map(|gone| (gone.clone(), false));
    let zombies = scene
        .evidence
        .members()
        .filter(|one| one.is_zombie() && is_death(one.exit))
        .map(|one| (as_gone(one), true));
    let (gone, is_zombie) =
        gone.chain(zombies).find(|(gone, _)| waits_for_it(scene, stuck, gone.parent).is_some())?;
    let waiter = waits_for_it(scene, stuck, gone.parent)?;
    let parent = scene.owner(waiter);
    let mut evidence = vec![format!(
        "{} ({}) was {}",
        gone.name,
        gone.pid,
        gone.exit.map(|exit| exit.to_string()).unwrap_or_default()
    )];
    if is_zombie {
        evidence.push(format!("{} has not noticed yet: it never waited for it", name(parent)));
    }
    if let Some((path, kills)) = out_of_memory(scene) {
        evidence.push(format!("the kernel killed {kills} processes of {path} for want of memory"));
    }
    evidence.push(format!("{} {}", name(parent), chain::words(scene, waiter)));
    evidence.extend(idle_words(scene, parent.pid));
    Some(
        Named::new(
            Cause::WorkerKilled,
            vec![Culprit::process(gone.pid), Culprit::process(parent.pid)],
            evidence,
        )
        .from(waiter),
    )
}

fn as_gone(process: &Process) -> Gone {
    Gone {
        pid: process.pid,
        parent: process.parent,
        name: process.name.clone(),
        command: process.command.clone(),
        exit: process.exit,
        at: 0.0,
    }
}

fn out_of_memory<'a>(scene: &Scene<'a>) -> Option<(&'a str, u64)> {
    let killed = |group: &&crate::model::evidence::Group| group.oom_kills.is_some_and(|(_, ever)| ever > 0);
    let group = scene.evidence.groups.iter().find(killed)?;
    Some((group.path.as_str(), group.oom_kills?.1))
}

/// The thread of the parent, or of whoever took the job over, that waits without an end.
fn waits_for_it(scene: &Scene<'_>, stuck: &Stuck, parent: u32) -> Option<At> {
    let place = scene.place(parent).filter(|&place| scene.process_at(place).is_member)?;
    let is_waiting = |at: &At| {
        let thread = scene.thread(*at);
        thread.is_still
            && thread.limit.is_none()
            && !thread.is_limit_unknown
            && !serves(scene, *at)
            && !matches!(thread.wait, Wait::Sleep | Wait::Accept { .. } | Wait::Nothing | Wait::Hidden)
    };
    let main = scene.main_thread(parent).filter(is_waiting);
    main.or_else(|| scene.threads_of(place).find(|at| stuck.but_for_lookers.contains(at)))
}

/// Whether a thread waits for clients, a person or a signal: the end of a worker is nothing to that.
fn serves(scene: &Scene<'_>, at: At) -> bool {
    let listens = |fd: i32| {
        scene.descriptor(at, fd).is_some_and(|descriptor| match descriptor.target {
            Target::Socket { inode } => scene.socket(inode).is_some_and(|socket| socket.state == "listen"),
            Target::Terminal { .. } => true,
            _ => false,
        })
    };
    match &scene.thread(at).wait {
        Wait::Signal => true,
        Wait::Read { fd } => listens(*fd),
        Wait::Poll { fds } => fds.iter().any(|(fd, _)| listens(*fd)),
        Wait::Epoll { fd } => match scene.descriptor(at, *fd).map(|descriptor| &descriptor.target) {
            Some(Target::Epoll { watched }) => watched.iter().any(|(fd, _)| listens(*fd)),
            _ => false,
        },
        _ => false,
    }
}

fn idle_words(scene: &Scene<'_>, parent: u32) -> Option<String> {
    let children: Vec<&Process> = scene
        .children(parent)
        .iter()
        .map(|&child| scene.process_at(child))
        .filter(|child| !child.is_zombie())
        .collect();
    (!children.is_empty()).then(|| format!("its {} other workers have nothing to do", children.len()))
}

/// All workers of a pool are idle, the one who waits for them waits for ever, and one of them is younger: it took the
/// place of one that is gone.
fn replaced(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let mut families: BTreeMap<(u32, &str), Vec<&Process>> = BTreeMap::new();
    for process in scene.evidence.members().filter(|one| !one.is_zombie() && !one.command.is_empty()) {
        families.entry((process.parent, process.command.as_str())).or_default().push(process);
    }
    families.into_iter().find_map(|((parent, _), mut family)| {
        let at = scene.main_thread(parent).filter(|at| stuck.but_for_lookers.contains(at))?;
        family.sort_by(|a, b| b.age.total_cmp(&a.age));
        let is_idle = |one: &&Process| {
            busy::of_process(one) < 0.02
                && one.threads.iter().all(|thread| thread.limit.is_none() || thread.tid != one.pid)
        };
        if family.len() < 2 || !family.iter().all(is_idle) {
            return None;
        }
        let (oldest, youngest) = (family.first()?.age, family.last()?.age);
        let gap = family
            .windows(2)
            .map(|pair| (pair[0].age - pair[1].age, pair[1]))
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        let spread = (oldest - youngest) - gap.0;
        if gap.0 < YOUNGER || spread > gap.0 * TOGETHER {
            return None;
        }
        let newer: Vec<&&Process> = family.iter().filter(|one| one.age <= gap.1.age).collect();
        let newest = newer.first()?;
        let parent = scene.process(parent)?;
        let evidence = vec![
            format!(
                "{} was started {:.1} s after its {} siblings: as one does that takes the place of a worker that is gone",
                name(newest),
                gap.0,
                family.len() - newer.len()
            ),
            format!(
                "all {} workers are idle, and {} {}",
                family.len(),
                name(parent),
                chain::words(scene, at)
            ),
            format!(
                "what the lost worker had in hand comes from nobody; the workers run {}",
                command(newest)
            ),
        ];
        Some(
            Named::new(
                Cause::WorkerKilled,
                vec![Culprit::process(parent.pid), Culprit::process(newest.pid)],
                evidence,
            )
            .from(at),
        )
    })
}

/// The parent is gone, and its workers wait for ever.
pub(super) fn orphaned(scene: &Scene<'_>, stuck: &Stuck) -> Option<Named> {
    let root = scene.root()?;
    let is_adopted = root.parent <= 1
        || scene.process(root.parent).is_none_or(|parent| {
            !parent.is_member && (parent.session != root.session || has_taken(parent, root))
        });
    // Whoever starts a service makes it the leader of its group; who was left behind is a member of a group without one.
    let leader_is_gone = root.group != root.pid && scene.process(root.group).is_none_or(Process::is_zombie);
    let at = scene.main_thread(root.pid).filter(|at| stuck.but_for_lookers.contains(at))?;
    if !is_adopted || !leader_is_gone {
        return None;
    }
    let others = scene
        .evidence
        .members()
        .filter(|one| one.pid != root.pid && one.group == root.group && !one.is_zombie())
        .count();
    let evidence = vec![
        format!(
            "the process {} that led its group is gone, and {} was handed to process {}",
            root.group,
            name(root),
            root.parent
        ),
        format!("it {}", chain::words(scene, at)),
        format!("{others} more of its group are left; nobody is there who could hand them work"),
    ];
    Some(Named::new(Cause::OrphanedWorkers, vec![Culprit::process(root.pid)], evidence).from(at))
}

/// Whether a process of the same session is rather a subreaper that a process was handed to than who started it: nobody but a
/// shell puts a child into a group that neither of the two is in otherwise.
fn has_taken(parent: &Process, child: &Process) -> bool {
    child.group != child.pid && child.group != parent.group && !is_shell(&parent.name)
}

/// Children that ended and that their parent never waits for.
pub(super) fn unreaped(scene: &Scene<'_>) -> Option<Named> {
    let mut parents: BTreeMap<u32, usize> = BTreeMap::new();
    let zombies = || scene.evidence.members().filter(|one| one.is_zombie() && has_been_one(one));
    for process in zombies() {
        *parents.entry(process.parent).or_default() += 1;
    }
    let is_old = |parent: u32| zombies().filter(|one| one.parent == parent).all(|one| one.age > OLD);
    parents.retain(|&parent, count| *count >= ZOMBIES || *count >= FEW_ZOMBIES && is_old(parent));
    let (&parent, &count) = parents.iter().max_by_key(|(_, count)| **count)?;
    let parent = scene.process(parent).filter(|parent| parent.is_member)?;
    let doing = scene
        .main_thread(parent.pid)
        .map(|at| format!("; it {}", chain::words(scene, at)))
        .unwrap_or_default();
    let evidence = vec![
        format!(
            "{count} children of {} have ended, and it waited for none of them all the time{doing}",
            name(parent)
        ),
        "each keeps its PID and its place in the process table until then".to_owned(),
    ];
    Some(Named::new(Cause::UnreapedChildren, vec![Culprit::process(parent.pid)], evidence))
}

/// True where it was one from the first look on.
fn has_been_one(process: &Process) -> bool {
    let first = process.threads.first().and_then(|thread| thread.samples.first());
    first.is_none_or(|sample| sample.state == 'Z')
        && process.threads.iter().all(|thread| time::running(thread) == 0.0)
}
