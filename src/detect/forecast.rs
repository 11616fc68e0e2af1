//! When is the limit reached, if memory goes on as it does? Pure, and silent where it does not know.
//!
//! The trend is a Theil-Sen line (the median slope of all pairs of points), with the interval that Sen gave for it: P. K.
//! Sen, Estimates of the regression coefficient based on Kendall's tau, 1968. It is drawn through the lower envelope: a
//! garbage collector lets memory climb and drops it again, and only what is left after each collection says where it
//! goes. The whole past and its newer half must agree, so that a start-up that loads data and then rests, or a
//! single step, is no trend.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::job::Forecast;
use crate::model::series::Series;

/// Nothing is said of a shorter past.
const SHORTEST: Duration = Duration::from_secs(20);
/// After a past of `s` seconds a limit may be foretold `s * s / FORESIGHT` seconds ahead: a minute tells of six, ten
/// minutes tell of ten hours.
const FORESIGHT: f64 = 10.0;
/// Nor is anything said of what is further away.
const FURTHEST: f64 = 24.0 * 3_600.0;
/// Steps into which the past is cut; the lowest point of each stands for it.
const STEPS: usize = 30;
/// A fall by this share of the range of all values is memory given back.
const FALL: f64 = 0.2;
/// Falls from which on what is left after each is a past of its own.
const FEWEST_TROUGHS: usize = 5;
/// The least points that make a line.
const FEWEST_POINTS: usize = 8;
/// The fastest trend that the past allows to think may be so many times the slowest.
const WIDEST: f64 = 4.0;
/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.96;

/// A point: seconds before now (negative), and how full the limit was.
type Point = (f64, f64);

/// A trend: how much fuller the limit gets in a second, at the least and at the most; and how full it is now, by it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trend {
    slowest: f64,
    likeliest: f64,
    fastest: f64,
    level: f64,
}

/// When the limit is reached that is as full as `fill` now, and was as full as `past` says.
pub fn forecast(past: &Series, fill: f64, now: Moment) -> Option<Forecast> {
    let seconds = |at: Moment| -now.since(at).as_secs_f64();
    let mut points: Vec<Point> = past.iter().map(|(at, fill)| (seconds(at), fill)).collect();
    points.push((0.0, fill));
    let span = -points.first()?.0;
    // It can't be full soon that has not risen at all.
    let lowest = points.iter().map(|&(_, fill)| fill).reduce(f64::min)?;
    if span < SHORTEST.as_secs_f64() || fill >= 1.0 || fill <= lowest {
        return None;
    }
    let newer = points.partition_point(|&(at, _)| at < -span / 2.0);
    let (whole, recent) = (trend(&points)?, trend(&points[newer..])?);
    let (slowest, fastest) = (whole.slowest.min(recent.slowest), whole.fastest.max(recent.fastest));
    if slowest <= 0.0 || fastest > slowest * WIDEST {
        return None;
    }
    let room = 1.0 - recent.level;
    let full_in = room / recent.likeliest;
    // A collector that comes too late lets memory reach as high above its trend as it did before.
    let highest = points[newer..].iter().map(|&(at, fill)| fill - recent.likeliest * at).reduce(f64::max)?;
    let horizon = (span * span / FORESIGHT).min(FURTHEST);
    let after = |seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    (full_in <= horizon).then_some(Forecast {
        full_in: after(full_in)?,
        at_earliest: after(((1.0 - highest.max(recent.level)) / fastest).min(full_in))?,
        at_latest: after((room / slowest).max(full_in))?,
    })
}

