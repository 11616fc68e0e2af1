//! The lists of other tools: they come with a repository, and that is a stranger.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::policy::stranger;

fuzz_target!(|bytes: &[u8]| stranger::read_all(bytes));
