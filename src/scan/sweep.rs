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

use super::bits::{BEFORE, Bits, Places, SEGMENT};
use super::class::{self, BLOCK, Firsts, Kinds, List, Visitor};
use super::runs::{Run, Runs};
use super::token::RUN;
use super::words::{Words, first_four};

/// How far before a run a keyword may stand that is looked for near runs only.
pub(crate) const BEFORE_RUN: usize = 80;
/// The most of a gap before an operator that is measured.
pub(crate) const MOST_GAP: usize = BLOCK;
/// What is remembered holds the last bytes of a run that is not yet long enough, and what may stand before them.
const _: () = assert!(BEFORE_RUN + RUN <= BEFORE && MOST_GAP < BEFORE);

/// The keywords that begin words: those that are looked for everywhere, and those near runs that hold a digit.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) everywhere: &'a Words,
    pub(crate) near_digits: &'a Words,
}

/// What was found in the last segment, and what the next one has to know of it.
#[derive(Debug)]
pub(crate) struct Sweep {
    words: Places<{ SEGMENT / 2 + BLOCK }>,
    near: Vec<u32>,
    operators: Places<{ SEGMENT + BLOCK }>,
    escapes: Places<{ SEGMENT + BLOCK }>,
    /// Where words begin.
    begins: Bits,
    /// What may part a name from its operator.
    gaps: Bits,
    /// Where the segment begins.
    from: usize,
    /// The end of where words were looked at near runs.
    near_to: usize,
    /// The letters and digits of the block before.
    alnum: u64,
    seen: Runs,
    /// The long runs that end in the segment.
    pub(crate) runs: Vec<Run>,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            words: Places::new(),
            near: Vec::new(),
            operators: Places::new(),
            escapes: Places::new(),
            begins: Bits::new(),
            gaps: Bits::new(),
            from: 0,
            near_to: 0,
            alnum: 0,
            seen: Runs::new(),
            runs: Vec::new(),
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
        self.gaps.ones_before(operator + BEFORE - self.from)
    }

    /// Sweeps the next segment of `text`, from `from` on; gives its end, which is that of the text at last.
    pub(crate) fn next(&mut self, text: &[u8], from: usize, sought: Sought<'_>) -> usize {
        self.words.clear();
        self.operators.clear();
        self.escapes.clear();
        self.near.clear();
        self.runs.clear();
        if from == 0 {
            self.begins.begin();
            self.gaps.begin();
            self.seen.begin();
            (self.alnum, self.near_to) = (0, 0);
        } else {
            self.begins.go_on();
            self.gaps.go_on();
            self.seen.go_on();
        }
        self.from = from;
        let end = text.len().min(from + SEGMENT);
        class::each_block(
            text,
            from..end,
            &mut Pass { sweep: self, text, words: sought.everywhere, at: BEFORE },
        );
        self.list_runs(text, end, sought.near_digits);
        end
    }

    /// Lists the runs that end in the segment, and the words near those with digits.
    fn list_runs(&mut self, text: &[u8], end: usize, words: &Words) {
        let Self { seen, runs, .. } = self;
        seen.each_over(self.from, |run| runs.push(run));
        let open = self.seen.still_open(self.from, end - self.from);
        for at in 0..self.runs.len() {
            if self.runs[at].has_digit {
                self.look_near(text, self.runs[at].range.clone(), words);
            }
        }
        if let Some(run) = open {
            // Whether a digit comes is not known yet.
            self.look_near(text, run.range.clone(), words);
            if end == text.len() {
                self.runs.push(run);
            }
        }
    }

    /// Looks at the words in a run that holds a digit, and before it.
    fn look_near(&mut self, text: &[u8], run: Range<usize>, words: &Words) {
        let floor = self.from.saturating_sub(BEFORE);
        let first = run.start.saturating_sub(BEFORE_RUN).max(self.near_to).max(floor);
        self.near_to = run.end.max(self.near_to);
        if first >= run.end {
            return;
        }
        let behind = |at: usize| at + BEFORE - self.from;
        for at in self.begins.ones(behind(first)..behind(run.end)) {
            let at = at + self.from - BEFORE;
            let four = first_four(&text[at..]);
            if words.may_begin_with_three(four) && words.may_begin(four) {
                self.near.push(at as u32);
            }
        }
    }
}

/// One segment as it is swept.
struct Pass<'a> {
    sweep: &'a mut Sweep,
    text: &'a [u8],
    words: &'a Words,
    /// The first byte of the block, as [`Bits`] counts them.
    at: usize,
}

impl Visitor for Pass<'_> {
    fn firsts(&self) -> &Firsts {
        self.words.firsts()
    }

    #[inline(always)]
    fn block<L: List>(&mut self, kinds: Kinds, may_begin: u64) {
        let (sweep, at) = (&mut *self.sweep, self.at);
        let base = sweep.from + at - BEFORE;
        let begins = kinds.alnum & !(kinds.alnum << 1 | sweep.alnum >> 63);
        sweep.alnum = kinds.alnum;
        sweep.begins.set(at, begins);
        sweep.gaps.set(at, kinds.gap);
        sweep.words.put::<L, 10>(base, begins & may_begin);
        sweep.operators.put::<L, 2>(base, single(kinds));
        sweep.escapes.put::<L, 1>(base, kinds.escape);
        sweep.seen.block::<L>(at, kinds);
        self.at += BLOCK;
    }

    #[inline(always)]
    fn end(&mut self) {
        let (text, words) = (self.text, self.words);
        self.sweep.words.keep(|at| words.may_begin_with_three(first_four(&text[at..])));
        self.sweep.words.keep(|at| words.may_begin(first_four(&text[at..])));
    }
}

/// The operators but for `::` and `==`, which assign nothing; one that a block parts is left in.
#[inline(always)]
fn single(kinds: Kinds) -> u64 {
    let (equals, colons) = (kinds.equals(), kinds.operator & !kinds.token);
    let pairs = equals & (equals << 1 | equals >> 1) | colons & (colons << 1 | colons >> 1);
    kinds.operator & !pairs
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
