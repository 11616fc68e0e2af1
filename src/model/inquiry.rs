//! Somebody asked why a job hangs: what is known while it is looked, and the answer with what people need beside it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cause::{Cause, Culprit, Diagnosis};
use super::evidence::{Evidence, Process};
use super::text::Text;

/// Culprits that are named beside an alert; the rest is in the answer itself.
const NAMED: usize = 3;

/// What was seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// How long it was looked, in seconds.
    pub elapsed: f64,
    /// How long it will be looked, in seconds.
    pub window: f64,
    /// Processes of the job.
    pub processes: usize,
    /// Their threads.
    pub threads: usize,
    /// Threads that have not run since the look began.
    pub still: usize,
}

/// An inquiry that somebody waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The process at the top of what is looked at.
    pub pid: u32,
    /// How it stands.
    pub stands: Stands,
}

/// How an inquiry stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stands {
    /// It is looked, and this was seen so far.
    Looking(Seen),
    /// This is the answer.
    Answered(Arc<Answer>),
    /// It could not be looked, for this reason.
    Failed(Text),
}

/// What to do about a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What it means.
    pub meaning: Text,
    /// How to get out of it now.
    pub now: Text,
    /// How to prevent it the next time.
    pub prevent: Text,
}

/// Why it hangs, and what people need to know beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Why.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
    /// What to do; nothing for a calm answer.
    #[serde(default)]
    pub advice: Option<Advice>,
    /// How long was looked, in seconds.
    #[serde(default)]
    pub window: f64,
    /// The process that was asked about.
    #[serde(default)]
    pub pid: u32,
    /// What people call it.
    #[serde(default)]
    pub command: Text,
    /// The culprits in words, in the same order.
    #[serde(default)]
    pub named: Vec<Text>,
    /// Processes that were looked at.
    #[serde(default)]
    pub processes: usize,
    /// Threads that were looked at.
    #[serde(default)]
    pub thread_count: usize,
}

impl Answer {
    /// The answer, with names for the numbers out of what was seen.
    pub fn of(diagnosis: Diagnosis, advice: Option<Advice>, evidence: &Evidence) -> Self {
        let root = evidence.process(evidence.root);
        let gone = || evidence.gone.iter().find(|gone| gone.pid == evidence.root);
        let command = root.map(called).or_else(|| gone().map(|gone| gone.name.as_str()));
        Self {
            named: diagnosis.culprits.iter().map(|culprit| named(culprit, evidence)).collect(),
            diagnosis,
            advice,
            window: evidence.window,
            pid: evidence.root,
            command: Text::new(command.unwrap_or_default()),
            processes: evidence.members().count(),
            thread_count: evidence.members().map(|process| process.threads.len()).sum(),
        }
    }

    /// An answer that names nothing, and why.
    pub fn of_nothing(cause: Cause, pid: u32, why: Text) -> Self {
        let diagnosis = Diagnosis {
            cause,
            culprits: Vec::new(),
            evidence: vec![why],
            chain: Vec::new(),
            threads: Vec::new(),
            doubts: Vec::new(),
        };
        Self {
            diagnosis,
            advice: None,
            window: 0.0,
            pid,
            command: Text::default(),
            named: Vec::new(),
            processes: 0,
            thread_count: 0,
        }
    }

    /// The answer in one line: `worker-killed: python3 (4712)`.
    pub fn headline(&self) -> Text {
        headline(self.diagnosis.cause, &self.named)
    }

    /// What of it is told beside an alert.
    pub fn brief(&self) -> Brief {
        let Diagnosis { cause, culprits, evidence, .. } = &self.diagnosis;
        Brief {
            cause: *cause,
            culprits: culprits.iter().take(NAMED).cloned().collect(),
            named: self.named.iter().take(NAMED).cloned().collect(),
            evidence: evidence.first().cloned(),
        }
    }
}

