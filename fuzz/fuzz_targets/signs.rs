//! Output of any content: what it tells of trouble is counted once for each line, and never shown in full length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::lines::LineSplitter;
use telltales::feed::signs::SignReader;
use telltales::model::clock::Moment;

fuzz_target!(|bytes: &[u8]| {
    let (mut splitter, mut reader, mut lines) = (LineSplitter::default(), SignReader::default(), 0);
    splitter.push(bytes, |line| {
        reader.read(line, line, Moment::default());
        lines += 1;
    });
    for sign in reader.take() {
        assert!(sign.count <= lines && sign.lines_after < lines);
        assert!(sign.excerpt.chars().count() <= 2_048);
    }
});
