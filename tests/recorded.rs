#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the recorded evidence of this tree"
)]
//! Recorded evidence of programs that hang, and of healthy ones that look like it: each is named as it was known to be.
//!
//! A file holds the cause, who may be named for it, and what was seen of the job (`telltale diagnose PID --evidence FILE`).
//! A wrong accusation found later becomes one more file here.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use telltales::diagnose;
use telltales::model::cause::{Cause, Culprit};
use telltales::model::evidence::Evidence;

/// One file.
#[derive(Deserialize)]
struct Recorded {
    cause: Cause,
    /// One of these is among the first three that are named; nobody for a calm answer.
    culprit: Vec<Culprit>,
    evidence: Evidence,
}

fn recorded() -> Vec<(String, Recorded)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evidence");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    files.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

/// What is wrong with the answer, if anything is.
fn complaint(recorded: &Recorded) -> Option<String> {
    let answer = diagnose::name(&recorded.evidence);
    let named: Vec<&Culprit> = answer.culprits.iter().take(3).collect();
    let is_meant = |wanted: &Culprit| {
        named.iter().any(|culprit| match wanted {
            Culprit { pid: Some(_), tid: None, .. } => culprit.pid == wanted.pid,
            _ => *culprit == wanted,
        })
    };
    if answer.cause != recorded.cause {
        return Some(format!(
            "{} instead of {}: {:?}",
            answer.cause.id(),
            recorded.cause.id(),
            answer.evidence
        ));
    }
    let is_right = if answer.cause.is_named() {
        recorded.culprit.is_empty() || recorded.culprit.iter().any(is_meant)
    } else {
        named.is_empty()
    };
    (!is_right).then(|| format!("named are {named:?}"))
}

#[test]
fn every_recording_is_named_as_it_was_known_to_be() {
    let wrong: Vec<String> = recorded()
        .iter()
        .filter_map(|(name, recorded)| Some(format!("{name}: {}", complaint(recorded)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_recording_of_every_cause_and_an_answer_always_says_what_was_seen() {
    let recorded = recorded();
    for cause in Cause::ALL.iter().filter(|cause| !matches!(cause, Cause::Exited | Cause::Unknown)) {
        assert!(recorded.iter().any(|(_, one)| one.cause == *cause), "no recording of {}", cause.id());
    }
    for (name, one) in &recorded {
        assert!(!diagnose::name(&one.evidence).evidence.is_empty(), "{name} is named without evidence");
    }
}

#[test]
fn without_what_was_seen_nobody_is_accused() {
    for (name, one) in recorded() {
        // The same programs, of which nothing is shown: no waits, no times, nothing they hold.
        let mut blind = one.evidence;
        for process in &mut blind.processes {
            process.descriptors.clear();
            process.descriptor_count = None;
            process.task_limit = None;
            process.io.clear();
            process.resident.clear();
            process.state = 'S';
            process.exit = None;
            for thread in &mut process.threads {
                thread.wait = telltales::model::evidence::Wait::Hidden;
                thread.samples.truncate(1);
                thread.frames.clear();
                thread.lines.clear();
                thread.spots = None;
            }
        }
        blind.groups.clear();
        blind.rooms.clear();
        blind.gone.clear();
        blind.locks.clear();
        let answer = diagnose::name(&blind);
        assert!(!answer.cause.is_named(), "{name}: {} is named without anything seen", answer.cause.id());
    }
}
