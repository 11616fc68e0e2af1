//! Datagrams of `sd_notify(3)`, and the account of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::feed::account::Account;
use telltales::feed::sd_notify::read;

fuzz_target!(|bytes: &[u8]| {
    assert!(read(bytes).counters.iter().all(|(_, value)| value.is_finite()));
    let mut account = Account::default();
    account.add_notification(bytes);
    assert!(serde_json::to_vec(account.said()).expect("it can be told").len() < 64 * 1024);
});
