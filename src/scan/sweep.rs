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
use super::words::{Words, first_four};

/// The shortest run that is listed: no provider hands out credentials with fewer bytes of this class in a row, but
/// for those that are named by a keyword right beside them.
pub(crate) const RUN: usize = 16;
/// How much is swept before the places are looked at; blocks fill it.
const BLOCKS: usize = 256;
const SEGMENT: usize = BLOCKS * BLOCK;
/// How far before a run a keyword may stand that is looked for near runs only.
pub(crate) const BEFORE_RUN: usize = 80;
/// The most of a gap before an operator that is measured.
pub(crate) const MOST_GAP: usize = BLOCK;
/// As many blocks as hold the last bytes of a run that is not yet long enough, and what may stand before them.
const BEHIND: usize = 2;
const _: () = assert!(BEFORE_RUN + RUN <= BEHIND * BLOCK);

/// The keywords that begin words: those that are looked for everywhere, and those near runs that hold a digit.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) everywhere: &'a Words,
    pub(crate) near_digits: &'a Words,
}

/// A run of at least [`RUN`] token bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) range: Range<usize>,
    pub(crate) has_digit: bool,
    /// Whether a `=` stands in it, or behind its letters.
    pub(crate) has_equals: bool,
}

/// What was found in the last segment, and what the next one has to know of it.
#[derive(Debug)]
pub(crate) struct Sweep {
    words: Places<{ SEGMENT / 2 + BLOCK }>,
    near: Vec<u32>,
    operators: Places<{ SEGMENT + BLOCK }>,
    escapes: Places<{ SEGMENT + BLOCK }>,
    /// Where words begin: in the last blocks of the segment before, and in this one.
    begins: Box<[u64; BEHIND + BLOCKS]>,
    /// What may part a name from its operator, in the same blocks.
    gaps: Box<[u64; BEHIND + BLOCKS]>,
    /// Where the segment begins.
    from: usize,
    /// The end of where words were looked at near runs.
    near_to: usize,
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

    /// Appends the places of these bits. The first `AT_ONCE` are written whether they are there or not, since a loop of
    /// unknown length costs more than all of them; what is none is overwritten by the next.
    #[inline(always)]
    fn put<const AT_ONCE: usize>(&mut self, base: usize, mut bits: u64) {
        let count = bits.count_ones() as usize;
        let room = &mut self.places[self.count..self.count + BLOCK];
        for place in &mut room[..AT_ONCE] {
            *place = base as u32 + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        if count > AT_ONCE {
            for place in &mut room[AT_ONCE..count] {
                *place = base as u32 + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        }
        self.count += count;
    }

    /// Keeps those of which this is true.
    #[inline(always)]
    fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.count {
            let place = self.places[at];
            self.places[kept] = place;
            kept += usize::from(is_kept(place as usize));
        }
        self.count = kept;
    }

    fn as_slice(&self) -> &[u32] {
        &self.places[..self.count]
    }
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            words: Places::new(),
            near: Vec::new(),
            operators: Places::new(),
            escapes: Places::new(),
            begins: Box::new([0; BEHIND + BLOCKS]),
            gaps: Box::new([0; BEHIND + BLOCKS]),
            from: 0,
            near_to: 0,
            runs: Vec::new(),
            last: Kinds::default(),
            rows: [0; 3],
            open: None,
        }
    }
}

impl Sweep {
    /// Where words begin that may be keywords that are looked for everywhere.
    pub(crate) fn words(&self) -> &[u32] {
        self.words.as_slice()
    }

    /// Where words begin near runs with digits that may be keywords that are looked for there.
    pub(crate) fn near(&self) -> &[u32] {
        &self.near
    }

    /// Where `=` and `:` stand, without most of those that are doubled.
    pub(crate) fn operators(&self) -> &[u32] {
        self.operators.as_slice()
    }

    /// Where `%`, `&` and `\\` stand.
    pub(crate) fn escapes(&self) -> &[u32] {
        self.escapes.as_slice()
    }

    /// How many bytes that may part a name from its operator stand before this one, [`MOST_GAP`] at most.
    #[inline(always)]
    pub(crate) fn gap_before(&self, operator: usize) -> usize {
        let block = BEHIND + (operator - self.from) / BLOCK;
        let at = (operator - self.from) % BLOCK;
        let before = self.gaps[block] << 1 << (BLOCK - 1 - at) | self.gaps[block - 1] >> at;
        before.leading_ones() as usize
    }

