//! Private keys of `PuTTY`: lines of names and values, with the public and the private part in base64.

use super::armour::base64;
use super::check::Check;
use super::openssh::public_key;

/// How such a file begins.
pub(super) const HEADER: &str = "PuTTY-User-Key-File-";

/// Looks at a key, as far as it stands in the text.
pub(super) fn private_key(text: &str) -> Check {
    let mut lines = text.lines().map(str::trim);
    let mut check = Check::well_formed();
    let mut public = String::new();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name {
            "Encryption" if value == "none" => check = check.and("not encrypted"),
            "Encryption" => check = check.times(0.7).and("encrypted"),
            "Public-Lines" => {
                let count = value.parse().unwrap_or(0_usize).min(100);
                public = lines.by_ref().take(count).collect();
            }
            "Private-Lines" => break,
            _ => {}
        }
    }
    match public_key(&base64(public.as_bytes())) {
        Some(kind) => check.times(1.05).and(&kind),
        None => Check::invalid("its public part does not parse"),
    }
}
