//! Text from outside on its way to a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::model::text::{LONGEST, Text, escape, escape_bytes};

fuzz_target!(|bytes: &[u8]| {
    let text = Text::from_bytes(bytes);
    assert!(!text.chars().any(char::is_control));
    // One character is escaped by up to eight.
    assert!(text.chars().count() <= 8 * LONGEST + 1);
    assert!(!escape_bytes(bytes).chars().any(char::is_control));
    assert!(!escape(&String::from_utf8_lossy(bytes)).chars().any(char::is_control));
});
