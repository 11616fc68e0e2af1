//! What a file came to: all that a report counts of it, and where it tells more than counts. Pure.

use super::spot::{self, Spot};
use crate::scan::blob::{Outcome, Pieces};
use crate::scan::finding::{Finding, Level};
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
    /// How many spots tell where all of it stands that is told one by one; none where it can't be told so.
    pub(crate) spots: u32,
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

/// What was told of one file, one by one.
#[derive(Debug, Default)]
pub(crate) struct Told {
    count: usize,
    spots: Vec<Spot>,
    best: Option<f64>,
    /// Those that are only high in entropy and in no count of these, for somebody has said what they are.
    decided: u64,
}

impl Told {
    pub(crate) fn add(&mut self, finding: &Finding) {
        self.count += 1;
        self.spots.extend(finding.spot.filter(|_| self.spots.len() < spot::MOST));
        let (is_line, is_counted) = (finding.level == Level::Entropy, finding.accepted.is_none());
        let is_decided = !(is_line && is_counted);
        self.decided += u64::from(is_decided && finding.spot.is_some_and(|spot| spot.excess.is_some()));
        if is_line {
            self.best = Some(self.best.map_or(finding.excess, |best| best.max(finding.excess)));
        }
    }

    /// Whether it can all be told again from where it stands.
    fn is_placed(&self) -> bool {
        self.count > 0 && self.spots.len() == self.count
    }

    /// Where it stands, as the file is read from its beginning.
    pub(crate) fn spots(mut self) -> Vec<Spot> {
        self.spots.sort_by_key(|spot| spot.at);
        self.spots
    }
}

/// What a file came to when it was read to its end.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) outcome: Outcome,
    pub(crate) packed: u64,
    pub(crate) skipped: Skipped,
    pub(crate) told: Told,
}

impl Worth {
    /// What a file came to; `None` when it has to be scanned again every time: it could not all be read, somebody's
    /// exception was in use, or it holds something that can't be told from its spots. `is_plain` says whether those are
    /// places of the file as it lies.
    pub(crate) fn of(passed: &Passed, is_plain: impl FnOnce() -> bool) -> Option<Self> {
        let Passed { outcome, packed, skipped, told } = passed;
        let Outcome { bytes, binary, findings, undecoded, accepted, allowed, has_allowed, .. } = *outcome;
        let lets_through = has_allowed || allowed.iter().any(|count| *count > 0);
        if undecoded > 0 || lets_through || !skipped.is_counted() {
            return None;
        }
        let has_spots = told.is_placed() && outcome.inside.count == 0 && is_plain();
        let named: u64 = findings[..Level::Entropy as usize].iter().sum();
        // Whatever was told is to be told again, counted or not.
        let is_more = named > 0 || accepted > 0 || (told.count > 0 && findings[Level::Entropy as usize] == 0);
        if is_more && !has_spots {
            return None;
        }
        let short = |number: u64| u32::try_from(number).ok();
        let mut left_out = [0; COUNTED.len()];
        for (count, reason) in left_out.iter_mut().zip(COUNTED) {
            *count = short(skipped.0[reason as usize])?;
        }
        // What somebody said of them may be said no more the next time.
        let decided = if has_spots { told.decided } else { 0 };
        let entropy = short(findings[Level::Entropy as usize] + decided)?;
        Some(Self {
            bytes,
            packed: *packed,
            tokens: outcome.tokens,
            is_binary: binary,
            inside: [short(outcome.inside.count)?, short(outcome.inside.binary)?],
            inside_bytes: outcome.inside.bytes,
            left_out,
            entropy,
            best: if entropy > 0 && !has_spots { steps(told.best?)? } else { 0 },
            spots: if has_spots { short(told.spots.len() as u64)? } else { 0 },
        })
    }

    /// The same as a scan tells it, but for what is told one by one.
    pub(crate) fn outcome(&self) -> Outcome {
        let [count, binary] = self.inside.map(u64::from);
        let mut outcome = Outcome {
            bytes: self.bytes,
            binary: self.is_binary,
            tokens: self.tokens,
            // Those that are told are taken off by who tells them.
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
            pair(flags, self.spots),
        ];
        let mut bytes = [0; BYTES];
        for (place, field) in bytes.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// How many spots these bytes tell of.
    pub(crate) fn spots_of(bytes: &[u8; BYTES]) -> u32 {
        bytes.last_chunk().map_or(0, |spots| u32::from_le_bytes(*spots))
    }

    pub(crate) fn read(bytes: &[u8; BYTES]) -> Self {
        let mut fields = [0_u64; BYTES / 8];
        for (field, place) in fields.iter_mut().zip(bytes.as_chunks().0) {
            *field = u64::from_le_bytes(*place);
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
            spots: high(flags),
        }
    }
}

/// From how many bits on the best line goes that far, in these steps.
pub(crate) fn bits_of(steps: i16) -> f64 {
    f64::from(steps) / 64.0
}

/// Bits in 64ths, rounded up; `None` for what is no number that a line can have.
pub(crate) fn steps(bits: f64) -> Option<i16> {
    let steps = (bits * 64.0).ceil();
    (steps.abs() < f64::from(i16::MAX)).then_some(steps as i16)
}
