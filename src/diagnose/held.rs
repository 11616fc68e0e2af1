//! Held from outside: stopped, traced, frozen, throttled; plain facts that need no inference; pure.

use super::scene::{At, Scene, command, name, thread_name};
use super::{Named, is_d};
use crate::model::cause::{Cause, Culprit};
use crate::model::evidence::{Group, Process, Wait};
use crate::model::process::signal_name;

/// The share of the window that a quota must take away before it is called the cause.
const THROTTLED: f64 = 0.2;
/// And the share of its periods that were used up.
const USED_UP: f64 = 0.5;
/// A thread in a sleep that nothing interrupts for this share of the window,
const D_SHARE: f64 = 0.9;
/// is the cause where the job waits for it, or does less than this, in CPUs.
const WORKS: f64 = 0.1;
/// A job that uses less than this share of a quota is not the one that uses it up.
const OF_QUOTA: f64 = 0.1;
/// What ^Z sends.
const SIGTSTP: i32 = 20;

/// A control group that is frozen, and who is in it.
pub(super) fn frozen(scene: &Scene<'_>) -> Option<Named> {
    let group = scene.evidence.groups.iter().find(|group| group.is_frozen == Some(true))?;
    let inside: Vec<&Process> =
        scene.evidence.members().filter(|one| one.groups.contains(&group.path)).collect();
    let first = inside.first()?;
    let mut evidence = vec![format!(
        "the control group {} is frozen, with {} of the job's processes in it",
        group.path,
        inside.len()
    )];
    evidence.push(format!(
        "{} is in state {} and can't go on before the group is thawed",
        name(first),
        first.state
    ));
    let mut culprits: Vec<Culprit> = inside.iter().take(2).map(|one| Culprit::process(one.pid)).collect();
    culprits.push(Culprit::thing(group.path.as_str()));
    Some(Named::new(Cause::Frozen, culprits, evidence))
}

/// A process stopped by a signal or a tracer.
pub(super) fn stopped(scene: &Scene<'_>) -> Option<Named> {
    let is_stopped = |one: &&Process| matches!(one.state, 'T' | 't');
    let walk = super::chain::walk(scene, None);
    let is_on_it = |one: &Process| walk.threads.iter().any(|&at| scene.owner(at).pid == one.pid);
    // What somebody put aside with ^Z is no trouble to work that goes on beside it.
    let is_aside = |one: &Process| {
        one.stopped_by == Some(SIGTSTP)
            && scene.root().is_some_and(|root| root.group != one.group)
            && scene.cpu() > WORKS
            && !is_on_it(one)
    };
    let members = scene.evidence.members().filter(is_stopped);
    let mut stopped: Vec<&Process> = members.filter(|one| !is_aside(one)).collect();
    if stopped.is_empty() {
        // Whom the job waits for may be stopped outside of it.
        stopped = walk.threads.iter().map(|&at| scene.owner(at)).filter(is_stopped).collect();
    }
    let first = *stopped.first()?;
    let mut evidence = Vec::new();
    let mut culprits = vec![Culprit::process(first.pid)];
    match (first.state, first.tracer, first.stopped_by) {
        ('t', Some(tracer), _) => {
            let who = scene.process(tracer).map_or_else(|| format!("process {tracer}"), name);
            evidence.push(format!("{} is held by its tracer, {who}", name(first)));
            culprits.push(Culprit::process(tracer));
        }
        (_, _, Some(signal)) => {
            let signal_word = signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
            evidence.push(format!(
                "{} is stopped by {signal_word}: it does nothing until somebody sends SIGCONT",
                name(first)
            ));
            if matches!(signal, 21 | 22) {
                evidence.push(
                    "it used its terminal from the background; `fg` in its shell brings it to the front"
                        .to_owned(),
                );
            }
        }
        _ => evidence.push(format!("{} is stopped", name(first))),
    }
    evidence.push(format!("it runs {}", command(first)));
    culprits.extend(stopped.iter().skip(1).take(1).map(|one| Culprit::process(one.pid)));
    Some(Named::new(Cause::Stopped, culprits, evidence))
}

/// A quota that takes away much of the time.
pub(super) fn throttled(scene: &Scene<'_>) -> Option<Named> {
    let window = scene.evidence.window.max(0.1);
    let is_felt = |group: &&Group| {
        let used_up = group.periods.is_some_and(|(all, used)| all > 0 && used as f64 >= all as f64 * USED_UP);
        // The group may be shared with others, whose work it is.
        let inside = scene.evidence.members().filter(|one| one.groups.contains(&group.path));
        let used: f64 = inside.map(super::busy::of_process).sum();
        let is_ours = group.quota.is_none_or(|quota| used >= quota * OF_QUOTA);
        group.throttled.is_some_and(|seconds| seconds / window >= THROTTLED) && used_up && is_ours
    };
    let group = scene
        .evidence
        .groups
        .iter()
        .filter(is_felt)
        .max_by(|a, b| a.throttled.partial_cmp(&b.throttled).unwrap_or(std::cmp::Ordering::Equal))?;
    let inside = scene.evidence.members().filter(|one| one.groups.contains(&group.path));
    let busiest = inside.max_by(|a, b| super::busy::of_process(a).total_cmp(&super::busy::of_process(b)))?;
    let quota = group.quota.map_or_else(String::new, |quota| format!(" of {quota:.2} CPUs"));
    let evidence = vec![
        format!(
            "the quota{quota} of {} kept it from running for {:.1} s of {window:.1} s, all CPUs together",
            group.path,
            group.throttled.unwrap_or_default()
        ),
        format!("{} uses {:.2} CPUs and would use more", name(busiest), super::busy::running_of(busiest)),
    ];
    Some(Named::new(
        Cause::CpuThrottled,
        vec![Culprit::process(busiest.pid), Culprit::thing(group.path.as_str())],
        evidence,
    ))
}

/// A sleep in the kernel that nothing interrupts, and that lasts.
pub(super) fn uninterruptible(scene: &Scene<'_>, judged: &[At]) -> Option<Named> {
    let rests = scene.cpu() < WORKS;
    let found = scene.threads().find(|&at| {
        let thread = scene.thread(at);
        let in_d = thread.samples.iter().filter(|sample| is_d(sample.state)).count() as f64;
        // A disk that works has it wake up again and again.
        (rests || judged.contains(&at))
            && in_d >= thread.samples.len() as f64 * D_SHARE
            && thread.is_still
            && thread.samples.len() > 2
    })?;
    let (process, thread) = (scene.owner(found), scene.thread(found));
    let place = if thread.channel.is_empty() {
        "the kernel".to_owned()
    } else {
        format!("the kernel's {}", thread.channel)
    };
    let mut evidence = vec![format!(
        "{} slept all the time in {place}, where nothing interrupts it",
        thread_name(process, thread)
    )];
    let mut culprits = vec![Culprit::process(process.pid)];
    if thread.wait == Wait::Vfork
        && let [child] = *scene.children(process.pid)
    {
        let child = scene.process_at(child);
        evidence.push(format!("it waits for its child {} to start a program or end (vfork)", name(child)));
        culprits.push(Culprit::process(child.pid));
    }
    Some(Named::new(Cause::Uninterruptible, culprits, evidence))
}
