//! A piece of text or data in memory, scanned as a file that holds it would be: for callers without a file.

use std::cell::RefCell;
use std::path::Path;

use ignore::gitignore::Gitignore;

use super::blob::Scanner;
use super::finding::{Finding, Source};
use super::identity::Key;
use super::origin::Origin;
use super::random::class::LineView;
use super::rule;
use super::unpack::limits::Limits;
use super::unpack::{self, Inside};
use crate::model::clock;

/// The places in `bytes` that hold a secret, and how much was left out, when everything inside is unpacked.
pub fn findings_inside(path: &Path, bytes: &[u8], limits: Limits) -> Option<(Vec<Finding>, usize)> {
    let key = Key::random().ok()?;
    let found = RefCell::new(Vec::new());
    let mut scanner = Scanner::new(rule::builtin(), &key, false, None, clock::wall())?;
    let (origin, mut skipped) = (Origin::new(path, Source::Stdin), 0);
    let inside = Inside {
        limits,
        excludes: &Gitignore::empty(),
        only: None,
        origin: &origin,
        stop: &|| false,
        sink: &|finding| found.borrow_mut().push(finding),
    };
    unpack::scan(&mut scanner, &mut { bytes }, None, &inside, &mut |_, _| skipped += 1).ok()?;
    Some((found.into_inner(), skipped))
}

/// The lines in `bytes` that look random.
pub fn lines(path: &Path, bytes: &[u8], lines: LineView) -> Option<Vec<Finding>> {
    let key = Key::random().ok()?;
    let found = RefCell::new(Vec::new());
    let scanner = Scanner::new(rule::builtin(), &key, false, None, clock::wall())?;
    let sink = |finding| found.borrow_mut().push(finding);
    let origin = Origin::new(path, Source::Stdin);
    scanner.views(Some(lines)).scan(&mut { bytes }, None, &origin, &|| false, &sink).ok()?;
    Some(found.into_inner())
}

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
