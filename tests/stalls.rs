#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test binary that runs real jobs and prints what it saw of them"
)]
//! Live jobs that stall, each in its own way, and what is said of them: the built-in job's scenarios under
//! `telltale run --headless`, with all detectors on.
//!
//! A scenario must raise its own condition, and none that is not true of it. Those that take a minute and more run on
//! request: `cargo test --test stalls -- --include-ignored --nocapture --test-threads 2`.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::process::{Command, Stdio};
use std::time::Duration;

use telltales::history::series;
use telltales::model::clock::Moment;
use telltales::model::snapshot::Snapshot;
use telltales::model::verdict::Condition;

use Condition::*;

const BINARY: &str = env!("CARGO_BIN_EXE_telltale");

/// The silence that is asked for in every case.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One scenario and what must and may be said of it.
struct Case {
    scenario: &'static str,
    /// How long it takes when nothing goes wrong, and how long it hangs then, in seconds.
    seconds: [u32; 2],
    must: Condition,
    /// What is true of it too.
    may: &'static [Condition],
}

/// A job under watch, from its start to its end.
///
/// Trends take their time to show, and nobody needs to see how they end.
fn watched(scenario: &str, [seconds, limit]: [u32; 2]) -> Vec<Snapshot> {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told.jsonl");
    let status = Command::new(BINARY)
        .args(["run", "--headless", "--heartbeat", "5s", "--target-memory", "off", "--end-after", "12m"])
        .arg("--json-to")
        .arg(&told)
        .args(["--", BINARY, "demo-job", scenario, &seconds.to_string(), &limit.to_string()])
        .env("HOME", folder.path())
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .env("XDG_RUNTIME_DIR", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.code().is_some_and(|code| !(2..=128).contains(&code)), "{scenario}: {status}");
    let file = std::fs::File::open(told).unwrap();
    series::read(BufReader::new(file)).collect::<Result<_, _>>().unwrap()
}

/// Every condition that was claimed: when first, and in which words.
fn told(series: &[Snapshot]) -> BTreeMap<Condition, (Moment, String)> {
    let mut told = BTreeMap::new();
    for alert in series.iter().flat_map(|snapshot| &snapshot.alerts) {
        told.entry(alert.claim.condition).or_insert((alert.since, alert.claim.headline.to_string()));
    }
    told
}

/// When a task was finished for the last time before this moment: one more is done, or one less in flight where results
/// wait for their turn.
fn last_progress(series: &[Snapshot], before: Moment) -> Option<Moment> {
    let progress =
        |snapshot: &Snapshot| snapshot.jobs.first().map(|job| job.progress.clone()).unwrap_or_default();
    let mut pairs = series.windows(2).rev().filter(|pair| pair[1].at <= before);
    let moved = pairs.find(|pair| {
        let (old, new) = (progress(&pair[0]), progress(&pair[1]));
        new.done > old.done || new.in_flight < old.in_flight
    });
    moved.map(|pair| pair[1].at)
}

fn check(case: &Case) {
    let series = watched(case.scenario, case.seconds);
    let told = told(&series);
    for (condition, (since, words)) in &told {
        let after_start = since.since(series[0].at).as_secs_f64();
        println!("{:9} {condition:?} after {after_start:.1} s: {words}", case.scenario);
    }
    let Some((since, _)) = told.get(&case.must) else {
        panic!("{}: {:?} was not told; told were {:?}", case.scenario, case.must, told.keys());
    };
    if matches!(case.must, NoHeartbeat | NoProgress)
        && let Some(last) = last_progress(&series, *since)
    {
        let late = since.since(last).as_secs_f64() - TIMEOUT.as_secs_f64();
        println!("{:9} told {late:+.1} s after the timeout was over", case.scenario);
    }
    let wrong: Vec<_> = told
        .iter()
        .filter(|(condition, _)| **condition != case.must && !case.may.contains(condition))
        // What else runs on this machine may fill its disk, and that is true then.
        .filter(|(condition, _)| **condition != NearDiskLimit)
        .collect();
    assert!(wrong.is_empty(), "{}: not true of it: {wrong:?}", case.scenario);
}

macro_rules! cases {
    ($($(#[$slow:meta])* $name:ident: $must:ident, may $may:expr, seconds $seconds:expr;)*) => {
        $(#[test] $(#[$slow])* fn $name() {
            check(&Case { scenario: stringify!($name), seconds: $seconds, must: $must, may: &$may });
        })*
    };
}

cases! {
    dies: WorkerLost, may [NoHeartbeat], seconds [9, 12];
    stalls: NoHeartbeat, may [WorkerStuck], seconds [9, 25];
    quits: EndedShort, may [], seconds [9, 5];
    tells: SecretInLog, may [], seconds [6, 5];
    #[ignore = "takes a minute"]
    chatters: NoProgress, may [WorkerStuck, NoHeartbeat], seconds [30, 60];
    #[ignore = "takes four minutes"]
    sticks: WorkerStuck, may [NoHeartbeat, Straggler], seconds [120, 120];
    #[ignore = "takes twelve minutes"]
    slows: ThroughputDrop, may [SlowDown, NoHeartbeat, NoProgress], seconds [600, 300];
    #[ignore = "takes twelve minutes"]
    drags: SlowDown, may [ThroughputDrop, NoHeartbeat, NoProgress], seconds [600, 300];
    #[ignore = "takes six minutes"]
    lags: Straggler, may [NoHeartbeat, NoProgress, Skew], seconds [180, 300];
    #[ignore = "takes a minute"]
    degrades: DegradedMode, may [ThroughputDrop, Straggler, Skew, NoHeartbeat], seconds [40, 200];
    #[ignore = "takes half a minute"]
    misses: ModuleMissing, may [WorkerLost, RestartLoop], seconds [20, 60];
    #[ignore = "takes half a minute"]
    restarts: RestartLoop, may [WorkerLost, NoHeartbeat, NoProgress], seconds [20, 20];
    #[ignore = "takes half a minute"]
    hoards: NearDescriptorLimit, may [], seconds [40, 20];
    #[ignore = "takes two minutes"]
    leaks: MemoryForecast, may [], seconds [180, 60];
}

/// Nothing is said of a batch that works.
#[test]
#[ignore = "takes a minute"]
fn works() {
    let mut told = told(&watched("works", [60, 60]));
    told.remove(&NearDiskLimit);
    assert!(told.is_empty(), "{told:?}");
}
