//! Which part of a scan is whose, when many machines share one: each file falls to exactly one of them.
//!
//! What decides is the path below the folder that was given: nothing of the machine, and no order. Not the content,
//! because a scan costs hardly more than reading: whoever had to read a file to learn that it is somebody else's would
//! gain nothing. A rename moves a file to another shard of the same scan, never out of all of them.
//!
//! Of history each repository falls to one shard as a whole, by its path as it was given. By the ids of its blobs would not do:
//! each secret is told once in each file, in the oldest version that holds it, and who has only some versions would tell
//! another one; and every shard would have to unpack them all, for in a pack most are made out of others. What is staged
//! is small, and has no shards.
//!
//! The share is the SHA-256 of the path, its first eight bytes as a big-endian number, modulo the number of
//! shards.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The most shards of one scan.
pub const MOST: u32 = 1_000_000;

/// One part of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

/// What is no shard.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write I/N with I from 1 to N, and N at most {MOST}: 2/5")]
pub struct NoShard;

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (index, of) = text.split_once('/').ok_or(NoShard)?;
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| NoShard);
        let shard = Self { index: number(index)?, of: number(of)? };
        if shard.index >= 1 && shard.index <= shard.of && shard.of <= MOST { Ok(shard) } else { Err(NoShard) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl Shard {
    /// Whether what goes by this name falls to it.
    pub fn takes(self, name: &[u8]) -> bool {
        let digest = Sha256::digest(name);
        let number = digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.of) == u64::from(self.index - 1)
    }

    /// Whether the file at this path below what was given falls to it.
    pub fn takes_path(self, relative: &Path) -> bool {
        self.takes(relative.as_os_str().as_encoded_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shards_are_read() {
        assert_eq!("2/5".parse(), Ok(Shard { index: 2, of: 5 }));
        assert_eq!("1/1".parse::<Shard>().unwrap().to_string(), "1/1");
        for text in ["", "1", "0/3", "4/3", "1/0", "-1/3", "a/b", "1/2/3", "1/1000001"] {
            assert_eq!(text.parse::<Shard>(), Err(NoShard), "{text}");
        }
    }

    #[test]
    fn a_share_is_the_same_on_every_machine() {
        // As Python has it: int(sha256(name).hexdigest()[:16], 16) % 7 + 1.
        let of = |name: &str| (1..=7).find(|&index| Shard { index, of: 7 }.takes(name.as_bytes())).unwrap();
        assert_eq!(["src/main.rs", ".env", "a b\n"].map(of), [7, 6, 1]);
    }

    #[test]
    fn shares_are_about_equal() {
        let count = |index| {
            (0..8000).filter(|n| Shard { index, of: 8 }.takes(format!("dir/{n}.rs").as_bytes())).count()
        };
        assert!((1..=8).map(count).all(|count| (850..1150).contains(&count)));
    }

    proptest! {
        #[test]
        fn each_name_falls_to_exactly_one(name in proptest::collection::vec(any::<u8>(), 0..40), of in 1u32..40) {
            let takers = (1..=of).filter(|&index| Shard { index, of }.takes(&name)).count();
            prop_assert_eq!(takers, 1);
        }
    }
}
