//! Keys that are written as lists of bytes: `{0x19, 0x69, …}`, `[25, 105, …]`.

use super::given::{Assigned, Given};
use super::value::LONGEST;

/// The fewest bytes that are worth a look.
const FEWEST: usize = 8;
/// How long the name of the type before it may be.
const TYPE: usize = 48;
/// What is said for a list of numbers by its name alone.
const SCORE: f64 = 0.1;

/// The list of bytes whose bracket stands at `from` or behind the name of a type, as far as it stands in one line.
pub(crate) fn bytes(given: &Given<'_>, from: usize) -> Option<Assigned> {
    let text = given.text;
    let head = &text[from..text.len().min(from + TYPE)];
    let opens = |at: &usize| {
        let next = head.get(at + 1..).unwrap_or_default().trim_ascii_start().first();
        matches!(head[*at], b'{' | b'[' | b'(') && next.is_some_and(u8::is_ascii_digit)
    };
    let from = from + (0..head.len()).take_while(|&at| is_type(head[at])).find(opens)? + 1;
    let tail = text.get(from..text.len().min(from + LONGEST))?;
    let lead = tail.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let (start, mut at, mut count) = (lead, lead, 0);
    let mut end = start;
    while let Some(length) = number(&tail[at.min(tail.len())..]) {
        count += 1;
        end = at + length;
        let gap = tail[end..].iter().take_while(|&&byte| matches!(byte, b',' | b' ' | b'\t')).count();
        if gap == 0 {
            break;
        }
        at = end + gap;
    }
    (count >= FEWEST).then(|| Assigned {
        value: from + start..from + end,
        rule: given.rule,
        score: SCORE.min(given.most),
    })
}

fn is_type(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:&<>[]{}( *!\n".contains(&byte)
}

/// The length of a number that a byte can hold, as programs write it.
fn number(text: &[u8]) -> Option<usize> {
    let hex = text.starts_with(b"0x") || text.starts_with(b"0X");
    let from = if hex { 2 } else { 0 };
    let is_digit = |byte: &&u8| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let length = text.get(from..)?.iter().take(4).take_while(is_digit).count();
    let most = if hex { 2 } else { 3 };
    (1..=most).contains(&length).then_some(from + length)
}
