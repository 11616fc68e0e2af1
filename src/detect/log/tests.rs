//! When the output speaks of trouble, and when it does not.

use std::sync::Arc;

use super::*;
use crate::model::history::History;
use crate::model::job::{Beat, JobKind, Progress, WorkerCounts};
use crate::model::log::LogTail;
use crate::model::sign::{SignKind, Signs};
use crate::model::verdict::Claim;

/// The moment at which all is judged: five thousand seconds.
const NOW: u64 = 5_000;

fn at(second: u64) -> Moment {
    Moment::from_millis(second * 1_000)
}

/// A sign first seen at `first` and last at `last`, in a line after which `after` lines came.
fn sign(id: &str, class: SignClass, first: u64, last: u64, after: u64) -> Sign {
    let kind = SignKind {
        id: Text::from(id),
        class,
        about: Text::from("it fell back"),
        advice: Text::from("look there"),
        stays: id == "stays",
    };
    Sign {
        kind: Arc::new(kind),
        count: 1 + u64::from(first != last),
        first: at(first),
        last: at(last),
        line: 100 - after,
        excerpt: Text::from("[Errno 12]"),
        throughput_before: None,
    }
}

fn job(signs: Vec<Sign>, exit: Option<Exit>, beat: u64) -> Job {
    Job {
        id: "job".into(),
        name: "job".into(),
        kind: JobKind::Launched,
        host: "host".into(),
        started: None,
        phase: exit.map_or(Phase::Running, |exit| Phase::Ended { exit, at: at(NOW) }),
        memory: None,
        cpu: None,
        pressure: None,
        oom: None,
        io: None,
        workers: WorkerCounts { alive: 3, ..WorkerCounts::default() },
        progress: Progress::default(),
        intake: crate::model::intake::Intake::default(),
        beat: Beat { sources: vec!["log".into()], last: Some(at(beat)), ..Beat::default() },
        members: Vec::new(),
        restarts: Vec::new(),
        rooms: Vec::new(),
        gpu: None,
        log: LogTail { seen: 100, ..LogTail::default() },
        signs: Signs { seen: signs, beyond: 0 },
        frozen: None,
        history: History::default(),
    }
}

/// A job that runs and has shown these.
pub(in crate::detect) fn job_with(signs: Signs) -> Job {
    Job { signs, ..job(Vec::new(), None, NOW) }
}

fn claims(detector: crate::detect::Detector, job: &Job) -> Vec<Claim> {
    let past = Past { job, now: at(NOW), interval: Duration::from_secs(1) };
    match detector(&past, &Limits::default()) {
        Verdict::Raised(claims) => {
            assert!(claims.iter().all(|claim| !claim.evidence.is_empty()), "a claim has evidence");
            claims
        }
        _ => Vec::new(),
    }
}

fn headlines(detector: crate::detect::Detector, job: &Job) -> Vec<String> {
    claims(detector, job).iter().map(|claim| claim.headline.to_string()).collect()
}

#[test]
fn a_degraded_mode_is_told_for_as_long_as_it_holds() {
    use SignClass::Degraded;
    let said = |signs, exit| headlines(degraded_mode, &job(signs, exit, NOW)).len();
    assert_eq!(said(vec![sign("stays", Degraded, 10, 10, 9)], None), 1, "nothing takes it back");
    assert_eq!(said(vec![sign("moment", Degraded, 10, NOW - 60, 9)], None), 1, "it is fresh");
    assert_eq!(said(vec![sign("moment", Degraded, 10, NOW - 400, 9)], None), 0, "the job went on since");
    assert_eq!(said(vec![sign("stays", Degraded, 10, 10, 9)], Some(Exit::Code(0))), 0, "it has ended");
    assert_eq!(said(vec![sign("error", SignClass::Error, 10, NOW, 0)], None), 0, "an error is no mode");
    let silent = job(vec![sign("moment", Degraded, 10, NOW - 400, 0)], None, NOW - 400);
    assert_eq!(headlines(degraded_mode, &silent), ["degraded: it fell back"], "nothing moved since");
    let two = vec![sign("stays", Degraded, 10, 10, 9), sign("moment", Degraded, NOW - 9, NOW, 0)];
    let claims = claims(degraded_mode, &job(two, None, NOW));
    assert_eq!(claims[0].headline.as_str(), "degraded: it fell back, and 1 more");
    assert_eq!(claims[0].evidence[1].as_str(), "“[Errno 12]” (2 times, first 9.0s ago)");
    assert_eq!(claims[0].evidence.last().map(Text::as_str), Some("look there"));
}

#[test]
fn what_it_costs_is_told_once_both_sides_are_known() {
    let first = NOW - 100;
    let degraded = |before, rates: &[f64]| {
        let mut sign = sign("stays", SignClass::Degraded, first, first, 9);
        sign.throughput_before = before;
        let mut job = job(vec![sign], None, NOW);
        for (n, &rate) in rates.iter().enumerate() {
            job.history.throughput.push(at(first + 31 + n as u64), rate);
        }
        let evidence = claims(degraded_mode, &job).remove(0).evidence;
        evidence.iter().find(|text| text.starts_with("throughput")).map(ToString::to_string)
    };
    let dear = degraded(Some(40.0), &[10.0; 9]);
    assert_eq!(dear.as_deref(), Some("throughput: 40 /s before and 10 /s since, 75 % less"));
    let cheap = degraded(Some(40.0), &[39.0; 9]);
    assert_eq!(cheap.as_deref(), Some("throughput: 40 /s before and 39 /s since"));
    assert_eq!(degraded(Some(40.0), &[10.0; 2]), None, "it is too early");
    assert_eq!(degraded(None, &[10.0; 9]), None, "it was so from the start");
}

