//! Which parts of a blob have to be looked at again when it was made out of one that was looked at. Pure.
//!
//! ```text
//!  base   ░░░░░░░░[key]░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
//!  blob   ░░░░░░░░[key]░░░░░░░░░░░▒▒▒▒▓▓▒▒▒▒░░░░░░░░░     ▓ fresh  ▒ what a rule may see from there
//!         └───── as it was ──────┘└ a zone ┘└ as it was ┘
//! ```
//! What a rule finds hangs on what stands near: on the same line, on those beside it, and, for keys of many lines and
//! for text that is wrapped into rows, on what goes on from there. So a zone goes from what is fresh some way to both
//! sides and on to the ends of lines, over rows that belong together, and back to where a key of many lines begins.
//! All that begins outside of the zones was found in the base, and stands where it stood. The place where two copies
//! meet is fresh too: between them nothing may have been inserted, but what met there did not stand side by side.

use std::ops::Range;

use super::entry::{Copied, fresh};
use super::suspects::{Mark, What};
use crate::scan::judge::context::AROUND;
use crate::scan::window::OVERLAP;

/// How far from the lines that changed something may become a hit or none any more. A test holds the patterns of all
/// rules against it.
pub(super) const BESIDE: usize = 80;
/// The shortest row of letters that goes on in the next line, and what may stand between two rows.
const ROW: usize = 32;
const GAP: usize = 40;
/// How many lines belong together as a name with what stands below it.
const ITEMS: usize = 6;

/// Something that was found, and the part of the text on which this hangs: it and all that it overlaps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) part: Range<u32>,
    /// Where it stands itself.
    pub(crate) place: Range<u32>,
    /// Its rule and its secret, whatever its context.
    pub(crate) mark: Mark,
    pub(crate) what: What,
}

/// What is carried over from a base, and what is to be looked at.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// From left to right, apart from one another.
    pub(crate) zones: Vec<Range<usize>>,
    pub(crate) held: Vec<Held>,
    pub(crate) openings: Vec<u32>,
}

/// What was found in the base, and where keys of many lines may begin; both from left to right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    pub(crate) length: usize,
    pub(crate) held: &'a [Held],
    pub(crate) openings: &'a [u32],
}

/// Plans the look at a text that was made out of a base; `None` when most of it would be looked at.
pub(crate) fn plan(text: &[u8], copies: &[Copied], before: Before<'_>) -> Option<Plan> {
    let mut plan = Plan { zones: fresh(copies, before.length, text.len()), ..Plan::default() };
    for copy in copies {
        plan.carry(copy, before);
    }
    spread(text, &mut plan.zones);
    if is_most(&plan.zones, text.len()) {
        return None;
    }
    plan.reach_back(text);
    plan.swallow();
    (!is_most(&plan.zones, text.len())).then_some(plan)
}

fn is_most(zones: &[Range<usize>], length: usize) -> bool {
    // Beside each zone a little more is looked at.
    let total: usize = zones.iter().map(|zone| zone.len() + 2 * BESIDE).sum();
    total > length / 4 * 3
}

impl Plan {
    /// Takes over what stands in this copy. Of what lies only partly in it the rest is gone: what is left must be
    /// looked at, since something else may be found there now.
    fn carry(&mut self, copy: &Copied, before: Before<'_>) {
        let (from, to) = (copy.from, copy.from + copy.length);
        let moved = |at: usize| copy.at + (at - from);
        let first = before.held.partition_point(|held| held.part.end as usize <= from);
        for held in before.held[first..].iter().take_while(|held| (held.part.start as usize) < to) {
            let (start, end) = (held.part.start as usize, held.part.end as usize);
            if start >= from && end <= to {
                let shifted =
                    |part: &Range<u32>| moved(part.start as usize) as u32..moved(part.end as usize) as u32;
                let (part, place) = (shifted(&held.part), shifted(&held.place));
                self.held.push(Held { part, place, ..*held });
            } else {
                self.zones.push(moved(start.max(from))..moved(end.min(to)));
            }
        }
        let first = before.openings.partition_point(|at| (*at as usize) < from);
        let inside = before.openings[first..].iter().take_while(|at| (**at as usize) < to);
        self.openings.extend(inside.map(|at| moved(*at as usize) as u32));
    }

