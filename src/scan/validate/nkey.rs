//! NATS seeds: base32 of two prefix bytes, 32 random ones and the CRC16 (XMODEM) of both, low byte first.

use super::armour::base32;
use super::check::Check;

/// A seed.
pub(super) fn seed(secret: &[u8]) -> Check {
    let Some(bytes) = base32(secret).filter(|bytes| bytes.len() == 36 && secret[0] == b'S') else {
        return Check::invalid("not as long as a seed is");
    };
    let kind = match secret[1] {
        b'U' => "user",
        b'A' => "account",
        b'O' => "operator",
        b'N' => "server",
        b'C' => "cluster",
        b'X' => "curve",
        _ => "",
    };
    let (body, sum) = bytes.split_at(34);
    let check = if crc16(body).to_le_bytes() == sum {
        Check::valid("its checksum is right")
    } else {
        Check::invalid("its checksum is wrong")
    };
    if kind.is_empty() { check } else { check.and(&format!("seed of a {kind} key")) }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(
            sum ^ u16::from(byte) << 8,
            |sum, _| {
                if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn a_seed_confirms_itself() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // S, then U: five bits each of 18 << 3 and of 20 << 3.
        let mut bytes = vec![0x90 | 20 << 3 >> 5, (20 << 3 & 31) << 3];
        bytes.extend((0..32).map(|n| n * 5 + 1));
        bytes.extend(crc16(&bytes).to_le_bytes());
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |bit| b >> bit & 1)).collect();
        let mut text: Vec<u8> = bits
            .chunks(5)
            .map(|part| {
                letters[usize::from(part.iter().fold(0, |sum, bit| sum << 1 | bit) << (5 - part.len()))]
            })
            .collect();
        assert_eq!((&text[..3], text.len()), (&b"SUA"[..], 58));
        let told = seed(&text);
        assert_eq!(
            (told.validation, told.facts.last().unwrap().as_str()),
            (Validation::Valid, "seed of a user key")
        );
        text.swap(20, 21);
        assert_eq!(seed(&text).validation, Validation::Invalid);
        assert_eq!(seed(b"SUABC").validation, Validation::Invalid);
    }
}
