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
    let _ = (parse::own_limits(bytes), parse::data_size(bytes), parse::vmstat(bytes, "pswpin"));
    let _ = (parse::rollup(bytes), parse::bound_user(bytes));
    if let Some((some, full)) = parse::pressure(bytes) {
        assert!((0.0..=1.0).contains(&some) && full.is_none_or(|full| (0.0..=1.0).contains(&full)));
    }
    if let Some(command) = parse::cmdline(bytes) {
        let _ = parse::family(&command);
    }
});
