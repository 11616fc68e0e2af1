//! `.gitleaksignore`: findings that are allowed by where they stand. Pure.
//!
//! A line is `file:rule:line`, or `commit:file:rule:line` for what a history holds; `#` begins a comment. A file name
//! may hold colons, so that a line is read from its end.

use std::collections::HashMap;

/// The file's name.
pub(crate) const NAME: &str = ".gitleaksignore";
/// The most bytes that are read, and the most entries.
pub(crate) const LARGEST: usize = 8 << 20;
const MOST: usize = 100_000;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) commit: Option<String>,
    pub(crate) rule: String,
    pub(crate) line: u64,
    /// The line in the ignore file, from 1.
    pub(crate) at: usize,
}

/// All entries of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprints {
    /// By the file they are about.
    pub(crate) files: HashMap<String, Vec<Fingerprint>>,
    /// Lines that are no entries.
    pub(crate) unread: Vec<usize>,
}

impl Fingerprints {
    /// Reads a file; a line that is no entry is only told.
    pub(crate) fn parse(text: &str) -> Self {
        let mut all = Self::default();
        let mut count = 0;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            count += 1;
            match entry(line, index + 1) {
                Some((file, entry)) if count <= MOST => all.files.entry(file).or_default().push(entry),
                _ => all.unread.push(index + 1),
            }
        }
        all
    }
}

fn entry(line: &str, at: usize) -> Option<(String, Fingerprint)> {
    let (rest, number) = line.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let number = number.trim().parse().ok()?;
    let is_commit =
        |word: &str| word.len() >= 7 && word.len() <= 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let (commit, file) = match rest.split_once(':') {
        Some((commit, file)) if is_commit(commit) => (Some(commit.to_ascii_lowercase()), file),
        _ => (None, rest),
    };
    let file = file.replace('\\', "/");
    let file = file.trim_start_matches("./");
    if file.is_empty() || rule.is_empty() {
        return None;
    }
    Some((file.to_owned(), Fingerprint { commit, rule: rule.to_owned(), line: number, at }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_are_read_from_their_end() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "# why\n\nsrc/a.py:generic-api-key:12\n{commit}:src/a.py:jwt:3\r\nsrc\\b:c.py:aws-access-token:1\n\
             nonsense\nsrc/a.py:rule:x\n  ./d:r:2 \n:r:1\n"
        );
        let all = Fingerprints::parse(&text);
        assert_eq!(all.unread, [6, 7, 9]);
        let [plain, bound] = &all.files["src/a.py"][..] else { panic!("two entries") };
        assert_eq!(
            (plain.commit.as_deref(), &*plain.rule, plain.line, plain.at),
            (None, "generic-api-key", 12, 3)
        );
        assert_eq!((bound.commit.as_deref(), &*bound.rule, bound.line), (Some(commit), "jwt", 3));
        assert_eq!(all.files["src/b:c.py"][0].rule, "aws-access-token");
        assert_eq!(all.files["d"][0].at, 8);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-f0-9:/\\\\#.\n ]{0,200}") {
            let all = Fingerprints::parse(&text);
            prop_assert!(all.files.keys().all(|file| !file.is_empty()));
        }
    }
}
