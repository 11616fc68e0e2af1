//! Runs of token bytes: where a long word that may be a secret stands.
//!
//! Everything that a provider hands out as a credential holds at least [`RUN`] bytes of this class in a row, and
//! source text seldom does. So the search looks at every sixteenth byte and only walks where that one belongs to
//! the class: most of a file is never touched.

use std::ops::Range;

/// The shortest run that is looked at.
pub(crate) const RUN: usize = 16;

const TOKEN: u8 = 1;
const DIGIT: u8 = 2;
const LOWER: u8 = 4;
const UPPER: u8 = 8;
const JOINT: u8 = 16;

/// Base64, base64url, hex and what joins the words of an identifier or a path; no dot, quote or colon.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        if c.is_ascii_digit() {
            class[byte] = TOKEN | DIGIT;
        } else if c.is_ascii_lowercase() {
            class[byte] = TOKEN | LOWER;
        } else if c.is_ascii_uppercase() {
            class[byte] = TOKEN | UPPER;
        } else if matches!(c, b'_' | b'-' | b'+' | b'/') {
            class[byte] = TOKEN | JOINT;
        } else if c == b'=' {
            class[byte] = TOKEN;
        }
        byte += 1;
    }
    class
};

/// Whether this byte belongs to a run.
pub(crate) fn is_token(byte: u8) -> bool {
    CLASS[usize::from(byte)] & TOKEN != 0
}

/// Which kinds of bytes a text holds.
#[derive(Clone, Copy)]
pub(crate) struct Held(u8);

/// The kinds of bytes in this text.
pub(crate) fn held(text: &[u8]) -> Held {
    Held(text.iter().fold(0, |seen, &byte| seen | CLASS[usize::from(byte)]))
}

/// Whether the text holds a digit and a letter.
pub(crate) fn is_mixed(text: &[u8]) -> bool {
    let Held(kinds) = held(text);
    kinds & DIGIT != 0 && kinds & (LOWER | UPPER) != 0
}

impl Held {
    /// What joins the words of an identifier or a path.
    pub(crate) fn is_joined(self) -> bool {
        self.0 & JOINT != 0
    }

    /// Letters of both cases.
    pub(crate) fn has_both_cases(self) -> bool {
        self.0 & LOWER != 0 && self.0 & UPPER != 0
    }
}

/// All runs of at least [`RUN`] token bytes, from left to right.
pub(crate) struct Runs<'a> {
    text: &'a [u8],
    at: usize,
}

/// The runs of `text`.
pub(crate) fn runs(text: &[u8]) -> Runs<'_> {
    Runs { text, at: 0 }
}

impl Iterator for Runs<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            // No run covers the byte before `at`, so a run that starts here or later must cover `probe` to be
            // long enough, unless it starts behind `at`.
            let probe = self.at + RUN - 1;
            if !is_token(*self.text.get(probe)?) {
                self.at = probe + 1;
                continue;
            }
            let mut start = probe;
            while start > self.at && is_token(self.text[start - 1]) {
                start -= 1;
            }
            if start > self.at {
                self.at = start;
                continue;
            }
            let tail = &self.text[probe..];
            let end = probe + tail.iter().position(|&byte| !is_token(byte)).unwrap_or(tail.len());
            self.at = end;
            return Some(start..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_long_runs_and_no_others() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = runs(text.as_bytes()).map(|run| &text[run]).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("a short line of words", &[]);
        check("0123456789abcde", &[]);
        check("0123456789abcdef", &["0123456789abcdef"]);
        check("x 0123456789abcdef y", &["0123456789abcdef"]);
        check("tiny, 0123456789abcdef.0123456789abcdef", &["0123456789abcdef", "0123456789abcdef"]);
        check(
            "abc defghijklmnopqrst uv wxyzabcdefghijklmnop",
            &["defghijklmnopqrst", "wxyzabcdefghijklmnop"],
        );
    }

    #[test]
    fn agrees_with_a_plain_split() {
        let text: Vec<u8> =
            (0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 % 96 + 32).collect();
        let found: Vec<&[u8]> = runs(&text).map(|run| &text[run]).collect();
        let expected: Vec<&[u8]> =
            text.split(|&byte| !is_token(byte)).filter(|part| part.len() >= RUN).collect();
        assert_eq!(found, expected);
    }
}
