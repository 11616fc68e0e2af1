//! The verdict: one line in words that says how the job is, before any gauge does.
//!
//! It is made of clauses, the gravest first. Where a line is too long for its place, whole clauses go, the one that
//! says least first; what stays reads the same at all widths.

use std::time::Duration;

use super::all;
use super::condition::{self, Span};
use super::paint::ink::wrap;
use super::state::UiState;
use super::view::View;
use super::words;
use crate::config::theme::Role;
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::inquiry::Brief;
use crate::model::job::{Job, Phase};
use crate::model::member::{self, Activity};
use crate::model::metric;
use crate::model::process::Exit;
use crate::model::snapshot::Snapshot;
use crate::model::verdict::{Condition, Severity};

/// A silence of this many usual gaps is worth a word; no alert comes of it, for that is a detector's to say.
const QUIET_GAPS: u32 = 5;

/// Below this no silence is worth a word: most jobs print less often than every few seconds.
const QUIET_AT_LEAST: Duration = Duration::from_secs(5);

/// A beat that is late by so many usual gaps makes a rate a thing of the past.
const OVERDUE_GAPS: u32 = 3;

/// Below this no beat is late.
const OVERDUE_AT_LEAST: Duration = Duration::from_secs(3);

/// Lost workers that are named after the end; more are counted.
const NAMED: usize = 3;

/// Rows that what was measured may take.
const EVIDENCE_ROWS: usize = 2;

/// One clause, with the mark that joins it to the one before.
struct Clause {
    text: String,
    /// What goes first when the line is too long: the highest number. The one of 0 stays.
    drop: u8,
}

fn clause(drop: u8, text: impl Into<String>) -> Clause {
    Clause { text: text.into(), drop }
}

type Verdict = (Role, Vec<Clause>);

fn plain(role: Role, text: impl Into<String>) -> Verdict {
    (role, vec![clause(0, text)])
}

/// How the shown job is, in so many rows at most.
pub(super) fn rows(view: &View<'_>, state: &UiState, width: u16, most: usize) -> (Role, Vec<String>) {
    let (role, mut clauses) = spoken(view, state);
    loop {
        let rows = wrap(&joined(&clauses), width, most + 1);
        let worst = (0..clauses.len()).max_by_key(|&at| clauses[at].drop);
        match worst.filter(|&at| rows.len() > most && clauses[at].drop > 0) {
            Some(at) => drop(clauses.remove(at)),
            None => return (role, wrap(&joined(&clauses), width, most)),
        }
    }
}

/// The verdict of the shown job; of several, that of the worst with its name, or what all do together.
fn spoken(view: &View<'_>, state: &UiState) -> Verdict {
    if view.jobs().count() < 2 {
        return of(view.snapshot, view.job(state));
    }
    match (all::worst(view), all::together(view)) {
        (Some(worst), _) => {
            let (role, mut clauses) = of(view.snapshot, Some(worst));
            if let Some(first) = clauses.first_mut() {
                first.text = format!("{}: {}", all::called(worst), first.text);
            }
            (role, clauses)
        }
        (None, Some(said)) => {
            (Role::Ok, said.into_iter().zip(0..).map(|(text, drop)| clause(drop, text)).collect())
        }
        (None, None) => of(view.snapshot, view.job(state)),
    }
}

/// How a job is, or all there is where there is none, in one line.
pub fn verdict_line(snapshot: &Snapshot, job: Option<&Job>) -> (Role, String) {
    let (role, clauses) = of(snapshot, job);
    (role, joined(&clauses))
}

fn joined(clauses: &[Clause]) -> String {
    clauses.iter().map(|clause| clause.text.as_str()).collect()
}

fn of(snapshot: &Snapshot, job: Option<&Job>) -> Verdict {
    if let Some(alert) = worst_alert(snapshot, job) {
        return alert_line(alert, snapshot);
    }
    match (job, snapshot.scan()) {
        (Some(job), _) => job_line(job, snapshot),
        (None, Some(scan)) => scan_line(scan, snapshot.at),
        (None, None) if snapshot.seq == 0 => plain(Role::Dim, "waiting for the first readings"),
        (None, None) => plain(Role::Dim, "no job yet: press J to choose one, or telltale run -- COMMAND"),
    }
}

