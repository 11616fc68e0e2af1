//! The output of a job: bytes into lines, and counters out of lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::lines::{LONGEST_LINE, LineSplitter};
use telltales::feed::pattern::Pattern;

thread_local! {
    static COUNTS: Pattern = Pattern::counts();
}

fn lines(pieces: &[&[u8]]) -> (Vec<String>, String) {
    let (mut splitter, mut lines) = (LineSplitter::default(), Vec::new());
    for piece in pieces {
        splitter.push(piece, |line| lines.push(line.to_owned()));
    }
    (lines, splitter.partial())
}

fuzz_target!(|bytes: &[u8]| {
    let whole = lines(&[bytes]);
    let (left, right) = bytes.split_at(bytes.len() / 3);
    assert_eq!(lines(&[left, right]), whole, "pieces make the same lines");
    for line in &whole.0 {
        // A broken byte becomes three.
        assert!(line.len() <= 3 * LONGEST_LINE + 3 && !line.contains(['\n', '\r']));
        let read = COUNTS.with(|counts| counts.read(line));
        assert!(read.done.zip(read.total).is_none_or(|(done, total)| done <= total));
    }
});
