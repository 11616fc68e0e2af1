//! At a limit: descriptors, tasks, disk, memory; pure.

use super::Named;
use super::scene::{Scene, name};
use super::{busy, time};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Process, Target};
use crate::model::metric::Bytes;
use crate::model::process::Exit;

/// A file system with less room than this takes no write worth the name, in bytes.
const NO_ROOM: u64 = 64 << 10;
/// Children that fail one after the other.
const FAILED: usize = 2;
/// Memory at this share of its limit is at its limit,
const AT_LIMIT: f64 = 0.95;
/// and thrashes when so many pages a second come back that were just taken away,
const REFAULTS: f64 = 200.0;
/// or so many are read from a disk.
const MAJOR_FAULTS: f64 = 50.0;

/// A process with as many descriptors as it may have.
pub(super) fn descriptors(scene: &Scene<'_>) -> Option<Named> {
    let process = scene.evidence.members().find(|process| {
        let pair = process.descriptor_count.zip(process.descriptor_limit);
        pair.is_some_and(|(count, limit)| limit > 0 && count >= limit)
    })?;
    let (count, limit) = process.descriptor_count.zip(process.descriptor_limit)?;
    let evidence = vec![
        format!(
            "{} has {count} descriptors open and may have {limit}: each further one fails with EMFILE",
            name(process)
        ),
        most_of(process),
    ];
    Some(Named::new(Cause::FdExhausted, vec![Culprit::process(process.pid)], evidence))
}

/// What most of the descriptors are.
fn most_of(process: &Process) -> String {
    let kind = |target: &Target| match target {
        Target::Pipe { .. } | Target::Fifo { .. } => "pipes",
        Target::Socket { .. } => "sockets",
        Target::File { .. } => "files",
        Target::Event { .. }
        | Target::Timer { .. }
        | Target::Signals
        | Target::Epoll { .. }
        | Target::Notify => "events",
        _ => "devices and others",
    };
    let mut counts = std::collections::BTreeMap::new();
    for descriptor in &process.descriptors {
        *counts.entry(kind(&descriptor.target)).or_insert(0_u32) += 1;
    }
    let most = counts.into_iter().max_by_key(|&(_, count)| count);
    most.map_or_else(
        || "what they are is not shown to us".to_owned(),
        |(kind, count)| format!("most of them are {kind}: {count} of {}", process.descriptors.len()),
    )
}

/// No more threads or processes may be started.
pub(super) fn tasks(scene: &Scene<'_>) -> Option<Named> {
    let refused = |group: &&crate::model::evidence::Group| {
        group.tasks_refused.is_some_and(|(of_late, _)| of_late > 0)
            // One that is full and has refused nobody hinders nobody.
            || group.tasks.is_some_and(|(has, may)| has >= may)
                && group.tasks_refused.is_none_or(|(_, ever)| ever > 0)
    };
    if let Some(group) = scene.evidence.groups.iter().find(refused) {
        let inside: Vec<&Process> =
            scene.evidence.members().filter(|one| one.groups.contains(&group.path)).collect();
        let busiest = inside.iter().max_by_key(|one| one.thread_count)?;
        let (has, may) = group.tasks.unwrap_or_default();
        let mut evidence =
            vec![format!("the control group {} has {has} tasks and may have {may}", group.path)];
        if let Some((of_late, ever)) = group.tasks_refused {
            evidence.push(format!("{of_late} were refused while it was looked at, {ever} in all"));
        }
        let root = scene
            .root()
            .filter(|root| root.groups.contains(&group.path))
            .map_or(busiest.pid, |root| root.pid);
        let culprits =
            vec![Culprit::process(root), Culprit::thing(group.path.as_str()), Culprit::process(busiest.pid)];
        return Some(Named::new(Cause::ProcessLimit, culprits, evidence));
    }
    // Who may have but one gave the others up by itself, to be confined.
    let full =
        |one: &&Process| one.user != 0 && one.task_limit.is_some_and(|(may, has)| may > 1 && has >= may);
    let process = scene.evidence.members().find(full)?;
    let (may, has) = process.task_limit?;
    let evidence = vec![format!(
        "the user {} of {} has {has} tasks and may have {may} (RLIMIT_NPROC)",
        process.user,
        name(process)
    )];
    Some(Named::new(
        Cause::ProcessLimit,
        vec![Culprit::process(scene.evidence.root), Culprit::process(process.pid)],
        evidence,
    ))
}

