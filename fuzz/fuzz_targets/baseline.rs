//! A baseline: it comes with a repository, and that is a stranger.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::baseline::Baseline;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(baseline) = Baseline::parse(bytes) {
        let again = Baseline::parse(baseline.text().as_bytes()).expect("what was written can be read");
        assert_eq!(again, baseline);
        baseline.names("password", "a");
    }
});
