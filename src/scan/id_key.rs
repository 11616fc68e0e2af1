#![expect(clippy::disallowed_methods, reason = "edge: reads and makes the file of a key")]
//! A key for the ids of secrets that lasts longer than one report, so that the shards of a scan name a secret alike.
//!
//! Whoever has the key can try guesses against the ids of a report, as fast as a hash is taken: the file is for its owner
//! alone, and no report holds it. The first shard that comes makes it; the others, at the same time or later, read it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::identity::Key;

/// What the file begins with.
const TITLE: &str = "telltale id key 1:";
const BYTES: usize = 32;

/// A key from a file.
#[derive(Clone, PartialEq, Eq)]
pub struct IdKey([u8; BYTES]);

impl fmt::Debug for IdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdKey(********)")
    }
}

impl IdKey {
    /// The key in this file; makes both when there is none.
    pub fn at(path: &Path) -> io::Result<Self> {
        match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path)?;
                read(path)
            }
            other => other,
        }
    }

    pub(crate) fn key(&self) -> Key {
        Key::given(self.0)
    }
}

fn read(path: &Path) -> io::Result<IdKey> {
    let mut text = String::new();
    OpenOptions::new().read(true).open(path)?.take(256).read_to_string(&mut text)?;
    parse(&text).ok_or_else(|| {
        let words = "not a key for ids; name a file that does not exist, and one is made";
        io::Error::new(io::ErrorKind::InvalidData, words)
    })
}

fn parse(text: &str) -> Option<IdKey> {
    let digits: String = text.strip_prefix(TITLE)?.split_ascii_whitespace().collect();
    if digits.len() != 2 * BYTES || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; BYTES];
    for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(IdKey(key))
}

/// Four digits, a blank, four digits: a scan takes a long run of them for a secret.
fn text(key: &[u8; BYTES]) -> String {
    let groups: Vec<String> = key.chunks(2).map(|pair| format!("{:02x}{:02x}", pair[0], pair[1])).collect();
    format!("{TITLE} {}\n", groups.join(" "))
}

/// Makes the file, unless somebody else was faster: a link comes into being as a whole, or not at all.
fn make(path: &Path) -> io::Result<()> {
    let mut key = [0; BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let mut mark = [0; 8];
    getrandom::fill(&mut mark).map_err(|error| io::Error::other(error.to_string()))?;
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{:016x}.new", u64::from_ne_bytes(mark)));
    let new = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let made = file.write_all(text(&key).as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        match std::fs::hard_link(&new, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    });
    let _ = std::fs::remove_file(&new);
    made
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn whoever_comes_gets_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys: Vec<IdKey> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| IdKey::at(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        assert_ne!(IdKey::at(&folder.path().join("other")).unwrap(), keys[0]);
        assert_eq!(format!("{:?}", keys[0]), "IdKey(********)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for text in ["", "telltale id key 1: 00", "x"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(IdKey::at(&path).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
        }
        assert!(IdKey::at(&folder.path().join("no/such")).is_err());
        assert_eq!(parse(&text(&[7; BYTES])), Some(IdKey([7; BYTES])));
    }
}
