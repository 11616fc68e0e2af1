//! Lines that are to be shown: logs, command lines, excerpts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::redact::{MASK, Redactor, redact};

/// In no other file, so that it stands where it was put and nowhere else.
const PASSWORD: &str = "w7Tzunseen4Qe";

fuzz_target!(|text: &str| {
    let once = redact(text).into_owned();
    let twice = redact(&once).into_owned();
    assert_eq!(redact(&twice), twice, "it settles");
    let mut redactor = Redactor::default();
    for line in text.lines() {
        let _ = redactor.line(line);
    }
    // The one promise that can be tested on any text: a password that is plainly named goes.
    if text.contains(PASSWORD) {
        return;
    }
    let told = format!("{} password={PASSWORD}\n", text.replace(['\n', '\r', '"', '\'', '`', '\\'], " "));
    let safe = redact(&told);
    assert!(!safe.contains(PASSWORD) && safe.contains(MASK), "{safe}");
});
