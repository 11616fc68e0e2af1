//! statsd and dogstatsd datagrams: every line is read or counted, and the account of them stays small.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::account::Account;
use telltales::feed::statsd::{LONGEST_DATAGRAM, read};

fuzz_target!(|bytes: &[u8]| {
    let mut facts = 0;
    let unreadable = read(bytes, |_| facts += 1);
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && *line != b"\r").count();
    assert!(bytes.len() > LONGEST_DATAGRAM || facts + unreadable == lines, "every line is read or counted");
    let mut account = Account::default();
    account.add_statsd(bytes);
    assert!(account.said().metrics.iter().all(|metric| metric.value.is_finite()));
    assert!(serde_json::to_vec(account.said()).expect("it can be told").len() < 64 * 1024);
});
