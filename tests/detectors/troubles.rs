//! Simulated jobs that go on and are not well: a stuck worker that others hide, one that works alone, work that slows
//! down, an end before the end.

use telltales::config::limits::Limits;
use telltales::model::process::{Exit, ProcState};
use telltales::model::verdict::{Condition, Severity};

use crate::healthy::cpu_batch;
use crate::sim::{QUEUE, Sim, Told};
use crate::stalls::told;

/// What was told, in the order of its telling, with the second.
#[track_caller]
fn check(told: &[Told], expected: &[(Condition, std::ops::RangeInclusive<u64>)]) {
    let words: Vec<_> = told
        .iter()
        .map(|told| {
            format!("{}s: {} {:?}", told.second, told.alert.claim.headline, told.alert.claim.evidence)
        })
        .collect();
    println!("{}", words.join("\n"));
    assert_eq!(told.len(), expected.len(), "{words:#?}");
    for (told, (condition, when)) in told.iter().zip(expected) {
        assert_eq!(told.alert.claim.condition, *condition, "{words:#?}");
        assert!(when.contains(&told.second), "{when:?}: {words:#?}");
    }
}

fn watched(sim: Sim, seconds: u64) -> Vec<Told> {
    told(sim, &Limits::default(), seconds)
}

/// A batch in which the third worker waits at `place` for ever from then on.
fn sticks(sim: &mut Sim, place: &'static str) {
    if sim.is_broken() {
        let proc = &mut sim.procs[3];
        proc.stuck = Some(place);
        proc.task = Some(f64::INFINITY);
    }
    cpu_batch(sim);
}

#[test]
fn a_worker_that_waits_where_no_tasks_come_from_is_stuck() {
    let sim = Sim::new("locked", 5, 8, |sim| sticks(sim, "a file lock")).of(1_000_000).that_breaks(300);
    let told = watched(sim, 500);
    check(&told, &[(Condition::WorkerStuck, 359..=362)]);
    let claim = &told[0].alert.claim;
    assert_eq!(
        (claim.subject.as_ref().and_then(telltales::model::member::MemberId::pid), claim.severity),
        (Some(103), Severity::Warning)
    );
}

#[test]
fn a_worker_that_nothing_interrupts_is_stuck() {
    let sim = Sim::new("NFS", 5, 8, |sim| {
        sticks(sim, "an NFS server");
        if sim.is_broken() {
            sim.procs[3].state = ProcState::DiskSleep;
        }
    });
    check(&watched(sim.of(1_000_000).that_breaks(300), 500), &[(Condition::WorkerStuck, 359..=362)]);
}

#[test]
fn a_worker_at_rest_is_stuck_where_more_is_in_flight_than_others_can_have() {
    let sim = || Sim::new("locked", 5, 8, |sim| sticks(sim, QUEUE)).of(1_000_000).that_breaks(300);
    check(&watched(sim().with_in_flight(8), 500), &[(Condition::WorkerStuck, 359..=362)]);
    // Seven tasks for seven workers: it has nothing to do.
    check(&watched(sim().with_in_flight(7), 500), &[]);
    // Nobody tells how many there are: all others work, most of the work is left, and two minutes are long.
    check(&watched(sim(), 500), &[(Condition::WorkerStuck, 419..=422)]);
}

#[test]
fn a_worker_that_holds_the_last_task_for_ever_is_named_beside_the_silence() {
    let sim = Sim::new("a peer", 5, 4, |sim| sticks(sim, "data from a TCP socket")).of(900).that_breaks(300);
    let told = watched(sim, 900);
    let conditions: Vec<_> = told.iter().map(|told| told.alert.claim.condition).collect();
    // While the others go on it hides among them: a broker is waited for on the network too.
    assert!(conditions.contains(&Condition::NoHeartbeat), "{conditions:?}");
    assert!(conditions.contains(&Condition::WorkerStuck), "{conditions:?}");
}

#[test]
fn a_worker_that_waits_for_its_busy_child_works() {
    let sim = Sim::new("children", 5, 4, |sim| {
        if sim.second == 0 {
            let child =
                crate::sim::Proc { pid: 200, parent: 103, name: "tool", family: 9, ..sim.procs[1].clone() };
            sim.procs.push(child);
        }
        let child = sim.procs.pop();
        if sim.second > 200 {
            sim.procs[3].stuck = Some("a child to end");
        }
        cpu_batch(sim);
        sim.procs.extend(child.map(|mut child| {
            child.works(0.8);
            child
        }));
    });
    check(&watched(sim.of(1_000_000), 700), &[]);
}

#[test]
fn the_last_task_that_takes_for_ever_is_a_straggler() {
    let sim = Sim::new("straggler", 5, 6, |sim| {
        if sim.second == 20 {
            sim.procs[2].task = Some(2_000.0);
        }
        sim.pool(1.0, |dice| dice.exponential(2.0));
        sim.draws_bar();
        sim.says("alive");
    });
    let told = watched(sim.of(600), 600);
    assert_eq!(told[0].alert.claim.condition, Condition::Straggler, "{}", told[0].alert.claim.headline);
    assert!((200..400).contains(&told[0].second), "{}", told[0].second);
}

#[test]
fn one_that_does_the_work_of_all_is_a_skew() {
    let sim = Sim::new("skew", 5, 5, |sim| {
        sim.workers()
            .iter_mut()
            .enumerate()
            .for_each(|(index, proc)| proc.works(if index == 2 { 1.0 } else { 0.1 }));
        sim.done += 1;
        sim.draws_bar();
    });
    check(&watched(sim.of(1_000_000), 900), &[(Condition::Skew, 600..=602)]);
}

#[test]
fn a_throughput_that_halves_and_more_is_told() {
    let sim = Sim::new("drop", 5, 8, |sim| {
        let takes: fn(&mut crate::sim::Dice) -> f64 =
            if sim.is_broken() { |dice| dice.exponential(6.0) } else { |dice| dice.exponential(1.0) };
        sim.pool(1.0, takes);
        sim.draws_bar();
    });
    check(&watched(sim.of(1_000_000).that_breaks(600), 1_800), &[(Condition::ThroughputDrop, 650..=780)]);
}

#[test]
fn items_that_take_longer_and_longer_are_told() {
    let sim = Sim::new("quadratic", 5, 1, |sim| {
        sim.workers()[0].works(1.0);
        let more = 10.0 / (1.0 + sim.done as f64 / 500.0) + sim.dice.unit() - 0.5;
        sim.done += more.max(0.0) as u64;
        sim.draws_bar();
    });
    check(&watched(sim.of(10_000), 1_200), &[(Condition::SlowDown, 600..=700)]);
}

#[test]
fn an_end_at_fifteen_of_sixty_is_told_and_stays() {
    let step = |sim: &mut Sim| {
        sim.pool(1.0, |dice| dice.exponential(4.0));
        sim.draws_bar();
        if sim.done >= 15 {
            sim.ended = Some(Exit::Code(0));
        }
    };
    let (told, last) = crate::sim::watch(vec![Sim::new("short", 5, 2, step).of(60)], &Limits::default(), 300);
    check(&told, &[(Condition::EndedShort, 0..=100)]);
    let told = &told[0].alert.claim;
    assert!(told.headline.starts_with("ended with code 0 at 1"), "{}", told.headline);
    assert_eq!(last.active_alerts().count(), 1);
    let (told, _) = crate::sim::watch(vec![Sim::new("all", 5, 2, step).of(15)], &Limits::default(), 300);
    check(&told, &[]);
}
