//! What a token looks like by itself: of what it is made, how it alternates, how much of it reads like words.

use super::bigram::Bigrams;
use crate::scan::entropy::surprise;

/// Longer tokens are judged by their first bytes.
const LONGEST: usize = 256;

/// A token, measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    pub(crate) length: usize,
    pub(crate) lower: usize,
    pub(crate) upper: usize,
    pub(crate) digits: usize,
    /// What joins the words of names and paths, and fills up base64.
    pub(crate) joiners: usize,
    /// All other ASCII that can be seen.
    pub(crate) symbols: usize,
    pub(crate) blanks: usize,
    pub(crate) foreign: usize,
    /// Changes between letters and digits.
    pub(crate) turns: usize,
    /// Changes from a lower-case letter to a capital, and from two capitals to a lower-case letter.
    pub(crate) humps: usize,
    /// The longest row of lower-case letters, or of capitals where there are no others.
    pub(crate) longest_row: usize,
    /// The longest row of digits.
    pub(crate) longest_number: usize,
    /// Parts between joiners.
    pub(crate) parts: usize,
    /// How many different characters there are.
    pub(crate) distinct: usize,
    /// Hex digits alone, in one case, with digits and letters among them or all digits.
    pub(crate) is_hex: bool,
    pub(crate) is_uuid: bool,
    /// Entropy against what chance gives at this length and alphabet.
    pub(crate) evenness: f64,
    /// Mean bits by which its pairs are likelier in words than by chance.
    pub(crate) ratio: f64,
    /// The same of the part that looks least like words, where it has parts.
    pub(crate) least: f64,
}

impl Shape {
    /// Measures a token.
    pub(crate) fn of(token: &[u8], bigrams: &Bigrams) -> Self {
        let length = token.len();
        let token = &token[..length.min(LONGEST)];
        let mut shape = Self { length, ..Self::default() };
        shape.count(token);
        shape.is_uuid = is_uuid(token);
        shape.is_hex = is_hex(token);
        let judged = surprise(token);
        shape.evenness = if judged.expected > 0.1 { judged.bits / judged.expected } else { 1.0 };
        let alphabet = shape.alphabet();
        shape.ratio = bigrams.ratio(token, alphabet);
        shape.least = token
            .split(|byte| matches!(byte, b'_' | b'-' | b'.' | b'/'))
            .filter(|part| part.len() >= 6)
            .map(|part| bigrams.ratio(part, alphabet))
            .fold(f64::INFINITY, f64::min);
        if !shape.least.is_finite() {
            shape.least = shape.ratio;
        }
        shape
    }

    fn count(&mut self, token: &[u8]) {
        let mut seen = [false; 256];
        let (mut row, mut capitals, mut number) = (0, 0, 0);
        let mut last = 0u8;
        let (mut longest_lower, mut longest_upper) = (0, 0);
        self.parts = usize::from(!token.is_empty());
        for &byte in token {
            self.distinct += usize::from(!std::mem::replace(&mut seen[usize::from(byte)], true));
            match byte {
                b'a'..=b'z' => self.lower += 1,
                b'A'..=b'Z' => self.upper += 1,
                b'0'..=b'9' => self.digits += 1,
                b'_' | b'-' | b'.' | b'/' | b'+' | b'=' => {
                    self.joiners += 1;
                    self.parts += 1;
                }
                b' ' | b'\t' | b'\n' | b'\r' => self.blanks += 1,
                0x21..0x7f => self.symbols += 1,
                _ => self.foreign += 1,
            }
            let turned = (last.is_ascii_alphabetic() && byte.is_ascii_digit())
                || (last.is_ascii_digit() && byte.is_ascii_alphabetic());
            self.turns += usize::from(turned);
            let hump = (last.is_ascii_lowercase() && byte.is_ascii_uppercase())
                || (capitals >= 2 && byte.is_ascii_lowercase());
            self.humps += usize::from(hump);
            row = if byte.is_ascii_lowercase() { row + 1 } else { 0 };
            capitals = if byte.is_ascii_uppercase() { capitals + 1 } else { 0 };
            number = if byte.is_ascii_digit() { number + 1 } else { 0 };
            longest_lower = longest_lower.max(row);
            longest_upper = longest_upper.max(capitals);
            self.longest_number = self.longest_number.max(number);
            last = byte;
        }
        self.longest_row = if self.lower == 0 { longest_upper } else { longest_lower };
    }

    pub(crate) fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// How many bytes were looked at.
    pub(crate) fn looked(&self) -> f64 {
        self.length.clamp(1, LONGEST) as f64
    }

    /// How many signs the smallest alphabet has that holds all characters of it.
    fn alphabet(&self) -> f64 {
        let sizes = [
            (self.is_hex, 16.0),
            (!self.is_hex && self.lower > 0, 26.0),
            (!self.is_hex && self.upper > 0, 26.0),
            (!self.is_hex && self.digits > 0, 10.0),
            (self.joiners > 0, 1.0),
            (self.symbols + self.blanks + self.foreign > 0, 1.0),
        ];
        sizes.iter().filter(|(is_there, _)| *is_there).map(|(_, size)| size).sum::<f64>().max(2.0)
    }
}

fn is_hex(token: &[u8]) -> bool {
    let digits = token.iter().filter(|byte| byte.is_ascii_digit()).count();
    let one_case = |is: fn(&u8) -> bool| token.iter().all(|byte| byte.is_ascii_digit() || is(byte));
    digits > 0
        && (one_case(|byte| matches!(byte, b'a'..=b'f')) || one_case(|byte| matches!(byte, b'A'..=b'F')))
}

fn is_uuid(token: &[u8]) -> bool {
    token.len() == 36
        && token.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(token: &str) -> Shape {
        Shape::of(token.as_bytes(), &Bigrams::default())
    }

    #[test]
    fn a_token_is_measured() {
        let seen = shape("aB3-dE4fgh");
        assert_eq!((seen.lower, seen.upper, seen.digits, seen.joiners), (5, 2, 2, 1));
        assert_eq!((seen.turns, seen.humps, seen.parts, seen.longest_row), (3, 2, 2, 3));
        assert!(shape("0123abcd").is_hex && !shape("0123abCD").is_hex && !shape("abcdef").is_hex);
        assert!(shape("550e8400-e29b-41d4-a716-446655440000").is_uuid);
        assert_eq!(shape("").length, 0);
        assert_eq!(shape(&"x".repeat(10_000)).length, 10_000);
    }
}
