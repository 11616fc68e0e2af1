//! Keywords at the beginnings of words: which rules a place in the text asks for.
//!
//! Three bytes send most words away, whatever their case: a bit tells whether any keyword begins with them. Of the others
//! a bit tells whether one begins with their four bytes, and two more, of three and of two bytes as they stand, whether a
//! shorter one does. So a place where a word begins costs a load and a look at a bit, however many keywords there are.
//! Pure.

#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]

use super::class::Firsts;

/// Words begin behind bytes that are no letters or digits, so that `my_ghp_…` has three of them.
#[derive(Debug)]
pub(crate) struct Words {
    /// What begins with four bytes, whatever their case.
    long: Beginnings<{ 1 << 16 }>,
    /// What is shorter: three bytes as they stand, or two.
    short: Beginnings<{ 1 << 15 }>,
    pairs: Beginnings<{ 1 << 15 }>,
    /// Bits for the first three bytes of all, whatever their case.
    threes: Box<[u64; THREES]>,
    firsts: Box<Firsts>,
    all: Vec<Word>,
}

/// Bits for the hashes of the first bytes of words, and the words themselves by these bytes.
#[derive(Debug)]
struct Beginnings<const BITS: usize> {
    may: Box<[u64; MOST]>,
    /// Sorted once all are there.
    words: Vec<Beginning>,
    /// Where those begin whose hashes share their upper bits.
    buckets: Box<[u16]>,
}

/// How a word begins, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Beginning {
    first: u32,
    /// The four bytes behind these, whatever their case, and which of them there are: few places share them.
    next: (u32, u32),
    word: u16,
}

/// As many numbers as hold the bits of the larger table; that their count is known saves a look at it for each word.
const MOST: usize = (1 << 16) / 64;
/// As many as hold a bit for every three bytes of which five bits each are looked at.
const THREES: usize = (1 << 15) / 64;
/// How many buckets there are.
const BUCKETS: usize = 1 << 11;

impl<const BITS: usize> Beginnings<BITS> {
    fn new() -> Self {
        Self { may: Box::new([0; MOST]), words: Vec::new(), buckets: vec![0; BUCKETS + 1].into() }
    }

    /// Fibonacci hashing: the upper bits of the product depend on all bits of the number.
    #[inline(always)]
    fn hash(first: u32) -> usize {
        first.wrapping_mul(0x9e37_79b1) as usize >> (u32::BITS - BITS.trailing_zeros())
    }

    fn bucket(first: u32) -> usize {
        Self::hash(first) / (BITS / BUCKETS)
    }

    #[inline(always)]
    fn may_hold(&self, first: u32) -> bool {
        let hash = Self::hash(first);
        self.may[hash / 64 % MOST] & 1 << (hash % 64) != 0
    }

    fn add(&mut self, beginning: Beginning) {
        let hash = Self::hash(beginning.first);
        self.may[hash / 64] |= 1 << (hash % 64);
        self.words.push(beginning);
    }

    fn sort(&mut self) {
        self.words.sort_unstable_by_key(|one| (Self::bucket(one.first), one.word));
        self.words.dedup();
        self.words.shrink_to_fit();
        for at in 1..=BUCKETS {
            self.buckets[at] = self.words.partition_point(|one| Self::bucket(one.first) < at) as u16;
        }
    }

    /// The words that begin with these bytes, before these.
    #[inline(always)]
    fn of(&self, first: u32, next: u32) -> impl Iterator<Item = usize> {
        let bucket = Self::bucket(first);
        let bucket = usize::from(self.buckets[bucket])..usize::from(self.buckets[bucket + 1]);
        let begins = move |one: &&Beginning| one.first == first && next & one.next.1 == one.next.0;
        self.words[bucket].iter().filter(begins).map(|one| usize::from(one.word))
    }
}

/// Four bytes with their letters in lower case; other bytes change too, but the same ones always to the same.
#[inline(always)]
fn folded(bytes: u32) -> u32 {
    bytes | 0x2020_2020
}

/// The lower five bits of each of the first three bytes, which are the same for both cases of a letter.
#[inline(always)]
fn lower_bits(four: u32) -> usize {
    (four & 0x1f | four >> 3 & 0x3e0 | four >> 6 & 0x7c00) as usize
}