fn trend(points: &[Point]) -> Option<Trend> {
    let envelope = envelope(points)?;
    let mut slopes = Vec::with_capacity(envelope.len() * (envelope.len() - 1) / 2);
    for (n, &(at, fill)) in envelope.iter().enumerate() {
        slopes.extend(envelope[n + 1..].iter().map(|&(later, then)| (then - fill) / (later - at)));
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let likeliest = median(&slopes)?;
    let n = envelope.len() as f64;
    let spread = Z * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let rank = |rank: f64| slopes.get((rank.max(0.0) as usize).min(slopes.len() - 1)).copied();
    let (middle, reach) = (slopes.len() as f64 * 0.5, spread * 0.5);
    let mut levels: Vec<f64> = envelope.iter().map(|&(at, fill)| fill - likeliest * at).collect();
    levels.sort_unstable_by(f64::total_cmp);
    Some(Trend {
        slowest: rank(middle - reach)?,
        likeliest,
        fastest: rank(middle + reach)?,
        level: median(&levels)?,
    })
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let (low, high) = (*sorted.get(middle.checked_sub(1)?)?, *sorted.get(middle)?);
    Some(if sorted.len().is_multiple_of(2) { low.midpoint(high) } else { high })
}

/// What is left after each collection, where there are such; otherwise the lowest point of each step.
///
/// `None` where memory was given back too seldom to tell what is left of it each time.
fn envelope(points: &[Point]) -> Option<Vec<Point>> {
    let troughs = troughs(points);
    if !troughs.is_empty() {
        return (troughs.len() >= FEWEST_TROUGHS).then(|| lowest(&troughs));
    }
    let steps = lowest(points);
    (steps.len() >= FEWEST_POINTS).then_some(steps)
}

/// The lowest point of each step; all of them where there are not more than steps.
fn lowest(points: &[Point]) -> Vec<Point> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= STEPS {
        return points.to_vec();
    }
    let (first, last) = (first.0, last.0);
    let width = (last - first) / STEPS as f64;
    let lower = |one: Point, other: Point| if other.1 < one.1 { other } else { one };
    let mut steps: Vec<(usize, Point)> = Vec::with_capacity(STEPS + 1);
    for &point in points {
        let step = ((point.0 - first) / width) as usize;
        match steps.last_mut() {
            Some((known, lowest)) if *known == step => *lowest = lower(*lowest, point),
            _ => steps.push((step, point)),
        }
    }
    steps.into_iter().map(|(_, point)| point).collect()
}

