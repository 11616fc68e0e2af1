//! A recorded series: somebody else may have written it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::history::series;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = series::parse(bytes, 1) {
        let mut line = Vec::new();
        series::write(&mut line, &snapshot).expect("what was read can be written");
        series::parse(&line, 1).expect("what was written can be read");
    }
    for snapshot in series::read(bytes).take(50) {
        if snapshot.is_err() {
            break;
        }
    }
});