    /// Lets zones begin where a key of many lines begins that may go on into them.
    fn reach_back(&mut self, text: &[u8]) {
        if self.openings.is_empty() {
            return;
        }
        for zone in &mut self.zones {
            let floor = zone.start.saturating_sub(OVERLAP);
            let first = self.openings.partition_point(|at| (*at as usize) < floor);
            if let Some(&at) = self.openings.get(first).filter(|at| (**at as usize) < zone.start) {
                zone.start = line_start(text, (at as usize).saturating_sub(BESIDE));
            }
        }
        join(&mut self.zones);
    }

    /// Lets zones take in what lies partly in them, and drops what lies in them.
    fn swallow(&mut self) {
        let mut has_grown = true;
        while has_grown {
            has_grown = false;
            for held in &self.held {
                let (start, end) = (held.part.start as usize, held.part.end as usize);
                let next = self.zones.partition_point(|zone| zone.end <= start);
                if let Some(zone) = self.zones.get_mut(next).filter(|zone| zone.start < end)
                    && (start < zone.start || end > zone.end)
                {
                    *zone = zone.start.min(start)..zone.end.max(end);
                    has_grown = true;
                }
            }
            if has_grown {
                join(&mut self.zones);
            }
        }
        let zones = &self.zones;
        self.held.retain(|held| zone_at(zones, held.part.start as usize).is_none());
        self.openings.retain(|at| zone_at(zones, *at as usize).is_none());
    }
}

fn zone_at(zones: &[Range<usize>], at: usize) -> Option<&Range<usize>> {
    let next = zones.partition_point(|zone| zone.end <= at);
    zones.get(next).filter(|zone| zone.contains(&at))
}

/// Sorts parts and makes one of those that touch.
fn join(parts: &mut Vec<Range<usize>>) {
    parts.sort_unstable_by_key(|part| part.start);
    parts.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}

/// A part with what a rule may see from it, or see it from.
pub(super) fn widened(text: &[u8], part: &Range<usize>) -> Range<usize> {
    back(text, part.start).0..on(text, part.end).0
}

/// How far to the left a part that begins here is widened, and whether it met a line's beginning first: then one that
/// begins further on is widened no further than this.
fn back(text: &[u8], at: usize) -> (usize, bool) {
    let mut start = line_start(text, line_start(text, at).saturating_sub(BESIDE));
    let is_line = start == 0 || text[start - 1] == b'\n';
    let mut left = ITEMS;
    while start > 0 && goes_on(text, start, &mut left) {
        start = line_start(text, start - 1);
    }
    (start, is_line)
}

/// The same to the right, of a part that ends here.
fn on(text: &[u8], at: usize) -> (usize, bool) {
    let mut end = line_end(text, text.len().min(line_end(text, at) + BESIDE));
    let is_line = end == text.len() || text[end - 1] == b'\n';
    let mut left = ITEMS;
    while end < text.len() && goes_on(text, end, &mut left) {
        end = line_end(text, end);
    }
    (end, is_line)
}

/// Widens all parts and makes one of those that touch then. Of parts so near that they must touch only the first is
/// widened to the left and the last to the right: most changes have others beside them.
fn spread(text: &[u8], parts: &mut Vec<Range<usize>>) {
    parts.sort_unstable_by_key(|part| part.start);
    let mut zones = Vec::with_capacity(parts.len());
    let mut rest = &parts[..];
    while let Some(first) = rest.first() {
        let mut end = first.end;
        let near = rest.iter().take_while(|part| {
            let is_near = part.start <= end + 2 * BESIDE;
            end = if is_near { end.max(part.end) } else { end };
            is_near
        });
        let (group, others) = rest.split_at(near.count());
        let ((start, starts_line), (end, ends_line)) = (back(text, first.start), on(text, end));
        if starts_line && ends_line {
            zones.push(start..end);
        } else {
            // In lines too long to be seen as a whole each part has a reach of its own.
            zones.extend(group.iter().map(|part| widened(text, part)));
        }
        rest = others;
    }
    *parts = zones;
    join(parts);
}

