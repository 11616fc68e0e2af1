//! All candidates that a scan finds in the labelled files, each with what it is judged by and what its label says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use telltales::scan::engine::{self, Options};
use telltales::scan::finding::{Finding, Level};
use telltales::scan::judge::model::Model;
use telltales::scan::judge::study::{Judging, Studied};
use telltales::scan::progress::Progress;
use telltales::scan::validate::Check;

use super::data::{Label, Labelled, Truth};

/// A candidate in a labelled file.
pub(crate) struct Candidate {
    pub(crate) repository: String,
    pub(crate) path: String,
    pub(crate) line: u64,
    pub(crate) rule: Arc<str>,
    pub(crate) studied: Studied,
    pub(crate) check: Check,
    pub(crate) truth: Said,
    /// The redacted line, for whoever looks at what went wrong.
    pub(crate) excerpt: String,
}

/// What the labels say of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    True,
    False,
    Placeholder,
    /// No label speaks of its line.
    Nothing,
    /// Neither: a true value that nobody has to change, or something else on the line of a true one.
    Neutral,
}

/// Scans a folder and keeps every candidate; `show` puts secrets into excerpts.
pub(crate) fn scan(folder: &Path, model: &Model, show: bool) -> Vec<Finding> {
    let found = Mutex::new(Vec::new());
    let options = Options {
        roots: vec![folder.to_owned()],
        no_ignore: true,
        model: Some(Arc::new(model.clone())),
        judging: Judging::Study,
        show_secrets: show,
        ..Options::default()
    };
    engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
        if finding.level != Level::Entropy {
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(finding);
        }
    });
    found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The candidates in labelled files, sorted by place; `data` is the folder that was scanned.
pub(crate) fn candidates(labelled: &Labelled, data: &Path, model: &Model, show: bool) -> Vec<Candidate> {
    let labels = labelled.by_path();
    let mut by_path: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in scan(data, model, show) {
        let path = finding.path.strip_prefix(data).unwrap_or(&finding.path).to_string_lossy().into_owned();
        if labels.contains_key(path.as_str()) {
            by_path.entry(path).or_default().push(finding);
        }
    }
    let mut candidates = Vec::new();
    for (path, mut findings) in by_path {
        findings.sort_by(|a, b| (a.line, a.column, &a.rule).cmp(&(b.line, b.column, &b.rule)));
        let text = fs::read(data.join(&path)).unwrap_or_default();
        let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        let labels = &labels[path.as_str()];
        for finding in findings {
            let line = lines.get(finding.line as usize - 1).copied().unwrap_or_default();
            let truth = said(labels, &finding, line);
            let Some(studied) = finding.study else { continue };
            let check = Check { validation: finding.validation, facts: Vec::new(), factor: studied.factor };
            candidates.push(Candidate {
                repository: labels[0].repository.clone(),
                path: path.clone(),
                line: finding.line,
                rule: finding.rule,
                studied,
                check,
                truth,
                excerpt: finding.excerpt,
            });
        }
    }
    candidates
}

fn said(labels: &[&Label], finding: &Finding, line: &[u8]) -> Said {
    let chars = |bytes: u64| {
        let bytes = (bytes as usize - 1).min(line.len());
        String::from_utf8_lossy(&line[..bytes]).chars().count() as u64
    };
    let span = (chars(finding.column), chars(finding.end_column));
    let here: Vec<&&Label> =
        labels.iter().filter(|label| (label.lines.0..=label.lines.1).contains(&finding.line)).collect();
    let is_true = |label: &&&&Label| label.truth == Truth::True;
    if here.iter().any(|label| is_true(&label)) {
        let covers = |label: &&&&Label| label.value.is_none_or(|(start, end)| start < span.1 && span.0 < end);
        let hit = here.iter().filter(is_true).find(covers);
        return if hit.is_some_and(|label| label.is_actionable) { Said::True } else { Said::Neutral };
    }
    match here.iter().any(|label| label.truth == Truth::False) {
        true => Said::False,
        false if here.is_empty() => Said::Nothing,
        false => Said::Placeholder,
    }
}
