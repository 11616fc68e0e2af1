//! How fast a gauge rises, told only where that is clear.
//!
//! The slope is Theil's and Sen's: the median of the slopes between all pairs of points, which up to 29 % of bad
//! points don't move. It is no forecast: who shows it says "at this rate". A rise is clear when the window is long
//! enough, when the points lie close to one line, and when the newest third still rises like the whole; a single
//! step, a sawtooth and a plateau after a climb are none.

use std::time::Duration;

use super::clock::Moment;
use super::series::Series;

/// How far back points count.
pub const WINDOW: Duration = Duration::from_mins(5);

/// From less history no trend is told.
pub const AT_LEAST: Duration = Duration::from_mins(1);

/// Points that slopes are drawn between: medians of so many equal steps. 20 points make 190 slopes.
const STEPS: usize = 20;

/// Fewer points tell nothing, however far they lie apart.
const FEWEST: usize = 10;

/// A rise over the window is clear from so many times the median distance of the points from their line.
const CLEAR: f64 = 6.0;

/// The newest third rises with this share of the whole window's slope at least.
const STILL: f64 = 0.5;

/// How much the gauge rises a second; `None` when it does not, or not clearly.
pub fn rise(series: &Series, now: Moment) -> Option<f64> {
    let points = points(series, now);
    let (first, last) = (points.first()?, points.last()?);
    let span = last.0 - first.0;
    // The outer steps lie half a step within the window.
    let whole = span * points.len() as f64 / (points.len() - 1).max(1) as f64;
    if points.len() < FEWEST || whole < AT_LEAST.as_secs_f64() {
        return None;
    }
    let slope = slope(&points).filter(|&slope| slope > 0.0)?;
    let start = median(points.iter().map(|(x, y)| y - slope * x).collect())?;
    let noise = median(points.iter().map(|(x, y)| (y - slope * x - start).abs()).collect())?;
    let newest = &points[points.len() * 2 / 3..];
    let still = self::slope(newest)?;
    (slope * span >= CLEAR * noise && still >= slope * STILL).then_some(slope)
}

/// The window in equal steps: seconds since its oldest point, and the median of the values.
fn points(series: &Series, now: Moment) -> Vec<(f64, f64)> {
    let mut recent: Vec<_> = series.iter().rev().take_while(|&(at, _)| now.since(at) <= WINDOW).collect();
    recent.reverse();
    let Some(&(begin, _)) = recent.first() else { return Vec::new() };
    let a_step = recent.len().div_ceil(STEPS).max(1);
    let middle = |points: &[(Moment, f64)]| {
        let at: f64 = points.iter().map(|&(at, _)| at.since(begin).as_secs_f64()).sum();
        Some((at / points.len() as f64, median(points.iter().map(|&(_, value)| value).collect())?))
    };
    recent.chunks(a_step).filter_map(middle).collect()
}

/// The median of the slopes between all pairs.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (n, (x, y)) in points.iter().enumerate() {
        slopes.extend(points[n + 1..].iter().filter(|(other, _)| other > x).map(|(a, b)| (b - y) / (a - x)));
    }
    median(slopes)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point a second.
    fn check(what: &str, seconds: u64, value: impl Fn(f64) -> f64, expected: Option<f64>) {
        let mut series = Series::default();
        for second in 0..=seconds {
            series.push(Moment::from_millis(second * 1_000), value(second as f64));
        }
        let rise = rise(&series, Moment::from_millis(seconds * 1_000));
        match (rise, expected) {
            (Some(rise), Some(expected)) => assert!((rise / expected - 1.0).abs() < 0.1, "{what}: {rise}"),
            _ => assert_eq!(rise, expected, "{what}"),
        }
    }

    #[test]
    fn only_a_clear_rise_is_told() {
        let noise = |s: f64| (s * 12.9898).sin() * 43_758.545 % 1.0;
        check("a straight climb", 120, |s| 100.0 + 3.0 * s, Some(3.0));
        check("a climb that trembles", 300, |s| 1_000.0 + 3.0 * s + 20.0 * noise(s), Some(3.0));
        check("a climb with outliers", 300, |s| if s as u64 % 11 == 5 { 9e4 } else { 3.0 * s }, Some(3.0));
        check("too short", 50, |s| 100.0 + 3.0 * s, None);
        check("flat", 300, |_| 100.0, None);
        check("falling", 300, |s| 1_000.0 - s, None);
        check("noise", 300, |s| 1_000.0 + 20.0 * noise(s), None);
        check("one step", 300, |s| if s < 150.0 { 100.0 } else { 900.0 }, None);
        check("a plateau after a climb", 300, |s| 100.0 + 3.0 * s.min(190.0), None);
        check("a sawtooth", 300, |s| 100.0 + 10.0 * (s % 20.0), None);
        check("a staircase that goes on", 300, |s| 100.0 + (s / 12.0).floor() * 36.0, Some(3.0));
        check("only the last minutes count", 599, |s| if s < 280.0 { 5_000.0 } else { 3.0 * s }, Some(3.0));
    }

    #[test]
    fn nothing_and_one_point_are_no_trend() {
        let mut series = Series::default();
        assert_eq!(rise(&series, Moment::from_millis(0)), None);
        series.push(Moment::from_millis(0), 1.0);
        assert_eq!(rise(&series, Moment::from_millis(0)), None);
    }
}