/// What something stands in, as far as the judgement looks.
pub(super) fn context(text: &[u8], place: &Range<u32>) -> Range<usize> {
    let (start, end) = (place.start as usize, place.end as usize);
    line_start(text, start).saturating_sub(AROUND)..text.len().min(line_end(text, end) + AROUND)
}

/// Where the line of this place begins, or how far back is looked for that.
fn line_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(OVERLAP);
    memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |line| floor + line + 1)
}

/// Where the line behind this place begins, or how far is looked for that.
fn line_end(text: &[u8], at: usize) -> usize {
    let ceiling = text.len().min(at + OVERLAP);
    memchr::memchr(b'\n', &text[at..ceiling]).map_or(ceiling, |line| at + line + 1)
}

/// Whether the line before this place and the one behind it belong together: a row of letters and the next one, a
/// command that goes on, or, for some `left` lines, a name and its value or a list.
fn goes_on(text: &[u8], at: usize, left: &mut usize) -> bool {
    let is_gap = |byte: u8| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'"' | b'\'' | b',' | b'+' | b'#' | b'>')
    };
    let mut before = &text[at.saturating_sub(GAP + ROW)..at];
    let bare = before.trim_ascii_end();
    if bare.last() == Some(&b'\\') {
        return true;
    }
    let is_item = |from: &[u8]| matches!(from.trim_ascii_start(), [b'-', b' ', ..]);
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let letters = |from: &[u8]| from.iter().rev().take_while(|byte| is_letter(**byte)).count();
    // Where many letters stand before it, an equals sign only fills them up.
    let is_filled = letters(bare.strip_suffix(b"=").unwrap_or(&[])) >= ROW;
    let is_opening = |byte: &u8| matches!(byte, b':' | b'=' | b'|' | b'>' | b'-' | b'[' | b'(' | b'{' | b',');
    let is_open = bare.last().is_none_or(is_opening) && !is_filled;
    if *left > 0 && (is_open || is_item(&text[at..text.len().min(at + GAP)])) {
        *left -= 1;
        return true;
    }
    loop {
        match before {
            [rest @ .., b'\\', b'n' | b'r'] => before = rest,
            [rest @ .., last] if is_gap(*last) => before = rest,
            _ => break,
        }
    }
    if letters(before) < ROW {
        return false;
    }
    let behind = text[at..].iter().take(GAP + 2).skip_while(|byte| is_gap(**byte));
    behind.take(2).filter(|byte| is_letter(**byte)).count() == 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(part: Range<u32>) -> Held {
        Held { place: part.clone(), part, mark: 7, what: What::Named(7) }
    }

    /// A text of lines of ten bytes.
    fn lines(count: usize) -> Vec<u8> {
        b"some text\n".repeat(count)
    }

    fn planned(text: &[u8], copies: &[(usize, usize, usize)], before: Before<'_>) -> Option<Plan> {
        let copies: Vec<Copied> =
            copies.iter().map(|&(from, at, length)| Copied { from, at, length }).collect();
        plan(text, &copies, before)
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one part is meant")]
    fn zones_end_with_lines() {
        let text = lines(1000);
        let before = Before { length: 10_000, held: &[], openings: &[] };
        let zones = |copies: &[(usize, usize, usize)]| planned(&text, copies, before).map(|plan| plan.zones);
        assert_eq!(zones(&[(0, 0, 10_000)]), Some(vec![]));
        assert_eq!(zones(&[(0, 0, 5003), (5004, 5004, 4996)]), Some(vec![4920..5100]));
        // A seam is one too; two that are near are one zone.
        assert_eq!(zones(&[(0, 0, 5000), (4990, 5000, 5000)]), Some(vec![4920..5100, 9920..10_000]));
        assert_eq!(zones(&[(0, 0, 5000), (0, 5000, 100), (5100, 5100, 4900)]), Some(vec![4920..5200]));
        assert_eq!(zones(&[(0, 0, 2000)]), None, "most of it is new");
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one part is meant")]
    fn what_stands_outside_is_carried() {
        let text = lines(1000);
        let all = [held(100..140), held(4900..4960), held(4990..5020), held(7000..7040)];
        let before = Before { length: 9990, held: &all, openings: &[] };
        let plan = planned(&text, &[(0, 0, 5000), (5000, 5010, 4990)], before).unwrap();
        assert_eq!(plan.zones, [4900..5130], "it grows over what lies partly in it");
        assert_eq!(plan.held, [held(100..140), held(7010..7050)]);
    }

    #[test]
    fn what_is_left_of_something_broken_is_looked_at() {
        let text = lines(1000);
        let all = [held(3000..6000)];
        let before = Before { length: 10_000, held: &all, openings: &[] };
        let plan = planned(&text, &[(0, 0, 5000), (5500, 5000, 4500), (9500, 9500, 500)], before).unwrap();
        assert!(plan.held.is_empty());
        assert_eq!(plan.zones[0], 2920..5600);
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one part is meant")]
    fn keys_of_many_lines_are_seen_from_their_beginning() {
        let text = lines(5000);
        let openings = [2005, 30_000, 30_500, 48_000];
        let before = Before { length: 50_000, held: &[], openings: &openings };
        let plan = planned(&text, &[(0, 0, 40_000), (40_001, 40_001, 9999)], before).unwrap();
        assert_eq!(plan.zones, [29_920..40_100]);
        assert_eq!(plan.openings, [2005, 48_000]);
    }

    proptest! {
        /// All zones together are what they are when each part is widened by itself.
        #[test]
        fn what_is_widened_together_is_what_each_is(
            pieces in prop::collection::vec((0..8_usize, 1..30_usize), 1..12),
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0..300_usize), 0..30),
        ) {
            let row = "MIIEabcdefgh0123456789ABCDEFGHijklmnop+/qrstuvwxyzABCDEFGHIJKLMN";
            let made = |&(kind, count): &(usize, usize)| match kind {
                0 => "some text\n".repeat(count),
                1 => format!("{row}\n").repeat(count),
                2 => "- an item\n".repeat(count),
                3 => "name:\n  value\n".repeat(count),
                4 => "go on \\\n".repeat(count),
                5 => "\n".repeat(count),
                6 => format!("{}\n", row.repeat(20 * count)),
                _ => format!("{}\n", "words, words ".repeat(100 * count)),
            };
            let text = pieces.iter().map(made).collect::<String>().into_bytes();
            let mut parts: Vec<_> = parts.iter().map(|(at, length)| {
                let at = at.index(text.len());
                at..text.len().min(at + length)
            }).collect();
            let mut each: Vec<_> = parts.iter().map(|part| widened(&text, part)).collect();
            join(&mut each);
            spread(&text, &mut parts);
            prop_assert_eq!(parts, each);
        }
    }

    #[test]
    fn rows_belong_together() {
        let row = "MIIEabcdefgh0123456789ABCDEFGHijklmnop+/qrstuvwxyzABCDEFGHIJKLMN";
        for between in ["\n", "\r\n", "\\n\" +\n    \"", "\n# "] {
            let rows = vec![row; 60].join(between);
            let text = [&lines(300)[..], rows.as_bytes(), b"\n", &lines(300)].concat();
            let zone = widened(&text, &(5000..5000));
            assert!(zone.start <= 3000 && zone.end >= 3000 + rows.len(), "{between:?} {zone:?}");
        }
        // Checksums in a list are no rows.
        let text = format!("name v1.2.3 h1:{}=\n", &row[..43]).repeat(500);
        assert!(widened(text.as_bytes(), &(9000..9000)).len() < 8 * BESIDE);
    }
}
