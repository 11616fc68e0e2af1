//! Any candidate in any text, and any model.
#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use telltales::scan::judge::model::{Model, builtin};
use telltales::scan::judge::verdict::judge_at;
use telltales::scan::rule;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = Model::read(bytes) {
        assert!(model.levels.high.score >= model.levels.medium.score);
    }
    // The check is the part that chance does not find.
    let sealed = [bytes, format!("check {:08x}\n", crc32(bytes)).as_bytes()].concat();
    let _ = Model::read(&sealed);
    let Some((&[which, start, length, cut], rest)) = bytes.split_first_chunk::<4>() else { return };
    let (path, text) = rest.split_at(rest.len().min(usize::from(cut)));
    let start = usize::from(start).min(text.len());
    let end = (start + usize::from(length)).min(text.len());
    let rules = &rule::builtin().rules;
    let rule = &rules[usize::from(which) % rules.len()];
    let (score, reasons) = judge_at(builtin(), rule, text, start..end, Path::new(OsStr::from_bytes(path)));
    assert!((0.0..=1.0).contains(&score));
    for reason in reasons {
        assert!(reason.weight.is_finite());
        assert!(!reason.words.chars().any(char::is_control), "{reason}");
    }
});

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}
