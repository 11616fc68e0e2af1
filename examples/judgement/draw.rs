//! Made-up secrets in the shapes that providers hand out, drawn from a seeded generator.

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/";
const BASE64URL: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER36: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Shapes: what stands before, the alphabet, the length, what stands behind.
const SHAPES: [(&str, &[u8], usize, &str); 36] = [
    ("", BASE62, 16, ""),
    ("", BASE62, 20, ""),
    ("", BASE62, 22, ""),
    ("", BASE62, 24, ""),
    ("", BASE62, 32, ""),
    ("", BASE62, 40, ""),
    ("", BASE62, 48, ""),
    ("", BASE62, 64, ""),
    ("", HEX, 16, ""),
    ("", HEX, 24, ""),
    ("", HEX, 32, ""),
    ("", HEX, 40, ""),
    ("", HEX, 64, ""),
    ("", BASE64, 22, "=="),
    ("", BASE64, 27, "="),
    ("", BASE64, 40, ""),
    ("", BASE64, 43, "="),
    ("", BASE64, 86, "=="),
    ("", BASE64URL, 22, ""),
    ("", BASE64URL, 32, ""),
    ("", BASE64URL, 43, ""),
    ("", BASE64URL, 64, ""),
    ("", BASE32, 16, ""),
    ("", BASE32, 32, ""),
    ("", BASE36, 16, ""),
    ("", BASE36, 25, ""),
    ("", BASE36, 32, ""),
    ("", UPPER36, 20, ""),
    ("ghp_", BASE62, 36, ""),
    ("sk_live_", BASE62, 24, ""),
    ("AKIA", BASE32, 16, ""),
    ("glpat-", BASE64URL, 20, ""),
    ("npm_", BASE62, 36, ""),
    ("hf_", LETTERS, 34, ""),
    ("pk_", BASE36, 32, ""),
    ("", LOWER, 20, ""),
];

/// A generator of the same numbers every time.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// A number below this one.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// One secret; the shapes take turns.
    pub(crate) fn secret(&mut self, turn: usize) -> Vec<u8> {
        let (before, alphabet, length, behind) = SHAPES[turn % SHAPES.len()];
        let mut secret = before.as_bytes().to_vec();
        secret.extend((0..length).map(|_| alphabet[self.below(alphabet.len())]));
        secret.extend_from_slice(behind.as_bytes());
        secret
    }
}
