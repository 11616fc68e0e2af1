//! A piece of text or data in memory, scanned as a file that holds it would be: for callers without a file.

use std::cell::RefCell;
use std::path::Path;

use super::blob::Scanner;
use super::finding::{Finding, Source};
use super::identity::Key;
use super::origin::Origin;
use super::rule;
use crate::model::clock;

/// All findings in `bytes`, in the order of their rank; `path` tells what kind of file it would be.
///
/// `None` when randomness for the ids of secrets, or memory, can't be had.
pub fn findings(path: &Path, bytes: &[u8]) -> Option<Vec<Finding>> {
    let key = Key::random().ok()?;
    let found = RefCell::new(Vec::new());
    let mut scanner = Scanner::new(rule::builtin(), &key, false, None, clock::wall())?;
    let sink = |finding| found.borrow_mut().push(finding);
    let mut reader = bytes;
    let expected = Some(bytes.len() as u64);
    scanner.scan(&mut reader, expected, &Origin::new(path, Source::Stdin), &|| false, &sink).ok()?;
    let mut found = found.into_inner();
    found.sort_by(Finding::rank);
    Some(found)
}
