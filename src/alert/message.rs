//! The words of an alert for those who are not at the screen: a line, JSON, and variables. Pure.
//!
//! Everything passes the scanner's redaction once more and is cut: what leaves this machine can't be taken back.

use serde::Serialize;

use super::policy::{News, Turn};
use crate::model::cause::Culprit;
use crate::model::clock::WallTime;
use crate::model::inquiry::Brief;
use crate::model::job::Job;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity};
use crate::scan::redact::redact;

/// Version of the JSON; it rises when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// Characters of each text.
const LONGEST: usize = 500;

/// Pieces of evidence.
const MOST_EVIDENCE: usize = 12;

/// Whether an alert holds or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Began,
    Worsened,
    Explained,
    Ended,
}

impl From<Turn> for State {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::Began => Self::Began,
            Turn::Worsened => Self::Worsened,
            Turn::Explained => Self::Explained,
            Turn::Ended => Self::Ended,
        }
    }
}

/// What commands and webhooks get; `text` is where chat services look for words.
#[derive(Debug, Serialize)]
struct Body<'a> {
    version: u32,
    text: &'a str,
    state: State,
    level: Severity,
    condition: Condition,
    job: &'a str,
    pid: Option<u32>,
    host: &'a str,
    subject: Option<String>,
    headline: &'a str,
    evidence: Vec<String>,
    diagnosis: Option<&'a Brief>,
    since_unix_ms: i64,
    at_unix_ms: i64,
}

/// An alert in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line: level, job and headline.
    pub line: Text,
    /// All of it.
    pub json: String,
    /// The same as variables for a command.
    pub variables: Vec<(&'static str, String)>,
}

/// The words for `news` out of the snapshot that brought them.
pub fn message(news: &News, snapshot: &Snapshot) -> Message {
    let job = snapshot.job(&news.alert.job);
    let name = job.map_or_else(|| said(&news.alert.job), |job| said(&job.name));
    let host = job.map(|job| job.host.to_string()).unwrap_or_default();
    let headline = said(&news.alert.claim.headline);
    let brief = news.alert.diagnosis.as_ref().map(cut);
    let line = match news.turn {
        Turn::Ended => format!("{name}: over: {headline}"),
        Turn::Explained => {
            let cause = brief.as_ref().map(|brief| said(&brief.line())).unwrap_or_default();
            format!("{name}: {headline}; {cause}")
        }
        Turn::Began | Turn::Worsened => format!("{name}: {}: {headline}", word(news.level)),
    };
    let ago = |at| i64::try_from(snapshot.at.since(at).as_millis()).unwrap_or(0);
    let WallTime(at_unix_ms) = snapshot.wall;
    let pid = job.and_then(Job::root);
    let subject = news.alert.claim.subject.as_ref().map(ToString::to_string);
    let body = Body {
        version: VERSION,
        text: &line,
        state: news.turn.into(),
        level: news.level,
        condition: news.alert.claim.condition,
        job: &name,
        pid,
        host: &host,
        subject: subject.clone(),
        headline: &headline,
        evidence: news.alert.claim.evidence.iter().take(MOST_EVIDENCE).map(said).collect(),
        diagnosis: brief.as_ref(),
        since_unix_ms: at_unix_ms - ago(news.alert.since),
        at_unix_ms,
    };
    // Strings and numbers only: nothing that JSON could refuse.
    let json = serde_json::to_string(&body).unwrap_or_default();
    let variables = vec![
        ("TELLTALE_STATE", name_of(&body.state)),
        ("TELLTALE_LEVEL", name_of(&news.level)),
        ("TELLTALE_CONDITION", name_of(&body.condition)),
        ("TELLTALE_JOB", name.clone()),
        ("TELLTALE_PID", pid.map(|pid| pid.to_string()).unwrap_or_default()),
        ("TELLTALE_SUBJECT", subject.unwrap_or_default()),
        ("TELLTALE_HEADLINE", headline.clone()),
        ("TELLTALE_CAUSE", brief.as_ref().map(|brief| brief.cause.id().to_owned()).unwrap_or_default()),
        ("TELLTALE_ALERT", json.clone()),
    ];
    Message { line: Text::from(line), json, variables }
}