    /// Sweeps the next segment of `text`, from `from` on; gives its end, which is that of the text at last.
    pub(crate) fn next(&mut self, text: &[u8], from: usize, sought: Sought<'_>) -> usize {
        (self.words.count, self.operators.count, self.escapes.count) = (0, 0, 0);
        self.near.clear();
        self.runs.clear();
        if from == 0 {
            (self.last, self.rows, self.open) = (Kinds::default(), [0; 3], None);
            self.begins[..BEHIND].fill(0);
            self.gaps[..BEHIND].fill(0);
            self.near_to = 0;
        } else {
            self.begins.copy_within(BLOCKS.., 0);
            self.gaps.copy_within(BLOCKS.., 0);
        }
        self.from = from;
        let end = text.len().min(from + SEGMENT);
        let place = Place { text, sought, from };
        class::each_block(&text[from..end], &mut Pass { sweep: self, place, base: from });
        self.words.keep(|at| sought.everywhere.may_begin_with_three(first_four(&text[at..])));
        self.words.keep(|at| sought.everywhere.may_begin(first_four(&text[at..])));
        if let Some(run) = self.open.clone() {
            // Whether a digit comes is not known yet.
            self.look_near(place, run.range.start..end);
            if end == text.len() {
                self.open = None;
                self.runs.push(Run { range: run.range.start..end, ..run });
            }
        }
        end
    }

    /// Notes where words begin in this block.
    #[inline(always)]
    fn begin_words(&mut self, place: Place<'_>, base: usize, alnum: u64) {
        let begins = alnum & !(alnum << 1 | self.last.alnum >> 63);
        self.begins[BEHIND + (base - place.from) / BLOCK] = begins;
        self.words.put::<10>(base, begins);
    }

    /// Looks at the words in a run that holds a digit, and before it.
    #[inline(never)]
    fn look_near(&mut self, place: Place<'_>, run: Range<usize>) {
        let floor = place.from.saturating_sub(BEHIND * BLOCK);
        let first = run.start.saturating_sub(BEFORE_RUN).max(self.near_to).max(floor);
        self.near_to = run.end.max(self.near_to);
        if first >= run.end {
            return;
        }
        // Blocks are counted from the first one that is remembered, wherever the text begins.
        let origin = place.from as isize - (BEHIND * BLOCK) as isize;
        let block_of = |at: usize| (at as isize - origin) as usize / BLOCK;
        let (one, other) = (block_of(first), block_of(run.end - 1));
        for block in one..=other {
            let base = origin + (block * BLOCK) as isize;
            let mut begins = self.begins[block];
            if block == one {
                begins &= !below((first as isize - base) as u32);
            }
            if block == other {
                begins &= below((run.end as isize - base) as u32);
            }
            while begins != 0 {
                let at = (base + begins.trailing_zeros() as isize) as usize;
                begins &= begins - 1;
                let (words, four) = (place.sought.near_digits, first_four(&place.text[at..]));
                if words.may_begin_with_three(four) && words.may_begin(four) {
                    self.near.push(at as u32);
                }
            }
        }
    }

    /// Lists the runs that end in this block.
    #[inline(always)]
    fn join_runs(&mut self, place: Place<'_>, base: usize, kinds: Kinds) {
        let token = kinds.token;
        // Where two bytes of the class end, then four, eight and sixteen; the block before lends its last ones.
        let two = token & (token << 1 | self.last.token >> 63);
        let four = two & (two << 2 | self.rows[0] >> 62);
        let eight = four & (four << 4 | self.rows[1] >> 60);
        let mut ends = eight & (eight << 8 | self.rows[2] >> 56);
        self.rows = [two, four, eight];
        if let Some(run) = self.open.take() {
            ends = self.go_on(place, run, base, kinds, ends);
        }
        if ends != 0 {
            self.close_runs(place, base, kinds, ends);
        }
    }

    /// Goes on with the run that began before this block.
    #[cold]
    fn go_on(&mut self, place: Place<'_>, mut run: Run, base: usize, kinds: Kinds, ends: u64) -> u64 {
        let length = (!kinds.token).trailing_zeros();
        run.has_digit |= kinds.digit & below(length) != 0;
        run.has_equals |= kinds.equals() & below(length) != 0;
        if length == BLOCK as u32 {
            self.open = Some(run);
            return 0;
        }
        run.range.end = base + length as usize;
        self.close(place, run);
        ends & !below(length)
    }

    #[inline(always)]
    fn close(&mut self, place: Place<'_>, run: Run) {
        if run.has_digit {
            self.look_near(place, run.range.clone());
        }
        self.runs.push(run);
    }