#[test]
fn a_broken_pool_is_told_while_it_matters() {
    use SignClass::ToolchainPanic;
    let said = |last, beat, exit| {
        let job = job(vec![sign("pool", ToolchainPanic, 10, last, 0)], exit, beat);
        headlines(toolchain_panic, &job).len()
    };
    assert_eq!(said(NOW - 3, NOW, None), 1, "it is fresh");
    assert_eq!(said(NOW - 400, NOW - 400, None), 1, "nothing moved since");
    assert_eq!(said(NOW - 400, NOW, None), 0, "it got over it");
    assert_eq!(said(NOW - 3, NOW, Some(Exit::Code(1))), 1, "it is why it ended");
    assert_eq!(said(NOW - 400, NOW, Some(Exit::Code(1))), 0, "it was got over long before");
    assert_eq!(said(NOW - 3, NOW, Some(Exit::Code(0))), 0, "a clean exit has words of its own");
}

#[test]
fn a_broken_pool_is_critical_where_the_job_bears_it_out() {
    let level = |last, beat, exit, lost| {
        let mut job = job(vec![sign("pool", SignClass::ToolchainPanic, last, last, 0)], exit, beat);
        job.workers.lost = lost;
        claims(toolchain_panic, &job)[0].severity
    };
    assert_eq!(level(NOW - 30, NOW, None, 0), Severity::Warning, "it goes on");
    assert_eq!(level(NOW - 3, NOW - 3, None, 0), Severity::Warning, "it may go on");
    assert_eq!(level(NOW - 30, NOW - 30, None, 0), Severity::Critical, "it stands still");
    assert_eq!(level(NOW - 3, NOW, None, 1), Severity::Critical, "a worker is gone");
    assert_eq!(level(NOW - 3, NOW, Some(Exit::Code(1)), 0), Severity::Critical, "it ended so");
}

#[test]
fn a_module_is_missing_in_a_part_of_the_job_that_goes_on() {
    let missing = |first, exit| {
        headlines(module_missing, &job(vec![sign("m", SignClass::ModuleMissing, first, first, 0)], exit, NOW))
    };
    assert_eq!(missing(NOW - 3, None), ["it fell back, and the job goes on"]);
    assert!(missing(NOW - 1, None).is_empty(), "the job may end of it");
    assert!(missing(NOW - 3, Some(Exit::Code(1))).is_empty(), "it ended, and its exit tells of it");
    assert!(missing(NOW - 400, None).is_empty(), "the job went on since");
}

#[test]
fn a_clean_exit_with_failures_at_its_end_is_told() {
    use SignClass::{Degraded, Error, ModuleMissing, Summary, ToolchainPanic};
    let said = |id, class, after, exit| {
        headlines(errors_at_clean_exit, &job(vec![sign(id, class, 10, 10, after)], Some(exit), NOW))
    };
    let clean = Exit::Code(0);
    assert_eq!(
        said("summary", Summary, 3, clean),
        ["ended with exit code 0, and the end of its output tells of trouble"]
    );
    assert_eq!(said("traceback", Error, 12, clean).len(), 1);
    assert_eq!(said("error", Error, 0, clean).len(), 1);
    assert_eq!(said("pool", ToolchainPanic, 9, clean).len(), 1);
    assert_eq!(said("module", ModuleMissing, 9, clean).len(), 1);
    for (id, class, after) in [
        ("summary", Summary, 50),
        ("traceback", Error, 60),
        ("error", Error, 5),
        ("pool", ToolchainPanic, 60),
        ("stays", Degraded, 0),
    ] {
        assert!(said(id, class, after, clean).is_empty(), "{id}: the job went on after it");
    }
    assert!(said("summary", Summary, 3, Exit::Code(1)).is_empty(), "the exit tells of it");
    let running = job(vec![sign("summary", Summary, 10, 10, 0)], None, NOW);
    assert!(headlines(errors_at_clean_exit, &running).is_empty(), "it has not ended");
}

#[test]
fn counters_of_failures_and_a_full_count_are_heard_at_a_clean_exit() {
    let ended = |failed, done, signs| {
        let mut job = job(signs, Some(Exit::Code(0)), NOW);
        job.progress = Progress { done: Some(done), total: Some(60), failed, ..Progress::default() };
        claims(errors_at_clean_exit, &job)
    };
    let claims = ended(Some(3), 60, Vec::new());
    assert_eq!(claims[0].headline.as_str(), "ended with exit code 0, and 3 failed");
    assert_eq!(claims[0].evidence[0].as_str(), "3 of 60 failed");
    assert!(ended(Some(0), 60, Vec::new()).is_empty());
    let error = || vec![sign("error", SignClass::Error, 10, 10, 0)];
    assert!(ended(None, 60, error()).is_empty(), "it did all it had to do");
    assert_eq!(ended(None, 15, error()).len(), 1);
    assert_eq!(ended(None, 60, vec![sign("summary", SignClass::Summary, 10, 10, 0)]).len(), 1);
}
