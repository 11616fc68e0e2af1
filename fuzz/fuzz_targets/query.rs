//! What people type and paste into a filter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::ui::parts::LISTS;
use telltales::ui::query::parse;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for list in LISTS {
        match parse(&text, list) {
            Ok(query) => {
                assert_eq!(parse(query.text(), list), Ok(query.clone()));
                let _ = query.keeps_line(&text);
            }
            Err(problem) => assert!(text.get(problem.at).is_some() && !problem.says.is_empty()),
        }
    }
});
