#![expect(
    unsafe_code,
    reason = "vector instructions: whether the processor has them is asked before they are used"
)]
//! Which kind each byte of a text is of, sixty-four bytes at a time as bits.
//!
//! The one file of vector code. Two small tables, looked up by the halves of a byte, tell its kinds (the trick of
//! simdjson's authors: Langdale and Lemire, 2019). Processors without such instructions take another way to the same
//! bits, which a test holds against this one.

/// Bytes in a block.
pub(crate) const BLOCK: usize = 64;

/// The kinds of the bytes of one block; the lowest bit is the first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    /// Letters and digits.
    pub(crate) alnum: u64,
    /// Letters, digits and `_-+/=`.
    pub(crate) token: u64,
    /// Digits.
    pub(crate) digit: u64,
    /// `=` and `:`.
    pub(crate) operator: u64,
    /// What may stand between a name and its operator, or behind the last letter of a name: blanks, quotes, what closes
    /// something, digits, `_`, and `:?|[*\`.
    pub(crate) gap: u64,
    /// What escapes begin with: `%`, `&` and `\\`.
    pub(crate) escape: u64,
}

impl Kinds {
    /// The `=`: of the operators the one that runs may hold.
    #[inline]
    pub(crate) fn equals(self) -> u64 {
        self.operator & self.token
    }
}

/// Who looks at the blocks of a text. What it does is compiled for the instructions that are used, so that it should be
/// `#[inline(always)]` and short.
pub(crate) trait Visitor {
    /// Looks at the next block.
    fn block(&mut self, kinds: Kinds);

    /// Called once all were seen.
    fn end(&mut self);
}

/// Shows the visitor the blocks of the text from left to right; what is missing in the last one is of no kind.
pub(crate) fn each_block(text: &[u8], visitor: &mut impl Visitor) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
        {
            // SAFETY: the processor has just said that it knows these instructions.
            return unsafe { x86::each_block_avx2(text, visitor) };
        }
        if is_x86_feature_detected!("ssse3") {
            // SAFETY: as above.
            return unsafe { x86::each_block_ssse3(text, visitor) };
        }
    }
    each_block_anywhere(text, visitor);
}

/// The same on every processor, in a form that compilers turn into what vector instructions there are.
pub(crate) fn each_block_anywhere(text: &[u8], visitor: &mut impl Visitor) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for block in blocks {
        visitor.block(kinds(block));
    }
    if !rest.is_empty() {
        visitor.block(kinds(&padded(rest)));
    }
    visitor.end();
}

fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches it runs for many bytes at once")]
fn kinds(block: &[u8; BLOCK]) -> Kinds {
    let is_alnum = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'0') < 10;
    Kinds {
        alnum: bits(block, is_alnum),
        token: bits(block, |byte| {
            is_alnum(byte)
                | (byte == b'_')
                | (byte == b'-')
                | (byte == b'+')
                | (byte == b'/')
                | (byte == b'=')
        }),
        digit: bits(block, |byte| byte.wrapping_sub(b'0') < 10),
        operator: bits(block, |byte| (byte == b'=') | (byte == b':')),
        gap: bits(block, |byte| {
            GAPS.iter().fold(byte.wrapping_sub(b'0') < 10, |is_gap, &gap| is_gap | (byte == gap))
        }),
        escape: bits(block, |byte| (byte == b'%') | (byte == b'&') | (byte == b'\\')),
    }
}

/// All of that kind but the digits.
const GAPS: [u8; 14] = *b"\t \"')*:?[\\]_`|";