/// Writes where no room is left.
pub(super) fn disk(scene: &Scene<'_>) -> Option<Named> {
    // Tables of the kernel that are full say the same.
    let is_write =
        |call: &str| !call.starts_with("inotify") && !call.starts_with("epoll") && !call.contains("key");
    let traced = scene
        .evidence
        .calls
        .iter()
        .find(|call| matches!(call.error.as_str(), "ENOSPC" | "EDQUOT") && is_write(&call.call));
    if let Some(call) = traced {
        let on = call.path.as_ref().map(|path| format!(" on {path}")).unwrap_or_default();
        let evidence = vec![format!(
            "{}{on} failed with {} {} times in {:.1} s",
            call.call, call.error, call.times, call.seconds
        )];
        let mut culprits = vec![Culprit::process(call.pid)];
        culprits.extend(call.path.clone().map(Culprit::thing));
        return Some(Named::new(Cause::DiskFull, culprits, evidence));
    }
    device_full(scene).or_else(|| children_fail(scene)).or_else(|| {
        let is_full = |room: &&crate::model::evidence::Room| {
            (room.free < NO_ROOM || room.free_files == Some(0))
                && room.size > 0
                && room.writers.iter().any(|&pid| writes_nothing(scene, pid))
        };
        let room = scene.evidence.rooms.iter().find(is_full)?;
        let writer = room.writers.iter().copied().find(|&pid| writes_nothing(scene, pid))?;
        let mut evidence =
            vec![format!("{} has {} left of {}", room.mount, Bytes(room.free), Bytes(room.size))];
        if room.free_files == Some(0) {
            evidence.push(format!("{} has no room for another file", room.mount));
        }
        let who = scene.process(writer).map_or_else(|| format!("process {writer}"), name);
        let file = room.path.clone().unwrap_or_else(|| "a file there".to_owned());
        let fails = scene.process(writer).is_some_and(|process| busy::failed_writes(process) > 0);
        let tail = if fails { ", and each of its writes failed meanwhile" } else { "" };
        evidence.push(format!("{who} has {file} open for writing{tail}"));
        let mut culprits = vec![Culprit::process(writer), Culprit::thing(room.mount.as_str())];
        culprits.extend(room.path.clone().map(Culprit::thing));
        Some(Named::new(Cause::DiskFull, culprits, evidence))
    })
}

/// A member that tries to write, and nothing is taken; where its calls are not counted, one that rests between tries.
fn writes_nothing(scene: &Scene<'_>, pid: u32) -> bool {
    let rests = |process: &Process| {
        process.threads.iter().any(|thread| thread.limit.is_some() || time::yields(thread) > 0.2)
    };
    let tries =
        |process: &Process| busy::failed_writes(process) > 0 || process.io.is_empty() && rests(process);
    scene.process(pid).is_some_and(|process| process.is_member && tries(process))
}

