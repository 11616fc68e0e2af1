//! With AVX-512 and its bytes (VBMI): a table of all of ASCII is looked up at once, places are listed at once, and most
//! words that are none of those looked for are sent away before they are listed.

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "a page of instructions, all named _mm")
)]
use std::arch::x86_64::*;
use std::ops::Range;

use super::{BLOCK, Firsts, GAPS, Kinds, List, Visitor};

// One bit for each kind.
const ALNUM: u8 = 1;
const TOKEN: u8 = 2;
const DIGIT: u8 = 4;
const OPERATOR: u8 = 8;
const GAP: u8 = 16;
const ESCAPE: u8 = 32;

/// The kinds of each byte of ASCII; other bytes are of none.
static KINDS: [u8; 128] = {
    let mut kinds = [0; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            kinds[at] |= ALNUM | TOKEN;
        }
        if matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=') {
            kinds[at] |= TOKEN;
        }
        if byte.is_ascii_digit() {
            kinds[at] |= DIGIT | GAP;
        }
        if matches!(byte, b'=' | b':') {
            kinds[at] |= OPERATOR;
        }
        if matches!(byte, b'%' | b'&' | b'\\') {
            kinds[at] |= ESCAPE;
        }
        at += 1;
    }
    let mut at = 0;
    while at < GAPS.len() {
        kinds[GAPS[at] as usize] |= GAP;
        at += 1;
    }
    kinds
};

/// Each byte's own place in a block.
static PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        places[at] = at as u8;
        at += 1;
    }
    places
};

/// How many bytes of a text are looked at for a block: the first bytes of words go on behind it.
const SEEN: usize = BLOCK + 2;

pub(super) fn is_there() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn each_block(text: &[u8], part: Range<usize>, visitor: &mut impl Visitor) {
    let kinds = Table::new(&KINDS);
    let Firsts { pairs: [one, other] } = visitor.firsts();
    let pairs = [Table::new(one), Table::new(other)];
    for at in part.clone().step_by(BLOCK) {
        let mut last = [0; SEEN];
        let block = text[at..].first_chunk().unwrap_or_else(|| {
            last[..text.len() - at].copy_from_slice(&text[at..]);
            &last
        });
        // Behind the part nothing is of any kind, though words may go on there.
        let own = u64::MAX >> BLOCK.saturating_sub(part.end - at);
        visitor.block::<AtOnce>(kinds_of(block, &kinds, own), may_begin(block, &pairs));
    }
    visitor.end();
}

/// A table of 128 bytes, looked up by the lower seven bits of each byte.
struct Table(__m512i, __m512i);

impl Table {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(table: &[u8; 128]) -> Self {
        // SAFETY: the table is as long as what is loaded from it; unaligned loads are allowed.
        unsafe {
            Self(_mm512_loadu_si512(table.as_ptr().cast()), _mm512_loadu_si512(table.as_ptr().add(64).cast()))
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    fn look_up(&self, at: __m512i) -> __m512i {
        _mm512_permutex2var_epi8(self.0, at, self.1)
    }
}

/// The bytes from this one on.
#[inline]
#[target_feature(enable = "avx512f")]
fn load<const FROM: usize>(block: &[u8; SEEN]) -> __m512i {
    const { assert!(FROM + BLOCK <= SEEN) };
    // SAFETY: there are as many bytes as are loaded; unaligned loads are allowed.
    unsafe { _mm512_loadu_si512(block.as_ptr().add(FROM).cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn kinds_of(block: &[u8; SEEN], kinds: &Table, own: u64) -> Kinds {
    let bytes = load::<0>(block);
    let kinds = _mm512_maskz_mov_epi8(own & !_mm512_movepi8_mask(bytes), kinds.look_up(bytes));
    let is = |kind: u8| _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(kind as i8));
    Kinds {
        alnum: is(ALNUM),
        token: is(TOKEN),
        digit: is(DIGIT),
        operator: is(OPERATOR),
        gap: is(GAP),
        escape: is(ESCAPE),
    }
}

/// Where one of the words may begin.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn may_begin(block: &[u8; SEEN], pairs: &[Table; 2]) -> u64 {
    let (first, second, third) = (load::<0>(block), load::<1>(block), load::<2>(block));
    is_pair(&pairs[0], first, second) & is_pair(&pairs[1], second, third)
}

/// Where these two bytes are a pair of the table: five bits of the one and the upper two of the five of the other tell
/// the place in it, the lower three the bit.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn is_pair(table: &Table, one: __m512i, other: __m512i) -> u64 {
    /// Takes the third where the second says so, else the first.
    const CHOOSE: i32 = 0xb8;
    let (high, low) = (_mm512_slli_epi16::<2>(one), _mm512_srli_epi16::<3>(other));
    let place = _mm512_ternarylogic_epi32::<CHOOSE>(high, _mm512_set1_epi8(0x03), low);
    let bits = _mm512_set1_epi64(i64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]));
    let bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(other, _mm512_set1_epi8(0x07)));
    _mm512_test_epi8_mask(table.look_up(place), bit)
}

/// All places at once.
struct AtOnce;

impl List for AtOnce {
    #[inline(always)]
    fn list<const FEW: usize>(room: &mut [u32; BLOCK], base: u32, bits: u64) {
        // SAFETY: only [`each_block`] names this, which runs where these instructions are.
        unsafe { list(room, base, bits) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,popcnt")]
fn list(room: &mut [u32; BLOCK], base: u32, bits: u64) {
    // SAFETY: there are as many bytes as are loaded; unaligned loads are allowed.
    let places = unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) };
    let places = _mm512_maskz_compress_epi8(bits, places);
    let (quarters, _) = room.as_chunks_mut::<16>();
    let mut write = |quarter: usize, places: __m128i| {
        let places = _mm512_add_epi32(_mm512_set1_epi32(base as i32), _mm512_cvtepu8_epi32(places));
        // SAFETY: there is room for as many as are stored; unaligned stores are allowed.
        unsafe { _mm512_storeu_si512(quarters[quarter].as_mut_ptr().cast(), places) }
    };
    write(0, _mm512_castsi512_si128(places));
    if bits.count_ones() > 16 {
        write(1, _mm512_extracti32x4_epi32::<1>(places));
        write(2, _mm512_extracti32x4_epi32::<2>(places));
        write(3, _mm512_extracti32x4_epi32::<3>(places));
    }
}
