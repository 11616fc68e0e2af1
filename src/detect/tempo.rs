//! Does it get slower? The throughput against the job's own past, and the time an item takes against the items done.
//!
//! Both read the done counter from its beginning on. A drop is told when the newest steps of equal time, three at least,
//! lie below half of what the slow steps before them had: the past itself says how much noise is usual, whatever
//! its distribution. A slow-down is told when the time an item takes grows from one tenth of the work to the next, in
//! nearly every pair of them (Kendall's rank correlation): one step, a slow start and noise are no such growth.

use std::time::Duration;

use super::Past;
use super::progress::claim;
use super::rhythm::has_work;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::metric::{per_second, span};
use crate::model::text::Text;
use crate::model::verdict::{Condition, Severity, Verdict};

/// No drop is told of a shorter past.
const SHORTEST: f64 = 300.0;
/// Steps are no shorter than this, in seconds,
const SHORTEST_STEP: f64 = 10.0;
/// and no more than this many.
const MOST_STEPS: usize = 48;
/// So many steps are the past, at the least, and so many what is new.
const OLD: usize = 12;
const NEW: usize = 3;
/// A step of the past has so many items: with fewer, chance alone makes half.
const ITEMS: f64 = 20.0;
/// The slow steps of the past are the slowest, but for so many: a pause is none of them.
const SLOW_STEPS: f64 = 0.05;
/// They have at least this share of the middle step: of work that comes in fits and starts longer steps are looked at.
const EVEN: f64 = 0.8;
/// What is new lasts for so many seconds, at the least,
const NEW_SPAN: f64 = 60.0;
/// lies below this share of those steps,
const DROP: f64 = 0.5;
/// and none of it above this share of the middle one.
const NOT_ABOVE: f64 = 0.8;

/// Parts into which the work done is cut for the time an item takes.
const PARTS: usize = 12;
/// Items in each, and the time that all of them took, at the least.
const PART_ITEMS: f64 = 10.0;
const SLOW_AFTER: f64 = 600.0;
/// In so many pairs of parts the later one was slower.
const SLOWER_PAIRS: f64 = 0.9;
/// An item takes so many times what it took at first.
const SLOWER: f64 = 2.5;
/// And the middle lies between both: a single step is a drop.
const BETWEEN: f64 = 1.2;

/// The done counter: seconds before now (negative), items.
type Point = (f64, f64);

/// The throughput is far below what it was, and goes on.
pub fn throughput_drop(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if !is_counting(job) || is_nearly_done(job) {
        return Verdict::Fine;
    }
    let points = points(job, past.now);
    let Some(drop) = find_drop(&points) else { return Verdict::Fine };
    if growth(&points).is_some() {
        // Told as a slow-down.
        return Verdict::Fine;
    }
    let headline = format!(
        "throughput fell from {} to {}, {} ago",
        per_second(drop.from),
        per_second(drop.to),
        span(Duration::from_secs_f64(drop.ago))
    );
    let evidence = vec![
        Text::from(format!("medians over steps of {}", span(Duration::from_secs_f64(drop.step)))),
        Text::from(format!("the slow steps before had {}", per_second(drop.low))),
        Text::from(format!("{} busy of {} workers", job.workers.busy, job.workers.alive)),
    ];
    claim(Condition::ThroughputDrop, Severity::Warning, headline, evidence)
}

/// Each item takes longer than those before it.
pub fn slow_down(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    if !is_counting(job) {
        return Verdict::Fine;
    }
    let points = points(job, past.now);
    let Some(growth) = growth(&points) else { return Verdict::Fine };
    let each = |seconds: f64| span(Duration::from_secs_f64(seconds));
    let headline =
        format!("each item takes longer: {:.1} times what it took at first", growth.last / growth.first);
    let many = |seconds: f64| {
        // Short times are told of a thousand items.
        if seconds < 0.1 { format!("{} a thousand", each(seconds * 1_000.0)) } else { each(seconds) }
    };
    let mut evidence = vec![Text::from(format!(
        "an item took {} at first, {} in the middle and {} of late",
        many(growth.first),
        many(growth.middle),
        many(growth.last)
    ))];
    if let Some(left) =
        job.progress.total.zip(job.progress.done).map(|(total, done)| total.saturating_sub(done))
    {
        let left = left as f64;
        let even = Duration::try_from_secs_f64(left * growth.last);
        let growing = Duration::try_from_secs_f64(left * (growth.last + growth.per_item * left / 2.0));
        if let (Ok(even), Ok(growing)) = (even, growing) {
            let (growing, even) = (span(growing), span(even));
            evidence
                .push(Text::from(format!("what is left takes {growing} if that goes on, and {even} if not")));
        }
    }
    claim(Condition::SlowDown, Severity::Warning, headline, evidence)
}

