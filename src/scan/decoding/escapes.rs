//! Escapes of single characters: `%41`, `\u0041`, `\x41`, `\u{41}`, `&#65;`, `&#x41;`, `&quot;`.
//!
//! A stretch begins a little before its first escape and ends a little behind its last one, so that the name before a
//! value and the rest of a token come along. It is worth a look when one escape stands for a printable character.

use std::ops::Range;

use super::places::Places;
use super::{Stretch, Unread};
use crate::scan::finding::Decoding;

/// How far a stretch goes beyond its escapes, and how far apart they may stand.
const BESIDE: usize = 128;
/// The longest stretch; the next one begins before its end.
const LONGEST: usize = 32 * 1024;

const NAMED: [(&[u8], u8); 12] = [
    (b"&quot;", b'"'),
    (b"&apos;", b'\''),
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&equals;", b'='),
    (b"&colon;", b':'),
    (b"&lowbar;", b'_'),
    (b"&sol;", b'/'),
    (b"&period;", b'.'),
    (b"&plus;", b'+'),
    (b"&commat;", b'@'),
];

/// Where a stretch may be, by its first and its last escape.
struct Open {
    kind: Decoding,
    first: usize,
    last: usize,
    is_worth_it: bool,
}

/// Whether an escape may begin with this byte, a `%`, `&` or `\\`, by the one behind it.
pub(crate) fn may_escape(text: &[u8], at: usize) -> bool {
    let next = text.get(at + 1).copied().unwrap_or_default();
    match text[at] {
        b'%' => next.is_ascii_hexdigit(),
        b'&' => matches!(next, b'#' | b'q'),
        _ => matches!(next, b'u' | b'x' | b'U' | b'\\'),
    }
}

/// Where escapes may begin.
pub(super) fn places(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr3_iter(b'%', b'\\', b'&', text).filter(|&at| may_escape(text, at))
}