/// The first three of four bytes.
#[inline(always)]
fn three(bytes: u32) -> u32 {
    bytes & 0x00ff_ffff
}

/// The first two of four bytes.
#[inline(always)]
fn two(bytes: u32) -> u32 {
    bytes & 0x0000_ffff
}

#[derive(Debug)]
struct Word {
    text: Box<[u8]>,
    /// Where in the keyword the word begins at which it is looked for.
    offset: u8,
    any_case: bool,
    rule: u16,
}

impl Words {
    pub(crate) fn new() -> Self {
        Self {
            long: Beginnings::new(),
            short: Beginnings::new(),
            pairs: Beginnings::new(),
            threes: Box::new([0; THREES]),
            firsts: Box::default(),
            all: Vec::new(),
        }
    }

    /// Where a word begins within the keyword for sure, or at its beginning when the pattern sees to that.
    pub(crate) fn offset(keyword: &[u8], begins_a_word: bool) -> Option<usize> {
        let inside =
            |at: &usize| keyword[*at].is_ascii_alphanumeric() && !keyword[*at - 1].is_ascii_alphanumeric();
        let first = begins_a_word && keyword.first().is_some_and(u8::is_ascii_alphanumeric);
        // The longer the rest the fewer places share its beginning.
        let offset = if first { Some(0) } else { (1..keyword.len()).find(inside) };
        offset.filter(|offset| keyword.len() - offset >= 2 && *offset < 256)
    }

    /// Looks for this keyword too, where its `offset`th byte begins a word.
    pub(crate) fn add(&mut self, keyword: &[u8], offset: usize, any_case: bool, rule: u16) {
        let (index, word) = (self.all.len() as u16, &keyword[offset..]);
        self.firsts.note(word);
        if let Some((four, behind)) = word.split_first_chunk::<4>() {
            let mask = (0..behind.len().min(4)).fold(0, |mask, at| mask | 0xff << (8 * at));
            let next = (folded(first_four(behind)) & mask, mask);
            self.long.add(Beginning { first: folded(u32::from_le_bytes(*four)), next, word: index });
            self.note(u32::from_le_bytes(*four));
        } else {
            let table = if word.len() == 3 { &mut self.short } else { &mut self.pairs };
            for first in beginnings(word, any_case) {
                table.add(Beginning { first, next: (0, 0), word: index });
            }
            let thirds = if word.len() == 3 { 0..1 } else { 0..0x20 };
            for first in beginnings(word, any_case) {
                thirds.clone().for_each(|third| self.note(first | third << 16));
            }
        }
        self.all.push(Word { text: keyword.into(), offset: offset as u8, any_case, rule });
    }

    /// Notes that a keyword begins with the first three of these bytes.
    fn note(&mut self, four: u32) {
        let at = lower_bits(four);
        self.threes[at / 64] |= 1 << (at % 64);
    }

    /// Whether some keyword may begin with the first three of these bytes: a third of what [`Words::may_begin`] costs.
    #[inline(always)]
    pub(crate) fn may_begin_with_three(&self, four: u32) -> bool {
        let at = lower_bits(four);
        self.threes[at / 64 % THREES] & 1 << (at % 64) != 0
    }

    /// What can be told of many places at once: never wrong when it says that no keyword begins there.
    pub(crate) fn firsts(&self) -> &Firsts {
        &self.firsts
    }

    /// To be called once all are added.
    pub(crate) fn sort(&mut self) {
        self.long.sort();
        self.short.sort();
        self.pairs.sort();
        self.all.shrink_to_fit();
    }

    /// Whether some keyword may begin with these bytes.
    #[inline(always)]
    pub(crate) fn may_begin(&self, four: u32) -> bool {
        self.long.may_hold(folded(four)) | self.short.may_hold(three(four)) | self.pairs.may_hold(two(four))
    }

