//! What AWS writes into its keys: the account, as a number in the key id.
//!
//! An id is a prefix of four letters and ten bytes of base32; in ids since 2019 bits 1 to 40 of those bytes are the
//! account's number, behind a bit that is set ("A short note on AWS key ids", Tal Be'ery, and what `sts
//! get-access-key-info` answers). Older ones begin with I or J and don't hold it.

use super::armour::base32;
use super::check::Check;

/// An access key id.
pub(super) fn key_id(secret: &[u8]) -> Check {
    let Some((prefix, body)) = secret.split_first_chunk::<4>().filter(|(_, body)| body.len() == 16) else {
        return Check::default();
    };
    let Some(bytes) = base32(body) else { return Check::invalid("not base32") };
    let check = match prefix {
        b"ASIA" => Check::well_formed().and("temporary, needs a session token"),
        _ => Check::well_formed(),
    };
    if bytes[0] & 0x80 == 0 {
        let is_old = matches!(body[0], b'I' | b'J');
        return if is_old { check.and("issued before 2019") } else { check.times(0.9) };
    }
    let number = bytes[..6].iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
    let account = (number & 0x7fff_ffff_ff80) >> 7;
    if account >= 1_000_000_000_000 {
        return Check::invalid("no account has the number it holds");
    }
    check.and(&format!("account {account:012}"))
}

/// A secret access key: forty letters of base64 that chance has drawn.
pub(super) fn secret(secret: &[u8]) -> Check {
    let has = |class: fn(&u8) -> bool| secret.iter().any(class);
    if secret.iter().all(u8::is_ascii_hexdigit) {
        return Check::invalid("only hex digits, as in a checksum");
    }
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    if secret.len() == 40 && is_mixed { Check::well_formed() } else { Check::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    /// The id that holds this account.
    fn id(prefix: &str, account: u64) -> String {
        let number = 1 << 79 | u128::from(account) << 39 | 0x2a;
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let text: String =
            (0..16).rev().map(|n| letters[(number >> (5 * n) & 31) as usize] as char).collect();
        format!("{prefix}{text}")
    }

    #[test]
    fn the_account_comes_out() {
        for account in [609_629_065_308, 1, 999_999_999_999] {
            let told = key_id(id("AKIA", account).as_bytes());
            assert_eq!(told.facts, [format!("account {account:012}")], "{}", id("AKIA", account));
        }
        let told = key_id(id("ASIA", 42).as_bytes());
        assert_eq!(told.facts, ["temporary, needs a session token", "account 000000000042"]);
        assert_eq!(key_id(id("AKIA", 1_000_000_000_000).as_bytes()).validation, Validation::Invalid);
        assert_eq!(key_id(b"AKIA0189").validation, Validation::None);
        assert_eq!(key_id(concat!("AKIA", "I234567ABCDEFGHJ").as_bytes()).facts, ["issued before 2019"]);
    }

    #[test]
    fn a_checksum_is_no_secret_key() {
        assert_eq!(secret(&b"0123456789abcdef".repeat(3)[..40]).validation, Validation::Invalid);
        assert_eq!(secret(&b"aB3+/xYz".repeat(5)).validation, Validation::WellFormed);
    }
}
