//! One file in a cache, in a fixed number of bytes: which it is, what it looked like, what it came to. Pure.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::stamp::{self, Stamp};
use super::worth::{self, Worth};

/// The name of a file in a cache: a hash of its path as a scan tells it. A path decides what is looked for.
pub(crate) type Key = [u8; 16];
/// A hash of all that a file holds.
pub(crate) type Content = [u8; 32];

/// What is known of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) key: Key,
    /// With nothing but the size where its times told nothing: then only its content does.
    pub(crate) stamp: Stamp,
    pub(crate) content: Content,
    pub(crate) worth: Worth,
}

/// The bytes of a record.
pub(crate) const BYTES: usize = 16 + stamp::BYTES + 32 + worth::BYTES;

/// What a path is called here.
pub(crate) fn key(path: &Path) -> Key {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    std::array::from_fn(|at| digest[at])
}

impl Record {
    pub(crate) fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let parts: [&[u8]; 4] = [&self.key, &self.stamp.bytes(), &self.content, &self.worth.bytes()];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes
    }

    /// How many spots the record of these bytes has.
    pub(crate) fn spots_of(bytes: &[u8; BYTES]) -> u32 {
        Worth::spots_of(&part(bytes, 48 + stamp::BYTES))
    }

    pub(crate) fn read(bytes: &[u8; BYTES]) -> Self {
        Self {
            key: part(bytes, 0),
            stamp: Stamp::read(&part(bytes, 16)),
            content: part(bytes, 16 + stamp::BYTES),
            worth: Worth::read(&part(bytes, 48 + stamp::BYTES)),
        }
    }
}

fn part<const N: usize>(bytes: &[u8; BYTES], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        pub(in super::super) fn record()(
            key in any::<Key>(),
            stamp in any::<(u64, u64, u64, i64, i64)>(),
            content in any::<Content>(),
            numbers in any::<([u64; 3], [u32; 2], u64, [u32; 3])>(),
            rest in any::<(bool, u32, i16, u32)>(),
        ) -> Record {
            let (device, inode, size, modified, changed) = stamp;
            let ([bytes, packed, tokens], inside, inside_bytes, left_out) = numbers;
            let (is_binary, entropy, best, spots) = rest;
            Record {
                key,
                stamp: Stamp { device, inode, size, modified, changed },
                content,
                worth: Worth { bytes, packed, tokens, is_binary, inside, inside_bytes, left_out, entropy, best, spots },
            }
        }
    }

    proptest! {
        #[test]
        fn records_come_back(record in record()) {
            prop_assert_eq!(Record::read(&record.bytes()), record);
        }
    }
}
