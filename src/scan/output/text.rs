//! Findings as text, those of one secret together. On a terminal a secret is one entry under the name of its file; in a
//! pipe each place is a line that stands for itself, like ripgrep's.
//!
//! ```text
//! src/config.py
//!   12:9      high    github-token           token = "ghp_********"  5.0/5.0
//!             its checksum is right
//!             also in src/old.py:4:1, deploy/prod.yaml:88:14 and 12 more places
//!
//! src/config.py:12:9: high github-token token = "ghp_********" [5.0/5.0 bits, its checksum is right]
//! ```

use std::io::{self, Write};
use std::path::PathBuf;

use super::page::{Page, about, by_secret, place};
use super::summary::Summary;
use crate::model::text::escape_path;
use crate::scan::finding::{Finding, Level};
use crate::scan::judge::reasons;

/// How many other places of a secret are named on a terminal.
const ALSO: usize = 5;

/// Writes findings one after the other; it remembers under which heading it stands.
#[derive(Debug)]
pub struct Text {
    headings: bool,
    color: bool,
    path: Option<PathBuf>,
    /// Whether lines that are only high in entropy were asked for.
    with_entropy: bool,
}

const PATH: &str = "\x1b[35m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";
/// What stands before whatever else is said of a secret.
const MARGIN: &str = "            ";

impl Text {
    /// A writer of this shape.
    pub fn new(headings: bool, color: bool, with_entropy: bool) -> Self {
        Self { headings, color, path: None, with_entropy }
    }

    fn line(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let (on, off) = self.colors(finding.level);
        let (bits, ceiling) = (finding.entropy, finding.entropy_ceiling);
        let (level, rule, excerpt) = (finding.level.as_str(), &finding.rule, finding.excerpt_or_redacted());
        let path = self.painted(PATH, &escape_path(&finding.path));
        // Each behind a comma.
        let why = (!finding.reasons.is_empty()).then(|| reasons::told(finding.score, &finding.reasons));
        let about = [vec![String::new()], about(finding), why.into_iter().collect()].concat().join(", ");
        writeln!(
            out,
            "{path}:{}:{}: {on}{level}{off} {rule} {excerpt} [{bits:.1}/{ceiling:.1} bits{about}]",
            finding.line, finding.column
        )
    }

    /// One secret: its best place, what is known of it, and where else it stands.
    fn entry(&mut self, out: &mut dyn Write, places: &[&Finding]) -> io::Result<()> {
        let Some(best) = places.first() else { return Ok(()) };
        if self.path.as_ref() != Some(&best.path) {
            let gap = if self.path.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", self.painted(PATH, &escape_path(&best.path)))?;
            self.path = Some(best.path.clone());
        }
        let (on, off) = self.colors(best.level);
        let (level, rule, excerpt) = (best.level.as_str(), &best.rule, best.excerpt_or_redacted());
        let (bits, ceiling) = (best.entropy, best.entropy_ceiling);
        let at = format!("{}:{}", best.line, best.column);
        writeln!(out, "  {at:<9} {on}{level:<7}{off} {rule:<22} {excerpt}  {bits:.1}/{ceiling:.1}")?;
        let about = about(best);
        if !about.is_empty() {
            writeln!(out, "{MARGIN}{}", self.painted(DIM, &about.join(", ")))?;
        }
        if !best.reasons.is_empty() {
            let told = reasons::told(best.score, &best.reasons);
            writeln!(out, "{MARGIN}{}", self.painted(DIM, &told))?;
        }
        if let Some(also) = also(places) {
            writeln!(out, "{MARGIN}{}", self.painted(DIM, &also))?;
        }
        Ok(())
    }

    fn painted(&self, color: &str, text: &str) -> String {
        if self.color { format!("{color}{text}{RESET}") } else { text.to_owned() }
    }

