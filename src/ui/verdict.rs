//! The verdict: one line in words that says how the job is, before any gauge does.

use std::time::Duration;

use super::paint::ink::wrap;
use super::words;
use crate::config::theme::Role;
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::{Job, Phase};
use crate::model::metric;
use crate::model::process::Exit;
use crate::model::snapshot::Snapshot;
use crate::model::verdict::{Condition, Severity};

/// A silence of this many usual gaps is worth a word; no alert comes of it, for that is a detector's to say.
const QUIET_GAPS: u32 = 5;

/// Below this no silence is worth a word: most jobs print less often than every few seconds.
const QUIET_AT_LEAST: Duration = Duration::from_secs(5);

/// How the job is, in one line.
pub fn verdict_line(snapshot: &Snapshot) -> (Role, String) {
    if let Some(alert) = worst_alert(snapshot) {
        return alert_line(alert, snapshot);
    }
    match (snapshot.watched(), snapshot.scan()) {
        (Some(job), _) => job_line(job, snapshot.at),
        (None, Some(scan)) => scan_line(scan, snapshot.at),
        (None, None) if snapshot.seq == 0 => (Role::Dim, "waiting for the first readings".to_owned()),
        (None, None) => (Role::Dim, "no job yet: telltale run -- COMMAND, or telltale attach PID".to_owned()),
    }
}

/// The active alert that matters most: the worst, and of equals the first.
pub fn worst_alert(snapshot: &Snapshot) -> Option<&Alert> {
    snapshot.active_alerts().min_by_key(|alert| (std::cmp::Reverse(alert.claim.severity), alert.since))
}

/// What was measured, in two lines at most.
pub(super) fn evidence(alert: &Alert, width: u16) -> Vec<String> {
    let said: Vec<&str> = alert.claim.evidence.iter().map(|piece| &**piece).collect();
    if said.is_empty() { Vec::new() } else { wrap(&said.join("; "), width, 2) }
}

/// The alert, and whether the job goes on all the same.
fn alert_line(alert: &Alert, snapshot: &Snapshot) -> (Role, String) {
    let role = match alert.claim.severity {
        Severity::Critical => Role::Bad,
        Severity::Warning => Role::Warn,
    };
    let since = words::age(snapshot.at.since(alert.since));
    let headline = &alert.claim.headline;
    let line = match alert.claim.condition {
        Condition::WorkerLost => format!("{headline}, {since} ago"),
        // This one tells its own span.
        Condition::NoHeartbeat => headline.to_string(),
        _ => format!("{headline}, for {since}"),
    };
    // A silence is all that this alert tells; all others leave open how the work goes.
    let job = snapshot.job(&alert.job).filter(|_| alert.claim.condition != Condition::NoHeartbeat);
    match job.map(|job| pace(job, snapshot.at)) {
        Some((Role::Ok | Role::Warn, pace)) => (role, format!("{line}; {pace}")),
        _ => (role, line),
    }
}

fn job_line(job: &Job, now: Moment) -> (Role, String) {
    if let Phase::Ended { exit, .. } = job.phase {
        return ended(job, exit, now);
    }
    let (role, line) = pace(job, now);
    match job.workers.lost as usize {
        0 => (role, line),
        // Its alert is over by now, but what it had in hand may still be missed.
        lost => (Role::Warn, format!("{line}; {} lost", words::counted(lost, "worker", "workers"))),
    }
}

/// True when there was no beat for much longer than usual.
pub(super) fn is_quiet(job: &Job, now: Moment) -> bool {
    let usual = job.beat.usual_gap;
    job.beat.age(now).is_some_and(|age| {
        age >= QUIET_AT_LEAST && usual.is_none_or(|gap| age > gap.saturating_mul(QUIET_GAPS))
    })
}

/// How the work goes.
fn pace(job: &Job, now: Moment) -> (Role, String) {
    let Some(age) = job.beat.age(now) else {
        let hint = "running; no progress source yet: use --progress PATTERN or --log FILE";
        return (Role::Dim, hint.to_owned());
    };
    let usual = job.beat.usual_gap;
    if is_quiet(job, now) {
        let usually = usual.map_or_else(String::new, |gap| format!(" (usually every {})", metric::span(gap)));
        return (Role::Warn, format!("quiet: no beat for {}{usually}", metric::span(age)));
    }
    let progress = &job.progress;
    let done = progress.share().map(metric::percent).or_else(|| progress.done.map(metric::count));
    let pieces = [
        progress.throughput.map(metric::per_second),
        done.map(|done| format!("{done} done")),
        progress.time_left.map(|left| format!("{} left", words::left(left))),
    ];
    let mut said: Vec<String> = pieces.into_iter().flatten().collect();
    if said.is_empty() {
        said.extend(usual.map(|gap| format!("a beat every {}", metric::span(gap))));
    }
    if said.is_empty() {
        // Nothing was heard of it yet: that it runs is all that is known.
        return (
            Role::Ok,
            if job.beat.last.is_some() { "working: it beats" } else { "running: nothing heard of it yet" }
                .to_owned(),
        );
    }
    (Role::Ok, format!("working: {}", said.join(", ")))
}

fn ended(job: &Job, exit: Exit, now: Moment) -> (Role, String) {
    let how = match exit {
        Exit::Code(0) => "finished with code 0".to_owned(),
        exit => exit.to_string(),
    };
    let after = job.running_for(now).map_or_else(String::new, |ran| format!(" after {}", metric::clock(ran)));
    let role = if exit == Exit::Code(0) { Role::Ok } else { Role::Bad };
    (role, format!("ended: {how}{after}"))
}