/// The active alert on this job that matters most: the worst, and of equals the first.
pub(super) fn worst_alert<'a>(snapshot: &'a Snapshot, job: Option<&Job>) -> Option<&'a Alert> {
    snapshot
        .active_alerts()
        .filter(|alert| job.is_none_or(|job| job.id == alert.job))
        // A job that is frozen waits for somebody, whatever else there is.
        .min_by_key(|alert| {
            let can_wait = alert.claim.condition != Condition::Frozen;
            (can_wait, std::cmp::Reverse(alert.claim.severity), alert.since)
        })
}

/// What was measured for the worst alert; after the end, what became of the workers and what to do next.
pub(super) fn evidence(view: &View<'_>, state: &UiState, width: u16) -> Vec<String> {
    let worst = || if view.jobs().count() > 1 { all::worst(view) } else { None };
    let job = worst().or_else(|| view.job(state));
    let said = match (worst_alert(view.snapshot, job), job.map(|job| (job, job.phase))) {
        (Some(alert), _) => {
            // Why it holds says more than that it does.
            let cause = alert.diagnosis.as_ref().map(Brief::line);
            let said: Vec<&str> = cause.iter().chain(&alert.claim.evidence).map(|piece| &**piece).collect();
            said.join("; ")
        }
        (None, Some((job, Phase::Ended { exit, .. }))) => aftermath(job, exit),
        _ => return Vec::new(),
    };
    if said.is_empty() { Vec::new() } else { wrap(&said, width, EVIDENCE_ROWS) }
}

/// Since when an alert holds or held, in the same words everywhere.
pub(super) fn alert_words(alert: &Alert, now: Moment) -> String {
    let headline = &alert.claim.headline;
    let since = words::age(now.since(alert.since));
    match (condition::span(alert.claim.condition), alert.ended) {
        (Span::Moment, _) => format!("{headline}, {since} ago"),
        (_, Some(ended)) => {
            let held = words::age(ended.since(alert.since));
            format!("{headline}; over for {}, it held for {held}", words::age(now.since(ended)))
        }
        (Span::Own, None) => headline.to_string(),
        (Span::Holds, None) => format!("{headline}, for {since}"),
    }
}

/// The alert, and whether the job goes on all the same.
fn alert_line(alert: &Alert, snapshot: &Snapshot) -> Verdict {
    let role = match alert.claim.severity {
        Severity::Critical => Role::Bad,
        Severity::Warning => Role::Warn,
    };
    let mut clauses = vec![clause(0, alert_words(alert, snapshot.at))];
    if alert.claim.condition == Condition::Frozen {
        clauses.push(clause(1, "; z lets it go on, or ends it"));
        return (role, clauses);
    }
    if alert.claim.condition == Condition::NoHeartbeat {
        // A loss is mostly why it is silent, and its own alert is over by now.
        clauses.extend(
            snapshot.job(&alert.job).and_then(newest_loss).map(|loss| clause(1, format!("; {loss}"))),
        );
    }
    let ended = snapshot.job(&alert.job).filter(|job| job.phase != Phase::Running);
    if let Some((job, Phase::Ended { exit, .. })) = ended.map(|job| (job, job.phase)) {
        if !matches!(alert.claim.condition, Condition::ErrorsAtCleanExit | Condition::EndedShort) {
            clauses.push(clause(1, format!("; the job has ended: {exit}")));
        }
        clauses.extend(
            job.running_for(snapshot.at).map(|ran| clause(2, format!(" after {}", metric::span(ran)))),
        );
        return (role, clauses);
    }
    // A silence is all that this alert tells; all others leave open how the work goes.
    let is_silence = matches!(alert.claim.condition, Condition::NoHeartbeat | Condition::NoProgress);
    let job = snapshot.job(&alert.job).filter(|_| !is_silence);
    if let Some((Role::Ok | Role::Warn, pace)) = job.map(|job| pace(job, snapshot)) {
        let mark = |n: usize, text: String| if n == 0 { format!("; {text}") } else { text };
        clauses
            .extend(pace.into_iter().enumerate().map(|(n, said)| clause(said.drop + 1, mark(n, said.text))));
    }
    (role, clauses)
}

