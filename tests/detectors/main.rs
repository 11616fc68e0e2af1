#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test binary that reads recordings and prints its figures"
)]
//! Detectors on series: recorded ones of real jobs, read back through the code that live watching uses, and simulated
//! hours, folded by the same.
//!
//! The recordings are of the built-in job: `telltale run --headless --heartbeat 5s --json-to FILE -- telltale
//! demo-job SCENARIO 12`.

mod clocks;
mod healthy;
mod memory;
mod oom;
mod sim;
mod stalls;
mod story;
mod thrashing;
mod troubles;

use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::detect::{DETECTORS, Past};
use telltales::history::series;
use telltales::model::snapshot::Snapshot;
use telltales::model::verdict::{Claim, Condition, Verdict};

fn recorded(name: &str) -> Vec<Snapshot> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/series");
    let file = std::fs::File::open(folder.join(name)).unwrap();
    series::read(BufReader::new(file)).collect::<Result<_, _>>().unwrap()
}

/// What is claimed of each snapshot's job.
fn claims(snapshot: &Snapshot, limits: &Limits) -> Vec<Claim> {
    let past = Past { job: &snapshot.jobs[0], now: snapshot.at, interval: snapshot.interval };
    let raised = |verdict| if let Verdict::Raised(claims) = verdict { claims } else { Vec::new() };
    DETECTORS.iter().flat_map(|detector| raised(detector(&past, limits))).collect()
}

/// When a condition is first claimed, since the series began, with its headline.
fn first(series: &[Snapshot], limits: &Limits, wanted: Condition) -> Option<(Duration, String)> {
    series.iter().find_map(|snapshot| {
        let claim = claims(snapshot, limits).into_iter().find(|claim| claim.condition == wanted)?;
        Some((snapshot.at.since(series[0].at), claim.headline.to_string()))
    })
}

fn limits(heartbeat: u64) -> Limits {
    let heartbeat = Some(Duration::from_secs(heartbeat));
    Limits { heartbeat, is_heartbeat_asked: true, ..Limits::default() }
}

#[test]
fn a_pool_that_lost_a_worker_is_told_at_once_and_its_silence_later() {
    let series = recorded("dies.jsonl");
    let (lost, words) = first(&series, &limits(5), Condition::WorkerLost).unwrap();
    assert!(words.ends_with("lost: killed by SIGKILL"), "{words}");
    let (silent, _) = first(&series, &limits(5), Condition::NoHeartbeat).unwrap();
    assert!(silent > lost, "the loss is seen {lost:?} after the start, the silence after {silent:?}");
    // Nobody has taken its work over: the loss is told for as long as nothing moves.
    let last = series.iter().rfind(|snapshot| snapshot.jobs[0].workers.alive > 0).unwrap();
    assert!(claims(last, &limits(5)).iter().any(|claim| claim.condition == Condition::WorkerLost));
}

#[test]
fn a_stall_is_told_when_the_limit_is_over_and_not_before() {
    let series = recorded("stalls.jsonl");
    let (five, _) = first(&series, &limits(5), Condition::NoHeartbeat).unwrap();
    let (eight, _) = first(&series, &limits(8), Condition::NoHeartbeat).unwrap();
    assert!(eight >= five + Duration::from_secs(2), "{five:?}, {eight:?}");
    assert_eq!(first(&series, &limits(60), Condition::NoHeartbeat), None);
    assert_eq!(first(&series, &limits(5), Condition::WorkerLost), None, "nobody was lost");
}

#[test]
fn alerts_as_they_were_recorded_are_what_the_detectors_say_today() {
    for name in ["dies.jsonl", "stalls.jsonl"] {
        for snapshot in recorded(name) {
            let now = claims(&snapshot, &limits(5));
            for alert in snapshot.active_alerts() {
                let then = &alert.claim;
                let is_same = |claim: &Claim| {
                    (claim.condition, &claim.subject, &claim.headline)
                        == (then.condition, &then.subject, &then.headline)
                };
                assert!(now.iter().any(is_same), "{name} at {}: {then:?} {now:?}", snapshot.seq);
            }
        }
    }
}
