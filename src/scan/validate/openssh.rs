//! Private keys in OpenSSH's own form (`PROTOCOL.key` in its sources), and the names of its key types.

use super::check::Check;

/// What such a key begins with.
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// What is left of a row of length-prefixed strings.
struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}

/// Looks at a decoded key; `None` when it is no whole one.
pub(super) fn private_key(bytes: &[u8]) -> Option<Check> {
    let mut strings = Strings(bytes.strip_prefix(MAGIC)?);
    let cipher = strings.next()?;
    let (_kdf, _options) = (strings.next()?, strings.next()?);
    strings.number().filter(|&keys| keys == 1)?;
    let public = strings.next()?;
    let private = strings.next()?;
    let kind = public_key(public)?;
    if cipher != b"none" {
        return Some(Check::well_formed().times(0.7).and("encrypted").and(&kind));
    }
    // Two equal numbers tell a key that was decrypted from noise.
    let mut inner = Strings(private);
    let (one, two) = (inner.number()?, inner.number()?);
    let check = if one == two {
        Check::valid("its two check numbers agree")
    } else {
        Check::invalid("its two check numbers differ")
    };
    Some(check.and(&kind).and("not encrypted"))
}

/// A public key in words: `RSA, 3072 bits`.
pub(super) fn public_key(blob: &[u8]) -> Option<String> {
    let mut strings = Strings(blob);
    let kind = strings.next()?;
    Some(match kind {
        b"ssh-rsa" => {
            let (_exponent, modulus) = (strings.next()?, strings.next()?);
            let leading = modulus.iter().take_while(|&&byte| byte == 0).count();
            let first = modulus.get(leading).map_or(0, |byte| byte.leading_zeros() as usize);
            format!("RSA, {} bits", ((modulus.len() - leading) * 8).saturating_sub(first))
        }
        b"ssh-dss" => "DSA".into(),
        b"ssh-ed25519" => "Ed25519".into(),
        b"ssh-ed448" => "Ed448".into(),
        b"ecdsa-sha2-nistp256" => "elliptic curve P-256".into(),
        b"ecdsa-sha2-nistp384" => "elliptic curve P-384".into(),
        b"ecdsa-sha2-nistp521" => "elliptic curve P-521".into(),
        b"sk-ssh-ed25519@openssh.com" => "Ed25519 on a security key".into(),
        b"sk-ecdsa-sha2-nistp256@openssh.com" => "elliptic curve P-256 on a security key".into(),
        _ => return None,
    })
}