fn is_counting(job: &Job) -> bool {
    job.phase == Phase::Running && job.kind != JobKind::Scan && has_work(&job.progress)
}

/// At the end there are fewer tasks left than workers: it slows down by itself.
fn is_nearly_done(job: &Job) -> bool {
    let left = job.progress.total.zip(job.progress.done).map(|(total, done)| total.saturating_sub(done));
    left.is_some_and(|left| left <= 2 * u64::from(job.workers.alive))
}

fn points(job: &Job, now: Moment) -> Vec<Point> {
    let seconds = |at: Moment| -now.since(at).as_secs_f64();
    let mut points: Vec<Point> =
        job.history.done_long.points().iter().map(|&(at, done)| (seconds(at), done)).collect();
    if points.last().is_some_and(|&(at, _)| at < 0.0) {
        points.extend(job.progress.done.map(|done| (0.0, done as f64)));
    }
    points
}

/// From what to what the throughput fell, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Drop {
    from: f64,
    low: f64,
    to: f64,
    ago: f64,
    step: f64,
}

fn find_drop(points: &[Point]) -> Option<Drop> {
    let length = -points.first()?.0;
    if length < SHORTEST {
        return None;
    }
    let mut step = (length / MOST_STEPS as f64).max(SHORTEST_STEP);
    while length / step >= (OLD + NEW) as f64 {
        if let Some(drop) = drop_in_steps(points, step, (length / step) as usize) {
            return Some(drop);
        }
        step *= 2.0;
    }
    None
}

fn drop_in_steps(points: &[Point], step: f64, steps: usize) -> Option<Drop> {
    let edges = (0..=steps).map(|n| -((steps - n) as f64) * step);
    let done: Vec<f64> = along(points, edges).collect();
    let rates: Vec<f64> = done.windows(2).map(|pair| (pair[1] - pair[0]) / step).collect();
    let newest = median(&rates[rates.len() - NEW..]);
    // The rest is looked at only where there may be something.
    if newest <= 0.0 || newest > DROP * median(&rates) * 1.5 && newest > DROP * median(&rates[..OLD]) {
        return None;
    }
    // The first place that fits: no step after it is high again.
    (OLD..=rates.len() - NEW).find_map(|at| {
        let (old, new) = rates.split_at(at);
        let (from, to) = (median(old), median(new));
        // A slow start is no part of what is usual.
        let begun = old.iter().position(|&rate| rate >= from * NOT_ABOVE).unwrap_or(0);
        let old = old.get(begun..).filter(|old| old.len() >= OLD)?;
        let low = quantile(old, SLOW_STEPS);
        let highest = new.iter().copied().fold(0.0, f64::max);
        let goes_on = new.last().is_some_and(|&last| last > to * 0.25);
        let is_drop = from * step >= ITEMS
            && to > 0.0
            && low >= from * EVEN
            && to <= low * DROP
            && highest <= from * NOT_ABOVE
            && new.len() as f64 * step >= NEW_SPAN
            && goes_on;
        is_drop.then_some(Drop { from, low, to, ago: (rates.len() - at) as f64 * step, step })
    })
}

/// What an item takes at first, in the middle and of late, in seconds, and by how much more each next one does.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Growth {
    first: f64,
    middle: f64,
    last: f64,
    per_item: f64,
}

fn growth(points: &[Point]) -> Option<Growth> {
    let (first, last) = (points.first()?, points.last()?);
    let items = (last.1 - first.1) / PARTS as f64;
    if items < PART_ITEMS || last.0 - first.0 < SLOW_AFTER {
        return None;
    }
    // The same line, read the other way: when so many were done.
    let turned: Vec<Point> = points.iter().map(|&(at, done)| (done, at)).collect();
    let edges = (0..=PARTS).map(|n| items.mul_add(n as f64, first.1));
    let at: Vec<f64> = along(&turned, edges).collect();
    let each: Vec<f64> = at.windows(2).map(|pair| (pair[1] - pair[0]) / items).collect();
    let third = PARTS / 3;
    let [early, middle, late] = [0, 1, 2].map(|n| median(&each[n * third..(n + 1) * third]));
    let is_growth = late >= early * SLOWER && middle >= early * BETWEEN && late >= middle * BETWEEN;
    if !is_growth || slower_pairs(&each) < SLOWER_PAIRS {
        return None;
    }
    let per_item = (late - early) / (items * (2 * third) as f64);
    Some(Growth { first: early, middle, last: late, per_item })
}

/// The share of pairs in which the later one is larger.
fn slower_pairs(each: &[f64]) -> f64 {
    let pairs = each.len() * (each.len() - 1) / 2;
    let slower: usize =
        (0..each.len()).map(|n| each[n + 1..].iter().filter(|&&later| later > each[n]).count()).sum();
    slower as f64 / pairs as f64
}

