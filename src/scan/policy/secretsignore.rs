//! `.secretsignore` of ripsecrets: files that are left out, and secrets that are allowed wherever they stand. Pure.
//!
//! The first part is written like a `.gitignore`; what follows the line `[secrets]` are secrets, one on each line.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use sha2::{Digest as _, Sha256};

use crate::scan::ignores;

/// The file's name.
pub(crate) const NAME: &str = ".secretsignore";
/// The most bytes that are read, and the most lines.
pub(crate) const LARGEST: usize = 4 << 20;
const MOST: usize = 50_000;
const SECRETS: &str = "[secrets]";

/// What such a file says.
#[derive(Debug, Default)]
pub(crate) struct SecretsIgnore {
    globs: Option<Gitignore>,
    /// Where each secret is listed, by its hash: what is held in memory should not be what it protects.
    secrets: HashMap<[u8; 32], (usize, AtomicBool)>,
    /// Lines that could not be read.
    pub(crate) unread: Vec<usize>,
}

impl SecretsIgnore {
    /// Reads a file; a glob that is none is only told.
    pub(crate) fn parse(text: &str) -> Self {
        let mut all = Self::default();
        let mut globs = GitignoreBuilder::new("");
        let mut in_secrets = false;
        let mut any_glob = false;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r');
            if index >= MOST {
                all.unread.push(index + 1);
                break;
            }
            match line {
                _ if line.trim_end() == SECRETS => in_secrets = true,
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                _ if in_secrets => {
                    all.secrets.entry(hash(line.as_bytes())).or_insert((index + 1, AtomicBool::new(false)));
                }
                _ if globs.add_line(None, line).is_ok() => any_glob = true,
                _ => all.unread.push(index + 1),
            }
        }
        all.globs = if any_glob { globs.build().ok() } else { None };
        all
    }

    /// Whether a file, seen from the folder of the list, is left out.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        let globs = self.globs.as_ref();
        globs.is_some_and(|globs| ignores::leaves_out(globs, Path::new(path)))
    }

    /// The line that allows a secret.
    pub(crate) fn allows(&self, secret: &[u8]) -> Option<usize> {
        if self.secrets.is_empty() {
            return None;
        }
        let (line, is_used) = self.secrets.get(&hash(secret))?;
        is_used.store(true, Ordering::Relaxed);
        Some(*line)
    }

    /// The lines that list secrets which were never asked for.
    pub(crate) fn unused(&self) -> impl Iterator<Item = usize> {
        self.secrets.values().filter(|(_, is_used)| !is_used.load(Ordering::Relaxed)).map(|(line, _)| *line)
    }
}

fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_and_secrets_are_left_out() {
        let list = SecretsIgnore::parse(
            "# why\ntest/*\n*.snap\n!keep.snap\n\n[secrets]\n# one\npAznMW3DsrnVJ5\r\nother\n",
        );
        for (path, expected) in [
            ("test/a.py", true),
            ("test/deep/a.py", true),
            ("a/b.snap", true),
            ("keep.snap", false),
            ("src/a.py", false),
        ] {
            assert_eq!(list.leaves_out(path), expected, "{path}");
        }
        assert_eq!(list.unused().count(), 2);
        assert_eq!(
            (list.allows(b"pAznMW3DsrnVJ5"), list.allows(b"other"), list.allows(b"oth")),
            (Some(8), Some(9), None)
        );
        assert_eq!(list.allows(b"test/*"), None);
        assert!(list.unread.is_empty());
        assert_eq!(list.unused().count(), 0);
    }

    #[test]
    fn a_file_with_one_part_is_fine() {
        let secrets = SecretsIgnore::parse("[secrets]\nabc\n");
        assert!(!secrets.leaves_out("abc") && secrets.allows(b"abc").is_some());
        let globs = SecretsIgnore::parse("abc\n");
        assert!(globs.leaves_out("x/abc") && globs.allows(b"abc").is_none());
        assert_eq!(SecretsIgnore::parse("{a\nb\n").unread, [1]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z*/\\[\\]{}!\\\\\n ]{0,100}", path in "[a-z/.]{0,20}") {
            let list = SecretsIgnore::parse(&text);
            let _ = (list.leaves_out(&path), list.allows(path.as_bytes()));
        }
    }
}
