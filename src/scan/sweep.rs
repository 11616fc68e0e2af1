//! One sweep over a text: where words begin that may be keywords, where operators stand, and where long runs of
//! token bytes lie. Pure.
//!
//! It goes on in segments, so that a text is still in the nearest cache when a second look is taken at its places,
//! and so that the lists stay short whatever the text holds.

#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]

use std::ops::Range;

use super::class::{self, BLOCK, Kinds, Visitor};
use super::words::Words;

/// The shortest run that is listed: no provider hands out credentials with fewer bytes of this class in a row, but
/// for those that are named by a keyword right beside them.
pub(crate) const RUN: usize = 16;
/// How much is swept before the places are looked at; blocks fill it.
const SEGMENT: usize = 256 * BLOCK;

/// A run of at least [`RUN`] token bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) range: Range<usize>,
    pub(crate) has_digit: bool,
}

/// What was found in the last segment, and what the next one has to know of it.
#[derive(Debug)]
pub(crate) struct Sweep {
    words: Places<{ SEGMENT / 2 + 1 }>,
    operators: Places<{ SEGMENT + 1 }>,
    /// The long runs that end in the segment.
    pub(crate) runs: Vec<Run>,
    /// The kinds of the block before.
    last: Kinds,
    /// Where two, four and eight token bytes in a row end in the block before.
    rows: [u64; 3],
    /// The run that goes on at the end of the block before.
    open: Option<Run>,
}

/// A list of places that never grows, so that nothing in the way of its filling has to be called.
#[derive(Debug)]
struct Places<const MOST: usize> {
    places: Box<[u32; MOST]>,
    count: usize,
}

impl<const MOST: usize> Places<MOST> {
    fn new() -> Self {
        Self { places: Box::new([0; MOST]), count: 0 }
    }

    /// Appends the place if it is one; what is not is overwritten by the next.
    #[inline(always)]
    fn push(&mut self, place: u32, is_one: bool) {
        self.places[self.count] = place;
        self.count += usize::from(is_one);
    }

    fn as_slice(&self) -> &[u32] {
        &self.places[..self.count]
    }
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            words: Places::new(),
            operators: Places::new(),
            runs: Vec::new(),
            last: Kinds::default(),
            rows: [0; 3],
            open: None,
        }
    }
}

impl Sweep {
    /// Where words begin that may be keywords.
    pub(crate) fn words(&self) -> &[u32] {
        self.words.as_slice()
    }

    /// Where `=` and `:` stand, without most of those that are doubled.
    pub(crate) fn operators(&self) -> &[u32] {
        self.operators.as_slice()
    }

    /// Sweeps the next segment of `text`, from `from` on; gives its end, which is that of the text at last.
    pub(crate) fn next(&mut self, text: &[u8], from: usize, keywords: &Words) -> usize {
        (self.words.count, self.operators.count) = (0, 0);
        self.runs.clear();
        if from == 0 {
            (self.last, self.rows, self.open) = (Kinds::default(), [0; 3], None);
        }
        let end = text.len().min(from + SEGMENT);
        class::each_block(&text[from..end], &mut Pass { sweep: self, text, keywords, base: from });
        if end == text.len()
            && let Some(run) = self.open.take()
        {
            self.runs.push(Run { range: run.range.start..end, ..run });
        }
        end
    }

    #[inline(always)]
    fn begin_words(&mut self, text: &[u8], base: usize, alnum: u64, keywords: &Words) {
        let mut begins = alnum & !(alnum << 1 | self.last.alnum >> 63);
        while begins != 0 {
            let at = base + begins.trailing_zeros() as usize;
            begins &= begins - 1;
            let four = match text.get(at..at + 4) {
                Some(four) => u32::from_le_bytes([four[0], four[1], four[2], four[3]]),
                None => last_bytes(&text[at..]),
            };
            self.words.push(at as u32, keywords.may_begin(four));
        }
    }

    /// Lists the runs that end in this block.
    #[inline(always)]
    fn join_runs(&mut self, base: usize, kinds: Kinds) {
        let token = kinds.token;
        // Where two bytes of the class end, then four, eight and sixteen; the block before lends its last ones.
        let two = token & (token << 1 | self.last.token >> 63);
        let four = two & (two << 2 | self.rows[0] >> 62);
        let eight = four & (four << 4 | self.rows[1] >> 60);
        let mut ends = eight & (eight << 8 | self.rows[2] >> 56);
        self.rows = [two, four, eight];
        if let Some(run) = self.open.take() {
            ends = self.go_on(run, base, kinds, ends);
        }
        if ends != 0 {
            self.close_runs(base, kinds, ends);
        }
    }

    /// Goes on with the run that began before this block.
    #[cold]
    fn go_on(&mut self, mut run: Run, base: usize, kinds: Kinds, ends: u64) -> u64 {
        let length = (!kinds.token).trailing_zeros();
        run.has_digit |= kinds.digit & below(length) != 0;
        if length == BLOCK as u32 {
            self.open = Some(run);
            return 0;
        }
        run.range.end = base + length as usize;
        self.runs.push(run);
        ends & !below(length)
    }