/// The programs that a member starts fail one after the other, where the folder it works in has no room left.
fn children_fail(scene: &Scene<'_>) -> Option<Named> {
    let room = scene.evidence.rooms.iter().find(|room| room.free < NO_ROOM && room.size > 0)?;
    let failed = |parent: u32| {
        let ended = scene.evidence.gone.iter().filter(|gone| gone.parent == parent && gone.at > 0.0);
        ended.filter(|gone| matches!(gone.exit, Some(Exit::Code(code)) if code != 0)).count()
    };
    let process = scene.evidence.members().find(|process| failed(process.pid) >= FAILED)?;
    let last = scene.evidence.gone.iter().rev().find(|gone| gone.parent == process.pid)?;
    let evidence = vec![
        format!(
            "{} has {} left of {}, and {} works there",
            room.mount,
            Bytes(room.free),
            Bytes(room.size),
            name(process)
        ),
        format!(
            "{} programs that it started ended in error meanwhile, the last of them {}",
            failed(process.pid),
            last.name
        ),
    ];
    Some(Named::new(
        Cause::DiskFull,
        vec![Culprit::process(process.pid), Culprit::thing(room.mount.as_str())],
        evidence,
    ))
}

/// The device that is full by design.
fn device_full(scene: &Scene<'_>) -> Option<Named> {
    let writes = |process: &&Process| {
        process.descriptors.iter().any(|descriptor| {
            descriptor.writes && matches!(&descriptor.target, Target::Other { link } if link == "/dev/full")
        })
    };
    let process = scene.evidence.members().find(writes).filter(|process| busy::failed_writes(process) > 0)?;
    let evidence = vec![format!(
        "{} has /dev/full open for writing, where every write fails with ENOSPC",
        name(process)
    )];
    Some(Named::new(
        Cause::DiskFull,
        vec![Culprit::process(process.pid), Culprit::thing("/dev/full")],
        evidence,
    ))
}

/// Works against its memory limit: pages come and go.
pub(super) fn memory(scene: &Scene<'_>) -> Option<Named> {
    let window = scene.evidence.window.max(0.1);
    let thrashes = |group: &&crate::model::evidence::Group| {
        let is_full = group.memory.is_some_and(|(has, may)| may > 0 && has as f64 >= may as f64 * AT_LIMIT);
        let per_second = |count: Option<u64>| count.unwrap_or_default() as f64 / window;
        is_full
            && (per_second(group.refaults) >= REFAULTS
                || per_second(group.major_faults) >= MAJOR_FAULTS
                || per_second(group.memory_met) >= MAJOR_FAULTS)
    };
    let faults = |process: &Process| process.threads.iter().map(time::faults).fold(0, u64::saturating_add);
    if let Some(group) = scene.evidence.groups.iter().find(thrashes) {
        let inside = scene.evidence.members().filter(|one| one.groups.contains(&group.path));
        let worst = inside.max_by_key(|one| (faults(one), one.resident.last().map(|&(_, bytes)| bytes)))?;
        let (has, may) = group.memory.unwrap_or_default();
        let mut evidence = vec![format!(
            "the control group {} holds {} of the {} it may have",
            group.path,
            Bytes(has),
            Bytes(may)
        )];
        if let Some(met) = group.memory_met {
            evidence.push(format!("it met that limit {met} times in {window:.1} s"));
        }
        if let Some(pages) = group.refaults.or(group.major_faults) {
            evidence.push(format!("{pages} pages were read again in that time"));
        }
        return Some(Named::new(
            Cause::MemoryPressure,
            vec![Culprit::process(worst.pid), Culprit::thing(group.path.as_str())],
            evidence,
        ));
    }
    let machine = &scene.evidence.machine;
    let worst = scene.evidence.members().max_by_key(|one| faults(one))?;
    let rate = faults(worst) as f64 / window;
    let is_short =
        machine.memory > 0 && (machine.available as f64) < machine.memory as f64 * (1.0 - AT_LIMIT);
    if !is_short || rate < MAJOR_FAULTS {
        return None;
    }
    let evidence = vec![
        format!("the machine has {} left of {}", Bytes(machine.available), Bytes(machine.memory)),
        format!("{} waited {rate:.0} times a second for a page of its memory", name(worst)),
    ];
    Some(Named::new(Cause::MemoryPressure, vec![Culprit::process(worst.pid)], evidence))
}
