//! What the kernel tells of descriptors: paths of files are bytes of a stranger's choice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::descriptors::{self, Target};

fuzz_target!(|bytes: &[u8]| {
    if let Target::File(path) = descriptors::target(bytes) {
        assert_eq!(path, bytes);
    }
    let _ = descriptors::position(bytes).map(|position| position.is_for_reading());
    assert!(descriptors::local_mounts(bytes).len() <= bytes.len());
});
