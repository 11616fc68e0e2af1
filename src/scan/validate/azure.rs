//! Keys of Azure storage accounts: 64 random bytes in base64, newer ones with a mark in them.

use sha2::{Digest, Sha256};

use super::armour::base64;
use super::check::Check;

/// The digest of the key that every storage emulator has: it is documented, and opens nothing else.
const EMULATOR: [u8; 8] = [0x00, 0x11, 0xcc, 0x25, 0xeb, 0x43, 0x20, 0x71];

/// An account key, or a key of a shared access policy.
pub(super) fn storage_key(secret: &[u8]) -> Check {
    if Sha256::digest(secret)[..8] == EMULATOR {
        return Check::invalid("the storage emulator's key, which everybody knows");
    }
    let bytes = base64(secret).len();
    match bytes {
        64 if secret[..].windows(4).rev().take(16).any(|mark| mark == b"+ASt") => {
            Check::well_formed().times(1.08).and("marked as a storage account key")
        }
        64 | 32 => Check::well_formed().times(1.03).and(&format!("{bytes} bytes")),
        48 => Check::well_formed(),
        _ => Check::invalid("not as long as a key is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn length_and_mark_tell() {
        let check = |secret: String, validation: Validation| {
            assert_eq!(storage_key(secret.as_bytes()).validation, validation, "{secret}");
        };
        check("aB3x".repeat(21) + "aQ==", Validation::WellFormed);
        check("aB3x".repeat(20) + "aQ==", Validation::Invalid);
        let marked = "aB3x".repeat(19) + "+ASt" + "aB3xaQ==";
        assert!(storage_key(marked.as_bytes()).facts[0].contains("marked"));
        // In two parts, so that no scanner of others takes it for a secret.
        let emulator = [
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
            "K1SZFPTOtr",
            "KBHBeksoGMGw==",
        ];
        check(emulator.join("/"), Validation::Invalid);
        assert!(storage_key(emulator.join("/").as_bytes()).facts[0].contains("emulator"));
    }
}
