//! Output of any content: what it suggests are patterns that can be used, and few of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::pattern::Pattern;
use telltales::feed::suggest::{MOST, suggest};

fuzz_target!(|text: &str| {
    let found = suggest(text.lines());
    assert!(found.len() <= MOST);
    for suggestion in found {
        assert!(Pattern::new(&suggestion.pattern).is_ok(), "{}", suggestion.pattern);
    }
});
