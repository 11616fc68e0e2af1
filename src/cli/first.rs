#![expect(clippy::disallowed_methods, reason = "edge: leaves a mark in the state folder")]
//! Whether this user sees the screen for the first time.

use std::os::unix::fs::DirBuilderExt as _;

use crate::job::folder::Places;

/// The mark that it was seen.
const SEEN: &str = "seen";

/// True the first time, and each time where no mark can be left: a hint too many is no harm.
pub(super) fn is_first(places: &Places) -> bool {
    let Some(folder) = places.runs.as_ref().ok().and_then(|runs| runs.parent()) else { return false };
    let mark = folder.join(SEEN);
    if mark.exists() {
        return false;
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let _ = made.and_then(|()| std::fs::write(mark, ""));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_time_is_not_the_first() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let places = Places::below(Some(dir.path().join("state")), dir.path());
        assert!(is_first(&places));
        assert!(!is_first(&places));
        assert!(!is_first(&Places::below(None, dir.path())), "nowhere to leave a mark");
    }
}
