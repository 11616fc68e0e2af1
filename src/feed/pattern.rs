//! Counters in a line of output, by a pattern with named groups; pure.

use regex::Regex;

use crate::model::reading::CountersRead;
use crate::model::text::Text;

/// Names that a pattern may give its groups.
pub const NAMES: [&str; 4] = ["done", "total", "in_flight", "failed"];

/// Why a pattern can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error("the pattern is not a regular expression: {0}")]
    Syntax(#[from] Box<regex::Error>),
    /// It names no counter.
    #[error(
        "the pattern names no counter: name one at least, as in 'done=(?P<done>\\d+)/(?P<total>\\d+)'; the names are done, total, in_flight, failed"
    )]
    NoCounter,
}

/// A pattern that finds counters in a line.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// Finds counters that stand by their name elsewhere in a line in which `regex` found something.
    named: Option<Regex>,
    name: Text,
}

impl Pattern {
    /// The user's own pattern.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(Box::new)?;
        if !regex.capture_names().flatten().any(|name| NAMES.contains(&name)) {
            return Err(PatternError::NoCounter);
        }
        Ok(Self { regex, named: None, name: Text::from("--progress") })
    }

    /// A pattern that was chosen on the screen; it is called by the word before its first group.
    pub fn chosen(pattern: &str) -> Result<Self, PatternError> {
        let before = pattern.split("(?P<").next().unwrap_or_default();
        let before: String = before.replace("\\s", " ").chars().filter(|c| !r"\^*+?".contains(*c)).collect();
        let word = before.trim().rsplit(' ').next().unwrap_or_default();
        let name = Text::from(format!("chosen: {word}…"));
        Ok(Self { name, ..Self::new(pattern)? })
    }

    /// What is looked for without a pattern of the user's: `12/200`, `12 of 200`, with or without a name
    /// before it.
    ///
    /// Dates (`2026/11/21`), paths and versions have a third part, a letter or a point beside them and don't
    /// count.
    pub fn counts() -> Self {
        const COUNTS: &str = r"(?:^|[\s=:(\[|])(?P<done>\d{1,15})\s?(?:/|of|out of)\s?(?P<total>[1-9]\d{0,14})(?:[\s,;:)\]|%]|[.](?:\s|$)|$)";
        const NAMED: &str = r"(?i)\b(?:in[_ -]?flight\s*[=:]\s*(?P<in_flight>\d{1,15})|(?:failed|errors)\s*[=:]\s*(?P<failed>\d{1,15}))\b";
        let constant = |pattern| Regex::new(pattern).expect("a constant pattern, tested");
        Self { regex: constant(COUNTS), named: Some(constant(NAMED)), name: Text::from("n/m in its output") }
    }

    /// The counters in a line; the last match wins, for bars print the newest figure last. A count above its
    /// total is no progress (`done > total` reads a ratio or a date).
    pub fn read(&self, line: &str) -> CountersRead {
        // A digit is the cheapest thing every match has.
        if !line.bytes().any(|byte| byte.is_ascii_digit()) {
            return CountersRead::default();
        }
        let found = self
            .regex
            .captures_iter(line)
            .filter(|found| self.named.is_none() || is_of_work(line, found))
            .last();
        let Some(found) = found else {
            return CountersRead::default();
        };
        let mut read = counters(&found);
        for named in self.named.iter().flat_map(|named| named.captures_iter(line)) {
            let more = counters(&named);
            read.in_flight = more.in_flight.or(read.in_flight);
            read.failed = more.failed.or(read.failed);
        }
        match (read.done, read.total) {
            (Some(done), Some(total)) if done > total => CountersRead::default(),
            _ => read,
        }
    }
}

/// Words before or after a count that say that it counts no work.
const NO_WORK: [&str; 14] = [
    "attempt", "attempts", "retry", "retries", "try", "tries", "rank", "gpu", "worker", "workers", "node",
    "nodes", "replica", "replicas",
];

