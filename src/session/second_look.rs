//! A second look: when an alert says that a job stands still, it is looked into why, once, beside the watching.
//!
//! What it costs is bounded: one inquiry at a time, one for each job within five minutes, none for a job that
//! telltale has frozen. Its answer stays with the alerts that hold when it comes.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::inquiry::{self, Inquirer, Inquiry, News, Question, Reach};
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::inquiry::{Answer, Brief};
use crate::model::job::{Job, JobId, JobKind, Phase};
use crate::model::snapshot::Snapshot;
use crate::model::verdict::Condition;

/// How long it is looked.
const WINDOW: Duration = Duration::from_secs(4);

/// The same job is looked into no sooner than this.
const AGAIN: Duration = Duration::from_mins(5);

/// An inquiry that has not come back by then is stuck with its target, and others get their turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// A job, and why it stands still.
type Told = (JobId, Brief);

/// Looks into why jobs stand still.
pub(super) struct SecondLook {
    is_on: bool,
    inquirer: Inquirer,
    under_way: Option<(Inquiry, Moment)>,
    /// When each job was looked into last.
    last: Vec<(JobId, Moment)>,
    answers: (Sender<Told>, Receiver<Told>),
}

impl Default for SecondLook {
    fn default() -> Self {
        Self {
            is_on: false,
            inquirer: Inquirer::default(),
            under_way: None,
            last: Vec::new(),
            answers: channel(),
        }
    }
}

impl SecondLook {
    /// Looks, or does not.
    pub(super) const fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Puts what was found beside the alerts that it explains, and looks into those that began.
    pub(super) fn look(&mut self, snapshot: &mut Snapshot, now: Moment) {
        while let Ok((job, brief)) = self.answers.1.try_recv() {
            self.under_way = None;
            explain(&mut snapshot.alerts, &job, &brief);
        }
        self.under_way.take_if(|(_, since)| now.since(*since) > PATIENCE);
        self.last.retain(|(job, _)| snapshot.job(job).is_some());
        if !self.is_on || self.under_way.is_some() {
            return;
        }
        let Some((job, root)) = due(snapshot, &self.last, now) else { return };
        let gone = snapshot.job(&job).map(|job| inquiry::lost(job, now)).unwrap_or_default();
        let (answers, of) = (self.answers.0.clone(), job.clone());
        let asked = self.inquirer.ask(
            Question { root, window: WINDOW, gone, reach: Reach::Looks, is_drawn: false },
            move |news| {
                if let News::Found(found) = news
                    && is_telling(&found.answer)
                {
                    // Nobody watches any more.
                    let _ = answers.send((of.clone(), found.answer.brief()));
                }
            },
        );
        self.last.retain(|(known, _)| *known != job);
        self.last.push((job, now));
        // Without a thread the alert stands without its cause.
        self.under_way = asked.ok().map(|inquiry| (inquiry, now));
    }
}

/// Conditions that raise the question why: the job, or a part of it, should go on and does not.
const fn is_stall(condition: Condition) -> bool {
    matches!(
        condition,
        Condition::NoHeartbeat
            | Condition::NoProgress
            | Condition::WorkerStuck
            | Condition::WorkerLost
            | Condition::WorkerStopped
            | Condition::Straggler
    )
}

/// The job to look into, and its main process: the first with a stall that began since it was looked into last.
fn due(snapshot: &Snapshot, last: &[(JobId, Moment)], now: Moment) -> Option<(JobId, u32)> {
    let open = snapshot.active_alerts().filter(|alert| is_stall(alert.claim.condition));
    open.filter(|alert| alert.diagnosis.is_none()).find_map(|alert| {
        let job = snapshot.job(&alert.job).filter(|job| is_here(job))?;
        let looked = last.iter().find(|(known, _)| *known == job.id).map(|(_, at)| *at);
        let is_new = looked.is_none_or(|at| alert.since > at && now.since(at) >= AGAIN);
        job.root().filter(|_| is_new).map(|root| (job.id.clone(), root))
    })
}

/// True for a job whose processes run here.
fn is_here(job: &Job) -> bool {
    matches!(job.kind, JobKind::Launched | JobKind::Attached)
        && job.phase == Phase::Running
        && job.frozen.is_none()
}

