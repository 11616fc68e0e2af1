//! Spans and amounts in the few columns that a screen has, chosen so that they seldom change: what jumps costs
//! bytes on the line and eyes in front of it.

use std::borrow::Cow;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::view::View;
use crate::model::job::Forecast;
use crate::model::metric::{self, Bytes};

/// From so many columns on a header has room for more than the gravest.
const ROOMY: u16 = 60;

/// An age in its one or two largest units: `52s`, `41m`, `2h 05m`, `3d 04h`.
pub(super) fn age(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3_600 => format!("{}m", secs / 60),
        _ => metric::span(span),
    }
}

/// What is left, in words: `40 s`, `18 min`, `2 h 05 min`, `3 d 4 h`.
pub(super) fn left(span: Duration) -> String {
    let secs = span.as_secs();
    match secs {
        0..10 => "< 10 s".to_owned(),
        10..120 => format!("{} s", secs / 10 * 10),
        120..3_600 => format!("{} min", secs / 60),
        3_600..86_400 => format!("{} h {:02} min", secs / 3_600, secs / 60 % 60),
        _ => format!("{} d {} h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// That the screen is held, and since when: `HELD 2m 10s ago (12:03:41 UTC)`.
pub(super) fn held(view: &View<'_>, width: u16) -> String {
    let back = view.newest.since(view.snapshot.at);
    if back < Duration::from_secs(1) {
        return "HELD".to_owned();
    }
    if width < ROOMY {
        return format!("HELD {} ago", age(back));
    }
    let back = if back < Duration::from_mins(1) { age(back) } else { metric::span(back) };
    let seconds = view.snapshot.wall.0.div_euclid(1_000).rem_euclid(86_400).unsigned_abs();
    format!("HELD {back} ago ({} UTC)", metric::clock(Duration::from_secs(seconds)))
}

/// When something is foreseen: `11 min`, or `9 to 14 min` where less is known.
pub(super) fn foreseen(forecast: &Forecast) -> String {
    let (earliest, latest) = (left(forecast.at_earliest), left(forecast.at_latest));
    if forecast.at_latest <= forecast.at_earliest.mul_f64(1.25) || earliest == latest {
        return left(forecast.full_in);
    }
    // Minutes only; hours have minutes behind them.
    let minutes = |text: &str| text.strip_suffix(" min").filter(|n| !n.contains(' ')).map(str::to_owned);
    let from = minutes(&earliest).filter(|_| minutes(&latest).is_some());
    format!("{} to {latest}", from.unwrap_or(earliest))
}

/// Bytes a second: `12.1 MiB/s`.
pub(super) fn byte_rate(rate: f64) -> String {
    format!("{}/s", Bytes(rate.max(0.0) as u64))
}

/// A value that has no room, in fewer columns and with its unit: `62.7M/s` for `62.7 MiB/s`, `1.23G` for a count of
/// more digits than there are columns.
pub(super) fn narrowed(value: &str, width: u16) -> Cow<'_, str> {
    let fits = |text: &str| text.width() <= usize::from(width);
    if fits(value) {
        return value.into();
    }
    let tight = value.replace("iB", "").replace(' ', "");
    if fits(&tight) {
        return tight.into();
    }
    match value.replace(',', "").parse::<u64>() {
        Ok(count) => metric::per_second(count as f64).trim_end_matches("/s").replace(' ', "").into(),
        Err(_) => value.into(),
    }
}

/// How a sum of proportional set sizes was come by, the longest words first.
pub(super) fn shares(estimated: u32, of: u32) -> Vec<String> {
    if estimated == 0 {
        return vec!["PSS: shared pages count once".to_owned(), "PSS".to_owned()];
    }
    let some = format!("PSS, {} of {} estimated", metric::count(estimated.into()), metric::count(of.into()));
    vec![format!("{some}: shared pages count once"), some, "PSS, estimated".to_owned(), "PSS".to_owned()]
}

/// A count with its noun, in the plural where it is not one.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", metric::count(n as u64), if n == 1 { one } else { many })
}

/// A command line as people call it: `/opt/python-3.11/bin/python3 etl.py` is `python3 etl.py`.
pub(super) fn command(line: &str) -> &str {
    let program = line.split(' ').next().unwrap_or(line);
    match program.rfind('/') {
        Some(at) if at + 1 < program.len() => &line[at + 1..],
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_loses_the_path_to_its_program_only() {
        for (line, expected) in [
            ("/opt/python-3.11/bin/python3 /srv/etl.py", "python3 /srv/etl.py"),
            ("python3 /srv/etl.py", "python3 /srv/etl.py"),
            ("./load", "load"),
            ("etl-2026-11", "etl-2026-11"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(command(line), expected);
        }
    }

    #[test]
    fn spans_are_coarse() {
        let ages = [(4, "4s"), (112, "1m"), (2_472, "41m"), (7_500, "2h 05m")];
        for (secs, expected) in ages {
            assert_eq!(age(Duration::from_secs(secs)), expected);
        }
        let lefts =
            [(4, "< 10 s"), (47, "40 s"), (1_100, "18 min"), (7_500, "2 h 05 min"), (100_000, "1 d 3 h")];
        for (secs, expected) in lefts {
            assert_eq!(left(Duration::from_secs(secs)), expected);
        }
    }

    #[test]
    fn a_value_never_loses_its_unit() {
        for (value, width, expected) in [
            ("62.7 MiB/s", 10, "62.7 MiB/s"),
            ("62.7 MiB/s", 9, "62.7M/s"),
            ("1,234,567,890", 9, "1.23G"),
            ("10,241", 9, "10,241"),
            ("16 alive", 7, "16alive"),
        ] {
            assert_eq!(narrowed(value, width), expected);
        }
    }

    #[test]
    fn what_is_foreseen_is_told_with_its_doubt() {
        for ([earliest, likely, latest], expected) in [
            ([600, 660, 700], "11 min"),
            ([540, 660, 840], "9 to 14 min"),
            ([100, 300, 900], "100 s to 15 min"),
            ([3_000, 4_000, 7_500], "50 min to 2 h 05 min"),
        ] {
            let [at_earliest, full_in, at_latest] = [earliest, likely, latest].map(Duration::from_secs);
            assert_eq!(foreseen(&Forecast { full_in, at_earliest, at_latest }), expected);
        }
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "alert", "alerts"), "1 alert");
        assert_eq!(counted(12_431, "file", "files"), "12,431 files");
    }
}
