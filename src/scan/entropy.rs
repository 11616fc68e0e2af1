//! How random a token looks: its entropy, what chance would give it, and how it alternates.
//!
//! Shannon entropy alone says little: twenty characters can't reach more than 4.3 bits, and hex never more than 4.
//! So it is always shown beside its ceiling, the most that length and alphabet allow; and tokens are ranked by
//! how far they lie above what a random string of that length and alphabet has on average (the exact
//! expectation over the binomial counts; Basharin 1959 gives the limit).

use std::sync::LazyLock;

/// Longer tokens are judged by their first bytes.
const LONGEST: usize = 256;

/// The sizes of alphabet that [`Kinds::alphabet`] answers with.
const ALPHABETS: [u16; 9] = [10, 16, 26, 36, 38, 52, 62, 64, 94];

/// `count * log2(count)` for every count that can occur.
static COUNT_LOG: LazyLock<[f32; LONGEST + 1]> = LazyLock::new(|| {
    let mut table = [0.0; LONGEST + 1];
    for (count, cell) in table.iter_mut().enumerate().skip(2) {
        *cell = count as f32 * (count as f32).log2();
    }
    table
});

/// The expected entropy for each alphabet and each length.
static EXPECTED: LazyLock<Vec<[f32; LONGEST + 1]>> = LazyLock::new(|| {
    let row = |size: &u16| {
        let mut row = [0.0; LONGEST + 1];
        for (length, cell) in row.iter_mut().enumerate().skip(1) {
            *cell = expected(length, f64::from(*size)) as f32;
        }
        row
    };
    ALPHABETS.iter().map(row).collect()
});

/// The expected entropy of `length` characters drawn at random from `size`.
fn expected(length: usize, size: f64) -> f64 {
    let (n, odds) = (length as f64, 1.0 / (size - 1.0));
    let mut chance = (1.0 - 1.0 / size).powf(n);
    let mut sum = 0.0;
    for count in 1..=length {
        let c = count as f64;
        chance *= (n - c + 1.0) / c * odds;
        sum += chance * c * c.log2();
        if c > n / size && chance < 1e-12 {
            break;
        }
    }
    n.log2() - size * sum / n
}

/// What one pass over a token finds out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Surprise {
    /// Shannon entropy in bits per character.
    pub bits: f64,
    /// The mean entropy of random strings of this length and alphabet, in bits per character.
    pub expected: f64,
    /// The most that this length and alphabet allow: no character twice, or all of them equally often.
    pub ceiling: f64,
    /// From 0, a word, to 1, as good as random.
    pub likely: f64,
}

impl Surprise {
    /// How far the entropy lies above what length and alphabet let one expect; mostly negative.
    pub fn excess(self) -> f64 {
        self.bits - self.expected
    }
}

/// Which characters a token is made of.
#[derive(Default)]
struct Kinds {
    lower: usize,
    upper: usize,
    digits: usize,
    hex_letters: usize,
    joiners: usize,
    others: usize,
}

impl Kinds {
    fn of(text: &[u8]) -> Self {
        let mut kinds = Self::default();
        for &byte in text {
            match byte {
                b'a'..=b'z' => kinds.lower += 1,
                b'A'..=b'Z' => kinds.upper += 1,
                b'0'..=b'9' => kinds.digits += 1,
                b'+' | b'/' | b'-' | b'_' | b'=' => kinds.joiners += 1,
                _ => kinds.others += 1,
            }
            kinds.hex_letters += usize::from(matches!(byte, b'a'..=b'f' | b'A'..=b'F'));
        }
        kinds
    }

    /// The index into [`ALPHABETS`] of the smallest alphabet that holds them all.
    fn alphabet(&self) -> usize {
        let letters = self.lower + self.upper;
        let one_case = self.lower == 0 || self.upper == 0;
        match () {
            () if self.others > 0 => 8,
            () if letters == 0 => 0,
            () if self.joiners == 0 && letters == self.hex_letters && one_case => 1,
            () if self.joiners > 0 && one_case => 4,
            () if self.joiners > 0 => 7,
            () if one_case && self.digits == 0 => 2,
            () if one_case => 3,
            () if self.digits == 0 => 5,
            () => 6,
        }
    }
}

/// Whether the text is made of hex digits, all of one case.
pub(crate) fn is_hex(text: &[u8]) -> bool {
    Kinds::of(text).alphabet() <= 1
}