    /// Lists the runs whose sixteenth byte is one of these, or keeps the last one open.
    #[inline(never)]
    fn close_runs(&mut self, place: Place<'_>, base: usize, kinds: Kinds, mut ends: u64) {
        let token = kinds.token;
        while ends != 0 {
            let sixteenth = ends.trailing_zeros();
            let end = (!token & !below(sixteenth)).trailing_zeros();
            let before = (RUN as u32 - 1).saturating_sub(sixteenth);
            let first = (sixteenth + 1).saturating_sub(RUN as u32);
            let held = |bits: u64, last: u64| {
                bits & below(end) & !below(first) != 0 || last & !below(BLOCK as u32 - before) != 0
            };
            let has_digit = held(kinds.digit, self.last.digit);
            let has_equals = held(kinds.equals(), self.last.equals());
            let start = base + sixteenth as usize + 1 - RUN;
            if end == BLOCK as u32 {
                self.open = Some(Run { range: start..start, has_digit, has_equals });
                return;
            }
            ends &= !below(end);
            self.close(place, Run { range: start..base + end as usize, has_digit, has_equals });
        }
    }
}

/// The segment that is swept, and what is looked for in it.
#[derive(Clone, Copy)]
struct Place<'a> {
    text: &'a [u8],
    sought: Sought<'a>,
    from: usize,
}

/// One segment as it is swept.
struct Pass<'a> {
    sweep: &'a mut Sweep,
    place: Place<'a>,
    base: usize,
}

impl Visitor for Pass<'_> {
    #[inline(always)]
    fn block(&mut self, kinds: Kinds) {
        let (place, base) = (self.place, self.base);
        self.sweep.gaps[BEHIND + (base - place.from) / BLOCK] = kinds.gap;
        self.sweep.begin_words(place, base, kinds.alnum);
        self.sweep.operators.put::<2>(base, single(kinds));
        self.sweep.escapes.put::<1>(base, kinds.escape);
        self.sweep.join_runs(place, base, kinds);
        self.sweep.last = kinds;
        self.base += BLOCK;
    }
}

/// The operators but for `::` and `==`, which assign nothing; one that a block parts is left in.
#[inline(always)]
fn single(kinds: Kinds) -> u64 {
    let (equals, colons) = (kinds.equals(), kinds.operator & !kinds.token);
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

    /// Operators with the gaps before them, escapes, and runs.
    fn swept(text: &[u8]) -> (Vec<(usize, usize)>, Vec<u32>, Vec<Run>) {
        let (mut sweep, mut from) = (Sweep::default(), 0);
        let (mut operators, mut escapes, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        let words = Words::new();
        let sought = Sought { everywhere: &words, near_digits: &words };
        while from < text.len() {
            from = sweep.next(text, from, sought);
            operators
                .extend(sweep.operators().iter().map(|&at| (at as usize, sweep.gap_before(at as usize))));
            escapes.extend(sweep.escapes());
            runs.extend(sweep.runs.iter().cloned());
        }
        (operators, escapes, runs)
    }

    fn gap(text: &[u8]) -> usize {
        let is_gap = |byte: &&u8| byte.is_ascii_digit() || b"\t \"')*:?[\\]_`|".contains(byte);
        text.iter().rev().take(MOST_GAP).take_while(is_gap).count()
    }

    fn check(text: &[u8]) {
        let mut at = 0;
        let mut runs = Vec::new();
        for part in text.split(|&byte| !is_token(byte)) {
            if part.len() >= RUN {
                let has_digit = part.iter().any(u8::is_ascii_digit);
                runs.push(Run { range: at..at + part.len(), has_digit, has_equals: part.contains(&b'=') });
            }
            at += part.len() + 1;
        }
        let (operators, escapes, found) = swept(text);
        assert_eq!(found, runs);
        let expected = text.iter().enumerate().filter(|(_, byte)| b"%&\\".contains(byte));
        assert_eq!(escapes, expected.map(|(at, _)| at as u32).collect::<Vec<_>>());
        for (at, &byte) in text.iter().enumerate().filter(|(_, byte)| b"=:".contains(byte)) {
            let beside = |at: Option<usize>| at.and_then(|at| text.get(at)).copied();
            let is_double =
                beside(at.checked_sub(1)) == Some(byte) || beside(at.checked_add(1)) == Some(byte);
            assert!(is_double || operators.iter().any(|(found, _)| *found == at), "{at}");
        }
        for (at, found) in operators {
            assert!(b"=:".contains(&text[at]));
            assert_eq!(found, gap(&text[..at]), "{at}");
        }
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
            parts in proptest::collection::vec(("[a-z0-9_=/+-]{0,90}", "[ .:\"é%&\\\\*0]{0,3}| {0,70}="), 0..40),
        ) {
            check(parts.iter().flat_map(|(run, gap)| [run.as_str(), gap]).collect::<String>().as_bytes());
        }
    }
}
