//! What tells of stacks: the source of a Python program, and the thread dump of a Java machine.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::stacks::{jvm, locks};

fuzz_target!(|bytes: &[u8]| {
    let Some((line, text)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let (holds, asks) = locks::locks_at(&text, u32::from(*line));
    assert!(holds.iter().chain(&asks).all(|name| !name.is_empty()));
    for stack in jvm::stacks(&text) {
        assert!(!stack.frames.is_empty());
    }
});
