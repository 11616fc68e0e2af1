//! What the kernel tells of descriptors, locks, mounts and sockets: names in it are bytes of a stranger's choice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::proc::probe::things::{counts, fdinfo, locks, mounts, tables, target};

fuzz_target!(|bytes: &[u8]| {
    let (link, text) = bytes.split_at(bytes.iter().position(|&b| b == 0).unwrap_or(0));
    let info = fdinfo::parse(text);
    assert!(info.watched.len() <= fdinfo::MOST_WATCHED);
    let _ = target::target(link, &info, None, Some(1));
    let (held, _) = locks::held(text);
    assert!(held.len() <= text.len() / 16 + 1);
    let mounts = mounts::Mounts::parse(text);
    let _ = mounts.of(&String::from_utf8_lossy(link), None);
    let _ = (tables::inet(text, "tcp"), tables::unix(text), tables::netlink(text));
    let words = String::from_utf8_lossy(text);
    let now = counts::Counts::of(|_| Some(words.to_string()));
    let _ = now.since(Some(&now), String::new());
});