/// An answer in short: what stands beside an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// Why.
    pub cause: Cause,
    /// Who or what is to be looked at, the best first.
    #[serde(default)]
    pub culprits: Vec<Culprit>,
    /// The same in words.
    #[serde(default)]
    pub named: Vec<Text>,
    /// The decisive thing that was seen.
    #[serde(default)]
    pub evidence: Option<Text>,
}

impl Brief {
    /// It in one line, with what was seen: `cause: worker-killed: python3 (4712): ...`.
    pub fn line(&self) -> Text {
        let headline = headline(self.cause, &self.named);
        match &self.evidence {
            Some(evidence) => Text::from(format!("cause: {headline}: {evidence}")),
            None => Text::from(format!("cause: {headline}")),
        }
    }
}

fn headline(cause: Cause, named: &[Text]) -> Text {
    let id = cause.id();
    Text::from(match named {
        [] => format!("{id}: {}", cause.meaning()),
        [one] => format!("{id}: {one}"),
        [one, other] => format!("{id}: {one} and {other}"),
        [one, rest @ ..] => format!("{id}: {one} and {} more", rest.len()),
    })
}

/// What people call a process: its command line, or its name where it has none.
fn called(process: &Process) -> &str {
    if process.command.is_empty() { &process.name } else { &process.command }
}

/// A culprit in words: `python3 (4712)`, `thread 4713 of python3 (4711)`, `/var/lock/etl`.
fn named(culprit: &Culprit, evidence: &Evidence) -> Text {
    if let Some(path) = &culprit.path {
        return path.clone();
    }
    let pid = culprit.pid.unwrap_or_default();
    let seen = evidence.process(pid).map(|process| process.name.as_str());
    let gone = || evidence.gone.iter().find(|gone| gone.pid == pid).map(|gone| gone.name.as_str());
    let process = match seen.or_else(gone).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({pid})"),
        None => format!("process {pid}"),
    };
    Text::from(match culprit.tid {
        Some(tid) if tid != pid => format!("thread {tid} of {process}"),
        _ => process,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::Gone;

    fn evidence() -> Evidence {
        let process = Process { pid: 4711, name: "etl".into(), is_member: true, ..Process::default() };
        let gone = Gone { pid: 4712, name: "worker".into(), ..Gone::default() };
        Evidence { root: 4711, processes: vec![process], gone: vec![gone], ..Evidence::default() }
    }

    #[test]
    fn culprits_are_called_by_their_names() {
        for (culprit, expected) in [
            (Culprit::process(4711), "etl (4711)"),
            (Culprit::process(4712), "worker (4712)"),
            (Culprit::process(9), "process 9"),
            (Culprit::thread(4711, 4713), "thread 4713 of etl (4711)"),
            (Culprit::thread(4711, 4711), "etl (4711)"),
            (Culprit::thing("/srv/lock"), "/srv/lock"),
        ] {
            assert_eq!(named(&culprit, &evidence()).as_str(), expected);
        }
    }

    #[test]
    fn an_answer_is_one_object_with_the_cause_first() {
        let mut answer = Answer::of_nothing(Cause::Unknown, 4711, Text::from("nothing was seen"));
        answer.diagnosis.culprits.push(Culprit::process(4711));
        let json = serde_json::to_string(&answer).unwrap();
        assert!(
            json.starts_with(r#"{"cause":"unknown","culprits":[{"pid":4711}],"evidence":["nothing"#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Answer>(&json).unwrap(), answer);
    }

    #[test]
    fn a_headline_names_two_and_counts_more() {
        let names = ["a", "b", "c"].map(Text::from);
        let told: Vec<String> =
            (0..=3).map(|n| headline(Cause::LockCycle, &names[..n]).to_string()).collect();
        assert_eq!(
            told,
            [
                "lock-cycle: threads wait for locks in a ring",
                "lock-cycle: a",
                "lock-cycle: a and b",
                "lock-cycle: a and 2 more",
            ]
        );
    }
}
