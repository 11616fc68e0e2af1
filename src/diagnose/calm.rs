//! The calm answers: it works, it waits for the world outside, it waits for a timer; pure.

use super::Named;
use super::chain::{self, Walk};
use super::scene::{Scene, name, thread_name};
use super::waits::{self, Outside};
use super::{busy, time};
use crate::model::cause::Cause;
use crate::model::evidence::{Process, Wait};
use crate::model::metric::Bytes;

/// A job that uses this much of a CPU works.
const WORKS: f64 = 0.03;
/// A job that would have used so many times the CPU that it got is starved.
const STARVED: f64 = 4.0;

/// It works: it computes, or data moves.
pub(super) fn healthy(scene: &Scene<'_>) -> Option<Named> {
    let written: u64 = scene.evidence.members().map(busy::written).fold(0, u64::saturating_add);
    let cpu = scene.cpu();
    let busiest =
        scene.evidence.members().max_by(|a, b| busy::of_process(a).total_cmp(&busy::of_process(b)))?;
    if cpu < WORKS && written == 0 && busy::of_process(busiest) < WORKS {
        return None;
    }
    let mut evidence = vec![format!(
        "the job used {cpu:.2} CPUs over {:.1} s, most of it {}",
        scene.evidence.window,
        name(busiest)
    )];
    evidence.push(if written > 0 {
        format!("it wrote {}", Bytes(written))
    } else if scene.evidence.members().any(|one| one.io.len() < 2 && !one.is_zombie()) {
        "what it wrote is not shown to us".to_owned()
    } else {
        "it wrote nothing meanwhile: whether the work leads anywhere can't be seen from outside".to_owned()
    });
    let wanted = busy::of_process(busiest);
    if wanted > STARVED * busy::running_of(busiest) {
        evidence.push(format!(
            "it would have used {wanted:.2} CPUs: others had them, so that little of its work was seen; look again for longer"
        ));
    }
    Some(Named::new(Cause::Healthy, Vec::new(), evidence))
}

/// It waits for clients, events, a timer.
pub(super) fn waiting(scene: &Scene<'_>, walk: &Walk) -> Option<Named> {
    let outsides: Vec<_> =
        walk.threads.iter().filter_map(|&at| Some((at, waits::wakers(scene, at).outside?))).collect();
    let first =
        |wanted: &[Outside]| outsides.iter().find(|(_, outside)| wanted.contains(outside)).map(|(at, _)| *at);
    let told = |cause, at| {
        let (process, thread) = (scene.owner(at), scene.thread(at));
        let evidence = vec![format!("{} {}", thread_name(process, thread), chain::words(scene, at))];
        Some(Named::new(cause, Vec::new(), evidence).from(at))
    };
    if let Some(at) = first(&[Outside::Network, Outside::Event, Outside::Person]) {
        return told(Cause::Idle, at);
    }
    let timed = first(&[Outside::Clock]);
    if let Some(at) = timed {
        let is_sleep = matches!(scene.thread(at).wait, Wait::Sleep) || !serves(scene, scene.owner(at));
        return told(if is_sleep { Cause::Sleeping } else { Cause::Idle }, at);
    }
    // Whom it waits for is not still: it comes and goes too quickly to be seen at work.
    let moving = walk
        .threads
        .iter()
        .copied()
        .find(|&at| !scene.thread(at).is_still && time::yields(scene.thread(at)) > 0.2);
    if let Some(at) = moving {
        return told(Cause::Healthy, at);
    }
    first(&[Outside::Process]).and_then(|at| told(Cause::Idle, at))
}

/// Whether a process listens for somebody.
fn serves(scene: &Scene<'_>, process: &Process) -> bool {
    process.descriptors.iter().any(|descriptor| match descriptor.target {
        crate::model::evidence::Target::Socket { inode } => {
            scene.socket(inode).is_some_and(|socket| socket.state == "listen")
        }
        crate::model::evidence::Target::Notify | crate::model::evidence::Target::Signals => true,
        _ => false,
    })
}
