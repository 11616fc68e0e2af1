//! What a file came to that held nothing: all that a report counts of it. Pure.

use crate::scan::blob::{Outcome, Pieces};
use crate::scan::finding::Level;
use crate::scan::progress::Skip;

/// What is left out of archives by its nature, so that it makes no scan incomplete and is told by its number alone.
pub(crate) const COUNTED: [Skip; 3] = [Skip::Excluded, Skip::Symlink, Skip::Special];

/// What a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) bytes: u64,
    /// About how many of them are packed, for the map.
    pub(crate) packed: u64,
    /// Bytes of tokens that are high in entropy, for the map.
    pub(crate) tokens: u64,
    pub(crate) is_binary: bool,
    /// Files inside of it, and those that are binary.
    pub(crate) inside: [u32; 2],
    pub(crate) inside_bytes: u64,
    /// What was left out inside of it, in the order of [`COUNTED`].
    pub(crate) left_out: [u32; 3],
    /// Lines that are only high in entropy.
    pub(crate) entropy: u32,
    /// How far the best of these goes, in 64ths of a bit, rounded up.
    pub(crate) best: i16,
}

/// The bytes of it in a record.
pub(crate) const BYTES: usize = 8 * 8;

/// What was skipped in one file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skipped([u64; Skip::ALL.len()]);

impl Skipped {
    pub(crate) fn add(&mut self, reason: Skip) {
        self.0[reason as usize] += 1;
    }

    /// Whether all of it can be told by numbers.
    fn is_counted(&self) -> bool {
        Skip::ALL.iter().zip(self.0).all(|(reason, count)| count == 0 || COUNTED.contains(reason))
    }
}

impl Worth {
    /// What a file came to; `None` when it has to be scanned again every time, for it holds something, or could not all be
    /// read, or somebody's exception was in use. `best` is how far the best line goes of those high in entropy.
    pub(crate) fn of(outcome: &Outcome, packed: u64, skipped: &Skipped, best: f64) -> Option<Self> {
        let Outcome { bytes, binary, findings, undecoded, accepted, allowed, has_allowed, .. } = *outcome;
        let named: u64 = findings[..Level::Entropy as usize].iter().sum();
        let lets_through = has_allowed || accepted > 0 || allowed.iter().any(|count| *count > 0);
        if named > 0 || undecoded > 0 || lets_through || !skipped.is_counted() {
            return None;
        }
        let short = |number: u64| u32::try_from(number).ok();
        let mut left_out = [0; COUNTED.len()];
        for (count, reason) in left_out.iter_mut().zip(COUNTED) {
            *count = short(skipped.0[reason as usize])?;
        }
        let entropy = short(findings[Level::Entropy as usize])?;
        Some(Self {
            bytes,
            packed,
            tokens: outcome.tokens,
            is_binary: binary,
            inside: [short(outcome.inside.count)?, short(outcome.inside.binary)?],
            inside_bytes: outcome.inside.bytes,
            left_out,
            entropy,
            best: if entropy > 0 { steps(best)? } else { 0 },
        })
    }

    /// The same as a scan tells it.
    pub(crate) fn outcome(&self) -> Outcome {
        let [count, binary] = self.inside.map(u64::from);
        let mut outcome = Outcome {
            bytes: self.bytes,
            binary: self.is_binary,
            tokens: self.tokens,
            // None of its lines is listed.
            beyond_cap: self.entropy.into(),
            inside: Pieces { count, binary, bytes: self.inside_bytes },
            ..Outcome::default()
        };
        outcome.findings[Level::Entropy as usize] = self.entropy.into();
        outcome
    }

    pub(crate) fn bytes(&self) -> [u8; BYTES] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let ([count, binary], [a, b, c]) = (self.inside, self.left_out);
        let flags = u32::from(self.is_binary) | u32::from(self.best as u16) << 16;
        let fields = [
            self.bytes,
            self.packed,
            self.tokens,
            self.inside_bytes,
            pair(count, binary),
            pair(a, b),
            pair(c, self.entropy),
            pair(flags, 0),
        ];
        let mut bytes = [0; BYTES];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn read(bytes: &[u8; BYTES]) -> Self {
        let mut fields = [0_u64; BYTES / 8];
        for (field, place) in fields.iter_mut().zip(bytes.chunks_exact(8)) {
            *field = place.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        }
        let [bytes, packed, tokens, inside_bytes, inside, left_out, more, flags] = fields;
        let (low, high) = (|pair: u64| pair as u32, |pair: u64| (pair >> 32) as u32);
        Self {
            bytes,
            packed,
            tokens,
            is_binary: flags & 1 != 0,
            inside: [low(inside), high(inside)],
            inside_bytes,
            left_out: [low(left_out), high(left_out), low(more)],
            entropy: high(more),
            best: (flags >> 16) as u16 as i16,
        }
    }
}

/// Bits in 64ths, rounded up; `None` for what is no number that a line can have.
pub(crate) fn steps(bits: f64) -> Option<i16> {
    let steps = (bits * 64.0).ceil();
    (steps.abs() < f64::from(i16::MAX)).then_some(steps as i16)
}
