//! Keywords at the beginnings of words: which rules a place in the text asks for.
//!
//! Three bytes decide at once: a bit tells whether any keyword begins with them. So a place where a word begins
//! costs a load and a look at that bit, however many keywords there are. Pure.

#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]

/// Words begin behind bytes that are no letters or digits, so that `my_ghp_…` has three of them.
#[derive(Debug)]
pub(crate) struct Words {
    /// Bits for the hashes of three bytes.
    may: Box<[u64; BITS / 64]>,
    /// What begins with three bytes, by buckets of their hashes.
    begins: Vec<([u8; 3], u16)>,
    /// Where each bucket begins.
    buckets: Box<[u32; BUCKETS + 1]>,
    all: Vec<Word>,
}

const BITS: usize = 1 << 16;
const BUCKETS: usize = 1 << 12;

#[derive(Debug)]
struct Word {
    text: Box<[u8]>,
    /// Where in the keyword the word begins at which it is looked for.
    offset: u8,
    any_case: bool,
    rule: u16,
}

fn bucket(first: [u8; 3]) -> usize {
    bit(u32::from_le_bytes([first[0], first[1], first[2], 0])) % BUCKETS
}

/// The bit of the three bytes in the lower part of this number.
#[inline(always)]
fn bit(bytes: u32) -> usize {
    // Fibonacci hashing: the upper bits of the product depend on all bits of the number.
    ((bytes << 8).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

impl Words {
    #[expect(clippy::large_stack_arrays, reason = "once for a set of rules")]
    pub(crate) fn new() -> Self {
        Self {
            may: Box::new([0; BITS / 64]),
            begins: Vec::new(),
            buckets: Box::new([0; BUCKETS + 1]),
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
        let index = self.all.len() as u16;
        for first in beginnings(&keyword[offset..], any_case) {
            let hash = bit(u32::from_le_bytes([first[0], first[1], first[2], 0]));
            self.may[hash / 64] |= 1 << (hash % 64);
            self.begins.push((first, index));
        }
        self.all.push(Word { text: keyword.into(), offset: offset as u8, any_case, rule });
    }

    /// To be called once all are added.
    pub(crate) fn sort(&mut self) {
        self.begins.sort_unstable_by_key(|&(first, index)| (bucket(first), index));
        for &(first, _) in &self.begins {
            self.buckets[bucket(first) + 1] += 1;
        }
        for at in 0..BUCKETS {
            self.buckets[at + 1] += self.buckets[at];
        }
    }

    /// Whether some keyword may begin with these bytes, of which the first three count.
    #[inline(always)]
    pub(crate) fn may_begin(&self, bytes: u32) -> bool {
        let hash = bit(bytes & 0x00ff_ffff);
        self.may[hash / 64] & (1 << (hash % 64)) != 0
    }

    /// Calls `each` with the rule and the place of every keyword whose word begins at `at`.
    pub(crate) fn each_at(&self, text: &[u8], at: usize, mut each: impl FnMut(u16, usize)) {
        let mut first = [0; 3];
        let tail = &text[at..];
        let length = tail.len().min(3);
        first[..length].copy_from_slice(&tail[..length]);
        let bucket = bucket(first);
        let bucket = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        for (_, index) in self.begins[bucket].iter().filter(|(begins, _)| *begins == first) {
            let word = &self.all[usize::from(*index)];
            let Some(start) = at.checked_sub(usize::from(word.offset)) else { continue };
            let Some(found) = text.get(start..start + word.text.len()) else { continue };
            if *found == *word.text || (word.any_case && found.eq_ignore_ascii_case(&word.text)) {
                each(word.rule, start);
            }
        }
    }
}

/// All ways in which a text may begin that begins with this word.
fn beginnings(word: &[u8], any_case: bool) -> Vec<[u8; 3]> {
    let cases = |byte: u8| {
        if any_case && byte.is_ascii_alphabetic() {
            vec![byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]
        } else {
            vec![byte]
        }
    };
    let third = word.get(2).map_or_else(|| (0..=255).collect(), |&byte| cases(byte));
    let mut all = Vec::new();
    for a in cases(word[0]) {
        for b in cases(word[1]) {
            all.extend(third.iter().map(|&c| [a, b, c]));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &Words, text: &str) -> Vec<(u16, usize)> {
        let mut found = Vec::new();
        for at in 0..text.len() {
            let mut four = [0; 4];
            let length = text.len().min(at + 4) - at;
            four[..length].copy_from_slice(&text.as_bytes()[at..at + length]);
            if words.may_begin(u32::from_le_bytes(four)) {
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