/// The worker that was lost last, and how.
fn newest_loss(job: &Job) -> Option<String> {
    let lost = job.members.iter().filter(|member| member.role == member::Role::Worker);
    let newest =
        lost.filter(|member| matches!(member.activity, Activity::Lost(_))).max_by_key(|m| m.ended)?;
    Some(format!("worker {} was {}", newest.id, job.ending(newest)?))
}

fn job_line(job: &Job, snapshot: &Snapshot) -> Verdict {
    if let Phase::Ended { exit, .. } = job.phase {
        return ended(job, exit, snapshot.at);
    }
    let (mut role, mut clauses) = pace(job, snapshot);
    let lost = job.workers.lost as usize;
    if lost > 0 {
        // Its alert is over by now, but what it had in hand may still be missed.
        role = Role::Warn;
        clauses.push(clause(1, format!("; {} lost", words::counted(lost, "worker", "workers"))));
    }
    if let Some(forecast) = job.memory_full() {
        role = Role::Warn;
        clauses.push(clause(1, format!("; memory full in {}", words::foreseen(&forecast))));
        clauses.push(clause(5, " at this rate"));
    }
    (role, clauses)
}

/// True when there was no beat for much longer than usual.
pub(super) fn is_quiet(job: &Job, now: Moment) -> bool {
    let usual = job.beat.usual_gap;
    job.beat.age(now).is_some_and(|age| {
        age >= QUIET_AT_LEAST && usual.is_none_or(|gap| age > gap.saturating_mul(QUIET_GAPS))
    })
}

/// How the work goes.
fn pace(job: &Job, snapshot: &Snapshot) -> Verdict {
    let now = snapshot.at;
    let Some(age) = job.beat.age(now) else {
        let clauses = vec![
            clause(0, "running; no progress source yet"),
            clause(1, ": press p to choose"),
            clause(2, " from what this job shows"),
            clause(3, ", or run with --progress"),
        ];
        return (Role::Dim, clauses);
    };
    let rhythm = job.beat.rhythm(snapshot.interval);
    if is_quiet(job, now) {
        let mut clauses = vec![clause(0, format!("quiet: no beat for {}", metric::span(age)))];
        clauses.extend(rhythm.map(|rhythm| clause(3, format!(" ({rhythm})"))));
        return (Role::Warn, clauses);
    }
    let progress = &job.progress;
    let done = progress
        .share()
        .map(metric::percent)
        .or_else(|| progress.done.map(|done| progress.unit.amount(done)));
    // A rate is a mean over a while: of a job that just fell silent it tells the past, and no end.
    let is_overdue = age >= OVERDUE_AT_LEAST
        && job.beat.usual_gap.is_some_and(|gap| age > gap.saturating_mul(OVERDUE_GAPS));
    let rate = progress.throughput.filter(|_| !is_overdue).map(|rate| progress.unit.rate(rate));
    let left = progress.time_left.filter(|_| !is_overdue);
    let pieces = [
        (2, rate),
        (4, done.map(|done| format!("{done} done"))),
        (3, left.map(|left| format!("{} left", words::left(left)))),
        (1, is_overdue.then(|| format!("no beat for {}", metric::span(age)))),
    ];
    let mut said: Vec<_> =
        pieces.into_iter().filter_map(|(drop, piece)| Some(clause(drop, format!(", {}", piece?)))).collect();
    if said.is_empty() {
        said.extend(rhythm.map(|rhythm| clause(0, format!(", a beat {rhythm}"))));
    }
    if let Some(first) = said.first_mut() {
        *first = clause(0, format!("working: {}", &first.text[2..]));
        return (Role::Ok, said);
    }
    // Nothing was heard of it yet: that it runs is all that is known.
    plain(
        Role::Ok,
        if job.beat.last.is_some() { "working: it beats" } else { "running: nothing heard of it yet" },
    )
}

fn ended(job: &Job, exit: Exit, now: Moment) -> Verdict {
    let how = match exit {
        Exit::Code(0) => "finished with code 0".to_owned(),
        exit => exit.to_string(),
    };
    let lost = job.workers.lost as usize;
    let mut clauses = vec![clause(0, format!("ended: {how}"))];
    clauses.extend(job.running_for(now).map(|ran| clause(2, format!(" after {}", metric::span(ran)))));
    if lost > 0 {
        clauses.push(clause(1, format!("; {} lost", words::counted(lost, "worker", "workers"))));
    }
    let role = match exit {
        Exit::Code(0) if lost == 0 => Role::Ok,
        Exit::Code(0) => Role::Warn,
        _ => Role::Bad,
    };
    (role, clauses)
}

