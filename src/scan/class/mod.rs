#![expect(
    unsafe_code,
    reason = "vector instructions: whether the processor has them is asked before they are used"
)]
#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]
//! Which kind each byte of a text is of, sixty-four bytes at a time as bits.
//!
//! ```text
//! text -> { x86, avx512 } -> Visitor
//! ```
//! The one folder of vector code. Small tables tell the kinds of a byte, looked up by its halves (the trick of simdjson's
//! authors: Langdale and Lemire, 2019) or, where the processor can, by the whole of it. Processors without such
//! instructions take another way to the same bits, which a test holds against these.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod firsts;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

pub(crate) use firsts::Firsts;

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
    /// What it looks for, where that can be told of many places at once.
    fn firsts(&self) -> &Firsts;

    /// Looks at the next block, in which what is looked for may stand at these places: at least where it does. `L` lists
    /// places in the fastest way that there is.
    fn block<L: List>(&mut self, kinds: Kinds, may_begin: u64);

    /// Called once all were seen.
    fn end(&mut self);
}

/// A way to list the places of bits.
pub(crate) trait List {
    /// Writes a number for each of the bits: how far from the lowest it stands, and `base`. What is behind these numbers
    /// may be written to. `FEW` is how many there are mostly.
    fn list<const FEW: usize>(room: &mut [u32; BLOCK], base: u32, bits: u64);
}

/// One after the other.
pub(crate) struct OneByOne;

impl List for OneByOne {
    /// The first few are written whether they are there or not, since a loop of unknown length costs more than all of them.
    #[inline(always)]
    fn list<const FEW: usize>(room: &mut [u32; BLOCK], base: u32, mut bits: u64) {
        let count = bits.count_ones() as usize;
        for place in &mut room[..FEW] {
            *place = base + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
        if count > FEW {
            for place in &mut room[FEW..count] {
                *place = base + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
        }
    }
}

/// Shows the visitor the blocks of this part of the text from left to right; what is missing in the last one is of no kind.
pub(crate) fn each_block(text: &[u8], part: Range<usize>, visitor: &mut impl Visitor) {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_there() {
            // SAFETY: the processor has just said that it knows these instructions.
            return unsafe { avx512::each_block(text, part, visitor) };
        }
        if x86::has_avx2() {
            // SAFETY: as above.
            return unsafe { x86::each_block_avx2(&text[part], visitor) };
        }
        if x86::has_ssse3() {
            // SAFETY: as above.
            return unsafe { x86::each_block_ssse3(&text[part], visitor) };
        }
    }
    each_block_anywhere(&text[part], visitor);
}

/// Where nothing is known of the places at which something may begin.
const ANYWHERE: u64 = u64::MAX;

/// The same on every processor, in a form that compilers turn into what vector instructions there are.
fn each_block_anywhere(text: &[u8], visitor: &mut impl Visitor) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for block in blocks {
        visitor.block::<OneByOne>(kinds(block), ANYWHERE);
    }
    if !rest.is_empty() {
        visitor.block::<OneByOne>(kinds(&padded(rest)), ANYWHERE);
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

    /// What a visitor was shown: the kinds, and where something may begin.
    struct Kept(Vec<(Kinds, u64)>, Firsts);

    impl Visitor for Kept {
        fn firsts(&self) -> &Firsts {
            &self.1
        }

        fn block<L: List>(&mut self, kinds: Kinds, may_begin: u64) {
            let mut room = [0; BLOCK];
            L::list::<3>(&mut room, 7, kinds.token);
            let ones = (0..64).filter(|at| kinds.token >> at & 1 != 0).map(|at| at + 7);
            assert!(ones.eq(room[..kinds.token.count_ones() as usize].iter().copied()), "all are listed");
            self.0.push((kinds, may_begin));
        }

        fn end(&mut self) {}
    }

    fn firsts() -> Firsts {
        let mut firsts = Firsts::default();
        for word in ["pass", "TOKEN", "k1", "x-y"] {
            firsts.note(word.as_bytes());
        }
        firsts
    }

    /// All ways, over the whole text and over all of it but the last bytes.
    fn check(text: &[u8]) {
        for end in [text.len(), text.len().saturating_sub(2)] {
            check_part(text, 0..end);
        }
    }

    fn check_part(text: &[u8], part: Range<usize>) {
        let expected = plain(&text[part.clone()]);
        let show = |each: &dyn Fn(&mut Kept)| {
            let mut kept = Kept(Vec::new(), firsts());
            each(&mut kept);
            kept.0
        };
        let is_plain = |shown: Vec<(Kinds, u64)>, how: &str| {
            assert!(shown.iter().map(|(kinds, _)| kinds).eq(&expected), "{how}");
            for (at, (_, may_begin)) in shown.iter().enumerate() {
                for place in (at * BLOCK..part.end).take(BLOCK) {
                    let begins = firsts().may_begin(&text[place..]);
                    assert!(!begins || may_begin >> (place % BLOCK) & 1 != 0, "{how}, {place}");
                }
            }
        };
        is_plain(show(&|kept| each_block_anywhere(&text[part.clone()], kept)), "on every processor");
        is_plain(show(&|kept| each_block(text, part.clone(), kept)), "on this one");
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx2() {
                // SAFETY: the processor has just said that it knows these instructions.
                let each = |kept: &mut Kept| unsafe { x86::each_block_avx2(&text[part.clone()], kept) };
                is_plain(show(&each), "with AVX2");
            }
            if x86::has_ssse3() {
                // SAFETY: as above.
                let each = |kept: &mut Kept| unsafe { x86::each_block_ssse3(&text[part.clone()], kept) };
                is_plain(show(&each), "with SSSE3");
            }
            if avx512::is_there() {
                // SAFETY: as above.
                let shown = show(&|kept| unsafe { avx512::each_block(text, part.clone(), kept) });
                let places = |at: usize| (at * BLOCK..part.end).take(BLOCK);
                for (at, (_, may_begin)) in shown.iter().enumerate() {
                    let told = |place: &usize| may_begin >> (place % BLOCK) & 1 != 0;
                    let begins = places(at).filter(|&place| firsts().may_begin(&text[place..]));
                    assert!(begins.eq(places(at).filter(told)), "nowhere else");
                }
                is_plain(shown, "with AVX-512");
            }
        }
    }

    #[test]
    fn every_byte_is_of_its_kinds() {
        let all: Vec<u8> = (0..=255).collect();
        (0..all.len()).for_each(|from| check(&all[from..]));
    }

    proptest! {
        #[test]
        fn all_ways_lead_to_the_same_bits(
            text in proptest::collection::vec(prop_oneof![any::<u8>(), b'a'..=b'z'], 0..300),
            word in "pass|to|TOK|k1|x-|K",
            at in 0..300_usize,
        ) {
            let mut text = text;
            let at = at.min(text.len());
            text.splice(at..at, word.bytes());
            check(&text);
        }
    }
}
