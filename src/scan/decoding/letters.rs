//! Base64 and hex: runs of letters whose first bytes come out as text, with the rows that they are wrapped into.

use std::ops::Range;

use super::places::Places;
use super::{Stretch, Unread};
use crate::scan::finding::Decoding;
use crate::scan::runs::Run;
use crate::scan::validate::base64;

/// The fewest letters that are decoded: fifteen bytes hold `password=abc123`.
const FEWEST: usize = 20;
/// How many bytes must come out as text before a run is believed.
const PROBED: usize = 12;
/// What may stand between two rows of wrapped letters: a line end, an indent, quotes, a joining plus.
const GAP: usize = 40;
/// The shortest row that goes on in the next line.
const ROW: usize = 32;
/// The most rows of one stretch.
const ROWS: usize = 20_000;

const NONE: u8 = 0xff;

/// What each letter of either alphabet of base64 is worth.
static WORTH: [u8; 256] = {
    let mut worth = [NONE; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < 64 {
        worth[letters[at] as usize] = at as u8;
        at += 1;
    }
    worth[b'-' as usize] = 62;
    worth[b'_' as usize] = 63;
    worth
};

/// All stretches in `text`, whose runs of token bytes these are, from left to right. `is_cut` when more text stood
/// before it, so that a run at its start may lack its first letters.
pub(super) fn stretches(
    text: &[u8],
    runs: impl Iterator<Item = Run>,
    is_cut: bool,
    each: &mut dyn FnMut(Range<usize>, Unread<'_>),
) {
    let mut done = 0;
    for run in runs.filter(|run| run.range.len() >= FEWEST) {
        let Some((step, body)) = smell(text, &run, is_cut) else { continue };
        if body.start < done {
            continue;
        }
        let rows = rows(text, body, step);
        let end = rows.last().map_or(0, |row| row.end);
        each(rows[0].start..end, &|| decoded(text, step, rows.clone()));
        done = end;
    }
}

/// How a run is encoded and where its letters begin; `None` when they don't come out as text.
fn smell(text: &[u8], run: &Run, is_cut: bool) -> Option<(Decoding, Range<usize>)> {
    let (mut start, mut end) = (run.range.start, run.range.end);
    let word = &text[start..end];
    if run.has_equals {
        end -= word.iter().rev().take_while(|&&byte| byte == b'=').count();
        // `name=value` is one run.
        start += memchr::memrchr(b'=', &text[start..end]).map_or(0, |at| at + 1);
    } else if !is_cut && !MAY_BEGIN[usize::from(word[0])] {
        return None;
    }
    let shifts = if is_cut && start == 0 { 4 } else { 1 };
    for start in start..start + shifts {
        let body = text.get(start..end).filter(|body| body.len() >= FEWEST)?;
        if is_base64(body) {
            return Some((Decoding::Base64, start..end));
        }
        let skip = if body.starts_with(b"0x") { 2 } else { 0 };
        if is_hex(&body[skip..]) {
            return Some((Decoding::Hex, start + skip..end));
        }
    }
    None
}

/// Whether text, in either encoding, may begin with a letter: base64 gives the upper six bits of the first byte, hex the
/// upper half of it, but for a `0x` before.
static MAY_BEGIN: [bool; 256] = {
    let mut may = [false; 256];
    let mut letter = 0;
    while letter < 256 {
        let worth = WORTH[letter];
        let mut low = 0;
        while low < 4 {
            may[letter] |= worth != NONE && is_text(worth << 2 | low);
            low += 1;
        }
        may[letter] |= matches!(letter as u8, b'0' | b'2'..=b'7');
        letter += 1;
    }
    may
};

const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Whether the first bytes are text, or text in UTF-16 with the low byte first.
fn is_base64(body: &[u8]) -> bool {
    let (mut is_plain, mut is_wide) = (true, true);
    for (at, group) in body[..PROBED / 3 * 4].chunks_exact(4).enumerate() {
        let worth = |n: usize| WORTH[usize::from(group[n])];
        let (a, b, c, d) = (worth(0), worth(1), worth(2), worth(3));
        if a | b | c | d == NONE {
            return false;
        }
        let [first, second, third] = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        is_plain &= is_text(first) && is_text(second) && is_text(third);
        is_wide &= match at % 2 {
            0 => is_text(first) && second == 0 && is_text(third),
            _ => first == 0 && is_text(second) && third == 0,
        };
        if !is_plain && !is_wide {
            return false;
        }
    }
    true
}

fn is_hex(body: &[u8]) -> bool {
    body.len() >= 2 * FEWEST / 4 * 3
        && body[..2 * PROBED].chunks_exact(2).all(|pair| byte(pair).is_some_and(is_text))
        && body.iter().all(u8::is_ascii_hexdigit)
}

/// Two hex digits.
fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |letter: u8| char::from(letter).to_digit(16);
    Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)
}

/// The run with the rows that follow it, when it is one of many: all as long as the first, but for the last one.
fn rows(text: &[u8], first: Range<usize>, step: Decoding) -> Vec<Range<usize>> {
    let mut rows = vec![first.clone()];
    let is_letter = |byte: u8| match step {
        Decoding::Hex => byte.is_ascii_hexdigit(),
        _ => WORTH[usize::from(byte)] != NONE,
    };
    let mut last = first;
    while last.len() >= ROW && rows.len() < ROWS && text.get(last.end) != Some(&b'=') {
        let Some(start) = next_line(text, last.end) else { break };
        let length =
            text[start..].iter().take(rows[0].len() + 1).take_while(|&&byte| is_letter(byte)).count();
        let is_whole = last.len() == rows[0].len() || rows.len() == 1;
        if length < 2 || length > rows[0].len() || !is_whole {
            break;
        }
        last = start..start + length;
        rows.push(last.clone());
    }
    rows
}

/// Where the next line's letters begin, when nothing but wrapping stands between.
fn next_line(text: &[u8], from: usize) -> Option<usize> {
    let gap = &text[from..text.len().min(from + GAP)];
    let (mut at, mut has_ended) = (0, false);
    while at < gap.len() {
        match gap[at] {
            b'\n' => has_ended = true,
            // A line end as programs write it.
            b'\\' if matches!(gap.get(at + 1), Some(b'n' | b'r')) => {
                has_ended |= gap[at + 1] == b'n';
                at += 1;
            }
            b'+' if at > 0 && matches!(gap[at - 1], b' ' | b'"' | b'\'') => {}
            b' ' | b'\t' | b'\r' | b'\\' | b'"' | b'\'' | b',' | b'#' | b'>' => {}
            _ => break,
        }
        at += 1;
    }
    (has_ended && at < gap.len()).then_some(from + at)
}

fn decoded(text: &[u8], step: Decoding, rows: Vec<Range<usize>>) -> Option<Stretch> {
    let letters: Vec<u8> = rows.iter().flat_map(|row| &text[row.clone()]).copied().collect();
    let bytes = match step {
        Decoding::Hex => letters.chunks_exact(2).filter_map(byte).collect(),
        _ => base64(&letters),
    };
    let group = if step == Decoding::Hex { (2, 1) } else { (4, 3) };
    let is_wide = bytes.len() >= 4 && bytes[1] == 0 && bytes[3] == 0;
    let text = if is_wide { bytes.into_iter().step_by(2).collect() } else { bytes };
    (!text.is_empty()).then_some(Stretch { step, text, places: Places::Letters { group, rows, is_wide } })
}
