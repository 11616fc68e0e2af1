//! The kernel's tables of sockets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::net;

fuzz_target!(|bytes: &[u8]| {
    let found = net::queues(bytes, &(0..100).collect());
    assert!(found.unread <= found.sockets && found.untaken <= found.sockets);
});
