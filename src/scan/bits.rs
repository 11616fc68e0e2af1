//! Bits of one kind for the blocks of a segment and those just before it, and lists of the places of bits. Pure.

#![expect(
    clippy::inline_always,
    reason = "the inside of the loop over all bytes: a call costs more than what it does"
)]

use std::ops::Range;

use super::class::{BLOCK, List};

/// How many blocks a segment has.
pub(crate) const BLOCKS: usize = 256;
/// How many blocks before it are remembered.
pub(crate) const BEHIND: usize = 2;
/// Bytes in a segment, and in the blocks before it.
pub(crate) const SEGMENT: usize = BLOCKS * BLOCK;
pub(crate) const BEFORE: usize = BEHIND * BLOCK;

/// A bit for each byte of a segment and of the blocks before it. Bytes are counted from the first one that is remembered,
/// so that a segment begins at [`BEFORE`], wherever it stands in its text.
#[derive(Debug)]
pub(crate) struct Bits(Box<[u64; BEHIND + BLOCKS]>);

impl Bits {
    pub(crate) fn new() -> Self {
        Self(Box::new([0; BEHIND + BLOCKS]))
    }

    /// Begins a text, before which nothing stands.
    pub(crate) fn begin(&mut self) {
        self.0[..BEHIND].fill(0);
    }

    /// Goes on to the next segment, from one that was full.
    pub(crate) fn go_on(&mut self) {
        self.0.copy_within(BLOCKS.., 0);
    }

    /// Sets the bits of the block that begins at this byte.
    #[inline(always)]
    pub(crate) fn set(&mut self, at: usize, bits: u64) {
        self.0[at / BLOCK] = bits;
    }

    /// How many ones stand before this byte, with nothing between: as many as a block has at most.
    #[inline(always)]
    pub(crate) fn ones_before(&self, at: usize) -> usize {
        let (block, bit) = (at / BLOCK, at % BLOCK);
        let before = self.0[block] << 1 << (BLOCK - 1 - bit) | self.0[block - 1] >> bit;
        before.leading_ones() as usize
    }

    /// Where the ones begin that end before this byte.
    pub(crate) fn begin_of_ones(&self, end: usize) -> usize {
        let (mut block, bit) = ((end - 1) / BLOCK, (end - 1) % BLOCK);
        let mut start = end - (self.0[block] << (BLOCK - 1 - bit)).leading_ones() as usize;
        while start == block * BLOCK && block > 0 {
            block -= 1;
            start -= self.0[block].leading_ones() as usize;
        }
        start
    }

    /// Whether one of these bytes is one.
    #[inline(always)]
    pub(crate) fn has_one(&self, part: Range<usize>) -> bool {
        for (_, bits) in self.blocks(part) {
            if bits != 0 {
                return true;
            }
        }
        false
    }

    /// The ones among these bytes, from left to right.
    #[inline]
    pub(crate) fn ones(&self, part: Range<usize>) -> impl Iterator<Item = usize> {
        self.blocks(part).flat_map(|(base, mut bits)| {
            std::iter::from_fn(move || {
                let at = base + (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(at)
            })
        })
    }

    /// The bits of these bytes by blocks, with the byte at which each begins.
    #[inline(always)]
    fn blocks(&self, part: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
        let (first, last) = (part.start / BLOCK, part.end.div_ceil(BLOCK));
        (first..last).map(move |block| {
            let base = block * BLOCK;
            let (from, to) = (part.start.saturating_sub(base), part.end - base);
            (base, self.0[block] & below(to as u32) & !below(from as u32))
        })
    }
}

/// So many of the lowest bits.
#[inline(always)]
fn below(count: u32) -> u64 {
    if count >= u64::BITS { u64::MAX } else { (1 << count) - 1 }
}

/// A list of places that never grows, so that nothing in the way of its filling has to be called.
#[derive(Debug)]
pub(crate) struct Places<const MOST: usize> {
    places: Box<[u32; MOST]>,
    count: usize,
}

impl<const MOST: usize> Places<MOST> {
    pub(crate) fn new() -> Self {
        Self { places: Box::new([0; MOST]), count: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// Appends the places of these bits, of which there are a `FEW` mostly.
    #[inline(always)]
    pub(crate) fn put<L: List, const FEW: usize>(&mut self, base: usize, bits: u64) {
        let room = self.places[self.count..].first_chunk_mut().expect("a segment has no more places");
        L::list::<FEW>(room, base as u32, bits);
        self.count += bits.count_ones() as usize;
    }

    /// Keeps those of which this is true.
    #[inline(always)]
    pub(crate) fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.count {
            let place = self.places[at];
            self.places[kept] = place;
            kept += usize::from(is_kept(place as usize));
        }
        self.count = kept;
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        &self.places[..self.count]
    }
}