/// All stretches in `text`, in which escapes may begin at these places; HTML's only where `is_markup`.
pub(super) fn stretches(
    text: &[u8],
    places: impl Iterator<Item = usize>,
    is_markup: bool,
    each: &mut dyn FnMut(Range<usize>, Unread<'_>),
) {
    let mut open = [Decoding::Percent, Decoding::Unicode, Decoding::Html].map(Open::new);
    for at in places {
        let which = match text[at] {
            b'%' => 0,
            b'\\' => 1,
            // Those that stand for no character but themselves are everywhere.
            _ if is_markup && (text[at + 1..].starts_with(b"#") || text[at + 1..].starts_with(b"quot;")) => 2,
            _ => continue,
        };
        if let Some((length, c)) = escape(open[which].kind, &text[at..]) {
            open[which].take(text, at, length, c, each);
        }
    }
    for place in &mut open {
        place.close(text, each);
    }
}

impl Open {
    fn new(kind: Decoding) -> Self {
        Self { kind, first: 0, last: 0, is_worth_it: false }
    }

    fn take(
        &mut self,
        text: &[u8],
        at: usize,
        length: usize,
        c: u32,
        each: &mut dyn FnMut(Range<usize>, Unread<'_>),
    ) {
        let is_far = at > self.last + BESIDE || at - self.first > LONGEST;
        if is_far {
            self.close(text, each);
            self.first = at;
            self.is_worth_it = false;
        }
        self.last = at + length;
        self.is_worth_it |= (0x20..0x7f).contains(&c);
    }

    fn close(&mut self, text: &[u8], each: &mut dyn FnMut(Range<usize>, Unread<'_>)) {
        if !self.is_worth_it {
            return;
        }
        let floor = self.first.saturating_sub(BESIDE);
        let start = memchr::memrchr(b'\n', &text[floor..self.first]).map_or(floor, |at| floor + at + 1);
        let ceiling = text.len().min(self.last + BESIDE);
        let end = memchr::memchr(b'\n', &text[self.last..ceiling]).map_or(ceiling, |at| self.last + at);
        let kind = self.kind;
        each(start..end, &|| unescaped(kind, text, start..end));
        self.is_worth_it = false;
    }
}

/// The escape at the start of `text`: how long it is, and the character it stands for.
fn escape(kind: Decoding, text: &[u8]) -> Option<(usize, u32)> {
    match kind {
        Decoding::Percent => Some((3, number(text.get(1..3)?, 16)?)),
        Decoding::Html => {
            if let Some((name, c)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
                return Some((name.len(), u32::from(*c)));
            }
            let body = text.strip_prefix(b"&#")?;
            let (skip, base) = if matches!(body.first(), Some(b'x' | b'X')) { (1, 16) } else { (0, 10) };
            let length = body[skip..].iter().take(8).take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let c = number(&body[skip..skip + length], base)?;
            let end = 2 + skip + length;
            Some((end + usize::from(text.get(end) == Some(&b';')), c))
        }
        _ => {
            // Where JSON stands in JSON the backslashes are doubled.
            let slashes = text.iter().take(8).take_while(|&&byte| byte == b'\\').count();
            let (mark, body) = text.get(slashes..)?.split_first()?;
            let (length, c) = match (mark, body.first()?) {
                (b'u', b'{') => {
                    let close = body.iter().take(8).position(|&byte| byte == b'}')?;
                    (close + 1, number(&body[1..close], 16)?)
                }
                (b'u', _) => (4, number(body.get(..4)?, 16)?),
                (b'x', _) => (2, number(body.get(..2)?, 16)?),
                (b'U', _) => (8, number(body.get(..8)?, 16)?),
                _ => return None,
            };
            Some((slashes + 1 + length, c))
        }
    }
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    let value = |sum: u32, byte: &u8| sum.checked_mul(base)?.checked_add(char::from(*byte).to_digit(base)?);
    if digits.is_empty() { None } else { digits.iter().try_fold(0, value) }
}

#[expect(clippy::unnecessary_wraps, reason = "as all that decode are")]
fn unescaped(kind: Decoding, text: &[u8], part: Range<usize>) -> Option<Stretch> {
    let mark = match kind {
        Decoding::Percent => b'%',
        Decoding::Html => b'&',
        _ => b'\\',
    };
    let (mut decoded, mut places) = (Vec::with_capacity(part.len()), Vec::with_capacity(part.len() + 1));
    let mut at = part.start;
    while at < part.end {
        let found = if text[at] == mark { escape(kind, &text[at..part.end]) } else { None };
        let (length, bytes) = match found {
            // Each percent escape is one byte, the others are one character.
            Some((length, c)) if kind == Decoding::Percent => (length, vec![c as u8]),
            Some((length, c)) => {
                let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
                (length, c.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
            }
            None => (1, vec![text[at]]),
        };
        places.extend(bytes.iter().map(|_| at));
        decoded.extend(bytes);
        at += length;
    }
    places.push(part.end);
    Some(Stretch { step: kind, text: decoded, places: Places::Each(places) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        use Decoding::{Html, Percent, Unicode};
        for (kind, text, expected) in [
            (Percent, "%41b", Some((3, 0x41))),
            (Percent, "%4", None),
            (Percent, "%zz", None),
            (Unicode, "\\u0041b", Some((6, 0x41))),
            (Unicode, "\\\\u0041b", Some((7, 0x41))),
            (Unicode, "\\u{1f511}b", Some((9, 0x1f511))),
            (Unicode, "\\x41", Some((4, 0x41))),
            (Unicode, "\\U00000041", Some((10, 0x41))),
            (Unicode, "\\n", None),
            (Unicode, "\\u{}", None),
            (Html, "&#65;", Some((5, 65))),
            (Html, "&#x41;x", Some((6, 65))),
            (Html, "&quot;x", Some((6, 34))),
            (Html, "&#;", None),
            (Html, "&#99999999;", Some((11, 99_999_999))),
        ] {
            assert_eq!(escape(kind, text.as_bytes()), expected, "{text}");
        }
    }
}
