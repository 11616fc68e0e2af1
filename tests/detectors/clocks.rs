//! Clocks that jump: a date that somebody sets is nobody's silence, and neither is a machine that was suspended.

use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::clock::WallTime;
use telltales::model::snapshot::Snapshot;

use crate::healthy::{cpu_batch, io_batch};
use crate::sim::{Dice, Sim, Told, watch_by};

const HALF_AN_HOUR: u64 = 1_800;

/// Two batches that do well.
fn jobs() -> Vec<Sim> {
    vec![Sim::new("cpu", 11, 8, cpu_batch).of(100_000), Sim::new("io", 12, 8, io_batch).of(100_000)]
}

fn words(told: &[Told]) -> Vec<String> {
    let word = |told: &Told| format!("{} at {}: {}", told.alert.job, told.second, told.alert.claim.headline);
    told.iter().map(word).collect()
}

/// What was derived, without what only says when it was.
fn derived(mut snapshot: Snapshot) -> Snapshot {
    snapshot.wall = WallTime(0);
    snapshot
}

#[test]
fn a_date_that_is_set_changes_nothing() {
    let limits = Limits::default();
    let still = watch_by(jobs(), &limits, HALF_AN_HOUR, |_| (WallTime(0), Duration::ZERO));
    let mut dice = Dice(7);
    let years = 1_000_000_000_000.0;
    let set = watch_by(jobs(), &limits, HALF_AN_HOUR, |_| {
        (WallTime(((dice.unit() - 0.3) * years) as i64), Duration::ZERO)
    });
    assert_eq!(words(&still.0), words(&set.0));
    assert_eq!(derived(still.1), derived(set.1));
}

#[test]
fn a_machine_that_is_suspended_accuses_nobody() {
    let limits = Limits::default();
    for night in [Duration::from_secs(90), Duration::from_hours(1), Duration::from_hours(72)] {
        let sleeps = |second: u64| if second % 400 == 399 { night } else { Duration::ZERO };
        let (told, last) = watch_by(jobs(), &limits, HALF_AN_HOUR, |second| (WallTime(0), sleeps(second)));
        assert_eq!(words(&told), Vec::<String>::new(), "asleep for {night:?}");
        for job in &last.jobs {
            let age = job.beat.age(last.at).expect("it beats");
            assert!(age < Duration::from_mins(1), "{}: {age:?}", job.name);
            let rates = job.history.throughput.iter().map(|(_, rate)| rate);
            assert!(
                rates.fold(f64::INFINITY, f64::min) > 0.3,
                "{}: the night is no time of its pace",
                job.name
            );
        }
    }
}

/// A pool of which nothing moves any more from then on.
fn stands_still(sim: &mut Sim) {
    if sim.is_broken() {
        sim.workers().iter_mut().for_each(|proc| proc.rests("a lock"));
    } else {
        cpu_batch(sim);
    }
}

#[test]
fn a_stall_is_told_after_a_night_as_before() {
    let limits =
        Limits { heartbeat: Some(Duration::from_mins(1)), is_heartbeat_asked: true, ..Limits::default() };
    let job = || vec![Sim::new("stalls", 3, 8, stands_still).of(100_000).that_breaks(600)];
    for night in [Duration::ZERO, Duration::from_hours(8)] {
        // It is suspended in the midst of the silence, whose age is what the machine was awake for.
        let sleeps = |second: u64| if second == 630 { night } else { Duration::ZERO };
        let (told, _) = watch_by(job(), &limits, 800, |second| (WallTime(0), sleeps(second)));
        let silence = told.iter().find(|told| told.alert.claim.headline.as_str().contains("no heartbeat"));
        let silence = silence.unwrap_or_else(|| panic!("told after {night:?}: {:?}", words(&told)));
        assert!((655..=670).contains(&silence.second), "{night:?}: {:?}", words(&told));
    }
}
