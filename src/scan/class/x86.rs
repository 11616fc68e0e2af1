//! With AVX2, or with SSSE3: tables of sixteen are looked up by the halves of a byte.

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "a page of instructions, all named _mm")
)]
use std::arch::x86_64::*;

use super::{ANYWHERE, BLOCK, GAPS, Kinds, OneByOne, Visitor, padded};

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

pub(super) fn has_ssse3() -> bool {
    is_x86_feature_detected!("ssse3")
}

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
        visitor.block::<OneByOne>(kinds_avx2(block), ANYWHERE);
    }
    if !rest.is_empty() {
        visitor.block::<OneByOne>(kinds_avx2(&padded(rest)), ANYWHERE);
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
        visitor.block::<OneByOne>(kinds_ssse3(block), ANYWHERE);
    }
    if !rest.is_empty() {
        visitor.block::<OneByOne>(kinds_ssse3(&padded(rest)), ANYWHERE);
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
