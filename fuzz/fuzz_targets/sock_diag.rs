//! What netlink says of sockets: lengths in it are a stranger's word, and who is whose other end is worked out from it.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use telltales::proc::probe::things::{diag, network};

fuzz_target!(|bytes: &[u8]| {
    let mut seen = Vec::new();
    diag::sockets(bytes, diag::TCP, |socket| seen.push(socket));
    assert!(seen.len() <= bytes.len() / 16);
    let own: BTreeSet<u64> = seen.iter().map(|socket| socket.inode).filter(|inode| inode % 2 == 0).collect();
    let (told, _) = network::sockets(&seen, &own, &BTreeSet::new());
    assert!(told.len() <= 2 * own.len());
});
