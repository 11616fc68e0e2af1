//! Progress as tools print it: a job's output line by line, through the parsers and the board of its bars.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::bars::{parse, parse_bare};
use telltales::feed::board::Board;
use telltales::feed::lines::LineSplitter;
use telltales::model::clock::Moment;

fuzz_target!(|bytes: &[u8]| {
    let (mut splitter, mut board) = (LineSplitter::default(), Board::default());
    board.expect_pv(bytes.first().is_some_and(|byte| byte % 2 == 0));
    let mut at = Moment::default();
    splitter.push(bytes, |line| {
        at = at.plus(std::time::Duration::from_secs(1));
        for bar in [parse(line), parse_bare(line)].into_iter().flatten() {
            assert!(bar.done.zip(bar.total).is_none_or(|(done, total)| done <= total && total > 0), "{bar:?}");
            assert!(bar.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)), "{bar:?}");
            // The one label that is not read is what keeps rsync's files apart.
            assert!(bar.label.is_none_or(|label| label == "files" || line.contains(label)), "{bar:?}");
        }
        if let Some(shown) = board.read(line, at) {
            let (done, total) = (shown.counters.done, shown.counters.total);
            assert!(done.zip(total).is_none_or(|(done, total)| done <= total), "{shown:?}");
        }
    });
    let _ = board.read_unended(&splitter.partial(), at);
});