    /// Lists the runs whose sixteenth byte is one of these, or keeps the last one open.
    #[inline(never)]
    fn close_runs(&mut self, base: usize, kinds: Kinds, mut ends: u64) {
        let token = kinds.token;
        while ends != 0 {
            let sixteenth = ends.trailing_zeros();
            let end = (!token & !below(sixteenth)).trailing_zeros();
            let before = (RUN as u32 - 1).saturating_sub(sixteenth);
            let first = (sixteenth + 1).saturating_sub(RUN as u32);
            let has_digit = kinds.digit & below(end) & !below(first) != 0
                || self.last.digit & !below(BLOCK as u32 - before) != 0;
            let start = base + sixteenth as usize + 1 - RUN;
            if end == BLOCK as u32 {
                self.open = Some(Run { range: start..start, has_digit });
                return;
            }
            ends &= !below(end);
            self.runs.push(Run { range: start..base + end as usize, has_digit });
        }
    }
}

/// One segment as it is swept.
struct Pass<'a> {
    sweep: &'a mut Sweep,
    text: &'a [u8],
    keywords: &'a Words,
    base: usize,
}

impl Visitor for Pass<'_> {
    #[inline(always)]
    fn block(&mut self, kinds: Kinds) {
        self.sweep.begin_words(self.text, self.base, kinds.alnum, self.keywords);
        let mut operators = single(kinds);
        while operators != 0 {
            self.sweep.operators.push(self.base as u32 + operators.trailing_zeros(), true);
            operators &= operators - 1;
        }
        self.sweep.join_runs(self.base, kinds);
        self.sweep.last = kinds;
        self.base += BLOCK;
    }
}

/// What is left of a text, where that is less than four bytes.
#[cold]
fn last_bytes(rest: &[u8]) -> u32 {
    rest.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u32::from(byte))
}

/// The operators but for `::` and `==`, which assign nothing; one that a block parts is left in.
#[inline(always)]
fn single(kinds: Kinds) -> u64 {
    let (equals, colons) = (kinds.operator & kinds.token, kinds.operator & !kinds.token);
    let pairs = equals & (equals << 1 | equals >> 1) | colons & (colons << 1 | colons >> 1);
    kinds.operator & !pairs
}

/// So many of the lowest bits.
#[inline(always)]
fn below(count: u32) -> u64 {
    if count >= u64::BITS { u64::MAX } else { (1 << count) - 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::token::is_token;

    fn swept(text: &[u8]) -> (Vec<u32>, Vec<Run>) {
        let (mut sweep, mut from) = (Sweep::default(), 0);
        let (mut operators, mut runs) = (Vec::new(), Vec::new());
        let words = Words::new();
        while from < text.len() {
            from = sweep.next(text, from, &words);
            operators.extend(sweep.operators());
            runs.extend(sweep.runs.iter().cloned());
        }
        (operators, runs)
    }

    fn check(text: &[u8]) {
        let mut at = 0;
        let mut runs = Vec::new();
        for part in text.split(|&byte| !is_token(byte)) {
            if part.len() >= RUN {
                let has_digit = part.iter().any(u8::is_ascii_digit);
                runs.push(Run { range: at..at + part.len(), has_digit });
            }
            at += part.len() + 1;
        }
        let (operators, found) = swept(text);
        assert_eq!(found, runs);
        for (at, &byte) in text.iter().enumerate().filter(|(_, byte)| b"=:".contains(byte)) {
            let beside = |at: Option<usize>| at.and_then(|at| text.get(at)).copied();
            let is_double =
                beside(at.checked_sub(1)) == Some(byte) || beside(at.checked_add(1)) == Some(byte);
            assert!(is_double || operators.contains(&(at as u32)), "{at}");
        }
        assert!(operators.iter().all(|&at| b"=:".contains(&text[at as usize])));
    }

    #[test]
    fn runs_are_found_across_blocks_and_segments() {
        for length in [1, 15, 16, 17, 63, 64, 65, 127, 128, 129, SEGMENT - 1, SEGMENT, SEGMENT + 1] {
            for before in [0, 1, 47, 48, 49, 63, 64, SEGMENT - 20, SEGMENT - 1, SEGMENT] {
                let mut text = vec![b' '; before];
                text.resize(before + length, b'a');
                check(&text);
                text.extend(b" 1");
                check(&text);
                text[before] = b'7';
                check(&text);
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_plain_split_finds(
            parts in proptest::collection::vec(("[a-z0-9_=/+-]{0,90}", "[ .:\"é]{0,3}"), 0..40),
        ) {
            check(parts.iter().flat_map(|(run, gap)| [run.as_str(), gap]).collect::<String>().as_bytes());
        }
    }
}
