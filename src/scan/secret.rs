//! A secret in clear text, for the few moments in which somebody asked to see it, or to have it accepted.
//!
//! It is read anew from where it stands, never kept in a finding; its memory is overwritten when it goes, and no
//! message can hold it by accident.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use zeroize::{Zeroize as _, Zeroizing};

use super::engine::{self, Options, Place};
use super::finding::{Finding, Level, Source};
use super::judge::study::Judging;
use super::policy::desk::Policy;
use super::policy::file_name::is_about_a_name;
use super::progress::Progress;
use super::random::class::LineView;
use super::redact::MASK;
use super::unpack::{self, limits::Limits};
use crate::model::text::escape_path;

/// A secret in clear text.
#[derive(PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret over.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// What stands for the secret of a finding that was made of the name of its file: that name.
    pub fn of_name(finding: &Finding) -> Option<Self> {
        is_about_a_name(finding).then(|| Self::new(escape_path(&finding.path)))
    }

    /// The clear text.
    pub fn clear(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

/// Reads the secret of a finding anew, by scanning its file up to there once more; an error when it is not there
/// any more. `policy` is what was heeded when it was found: its rules may be those of a configuration.
pub fn read(finding: &Finding, policy: Option<&Arc<Policy>>) -> io::Result<Secret> {
    if let Some(name) = Secret::of_name(finding) {
        return Ok(name);
    }
    if finding.source == Source::Stdin {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "standard input can't be read twice"));
    }
    read_as(finding, policy, None).or_else(|error| {
        // A line of the view of what looks random may be none that a scan lists.
        let is_line = finding.level == Level::Entropy;
        if is_line { read_as(finding, policy, Some(LineView::Each)) } else { Err(error) }
    })
}

/// Reads it by a scan that tells lines as `lines` says.
fn read_as(finding: &Finding, policy: Option<&Arc<Policy>>, lines: Option<LineView>) -> io::Result<Secret> {
    let root = finding.container.as_deref().unwrap_or(&finding.path);
    let only = finding.container.is_some().then(|| finding.path.clone());
    let unpack = Limits { depth: unpack::DEEPEST, ..Limits::default() };
    let options = Options {
        roots: vec![root.to_owned()],
        place: finding.commit.clone().map_or(Place::Tree, Place::Blob),
        threads: 1,
        unpack,
        binaries: true,
        only,
        show_secrets: true,
        lines,
        rules: policy.and_then(|policy| policy.rules()),
        policy: policy.cloned(),
        // Another model may have found it.
        judging: Judging::Study,
        ..Options::default()
    };
    let (found, stop) = (Mutex::new(None), AtomicBool::new(false));
    let report = engine::scan(&options, &Progress::default(), &stop, &|mut other: Finding| {
        let secret = other.secret.take().map(Secret::new);
        other.excerpt.zeroize();
        let place = |one: &Finding| (one.line, one.column, one.path.clone(), one.rule.clone());
        if place(&other) == place(finding) {
            stop.store(true, Ordering::Relaxed);
            if let Ok(mut found) = found.lock() {
                *found = secret;
            }
        }
    });
    let problem = report.problems.into_iter().next();
    found.into_inner().ok().flatten().ok_or_else(|| {
        io::Error::other(problem.unwrap_or_else(|| "it is not there any more: scan again".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test makes a file")]
    fn is_read_from_its_place_and_never_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, format!("one\nx = \"ghp_{BODY}\"\n")).unwrap();
        let found = Mutex::new(Vec::new());
        let options = Options { roots: vec![path.clone()], threads: 1, ..Options::default() };
        engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(finding);
        });
        let finding = found.into_inner().unwrap().remove(0);
        let secret = read(&finding, None).unwrap();
        assert_eq!(secret.clear(), format!("ghp_{BODY}"));
        assert_eq!(format!("{secret:?}"), "Secret(********)");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert!(read(&finding, None).unwrap_err().to_string().contains("scan again"));
        std::fs::remove_file(&path).unwrap();
        assert!(read(&finding, None).unwrap_err().to_string().contains("a.txt"));
    }
}