fn bits(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    let claims = block.map(|byte| u8::from(is(byte)));
    let (eights, _) = claims.as_chunks::<8>();
    eights.iter().rev().fold(0, |bits, eight| {
        // Gathers the lowest bits of eight bytes in the highest byte of the product.
        let byte = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits << 8 | byte
    })
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #[cfg_attr(
        not(test),
        expect(clippy::wildcard_imports, reason = "a page of instructions, all named _mm")
    )]
    use std::arch::x86_64::*;

    use super::{BLOCK, GAPS, Kinds, Visitor, padded};

    // One bit for each kind: a byte is of it when both of its halves are.
    const DIGIT: u8 = 0x80;
    const OPERATOR: u8 = 0x40;
    const A_TO_O: u8 = 0x20;
    const P_TO_Z: u8 = 0x10;
    const UNDERSCORE: u8 = 0x08;
    const JOINER: u8 = 0x04;
    const EQUALS: u8 = 0x02;
    const ALNUM: u8 = DIGIT | A_TO_O | P_TO_Z;
    const TOKEN: u8 = !OPERATOR;

    // The same for gaps and escapes: for gaps with a bit for each of the high halves, for escapes with these.
    const BACKSLASH: u8 = 0x80;
    const MARK: u8 = 0x40;
    const ESCAPE: u8 = BACKSLASH | MARK;
    const GAP: u8 = !ESCAPE;
    const GAP_LOW: [u8; 16] = {
        let mut table = [0; 16];
        table[0x5] |= MARK;
        table[0x6] |= MARK;
        table[0xc] |= BACKSLASH;
        let mut digit = b'0';
        while digit <= b'9' {
            table[(digit & 0xf) as usize] |= GAP_HIGH[3] & GAP;
            digit += 1;
        }
        let mut at = 0;
        while at < GAPS.len() {
            table[(GAPS[at] & 0xf) as usize] |= GAP_HIGH[(GAPS[at] >> 4) as usize] & GAP;
            at += 1;
        }
        table
    };
    const GAP_HIGH: [u8; 16] = [1, 0, 2 | MARK, 4, 0, 8 | BACKSLASH, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];

    /// By the low half of a byte.
    const LOW: [u8; 16] = {
        let mut table = [0; 16];
        let mut low = 0;
        while low < 16 {
            let mut kinds = 0;
            if low <= 9 {
                kinds |= DIGIT;
            }
            if low == 0xa || low == 0xd {
                kinds |= OPERATOR;
            }
            if low >= 1 {
                kinds |= A_TO_O;
            }
            if low <= 0xa {
                kinds |= P_TO_Z;
            }
            if low == 0xf {
                kinds |= UNDERSCORE;
            }
            if low == 0xb || low == 0xd || low == 0xf {
                kinds |= JOINER;
            }
            if low == 0xd {
                kinds |= EQUALS;
            }
            table[low] = kinds;
            low += 1;
        }
        table
    };
    /// By the high half; bytes that are no ASCII are of no kind.
    const HIGH: [u8; 16] = [
        0,
        0,
        JOINER,
        DIGIT | OPERATOR | EQUALS,
        A_TO_O,
        P_TO_Z | UNDERSCORE,
        A_TO_O,
        P_TO_Z,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn each_block_avx2(text: &[u8], visitor: &mut impl Visitor) {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        for block in blocks {
            visitor.block(kinds_avx2(block));
        }
        if !rest.is_empty() {
            visitor.block(kinds_avx2(&padded(rest)));
        }
        visitor.end();
    }

    /// The kinds of a half or a quarter of a block: letters and digits, token bytes, digits, operators, gaps, escapes.
    type Part = [u32; 6];

    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    fn kinds_avx2(block: &[u8; BLOCK]) -> Kinds {
        // SAFETY: the block is as long as what is loaded from it; unaligned loads are allowed.
        let (first, second) = unsafe {
            (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast()))
        };
        let (low, high) = (half_avx2(first), half_avx2(second));
        let joined = |kind: usize| u64::from(low[kind]) | u64::from(high[kind]) << 32;
        Kinds {
            alnum: joined(0),
            token: joined(1),
            digit: joined(2),
            operator: joined(3),
            gap: joined(4),
            escape: joined(5),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    fn half_avx2(bytes: __m256i) -> Part {
        // SAFETY: the tables are as long as what is loaded from them; unaligned loads are allowed.
        let table =
            |table: &[u8; 16]| unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast())) };
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
        let looked_up = |low: &[u8; 16], high: &[u8; 16]| {
            _mm256_and_si256(_mm256_shuffle_epi8(table(low), bytes), _mm256_shuffle_epi8(table(high), upper))
        };
        let (kinds, others) = (looked_up(&LOW, &HIGH), looked_up(&GAP_LOW, &GAP_HIGH));
        let alnum = _mm256_and_si256(kinds, _mm256_set1_epi8(ALNUM as i8));
        let token = _mm256_and_si256(kinds, _mm256_set1_epi8(TOKEN as i8));
        let gap = _mm256_and_si256(others, _mm256_set1_epi8(GAP as i8));
        let escape = _mm256_and_si256(others, _mm256_set1_epi8(ESCAPE as i8));
        let zero = _mm256_setzero_si256();
        [
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(alnum, zero)) as u32,
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(token, zero)) as u32,
            _mm256_movemask_epi8(kinds) as u32,
            _mm256_movemask_epi8(_mm256_slli_epi16::<1>(kinds)) as u32,
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(gap, zero)) as u32,
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(escape, zero)) as u32,
        ]
    }

    #[target_feature(enable = "ssse3")]
    pub(super) fn each_block_ssse3(text: &[u8], visitor: &mut impl Visitor) {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        for block in blocks {
            visitor.block(kinds_ssse3(block));
        }
        if !rest.is_empty() {
            visitor.block(kinds_ssse3(&padded(rest)));
        }
        visitor.end();
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn kinds_ssse3(block: &[u8; BLOCK]) -> Kinds {
        let mut kinds = Kinds::default();
        for at in [48, 32, 16, 0] {
            // SAFETY: sixteen bytes from here on lie in the block; unaligned loads are allowed.
            let part = quarter_ssse3(unsafe { _mm_loadu_si128(block.as_ptr().add(at).cast()) });
            kinds.alnum = kinds.alnum << 16 | u64::from(part[0]);
            kinds.token = kinds.token << 16 | u64::from(part[1]);
            kinds.digit = kinds.digit << 16 | u64::from(part[2]);
            kinds.operator = kinds.operator << 16 | u64::from(part[3]);
            kinds.gap = kinds.gap << 16 | u64::from(part[4]);
            kinds.escape = kinds.escape << 16 | u64::from(part[5]);
        }
        kinds
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn quarter_ssse3(bytes: __m128i) -> Part {
        // SAFETY: the tables are as long as what is loaded from them; unaligned loads are allowed.
        let table = |table: &[u8; 16]| unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
        let upper = _mm_and_si128(_mm_srli_epi16::<4>(bytes), _mm_set1_epi8(0x0f));
        let looked_up = |low: &[u8; 16], high: &[u8; 16]| {
            _mm_and_si128(_mm_shuffle_epi8(table(low), bytes), _mm_shuffle_epi8(table(high), upper))
        };
        let (kinds, others) = (looked_up(&LOW, &HIGH), looked_up(&GAP_LOW, &GAP_HIGH));
        let alnum = _mm_and_si128(kinds, _mm_set1_epi8(ALNUM as i8));
        let token = _mm_and_si128(kinds, _mm_set1_epi8(TOKEN as i8));
        let gap = _mm_and_si128(others, _mm_set1_epi8(GAP as i8));
        let escape = _mm_and_si128(others, _mm_set1_epi8(ESCAPE as i8));
        let zero = _mm_setzero_si128();
        [
            !_mm_movemask_epi8(_mm_cmpeq_epi8(alnum, zero)) as u32 & 0xffff,
            !_mm_movemask_epi8(_mm_cmpeq_epi8(token, zero)) as u32 & 0xffff,
            _mm_movemask_epi8(kinds) as u32,
            _mm_movemask_epi8(_mm_slli_epi16::<1>(kinds)) as u32,
            !_mm_movemask_epi8(_mm_cmpeq_epi8(gap, zero)) as u32 & 0xffff,
            !_mm_movemask_epi8(_mm_cmpeq_epi8(escape, zero)) as u32 & 0xffff,
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &[u8]) -> Vec<Kinds> {
        let of = |block: &[u8], is: &dyn Fn(u8) -> bool| {
            block.iter().enumerate().fold(0, |bits, (at, &byte)| bits | u64::from(is(byte)) << at)
        };
        let kinds = |block: &[u8]| Kinds {
            alnum: of(block, &|byte| byte.is_ascii_alphanumeric()),
            token: of(block, &|byte| byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte)),
            digit: of(block, &|byte| byte.is_ascii_digit()),
            operator: of(block, &|byte| b"=:".contains(&byte)),
            gap: of(block, &|byte| byte.is_ascii_digit() || GAPS.contains(&byte)),
            escape: of(block, &|byte| b"%&\\".contains(&byte)),
        };
        text.chunks(BLOCK).map(kinds).collect()
    }

    #[derive(Default)]
    struct Kept(Vec<Kinds>);

    impl Visitor for Kept {
        fn block(&mut self, kinds: Kinds) {
            self.0.push(kinds);
        }

        fn end(&mut self) {}
    }

    fn check(text: &[u8]) {
        let expected = plain(text);
        let mut found = Kept::default();
        each_block_anywhere(text, &mut found);
        assert_eq!(found.0, expected, "on every processor");
        found.0.clear();
        each_block(text, &mut found);
        assert_eq!(found.0, expected, "on this one");
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("ssse3") {
            found.0.clear();
            // SAFETY: the processor has just said that it knows these instructions.
            unsafe { x86::each_block_ssse3(text, &mut found) };
            assert_eq!(found.0, expected, "with SSSE3");
        }
    }

    #[test]
    fn every_byte_is_of_its_kinds() {
        let all: Vec<u8> = (0..=255).collect();
        (0..all.len()).for_each(|from| check(&all[from..]));
    }

    proptest! {
        #[test]
        fn all_ways_lead_to_the_same_bits(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            check(&text);
        }
    }
}
