//! How likely one character follows another in names and words of source text: 64 times 64 whole numbers, 4 KB.
//!
//! The alphabet is folded: letters of both cases and digits are themselves, all joiners are one character, and whatever
//! else there is, the edge of a token too, is another. A token is judged against **its own** alphabet: a random hex string and
//! a random base64 string are both as likely as chance makes them, although one of them uses few characters.

/// How many characters are told from one another.
pub(crate) const SIGNS: usize = 64;
/// Steps of the table for one bit.
pub(crate) const STEPS: f64 = 16.0;
/// Longer tokens are judged by their first bytes.
const LONGEST: usize = 256;
const JOINER: u8 = 62;
const EDGE: u8 = 63;

/// The sign of each byte.
static SIGN: [u8; 256] = {
    let mut signs = [EDGE; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        signs[byte] = match c {
            b'a'..=b'z' => c - b'a',
            b'A'..=b'Z' => c - b'A' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'_' | b'-' | b'.' | b'/' | b'+' | b'=' => JOINER,
            _ => EDGE,
        };
        byte += 1;
    }
    signs
};

/// Bits by which a pair is likelier in words than among signs drawn at random, in `STEPS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bigrams(Box<[i8; SIGNS * SIGNS]>);

impl Default for Bigrams {
    fn default() -> Self {
        Self(Box::new([0; SIGNS * SIGNS]))
    }
}

impl Bigrams {
    /// The table with these entries, row by row; `None` when there are more or fewer.
    pub(crate) fn from_entries(entries: Vec<i8>) -> Option<Self> {
        entries.into_boxed_slice().try_into().ok().map(Self)
    }

    /// Its entries, row by row.
    pub(crate) fn entries(&self) -> &[i8] {
        &self.0[..]
    }

    /// The mean bits by which the pairs of this token are likelier in words than in a random string over an alphabet
    /// of this size. Words lie above zero, chance below.
    pub(crate) fn ratio(&self, token: &[u8], alphabet: f64) -> f64 {
        let token = &token[..token.len().min(LONGEST)];
        if token.is_empty() {
            return 0.0;
        }
        let (mut sum, mut last) = (0i32, EDGE);
        for &byte in token {
            let sign = SIGN[usize::from(byte)];
            sum += i32::from(self.0[usize::from(last) * SIGNS + usize::from(sign)]);
            last = sign;
        }
        f64::from(sum) / (STEPS * token.len() as f64) + (alphabet.max(2.0) / SIGNS as f64).log2()
    }
}

/// Counts pairs, to make a table of them.
#[derive(Clone, Debug)]
pub struct Counts(Vec<u32>);

impl Default for Counts {
    fn default() -> Self {
        Self(vec![0; SIGNS * SIGNS])
    }
}

impl Counts {
    /// Adds the pairs of one token.
    pub fn add(&mut self, token: &[u8]) {
        let mut last = EDGE;
        for &byte in &token[..token.len().min(LONGEST)] {
            let sign = SIGN[usize::from(byte)];
            self.0[usize::from(last) * SIGNS + usize::from(sign)] += 1;
            last = sign;
        }
    }

    /// The table that they amount to.
    pub fn table(&self) -> Bigrams {
        let row = |row: &[u32]| {
            let total: f64 = row.iter().map(|&count| f64::from(count) + 0.5).sum();
            row.iter().map(move |&count| bits((f64::from(count) + 0.5) / total)).collect::<Vec<i8>>()
        };
        let entries = self.0.chunks(SIGNS).flat_map(row).collect();
        Bigrams::from_entries(entries).expect("there are as many counts as entries")
    }
}

/// A probability against that of a sign drawn at random.
fn bits(odds: f64) -> i8 {
    ((odds * SIGNS as f64).log2() * STEPS).round().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lie_above_chance() {
        let mut counts = Counts::default();
        for word in ["get_user_name", "set_user_id", "username", "user_agent", "gateway", "nameserver"] {
            (0..50).for_each(|_| counts.add(word.as_bytes()));
        }
        let table = counts.table();
        let ratio = |token: &str| table.ratio(token.as_bytes(), 38.0);
        assert!(ratio("get_server_name") > 0.5, "{}", ratio("get_server_name"));
        assert!(ratio("x8q2kz0vj7wp3y") < 0.0, "{}", ratio("x8q2kz0vj7wp3y"));
        assert!(table.ratio(b"", 38.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_table_is_whole_or_none() {
        assert!(Bigrams::from_entries(vec![0; 5]).is_none());
        assert_eq!(Bigrams::from_entries(vec![0; SIGNS * SIGNS]), Some(Bigrams::default()));
    }
}
