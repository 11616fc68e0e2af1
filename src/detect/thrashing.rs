//! Does the machine spend its time on fetching back what it has just dropped from memory?
//!
//! Two things must come together for a while: tasks wait for memory (PSI, `Documentation/accounting/psi.rst`), and pages
//! come back from disk that were there a moment ago. Who reads large files makes pages come and go and waits for none of
//! them; who allocates fast waits for memory now and then and fetches nothing back.

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, Phase};
use crate::model::metric::{count, percent};
use crate::model::pressure::{Pressure, Waiting};
use crate::model::series::Series;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// From here on nothing else gets done to speak of: systemd-oomd kills at 0.6.
const MOSTLY_WAITING: f64 = 0.5;
/// It has to be so for this long. The kernel's figures are means of ten seconds already.
const SUSTAINED: Duration = Duration::from_secs(10);
/// And is told until it was not so for this long.
const HELD: Duration = Duration::from_secs(30);

/// Tasks wait for memory that has to come back from disk.
pub fn thrashing(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let read = job.pressure.as_ref().and_then(|pressure| Some((pressure, pressure.memory?)));
    let Some((pressure, waiting)) = read else {
        return Verdict::NotYetKnown("this kernel does not tell who waits for memory (PSI)");
    };
    let times = past.interval * 3;
    let held = (HELD + SUSTAINED).max(times);
    let Some(worst) = sustained(&job.history.thrashing, past.now, held, SUSTAINED.max(times)) else {
        return Verdict::Fine;
    };
    let severity = if worst >= MOSTLY_WAITING { Severity::Critical } else { Severity::Warning };
    let share = percent(waiting.some);
    let headline = if pressure.thrashing().is_some() {
        format!("thrashing: tasks wait for memory {share} of the time")
    } else {
        "thrashing a moment ago: tasks waited for memory that came back from disk".to_owned()
    };
    claim(Condition::Thrashing, severity, headline, evidence(job, pressure, waiting))
}

/// The most that was waited in looks of the last `held` that follow each other for `span` and longer.
fn sustained(looks: &Series, now: Moment, held: Duration, span: Duration) -> Option<f64> {
    let recent: Vec<_> = looks.iter().rev().take_while(|&(at, _)| now.since(at) <= held).collect();
    // Looks without it count as nothing, and part one time from the next.
    let runs = recent.split(|&(_, share)| share <= 0.0);
    let long = runs.filter(|run| match run {
        [newest, .., oldest] => newest.0.since(oldest.0) >= span,
        _ => false,
    });
    long.flatten().map(|&(_, share)| share).reduce(f64::max)
}

fn evidence(job: &Job, pressure: &Pressure, waiting: Waiting) -> Vec<Text> {
    let full = waiting.full.map(|full| format!(", all of them {}", percent(full))).unwrap_or_default();
    let mut evidence = vec![Text::from(format!(
        "of the last 10 s some tasks waited for memory {}{full} (PSI of {})",
        percent(waiting.some),
        pressure.scope
    ))];
    let rates = [
        ("major faults of the job", pressure.major_faults),
        ("pages wanted again soon after they were dropped", pressure.refaulted),
        ("pages that came back from swap", pressure.swapped_in),
    ];
    let told = rates.into_iter().filter_map(|(what, rate)| Some((what, rate.filter(|rate| *rate >= 1.0)?)));
    evidence.extend(told.map(|(what, rate)| Text::from(format!("{} {what} a second", count(rate as u64)))));
    let limit = job.memory.as_ref().and_then(|memory| memory.limit.as_ref());
    evidence.extend(
        limit.map(|limit| {
            Text::from(format!("{} of {} used, limit: {}", limit.used, limit.limit, limit.scope))
        }),
    );
    evidence
}
