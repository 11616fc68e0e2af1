//! The first bytes of words that are looked for, in tables that are looked up for many places at once. Pure.

/// Which two bytes such words begin with, and which second and third byte they have. Five bits of each byte count, which
/// are the same for both cases of a letter: more may begin with these than the words, but no word is missed.
#[derive(Debug)]
pub(crate) struct Firsts {
    /// A bit for each pair: the bits of the one byte and the upper two of the other one tell the place in the table, the
    /// lower three the bit.
    pub(super) pairs: [[u8; 128]; 2],
}

/// The bits of a byte that count.
const COUNTS: u8 = 0x1f;

impl Default for Firsts {
    fn default() -> Self {
        Self { pairs: [[0; 128]; 2] }
    }
}

impl Firsts {
    /// Adds a word; behind its end anything may stand.
    pub(crate) fn note(&mut self, word: &[u8]) {
        for (at, pairs) in self.pairs.iter_mut().enumerate() {
            let counting = |at: usize| match word.get(at).map(|byte| byte & COUNTS) {
                Some(bits) => bits..=bits,
                None => 0..=COUNTS,
            };
            for one in counting(at) {
                for other in counting(at + 1) {
                    let (place, bit) = place_of(one, other);
                    pairs[place] |= bit;
                }
            }
        }
    }

    /// Whether some word may begin where this text does; what is missing of it counts as zero.
    #[cfg(test)]
    pub(crate) fn may_begin(&self, text: &[u8]) -> bool {
        let byte = |at: usize| text.get(at).copied().unwrap_or(0);
        self.pairs.iter().enumerate().all(|(at, pairs)| {
            let (place, bit) = place_of(byte(at), byte(at + 1));
            pairs[place] & bit != 0
        })
    }
}

fn place_of(one: u8, other: u8) -> (usize, u8) {
    let place = (one & COUNTS) << 2 | (other & COUNTS) >> 3;
    (usize::from(place), 1 << (other & 7))
}