/// A level as people write it.
pub const fn word(level: Severity) -> &'static str {
    match level {
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// The name that a value has in JSON.
fn name_of<V: Serialize>(value: &V) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// The same without secrets, and no longer than anything else.
fn cut(brief: &Brief) -> Brief {
    let cut = |text: &Text| Text::from(said(text));
    let culprits = brief
        .culprits
        .iter()
        .map(|culprit| Culprit { path: culprit.path.as_ref().map(cut), ..culprit.clone() });
    Brief {
        cause: brief.cause,
        culprits: culprits.collect(),
        named: brief.named.iter().map(cut).collect(),
        evidence: brief.evidence.as_ref().map(cut),
    }
}

fn said(text: &Text) -> String {
    let text = redact(text);
    let mut said: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        said.push('…');
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Alert;
    use crate::model::cause::Cause;
    use crate::model::clock::Moment;
    use crate::model::member::MemberId;
    use crate::model::verdict::Claim;
    use std::time::Duration;

    fn news(turn: Turn, headline: &str) -> News {
        let claim = Claim {
            condition: Condition::WorkerLost,
            severity: Severity::Critical,
            subject: Some(MemberId::Process { pid: 4712, start: 1 }),
            headline: Text::from(headline),
            evidence: vec![Text::from("killed by SIGKILL"); 40],
        };
        let alert = Alert {
            job: Text::from("db7:4711"),
            claim,
            since: Moment::from_millis(1_000),
            ended: None,
            claimed: None,
            told: None,
            diagnosis: None,
        };
        News { turn, alert, level: Severity::Critical }
    }

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.at, snapshot.wall) = (Moment::from_millis(4_000), WallTime(1_763_704_440_000));
        snapshot
    }

    #[test]
    fn json_and_variables_say_the_same() {
        let message = message(&news(Turn::Began, "worker 4712 lost"), &snapshot());
        let body: serde_json::Value = serde_json::from_str(&message.json).unwrap();
        assert_eq!(body["state"], "began");
        assert_eq!(body["level"], "critical");
        assert_eq!(body["condition"], "worker_lost");
        assert_eq!(body["subject"], "4712");
        assert_eq!(body["since_unix_ms"], 1_763_704_437_000_i64);
        assert_eq!(body["text"], "db7:4711: critical: worker 4712 lost");
        assert_eq!(body["evidence"].as_array().unwrap().len(), MOST_EVIDENCE);
        let variable = |name: &str| {
            message.variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(variable("TELLTALE_STATE"), Some("began"));
        assert_eq!(variable("TELLTALE_CONDITION"), Some("worker_lost"));
        assert_eq!(variable("TELLTALE_ALERT"), Some(message.json.as_str()));
        assert_eq!(variable("TELLTALE_CAUSE"), Some(""), "nobody knows yet");
        let mut known = news(Turn::Explained, "worker 4712 lost");
        known.alert.diagnosis = Some(Brief {
            cause: Cause::WorkerKilled,
            culprits: vec![Culprit::process(4712)],
            named: vec![Text::from("etl (4712)")],
            evidence: Some(Text::from("SIGKILL ended it")),
        });
        let explained = super::message(&known, &snapshot());
        let body: serde_json::Value = serde_json::from_str(&explained.json).unwrap();
        assert_eq!(
            (&body["state"], &body["diagnosis"]["cause"]),
            (&"explained".into(), &"worker-killed".into())
        );
        assert_eq!(
            explained.line.as_str(),
            "db7:4711: worker 4712 lost; cause: worker-killed: etl (4712): SIGKILL ended it"
        );
        let over = super::message(&news(Turn::Ended, "worker 4712 lost"), &snapshot());
        assert_eq!(over.line.as_str(), "db7:4711: over: worker 4712 lost");
    }

    #[test]
    fn no_secret_and_no_endless_text_leaves() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let message =
            message(&news(Turn::Began, &format!("said {token} {}", "x".repeat(4_000))), &snapshot());
        let all = format!("{} {} {:?}", message.line, message.json, message.variables);
        assert!(!all.contains(&token[8..]), "{all}");
        assert!(message.json.len() < 64 * 1024 && message.line.chars().count() < 2 * LONGEST);
    }
}
