//! Does the same process die again and again, each time replaced?

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::Phase;
use crate::model::metric::span;
use crate::model::process::Exit;
use crate::model::restarts::{BadEnd, Restarts};
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// Ends that belong together come within this time.
const WINDOW: Duration = Duration::from_mins(2);
/// Without another end for so long, the loop is over.
const OVER_AFTER: Duration = Duration::from_mins(2);
/// So many killed processes of one kind, each replaced, are no accident.
const FEWEST_KILLED: usize = 3;
/// An error code alone says less: so many with one and the same command line.
const FEWEST_FAILED: usize = 5;
/// Ends told as evidence.
const TOLD: usize = 3;
/// Programs whose code is an answer, and which are asked until the answer is another one.
const ANSWERERS: &[&str] = &[
    "[",
    "cmp",
    "curl",
    "diff",
    "docker",
    "egrep",
    "expr",
    "fgrep",
    "git",
    "grep",
    "jq",
    "kubectl",
    "mountpoint",
    "nc",
    "ncat",
    "nslookup",
    "pg_isready",
    "pgrep",
    "pidof",
    "ping",
    "redis-cli",
    "rg",
    "squeue",
    "ssh",
    "sleep",
    "systemctl",
    "test",
    "timeout",
    "wget",
    "which",
];

/// Processes of one kind end badly again and again, and others take their places.
pub fn restart_loop(past: &Past<'_>, _: &Limits) -> Verdict {
    if past.job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let loops = past.job.restarts.iter().filter_map(|kind| Some((kind, ends_of_loop(kind, past.now)?)));
    let Some((kind, ends)) = loops.max_by_key(|(_, ends)| ends.len()) else { return Verdict::Fine };
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return Verdict::Fine };
    let headline = format!(
        "restart loop: {} ended badly {} times, and was started again each time",
        kind.name,
        ends.len()
    );
    let mut evidence = vec![Text::from(format!(
        "{} ends in {}, the last one {} ago",
        ends.len(),
        span(last.at.since(first.at)),
        span(past.now.since(last.at))
    ))];
    evidence.extend(ends.iter().rev().take(TOLD).map(|end| words(end)));
    evidence.push(Text::from(format!("its command line: {}", kind.command)));
    claim(Condition::RestartLoop, Severity::Warning, headline, evidence)
}

/// The ends that make a loop. Judged at the moment of the last one, so that a slow loop doesn't flap between two.
fn ends_of_loop(kind: &Restarts, now: Moment) -> Option<Vec<&BadEnd>> {
    let replaced = || kind.ends.iter().filter(|end| end.is_replaced);
    let last = replaced().next_back().filter(|end| now.since(end.at) <= OVER_AFTER)?;
    let recent: Vec<_> = replaced().filter(|end| last.at.since(end.at) <= WINDOW).collect();
    let killed: Vec<_> = recent.iter().copied().filter(|end| matches!(end.exit, Exit::Signal(_))).collect();
    if killed.len() >= FEWEST_KILLED {
        return Some(killed);
    }
    if ANSWERERS.contains(&kind.name.as_str()) {
        return None;
    }
    let like = |line: u64| {
        recent.iter().copied().filter(move |end| end.line == line && matches!(end.exit, Exit::Code(_)))
    };
    let most = recent.iter().map(|end| end.line).max_by_key(|&line| like(line).count())?;
    let failed: Vec<_> = like(most).collect();
    (failed.len() >= FEWEST_FAILED).then_some(failed)
}

fn words(end: &BadEnd) -> Text {
    let lived = end.lived.map(|lived| format!(" after {}", span(lived))).unwrap_or_default();
    Text::from(format!("{}{lived}", end.exit))
}
