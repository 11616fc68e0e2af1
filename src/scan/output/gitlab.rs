//! Findings as GitLab's code quality report, `artifacts: reports: codequality`.
//!
//! GitLab knows two reports that would do. The one of secret detection is shown in a merge request of the dearest tier only;
//! the one of code quality is shown in all of them, so it is this one. Its fingerprints must last, for a merge request
//! shows what is new: they are those of `stable.rs`. It knows no place for what was not scanned: that is an entry of its
//! own, at the folder.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::page::{Head, Page};
use super::stable::{Names, hex};
use super::summary::Summary;
use super::uri::tidy;
use crate::scan::finding::{Finding, Harm, Level};

/// The list of issues.
#[derive(Debug)]
pub struct GitLab {
    head: Arc<Head>,
    names: Names,
    count: u64,
}

impl GitLab {
    /// A list that nothing is written of.
    pub fn new(head: Arc<Head>) -> Self {
        Self { head, names: Names::default(), count: 0 }
    }

    fn issue(&mut self, out: &mut dyn Write, issue: &Value) -> io::Result<()> {
        writeln!(out, "{}", if self.count == 0 { "[" } else { "," })?;
        self.count += 1;
        Ok(serde_json::to_writer(out, issue)?)
    }

    /// What was not scanned. How much it was plays no part in its fingerprint, or each merge request would show it anew.
    fn remark(&mut self, out: &mut dyn Write, about: &str, text: &str, is_loss: bool) -> io::Result<()> {
        let fingerprint = hex(&Sha256::digest(format!("telltale not-scanned {about}"))[..16]);
        let severity = if is_loss { "minor" } else { "info" };
        self.issue(out, &entry("not-scanned", text, severity, ".", 1, &fingerprint))
    }
}

impl Page for GitLab {
    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for finding in batch {
            let severity = match (finding.level, finding.severity) {
                _ if finding.accepted.is_some() => "info",
                (Level::High, Harm::Critical) => "blocker",
                (Level::High, _) => "critical",
                (Level::Medium, _) => "major",
                (Level::Low, _) => "minor",
                (Level::Entropy, _) => "info",
            };
            let (told, fingerprint) = (self.head.told(finding), self.names.next(finding));
            let path = tidy(&finding.path);
            self.issue(out, &entry(&finding.rule, &told, severity, &path, finding.line, &fingerprint))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        for skipped in &summary.skipped {
            let told = format!("not scanned: {}", skipped.told());
            self.remark(out, &skipped.reason, &told, skipped.loss)?;
        }
        if let Some(told) = summary.from_cache() {
            self.remark(out, "cached", &told, false)?;
        }
        for problem in &summary.problems {
            self.remark(out, problem, problem, true)?;
        }
        writeln!(out, "{}", if self.count == 0 { "[]" } else { "\n]" })
    }
}

fn entry(check: &str, text: &str, severity: &str, path: &str, line: u64, fingerprint: &str) -> Value {
    json!({
        "description": text,
        "check_name": format!("telltale/{check}"),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    fn issues(findings: &[Finding], summary: &Summary) -> Vec<Value> {
        let text = sample::written(GitLab::new(Arc::new(sample::head())), findings, summary);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn issues_have_all_that_is_asked_for_and_unique_fingerprints() {
        assert!(issues(&[], &Summary::default()).is_empty());
        let found = issues(&[sample::finding(), sample::finding()], &sample::summary());
        assert_eq!(found.len(), 2 + 2 + 1);
        let unique: std::collections::HashSet<&str> =
            found.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(unique.len(), found.len());
        assert_eq!(found[0]["severity"], "critical");
        assert_eq!(found[0]["location"], json!({"path": "src/config.py", "lines": {"begin": 12}}));
        assert_eq!(found[0]["check_name"], "telltale/github-token");
        assert_eq!(found[2]["description"], "not scanned: 3 too large");
    }
}