/// Shannon entropy in bits per character.
pub(crate) fn bits(text: &[u8]) -> f64 {
    let text = &text[..text.len().min(LONGEST)];
    if text.is_empty() {
        return 0.0;
    }
    let mut counts = [0u16; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let log = &*COUNT_LOG;
    // Each byte visits its own count once and clears it, so that only the bytes that occur are summed.
    let mut sum = 0.0;
    for &byte in text {
        sum += log[usize::from(std::mem::take(&mut counts[usize::from(byte)]))];
    }
    let n = text.len() as f64;
    n.log2() - f64::from(sum) / n
}

/// Judges one token.
pub fn surprise(text: &[u8]) -> Surprise {
    let text = &text[..text.len().min(LONGEST)];
    if text.is_empty() {
        return Surprise::default();
    }
    let kinds = Kinds::of(text);
    let alphabet = kinds.alphabet();
    let bits = bits(text);
    let expected = f64::from(EXPECTED[alphabet][text.len()]);
    let ceiling = f64::from(ALPHABETS[alphabet]).min(text.len() as f64).log2();
    let level = ((bits / expected.max(0.1) - 0.8) / 0.15).clamp(0.0, 1.0);
    let likely = if kinds.digits == 0 { 0.5 * level } else { level * alternation(text, alphabet) };
    Surprise { bits, expected, ceiling, likely: if counts_up(text) { 0.0 } else { likely } }
}

/// Letter-digit changes as a share of what chance would give: words and versions hold few, random strings many.
fn alternation(text: &[u8], alphabet: usize) -> f64 {
    let kind = |byte: u8| (byte.is_ascii_alphabetic(), byte.is_ascii_digit());
    let changes = text
        .windows(2)
        .filter(|pair| {
            let (a, b) = (kind(pair[0]), kind(pair[1]));
            (a.0 && b.1) || (a.1 && b.0)
        })
        .count();
    let size = f64::from(ALPHABETS[alphabet]);
    let digits = 10.0 / size;
    let share = 2.0 * digits * (1.0 - digits);
    let wanted = share * (text.len() - 1) as f64;
    if wanted <= 0.0 { 0.0 } else { (changes as f64 / wanted / 0.7).clamp(0.0, 1.0) }
}

/// Alphabets and number rows (`abcdef`, `123456`): high in entropy, and nobody's secret.
fn counts_up(text: &[u8]) -> bool {
    let steps = text.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    steps * 3 > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_known_strings() {
        let check =
            |text: &str, expected: f64| assert!((bits(text.as_bytes()) - expected).abs() < 1e-4, "{text}");
        check("", 0.0);
        check("aaaa", 0.0);
        check("abab", 1.0);
        check("abcdefgh", 3.0);
    }

    #[test]
    fn nothing_lies_above_its_ceiling() {
        for text in ["abcdefgh", "0123456789abcdef", "Zx8vKq2LmtR4", "aaaa", "a1", "P@ss w0rd!"] {
            let judged = surprise(text.as_bytes());
            assert!(judged.bits <= judged.ceiling + 1e-6, "{text}: {judged:?}");
        }
    }

    #[test]
    fn what_is_expected_is_what_chance_gives() {
        // Two draws from two symbols: equal half of the time (0 bits), different half of the time (1 bit).
        assert!((expected(2, 2.0) - 0.5).abs() < 1e-9);
        // A long string comes near the whole alphabet.
        assert!((expected(256, 16.0) - 4.0).abs() < 0.06);
        let mut seed = 7u64;
        let mut sum = 0.0;
        for _ in 0..400 {
            let text: Vec<u8> = (0..32)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    b"0123456789abcdef"[(seed >> 60) as usize]
                })
                .collect();
            sum += bits(&text);
        }
        assert!((sum / 400.0 - expected(32, 16.0)).abs() < 0.03, "{}", sum / 400.0);
    }

    #[test]
    fn words_are_no_surprise() {
        let check = |text: &str, likely: std::ops::Range<f64>| {
            let found = surprise(text.as_bytes());
            assert!(likely.contains(&found.likely), "{text}: {found:?}");
        };
        check("q8Zr2mT0xW5nB7vK1cJ9", 0.7..1.01);
        check("get_user_by_identifier", 0.0..0.51);
        check("abcdefghijklmnopqrstuvwxyz0123456789", 0.0..0.1);
        check("aaaaaaaaaaaaaaaaaaaaaaaa1", 0.0..0.1);
        check("application-x-www-form-urlencoded2", 0.0..0.5);
    }
}
