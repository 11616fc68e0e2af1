//! Private keys of `OpenPGP` in ASCII armour: its CRC24 (RFC 4880, section 6.1) and its first packet.

use super::armour::base64;
use super::check::Check;
use super::pem::Block;

/// Looks at an armoured key.
pub(super) fn private_key(block: &Block, is_cut: bool) -> Check {
    let sum = block.lines.iter().position(|line| line.len() == 5 && line.starts_with('='));
    let body = base64(block.lines[..sum.unwrap_or(block.lines.len())].concat().as_bytes());
    let check = match sum.map(|at| base64(&block.lines[at].as_bytes()[1..])) {
        Some(expected) if crc24(&body).to_be_bytes()[1..] == expected => {
            Check::valid("its checksum is right")
        }
        Some(_) => Check::invalid("its checksum is wrong"),
        None => Check::well_formed(),
    };
    match Packet::first(&body) {
        Some(packet) if packet.is_secret_key() => packet.words().into_iter().fold(check, Check::and),
        None if is_cut => check,
        _ => Check::invalid("no key parses from it"),
    }
}

fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |sum, &byte| {
        let mut sum = sum ^ u32::from(byte) << 16;
        for _ in 0..8 {
            sum <<= 1;
            if sum & 0x0100_0000 != 0 {
                sum ^= 0x0186_4cfb;
            }
        }
        sum & 0x00ff_ffff
    })
}

/// A packet, as far as it is there.
struct Packet<'a> {
    tag: u8,
    body: &'a [u8],
}

impl<'a> Packet<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        if first & 0xc0 == 0xc0 {
            let skip = match rest.first()? {
                0..192 => 1,
                192..224 => 2,
                255 => 5,
                _ => return None,
            };
            return Some(Self { tag: first & 0x3f, body: rest.get(skip..)? });
        }
        let skip = [1, 2, 4, 0][usize::from(first & 3)];
        (first & 0x80 != 0).then_some(Self { tag: first >> 2 & 0x0f, body: rest.get(skip..)? })
    }

    fn is_secret_key(&self) -> bool {
        matches!(self.tag, 5 | 7) && matches!(self.body.first(), Some(3..=6))
    }

    /// The algorithm, and whether a password is needed.
    fn words(&self) -> Vec<&'static str> {
        let Some((&[version, _, _, _, _, algorithm], rest)) = self.body.split_first_chunk::<6>() else {
            return Vec::new();
        };
        let (name, public) = match algorithm {
            1..=3 => ("RSA", skip_numbers(rest, 2)),
            16 => ("Elgamal", skip_numbers(rest, 3)),
            17 => ("DSA", skip_numbers(rest, 4)),
            18 => ("elliptic curve", None),
            19 => ("elliptic curve", skip_curve(rest)),
            22 => ("EdDSA", skip_curve(rest)),
            27 => ("Ed25519", rest.get(32..)),
            _ => ("", None),
        };
        let lock = match (version, public.and_then(<[u8]>::first)) {
            (4, Some(0)) => "not encrypted",
            (4, Some(253..)) => "encrypted",
            _ => "",
        };
        vec![name, lock]
    }
}

/// What follows so many numbers, each behind its length in bits.
fn skip_numbers(mut bytes: &[u8], count: usize) -> Option<&[u8]> {
    for _ in 0..count {
        let (bits, rest) = bytes.split_first_chunk::<2>()?;
        bytes = rest.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)?;
    }
    Some(bytes)
}

/// What follows the name of a curve and a point.
fn skip_curve(bytes: &[u8]) -> Option<&[u8]> {
    let (&length, rest) = bytes.split_first()?;
    skip_numbers(rest.get(usize::from(length)..)?, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc24_is_that_of_the_standard() {
        assert_eq!(crc24(b""), 0x00b7_04ce);
        assert_eq!(crc24(b"123456789"), 0x0021_cf02);
    }
}
