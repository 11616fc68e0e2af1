//! ASN.1 in DER, as far as private keys need it: PKCS#1, PKCS#8, SEC1 and DSA's own form (RFC 8017, 5958, 5915).
//!
//! Nothing recurses but the one key inside of PKCS#8, and no length is believed before it is compared with what there is.

use super::check::Check;
use super::product::is_product;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The parameters of an elliptic curve key, as its first tagged field.
const PARAMETERS: u8 = 0xa0;

/// What is left of a sequence of values.
#[derive(Clone, Copy)]
struct Values<'a>(&'a [u8]);

/// One value, which may be cut short.
struct Value<'a> {
    tag: u8,
    body: &'a [u8],
    is_whole: bool,
}

impl<'a> Values<'a> {
    fn next(&mut self) -> Option<Value<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first & 0x7f);
        if first & 0x80 != 0 {
            // Four bytes of length are more than any key needs; 0x80 itself is no DER.
            if !(1..=4).contains(&length) || rest.len() < length {
                return None;
            }
            let (bytes, after) = rest.split_at(length);
            length = bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            rest = after;
        }
        let is_whole = length <= rest.len();
        let (body, after) = rest.split_at(length.min(rest.len()));
        self.0 = after;
        Some(Value { tag, body, is_whole })
    }

    /// The next value, when it is whole and of this kind.
    fn whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|value| value.tag == tag && value.is_whole).map(|value| value.body)
    }
}

/// What DER turned out to hold.
pub(super) enum Key {
    /// A private key, in words, with the reasons to believe it.
    Plain(Check),
    /// A private key behind a password.
    Encrypted,
    /// It says that it is longer than what is there.
    Truncated,
    /// Something else.
    Unknown,
}

/// Looks at a private key.
pub(super) fn private_key(bytes: &[u8]) -> Key {
    let Some(outer) = Values(bytes).next().filter(|value| value.tag == SEQUENCE) else {
        return Key::Unknown;
    };
    if !outer.is_whole {
        return Key::Truncated;
    }
    let mut values = Values(outer.body);
    let Some(first) = values.next() else { return Key::Unknown };
    if first.tag == SEQUENCE {
        // The algorithm of the encryption, then the encrypted key.
        return if values.whole(OCTETS).is_some() { Key::Encrypted } else { Key::Unknown };
    }
    let check = match (first.tag, first.body) {
        (INTEGER, [0 | 1]) => {
            rsa(values).or_else(|| pkcs8(values)).or_else(|| sec1(values, None)).or_else(|| dsa(values))
        }
        _ => None,
    };
    check.map_or(Key::Unknown, Key::Plain)
}

/// Modulus, exponents and primes, behind the version.
fn rsa(mut values: Values<'_>) -> Option<Check> {
    let mut number = || values.whole(INTEGER);
    let (modulus, public) = (number()?, number()?);
    // DSA's second number is a prime of 160 bits or more.
    if public.len() > 8 {
        return None;
    }
    let (_, p, q) = (number()?, number()?, number()?);
    let check = if is_product(modulus, p, q) {
        Check::valid("its primes make its modulus")
    } else {
        Check::invalid("its primes do not make its modulus")
    };
    Some(check.and(&format!("RSA, {} bits", bits(modulus))))
}

/// The algorithm, then the key in its own form.
fn pkcs8(mut values: Values<'_>) -> Option<Check> {
    let mut algorithm = Values(values.whole(SEQUENCE)?);
    let kind = algorithm.whole(OID)?;
    let key = values.whole(OCTETS)?;
    let words = match kind {
        // 1.2.840.113549.1.1.1 and .10 for RSASSA-PSS.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 | 0x0a] => {
            let mut inner = Values(Values(key).whole(SEQUENCE)?);
            inner.whole(INTEGER)?;
            return rsa(inner);
        }
        // 1.2.840.10045.2.1, with the curve as its parameter.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => {
            let mut inner = Values(Values(key).whole(SEQUENCE)?);
            inner.whole(INTEGER)?;
            return sec1(inner, algorithm.whole(OID));
        }
        [0x2b, 0x65, 0x6e] => "X25519",
        [0x2b, 0x65, 0x6f] => "X448",
        [0x2b, 0x65, 0x70] => "Ed25519",
        [0x2b, 0x65, 0x71] => "Ed448",
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => "DSA",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01] => "Diffie-Hellman",
        _ => "a private key of some other kind",
    };
    Some(parses().and(words))
}

