//! Will memory run out, and does the machine already pay for having too little of it?

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Forecast, Job, MemoryLimit, Phase};
use crate::model::member::Role;
use crate::model::metric::{Bytes, span};
use crate::model::series::Series;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// Time enough to look, to think and to act: further away, a forecast is a word on the screen and no alert.
const SOON: Duration = Duration::from_mins(15);
/// Time enough to end the job in good order, and for nothing else.
const VERY_SOON: Duration = Duration::from_mins(3);
/// A limit that is more than half empty alarms nobody: what loads its data climbs as a leak does, and stops.
const HALF_FULL: f64 = 0.5;
/// Nor does a past that is shorter than most collectors take from one collection to the next, unless there is hardly
/// any room left.
const KNOWN: Duration = Duration::from_mins(1);
/// So full that a short past will do.
const FULL: f64 = 0.7;
/// Two looks must agree that lie at least so far apart.
const APART: Duration = Duration::from_secs(5);
/// They agree when the moments they foretell differ by this share of what is left, or by less than [`APART`].
const AGREE: f64 = 0.25;
/// What two looks agreed on is told for so long, so that a forecast that comes and goes is one alert.
const HELD: Duration = Duration::from_secs(30);

/// The memory limit that binds is reached soon, if all goes on as it does.
pub fn memory_forecast(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let memory = job.memory.as_ref().and_then(|memory| Some((memory.limit.as_ref()?, memory.forecast)));
    let Some((limit, forecast)) = memory else { return Verdict::NotYetKnown("no limit is known") };
    let held = HELD.max(past.interval * 3);
    let fullest = job.history.fill.max_since(past.now, held).unwrap_or(0.0).max(limit.fill());
    let begun = job.history.fill.iter().next().map_or(past.now, |(at, _)| at);
    let trusted = if fullest >= FULL { begun } else { begun.plus(KNOWN) };
    let Some(soonest) = agreed(&job.history.full_in, past.now, held, trusted) else {
        return if forecast.is_some() { Verdict::Fine } else { Verdict::NotYetKnown("no trend is known") };
    };
    if soonest > SOON || fullest < HALF_FULL {
        return Verdict::Fine;
    }
    let severity = if soonest <= VERY_SOON { Severity::Critical } else { Severity::Warning };
    let headline = match forecast {
        Some(forecast) => format!("memory full in {} at this rate", span(forecast.full_in)),
        None => "a moment ago memory was about to be full".to_owned(),
    };
    claim(Condition::MemoryForecast, severity, headline, evidence(job, limit, forecast))
}

/// The soonest that two looks of the last `held` agreed on, none of them older than `trusted`.
fn agreed(looks: &Series, now: Moment, held: Duration, trusted: Moment) -> Option<Duration> {
    let is_recent = |&(at, _): &(Moment, f64)| now.since(at) <= held && at >= trusted;
    let recent: Vec<(Moment, f64)> = looks.iter().rev().take_while(is_recent).collect();
    // The newest comes first.
    let agrees = |n: usize, at: Moment, left: f64| {
        recent[n + 1..].iter().any(|&(before, then)| {
            let apart = at.since(before);
            let off = (then - apart.as_secs_f64() - left).abs();
            apart >= APART && off <= (AGREE * left).max(APART.as_secs_f64())
        })
    };
    let sure = recent.iter().enumerate().filter(|&(n, &(at, left))| agrees(n, at, left));
    sure.map(|(_, &(_, left))| left).reduce(f64::min).and_then(|left| Duration::try_from_secs_f64(left).ok())
}

fn evidence(job: &Job, limit: &MemoryLimit, forecast: Option<Forecast>) -> Vec<Text> {
    let room = limit.room();
    let mut evidence = vec![Text::from(format!(
        "{} of {} used, {room} left, limit: {}",
        limit.used, limit.limit, limit.scope
    ))];
    if let Some(forecast) = forecast {
        let a_minute = Bytes((room.0 as f64 * 60.0 / forecast.full_in.as_secs_f64().max(1.0)) as u64);
        let (earliest, latest) = (span(forecast.at_earliest), span(forecast.at_latest));
        evidence.push(Text::from(format!(
            "it rises by {a_minute} a minute: full in {earliest} at the earliest, {latest} at the latest"
        )));
    }
    evidence.extend(grows_most(job));
    evidence
}

/// Who of the job grows most, where somebody does.
fn grows_most(job: &Job) -> Option<Text> {
    let growing = job.members.iter().filter(|member| member.activity.is_alive());
    let (member, growth) = growing
        .filter_map(|member| Some((member, member.growth.filter(|growth| *growth >= 1.0)?)))
        .max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let part = if member.role == Role::Worker { "worker" } else { "process" };
    let holds = member.memory.map(|memory| format!(", it holds {memory}")).unwrap_or_default();
    let growth = Bytes(growth as u64);
    Some(Text::from(format!(
        "{part} {} ({}) grows most: {growth} a minute{holds}",
        member.id, member.about.name
    )))
}
