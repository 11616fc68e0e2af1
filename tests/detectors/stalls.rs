//! Simulated jobs in which something goes wrong at a known second: it is told, in time, and nothing else is.

use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::verdict::{Condition, Severity};

use crate::healthy::{cpu_batch, epochs, io_batch};
use crate::sim::{PIPE, QUEUE, Sim, Told, watch};

/// A stall may be told so many seconds after its limit is over.
const LATE: u64 = 2;

fn asked(seconds: u64) -> Limits {
    Limits { heartbeat: Some(Duration::from_secs(seconds)), is_heartbeat_asked: true, ..Limits::default() }
}

/// Watches one job; what was told of it.
pub(crate) fn told(sim: Sim, limits: &Limits, seconds: u64) -> Vec<Told> {
    watch(vec![sim], limits, seconds).0
}

/// Nothing but this is told, from the second `from` on and no later than `LATE` after.
#[track_caller]
fn check(told: &[Told], condition: Condition, from: u64) {
    let words: Vec<_> = told
        .iter()
        .map(|told| {
            format!("{}s: {} {:?}", told.second, told.alert.claim.headline, told.alert.claim.evidence)
        })
        .collect();
    println!("{}", words.join("\n"));
    let conditions: Vec<_> = told.iter().map(|told| told.alert.claim.condition).collect();
    assert_eq!(conditions, [condition], "{words:?}");
    let second = told[0].second;
    assert!((from..=from + LATE).contains(&second), "at {second}s, not from {from}s on: {words:?}");
}

/// Everybody waits, and nothing comes.
fn hangs(sim: &mut Sim) {
    if !sim.is_broken() {
        return cpu_batch(sim);
    }
    for (index, proc) in sim.workers().iter_mut().enumerate() {
        proc.rests(if index == 0 { PIPE } else { QUEUE });
    }
}

/// The same with the bar redrawn where it stood.
fn hangs_and_draws(sim: &mut Sim) {
    hangs(sim);
    if sim.is_broken() {
        sim.draws_bar();
    }
}

/// The workers spin, and finish nothing.
fn spins(sim: &mut Sim) {
    if !sim.is_broken() {
        return cpu_batch(sim);
    }
    sim.workers().iter_mut().for_each(|proc| proc.works(1.0));
}

/// The same, and the log goes on.
fn spins_and_chats(sim: &mut Sim) {
    spins(sim);
    if sim.is_broken() {
        sim.says("retrying");
    }
}

fn epochs_hang(sim: &mut Sim) {
    if !sim.is_broken() {
        return epochs(sim);
    }
    sim.procs[0].rests(QUEUE);
}

fn reads_hang(sim: &mut Sim) {
    if !sim.is_broken() {
        return io_batch(sim);
    }
    sim.workers().iter_mut().for_each(|proc| proc.rests("data from a TCP socket"));
}

/// Says a line every other second and has no counter, and then waits for a lock.
fn lines_stop(sim: &mut Sim) {
    if sim.is_broken() {
        sim.procs[0].rests(QUEUE);
    } else {
        sim.procs[0].works(0.5);
        if sim.second.is_multiple_of(2) {
            sim.says("merged a part");
        }
    }
}

#[test]
fn a_job_that_hangs_is_told_by_the_limit_that_was_set() {
    for (limit, step) in [(5, hangs as fn(&mut Sim)), (30, hangs_and_draws), (120, spins)] {
        let sim = Sim::new("hangs", 3, 8, step).of(1_000_000).that_breaks(200);
        check(&told(sim, &asked(limit), 340), Condition::NoHeartbeat, 200 + limit);
    }
}

#[test]
fn a_job_that_hangs_is_told_by_its_own_rhythm() {
    let limits = Limits::default();
    // Four tasks a second: it is at rest, and twenty seconds are long.
    let sim = Sim::new("hangs", 3, 8, hangs).of(1_000_000).that_breaks(300);
    check(&told(sim, &limits, 500), Condition::NoHeartbeat, 320);
    // It works on: a minute.
    let sim = Sim::new("spins", 3, 8, spins).of(1_000_000).that_breaks(300);
    check(&told(sim, &limits, 500), Condition::NoHeartbeat, 360);
    // An epoch every five minutes: four of them are long, and a minute is nothing.
    let sim = Sim::new("epochs", 3, 0, epochs_hang).of(100).that_breaks(3_601);
    check(&told(sim, &limits, 6_000), Condition::NoHeartbeat, 3_600 + 1_200);
    // It hangs in its third epoch: by then only what an epoch takes is known.
    let sim = Sim::new("epochs", 3, 0, epochs_hang).of(100).that_breaks(601);
    check(&told(sim, &limits, 3_000), Condition::NoHeartbeat, 600 + 1_200);
}

#[test]
fn a_job_that_hangs_at_once_is_told_after_a_minute() {
    let sim = Sim::new("hangs", 3, 8, hangs).of(1_000_000).that_breaks(4);
    check(&told(sim, &Limits::default(), 200), Condition::NoHeartbeat, 63);
}

#[test]
fn lines_that_came_regularly_and_stop_are_told() {
    let sim = Sim::new("lines", 3, 0, lines_stop).that_breaks(600);
    let told = told(sim, &Limits::default(), 900);
    check(&told, Condition::NoHeartbeat, 658);
    assert_eq!(told[0].alert.claim.severity, Severity::Warning);
}

#[test]
fn a_wait_on_the_network_for_ever_is_told() {
    let sim = Sim::new("reads", 3, 4, reads_hang).of(1_000_000).that_breaks(1_000);
    let told = told(sim, &Limits::default(), 1_300);
    assert_eq!(told.len(), 1);
    assert!((1_018..1_050).contains(&told[0].second), "{}", told[0].second);
}

#[test]
fn no_progress_beneath_chatter_is_told() {
    let sim = Sim::new("chats", 3, 8, spins_and_chats).of(1_000_000).that_breaks(300);
    check(&told(sim, &Limits::default(), 500), Condition::NoProgress, 360);
    // Who names a limit is told by it, though lines go on.
    let sim = Sim::new("chats", 3, 8, spins_and_chats).of(1_000_000).that_breaks(300);
    check(&told(sim, &asked(30), 500), Condition::NoProgress, 330);
}
