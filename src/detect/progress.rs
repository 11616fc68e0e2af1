//! Is it making progress, and in time?

use super::Past;
use super::rhythm::{at_work, patience};
use crate::config::limits::Limits;
use crate::model::job::Phase;
use crate::model::metric::span;
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// No beat for longer than `--heartbeat`, or than this job's own rhythm allows. Burning CPU is no beat.
pub fn no_heartbeat(past: &Past<'_>, limits: &Limits) -> Verdict {
    let job = past.job;
    if limits.heartbeat.is_none() || job.phase != Phase::Running {
        return Verdict::Fine;
    }
    if let Some(verdict) = said_to_be_stuck(past) {
        return verdict;
    }
    if let Some(why) = job.beat.said.and_then(|said| said.asks_for_patience(past.now)) {
        return Verdict::NotYetKnown(why);
    }
    let Some(age) = job.beat.age(past.now) else {
        return Verdict::NotYetKnown("no source of beats");
    };
    let patience = match patience(past, limits) {
        Ok(patience) => patience,
        Err(why) => return Verdict::NotYetKnown(why),
    };
    if age <= patience.limit {
        return Verdict::Fine;
    }
    let headline = match job.beat.last {
        Some(_) => format!("no heartbeat for {}", span(age)),
        None => format!("no heartbeat since the watching began {} ago", span(age)),
    };
    let mut evidence = vec![Text::from(patience.why)];
    if let Some(source) = &job.beat.last_source {
        evidence.push(Text::from(format!("the last beat was {source}")));
    }
    if limits.is_heartbeat_asked {
        evidence
            .extend(job.beat.rhythm(past.interval).map(|rhythm| Text::from(format!("until then {rhythm}"))));
    }
    evidence.extend(at_work(job));
    evidence.push(Text::from(format!("looked for in {}", listed(&job.beat.sources))));
    claim(Condition::NoHeartbeat, patience.severity, headline, evidence)
}

/// The job itself told that it is stuck: nobody knows better.
fn said_to_be_stuck(past: &Past<'_>) -> Option<Verdict> {
    let beat = &past.job.beat;
    let since = beat.said?.is_stuck_since(beat.last)?;
    let headline = format!("the job says that it is stuck, for {}", span(past.now.since(since)));
    let mut evidence = vec![Text::from("the job itself said that its watchdog fired (WATCHDOG=trigger)")];
    evidence.extend(at_work(past.job));
    Some(claim(Condition::NoHeartbeat, Severity::Critical, headline, evidence))
}

/// The whole run takes longer than `--timeout`.
pub fn over_time(past: &Past<'_>, limits: &Limits) -> Verdict {
    let Some(limit) = limits.timeout else { return Verdict::Fine };
    if past.job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let Some(running) = past.job.running_for(past.now) else {
        return Verdict::NotYetKnown("the start is not known");
    };
    if running <= limit {
        return Verdict::Fine;
    }
    let headline = format!("running for {}, longer than {}", span(running), span(limit));
    let left =
        past.job.progress.time_left.map(|left| Text::from(format!("{} left at this rate", span(left))));
    claim(Condition::OverTime, Severity::Warning, headline, left.into_iter().collect())
}

fn listed(sources: &[Text]) -> String {
    sources.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// A verdict about the whole job.
pub(super) fn claim(
    condition: Condition,
    severity: Severity,
    headline: String,
    evidence: Vec<Text>,
) -> Verdict {
    Verdict::Raised(vec![Claim {
        condition,
        severity,
        subject: None,
        headline: Text::from(headline),
        evidence,
    }])
}