    /// Calls `each` with the rule of every keyword that this text begins with, as if nothing stood before it.
    pub(crate) fn each_first(&self, text: &[u8], mut each: impl FnMut(u16)) {
        let four = first_four(text);
        if self.may_begin_with_three(four) && self.may_begin(four) {
            self.each_at(text, 0, |rule, _| each(rule));
        }
    }

    /// Calls `each` with the rule and the place of every keyword whose word begins at `at`.
    pub(crate) fn each_at(&self, text: &[u8], at: usize, mut each: impl FnMut(u16, usize)) {
        let tail = &text[at..];
        let four = first_four(tail);
        let behind = folded(first_four(tail.get(4..).unwrap_or_default()));
        // Most places are sent here by one of the tables: a bit of each saves a look into the others.
        let long = self.long.may_hold(folded(four)).then(|| self.long.of(folded(four), behind));
        let short = self.short.may_hold(three(four)).then(|| self.short.of(three(four), 0));
        let pairs = self.pairs.may_hold(two(four)).then(|| self.pairs.of(two(four), 0));
        let all = long.into_iter().flatten().chain(short.into_iter().flatten());
        for index in all.chain(pairs.into_iter().flatten()) {
            let word = &self.all[index];
            let Some(start) = at.checked_sub(usize::from(word.offset)) else { continue };
            let Some(found) = text.get(start..start + word.text.len()) else { continue };
            if *found == *word.text || (word.any_case && found.eq_ignore_ascii_case(&word.text)) {
                each(word.rule, start);
            }
        }
    }
}

/// The first bytes of a text as a number; what is missing is zero.
#[inline(always)]
pub(crate) fn first_four(text: &[u8]) -> u32 {
    text.first_chunk().map_or_else(|| last_bytes(text), |four| u32::from_le_bytes(*four))
}

#[cold]
fn last_bytes(rest: &[u8]) -> u32 {
    rest.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u32::from(byte))
}

/// All ways in which this word of two or three bytes may be written, as numbers.
fn beginnings(word: &[u8], any_case: bool) -> Vec<u32> {
    let cases = |byte: u8| {
        let other = byte ^ if any_case && byte.is_ascii_alphabetic() { 0x20 } else { 0 };
        let (one, other) = (u32::from(byte), u32::from(other));
        if one == other { vec![one] } else { vec![one, other] }
    };
    word.iter().enumerate().fold(vec![0], |ways, (at, &byte)| {
        let longer = |way: u32| cases(byte).into_iter().map(move |byte| way | byte << (8 * at));
        ways.into_iter().flat_map(longer).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &Words, text: &str) -> Vec<(u16, usize)> {
        let mut found = Vec::new();
        for at in 0..text.len() {
            if words.may_begin(first_four(&text.as_bytes()[at..])) {
                words.each_at(text.as_bytes(), at, |rule, start| found.push((rule, start)));
            }
        }
        found
    }

    #[test]
    fn keywords_are_found_where_their_words_begin() {
        let mut words = Words::new();
        for (rule, (keyword, any_case)) in
            [("ghp_", false), ("-----BEGIN", false), ("SK", false), ("AwsKey", true), (":AA", false)]
                .into_iter()
                .enumerate()
        {
            let offset = Words::offset(keyword.as_bytes(), true).unwrap();
            words.add(keyword.as_bytes(), offset, any_case, rule as u16);
        }
        words.sort();
        assert_eq!(found(&words, "ghp_ GHP_ gh"), [(0, 0)]);
        assert_eq!(found(&words, "a -----BEGIN SK"), [(1, 2), (2, 13)]);
        assert_eq!(found(&words, "awskey AwsKeY"), [(3, 0), (3, 7)]);
        assert_eq!(found(&words, "1:AA"), [(4, 1)]);
        assert_eq!(found(&words, "SK"), [(2, 0)]);
    }

    #[test]
    fn a_word_begins_where_the_keyword_says_so() {
        assert_eq!(Words::offset(b"-----BEGIN", false), Some(5));
        assert_eq!(Words::offset(b"ghp_", false), None);
        assert_eq!(Words::offset(b"ghp_", true), Some(0));
        assert_eq!(Words::offset(b"8Q~", false), None);
        assert_eq!(Words::offset(b"-u", false), None, "too little to go by");
    }
}
