//! A report that is merged: bytes from other machines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::output::json::Json;
use telltales::scan::output::page::Page;
use telltales::scan::output::read::Reader;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::default();
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        match reader.line(line) {
            Ok(finding) => found.extend(finding),
            Err(_) => return,
        }
    }
    let _ = reader.end();
    // What was read can be written, and is read as the same again, but for what JSON lines do not hold.
    let mut text = Vec::new();
    Json.findings(&mut text, &found).expect("a Vec takes all that is written to it");
    let mut again = Reader::default();
    let lines = text.split(|byte| *byte == b'\n');
    let read: Vec<_> = lines.filter_map(|line| again.line(line).expect("what was written can be read")).collect();
    assert_eq!(read.len(), found.len());
    for (one, other) in read.iter().zip(&found) {
        assert_eq!((&one.path, one.line, &one.redacted), (&other.path, other.line, &other.redacted));
        assert!(!one.redacted.chars().any(char::is_control));
    }
});
