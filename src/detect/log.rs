//! What does its own output say of trouble?

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, Phase};
use crate::model::metric::{count, per_second, percent, span};
use crate::model::process::Exit;
use crate::model::sign::{Sign, SignClass};
use crate::model::snapshot::THROUGHPUT_WINDOW;
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// A sign that tells of a moment is told for this long.
const FRESH: Duration = Duration::from_mins(5);
/// A job without a beat for so long after its output spoke of a broken pool stands still.
const STANDS_STILL: Duration = Duration::from_secs(20);
/// A program whose main process misses a module says so and ends; one that goes on for this long did not end.
const GOES_ON: Duration = Duration::from_secs(2);
/// Signs that are told one by one.
const TOLD_APART: usize = 4;
/// Throughput that is this share of what it was is worth a word.
const SLOWER: f64 = 0.9;
/// A summary or a broken pool within so many lines of the end stands among the last words.
const LAST_WORDS: u64 = 20;
/// The first line of a traceback stands further from its end.
const LAST_TRACEBACK: u64 = 25;
/// A line of level ERROR must be nearer: more often than not the job goes on after it.
const LAST_ERROR: u64 = 3;

/// The output says that the job goes on with less than it asked for.
pub fn degraded_mode(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let signs: Vec<&Sign> = job
        .signs
        .of(SignClass::Degraded)
        .filter(|sign| sign.kind.stays || is_open(sign, job, past.now))
        .collect();
    let Some(first) = signs.first() else { return Verdict::Fine };
    let mut evidence = told(&signs, past.now);
    evidence.extend(cost(first, job));
    evidence.extend(advice(first));
    claim(Condition::DegradedMode, Severity::Warning, headline("degraded", &signs), evidence)
}

/// The output says that the engine or the pool that runs the tasks is broken.
///
/// Told while it is fresh and for as long as no beat has come since. It goes with a job that ended badly, for it is
/// most often the reason. A line may speak of somebody else's trouble: what was measured decides how bad it is.
pub fn toolchain_panic(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if matches!(job.phase, Phase::Ended { exit: Exit::Code(0), .. }) {
        return Verdict::Fine;
    }
    let signs: Vec<&Sign> =
        job.signs.of(SignClass::ToolchainPanic).filter(|sign| is_open(sign, job, past.now)).collect();
    let Some(first) = signs.first() else { return Verdict::Fine };
    let mut evidence = told(&signs, past.now);
    evidence.extend(advice(first));
    let is_borne_out = !job.is_running()
        || job.workers.lost > 0
        || signs.iter().any(|sign| has_stopped_since(sign, job) && past.now.since(sign.last) >= STANDS_STILL);
    let severity = if is_borne_out { Severity::Critical } else { Severity::Warning };
    claim(Condition::ToolchainPanic, severity, headline("its output says", &signs), evidence)
}

/// The output says that a module is missing, and the job goes on: then it is missing in a part of it, mostly in the
/// environment of its workers.
pub fn module_missing(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let goes_on = |sign: &&Sign| past.now.since(sign.first) >= GOES_ON && is_open(sign, job, past.now);
    let signs: Vec<&Sign> = job.signs.of(SignClass::ModuleMissing).filter(goes_on).collect();
    let Some(first) = signs.first() else { return Verdict::Fine };
    let mut evidence = told(&signs, past.now);
    if job.workers.alive > 0 {
        evidence.push(Text::from(format!("the job goes on with {} workers", job.workers.alive)));
    }
    evidence.extend(advice(first));
    let headline = format!("{}, and the job goes on", first.kind.about);
    claim(Condition::ModuleMissing, Severity::Warning, headline, evidence)
}