/// Who was lost, and what to do next.
fn aftermath(job: &Job, exit: Exit) -> String {
    let lost: Vec<String> = job
        .members
        .iter()
        .filter_map(|member| match member.activity {
            Activity::Lost(_) => {
                Some(format!("{} ({}) {}", member.id, member.about.name, job.ending(member)?))
            }
            _ => None,
        })
        .collect();
    let more = lost.len().saturating_sub(NAMED);
    let mut said: Vec<String> = lost.iter().take(NAMED).map(|one| format!("lost: {one}")).collect();
    if more > 0 {
        said.push(format!("and {more} more, in the table below"));
    }
    let peak = job.history.peak_memory.map_or_else(String::new, |peak| format!(" (the peak was {peak})"));
    said.push(match exit {
        Exit::Code(0) if lost.is_empty() => "next: q leaves, J chooses another job".to_owned(),
        Exit::Code(0) => {
            "next: look whether all results are there, for what a lost worker had in hand is gone".to_owned()
        }
        Exit::Code(_) => "next: read the last lines of its output, it says there what went wrong".to_owned(),
        Exit::Signal(9) => {
            format!("next: look for an out-of-memory kill with dmesg{peak}; else somebody killed it")
        }
        Exit::Signal(1 | 2 | 15) => "next: nothing, somebody asked it to end".to_owned(),
        Exit::Signal(_) => {
            "next: it crashed; its last output, or a core dump (ulimit -c), says where".to_owned()
        }
        Exit::Unknown => "next: start it with telltale run, which can tell how a job ends".to_owned(),
    });
    said.join("; ")
}

