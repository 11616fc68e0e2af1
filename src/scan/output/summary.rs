//! What every format says of the scan itself: what was found and read, and what was not read, with its reason.
//!
//! A report document carries it as JSON, so that the reports of several shards add up to one.

use serde::{Deserialize, Serialize};

use crate::scan::finding::Level;
use crate::scan::progress::{Report, Skip};

/// The word for files that fall to another shard.
const ELSEWHERE: &str = "elsewhere";
/// How many reasons a sum may hold: all that there are, and some of later versions.
const MOST_REASONS: usize = 64;

/// What a scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Places where a secret stands that is almost surely real.
    pub high: u64,
    /// Those that probably are.
    pub medium: u64,
    /// Those that possibly are.
    pub low: u64,
    /// Lines that are only high in entropy, listed or not.
    pub entropy: u64,
    /// Places that the baseline accepts; they are in no other count.
    pub accepted: u64,
    /// Places that comments on the line and the lists of other scanners let through; they are in no other count.
    pub allowed: u64,
    /// Findings that were counted and are not in the report: beyond `--top`, or beyond what one file may report.
    pub not_listed: u64,
    /// Files that were read, or that the cache knows to hold nothing.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of the files that the cache answered, so that they were not scanned again.
    #[serde(skip_serializing_if = "is_none")]
    pub cached: u64,
    /// Files with binary content, in which only provider tokens and keys were looked for.
    pub binary: u64,
    /// What was not read, by reason.
    pub skipped: Vec<Skipped>,
    /// What went wrong, in words; the first ones of many.
    pub problems: Vec<String>,
    /// Whether all was read that should have been.
    pub complete: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over like this")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// How much was not read for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The reason, in a word that stays.
    pub reason: String,
    /// The same for people.
    pub words: String,
    /// How many.
    pub count: u64,
    /// Whether it should have been read, so that the report is incomplete.
    #[serde(default)]
    pub loss: bool,
}

impl Skipped {
    fn new(reason: Skip, count: u64) -> Self {
        let word = serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned));
        Self {
            reason: word.unwrap_or_default(),
            words: reason.as_str().to_owned(),
            count,
            loss: reason.is_loss(),
        }
    }

    /// The line that tells it: `3 too large`.
    pub fn told(&self) -> String {
        format!("{} {}", self.count, self.words)
    }
}

impl Summary {
    /// Sums a scan up.
    pub fn new(report: &Report) -> Self {
        let skipped = Skip::ALL.iter().zip(report.skipped).filter(|(_, count)| *count > 0);
        let mut problems = report.problems.clone();
        if report.stopped {
            problems.push("stopped before the end".to_owned());
        }
        Self {
            high: report.count(Level::High),
            medium: report.count(Level::Medium),
            low: report.count(Level::Low),
            entropy: report.count(Level::Entropy),
            accepted: report.accepted,
            allowed: report.allowed.iter().sum(),
            not_listed: report.beyond_cap,
            files: report.files,
            bytes: report.bytes,
            cached: report.cached,
            binary: report.binary,
            skipped: skipped.map(|(reason, count)| Skipped::new(*reason, count)).collect(),
            problems,
            complete: !report.is_incomplete(),
        }
    }

    /// How many findings there are of this level.
    pub fn count(&self, level: Level) -> u64 {
        match level {
            Level::High => self.high,
            Level::Medium => self.medium,
            Level::Low => self.low,
            Level::Entropy => self.entropy,
        }
    }

    /// Adds what another scan came to, but for its findings, which are counted as they are read. What lies in other shards is
    /// no skip of the whole.
    pub fn add_all_but_findings(&mut self, other: Self) {
        for (own, other) in [
            (&mut self.accepted, other.accepted),
            (&mut self.not_listed, other.not_listed),
            (&mut self.files, other.files),
            (&mut self.bytes, other.bytes),
            (&mut self.cached, other.cached),
            (&mut self.binary, other.binary),
        ] {
            *own = own.saturating_add(other);
        }
        self.complete &= other.complete;
        for skipped in other.skipped.into_iter().filter(|skipped| skipped.reason != ELSEWHERE) {
            match self.skipped.iter().position(|own| own.reason == skipped.reason) {
                Some(at) => self.skipped[at].count = self.skipped[at].count.saturating_add(skipped.count),
                None if self.skipped.len() < MOST_REASONS => self.skipped.push(skipped),
                None => {}
            }
        }
        for problem in other.problems {
            if self.problems.len() < Report::PROBLEMS && !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    /// How many files the cache answered, in words.
    pub fn from_cache(&self) -> Option<String> {
        let files = if self.cached == 1 { "file is" } else { "files are" };
        (self.cached > 0)
            .then(|| format!("{} {files} as the cache knows them, not scanned again", self.cached))
    }

    /// What was not scanned, a line for each reason.
    pub fn not_scanned(&self) -> impl Iterator<Item = String> {
        self.skipped.iter().map(|skipped| format!("not scanned: {}", skipped.told()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own_that_stays() {
        let words: Vec<String> = Skip::ALL.iter().map(|reason| Skipped::new(*reason, 1).reason).collect();
        let unique: std::collections::HashSet<&String> = words.iter().collect();
        assert_eq!(unique.len(), Skip::ALL.len(), "{words:?}");
        assert!(words.iter().all(|word| !word.is_empty() && !word.contains(' ')), "{words:?}");
        assert!(
            words.contains(&"too-large".to_owned()) && words.contains(&ELSEWHERE.to_owned()),
            "{words:?}"
        );
    }

    #[test]
    fn sums_hold_what_all_shards_skipped() {
        let mut report = Report { files: 3, ..Report::default() };
        report.skipped[Skip::Elsewhere as usize] = 9;
        report.skipped[Skip::TooLarge as usize] = 2;
        report.problems = vec!["x: gone".into()];
        let mut sum = Summary { complete: true, ..Summary::default() };
        for _ in 0..2 {
            sum.add_all_but_findings(Summary::new(&report));
        }
        assert_eq!((sum.files, sum.problems.len(), sum.complete), (6, 1, true));
        assert_eq!(sum.not_scanned().collect::<Vec<_>>(), ["not scanned: 4 too large"]);
        report.skipped[Skip::Unreadable as usize] = 1;
        sum.add_all_but_findings(Summary::new(&report));
        assert!(!sum.complete);
    }

    #[test]
    fn what_was_not_read_is_told_and_makes_it_incomplete() {
        let mut report = Report { files: 3, ..Report::default() };
        assert!(Summary::new(&report).complete);
        report.skipped[Skip::TooLarge as usize] = 2;
        report.skipped[Skip::Unreadable as usize] = 1;
        report.beyond_cap = 4;
        let summary = Summary::new(&report);
        assert!(!summary.complete && summary.not_listed == 4);
        let told: Vec<String> = summary.not_scanned().collect();
        assert_eq!(told, ["not scanned: 2 too large", "not scanned: 1 unreadable"]);
        let json = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
        let stopped = Report { stopped: true, ..Report::default() };
        assert_eq!(Summary::new(&stopped).problems, ["stopped before the end"]);
    }
}
