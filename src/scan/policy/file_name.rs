//! Findings for the name of a file alone: rules of gitleaks that have a path and no pattern. Pure.

use super::book::NameRule;
use crate::model::text::escape_path;
use crate::scan::finding::{Finding, Level};
use crate::scan::identity::{Key, fingerprint};
use crate::scan::origin::Origin;

/// The probability that such a file holds what its rule was written for.
pub(crate) const SCORE: f64 = 0.5;

/// What stands in the place of a secret that is a whole file.
const ITSELF: &str = "(the file itself)";

/// Whether the name of its file alone was what a finding was made of: then all of the file may be secret.
pub(crate) fn is_about_a_name(finding: &Finding) -> bool {
    finding.redacted == ITSELF && finding.column == finding.end_column
}

/// What a rule says of a file by its name; the whole file is what was found, and nothing of it is shown.
pub(crate) fn finding(rule: &NameRule, origin: &Origin, key: &Key) -> Finding {
    let name = escape_path(&origin.path);
    let secret_id = key.secret_id(name.as_bytes());
    Finding {
        rule: std::sync::Arc::clone(&rule.id),
        score: SCORE,
        level: Level::Medium,
        fingerprint: fingerprint(&rule.id, &secret_id, &origin.path),
        secret_id,
        redacted: ITSELF.to_owned(),
        excerpt: ITSELF.to_owned(),
        ..Finding::of(origin)
    }
}
