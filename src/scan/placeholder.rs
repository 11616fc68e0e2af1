//! Values that stand where a secret would: samples, references, masks and words.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Parts of a value that tell that somebody else has to fill it in.
const TELLING: [&str; 25] = [
    "example",
    "changeme",
    "change_me",
    "change-me",
    "your_",
    "your-",
    "yourp",
    "yours",
    "placeholder",
    "xxxx",
    "dummy",
    "sample",
    "redacted",
    "****",
    "...",
    "insert",
    "replace",
    "fake",
    "todo",
    "fixme",
    "goes_here",
    "not-a-real",
    // Where it is read from at run time.
    "environ",
    "process.env",
    "getenv",
];

/// All of them in one pass: a hostile line asks for this at every ninth byte.
static TELLS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(TELLING)
        .expect("a few short words fit into an automaton")
});

/// Whole values that are no secret.
const WORDS: [&str; 34] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "str",
    "bool",
    "int",
    "bytes",
    "empty",
    "required",
    "optional",
    "hidden",
    "input",
    "text",
    "user",
    "username",
    "value",
    "basic",
    "bearer",
    "mysecret",
    "mypassword",
    "yes",
];

/// Whole values that are as often a password as none.
const POOR: [&str; 7] = ["admin", "root", "test", "testing", "default", "public", "private"];

/// Whether nobody's secret stands here. `name` is the folded name that it is given to.
///
/// With `redacting` only what can't be a secret counts: references, masks and empty words.
pub(crate) fn is_placeholder(value: &[u8], name: &[u8], redacting: bool) -> bool {
    let (first, last) = (value[0], value[value.len() - 1]);
    if value.iter().all(|&byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'#' | b'?')) {
        return true;
    }
    // Variables, templates and calls: the secret is elsewhere.
    let reference = matches!(first, b'{' | b'<' | b'[' | b'&' | b'(')
        || (first == b'$' && !(value.len() > 3 && value[1].is_ascii_digit()))
        || value.starts_with(b"%(")
        // `%NAME%` of Windows.
        || (first == b'%' && last == b'%')
        || value.starts_with(b"#{");
    let template = matches!(last, b'>' | b'}')
        || value.windows(2).any(|pair| matches!(pair, b"${" | b"{{" | b"$(" | b"<%" | b"%s"));
    let lower = value[..value.len().min(96)].to_ascii_lowercase();
    let word = |words: &[&str]| words.iter().any(|word| lower == word.as_bytes());
    if redacting {
        // A password may well start with a dollar: only a whole reference is let through.
        let whole = (first == b'$'
            && value[1..].iter().all(|b| b.is_ascii_alphanumeric() || b"_{}()".contains(b)))
            || (first == b'<' && last == b'>')
            || value.ends_with(b"********");
        return whole || word(&["none", "null", "nil", "true", "false", "undefined"]);
    }
    if reference || template || word(&WORDS) {
        return true;
    }
    if TELLS.is_match(&lower) {
        return true;
    }
    let folded: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    // `password: dbPassword` names a variable; so does a value that is the name itself.
    folded.is_empty()
        || (name.len() >= 4 && (folded.ends_with(name) || name.ends_with(&folded[..])))
        || (is_pattern(&folded) && !value.iter().all(u8::is_ascii_digit))
}

/// Passwords that people really set, and that say next to nothing: `admin`, `123456`.
pub(crate) fn is_weak(value: &[u8]) -> bool {
    POOR.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
        || value.iter().all(u8::is_ascii_digit)
}

/// Few distinct characters, or characters in order: `aaaa1111`, `12345678`, `abcdefgh`.
fn is_pattern(folded: &[u8]) -> bool {
    let mut seen = [false; 256];
    for &byte in folded {
        seen[usize::from(byte)] = true;
    }
    let distinct = seen.iter().filter(|&&seen| seen).count();
    let steps = folded.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1).count();
    distinct <= 2
        || (distinct <= 4 && folded.len() >= 16)
        || (folded.len() >= 6 && steps * 10 > folded.len() * 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_samples_from_secrets() {
        let check = |value: &str, expected: bool| {
            assert_eq!(is_placeholder(value.as_bytes(), b"dbpassword", false), expected, "{value}");
        };
        for value in
            ["changeme", "${X}", "<here>", "{{ pw }}", "xxxxxxxx", "dbPassword", "$PW", "%(pw)s", "********"]
        {
            check(value, true);
        }
        // People set such passwords.
        assert!(is_weak(b"12345678") && is_weak(b"Admin") && !is_weak(b"x12345678"));
        for value in ["tr0ub4dor&3x", "kX9pq2Lm", "plainword"] {
            check(value, false);
        }
    }
}
