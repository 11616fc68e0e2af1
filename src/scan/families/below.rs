//! Values on the lines below their name: lists and blocks of YAML, and literals that a formatter has moved down.

use std::ops::Range;

use super::given::{Assigned, Given};
use super::value::{blanks, is_quote, value_at};
use crate::scan::assign::Taste;
use crate::scan::token::is_mixed;

/// How far below its name a value begins at most.
const GAP: usize = 160;
/// How many items of a list are looked at.
const ITEMS: usize = 4;

/// Proposes what stands on the next line, when nothing but `|`, `>` or `\` stands between it and the operator.
pub(crate) fn propose(given: &Given<'_>, after: usize, found: &mut Vec<Assigned>) {
    let text = given.text;
    let mut at = after + blanks(&text[after..text.len().min(after + 16)]);
    let is_block = matches!(text.get(at), Some(b'|' | b'>'));
    at += text[at..].iter().take(3).take_while(|byte| b"|>-+\\".contains(byte)).count();
    for item in 0..ITEMS {
        let Some((line, start)) = next_line(text, at) else { return };
        let is_item = text[start..].starts_with(b"- ");
        let start = if is_item { start + 2 } else { start };
        let taste = if given.taste == Taste::Redact { Taste::Text } else { given.taste };
        let Some((value, quoted)) = value_at(text, start, taste, given.is_header()) else { return };
        let alone = is_alone(&text[line.clone()], value.start - line.start..value.end - line.start);
        let secret = &text[value.clone()];
        let bare = alone
            && taste != Taste::Code
            && !secret.ends_with(b":")
            && (is_item || is_block || (secret.len() >= 8 && is_mixed(secret)));
        if bare || quoted {
            found.extend(given.propose(value, quoted));
        }
        if !is_item || item + 1 == ITEMS {
            return;
        }
        at = line.end;
    }
}

/// The next line that holds something, and where that begins.
fn next_line(text: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
    let tail = text.get(from..text.len().min(from + GAP))?;
    let gap = tail.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let ended = memchr::memchr_iter(b'\n', &tail[..gap]).count();
    if !(1..=2).contains(&ended) || gap == tail.len() {
        return None;
    }
    let start = from + gap;
    let begin = from + memchr::memrchr(b'\n', &tail[..gap]).map_or(0, |at| at + 1);
    let rest = &text[start..text.len().min(start + 4 * GAP)];
    let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    Some((begin..end, start))
}

/// Whether nothing but quotes and commas stands beside the value in its line.
fn is_alone(line: &[u8], value: Range<usize>) -> bool {
    let rest = line.get(value.end..).unwrap_or_default();
    rest.iter().all(|&byte| byte.is_ascii_whitespace() || is_quote(byte) || byte == b',' || byte == b'\\')
}
