//! Findings as annotations of GitHub Actions: workflow commands on standard output.
//!
//! ```text
//! ::error file=src/a.py,line=3,title=GitHub token::ghp_********
//! ```
//! Escaped as the runner reads it back (`escapeData` and `escapeProperty` of actions/toolkit). Columns are left out: ours
//! count bytes, the runner's characters. GitHub shows ten annotations of each kind for a step, so the best come first.

use std::io::{self, Write};
use std::sync::Arc;

use super::page::{Head, Page, about};
use super::summary::Summary;
use super::uri::tidy;
use crate::scan::finding::{Finding, Level};

/// The annotations.
#[derive(Debug)]
pub struct GitHub(pub Arc<Head>);

impl Page for GitHub {
    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for finding in batch {
            let kind = match finding.level {
                _ if finding.accepted.is_some() => "notice",
                Level::High => "error",
                Level::Medium => "warning",
                Level::Low | Level::Entropy => "notice",
            };
            let about = about(finding);
            let about = if about.is_empty() { String::new() } else { format!("\n{}", about.join(", ")) };
            writeln!(
                out,
                "::{kind} file={},line={},title={}::{}",
                property(&tidy(&finding.path)),
                finding.line,
                property(self.0.name(&finding.rule)),
                data(&format!("{}{about}", finding.excerpt_or_redacted()))
            )?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        for skipped in &summary.skipped {
            let kind = if skipped.loss { "warning" } else { "notice" };
            writeln!(out, "::{kind} title=telltale::not scanned: {}", data(&skipped.told()))?;
        }
        if let Some(told) = summary.from_cache() {
            writeln!(out, "::notice title=telltale::{}", data(&told))?;
        }
        for problem in &summary.problems {
            writeln!(out, "::warning title=telltale::{}", data(problem))?;
        }
        Ok(())
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::output::sample;

    type Command = (String, Vec<(String, String)>, String);

    /// What the runner reads out of a line: `ActionCommand.TryParseV2` of actions/runner.
    fn read(line: &str) -> Option<Command> {
        let (head, data) = line.strip_prefix("::")?.split_once("::")?;
        let (name, rest) = head.split_once(' ').unwrap_or((head, ""));
        let plain = |text: &str| {
            let text = text.replace("%3A", ":").replace("%2C", ",");
            text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        };
        let pairs = rest.split(',').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(key, value)| (key.to_owned(), plain(value))).collect();
        let data = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
        Some((name.to_owned(), pairs, data))
    }

    #[test]
    fn names_that_would_break_a_command_do_not() {
        let hostile = Finding {
            path: "a,line=9::error::b%0A%\n.txt".into(),
            excerpt: "x::error::y\n::stop-commands::z".into(),
            ..sample::finding()
        };
        let text = sample::written(GitHub(Arc::default()), &[hostile], &Summary::default());
        assert_eq!(text.lines().count(), 1, "{text}");
        let (name, pairs, data) = read(text.trim_end()).unwrap();
        assert_eq!(name, "error");
        // A line feed in a name is written out before.
        assert_eq!(pairs[0], ("file".into(), "a,line=9::error::b%0A%\\n.txt".into()));
        assert_eq!(pairs[1], ("line".into(), "12".into()));
        assert_eq!(data, "x::error::y\n::stop-commands::z");
    }

    #[test]
    fn what_was_not_scanned_is_told() {
        let text = sample::written(GitHub(Arc::default()), &[], &sample::summary());
        assert!(text.contains("::notice title=telltale::not scanned: 3 too large\n"), "{text}");
        assert!(text.contains("::warning title=telltale::not scanned: 1 unreadable\n"), "{text}");
    }

    proptest! {
        #[test]
        fn any_finding_is_one_command(path in "\\PC{1,20}", excerpt in "(\\PC|[\r\n%:,]){0,30}") {
            let finding = Finding { path: path.into(), excerpt: format!("{excerpt}."), ..sample::finding() };
            let text = sample::written(GitHub(Arc::default()), &[finding], &Summary::default());
            prop_assert_eq!(text.matches('\n').count(), 1);
            let (_, pairs, data) = read(text.trim_end_matches('\n')).unwrap();
            prop_assert_eq!(pairs.len(), 3);
            prop_assert_eq!(data, format!("{excerpt}."));
        }
    }
}
