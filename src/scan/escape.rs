//! Makes bytes from outside fit for a terminal or a JSON string: no control character passes, nothing gets lost.

use std::borrow::Cow;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Whether a terminal could act on this character, or a reader be misled by it (bidirectional overrides).
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text with control characters written as `\n`, `\x1b` or `\u{202e}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push(&mut safe, c);
    }
    Cow::Owned(safe)
}

/// The bytes as text: what is no UTF-8 becomes `\xff`, control characters are escaped.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            hex(&mut safe, *byte);
        }
    }
    safe
}

/// A path that is fit to be shown.
pub fn escape_path(path: &Path) -> String {
    escape_bytes(path.as_os_str().as_bytes())
}

fn push(safe: &mut String, c: char) {
    match c {
        '\t' => safe.push_str("\\t"),
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        c if c.is_ascii_control() => hex(safe, c as u8),
        c if is_unsafe(c) => safe.extend(c.escape_unicode()),
        c => safe.push(c),
    }
}

fn hex(safe: &mut String, byte: u8) {
    write!(safe, "\\x{byte:02x}").expect("a String takes all that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(escape_bytes(bytes), expected);
        check(b"plain name.txt", "plain name.txt");
        check("ünïcode".as_bytes(), "ünïcode");
        check(b"a\x1b[31mb\r\n\tc\x7f", "a\\x1b[31mb\\r\\n\\tc\\x7f");
        check(b"caf\xe9", "caf\\xe9");
        check("x\u{202e}y\u{9b}z".as_bytes(), "x\\u{202e}y\\u{9b}z");
    }
}
