//! The words that findings are counted by.

use std::borrow::Cow;

use crate::scan::finding::Finding;

/// The folder of a finding, without the `./` of the current one; empty for a file right in the current one.
pub(in crate::ui) fn folder(finding: &Finding) -> Cow<'_, str> {
    let path = finding.path.strip_prefix(".").unwrap_or(&finding.path);
    path.parent().map_or(Cow::Borrowed(""), |folder| folder.to_string_lossy())
}
