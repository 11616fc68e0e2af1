//! How much of a stream looks compressed or encrypted, told from a few of its blocks. Pure.
//!
//! The first KiB of each 64 KiB is looked at. Random bytes have 7.8 bits a byte in such a block, compressed ones
//! hardly less; machine code has about 6, text 4 to 5. Plain ASCII can't reach 7 bits, so that most files of a
//! repository cost one quick look for a high bit.

use std::sync::LazyLock;

/// How far blocks lie apart.
pub(crate) const STRIDE: u64 = 64 << 10;
/// The most bytes of a block that are looked at, and the fewest that say anything.
const LOOKED_AT: usize = 1024;
const FEWEST: usize = 512;
/// Bits a byte from which on a block counts as packed.
pub(crate) const PACKED: f32 = 7.2;

/// `count * log2(count)` for every count that can occur.
static COUNT_LOG: LazyLock<[f32; LOOKED_AT + 1]> = LazyLock::new(|| {
    let mut table = [0.0; LOOKED_AT + 1];
    for (count, cell) in table.iter_mut().enumerate().skip(2) {
        *cell = count as f32 * (count as f32).log2();
    }
    table
});

/// The blocks of one stream, as they pass by.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    passed: u64,
    looked: u64,
    packed: u64,
}

impl Blocks {
    /// Takes the next bytes of the stream.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let mut start = self.passed.next_multiple_of(STRIDE) - self.passed;
        while start < bytes.len() as u64 {
            let block = &bytes[start as usize..];
            let block = &block[..block.len().min(LOOKED_AT)];
            if block.len() >= FEWEST {
                self.looked += 1;
                self.packed += u64::from(is_packed(block));
            }
            start += STRIDE;
        }
        self.passed += bytes.len() as u64;
    }

    /// About how many of the bytes are packed.
    pub(crate) fn packed_bytes(&self) -> u64 {
        if self.looked == 0 {
            0
        } else {
            (self.passed as f64 * self.packed as f64 / self.looked as f64) as u64
        }
    }
}

fn is_packed(block: &[u8]) -> bool {
    // A short block of random bytes falls behind by as much as its length forbids.
    let most = PACKED - 0.4 * f32::from(u8::from(block.len() < LOOKED_AT));
    !block.is_ascii() && bits(block) >= most
}

/// Shannon entropy in bits a byte, of a block of at most [`LOOKED_AT`] bytes.
fn bits(block: &[u8]) -> f32 {
    // Two tables, so that equal neighbours don't wait for each other.
    let mut counts = [[0_u16; 256]; 2];
    for pair in block.chunks(2) {
        for (table, byte) in counts.iter_mut().zip(pair) {
            table[usize::from(*byte)] += 1;
        }
    }
    let log = &*COUNT_LOG;
    let sum: f32 = counts[0].iter().zip(&counts[1]).map(|(a, b)| log[usize::from(a + b)]).sum();
    let n = block.len() as f32;
    n.log2() - sum / n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(length: usize) -> Vec<u8> {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn random_bytes_are_packed_and_text_is_not() {
        for (bytes, expected) in [
            (random(600), true),
            (random(2048), true),
            (random(100), false),
            ("fn main() { println!(\"hällo\"); }\n".repeat(80).into_bytes(), false),
            (random(3000).iter().map(|byte| byte & 0x7f).collect(), false),
            (vec![0; 4096], false),
            // As even as bytes can be, and as long as a block.
            ((0..2048).map(|n| n as u8).collect(), true),
        ] {
            let mut blocks = Blocks::default();
            blocks.take(&bytes);
            assert_eq!(blocks.packed_bytes() > 0, expected, "{} bytes", bytes.len());
        }
        assert!(bits(&random(LOOKED_AT)) > 7.7);
        assert!(bits(&[]).is_nan() || bits(&[1]) <= 0.0);
    }

    #[test]
    fn every_stride_counts_however_the_bytes_come() {
        let mut bytes = vec![b'a'; 3 * STRIDE as usize];
        bytes.extend(random(STRIDE as usize));
        for size in [bytes.len(), 1 << 20, 10_000] {
            let mut blocks = Blocks::default();
            bytes.chunks(size).for_each(|piece| blocks.take(piece));
            let share = blocks.packed_bytes() as f64 / bytes.len() as f64;
            assert!((share - 0.25).abs() < 0.01, "{size}: {share}");
        }
    }
}
