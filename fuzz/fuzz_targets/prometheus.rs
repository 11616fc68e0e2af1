//! Pages of metrics, in pieces of any size, and what is chosen of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::choice::choose;
use telltales::feed::prometheus::{PageReader, read};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let mut reader = PageReader::default();
    for piece in bytes.chunks(usize::from(size).max(1)) {
        reader.push(piece);
    }
    let (pieces, whole) = (reader.finish(true), read(bytes));
    // Debug text, for a value that is no number is unlike itself.
    assert_eq!(format!("{pieces:?}"), format!("{whole:?}"), "any pieces make the same page");
    if let Ok(page) = whole {
        let _ = choose(&page.metrics, &[]);
    }
});
