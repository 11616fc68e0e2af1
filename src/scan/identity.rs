//! Names secrets without telling them: a keyed hash whose key dies with the report.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::model::text::escape_path;

/// The key of one report. But for one that was given, it is never written anywhere, so that an id can't be tried against guesses.
pub(crate) struct Key([u8; 32]);

impl Key {
    /// A fresh random key.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// A key that several reports share.
    pub(crate) fn given(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The id of a secret under this key: the same secret gets the same id.
    pub(crate) fn secret_id(&self, secret: &[u8]) -> String {
        // Only the first half of the digest is told, so that a longer secret can't be derived from a shorter one.
        let digest = Sha256::new().chain_update(self.0).chain_update(secret).finalize();
        digest[..16].iter().fold(String::with_capacity(32), |mut id, byte| {
            write!(id, "{byte:02x}").expect("a String takes all that is written to it");
            id
        })
    }
}

/// Rule, secret and path in one word.
pub(crate) fn fingerprint(rule: &str, secret_id: &str, path: &Path) -> String {
    format!("{rule}:{secret_id}:{}", escape_path(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_within_a_report_only() {
        let (one, two) = (Key::random().unwrap(), Key::random().unwrap());
        assert_eq!(one.secret_id(b"hunter2"), one.secret_id(b"hunter2"));
        assert_ne!(one.secret_id(b"hunter2"), one.secret_id(b"hunter3"));
        assert_ne!(one.secret_id(b"hunter2"), two.secret_id(b"hunter2"));
    }
}
