//! The words that names end with, and the rule of each: all of them asked in one walk from a name's last byte. Pure.

/// Words from their ends, as a tree: each node is one byte further to the left.
#[derive(Debug)]
pub(crate) struct Endings {
    nodes: Vec<Node>,
    /// The node of each last byte, since every name is asked for one: 0 for none.
    last: Box<[u16; 256]>,
}

#[derive(Debug, Default)]
struct Node {
    byte: u8,
    /// The first node one byte further, and the next one beside this; 0 for none, since the root is neither.
    below: u16,
    beside: u16,
    /// What the word that begins here says.
    says: Option<Says>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// The value is of this rule.
    Rule(u16),
    /// It is of none.
    Nothing,
}

impl Endings {
    /// The words of each rule, and those that are excepted; of two rules with the same word the last one counts.
    pub(crate) fn new<'w>(
        words: impl Iterator<Item = (usize, &'w str)>,
        excepted: impl Iterator<Item = &'w str>,
    ) -> Self {
        let mut endings = Self { nodes: vec![Node::default()], last: Box::new([0; 256]) };
        for (rule, word) in words {
            endings.add(word, Says::Rule(rule as u16));
        }
        for word in excepted {
            endings.add(word, Says::Nothing);
        }
        endings.nodes.shrink_to_fit();
        endings
    }

    fn add(&mut self, word: &str, says: Says) {
        let mut at = 0;
        for byte in word.bytes().rev() {
            at = self.below(at, byte).unwrap_or_else(|| {
                let fresh = self.nodes.len();
                let beside = std::mem::replace(&mut self.nodes[at].below, fresh as u16);
                self.nodes.push(Node { byte, below: 0, beside, says: None });
                if at == 0 {
                    self.last[usize::from(byte)] = fresh as u16;
                }
                fresh
            });
        }
        self.nodes[at].says = Some(says);
    }

    fn below(&self, at: usize, byte: u8) -> Option<usize> {
        if at == 0 {
            let node = usize::from(self.last[usize::from(byte)]);
            return (node != 0).then_some(node);
        }
        let mut next = usize::from(self.nodes[at].below);
        while next != 0 {
            if self.nodes[next].byte == byte {
                return Some(next);
            }
            next = usize::from(self.nodes[next].beside);
        }
        None
    }

    /// Whether a name as it is written ends with some word, whatever its case and whatever joins its parts.
    pub(crate) fn ends(&self, name: &[u8]) -> bool {
        let mut at = 0;
        for &byte in name.iter().rev() {
            if matches!(byte, b'_' | b'-' | b'.' | b'$') {
                continue;
            }
            let Some(next) = self.below(at, byte.to_ascii_lowercase()) else { return false };
            if self.nodes[next].says.is_some() {
                return true;
            }
            at = next;
        }
        false
    }

    /// The rule with the longest word that this folded name ends with; `None` when an excepted word ends it too.
    pub(crate) fn rule(&self, name: &[u8]) -> Option<usize> {
        let (mut at, mut best) = (0, None);
        for &byte in name.iter().rev() {
            let Some(next) = self.below(at, byte) else { break };
            at = next;
            match self.nodes[at].says {
                Some(Says::Rule(rule)) => best = Some(usize::from(rule)),
                Some(Says::Nothing) => return None,
                None => {}
            }
        }
        best
    }
}

/// Bits for how names may end, looked at before anything else is done with them: their last four letters, or three where
/// no fourth stands before these.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    four: Vec<u64>,
    /// Of all words, and of those that have but three letters.
    three: Vec<u64>,
    short: Vec<u64>,
}

const FOURS: usize = 1 << 16;
/// How many endings of three letters there are.
const THREES: usize = 26 * 26 * 26;

impl Hints {
    pub(crate) fn new<'w>(words: impl Iterator<Item = &'w [u8]>) -> Self {
        let bits = |count: usize| vec![0; count.div_ceil(64)];
        let mut hints = Self { four: bits(FOURS), three: bits(THREES), short: bits(THREES) };
        let set = |bits: &mut [u64], at: usize| bits[at / 64] |= 1 << (at % 64);
        for word in words {
            let Some(three) = three(word) else { continue };
            set(&mut hints.three, three);
            match word.last_chunk() {
                Some(last) => set(&mut hints.four, four(*last)),
                None => set(&mut hints.short, three),
            }
        }
        hints
    }

    /// Whether such a word may end with these three letters, whatever stands before them; `None` where they are none.
    pub(crate) fn may_end_with(&self, last: [u8; 3]) -> Option<bool> {
        let three = three(&last)?;
        Some(self.three[three / 64] & 1 << (three % 64) != 0)
    }

    /// Whether such a word may end as this name does; `None` where the name does not end with three letters.
    #[inline]
    pub(crate) fn may_end(&self, name: &[u8]) -> Option<bool> {
        let has = |bits: &[u64], at: usize| bits[at / 64] & 1 << (at % 64) != 0;
        let three = three(name)?;
        Some(match name.last_chunk::<4>() {
            Some(last) if last[0].is_ascii_alphabetic() => {
                has(&self.four, four(*last)) || has(&self.short, three)
            }
            _ => has(&self.three, three),
        })
    }
}

