//! What a value says of itself: that it is a sample, a reference, a path, a name, or known from somebody's manual.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::shape::Shape;
use crate::scan::placeholder;

/// Longer values are judged by their first bytes.
const LONGEST: usize = 128;

/// What a value says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a value may say several of them")]
pub(crate) struct Telling {
    pub(crate) is_dotted: bool,
    pub(crate) is_path: bool,
    pub(crate) counts_up: bool,
    pub(crate) repeats: bool,
    pub(crate) is_placeholder: bool,
    pub(crate) is_famous: bool,
    pub(crate) says_secret: bool,
    pub(crate) says_name: bool,
    pub(crate) is_reference: bool,
    pub(crate) is_syntax: bool,
    pub(crate) is_padded: bool,
}

/// Parts that tell a sample.
const SAMPLES: [&str; 44] = [
    "example",
    "sample",
    "dummy",
    "fake",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "your",
    "xxxx",
    "redacted",
    "****",
    "....",
    "insert",
    "replace",
    "todo",
    "fixme",
    "here",
    "notreal",
    "not-a-real",
    "not_a_real",
    "foo",
    "bar",
    "blah",
    "asdf",
    "qwer",
    "mock",
    "stub",
    "demo",
    "test",
    "default",
    "some",
    "invalid",
    "wrong",
    "incorrect",
    "bogus",
    "something",
    "whatever",
    "different",
    "another",
    "secure",
    "1234",
    "0000",
    "abcd",
];

/// Parts that speak of secrets: no secret would.
const SECRETS: [&str; 11] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "apikey",
    "key",
    "auth",
    "credential",
    "private",
];

/// Beginnings of secrets that stand in manuals and test suites all over the world, in lower case.
const FAMOUS: [&str; 12] = [
    "akiaiosfodnn7example",
    "akiai44qh8dhbexample",
    "wjalrxutnfemi",
    "je7mtgbclwbf",
    "eyjhbgcioijiuzi1niisinr5cci6ikpxvcj9.eyjzdwiioiixmjm0nty3odkwiiwibmftzsi6ikpvag4grg9l",
    "sk_test_4ec39hqlyjwdarjtt1zdp7dc",
    "sk_test_bqokikjovbii2hlwghwwf5m0",
    "correcthorsebatterystaple",
    "correct horse battery",
    "dxnlcjpwyxnzd29yza",
    "qwxhzgrpbjpvcgvuihnlc2ftzq",
    "qwxhzgrpbjpvcgvuu2vzyw1l",
];

struct Finder {
    automaton: AhoCorasick,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .build(SAMPLES.iter().chain(&SECRETS).chain(&FAMOUS))
        .expect("a few short words fit into an automaton");
    Finder { automaton }
});

/// What this value says of itself; `name` is what it is given to.
pub(crate) fn of(value: &[u8], name: &[u8], shape: &Shape) -> Telling {
    let value = &value[..value.len().min(LONGEST)];
    let mut told = Telling::default();
    let is_random = shape.turns > 4 && shape.length >= 20;
    for found in FINDER.automaton.find_overlapping_iter(value) {
        match found.pattern().as_usize() {
            // Chance makes short words too: in a long random value they say nothing.
            at if at < SAMPLES.len() => told.is_placeholder |= !is_random || SAMPLES[at].len() > 4,
            at if at < SAMPLES.len() + SECRETS.len() => told.says_secret |= !is_random,
            _ => told.is_famous = true,
        }
    }
    told.says_name = !is_random && shares_a_word(value, name);
    told.counts_up = counts_up(value);
    told.repeats = repeats(value);
    let joints = |joint: u8| memchr::memchr_iter(joint, value).count();
    let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    told.is_dotted = joints(b'.') > 0
        && value.iter().all(is_code)
        && value
            .split(|&byte| byte == b'.')
            .all(|part| part.first().is_some_and(|first| !first.is_ascii_digit()));
    told.is_path = memchr::memmem::find(value, b"://").is_some()
        || value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"~/")
        || (joints(b'/') >= 2 && shape.turns <= 2)
        || memchr::memmem::find(value, b":\\").is_some();
    told.is_reference = refers(value);
    told.is_syntax = value
        .iter()
        .any(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'[' | b']' | b';' | b'|'))
        || memchr::memmem::find(value, b"->").is_some()
        || memchr::memmem::find(value, b"::").is_some();
    told.is_padded = value.ends_with(b"=") && shape.length >= 12;
    told
}

/// Variables, templates, and names of values that stand elsewhere: `@name`, `:name`, `*anchor`.
fn refers(value: &[u8]) -> bool {
    let Some((first, name)) = value.split_first() else { return false };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(byte);
    placeholder::refers(value)
        || (matches!(first, b'$' | b'%' | b'{' | b'<' | b'&' | b'@' | b':' | b'#' | b'*')
            && name.iter().all(is_name))
        || [&b"{0}"[..], b"{}"].iter().any(|sign| memchr::memmem::find(value, sign).is_some())
}

/// Whether a word of its name stands in the value.
fn shares_a_word(value: &[u8], name: &[u8]) -> bool {
    let name = &name[name.len().saturating_sub(64)..];
    name.split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| word.len() >= 4)
        .any(|word| value.windows(word.len()).take(LONGEST).any(|part| part.eq_ignore_ascii_case(word)))
}

/// Characters in order, or the same one: `12345678`, `abcdefgh`, `aaaa`.
fn counts_up(value: &[u8]) -> bool {
    let steps = value.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1).count();
    value.len() >= 4 && steps * 10 > value.len() * 6
}

/// The same part twice or more: `abcabcabc`, `testtest`.
fn repeats(value: &[u8]) -> bool {
    value.len() >= 6
        && (1..=value.len() / 2).take(16).any(|step| value[step..] == value[..value.len() - step])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::judge::bigram::Bigrams;

    fn told(value: &str, name: &str) -> Telling {
        of(value.as_bytes(), name.as_bytes(), &Shape::of(value.as_bytes(), &Bigrams::default()))
    }

    #[test]
    fn values_say_what_they_are() {
        assert!(told("YOUR_KEY_HERE", "").is_placeholder && told("my_secret_1", "").says_secret);
        assert!(told("AKIAIOSFODNN7EXAMPLE", "").is_famous);
        assert!(told("acme-thing", "acme_token").says_name && !told("k2", "acme").says_name);
        assert!(told("a.b.cde", "").is_dotted && !told("1.2.3", "").is_dotted);
        assert!(told("https://x/y", "").is_path && told("/run/x", "").is_path);
        assert!(told("12345678", "").counts_up && told("abcabcabc", "").repeats);
        assert!(told("${PW}", "").is_reference && told("f(x)", "").is_syntax);
        assert_eq!(told("kX9pq2Lmz4", "pw"), Telling::default());
        assert_eq!(told("", ""), Telling::default());
    }
}