/// The private number, then perhaps curve and public point.
fn sec1(mut values: Values<'_>, curve: Option<&[u8]>) -> Option<Check> {
    let number = values.whole(OCTETS)?;
    if !(20..=72).contains(&number.len()) {
        return None;
    }
    let own = values.whole(PARAMETERS).and_then(|body| Values(body).whole(OID));
    let curve = match curve.or(own).unwrap_or_default() {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => "P-256",
        [0x2b, 0x81, 0x04, 0x00, 0x22] => "P-384",
        [0x2b, 0x81, 0x04, 0x00, 0x23] => "P-521",
        [0x2b, 0x81, 0x04, 0x00, 0x0a] => "secp256k1",
        _ => return Some(parses().and(&format!("elliptic curve, {} bits", number.len() * 8))),
    };
    Some(parses().and(&format!("elliptic curve {curve}")))
}

/// Five numbers behind the version.
fn dsa(mut values: Values<'_>) -> Option<Check> {
    let p = values.whole(INTEGER)?;
    for _ in 0..4 {
        values.whole(INTEGER)?;
    }
    Some(parses().and(&format!("DSA, {} bits", bits(p))))
}

fn parses() -> Check {
    Check::well_formed().times(1.05)
}

/// How many bits a number has.
fn bits(number: &[u8]) -> usize {
    let leading = number.iter().take_while(|&&byte| byte == 0).count();
    let number = &number[leading..];
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        match body.len() {
            length @ 0..128 => bytes.push(length as u8),
            length => bytes.extend([0x82, (length >> 8) as u8, length as u8]),
        }
        bytes.extend_from_slice(body);
        bytes
    }

    fn numbers(numbers: &[&[u8]]) -> Vec<u8> {
        value(SEQUENCE, &numbers.iter().flat_map(|number| value(INTEGER, number)).collect::<Vec<u8>>())
    }

    fn told(bytes: &[u8]) -> String {
        match private_key(bytes) {
            Key::Plain(check) => check.facts.join(", "),
            Key::Encrypted => "encrypted".into(),
            Key::Truncated => "truncated".into(),
            Key::Unknown => "unknown".into(),
        }
    }

    #[test]
    fn tells_what_a_key_is() {
        // 241 * 251 = 60491, in the smallest of RSA keys.
        let rsa = numbers(&[&[0], &[0, 0xec, 0x4b], &[3], &[5], &[0, 241], &[0, 251], &[1], &[1], &[1]]);
        assert_eq!(told(&rsa), "its primes make its modulus, RSA, 16 bits");
        let wrong = numbers(&[&[0], &[0, 0xec, 0x4c], &[3], &[5], &[0, 241], &[0, 251], &[1], &[1], &[1]]);
        assert_eq!(told(&wrong), "its primes do not make its modulus, RSA, 16 bits");
        let oid = value(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
        let wrapped = [value(INTEGER, &[0]), value(SEQUENCE, &oid), value(OCTETS, &rsa)].concat();
        assert_eq!(told(&value(SEQUENCE, &wrapped)), "its primes make its modulus, RSA, 16 bits");
        let curve = value(PARAMETERS, &value(OID, &[0x2b, 0x81, 0x04, 0x00, 0x22]));
        let sec1 = [value(INTEGER, &[1]), value(OCTETS, &[7; 48]), curve].concat();
        assert_eq!(told(&value(SEQUENCE, &sec1)), "elliptic curve P-384");
        let ed = [
            value(INTEGER, &[0]),
            value(SEQUENCE, &value(OID, &[0x2b, 0x65, 0x70])),
            value(OCTETS, &value(OCTETS, &[9; 32])),
        ];
        assert_eq!(told(&value(SEQUENCE, &ed.concat())), "Ed25519");
        let long = [7; 128];
        let dsa = numbers(&[&[0], &long, &[7; 20], &long, &long, &[7; 20]]);
        assert_eq!(told(&dsa), "DSA, 1019 bits");
        let locked = [value(SEQUENCE, &oid), value(OCTETS, &[1; 64])].concat();
        assert_eq!(told(&value(SEQUENCE, &locked)), "encrypted");
    }

    #[test]
    fn tells_what_is_none() {
        let rsa = numbers(&[&[0], &[0, 0xec, 0x4b], &[3], &[5], &[0, 241], &[0, 251]]);
        for length in 2..rsa.len() {
            assert_eq!(told(&rsa[..length]), "truncated", "{length}");
        }
        for bytes in
            [&b""[..], b"\x30", b"\x30\x80\x00", b"\x30\xff\xff", b"\x02\x01\x00", b"\x30\x03\x02\x01\x07"]
        {
            assert_eq!(told(bytes), "unknown", "{bytes:?}");
        }
    }
}
