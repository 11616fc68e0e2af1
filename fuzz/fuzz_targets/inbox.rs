//! What keeper and clients say to each other, in pieces of any size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::job::message::{Asked, Inbox, Told, line_of};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let (mut asked, mut told) = (Inbox::default(), Inbox::default());
    for piece in bytes.chunks(usize::from(size).max(1)) {
        for message in asked.take::<Asked>(piece).0 {
            let again = Inbox::default().take::<Asked>(&line_of(&message)).0;
            assert_eq!(again, [message], "what was understood can be said");
        }
        let _ = told.take::<Told>(piece);
    }
});
