//! Long runs of token bytes, told from bits: block by block only where one is over, which takes no branch; where it
//! began and what it holds when it is listed. Pure.

#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]

use std::ops::Range;

use super::bits::{BEFORE, Bits, Places, SEGMENT};
use super::class::{BLOCK, Kinds, List};
use super::token::RUN;

/// A run of at least [`RUN`] token bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) range: Range<usize>,
    pub(crate) has_digit: bool,
    /// Whether a `=` stands in it, or behind its letters.
    pub(crate) has_equals: bool,
}

/// The runs of a text, as it is swept segment by segment.
#[derive(Debug)]
pub(crate) struct Runs {
    tokens: Bits,
    digits: Bits,
    equals: Bits,
    /// Where one, two, four, eight and sixteen token bytes in a row end in the block before.
    rows: [u64; 5],
    /// The bytes behind long runs.
    ends: Places<{ SEGMENT / RUN + BLOCK }>,
    /// The one that went on at the end of the segment before.
    open: Option<Run>,
}

impl Runs {
    pub(crate) fn new() -> Self {
        Self {
            tokens: Bits::new(),
            digits: Bits::new(),
            equals: Bits::new(),
            rows: [0; 5],
            ends: Places::new(),
            open: None,
        }
    }

    /// Begins a text.
    pub(crate) fn begin(&mut self) {
        for bits in [&mut self.tokens, &mut self.digits, &mut self.equals] {
            bits.begin();
        }
        (self.rows, self.open) = ([0; 5], None);
        self.ends.clear();
    }

    /// Goes on to the next segment.
    pub(crate) fn go_on(&mut self) {
        for bits in [&mut self.tokens, &mut self.digits, &mut self.equals] {
            bits.go_on();
        }
        self.ends.clear();
    }

    /// Notes the block that begins at this byte, as [`Bits`] counts them.
    #[inline(always)]
    pub(crate) fn block<L: List>(&mut self, at: usize, kinds: Kinds) {
        let token = kinds.token;
        // Where two bytes of the class end, then four, eight and sixteen; the block before lends its last ones.
        let two = token & (token << 1 | self.rows[0] >> 63);
        let four = two & (two << 2 | self.rows[1] >> 62);
        let eight = four & (four << 4 | self.rows[2] >> 60);
        let sixteen = eight & (eight << 8 | self.rows[3] >> 56);
        self.ends.put::<L, 1>(at, (sixteen << 1 | self.rows[4] >> 63) & !token);
        self.rows = [token, two, four, eight, sixteen];
        self.tokens.set(at, token);
        self.digits.set(at, kinds.digit);
        self.equals.set(at, kinds.equals());
    }

    /// Calls `each` with the runs that were over in the segment, which stands at `from` in its text and is so long.
    pub(crate) fn each_over(&mut self, from: usize, mut each: impl FnMut(Run)) {
        for at in 0..self.ends.as_slice().len() {
            let run = self.before(from, self.ends.as_slice()[at] as usize);
            self.open = None;
            each(run);
        }
    }

    /// The run that goes on behind the last byte of the segment, which is so long, or is over only there; to be asked
    /// once those that were over are known.
    pub(crate) fn still_open(&mut self, from: usize, length: usize) -> Option<Run> {
        let is_open = length.is_multiple_of(BLOCK) && self.rows[4] >> 63 != 0;
        self.open = is_open.then(|| self.before(from, BEFORE + length));
        self.open.clone()
    }

    /// The run before this byte.
    fn before(&self, from: usize, end: usize) -> Run {
        let start = self.tokens.begin_of_ones(end);
        // What began before the segment and is long is the one that went on.
        let open = self.open.as_ref().filter(|_| start <= BEFORE);
        let own = if open.is_some() { BEFORE..end } else { start..end };
        let holds = |bits: &Bits, before: Option<bool>| before == Some(true) || bits.has_one(own.clone());
        let start = open.map_or_else(|| from + start - BEFORE, |open| open.range.start);
        Run {
            range: start..from + end - BEFORE,
            has_digit: holds(&self.digits, open.map(|open| open.has_digit)),
            has_equals: holds(&self.equals, open.map(|open| open.has_equals)),
        }
    }
}