/// False for `attempt 2/5` and `2/2 workers`.
fn is_of_work(line: &str, found: &regex::Captures<'_>) -> bool {
    let ends = found.name("done").zip(found.name("total"));
    let Some((done, total)) = ends else { return true };
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let before = line[..done.start()].trim_end_matches(|c| !is_letter(c) && c != '\n');
    // Only what stands right before it: a name, a colon or so, a blank.
    let is_near = done.start() - before.len() <= 2;
    let before = before.rsplit(|c| !is_letter(c)).next().unwrap_or_default();
    let after = line[total.end()..].trim_start();
    let after = after.split(|c| !is_letter(c)).next().unwrap_or_default();
    let is_no_work = |word: &str| NO_WORK.iter().any(|name| word.eq_ignore_ascii_case(name));
    !((is_near && is_no_work(before)) || is_no_work(after))
}

/// The counters in the named groups of a match.
fn counters(found: &regex::Captures<'_>) -> CountersRead {
    let group = |name: &str| found.name(name).and_then(|group| number(group.as_str()));
    CountersRead {
        done: group("done"),
        total: group("total"),
        in_flight: group("in_flight"),
        failed: group("failed"),
        ..CountersRead::default()
    }
}

/// A count, with or without thousands marks.
fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | '\'' | ' ')).collect();
    digits.parse().ok()
}

/// The first of `patterns` that finds something in the line.
pub fn read_first<'a>(patterns: &'a [Pattern], line: &str) -> Option<(CountersRead, &'a Text)> {
    patterns.iter().find_map(|pattern| {
        let read = pattern.read(line);
        (!read.is_empty()).then_some((read, &pattern.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(line: &str) -> (Option<u64>, Option<u64>) {
        let read = Pattern::counts().read(line);
        (read.done, read.total)
    }

    #[test]
    fn counts_are_found_where_people_see_them() {
        let cases = [
            ("12/200", Some((12, 200))),
            ("done=12/200 in_flight=4", Some((12, 200))),
            (" 64%|██████▍   | 9216/14400 [39:20<22:07,  3.9it/s]", Some((9_216, 14_400))),
            ("[12/200] Building CXX object foo.o", Some((12, 200))),
            ("processed 12 of 200 files", Some((12, 200))),
            ("step 3 out of 10.", Some((3, 10))),
            ("epoch 1/3, batch 17/40", Some((17, 40))),
            ("2026/11/21 06:12:00 started", None),
            ("reading /data/12/200/part.bin", None),
            ("version 1.2/3.4", None),
            ("ratio 5/2", None),
            ("nothing here", None),
            ("attempt 2/5 of batch", None),
            ("Retry: 1 of 3", None),
            ("ready: 1/2 workers", None),
            ("worker done: 3/4", Some((3, 4))),
            ("0/0", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map_or((None, None), |(done, total)| (Some(done), Some(total)));
            assert_eq!(counts(line), expected, "{line}");
        }
    }

    #[test]
    fn counters_that_stand_by_their_name_are_read_beside_a_count() {
        let read = |line| {
            let read = Pattern::counts().read(line);
            (read.done, read.in_flight, read.failed)
        };
        assert_eq!(read("12/200 [00:04<01:00, in_flight=4]"), (Some(12), Some(4), None));
        assert_eq!(read("12 of 200, in flight: 3, failed: 1"), (Some(12), Some(3), Some(1)));
        assert_eq!(read("in_flight=4"), (None, None, None), "only beside a count");
    }

    #[test]
    fn a_pattern_of_the_users_own_names_its_counters() {
        let pattern = Pattern::new(r"ok (?P<done>[\d,]+), bad (?P<failed>\d+)").expect("it is valid");
        let read = pattern.read("ok 1,204, bad 3");
        assert_eq!((read.done, read.failed, read.total), (Some(1_204), Some(3), None));
        let name = |pattern| Pattern::chosen(pattern).expect("it is valid").name.to_string();
        assert_eq!(name(r"rows=(?P<done>\d+)"), "chosen: rows=…");
        assert_eq!(name(r"INFO\s+loaded\s*(?P<done>[\d,]+)"), "chosen: loaded…");
        assert!(matches!(Pattern::new("("), Err(PatternError::Syntax(_))));
        assert!(matches!(Pattern::new(r"(\d+)"), Err(PatternError::NoCounter)));
        assert!(matches!(Pattern::new("(?P<other>x)"), Err(PatternError::NoCounter)));
    }
}
