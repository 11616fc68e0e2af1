//! The order of the findings, and the words and places that they are sorted and counted by.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::scan::finding::{Finding, Level};
use crate::scan::found::Found;
use crate::ui::state::FindingColumn;

/// Levels, the gravest first.
pub(in crate::ui) const LEVELS: [Level; 4] = [Level::High, Level::Medium, Level::Low, Level::Entropy];

/// The place of a level among [`LEVELS`].
pub(in crate::ui) fn place(level: Level) -> usize {
    LEVELS.iter().position(|known| *known == level).unwrap_or(LEVELS.len() - 1)
}

/// Sorts places of findings, which come in the order of their rank: it stays among equals.
pub(in crate::ui) fn sort(places: &mut [u32], findings: &[Arc<Found>], column: FindingColumn) {
    // Comparing paths part by part is slow, and they are sorted by the hundred thousand.
    let path = |finding: &Finding| finding.path.as_os_str().as_encoded_bytes().to_owned();
    match column {
        FindingColumn::Score => {}
        FindingColumn::Rule => {
            places.sort_by(|&a, &b| findings[a as usize].rule.cmp(&findings[b as usize].rule));
        }
        FindingColumn::Path => {
            places.sort_by_cached_key(|&place| {
                let finding = &findings[place as usize];
                (path(finding), finding.line, finding.column)
            });
        }
    }
}

/// The path of a finding; that it is below the current folder goes without saying.
pub(in crate::ui) fn shown(finding: &Finding) -> Cow<'_, str> {
    finding.path.strip_prefix(".").unwrap_or(&finding.path).to_string_lossy()
}

/// The folder of a finding, written as [`shown`]; empty for a file right in the current one.
pub(in crate::ui) fn folder(finding: &Finding) -> Cow<'_, str> {
    folder_of(&finding.path)
}

/// The same for a path.
pub(in crate::ui) fn folder_of(path: &Path) -> Cow<'_, str> {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.parent().map_or(Cow::Borrowed(""), |folder| folder.to_string_lossy())
}
