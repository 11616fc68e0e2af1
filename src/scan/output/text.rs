//! Findings as text, like ripgrep: under the name of their file on a terminal, one self-contained line in a pipe.
//!
//! ```text
//! src/config.py
//!   12:9   high    github-token         token = "ghp_********"            5.0/5.0, its checksum is right
//!
//! src/config.py:12:9: high github-token token = "ghp_********" [5.0/5.0 bits, its checksum is right]
//! ```

use std::io::{self, Write};
use std::path::PathBuf;

use crate::model::text::escape_path;
use crate::scan::finding::{Finding, Level};

/// Writes findings one after the other; it remembers under which heading it stands.
#[derive(Debug)]
pub struct Text {
    headings: bool,
    color: bool,
    path: Option<PathBuf>,
}

const PATH: &str = "\x1b[35m";
const RESET: &str = "\x1b[0m";

impl Text {
    /// A writer of this shape.
    pub fn new(headings: bool, color: bool) -> Self {
        Self { headings, color, path: None }
    }

    /// Writes one finding.
    pub fn write(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let (on, off) = self.colors(finding.level);
        let (bits, ceiling) = (finding.entropy, finding.entropy_ceiling);
        // Each behind a comma.
        let remarks = [vec![String::new()], finding.remarks()].concat().join(", ");
        let (level, rule, excerpt) = (finding.level.as_str(), &finding.rule, &finding.excerpt);
        if !self.headings {
            let path = self.painted(PATH, &escape_path(&finding.path));
            return writeln!(
                out,
                "{path}:{}:{}: {on}{level}{off} {rule} {excerpt} [{bits:.1}/{ceiling:.1} bits{remarks}]",
                finding.line, finding.column
            );
        }
        if self.path.as_ref() != Some(&finding.path) {
            let gap = if self.path.is_some() { "\n" } else { "" };
            writeln!(out, "{gap}{}", self.painted(PATH, &escape_path(&finding.path)))?;
            self.path = Some(finding.path.clone());
        }
        let place = format!("{}:{}", finding.line, finding.column);
        writeln!(
            out,
            "  {place:<9} {on}{level:<7}{off} {rule:<22} {excerpt}  {bits:.1}/{ceiling:.1}{remarks}"
        )
    }

    /// Writes a line that stands between findings.
    pub fn note(&mut self, out: &mut dyn Write, note: &str) -> io::Result<()> {
        self.path = None;
        writeln!(out, "{}{note}", if self.headings { "\n" } else { "" })
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
            Level::Entropy => "\x1b[2m",
        };
        (on, RESET)
    }
}
