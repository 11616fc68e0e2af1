//! A finding made again where it is known to stand: of the bytes around it, without looking for it.
//!
//! What a scan tells of a hit hangs on the bytes beside it, never further off than windows overlap. So whoever knows where
//! it stands needs no more than these, and the same look makes the same finding of them.

use zeroize::Zeroizing;

use super::{Bench, Finding, Judge, Lines, Maker, Origin, Outcome, Place, Scanner, Seen, Window};
use crate::scan::cache::spot::Spot;
use crate::scan::matcher::Hit;

/// A finding and its secret.
pub(crate) type Again = (Finding, Zeroizing<Vec<u8>>);

/// That the bytes can't be those that the spot is a place in.
#[derive(Debug)]
pub(crate) struct Elsewhere;

impl Scanner<'_> {
    /// What stands at this spot, out of bytes of the file of which the first stands at `offset`; `None` when it is not worth
    /// a finding any more, for that may hang on the time.
    pub(crate) fn again(
        &self,
        text: &[u8],
        offset: u64,
        spot: &Spot,
        origin: &Origin,
    ) -> Result<Option<Again>, Elsewhere> {
        let begin = spot.at.checked_sub(offset).and_then(|at| usize::try_from(at).ok()).ok_or(Elsewhere)?;
        let end = |length: u32| {
            begin.checked_add(length as usize).filter(|end| *end <= text.len()).ok_or(Elsewhere)
        };
        let (span, cover, rule) = (begin..end(spot.length)?, end(spot.cover)?, spot.rule as usize);
        let start = (spot.at + 1).checked_sub(spot.column).ok_or(Elsewhere)?;
        if rule >= self.rules.rules.len() || cover < span.end {
            return Err(Elsewhere);
        }
        let hit = Hit::noted(span, cover, rule, spot.score);
        let seen = Seen { text, hit: &hit, hidden: begin..cover, decoded: &[] };
        let place = Place::of(&origin.path);
        let bench =
            Bench { rules: self.rules, model: self.model, judging: self.judging, place, now: self.now };
        let Some(look) = bench.look(&hit, &seen) else { return Ok(None) };
        let window = Window { text, owned: 0..text.len(), offset, last: true };
        let lines = Lines { at: spot.at, number: spot.line.into(), start };
        let maker = Maker { rules: self.rules, key: self.key, show_secrets: self.show_secrets, origin };
        let finding = maker.finding(&window, &hit, &seen, look, &lines, &[]);
        Ok(Some((finding, Zeroizing::new(seen.secret().to_vec()))))
    }

    /// Hands on findings that were made again, and counts them, with what the baseline says of them.
    pub(crate) fn tell_again(
        &self,
        found: Vec<Again>,
        origin: &Origin,
        outcome: &mut Outcome,
        sink: &dyn Fn(Finding),
    ) {
        let judge = Judge { known: self.known, path: &origin.path };
        for (finding, secret) in found {
            judge.pass(outcome, finding, &secret, sink);
        }
    }
}
