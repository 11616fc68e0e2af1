//! The checksum of age's secret keys: bech32 (BIP 173), as age's specification asks for it.

use super::check::Check;

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

/// A secret key of age.
pub(super) fn age(secret: &[u8]) -> Check {
    let lower = secret.to_ascii_lowercase();
    let Some(split) = lower.iter().rposition(|&byte| byte == b'1') else { return Check::default() };
    let (prefix, data) = (&lower[..split], &lower[split + 1..]);
    let values: Option<Vec<u8>> =
        data.iter().map(|byte| LETTERS.iter().position(|letter| letter == byte).map(|at| at as u8)).collect();
    match values {
        Some(values) if polymod(prefix, &values) == 1 => Check::valid("its checksum is right"),
        _ => Check::invalid("its checksum is wrong"),
    }
}

fn polymod(prefix: &[u8], data: &[u8]) -> u32 {
    let high = prefix.iter().map(|byte| byte >> 5);
    let low = prefix.iter().map(|byte| byte & 31);
    high.chain([0]).chain(low).chain(data.iter().copied()).fold(1, |sum, value| {
        let top = sum >> 25;
        let sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(sum, |sum, bit| sum ^ GENERATOR[bit])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    /// A key of these bytes, as age writes it.
    fn key(bytes: [u8; 32]) -> String {
        let bits: Vec<u8> =
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
        let mut values: Vec<u8> = bits
            .chunks(5)
            .map(|part| part.iter().fold(0, |sum, bit| sum << 1 | bit) << (5 - part.len()))
            .collect();
        let sum = polymod(b"age-secret-key-", &[&values[..], &[0; 6]].concat()) ^ 1;
        values.extend((0..6).map(|n| (sum >> (5 * (5 - n)) & 31) as u8));
        let letters: String = values.iter().map(|&value| LETTERS[usize::from(value)] as char).collect();
        format!("age-secret-key-1{letters}").to_uppercase()
    }

    #[test]
    fn a_slip_of_the_pen_is_seen() {
        // A test vector of BIP 173.
        assert_eq!(polymod(b"a", &[10, 15, 5, 14, 31, 8].map(|_| 0)), polymod(b"a", &[0; 6]));
        let values = |text: &str| -> Vec<u8> {
            text.bytes().map(|b| LETTERS.iter().position(|l| *l == b).unwrap() as u8).collect()
        };
        assert_eq!(polymod(b"a", &values("2uel5l")), 1);
        let good = key(std::array::from_fn(|n| n as u8 * 7));
        assert_eq!(good.len(), 74);
        assert_eq!(age(good.as_bytes()).validation, Validation::Valid);
        let at = good.len() - 9;
        let other = if good.as_bytes()[at] == b'Q' { "P" } else { "Q" };
        let mut bad = good.clone();
        bad.replace_range(at..=at, other);
        assert_eq!(age(bad.as_bytes()).validation, Validation::Invalid);
    }
}