    fn colors(&self, level: Level) -> (&'static str, &'static str) {
        let on = match level {
            _ if !self.color => return ("", ""),
            Level::High => "\x1b[1;31m",
            Level::Medium => "\x1b[33m",
            Level::Low => "\x1b[36m",
            Level::Entropy => DIM,
        };
        (on, RESET)
    }
}

/// Where else a secret stands; those in the same file by their lines alone.
fn also(places: &[&Finding]) -> Option<String> {
    let (best, others) = places.split_first()?;
    let shown: Vec<String> = others
        .iter()
        .take(ALSO)
        .map(|other| if other.path == best.path { format!("line {}", other.line) } else { place(other) })
        .collect();
    let more = match others.len().saturating_sub(ALSO) {
        0 => String::new(),
        1 => " and 1 more place".to_owned(),
        more => format!(" and {more} more places"),
    };
    (!shown.is_empty()).then(|| format!("also in {}{more}", shown.join(", ")))
}

impl Page for Text {
    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for places in by_secret(batch) {
            if self.headings {
                self.entry(out, &places)?;
            } else {
                places.iter().try_for_each(|finding| self.line(out, finding))?;
            }
        }
        Ok(())
    }

    /// The rest of the summary stands on standard error.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        if summary.not_listed == 0 || !self.with_entropy {
            return Ok(());
        }
        let gap = if self.headings { "\n" } else { "" };
        writeln!(
            out,
            "{gap}… {} more, high in entropy only or repeated in one file; --top N shows more",
            summary.not_listed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::judge::reasons::Reason;
    use crate::scan::output::sample;

    fn places(count: u64) -> Vec<Finding> {
        (0..count)
            .map(|n| Finding { path: format!("f{}", n / 2).into(), line: n + 1, ..sample::finding() })
            .collect()
    }

    #[test]
    fn a_secret_is_one_entry_with_all_its_places() {
        let text = sample::written(Text::new(true, false, true), &places(3), &Summary::default());
        assert_eq!(
            text,
            "f0\n  1:9       high    github-token           token = \"ghp_********\"  5.0/5.0\n\
            \x20           also in line 2, f1:3:9\n"
        );
        let many = sample::written(Text::new(true, false, true), &places(20), &Summary::default());
        assert!(many.ends_with("line 2, f1:3:9, f1:4:9, f2:5:9, f2:6:9 and 14 more places\n"), "{many}");
    }

    #[test]
    fn a_score_is_explained_where_it_was_asked_for() {
        let reason = |words: &str, weight| Reason { words: words.into(), weight };
        let reasons =
            vec![reason("key name \"api_key\"", 2.1), reason("bigram", 1.0), reason("path of tests", -0.4)];
        let batch = [Finding { reasons, ..sample::finding() }];
        let told = "score 0.95: key name \"api_key\" +, bigram +, path of tests -";
        let text = sample::written(Text::new(true, false, true), &batch, &Summary::default());
        assert!(text.ends_with(&format!("5.0/5.0\n            {told}\n")), "{text}");
        let text = sample::written(Text::new(false, false, true), &batch, &Summary::default());
        assert!(text.ends_with(&format!("[5.0/5.0 bits, {told}]\n")), "{text}");
    }

    #[test]
    fn in_a_pipe_each_place_is_a_line() {
        let mut batch = places(3);
        batch.insert(1, Finding { secret_id: "other".into(), path: "z".into(), ..sample::finding() });
        let text = sample::written(Text::new(false, false, true), &batch, &Summary::default());
        let first: Vec<&str> = text.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(first, ["f0:1:9", "f0:2:9", "f1:3:9", "z:12:9"]);
        assert!(text.ends_with(" high github-token token = \"ghp_********\" [5.0/5.0 bits]\n"), "{text}");
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let text = sample::written(Text::new(false, false, true), &[], &sample::summary());
        assert!(text.starts_with("… 7 more"), "{text}");
        assert_eq!(sample::written(Text::new(false, false, false), &[], &sample::summary()), "");
    }
}
