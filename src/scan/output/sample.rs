//! A finding, a head and a summary for the tests of all formats.

use std::path::Path;

use super::page::{Head, Page, RuleWords};
use super::summary::{Skipped, Summary};
use crate::scan::finding::{Finding, Harm, Level, Source};
use crate::scan::origin::Origin;

/// A finding in a file.
pub(crate) fn finding() -> Finding {
    Finding {
        line: 12,
        column: 9,
        end_column: 49,
        rule: "github-token".into(),
        score: 0.95,
        level: Level::High,
        entropy: 5.0,
        entropy_ceiling: 5.0,
        fingerprint: "github-token:00ff:src/config.py".into(),
        secret_id: "00ff".into(),
        redacted: "ghp_********".into(),
        severity: Harm::High,
        excerpt: "token = \"ghp_********\"".into(),
        ..Finding::of(&Origin::new(Path::new("src/config.py"), Source::File))
    }
}

/// What is known before the first finding.
pub(crate) fn head() -> Head {
    let words = RuleWords { name: "GitHub token".into(), severity: Harm::High };
    Head {
        version: "0.1.0".into(),
        made: "2026-11-21T18:20:00Z".into(),
        roots: vec!["shop".into()],
        shard: None,
        fails_from: Some(Level::Medium),
        rules: [("github-token".into(), words)].into(),
    }
}

/// A scan that could not read everything.
pub(crate) fn summary() -> Summary {
    let skipped = |reason: &str, words: &str, count, loss| Skipped {
        reason: reason.into(),
        words: words.into(),
        count,
        loss,
    };
    Summary {
        high: 1,
        not_listed: 7,
        files: 120,
        bytes: 4_096_000,
        skipped: vec![
            skipped("too-large", "too large", 3, false),
            skipped("unreadable", "unreadable", 1, true),
        ],
        problems: vec!["locked.txt: Permission denied (os error 13)".into()],
        complete: false,
        ..Summary::default()
    }
}

/// What a page writes when it is given all findings at once.
pub(crate) fn written(mut page: impl Page, findings: &[Finding], summary: &Summary) -> String {
    let mut out = Vec::new();
    page.begin(&mut out).unwrap();
    if !findings.is_empty() {
        page.findings(&mut out, findings).unwrap();
    }
    page.end(&mut out, summary).unwrap();
    String::from_utf8(out).unwrap()
}