/// The exit is clean, and the counters or the last words of the output tell of failures.
///
/// Errors that stand before other output were got over, as far as anybody can tell, and so were those of a job
/// that did all it had to do: of those only what its last words count is told.
pub fn errors_at_clean_exit(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    let Phase::Ended { exit: Exit::Code(0), .. } = job.phase else { return Verdict::Fine };
    let is_full = job.progress.share().is_some_and(|share| share >= 1.0);
    let is_last = |sign: &&Sign| {
        let after = job.log.seen.saturating_sub(sign.line);
        match (sign.kind.class, sign.kind.id.as_str()) {
            (SignClass::Summary, _) => after < LAST_WORDS,
            _ if is_full => false,
            (SignClass::ToolchainPanic | SignClass::ModuleMissing, _) => after < LAST_WORDS,
            (SignClass::Error, "traceback") => after < LAST_TRACEBACK,
            (SignClass::Error, _) => after < LAST_ERROR,
            (SignClass::Degraded | SignClass::Secret, _) => false,
        }
    };
    let signs: Vec<&Sign> = job.signs.seen.iter().filter(is_last).collect();
    let failed = job.progress.failed.filter(|&failed| failed > 0);
    if signs.is_empty() && failed.is_none() {
        return Verdict::Fine;
    }
    let mut evidence: Vec<Text> = Vec::new();
    if let Some(failed) = failed {
        let of = job.progress.total.or(job.progress.done).map(|total| format!(" of {}", count(total)));
        let source = job.progress.source.as_ref().map(|source| format!(", by {source}"));
        let (of, source) = (of.unwrap_or_default(), source.unwrap_or_default());
        evidence.push(Text::from(format!("{}{of} failed{source}", count(failed))));
    }
    evidence.extend(signs.iter().take(TOLD_APART).map(|sign| quoted(sign)));
    evidence.push(Text::from("the exit code is 0 all the same"));
    let headline = match (failed, signs.first()) {
        (Some(failed), _) => format!("ended with exit code 0, and {} failed", count(failed)),
        (None, Some(sign)) => format!("ended with exit code 0, and {} tells of trouble", place(sign)),
        (None, None) => return Verdict::Fine,
    };
    claim(Condition::ErrorsAtCleanExit, Severity::Warning, headline, evidence)
}

fn place(sign: &Sign) -> &'static str {
    match sign.kind.class {
        SignClass::Error if sign.kind.id.as_str() == "traceback" => "a traceback at the end of its output",
        SignClass::Error => "an error at the end of its output",
        _ => "the end of its output",
    }
}

/// A sign of a moment that is fresh, or after which nothing has moved.
fn is_open(sign: &Sign, job: &Job, now: Moment) -> bool {
    let until = match job.phase {
        Phase::Running => now,
        Phase::Ended { at, .. } => at,
    };
    until.since(sign.last) <= FRESH || has_stopped_since(sign, job)
}

/// True when a beat is looked for, and none has come after this sign.
fn has_stopped_since(sign: &Sign, job: &Job) -> bool {
    !job.beat.sources.is_empty() && job.beat.last.is_none_or(|beat| beat <= sign.last)
}

fn headline(lead: &str, signs: &[&Sign]) -> String {
    let about = signs.first().map_or("", |sign| sign.kind.about.as_str());
    match signs.len() {
        0 | 1 => format!("{lead}: {about}"),
        n => format!("{lead}: {about}, and {} more", n - 1),
    }
}

/// What the lines say, how often and since when.
fn told(signs: &[&Sign], now: Moment) -> Vec<Text> {
    let words = |sign: &&Sign| {
        let since = span(now.since(sign.first));
        let often = match sign.count {
            0 | 1 => format!("{since} ago"),
            n => format!("{} times, first {since} ago", count(n)),
        };
        Text::from(format!("{} ({often})", quoted(sign)))
    };
    signs.iter().take(TOLD_APART).map(words).collect()
}

fn quoted(sign: &Sign) -> Text {
    Text::from(format!("“{}”", sign.excerpt))
}

/// What it costs in throughput, where that is known before and after.
fn cost(sign: &Sign, job: &Job) -> Option<Text> {
    let before = sign.throughput_before.filter(|&before| before > 0.0)?;
    // Until its window has passed a throughput tells of the time before, too.
    let from = sign.first.plus(THROUGHPUT_WINDOW);
    let since = job.history.throughput.median_between(from, Moment::from_millis(u64::MAX))?;
    let rates = format!("{} before and {} since", per_second(before), per_second(since));
    Some(Text::from(if since < before * SLOWER {
        format!("throughput: {rates}, {} less", percent(1.0 - since / before))
    } else {
        format!("throughput: {rates}")
    }))
}

fn advice(sign: &Sign) -> Option<Text> {
    Some(sign.kind.advice.clone()).filter(|advice| !advice.is_empty())
}

#[cfg(test)]
pub(super) mod tests;
