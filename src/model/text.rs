//! Text from outside, made harmless for a terminal.
//!
//! Process names, log lines, file names and paths may hold escape sequences or characters that turn the line
//! round. A [`Text`] can only be built through the escape, so whatever holds one may be printed. It does not
//! redact: secrets are taken out before (`scan::redact`).

use std::fmt::{self, Write as _};
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
        if raw.len() <= LONGEST && !raw.chars().any(steers) {
            return Self(Arc::from(raw));
        }
        let mut clean = String::with_capacity(raw.len().min(LONGEST) + 8);
        for (count, c) in raw.chars().enumerate() {
            if count == LONGEST {
                clean.push('…');
                break;
            }
            push_visible(&mut clean, c);
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

/// True for characters that a terminal obeys instead of showing, and for those that reorder a line.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\t' => out.push(' '),
        c if !steers(c) => out.push(c),
        c if (c as u32) < 0x20 => {
            out.push('^');
            out.push((c as u8 + 0x40) as char);
        }
        c => {
            // Writing to a string cannot fail.
            let _ = write!(out, "<{:x}>", c as u32);
        }
    }
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
            ("\u{1b}[2Jgone", "^[[2Jgone"),
            ("bell\u{7}", "bell^G"),
            ("c1\u{9b}31m", "c1<9b>31m"),
            ("del\u{7f}", "del<7f>"),
            ("abc\u{202e}cba", "abc<202e>cba"),
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
}
