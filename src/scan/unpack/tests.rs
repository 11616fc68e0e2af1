//! Archives in all shapes, good and bad, scanned as workers do it.

mod forms;
mod harm;

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use ignore::gitignore::Gitignore;

use super::limits::Limits;
use super::samples::token;
use super::{Inside, scan};
use crate::model::clock::WallTime;
use crate::scan::blob::Scanner;
use crate::scan::finding::Source;
use crate::scan::identity::Key;
use crate::scan::origin::Origin;
use crate::scan::progress::Skip;
use crate::scan::rule::builtin;

/// What a scan told: places with the secrets there, and what was left out.
#[derive(Debug, Default, PartialEq)]
struct Told {
    found: Vec<(String, String)>,
    skipped: Vec<Skip>,
    words: Vec<String>,
    bytes: u64,
    lines: Vec<u64>,
}

impl Told {
    fn places(&self) -> Vec<&str> {
        self.found.iter().map(|(place, _)| place.as_str()).collect()
    }

    fn holds(&self, place: &str, seed: usize) -> bool {
        self.found.contains(&(place.to_owned(), token(seed)))
    }
}

fn read(name: &str, reader: &mut dyn Read, limits: Limits, excludes: &Gitignore) -> Told {
    let key = Key::random().unwrap();
    let mut scanner = Scanner::new(builtin(), &key, true, None, WallTime(0)).unwrap();
    let (found, lines) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let mut told = Told::default();
    let origin = Origin::new(Path::new(name), Source::File);
    let inside = Inside {
        limits,
        excludes,
        only: None,
        origin: &origin,
        stop: &|| false,
        sink: &|mut finding| {
            let inside = finding.path.to_string_lossy().contains("!/");
            assert_eq!(finding.container.is_some(), inside, "{:?}", finding.path);
            if let Some(secret) = finding.secret.take().filter(|secret| secret.starts_with("ghp_")) {
                found.borrow_mut().push((finding.path.to_string_lossy().into_owned(), secret));
                lines.borrow_mut().push(finding.line);
            }
        },
    };
    let outcome = scan(&mut scanner, reader, None, &inside, &mut |reason, words| {
        told.skipped.push(reason);
        told.words.extend(words);
    });
    told.bytes = outcome.unwrap().inside.bytes;
    (told.found, told.lines) = (found.into_inner(), lines.into_inner());
    told
}

fn scanned(name: &str, content: &[u8]) -> Told {
    read(name, &mut { content }, Limits::default(), &Gitignore::empty())
}

/// As UTF-16.
fn wide(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}
