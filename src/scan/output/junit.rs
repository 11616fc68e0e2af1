//! Findings as JUnit XML, for the test pages of Jenkins, GitLab and their like.
//!
//! A test case is one rule in one file, so that its name does not change when lines move, and such a page can tell since
//! when it fails. What fails the scan is a failure; other findings are skipped tests. One last case says whether all was read,
//! so that the report of a clean scan is not empty, which some take for a broken one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use super::markup::markup;
use super::page::{Head, Page, about, place};
use super::summary::Summary;
use super::uri::tidy;
use crate::scan::finding::Finding;

/// The report.
#[derive(Debug)]
pub struct JUnit(pub Arc<Head>);

impl JUnit {
    fn case(&self, text: &mut String, path: &str, rule: &str, places: &[&Finding]) {
        let failing: Vec<&Finding> = places.iter().copied().filter(|finding| self.0.fails(finding)).collect();
        let (tag, told) = if failing.is_empty() { ("skipped", places) } else { ("failure", &failing[..]) };
        let count = if told.len() == 1 { String::new() } else { format!(", {} places", told.len()) };
        let (path, name, rule) = (markup(path), markup(self.0.name(rule)), markup(rule));
        let _ = writeln!(
            text,
            "<testcase classname=\"{path}\" name=\"{rule}\">\n\
            <{tag} message=\"{name} in {path}{count}\" type=\"{rule}\">"
        );
        for finding in told {
            let about = about(finding);
            let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
            let (level, line) = (finding.level.as_str(), finding.excerpt_or_redacted());
            let _ = writeln!(text, "{}", markup(&format!("{}: {level} {line}{about}", place(finding))));
        }
        let _ = writeln!(text, "</{tag}>\n</testcase>");
    }
}

impl Page for JUnit {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"telltale\">")
    }

    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        let mut cases: BTreeMap<(String, &str), Vec<&Finding>> = BTreeMap::new();
        for finding in batch {
            cases.entry((tidy(&finding.path), &finding.rule)).or_default().push(finding);
        }
        let failures = cases.values().filter(|places| places.iter().any(|place| self.0.fails(place))).count();
        writeln!(
            out,
            "<testsuite name=\"secrets\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{}\">",
            cases.len(),
            cases.len() - failures
        )?;
        let mut text = String::new();
        for ((path, rule), places) in &cases {
            text.clear();
            self.case(&mut text, path, rule, places);
            out.write_all(text.as_bytes())?;
        }
        writeln!(out, "</testsuite>")
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let errors = u64::from(!summary.complete);
        writeln!(
            out,
            "<testsuite name=\"scan\" tests=\"1\" failures=\"0\" errors=\"{errors}\" skipped=\"0\">\n\
            <testcase classname=\"telltale\" name=\"all was read\">"
        )?;
        if errors > 0 {
            let lost =
                summary.skipped.iter().filter(|skipped| skipped.loss).map(super::summary::Skipped::told);
            let lost: Vec<String> = lost.collect();
            let lost = if lost.is_empty() { "the scan is incomplete".to_owned() } else { lost.join(", ") };
            writeln!(out, "<error message=\"{}\" type=\"incomplete\">", markup(&lost))?;
            for problem in &summary.problems {
                writeln!(out, "{}", markup(problem))?;
            }
            writeln!(out, "</error>")?;
        }
        writeln!(out, "<system-out>")?;
        for told in summary.not_scanned() {
            writeln!(out, "{}", markup(&told))?;
        }
        if let Some(told) = summary.from_cache() {
            writeln!(out, "{}", markup(&told))?;
        }
        writeln!(out, "{} files read</system-out>\n</testcase>\n</testsuite>\n</testsuites>", summary.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Level;
    use crate::scan::output::sample;

    fn report(findings: &[Finding], summary: &Summary) -> String {
        sample::written(JUnit(Arc::new(sample::head())), findings, summary)
    }

    #[test]
    fn a_rule_in_a_file_is_a_case() {
        let places = [
            sample::finding(),
            Finding { line: 40, ..sample::finding() },
            Finding { path: "other".into(), ..sample::finding() },
            Finding { path: "low".into(), level: Level::Low, ..sample::finding() },
        ];
        let text = report(&places, &Summary { complete: true, ..Summary::default() });
        assert!(text.contains("tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\""), "{text}");
        assert_eq!(text.matches("<testcase").count(), 4, "{text}");
        assert!(text.contains("message=\"GitHub token in src/config.py, 2 places\""), "{text}");
        assert!(text.contains("src/config.py:40:9: high token = &quot;ghp_********&quot;"), "{text}");
        assert!(!text.contains("<error"), "{text}");
    }

    #[test]
    fn what_could_not_be_read_is_an_error() {
        let text = report(&[], &sample::summary());
        assert!(
            text.contains("<error message=\"1 unreadable\" type=\"incomplete\">\nlocked.txt: "),
            "{text}"
        );
        assert!(text.contains("not scanned: 3 too large"), "{text}");
    }
}