/// Bits for the last three bytes of a name, which tell of nearly every operator that no name of ours stands before it.
/// Answers at once, so that it can be asked of all of them.
#[derive(Debug)]
pub(crate) struct LastThree {
    may: Box<[u64; KINDS * KINDS * KINDS / 64]>,
}

/// What a byte counts as: one of the letters, whatever its case, a byte of another language, or anything else.
const KINDS: usize = 32;
const ABROAD: u8 = 27;
static KIND: [u8; 256] = {
    let mut kind = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kind[byte] = match byte as u8 {
            letter @ (b'a'..=b'z' | b'A'..=b'Z') => (letter | 0x20) - b'a' + 1,
            0x80.. => ABROAD,
            _ => 0,
        };
        byte += 1;
    }
    kind
};

impl LastThree {
    /// Those of which this is true, which is asked of one byte of each kind and may know nothing of what stands before.
    pub(crate) fn new(may_end: impl Fn([u8; 3]) -> bool) -> Self {
        let bytes: Vec<u8> = [b'-'].into_iter().chain(b'a'..=b'z').chain([0x80]).collect();
        let mut lasts = Self { may: Box::new([0; KINDS * KINDS * KINDS / 64]) };
        for a in &bytes {
            for b in &bytes {
                for c in &bytes {
                    let last = [*a, *b, *c];
                    let at = Self::number(last);
                    lasts.may[at / 64] |= u64::from(may_end(last)) << (at % 64);
                }
            }
        }
        lasts
    }

    #[inline]
    fn number(last: [u8; 3]) -> usize {
        last.iter().fold(0, |number, &byte| number * KINDS + usize::from(KIND[usize::from(byte)]))
    }

    /// Whether a name of ours may end with these bytes.
    #[inline]
    pub(crate) fn may_be(&self, last: [u8; 3]) -> bool {
        let at = Self::number(last);
        self.may[at / 64 % (KINDS * KINDS * KINDS / 64)] & 1 << (at % 64) != 0
    }
}

/// Four letters as a number, whatever their case.
#[inline]
fn four(last: [u8; 4]) -> usize {
    ((u32::from_le_bytes(last) | 0x2020_2020).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// The last three letters of a name as a number, whatever their case; `None` when they are no letters.
#[inline]
fn three(name: &[u8]) -> Option<usize> {
    let last = name.last_chunk::<3>()?;
    let letter = |byte: u8| usize::from((byte | 0x20).wrapping_sub(b'a'));
    let [a, b, c] = last.map(letter);
    (a < 26 && b < 26 && c < 26).then_some((a * 26 + b) * 26 + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_end_with_a_word_are_told_by_a_few_letters() {
        let words = ["password", "key", "nonce"];
        let hints = Hints::new(words.iter().map(|word| word.as_bytes()));
        for (name, expected) in [
            ("dbPassWord", Some(true)),
            ("crossword", Some(true)),
            ("landlord", Some(false)),
            ("monkey", Some(true)),
            ("key", Some(true)),
            ("_key", Some(true)),
            ("instance", Some(false)),
            ("x_nce", Some(true)),
            ("k_y", None),
            ("ey", None),
        ] {
            assert_eq!(hints.may_end(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn a_name_ends_with_a_word_however_it_is_written() {
        let endings = Endings::new([(1, "apikey")].into_iter(), ["bypass"].into_iter());
        for (name, expected) in [
            ("My-API_Key", true),
            ("x = api.key", true),
            ("by-pass", true),
            ("api key", false),
            ("pikey", false),
            ("", false),
        ] {
            assert_eq!(endings.ends(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn the_longest_word_counts_unless_one_is_excepted() {
        let words = [(1, "pass"), (2, "key"), (3, "apikey"), (3, "secret"), (4, "secret"), (5, "пароль")];
        let endings = Endings::new(words.into_iter(), ["bypass", "monkey"].into_iter());
        for (name, expected) in [
            ("dbpass", Some(1)),
            ("bypass", None),
            ("mybypass", None),
            ("key", Some(2)),
            ("myapikey", Some(3)),
            ("pikey", Some(2)),
            ("monkey", None),
            ("secret", Some(4)),
            ("мойпароль", Some(5)),
            ("keys", None),
            ("", None),
        ] {
            assert_eq!(endings.rule(name.as_bytes()), expected, "{name}");
        }
    }
}
