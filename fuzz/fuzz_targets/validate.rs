//! Any secret, looked at by every validator at any time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::model::clock::WallTime;
use telltales::scan::validate::Validator;

fuzz_target!(|bytes: &[u8]| {
    let Some((now, secret)) = bytes.split_first_chunk::<4>() else { return };
    let now = WallTime(i64::from(i32::from_le_bytes(*now)) * 1_000);
    for validator in Validator::all() {
        let check = validator.check(secret, now);
        assert!((0.0..=1.0).contains(&check.weigh(0.9)));
        for fact in &check.facts {
            assert!(!fact.chars().any(char::is_control), "{fact:?}");
            assert!(fact.chars().count() < 200, "{fact}");
        }
    }
});