/// What a line through these points has at these places, which rise.
fn along(points: &[Point], places: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    let mut at = 0;
    places.map(move |place| {
        while at + 2 < points.len() && points[at + 1].0 < place {
            at += 1;
        }
        let (Some(&from), Some(&to)) = (points.get(at), points.get(at + 1)) else { return 0.0 };
        let width = to.0 - from.0;
        let share = if width > 0.0 { ((place - from.0) / width).clamp(0.0, 1.0) } else { 1.0 };
        share.mul_add(to.1 - from.1, from.1)
    })
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A counter after `seconds`, which makes so many items in each.
    fn counted(seconds: u32, rate: impl Fn(f64, f64) -> f64) -> Vec<Point> {
        let mut done = 0.0;
        let mut points = Vec::new();
        for second in 0..=seconds {
            points.push((f64::from(second) - f64::from(seconds), f64::floor(done)));
            done += rate(f64::from(second), done).max(0.0);
        }
        points
    }

    #[test]
    fn a_drop_is_told_from_what_to_what_and_when() {
        type Rate = fn(f64, f64) -> f64;
        let cases: [(&str, u32, Rate, f64, f64); 4] = [
            ("a step", 660, |s, _| if s < 600.0 { 10.0 } else { 3.0 }, 3.0, 60.0),
            ("a step long ago", 1_200, |s, _| if s < 600.0 { 10.0 } else { 3.0 }, 3.0, 600.0),
            (
                "after a slow start",
                900,
                |s, _| {
                    if s < 100.0 {
                        1.0
                    } else if s < 700.0 {
                        8.0
                    } else {
                        2.0
                    }
                },
                2.0,
                200.0,
            ),
            (
                "with noise",
                900,
                |s, _| (if s < 700.0 { 9.0 } else { 3.0 }) + (s * 7.7).sin() * 3.0,
                3.0,
                200.0,
            ),
        ];
        for (what, seconds, rate, to, ago) in cases {
            let drop = find_drop(&counted(seconds, rate)).unwrap_or_else(|| panic!("{what}: silent"));
            assert!((drop.to / to - 1.0).abs() < 0.3, "{what}: {drop:?}");
            assert!((drop.ago - ago).abs() <= drop.step.max(ago * 0.25), "{what}: {drop:?}");
        }
    }

    #[test]
    fn what_is_no_drop_is_not_told() {
        type Rate = fn(f64, f64) -> f64;
        let cases: [(&str, u32, Rate); 8] = [
            ("constant", 900, |_, _| 5.0),
            ("a slow start", 900, |s, _| if s < 300.0 { 1.0 } else { 9.0 }),
            ("noise", 900, |s, _| 5.0 + (s * 3.3).sin() * 5.0),
            ("bursts", 900, |s, _| if ((s / 20.0) as u32).is_multiple_of(3) { 15.0 } else { 0.5 }),
            ("a short pause", 900, |s, _| if (870.0..880.0).contains(&s) { 0.0 } else { 5.0 }),
            ("a stall, which is told as such", 900, |s, _| if s < 800.0 { 5.0 } else { 0.0 }),
            ("too short", 100, |s, _| if s < 60.0 { 10.0 } else { 1.0 }),
            ("what was there already at the start", 900, |s, _| if s < 20.0 { 500.0 } else { 5.0 }),
        ];
        for (what, seconds, rate) in cases {
            assert_eq!(find_drop(&counted(seconds, rate)), None, "{what}");
        }
    }

    #[test]
    fn growth_is_told_and_a_step_is_not() {
        type Rate = fn(f64, f64) -> f64;
        let cases: [(&str, u32, Rate, bool); 8] = [
            ("linear growth", 900, |_, done| 10.0 / (1.0 + done / 500.0), true),
            ("quadratic growth", 900, |_, done| 10.0 / (1.0 + (done / 800.0).powi(2)), true),
            ("with noise", 1_800, |s, done| 10.0 / (1.0 + done / 900.0) + (s * 3.1).sin(), true),
            ("constant", 900, |_, _| 5.0, false),
            ("a slow start", 900, |s, _| if s < 300.0 { 1.0 } else { 9.0 }, false),
            ("one step", 900, |s, _| if s < 450.0 { 10.0 } else { 2.0 }, false),
            ("noise", 900, |s, _| 5.0 + (s * 0.011).sin() * 3.0, false),
            ("slightly slower", 900, |_, done| 10.0 / (1.0 + done / 20_000.0), false),
        ];
        for (what, seconds, rate, is_told) in cases {
            let growth = growth(&counted(seconds, rate));
            assert_eq!(growth.is_some(), is_told, "{what}: {growth:?}");
        }
    }
}
