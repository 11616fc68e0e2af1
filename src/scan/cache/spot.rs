//! Where in a file something was found, and by which rule, in a fixed number of bytes: enough to look at it again without
//! looking for it. Nothing of what stands there is in it. Pure.

use crate::scan::window::OVERLAP;

/// A place in a file as it lies, not unpacked, not decoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Where it begins, in bytes.
    pub(crate) at: u64,
    /// Its first byte in its line, from 1.
    pub(crate) column: u64,
    /// The line, from 1.
    pub(crate) line: u32,
    /// How much of it is marked.
    pub(crate) length: u32,
    /// How much of it is secret.
    pub(crate) cover: u32,
    /// The rule, as an index into the set that the setting names.
    pub(crate) rule: u32,
    /// What the rule said of it before it was judged.
    pub(crate) score: f64,
    /// How far it goes, when it is only high in entropy.
    pub(crate) excess: Option<f64>,
}

/// The longest secret that is looked at again without its file: windows overlap by twice as much.
pub(crate) const LONGEST: usize = OVERLAP / 2;
/// The bytes of a spot.
pub(crate) const BYTES: usize = 48;
/// The most of one file; those with more are scanned every time.
pub(crate) const MOST: usize = 160;

impl Spot {
    pub(crate) fn bytes(&self) -> [u8; BYTES] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let fields = [
            self.at,
            self.column,
            pair(self.line, self.length),
            pair(self.cover, self.rule),
            self.score.to_bits(),
            self.excess.unwrap_or(f64::NAN).to_bits(),
        ];
        let mut bytes = [0; BYTES];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn read(bytes: &[u8; BYTES]) -> Self {
        let mut fields = [0_u64; BYTES / 8];
        for (field, place) in fields.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *field = u64::from_le_bytes(*place);
        }
        let [at, column, first, second, score, excess] = fields;
        let (low, high) = (|pair: u64| pair as u32, |pair: u64| (pair >> 32) as u32);
        Self {
            at,
            column,
            line: low(first),
            length: high(first),
            cover: low(second),
            rule: high(second),
            score: f64::from_bits(score),
            excess: Some(f64::from_bits(excess)).filter(|excess| !excess.is_nan()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        pub(in super::super) fn spot()(
            places in any::<(u64, u64)>(),
            numbers in any::<[u32; 4]>(),
            score in 0.0..1.0_f64,
            excess in proptest::option::of(-3.0..4.0_f64),
        ) -> Spot {
            let ((at, column), [line, length, cover, rule]) = (places, numbers);
            Spot { at, column, line, length, cover, rule, score, excess }
        }
    }

    proptest! {
        #[test]
        fn spots_come_back(spot in spot()) {
            prop_assert_eq!(Spot::read(&spot.bytes()), spot);
        }
    }
}
