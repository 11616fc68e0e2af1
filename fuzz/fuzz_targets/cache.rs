//! The file of a cache: it is restored by CI jobs, from wherever.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::scan::cache::table;

fuzz_target!(|bytes: &[u8]| table::read_all(bytes));
