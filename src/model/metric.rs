//! Units, and how each of them is written: the one place that turns numbers into words.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An amount of memory or data, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// The larger of nothing and `self - other`.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self(0), |sum, item| sum + item)
    }
}

/// Binary units with three figures: `982 B`, `4.10 MiB`, `62.0 GiB`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&scaled(self.0 as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]))
    }
}

/// Binary units in at most five columns, for tables: `982B`, `4.1M`, `62.0G`.
pub fn compact_bytes(bytes: Bytes) -> String {
    scaled(bytes.0 as f64, 1024.0, &["B", "K", "M", "G", "T", "P"]).replace(' ', "")
}

/// What a job's counters count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Tasks, rows, files: whatever the job calls done.
    #[default]
    Items,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// So many of them: `14,400` or `4.10 MiB`.
    pub fn amount(self, n: u64) -> String {
        match self {
            Self::Items => count(n),
            Self::Bytes => Bytes(n).to_string(),
        }
    }

    /// So many of them a second: `41.2 k/s` or `4.10 MiB/s`.
    pub fn rate(self, rate: f64) -> String {
        match self {
            Self::Items => per_second(rate),
            Self::Bytes => format!("{}/s", Bytes(rate.max(0.0) as u64)),
        }
    }
}

/// A rate in whatever is counted, with three figures: `0 /s`, `3.92 /s`, `41.2 k/s`.
pub fn per_second(rate: f64) -> String {
    format!("{}/s", scaled(rate, 1000.0, &["", "k", "M", "G", "T"]))
}

/// A count with thousands apart: `14,400`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A span in its two largest units: `0.4s`, `52s`, `1m 52s`, `2h 05m`, `3d 04h`.
pub fn span(duration: Duration) -> String {
    let secs = duration.as_secs();
    match secs {
        0..10 => format!("{:.1}s", (duration.as_secs_f64() * 10.0).floor() / 10.0),
        10..60 => format!("{secs}s"),
        60..3_600 => format!("{}m {:02}s", secs / 60, secs % 60),
        3_600..86_400 => format!("{}h {:02}m", secs / 3_600, secs / 60 % 60),
        _ => format!("{}d {:02}h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// A span between two looks: `250ms`, `1s`, `1m`.
pub fn interval(duration: Duration) -> String {
    match duration.as_millis() as u64 {
        millis if millis % 1_000 != 0 => format!("{millis}ms"),
        millis if millis % 60_000 == 0 => format!("{}m", millis / 60_000),
        millis => format!("{}s", millis / 1_000),
    }
}

/// A running time as a clock shows it: `00:41:12`.
pub fn clock(duration: Duration) -> String {
    let secs = duration.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

/// A share of one as whole percent: `66 %`. What lacks the last task is not `100 %`.
pub fn percent(share: f64) -> String {
    let most = if share < 1.0 { 99.0 } else { f64::MAX };
    format!("{:.0} %", (share * 100.0).min(most))
}

/// Spans are written as seconds in JSON, for people and for jq: `#[serde(with = "seconds")]`.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    /// Writes a span.
    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(span.as_secs_f64())
    }

    /// Reads a span; negative or endless ones are refused.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(D::Error::custom)
    }
}

/// The same for spans that may not be known: `#[serde(with = "maybe_seconds")]`.
pub mod maybe_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize as _, Serializer, de::Error as _};

    /// Writes a span or null.
    pub fn serialize<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        span.map(|span| span.as_secs_f64()).serialize(serializer)
    }

    /// Reads a span or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds.map(Duration::try_from_secs_f64).transpose().map_err(D::Error::custom)
    }
}

/// Three figures and a unit; the value steps to the next unit before it would need four figures.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value.max(0.0);
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let whole = unit == 0 && value.fract() == 0.0;
    let decimals = if whole || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_three_figures_and_never_four() {
        let cases = [
            (0, "0 B"),
            (982, "982 B"),
            (1_000, "0.98 KiB"),
            (4_300_000, "4.10 MiB"),
            (66_571_993_088, "62.0 GiB"),
            (1_073_741_824 * 999, "999 GiB"),
            (u64::MAX, "16384 PiB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Bytes(bytes).to_string(), expected);
        }
    }

    #[test]
    fn rates_and_spans_read_like_the_fields_own() {
        let rates = [(0.0, "0 /s"), (3.92, "3.92 /s"), (41_234.0, "41.2 k/s")];
        for (rate, expected) in rates {
            assert_eq!(per_second(rate), expected);
        }
        assert_eq!((Unit::Items.amount(4_000), Unit::Items.rate(2.5)), ("4,000".into(), "2.50 /s".into()));
        assert_eq!((Unit::Bytes.amount(4_096), Unit::Bytes.rate(51.2)), ("4.00 KiB".into(), "51 B/s".into()));
        let spans = [(440, "0.4s"), (52_000, "52s"), (112_000, "1m 52s"), (7_500_000, "2h 05m")];
        for (millis, expected) in spans {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
        assert_eq!(count(14_400), "14,400");
        assert_eq!(count(999), "999");
        assert_eq!(clock(Duration::from_secs(2_472)), "00:41:12");
    }
}
