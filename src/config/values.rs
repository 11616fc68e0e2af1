//! Values people type: spans, shares, sizes; pure.

use std::time::Duration;

/// A span: `90`, `500ms`, `60s`, `5m`, `2h`, `1d`, or several in a row as `1h30m`.
pub fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a span of time: try 500ms, 60s, 5m, 2h or 1h30m");
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let seconds = match unit.trim() {
            "" | "s" => 1.0,
            "ms" => 0.001,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        sum = sum.checked_add(part).ok_or_else(wrong)?;
        rest = next;
    }
    Ok(sum)
}

/// A span that a screen or a sampler can keep: a tenth of a second to an hour.
pub fn interval(text: &str) -> Result<Duration, String> {
    let interval = span(text)?;
    if (Duration::from_millis(100)..=Duration::from_hours(1)).contains(&interval) {
        Ok(interval)
    } else {
        Err("an interval lies between 100ms and 1h".into())
    }
}

/// A span, or `off`.
pub fn span_or_off(text: &str) -> Result<OrOff<Duration>, String> {
    if text == "off" { Ok(OrOff(None)) } else { span(text).map(|span| OrOff(Some(span))) }
}

/// A share: `70%` or `0.7`, or `off`.
pub fn share_or_off(text: &str) -> Result<OrOff<f64>, String> {
    if text == "off" {
        return Ok(OrOff(None));
    }
    let wrong = || format!("{text:?} is not a share: try 70% or 0.7, or off");
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.parse::<f64>().map_err(|_| wrong())?,
    };
    if share > 0.0 && share <= 1.0 { Ok(OrOff(Some(share))) } else { Err(wrong()) }
}

/// A share that can't be switched off.
pub fn share(text: &str) -> Result<f64, String> {
    share_or_off(text)?.0.ok_or_else(|| format!("{text:?} is not a share: try 90% or 0.9"))
}

/// A value that can be switched off; a type of its own, for clap gives `Option` another meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrOff<T>(pub Option<T>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let cases = [
            ("90", Some(90_000)),
            ("500ms", Some(500)),
            ("1.5s", Some(1_500)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("2 h", Some(7_200_000)),
            ("", None),
            ("s", None),
            ("-5s", None),
            ("5 fortnights", None),
            ("1e9d", None),
            ("99999999999999999999d", None),
        ];
        for (text, millis) in cases {
            assert_eq!(span(text).ok(), millis.map(Duration::from_millis), "{text:?}");
        }
        assert!(interval("10ms").is_err() && interval("2h").is_err() && interval("1s").is_ok());
    }

    #[test]
    fn shares_are_percent_or_parts_of_one() {
        assert_eq!(share_or_off("70%"), Ok(OrOff(Some(0.7))));
        assert_eq!(share_or_off("0.7"), Ok(OrOff(Some(0.7))));
        assert_eq!(share_or_off("off"), Ok(OrOff(None)));
        assert!(share_or_off("70").is_err() && share_or_off("0%").is_err() && share_or_off("NaN").is_err());
    }
}
