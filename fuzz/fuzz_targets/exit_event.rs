//! What the process connector sends: lengths in it are a stranger's word.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::exit_event::ends;

fuzz_target!(|bytes: &[u8]| {
    assert!(ends(bytes).count() <= bytes.len() / 16);
});
