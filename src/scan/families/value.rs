//! Literals: where a value begins and ends, with quotes and without, and within what is wrapped round it.

use std::ops::Range;

use super::below;
use super::given::{Assigned, Given};
use super::{numbers, public};
use crate::scan::assign::Taste;

/// The longest value that is looked at.
pub(crate) const LONGEST: usize = 512;
/// How far behind its operator the literal of `Some("…")` begins at most.
const WRAPPING: usize = 56;
/// How far a list of arguments is looked through.
const ARGUMENTS: usize = 200;
/// The most that is said for a value which only stands near its name.
pub(super) const LOOSE: f64 = 0.3;
/// How many literals of one list are looked at.
const ITEMS: usize = 8;

/// Proposes what stands behind an operator, of which `after` is the end.
pub(crate) fn propose(given: &Given<'_>, after: usize, found: &mut Vec<Assigned>) {
    let text = given.text;
    if let Some((value, quoted)) = value_at(text, after, given.taste, given.is_header()) {
        if quoted || given.taste != Taste::Code || given.is_header() {
            found.extend(given.propose(value, quoted));
        } else if let Some(most) = bare(text, after, &value) {
            found.extend(Given { most, ..*given }.propose(value, quoted));
        }
        if quoted {
            return;
        }
    }
    let start = after + blanks(&text[after..text.len().min(after + 16)]);
    match text.get(start) {
        Some(b'\n' | b'\r' | b'|' | b'>' | b'\\') => below::propose(given, after, found),
        Some(b'[' | b'{' | b'(') => {
            items(given, start + 1, found);
            found.extend(numbers::bytes(given, start).or_else(|| wrapped(given, start)));
        }
        Some(_) => found.extend(wrapped(given, start).or_else(|| numbers::bytes(given, start))),
        None => {}
    }
}

/// How many blanks stand first.
pub(crate) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether a quote begins here, perhaps behind the prefix of a string or a backslash.
pub(crate) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The value that starts at or shortly after `from`, without its quotes, and whether it had any.
pub(crate) fn value_at(text: &[u8], from: usize, taste: Taste, header: bool) -> Option<(Range<usize>, bool)> {
    let ceiling = text.len().min(from + LONGEST);
    let mut start = from;
    while start < ceiling && start < from + 16 && matches!(text[start], b' ' | b'\t' | b'\0') {
        start += 1;
    }
    // String prefixes of Python, Rust, C#, C++ and SQL, and a quote that is itself quoted.
    if matches!(text.get(start)?, b'b' | b'r' | b'f' | b'u' | b'L' | b'N' | b'@' | b'\\')
        && matches!(text.get(start + 1), Some(b'"' | b'\''))
    {
        start += 1;
    } else if text[start..].starts_with(b"r#\"") {
        start += 2;
    }
    let escaped = start > from && text[start - 1] == b'\\';
    let quote = *text.get(start)?;
    if is_quote(quote) {
        // `"""x"""` and ``` ``x`` ```, and not the empty value of `""`.
        let many = text[start..ceiling].iter().take(5).take_while(|&&byte| byte == quote).count();
        let opens = many > 1 && text.get(start + many).is_some_and(u8::is_ascii_alphanumeric);
        start += if opens { many } else { 1 };
        let tail = text.get(start..ceiling)?;
        let stop = if escaped { b'\\' } else { quote };
        let length = tail.iter().position(|&byte| byte == stop || byte == b'\n');
        // An unclosed quote in text to be redacted may have lost its end: all of it is hidden.
        let length = if taste == Taste::Redact { length.unwrap_or(tail.len()) } else { length? };
        let closed = tail.get(length) == Some(&stop);
        return if closed || taste == Taste::Redact { Some((start..start + length, true)) } else { None };
    }
    let tail = text.get(start..ceiling)?;
    let stops = |byte: u8| {
        let blank =
            if header { matches!(byte, b'\n' | b'\r') } else { byte.is_ascii_whitespace() || byte == 0 };
        blank
            || matches!(byte, b'"' | b'\'' | b'`' | b'<')
            || (!header && matches!(byte, b',' | b';' | b')' | b'}' | b']' | b'&'))
            || (byte == b'\\' && taste != Taste::Redact)
    };
    let length = tail.iter().position(|&byte| stops(byte)).unwrap_or(tail.len());
    Some((start..start + length, false))
}

/// The most that a value without quotes may score in code: it stands within a literal or a comment, or it looks as
/// no expression does. `None` when it is one.
fn bare(text: &[u8], after: usize, value: &Range<usize>) -> Option<f64> {
    let secret = &text[value.clone()];
    let floor = after.saturating_sub(256);
    let line = memchr::memrchr(b'\n', &text[floor..after]).map_or(floor, |at| floor + at + 1);
    let before = text[line..after].trim_ascii_start();
    let is_comment = [b"//".as_slice(), b"#", b"* ", b"--"].iter().any(|mark| before.starts_with(mark));
    let rest = &text[value.end..text.len().min(value.end + 8)];
    let ends = rest.iter().take(2).all(|byte| matches!(byte, b'\n' | b'\r'));
    let is_inside = (is_comment && ends) || is_inside(before);
    if public::is_type(text, after, secret, rest, is_inside) {
        return None;
    }
    if is_inside {
        return Some(1.0);
    }
    let digits = secret.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_plain = secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte));
    let is_expression = is_number(secret) || rest.first().is_some_and(|next| b"(.[".contains(next));
    let looks_random = secret.len() >= 8 && digits >= 2 && !is_expression;
    // `{ user: amy, password: word }` of a configuration that stands in a long string.
    let is_member = text[after - 1] == b':' && secret.len() >= 4 && rest[blanks(rest)..].starts_with(b"}");
    (is_plain && (looks_random || is_member)).then_some(LOOSE)
}