fn scan_line(scan: &Job, now: Moment) -> (Role, String) {
    if let Phase::Ended { exit, .. } = scan.phase {
        return match exit {
            Exit::Code(0 | 1) => (Role::Ok, "the scan is complete".to_owned()),
            exit => (Role::Bad, format!("the scan ended early: {exit}")),
        };
    }
    let share = scan.progress.share().map(metric::percent);
    let ran = scan.running_for(now).map(words::age);
    let pieces: Vec<String> = share.into_iter().chain(ran.map(|ran| format!("for {ran}"))).collect();
    (Role::Ok, format!("scanning {}", pieces.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Alert;
    use crate::model::job::{Beat, History, JobKind, LogTail, Progress, WorkerCounts};
    use crate::model::verdict::Claim;

    const NOW: Moment = Moment::from_millis(10_000_000);

    fn job() -> Job {
        Job {
            id: "job".into(),
            name: "job".into(),
            kind: JobKind::Launched,
            host: "host".into(),
            started: Some(Moment::from_millis(7_528_000)),
            phase: Phase::Running,
            memory: None,
            cpu: None,
            io: None,
            workers: WorkerCounts::default(),
            progress: Progress::default(),
            beat: Beat { sources: vec!["log".into()], last: Some(NOW), ..Beat::default() },
            members: Vec::new(),
            log: LogTail::default(),
            history: History::default(),
        }
    }

    fn line(change: impl FnOnce(&mut Job)) -> (Role, String) {
        let mut job = job();
        change(&mut job);
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.seq, snapshot.at, snapshot.jobs) = (1, NOW, vec![job]);
        verdict_line(&snapshot)
    }

    fn check(change: impl FnOnce(&mut Job), role: Role, expected: &str) {
        assert_eq!(line(change), (role, expected.to_owned()));
    }

    #[test]
    fn a_job_is_told_in_words() {
        check(|_| (), Role::Ok, "working: it beats");
        check(
            |job| {
                job.progress.throughput = Some(41_234.0);
                (job.progress.done, job.progress.total) = (Some(64), Some(100));
                job.progress.time_left = Some(Duration::from_secs(1_100));
            },
            Role::Ok,
            "working: 41.2 k/s, 64 % done, 18 min left",
        );
        check(
            |job| {
                job.beat.last = Some(Moment::from_millis(NOW.millis() - 12_000));
                job.beat.usual_gap = Some(Duration::from_millis(400));
            },
            Role::Warn,
            "quiet: no beat for 12s (usually every 0.4s)",
        );
        check(
            |job| {
                job.beat.last = Some(Moment::from_millis(NOW.millis() - 12_000));
                job.beat.usual_gap = Some(Duration::from_secs(10));
            },
            Role::Ok,
            "working: a beat every 10s",
        );
        check(
            |job| {
                (job.progress.throughput, job.progress.done) = (Some(3.9), Some(9_216));
                job.workers.lost = 1;
            },
            Role::Warn,
            "working: 3.90 /s, 9,216 done; 1 worker lost",
        );
        check(
            |job| job.beat.sources.clear(),
            Role::Dim,
            "running; no progress source yet: use --progress PATTERN or --log FILE",
        );
    }

    #[test]
    fn an_end_says_how_and_when() {
        let ended = |exit| move |job: &mut Job| job.phase = Phase::Ended { exit, at: NOW };
        check(ended(Exit::Code(0)), Role::Ok, "ended: finished with code 0 after 00:41:12");
        check(ended(Exit::Signal(9)), Role::Bad, "ended: killed by SIGKILL after 00:41:12");
    }

    #[test]
    fn an_alert_says_whether_the_job_goes_on() {
        let mut job = job();
        (job.progress.throughput, job.progress.done) = (Some(3.9), Some(9_216));
        let claim = |condition, headline: &str| Alert {
            job: "job".into(),
            claim: Claim {
                condition,
                severity: Severity::Critical,
                subject: None,
                headline: headline.into(),
                evidence: Vec::new(),
            },
            since: Moment::from_millis(NOW.millis() - 52_000),
            ended: None,
        };
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.seq, snapshot.at, snapshot.jobs) = (1, NOW, vec![job]);
        snapshot.alerts = vec![claim(Condition::WorkerLost, "worker 7 lost: killed by SIGKILL")];
        let lost = "worker 7 lost: killed by SIGKILL, 52s ago; working: 3.90 /s, 9,216 done";
        assert_eq!(verdict_line(&snapshot), (Role::Bad, lost.to_owned()));
        snapshot.alerts = vec![claim(Condition::NoHeartbeat, "no heartbeat for 1m 52s")];
        assert_eq!(verdict_line(&snapshot), (Role::Bad, "no heartbeat for 1m 52s".to_owned()));
    }

    #[test]
    fn the_worst_alert_speaks_first_and_an_ended_one_is_silent() {
        let alert = |severity, headline: &str, ended| Alert {
            job: "job".into(),
            claim: Claim {
                condition: Condition::NoHeartbeat,
                severity,
                subject: None,
                headline: headline.into(),
                evidence: Vec::new(),
            },
            since: Moment::from_millis(NOW.millis() - 112_000),
            ended,
        };
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.at = NOW;
        snapshot.alerts = vec![
            alert(Severity::Critical, "over", Some(NOW)),
            alert(Severity::Warning, "slow", None),
            alert(Severity::Critical, "stalled", None),
        ];
        assert_eq!(verdict_line(&snapshot), (Role::Bad, "stalled".to_owned()));
    }
}
