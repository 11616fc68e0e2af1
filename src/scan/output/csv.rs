//! Findings as a table (RFC 4180), a row for each place, for spreadsheets.
//!
//! A cell that a spreadsheet would take for a formula begins with an apostrophe. What was not scanned stands in rows of its
//! own at the end, at the level `not-scanned`: the reason in the column of the rule, the words in that of the excerpt.

use std::io::{self, Write};
use std::sync::Arc;

use super::page::{Head, Page};
use super::summary::Summary;
use crate::model::text::escape_path;
use crate::scan::finding::Finding;

const COLUMNS: [&str; 19] = [
    "level",
    "score",
    "rule",
    "name",
    "severity",
    "path",
    "line",
    "column",
    "end_column",
    "redacted",
    "excerpt",
    "validation",
    "facts",
    "entropy",
    "entropy_ceiling",
    "secret_id",
    "fingerprint",
    "commit",
    "accepted",
];

/// The table.
#[derive(Debug)]
pub struct Csv {
    head: Arc<Head>,
    /// Whether there is a column with the secrets themselves.
    secrets: bool,
}

impl Csv {
    /// A table; with `secrets`, one that has a column for them.
    pub fn new(head: Arc<Head>, secrets: bool) -> Self {
        Self { head, secrets }
    }

    fn row(&self, out: &mut dyn Write, cells: &[&str], secret: &str) -> io::Result<()> {
        let last = self.secrets.then_some(secret);
        for (n, cell) in cells.iter().copied().chain(last).enumerate() {
            if n > 0 {
                out.write_all(b",")?;
            }
            write_cell(out, cell)?;
        }
        out.write_all(b"\r\n")
    }
}

impl Page for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.row(out, &COLUMNS, "secret")
    }

    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for finding in batch {
            let cells: [&str; COLUMNS.len()] = [
                finding.level.as_str(),
                &finding.score.to_string(),
                &finding.rule,
                self.head.name(&finding.rule),
                finding.severity.as_str(),
                &escape_path(&finding.path),
                &finding.line.to_string(),
                &finding.column.to_string(),
                &finding.end_column.to_string(),
                &finding.redacted,
                &finding.excerpt,
                finding.validation.as_str(),
                &finding.facts.join("; "),
                &finding.entropy.to_string(),
                &finding.entropy_ceiling.to_string(),
                &finding.secret_id,
                &finding.fingerprint,
                finding.commit.as_ref().map_or("", |commit| &commit.id),
                finding.accepted.map_or("", |accepted| accepted.as_str()),
            ];
            self.row(out, &cells, finding.secret.as_deref().unwrap_or(""))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let mut tell = |reason: &str, words: &str| {
            let cells = COLUMNS.map(|column| match column {
                "level" => "not-scanned",
                "rule" => reason,
                "excerpt" => words,
                _ => "",
            });
            self.row(out, &cells, "")
        };
        for skipped in &summary.skipped {
            tell(&skipped.reason, &skipped.told())?;
        }
        if let Some(told) = summary.from_cache() {
            tell("cached", &told)?;
        }
        summary.problems.iter().try_for_each(|problem| tell("problem", problem))
    }
}

/// A cell, in quotes where it must be.
fn write_cell(out: &mut dyn Write, cell: &str) -> io::Result<()> {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    if !cell.contains(['"', ',', '\r', '\n']) && cell.trim() == cell {
        return write!(out, "{guard}{cell}");
    }
    write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::output::sample;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        write_cell(&mut out, text).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// A reader of RFC 4180 that shares nothing with the writer.
    fn rows(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let mut chars = text.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(chars.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => cell.push(c),
            }
        }
        assert!(!quoted && row.is_empty() && cell.is_empty());
        rows
    }

    #[test]
    fn cells_are_quoted_and_guarded() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            (" a", "\" a\""),
            ("=1+2", "'=1+2"),
            ("@SUM(A1,B1)", "\"'@SUM(A1,B1)\""),
            ("-1", "'-1"),
            ("\tx", "\"'\tx\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_was_not_scanned_has_rows() {
        let page = Csv::new(Arc::default(), false);
        let text = sample::written(page, &[sample::finding()], &sample::summary());
        let rows = rows(&text);
        assert!(rows.iter().all(|row| row.len() == COLUMNS.len()), "{text}");
        assert_eq!(rows[1][..3], ["high", "0.95", "github-token"]);
        assert_eq!((rows[2][0].as_str(), rows[2][2].as_str()), ("not-scanned", "too-large"));
        assert!(rows.iter().any(|row| row[2] == "problem"), "{text}");
    }

    proptest! {
        #[test]
        fn any_cells_come_back(path in "\\PC{0,20}", excerpt in "(\\PC|[\r\n\t\",=+@-]){0,30}") {
            let finding = Finding { path: path.into(), excerpt: excerpt.clone(), ..sample::finding() };
            let text = sample::written(Csv::new(Arc::default(), true), &[finding], &Summary::default());
            let rows = rows(&text);
            prop_assert_eq!(rows.len(), 2);
            prop_assert_eq!(rows[1].len(), COLUMNS.len() + 1);
            let read = &rows[1][10];
            let is_formula = excerpt.starts_with(['=', '+', '-', '@', '\t', '\r']);
            prop_assert_eq!(read, &format!("{}{excerpt}", if is_formula { "'" } else { "" }));
        }
    }
}
