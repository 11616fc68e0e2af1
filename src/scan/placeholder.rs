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
    if refers(value) || word(&WORDS) {
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

/// Whether the whole value is written as a variable, a template or a call is, or such a one is a part of it: the secret
/// is elsewhere. A password may hold any of their signs, and begin or end with one.
pub(crate) fn refers(value: &[u8]) -> bool {
    let (Some(&first), Some(&last)) = (value.first(), value.last()) else { return false };
    let is_within = |open, close| first == open && last == close && value.len() > 1;
    is_within(b'{', b'}')
        || is_within(b'<', b'>')
        || is_within(b'[', b']')
        || is_within(b'(', b')')
        // `%NAME%` of Windows.
        || is_within(b'%', b'%')
        // `$2y$10$…` is a hash.
        || (first == b'$' && !value.get(1).is_some_and(u8::is_ascii_digit) && is_access(&value[1..]))
        || (first == b'$' && (value.len() <= 3 || is_of_names(value) || is_hash(value)))
        || (matches!(first, b'[' | b'(' | b'{') && is_notation(value))
        || (first == b'&' && is_access(&value[1..]))
        || OPENS.iter().any(|open| opens(value, open))
        || memchr::memmem::find_iter(value, b"%s").any(|at| stands_apart(value, at, 2))
        || names_a_part(value)
}

/// What begins something that is filled in, when a name or a blank follows.
const OPENS: [&[u8]; 6] = [b"${", b"{{", b"$(", b"<%", b"%(", b"#{"];

fn opens(value: &[u8], open: &[u8]) -> bool {
    memchr::memmem::find_iter(value, open).any(|at| {
        let next = value.get(at + open.len()).copied().unwrap_or(b' ');
        next.is_ascii_alphabetic() || b" _.$={-:!/\"'".contains(&next)
    })
}

/// `name`, `object.member`, `object->member`, `module::name`, `list[0]`.
fn is_access(name: &[u8]) -> bool {
    let begins = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || b"_{(:".contains(byte));
    begins && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.:->[]{}(),'\"".contains(byte))
}

/// `$user:$password`, `$HOME/name`: nothing in it looks drawn by chance.
fn is_of_names(value: &[u8]) -> bool {
    let joins = |byte: &u8| b"_$*/:@.->[]{}(),'\"=|\\ ".contains(byte);
    let is_name = |part: &[u8]| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        part[letters..].iter().all(u8::is_ascii_digit)
    };
    value.split(joins).all(is_name) && value.get(1).is_some_and(|byte| !byte.is_ascii_digit())
}

/// `$argon2id$v=19$m=…`
fn is_hash(value: &[u8]) -> bool {
    value.get(1).is_some_and(u8::is_ascii_lowercase) && memchr::memchr_iter(b'$', value).count() >= 3
}

/// The beginning of a pattern or of an object.
fn is_notation(value: &[u8]) -> bool {
    const SIGNS: [&[u8]; 12] =
        [b"[a-z", b"[A-Z", b"[0-9", b"[^", b"(?", b"(.", b"\\w", b"\\d", b"\\S", b".*", b".+", b"[\\"];
    matches!(value.get(1), Some(b'"' | b'\'' | b' ' | b'{' | b'\\'))
        || SIGNS.iter().any(|sign| memchr::memmem::find(value, sign).is_some())
}

/// Whether nothing but what joins words stands on either side: `%s:%s`, `key-%s`.
fn stands_apart(value: &[u8], at: usize, length: usize) -> bool {
    let joins = |byte: Option<&u8>| byte.is_none_or(|byte| b" -_.:/=,;@?&\"'%".contains(byte));
    joins(at.checked_sub(1).and_then(|at| value.get(at))) && joins(value.get(at + length))
}

/// `token-{name}`, `{0}:{1}`, `Option<String>`, `<user>:<password>`: a name in brackets ends the value, or begins it.
fn names_a_part(value: &[u8]) -> bool {
    let is_word = |inner: &[u8]| {
        let digits = inner.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let word = &inner[..inner.len() - digits];
        word.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-.:?' ".contains(byte))
    };
    [(b'{', b'}'), (b'<', b'>')].iter().any(|&(open, close)| {
        let ends = value.strip_suffix(&[close]).and_then(|rest| {
            let at = memchr::memrchr(open, rest)?;
            Some(&rest[at + 1..])
        });
        let begins = value.strip_prefix(&[open]).and_then(|rest| {
            let at = memchr::memchr(close, rest)?;
            Some(&rest[..at])
        });
        [ends, begins].into_iter().flatten().any(is_word)
    })
}

/// Whether a value without quotes begins or ends as an expression does.
pub(crate) fn is_expression(value: &[u8]) -> bool {
    let (first, last) = (value[0], value[value.len() - 1]);
    let name = value[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let behind = value.get(1 + name).copied().unwrap_or(b' ');
    matches!(first, b'{' | b'<' | b'[' | b'&' | b'(')
        || (first == b'$'
            && !value.get(1).is_some_and(u8::is_ascii_digit)
            && b" [(-.:+|/@,\\{".contains(&behind))
        || matches!(last, b'>' | b'}')
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

    #[test]
    fn only_what_is_wholly_a_reference_is_one() {
        for value in [
            "$DB_PW",
            "${DB_PW}",
            "${x:-y}",
            "$this->pw",
            "$env:PW",
            "$1",
            "<pw>",
            "<your pw>",
            "{{ .Values.pw }}",
            "{{pw}}",
            "%s",
            "%s:%s",
            "key-%s",
            "%(pw)s",
            "%PW%",
            "[REDACTED]",
            "(none)",
            "&str",
            "&self.pw",
            "{0}",
            "id-{name}",
            "{}:{}",
            "Option<String>",
            "Seed32Bin<'_>",
            "<user>:<pw>",
            "#{pw}",
            "$(cat pw)",
            "<%= pw %>",
            "a-${B}-c",
            "$user:$pw",
            "$HOME/pw",
            "$argon2id$v=19$m=65536,t=3,p=2$kX9pq2LmT4$o/vzA4myCq",
            "[a-zA-Z0-9]{8,}",
            "(.*)x",
            "{'a': 1",
        ] {
            assert!(is_placeholder(value.as_bytes(), b"dbpassword", false), "{value}");
        }
        for value in [
            "$ws2Zydhy*8N&t",
            "&kX9!pq2Lm",
            "<kX9pq#2Lm",
            "[kX9pq#2Lm",
            "(kX9pq#2Lm",
            "{kX9pq#2Lm",
            "kX9pq#2Lm>",
            "kX9pq#2Lm}",
            "kX9%spq#2Lm",
            "kX9{{#8pq2Lm",
            "%kX9pq#2Lm",
            "$2y$10$kX9pq2LmT4",
            "kX9$(9pq#2Lm",
        ] {
            assert!(!is_placeholder(value.as_bytes(), b"dbpassword", false), "{value}");
        }
    }
}
