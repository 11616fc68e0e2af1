//! Text from outside, made harmless for a terminal.
//!
//! Process names, log lines, file names and paths may hold escape sequences or characters that turn the line
//! round. A [`Text`] can only be built through the escape, so whatever holds one may be printed. It does not
//! redact: secrets are taken out before (`scan::redact`).

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

/// Longest text that is kept, in characters: a screen shows no more, and a hostile name costs no more.
pub const LONGEST: usize = 4096;

/// A string without control characters, cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(Arc<str>);

impl Text {
    /// Escapes what could steer a terminal; tabs become a blank; cuts after [`LONGEST`] characters.
    pub fn new(raw: &str) -> Self {
        let end = raw.char_indices().nth(LONGEST).map(|(at, _)| at);
        let kept = &raw[..end.unwrap_or(raw.len())];
        let spaced =
            if kept.contains('\t') { Cow::Owned(kept.replace('\t', " ")) } else { Cow::Borrowed(kept) };
        let mut clean = escape(&spaced);
        if end.is_some() {
            clean.to_mut().push('…');
        }
        Self(Arc::from(clean))
    }

    /// The same for bytes that need not be UTF-8; broken sequences become U+FFFD.
    pub fn from_bytes(raw: &[u8]) -> Self {
        let most = LONGEST * 4 + 4;
        Self::new(&String::from_utf8_lossy(&raw[..raw.len().min(most)]))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// True for characters that a terminal obeys instead of showing, and for those that reorder or hide text.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with what steers written out: `\n`, `\x1b`, `\u{202e}`. Nothing gets lost, nothing is cut.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => safe.push_str("\\t"),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            c if c.is_ascii_control() => push_hex(&mut safe, c as u8),
            c if steers(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// The same for bytes: what is no UTF-8 becomes `\xff`.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            push_hex(&mut safe, *byte);
        }
    }
    safe
}

/// The same for a path.
pub fn escape_path(path: &Path) -> String {
    escape_bytes(path.as_os_str().as_encoded_bytes())
}

fn push_hex(safe: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(safe, "\\x{byte:02x}");
}

impl Default for Text {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

// A recording is bytes from outside too: reading one goes through the same escape.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let cases = [
            ("plain", "plain"),
            ("a\tb", "a b"),
            ("\u{1b}[2Jgone", "\\x1b[2Jgone"),
            ("bell\u{7}", "bell\\x07"),
            ("c1\u{9b}31m", "c1\\u{9b}31m"),
            ("del\u{7f}", "del\\x7f"),
            ("abc\u{202e}cba", "abc\\u{202e}cba"),
            ("日本", "日本"),
        ];
        for (raw, expected) in cases {
            assert_eq!(Text::new(raw).as_str(), expected);
        }
    }

    #[test]
    fn a_hostile_length_is_cut() {
        let text = Text::from_bytes(&vec![b'x'; 1_000_000]);
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
    #[test]
    fn bytes_are_escaped_without_a_loss() {
        let cases: [(&[u8], &str); 4] = [
            (b"plain name.txt", "plain name.txt"),
            ("ünïcode".as_bytes(), "ünïcode"),
            (b"a\x1b[31mb\r\n\tc\x7f", "a\\x1b[31mb\\r\\n\\tc\\x7f"),
            (b"caf\xe9", "caf\\xe9"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(escape_bytes(bytes), expected);
        }
    }
}