fn scan_line(scan: &Job, now: Moment) -> Verdict {
    if let Phase::Ended { exit, .. } = scan.phase {
        return match exit {
            Exit::Code(0 | 1) => plain(Role::Ok, "the scan is complete"),
            // The code for a scan that has not read all that it should.
            Exit::Code(3) => match scan.progress.share().filter(|&share| share < 1.0) {
                Some(share) => {
                    plain(Role::Warn, format!("the scan was stopped at {}", metric::percent(share)))
                }
                None if scan.progress.total.is_none() => plain(Role::Warn, "the scan was stopped"),
                None => plain(Role::Warn, "the scan is complete, but not all could be read"),
            },
            exit => plain(Role::Bad, format!("the scan ended early: {exit}")),
        };
    }
    let share = scan.progress.share().map(metric::percent);
    let ran = scan.running_for(now).map(|ran| format!("for {}", words::age(ran)));
    let left = scan.progress.time_left.map(|left| format!("{} left", words::left(left)));
    let pieces: Vec<String> = share.into_iter().chain(ran).chain(left).collect();
    plain(Role::Ok, format!("scanning {}", pieces.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Alert;
    use crate::model::history::History;
    use crate::model::job::{Beat, JobKind, Progress, WorkerCounts};
    use crate::model::log::LogTail;
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
            pressure: None,
            oom: None,
            cpu: None,
            io: None,
            workers: WorkerCounts::default(),
            progress: Progress::default(),
            intake: crate::model::intake::Intake::default(),
            beat: Beat { sources: vec!["log".into()], last: Some(NOW), ..Beat::default() },
            members: Vec::new(),
            restarts: Vec::new(),
            rooms: Vec::new(),
            gpu: None,
            log: LogTail::default(),
            signs: crate::model::sign::Signs::default(),
            frozen: None,
            history: History::default(),
        }
    }

    fn line(change: impl FnOnce(&mut Job)) -> (Role, String) {
        let mut job = job();
        change(&mut job);
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.seq, snapshot.at, snapshot.jobs) = (1, NOW, vec![job]);
        verdict_line(&snapshot, snapshot.watched())
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
            "quiet: no beat for 12s (at least every 1s)",
        );
        check(
            |job| {
                job.beat.last = Some(Moment::from_millis(NOW.millis() - 12_000));
                job.beat.usual_gap = Some(Duration::from_secs(10));
            },
            Role::Ok,
            "working: a beat usually every 10s",
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
            "running; no progress source yet: press p to choose from what this job shows, or run with --progress",
        );
    }

    #[test]
    fn an_end_says_how_and_when() {
        let ended = |exit| move |job: &mut Job| job.phase = Phase::Ended { exit, at: NOW };
        check(ended(Exit::Code(0)), Role::Ok, "ended: finished with code 0 after 41m 12s");
        check(ended(Exit::Signal(9)), Role::Bad, "ended: killed by SIGKILL after 41m 12s");
    }

    #[test]
    fn whole_clauses_go_where_the_line_is_too_long() {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        let mut job = job();
        job.progress.throughput = Some(41_234.0);
        (job.progress.done, job.progress.total) = (Some(64), Some(100));
        job.progress.time_left = Some(Duration::from_secs(1_100));
        job.workers.lost = 2;
        (snapshot.seq, snapshot.at, snapshot.jobs) = (1, NOW, vec![job]);
        let view = View::of(&snapshot, &[], None);
        let state = UiState::default();
        for (width, most, expected) in [
            (76, 1, "working: 41.2 k/s, 64 % done, 18 min left; 2 workers lost"),
            (36, 2, "working: 41.2 k/s, 64 % done, 18 min|left; 2 workers lost"),
            (46, 1, "working: 41.2 k/s, 18 min left; 2 workers lost"),
            (36, 1, "working: 41.2 k/s; 2 workers lost"),
            (20, 1, "working: 41.2 k/s"),
        ] {
            let (role, rows) = rows(&view, &state, width, most);
            assert_eq!((role, rows.join("|").as_str()), (Role::Warn, expected), "{width}x{most}");
        }
    }

    #[test]
    fn memory_that_climbs_is_told_with_its_rate() {
        use crate::model::job::{Forecast, Memory, MemoryBasis, MemoryLimit};
        use crate::model::metric::Bytes;
        let mut job = job();
        let limit = MemoryLimit { scope: "host".into(), limit: Bytes(10_000), used: Bytes(4_000) };
        let [full_in, at_earliest, at_latest] = [600, 590, 650].map(Duration::from_secs);
        job.memory = Some(Memory {
            used: Bytes(3_000),
            basis: MemoryBasis::RssSum,
            limit: Some(limit),
            forecast: Some(Forecast { full_in, at_earliest, at_latest }),
        });
        let said = line(|old| *old = job);
        assert_eq!(said.0, Role::Warn);
        assert_eq!(said.1, "working: it beats; memory full in 10 min at this rate");
    }

    #[test]
    fn after_the_end_the_lost_are_named_and_what_to_do_is_said() {
        let mut job = job();
        assert_eq!(aftermath(&job, Exit::Code(0)), "next: q leaves, J chooses another job");
        job.history.peak_memory = Some(crate::model::metric::Bytes(1 << 30));
        assert!(aftermath(&job, Exit::Signal(9)).contains("dmesg (the peak was 1.00 GiB)"));
        assert!(aftermath(&job, Exit::Signal(15)).contains("somebody asked it to end"));
        assert!(aftermath(&job, Exit::Code(2)).contains("last lines of its output"));
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
            claimed: None,
            told: None,
            diagnosis: None,
        };
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.seq, snapshot.at, snapshot.jobs) = (1, NOW, vec![job]);
        snapshot.alerts = vec![claim(Condition::WorkerLost, "worker 7 lost: killed by SIGKILL")];
        let lost = "worker 7 lost: killed by SIGKILL, 52s ago; working: 3.90 /s, 9,216 done";
        assert_eq!(verdict_line(&snapshot, snapshot.watched()), (Role::Bad, lost.to_owned()));
        snapshot.alerts = vec![claim(Condition::NoHeartbeat, "no heartbeat for 1m 52s")];
        assert_eq!(
            verdict_line(&snapshot, snapshot.watched()),
            (Role::Bad, "no heartbeat for 1m 52s".to_owned())
        );
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
            claimed: None,
            told: None,
            diagnosis: None,
        };
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.at = NOW;
        snapshot.alerts = vec![
            alert(Severity::Critical, "over", Some(NOW)),
            alert(Severity::Warning, "slow", None),
            alert(Severity::Critical, "stalled", None),
        ];
        assert_eq!(verdict_line(&snapshot, snapshot.watched()), (Role::Bad, "stalled".to_owned()));
    }
}
