//! Words that stand beside a value and change what it is: on its line, and on the lines around it. One automaton looks for
//! all of them in one pass over a few hundred bytes.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// What a word beside a value speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Something is expected to be so.
    Assertion,
    /// It is read from the environment, a store, the user.
    Lookup,
    /// It is a sample, or to be replaced.
    Sample,
    /// Sums and hashes.
    Digest,
    /// Who logs in.
    User,
    /// Where to.
    Host,
    /// It is said to somebody.
    Output,
    /// What a value has to look like.
    Pattern,
    /// Ciphers and their vectors.
    Cipher,
    /// Doubles of the real thing.
    Double,
    /// What fails on purpose.
    Wrong,
    /// What is meant for everybody.
    Public,
}

const TALK: [(Talk, &[&str]); 12] = [
    (
        Talk::Assertion,
        &["assert", "expect(", "expect ", "should", ".equal", "toequal", "tobe(", "refute", "require."],
    ),
    (
        Talk::Lookup,
        &[
            "getenv",
            "environ",
            "process.env",
            "env[",
            "env(",
            "fetch(",
            ".get(",
            "read(",
            "params[",
            "input(",
        ],
    ),
    (
        Talk::Sample,
        &[
            "example",
            "sample",
            "placeholder",
            "replace",
            "your",
            "dummy",
            "changeme",
            "todo",
            "e.g",
            "such as",
            "default",
        ],
    ),
    (
        Talk::Digest,
        &["sha1", "sha256", "sha512", "md5", "checksum", "digest", "integrity", "fingerprint", "etag"],
    ),
    (Talk::User, &["user", "login", "email", "account", "uname"]),
    (Talk::Host, &["host", "server", "endpoint", "http", "database", "port", "jdbc"]),
    (
        Talk::Output,
        &[
            "print",
            "log.",
            "logger",
            "echo",
            "console.",
            "message",
            "error",
            "throw",
            "raise",
            "label",
            "description",
        ],
    ),
    (Talk::Pattern, &["regex", "pattern", "match(", "validat", "format"]),
    (Talk::Cipher, &["encrypt", "decrypt", "cipher", "bcrypt", "pbkdf", "hmac", "signature", "nonce"]),
    (Talk::Double, &["test", "mock", "stub", "fixture", "fake"]),
    (Talk::Wrong, &["wrong", "invalid", "incorrect", "bad", "mismatch", "fail"]),
    (Talk::Public, &["public", "certificate"]),
];

struct Finder {
    automaton: AhoCorasick,
    talks: Vec<Talk>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let pairs = || TALK.iter().flat_map(|(talk, words)| words.iter().map(move |word| (*talk, *word)));
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .build(pairs().map(|(_, word)| word))
        .expect("a few short words fit into an automaton");
    Finder { automaton, talks: pairs().map(|(talk, _)| talk).collect() }
});

/// What is spoken of in a piece of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Talks(u16);

impl Talks {
    /// What these bytes speak of.
    pub(crate) fn of(text: &[u8]) -> Self {
        let finder = &*FINDER;
        let bits = finder.automaton.find_overlapping_iter(text);
        Self(bits.fold(0, |bits, found| bits | 1 << finder.talks[found.pattern().as_usize()] as u16))
    }

    /// Either of them.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is spoken of.
    pub(crate) fn has(self, talk: Talk) -> bool {
        self.0 & (1 << talk as u16) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_are_heard() {
        for (talk, words) in TALK {
            for word in words {
                assert!(Talks::of(format!("x {} y", word.to_uppercase()).as_bytes()).has(talk), "{word}");
            }
        }
        assert_eq!(Talks::of(b"a = b"), Talks::default());
    }
}
