//! Letters that stand for bytes, and numbers that stand as letters: what several kinds of secrets share.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// The bytes that base64 of either alphabet stands for, up to the last whole letter; nothing when it is none.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let mut body = &text[..text.len() - padding];
    if body.len() % 4 == 1 {
        body = &body[..body.len() - 1];
    }
    let engine = if body.iter().any(|byte| matches!(byte, b'-' | b'_')) { URL } else { STANDARD };
    engine.decode(body).unwrap_or_default()
}

/// The bytes that base32 stands for; `None` when a letter is none of its own.
pub(super) fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() * 5 / 8));
    for &letter in text {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// A number in digits of this alphabet, with as many leading zeros as it takes.
pub(super) fn digits(mut value: u32, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u32;
    let mut digits = vec![alphabet[0]; width];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[(value % base) as usize];
        value /= base;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_bytes() {
        for (text, bytes) in [
            ("aGVsbG8=", "hello"),
            ("aGVsbG8", "hello"),
            ("aGVsbG8h", "hello!"),
            ("aGVsbG8hY", "hello!"),
            ("_-8", "\u{0}"),
            ("not base64!", ""),
        ] {
            let expected = if text == "_-8" { &[0xff, 0xef][..] } else { bytes.as_bytes() };
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(base32(b"NBSWY3DP"), Some(b"hello".to_vec()));
        assert_eq!(base32(b"nbsw"), None);
    }
}
