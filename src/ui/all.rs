//! One verdict for several jobs: that of the worst, with its name; where all are well, what they do together.

use super::verdict;
use super::view::View;
use super::words;
use crate::config::theme::Role;
use crate::model::job::{Job, Phase};
use crate::model::metric;

/// The job that is in the most trouble; the first of equals, and none where all are well.
pub(super) fn worst<'a>(view: &View<'a>) -> Option<&'a Job> {
    let gravity = |job: &Job| match (verdict::verdict_line(view.snapshot, Some(job)).0, job.phase) {
        (Role::Bad, Phase::Running) => 4,
        (Role::Bad, Phase::Ended { .. }) => 3,
        (Role::Warn, Phase::Running) => 2,
        (Role::Warn, Phase::Ended { .. }) => 1,
        _ => 0,
    };
    let graded = view.jobs().map(|job| (gravity(job), job)).filter(|(gravity, _)| *gravity > 0);
    graded.reduce(|worst, one| if one.0 > worst.0 { one } else { worst }).map(|(_, job)| job)
}

/// What a job among several is called, short: its PID.
pub(super) fn called(job: &Job) -> String {
    job.root().map_or_else(|| words::command(&job.name).to_owned(), |pid| pid.to_string())
}

/// What several jobs do together that are all well, gravest first.
pub(super) fn together(view: &View<'_>) -> Option<Vec<String>> {
    let sum = view.snapshot.sum.as_ref()?;
    let ended = sum.jobs.saturating_sub(sum.running);
    let mut said = vec![match (sum.running, ended) {
        (0, ended) => format!("all {ended} jobs have ended well"),
        (running, 0) => format!("all {running} jobs run"),
        (running, ended) => {
            format!("{} run, {ended} ended well", words::counted(running as usize, "job", "jobs"))
        }
    }];
    said.extend(sum.throughput.map(|rate| format!(": {} in all", metric::per_second(rate))));
    let share = sum.done.zip(sum.total).filter(|(_, total)| *total > 0);
    said.extend(share.map(|(done, total)| format!(", {} done", metric::percent(done as f64 / total as f64))));
    Some(said)
}