/// An answer that says something about a stall: that all is well would only contradict it.
const fn is_telling(answer: &Answer) -> bool {
    answer.diagnosis.cause.is_named()
}

fn explain(alerts: &mut [Alert], job: &JobId, brief: &Brief) {
    let stalls = alerts.iter_mut().filter(|alert| alert.is_active() && is_stall(alert.claim.condition));
    for alert in stalls.filter(|alert| alert.job == *job) {
        alert.diagnosis = Some(brief.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cause::Cause;
    use crate::model::member::MemberId;
    use crate::model::text::Text;
    use crate::model::verdict::{Claim, Severity};

    fn alert(condition: Condition, job: &str, ended: Option<Moment>) -> Alert {
        let claim = Claim {
            condition,
            severity: Severity::Critical,
            subject: Some(MemberId::Process { pid: 2, start: 3 }),
            headline: Text::from("it stands still"),
            evidence: Vec::new(),
        };
        let since = Moment::from_millis(1);
        Alert { job: Text::from(job), claim, since, ended, claimed: None, told: None, diagnosis: None }
    }

    fn snapshot(phase: &str) -> Snapshot {
        let text = r#"{"id":"host:4711","name":"etl","kind":"attached","host":"a","started":null,"phase":PHASE,
            "memory":null,"cpu":null,"io":null,"workers":{"alive":0,"busy":0,"idle":0,"blocked":0,"lost":0,"finished":0},
            "progress":{"done":1,"total":2,"in_flight":null,"failed":null,"throughput":null,"time_left":null,"source":null},
            "beat":{"sources":[],"last":null,"last_source":null,"watched_since":null,"usual_gap":null},
            "members":[],"log":{"seen":0,"fresh":[]}}"#;
        let job: Job = serde_json::from_str(&text.replace("PHASE", phase)).unwrap();
        Snapshot { jobs: vec![job], ..Snapshot::empty(Duration::from_secs(1)) }
    }

    const RUNNING: &str = "\"running\"";

    #[test]
    fn a_stall_is_looked_into_once() {
        let at = |minute: u64| Moment::from_millis(minute * 60_000);
        let asked = |phase: &str, condition, began: u64, looked: Option<u64>, now: u64| {
            let mut snapshot = snapshot(phase);
            snapshot.alerts = vec![Alert { since: at(began), ..alert(condition, "host:4711", None) }];
            let last: Vec<_> =
                looked.map(|minute| (Text::from("host:4711"), at(minute))).into_iter().collect();
            due(&snapshot, &last, at(now)).map(|(_, root)| root)
        };
        let silent = Condition::NoHeartbeat;
        assert_eq!(asked(RUNNING, silent, 9, None, 10), Some(4711));
        assert_eq!(asked(RUNNING, silent, 9, Some(10), 60), None, "it was looked into");
        assert_eq!(asked(RUNNING, silent, 12, Some(10), 13), None, "too soon");
        assert_eq!(asked(RUNNING, silent, 12, Some(10), 15), Some(4711), "another stall");
        assert_eq!(asked(RUNNING, Condition::MemoryAboveTarget, 9, None, 10), None, "it goes on");
        assert_eq!(asked(r#"{"ended":{"exit":{"code":0},"at":1}}"#, silent, 9, None, 10), None, "it is over");
    }

    #[test]
    fn an_answer_stays_with_the_stalls_that_hold() {
        let mut alerts = [
            alert(Condition::NoProgress, "a", None),
            alert(Condition::WorkerStuck, "a", Some(Moment::from_millis(9))),
            alert(Condition::MemoryForecast, "a", None),
            alert(Condition::NoProgress, "b", None),
        ];
        let mut answer = Answer::of_nothing(Cause::LockCycle, 4711, Text::from("1 waits for 2"));
        explain(&mut alerts, &Text::from("a"), &answer.brief());
        let explained: Vec<bool> = alerts.iter().map(|alert| alert.diagnosis.is_some()).collect();
        assert_eq!(explained, [true, false, false, false]);
        assert!(is_telling(&answer));
        answer.diagnosis.cause = Cause::Healthy;
        assert!(!is_telling(&answer));
    }
}
