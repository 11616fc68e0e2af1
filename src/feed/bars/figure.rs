//! Figures as tools print them: counts with thousands marks, rounded amounts, times; pure.

use std::time::Duration;

/// A whole number, with or without thousands marks.
pub(super) fn count(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | '\'')).collect();
    digits.parse().ok()
}

/// An amount such as `19.1M`, `68 MiB` or `12,345`. A prefix alone counts in steps of `step`; with `iB` after it in
/// steps of 1024.
pub(super) fn amount(text: &str, step: f64) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(text.len());
    let (figure, suffix) = text.split_at(end);
    let value: f64 = figure.replace(',', "").parse().ok()?;
    let suffix = suffix.trim_start();
    let step = if suffix.contains("iB") { 1024.0 } else { step };
    Some(value * prefix(suffix, step).unwrap_or(1.0))
}

/// What the prefix that a text begins with multiplies by.
pub(super) fn prefix(text: &str, step: f64) -> Option<f64> {
    let power = match text.bytes().next()? {
        b'k' | b'K' => 1,
        b'M' => 2,
        b'G' => 3,
        b'T' => 4,
        b'P' => 5,
        b'E' => 6,
        _ => return None,
    };
    Some(step.powi(power))
}

/// A rounded amount as a count.
pub(super) fn whole(value: f64) -> Option<u64> {
    // Above 2^53 a float no longer tells one from the next.
    (0.0..9.0e15).contains(&value).then(|| value.round() as u64)
}

/// A time: `1:02:03`, `00:01`, `2.7s`, `1h2m3s`, `1.3min`, `2 days, 1:00:00`. `?` and `--:--` are none.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let seconds = if text.contains(':') { clock(text)? } else { units(text)? };
    Duration::try_from_secs_f64(seconds).ok()
}

fn clock(text: &str) -> Option<f64> {
    let (days, rest) = match text.split_once("day") {
        Some((days, rest)) => (days.trim().parse().ok()?, rest.trim_start_matches(['s', ',', ' '])),
        None => (0.0, text),
    };
    let mut seconds = 0.0;
    for part in rest.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(days * 86_400.0 + seconds)
}

fn units(mut text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = text[..end].parse().ok()?;
        text = text[end..].trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        seconds += value
            * match &text[..end] {
                "ms" => 0.001,
                "s" | "sec" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        text = text[end..].trim_start();
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_counts() {
        assert_eq!(
            (count("6,300,000"), count("12"), count("1.5"), count("")),
            (Some(6_300_000), Some(12), None, None)
        );
        let close = |text, step, expected: f64| {
            let found = amount(text, step).unwrap();
            assert!((found - expected).abs() < 1.0, "{text}: {found}");
        };
        close("57.2M", 1_000.0, 57_200_000.0);
        close("57.2M", 1_024.0, 59_978_547.2);
        close("68 MiB", 1_000.0, 71_303_168.0);
        close("1,234", 1_000.0, 1_234.0);
        assert_eq!(amount("M", 1_000.0), None);
    }

    #[test]
    fn times() {
        let seconds = |text| duration(text).map(|time| time.as_secs_f64());
        let cases = [
            ("0:00:02", Some(2.0)),
            ("01:01", Some(61.0)),
            ("2 days, 1:00:00", Some(176_400.0)),
            ("2.7s", Some(2.7)),
            ("1h2m3s", Some(3_723.0)),
            ("1.5min", Some(90.0)),
            ("6m 3s", Some(363.0)),
            ("?", None),
            ("--:--:--", None),
            ("-:--", None),
            ("12", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,40}") {
            let _ = (count(&text), amount(&text, 1024.0).and_then(whole), duration(&text));
        }
    }
}
