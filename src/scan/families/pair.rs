//! Names that stand beside their values as values themselves: `<add key="Password" value="…"/>`, and
//! `- name: DB_PASSWORD` with its `value:` on the next line, `variable "db_password"` with its `default`, and an option
//! of a command line that is declared with one.

/// How far before the word `value` the name stands at most.
const BACK: usize = 160;

/// The name that the value at `end`, where the word `value` ends, belongs to; as it is written.
pub(crate) fn partner(text: &[u8], end: usize) -> Option<&[u8]> {
    let word = text.get(end.checked_sub(5)?..end)?;
    if !matches!(word[4], b'e' | b'E' | b't') {
        return None;
    }
    if word == b"fault" && text[..end].ends_with(b"default") {
        let before = &text[end.saturating_sub(7 + BACK)..end - 7];
        return variable(before).or_else(|| option(before));
    }
    if !word.eq_ignore_ascii_case(b"value") {
        return None;
    }
    let before = &text[end.saturating_sub(5 + BACK)..end - 5];
    // One line up at most, and not into another element or object.
    let mut lines = before.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let floor = lines.nth(1).unwrap_or(0);
    let bound = before.iter().rposition(|byte| matches!(byte, b'<' | b'{' | b'}')).map_or(0, |at| at + 1);
    let before = &before[floor.max(bound)..];
    ["name", "key", "id"].iter().find_map(|word| last_value(before, word.as_bytes()))
}

/// The variable that is declared last before its default, and not closed again.
fn variable(before: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::rfind(before, b"variable \"")?;
    let rest = &before[at + 10..];
    let length = memchr::memchr(b'"', rest)?;
    (!rest.contains(&b'}')).then_some(&rest[..length])
}

/// The option that a call declares with its default: `add_argument("--password", default=…)`.
fn option(before: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::rfind(before, b"\"--").or_else(|| memchr::memmem::rfind(before, b"'--"))?;
    let rest = &before[at + 3..];
    let length = memchr::memchr(before[at], rest)?;
    (!rest.contains(&b')')).then_some(&rest[..length])
}

/// What the last such word is given.
fn last_value<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(word.len()).rposition(|part| part.eq_ignore_ascii_case(word))?;
    if at > 0 && text[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let rest = &text[at + word.len()..];
    let glue = rest.iter().take_while(|byte| b"\"' \t:=\\".contains(byte)).count();
    if !rest[..glue].iter().any(|byte| matches!(byte, b':' | b'=')) {
        return None;
    }
    let rest = &rest[glue..];
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
    let length = rest.iter().take_while(name).count();
    (length > 0).then_some(&rest[..length])
}
