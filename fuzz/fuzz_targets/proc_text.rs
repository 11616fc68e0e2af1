//! What the kernel writes into `/proc/PID/*`: names of processes are bytes of a stranger's choice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::{parse, wait};

fuzz_target!(|bytes: &[u8]| {
    if let Some(stat) = parse::stat(bytes) {
        let _ = (stat.cpu_ms(), stat.start_ms());
        assert!(stat.comm.len() <= bytes.len());
    }
    let _ = (parse::io(bytes), parse::last_pid(bytes), wait::meaning(bytes));
    if let Some(command) = parse::cmdline(bytes) {
        let _ = parse::family(&command);
    }
});