/// A number with a prefix or a suffix: `0xff`, `2147943712u32`.
fn is_number(secret: &[u8]) -> bool {
    let hex = secret.starts_with(b"0x") || secret.starts_with(b"0X");
    let digits = secret.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
    let suffix = &secret[digits..];
    hex || (digits > 0 && !suffix.is_empty() && suffix.len() <= 5 && b"uifULlnN".contains(&suffix[0]))
}

/// Whether a quote that was opened in this part of a line is still open at its end.
fn is_inside(part: &[u8]) -> bool {
    let mut open = None;
    let mut last = b' ';
    for &byte in part {
        match open {
            _ if !is_quote(byte) || last == b'\\' => {}
            Some(quote) if quote == byte => open = None,
            Some(_) => {}
            // An apostrophe opens nothing.
            None if byte == b'\'' && last.is_ascii_alphanumeric() => {}
            None => open = Some(byte),
        }
        last = byte;
    }
    open.is_some()
}

/// The literals of a list, from behind its bracket on.
fn items(given: &Given<'_>, from: usize, found: &mut Vec<Assigned>) {
    let text = given.text;
    let mut at = from;
    for _ in 0..ITEMS {
        let gap = text[at..text.len().min(at + 64)].iter().take_while(|b| b.is_ascii_whitespace()).count();
        at += gap;
        let first = text.get(at).copied().unwrap_or(b' ');
        let is_escaped = first == b'\\' && text.get(at + 1).copied().is_some_and(is_quote);
        if !is_quote(first) && !is_escaped {
            return;
        }
        let Some((value, true)) = value_at(text, at, given.taste, false) else { return };
        at = value.end + 1 + usize::from(first == b'\\');
        found.extend(given.propose(value, true));
        at += blanks(&text[at.min(text.len())..text.len().min(at + 8)]);
        if text.get(at) != Some(&b',') {
            return;
        }
        at += 1;
    }
}

/// Calls that look a value up, or ask for it: what they are given is a name.
const LOOKS_UP: [&str; 50] = [
    "get",
    "env",
    "conf",
    "input",
    "prompt",
    "read",
    "load",
    "lookup",
    "find",
    "param",
    "fetch",
    "translate",
    "sprintf",
    "format",
    "require",
    "import",
    "open",
    "exist",
    "rand",
    "generate",
    "resolve",
    "var",
    "setting",
    "option",
    "field",
    "flag",
    "arg",
    "query",
    "select",
    "element",
    "locator",
    "label",
    "title",
    "message",
    "error",
    "type",
    "column",
    "describe",
    "is",
    "has",
    "contain",
    "match",
    "split",
    "join",
    "replace",
    "print",
    "log",
    "ask",
    "data",
    "regex",
];

/// The literal in what is wrapped round it: `Some("…")`, `[]byte("…")`, `new Password("…")`.
fn wrapped(given: &Given<'_>, start: usize) -> Option<Assigned> {
    let text = given.text;
    let tail = &text[start..text.len().min(start + WRAPPING)];
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:<>&[](! -@".contains(&byte);
    let quote = tail.iter().position(|&byte| !allowed(byte))?;
    let wrapping = &tail[..quote];
    let opens = wrapping.ends_with(b"(") || wrapping.ends_with(b"-SecureString ");
    if !opens || !is_quote(tail[quote]) || wrapping.contains(&b')') {
        return None;
    }
    let looks_up = |word: &[u8]| {
        let lower = word.to_ascii_lowercase();
        LOOKS_UP.iter().any(|looks| lower.starts_with(looks.as_bytes())) || word.len() == 1
    };
    let mut words = wrapping.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    if words.any(looks_up) {
        // `getenv("NAME", "default")`
        let value = literals(text, start + quote, given.taste).nth(1)?;
        return Given { most: LOOSE, ..*given }.propose(value, true);
    }
    let (value, quoted) = value_at(text, start + quote, given.taste, false)?;
    given.propose(value, quoted)
}

/// The literals among the arguments of a call, as far as they stand in one line.
pub(super) fn literals(text: &[u8], from: usize, taste: Taste) -> impl Iterator<Item = Range<usize>> {
    let end = text.len().min(from + ARGUMENTS);
    let mut at = from;
    std::iter::from_fn(move || {
        let tail = text.get(at..end)?;
        let stop = tail.iter().position(|&byte| is_quote(byte) || matches!(byte, b'\n' | b')' | b';'))?;
        if !is_quote(tail[stop]) {
            return None;
        }
        let quote = at + stop;
        let from = if quote > at && text[quote - 1] == b'\\' { quote - 1 } else { quote };
        let (value, _) = value_at(text, from, taste, false)?;
        at = value.end + 1 + usize::from(from < quote);
        Some(value)
    })
}
