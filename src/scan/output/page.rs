//! What a format is: findings in, bytes out; and what all formats are told of the scan before it begins.
//!
//! Pure: a page writes to what it is handed, knows no file and asks no clock. Findings come in batches, each in the order
//! of its rank; almost always there is one batch of named findings, and one of the lines that are only high in entropy.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use super::summary::Summary;
use crate::model::text::escape_path;
use crate::scan::finding::{Finding, Harm, Level};

/// A format while it is being written.
pub trait Page: Send {
    /// Writes what stands before the first finding.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes some findings, the best first.
    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()>;

    /// Writes what stands behind the last one: what the scan came to, and what it did not read.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}

/// What is known of a scan before its first finding.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The version of Telltale.
    pub version: String,
    /// When the report was begun, in UTC: `2026-11-21T18:20:00Z`.
    pub made: String,
    /// What is scanned, escaped.
    pub roots: Vec<String>,
    /// Which part of a scan this is: `2/5`.
    pub shard: Option<String>,
    /// From which level on a finding fails the scan.
    pub fails_from: Option<Level>,
    /// What the rules find, by their ids.
    pub rules: HashMap<Arc<str>, RuleWords>,
}

/// What a report says of a rule.
#[derive(Clone, Debug)]
pub struct RuleWords {
    /// What it finds, in words.
    pub name: String,
    /// How much harm that does when it is real.
    pub severity: Harm,
}

impl Head {
    /// What a rule finds, in words.
    pub fn name<'a>(&'a self, rule: &'a str) -> &'a str {
        self.rules.get(rule).map_or(rule, |words| &words.name)
    }

    /// Whether a finding fails the scan.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.level != Level::Entropy
            && finding.accepted.is_none()
            && self.fails_from.is_some_and(|from| finding.level <= from)
    }

    /// A finding in a line: `GitHub token: ghp_******** (its checksum is right)`.
    pub fn told(&self, finding: &Finding) -> String {
        let about = about(finding);
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        format!("{}: {}{about}", self.name(&finding.rule), finding.redacted)
    }
}

/// What is known of a finding beside its place, in words: what it says of itself, and what the baseline says of it.
pub fn about(finding: &Finding) -> Vec<String> {
    let mut about = finding.remarks();
    if let Some(accepted) = finding.accepted {
        about.push(format!("accepted: {}", accepted.as_str()));
    }
    about
}

/// Where a finding stands: `src/config.py:12:9`.
pub fn place(finding: &Finding) -> String {
    format!("{}:{}:{}", escape_path(&finding.path), finding.line, finding.column)
}

/// The findings of a batch, those of one secret together, the best secret first.
pub fn by_secret(batch: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut at: HashMap<&str, usize> = HashMap::new();
    let mut secrets: Vec<Vec<&Finding>> = Vec::new();
    for finding in batch {
        let next = secrets.len();
        let index = *at.entry(&finding.secret_id).or_insert(next);
        if index == next {
            secrets.push(Vec::new());
        }
        secrets[index].push(finding);
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    #[test]
    fn places_of_one_secret_come_together() {
        let batch: Vec<Finding> = [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")]
            .map(|(path, id)| Finding { path: path.into(), secret_id: id.into(), ..sample::finding() })
            .into();
        let paths =
            |group: &Vec<&Finding>| -> String { group.iter().map(|f| escape_path(&f.path)).collect() };
        assert_eq!(by_secret(&batch).iter().map(paths).collect::<Vec<_>>(), ["acd", "b"]);
        assert!(by_secret(&[]).is_empty());
    }

    #[test]
    fn what_fails_is_named_and_not_accepted() {
        let head = Head { fails_from: Some(Level::Medium), ..Head::default() };
        let of = |level| Finding { level, ..sample::finding() };
        assert!(head.fails(&of(Level::High)) && head.fails(&of(Level::Medium)));
        assert!(!head.fails(&of(Level::Low)) && !head.fails(&of(Level::Entropy)));
        let all = Head { fails_from: Some(Level::Entropy), ..Head::default() };
        assert!(all.fails(&of(Level::Low)) && !all.fails(&of(Level::Entropy)));
        let accepted = crate::scan::baseline::Accepted::Known;
        assert!(!head.fails(&Finding { accepted: Some(accepted), ..of(Level::High) }));
    }
}