/// The lowest points after falls of more than [`FALL`] of the range.
fn troughs(points: &[Point]) -> Vec<Point> {
    let values = || points.iter().map(|&(_, fill)| fill);
    let range = values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min);
    let fall = range * FALL;
    let mut troughs = Vec::new();
    let Some(&first) = points.first() else { return troughs };
    let (mut peak, mut trough) = (first.1, None::<Point>);
    for &(at, fill) in points {
        match trough {
            None if fill < peak - fall => trough = Some((at, fill)),
            None => peak = peak.max(fill),
            Some((_, lowest)) if fill < lowest => trough = Some((at, fill)),
            Some((_, lowest)) if fill > lowest + fall => {
                troughs.extend(trough.take());
                peak = fill;
            }
            Some(_) => {}
        }
    }
    // The last one may fall further, but it was given back: no climb goes on over it.
    troughs.extend(trough);
    troughs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from -1 to 1 that look random and are the same in every run.
    fn noise(n: u64) -> f64 {
        let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    /// The forecast after `seconds` of this fill, one point a second.
    fn after(seconds: u64, fill: impl Fn(f64) -> f64) -> Option<Forecast> {
        let mut series = Series::default();
        for second in 0..seconds {
            series.push(Moment::from_millis(second * 1_000), fill(second as f64));
        }
        forecast(&series, fill(seconds as f64), Moment::from_millis(seconds * 1_000))
    }

    /// A saw of a period and a height.
    fn saw(second: f64, period: f64, height: f64) -> f64 {
        (second % period) / period * height
    }

    #[test]
    fn a_climb_is_foretold() {
        type Fill = fn(f64) -> f64;
        // What happens, for how long, and the seconds until it is full.
        let cases: [(&str, u64, Fill, f64); 7] = [
            ("straight", 300, |s| 0.2 + s * 0.001, 500.0),
            ("straight, of a short past", 60, |s| 0.2 + s * 0.01, 20.0),
            ("straight, with noise", 300, |s| 0.2 + s * 0.001 + noise(s as u64) * 0.01, 500.0),
            ("steps", 400, |s| 0.2 + (s / 20.0).floor() * 0.02, 400.0),
            ("a saw on a rising floor", 600, |s| 0.2 + s * 0.0005 + saw(s, 30.0, 0.2), 1_000.0),
            ("a saw on a rising floor, mid-tooth", 590, |s| 0.2 + s * 0.0005 + saw(s, 40.0, 0.1), 1_010.0),
            (
                "a rest, then a climb as long as two thirds",
                600,
                |s| 0.2 + (s - 200.0).max(0.0) * 0.001,
                400.0,
            ),
        ];
        for (what, seconds, fill, full_in) in cases {
            let told = after(seconds, fill);
            let told = told.unwrap_or_else(|| panic!("{what}: silent"));
            let likeliest = told.full_in.as_secs_f64();
            assert!((likeliest / full_in - 1.0).abs() < 0.1, "{what}: {told:?}");
            assert!(told.at_earliest <= told.full_in && told.full_in <= told.at_latest, "{what}: {told:?}");
            assert!(told.at_earliest.as_secs_f64() <= full_in * 1.01, "{what}: {told:?}");
            assert!(told.at_latest.as_secs_f64() >= full_in * 0.99, "{what}: {told:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        type Fill = fn(f64) -> f64;
        let cases: [(&str, u64, Fill); 15] = [
            ("flat", 600, |_| 0.5),
            ("too short", 15, |s| 0.2 + s * 0.01),
            ("further away than the past reaches", 60, |s| 0.2 + s * 0.001),
            ("falling", 600, |s| 0.9 - s * 0.001),
            ("noise", 600, |s| 0.5 + noise(s as u64) * 0.2),
            ("a saw on a flat floor", 600, |s| 0.3 + saw(s, 30.0, 0.4)),
            ("a saw on a flat floor, mid-tooth", 595, |s| 0.3 + saw(s, 50.0, 0.4)),
            ("a saw that was cut once", 300, |s| 0.3 + saw(s, 200.0, 0.4)),
            ("a start-up, then flat", 600, |s| 0.1 + s.min(120.0) * 0.005),
            ("a start-up of more than half, then flat", 600, |s| 0.1 + s.min(400.0) * 0.001),
            ("one step", 600, |s| if s < 400.0 { 0.3 } else { 0.6 }),
            ("slowing down", 600, |s| 0.7 - 0.6 * (-s / 150.0).exp()),
            ("full already", 300, |s| 0.8 + s * 0.001),
            // Memory that was given back once may be given back again.
            ("one peak in a climb", 300, |s| if s as u64 == 100 { 0.9 } else { 0.2 + s * 0.001 }),
            ("a day away", 600, |s| 0.2 + s * 0.000_001),
        ];
        for (what, seconds, fill) in cases {
            assert_eq!(after(seconds, fill), None, "{what}");
        }
    }

    #[test]
    fn a_saw_is_never_a_trend_wherever_it_is_looked_at() {
        for period in [7, 12, 30, 45, 60, 90, 150, 280] {
            // The first tooth alone is a climb like any other.
            for seconds in (2 * period..2 * period + 600).step_by(13) {
                let told = after(seconds, |s| 0.3 + saw(s, period as f64, 0.4) + noise(s as u64) * 0.005);
                assert_eq!(told, None, "a period of {period}, after {seconds}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn a_forecast_is_in_order(fills in proptest::collection::vec(0.0..1.2_f64, 0..700)) {
            let mut series = Series::default();
            for (n, &fill) in fills.iter().enumerate() {
                series.push(Moment::from_millis(n as u64 * 500), fill);
            }
            let now = Moment::from_millis(fills.len() as u64 * 500);
            if let Some(told) = forecast(&series, fills.last().copied().unwrap_or(0.5), now) {
                assert!(told.at_earliest <= told.full_in && told.full_in <= told.at_latest);
            }
        }
    }
}
