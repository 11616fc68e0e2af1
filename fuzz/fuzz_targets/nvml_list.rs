//! The list of processes on a GPU, whatever a driver writes and says of its length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::nvml_list::processes;

fuzz_target!(|bytes: &[u8]| {
    let Some((&count, bytes)) = bytes.split_first() else { return };
    let words: Vec<u64> = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
    let found = processes(&words, count.into(), 0);
    assert!(found.len() <= count.into() && found.len() * 2 <= words.len());
    assert!(found.iter().all(|process| process.pid != 0));
});
