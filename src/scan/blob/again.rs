//! A finding made again where it is known to stand: of the bytes around it, without looking for it.
//!
//! What a scan tells of a hit hangs on the bytes beside it, never further off than windows overlap. So whoever knows where
//! it stands needs no more than these, and the same look makes the same finding of them.

use std::cell::OnceCell;

use zeroize::Zeroizing;

use super::{Bench, Finding, Judge, Lines, Maker, Origin, Outcome, Scanner, Seen, Window};
use crate::scan::cache::spot::Spot;
use crate::scan::matcher::Hit;

/// A finding and its secret.
pub(crate) type Again = (Finding, Zeroizing<Vec<u8>>);

/// That the bytes can't be those that the spot is a place in.
#[derive(Debug)]
pub(crate) struct Elsewhere;

/// A file whose spots are looked at again.
pub(crate) struct Visit<'a> {
    bench: Bench<'a>,
    maker: Maker<'a>,
}

impl Visit<'_> {
    /// What stands at this spot, out of bytes of the file of which the first stands at `offset`; `None` when it is not worth
    /// a finding any more, for that may hang on the time.
    pub(crate) fn at(&self, spot: &Spot, text: &[u8], offset: u64) -> Result<Option<Again>, Elsewhere> {
        let begin = spot.at.checked_sub(offset).and_then(|at| usize::try_from(at).ok()).ok_or(Elsewhere)?;
        let end = |length: u32| {
            begin.checked_add(length as usize).filter(|end| *end <= text.len()).ok_or(Elsewhere)
        };
        let (span, cover, rule) = (begin..end(spot.length)?, end(spot.cover)?, spot.rule as usize);
        let start = spot.at.checked_add(1).and_then(|next| next.checked_sub(spot.column)).ok_or(Elsewhere)?;
        if rule >= self.bench.rules.rules.len() || cover < span.end {
            return Err(Elsewhere);
        }
        let hit = Hit::noted(span, cover, rule, spot.score);
        let seen = Seen { text, hit: &hit, hidden: begin..cover, decoded: &[] };
        let Some(look) = self.bench.look(&hit, &seen) else { return Ok(None) };
        let window = Window { text, owned: 0..text.len(), offset, last: true };
        let lines = Lines { at: spot.at, number: spot.line.into(), start };
        let finding = self.maker.finding(&window, &hit, &seen, look, &lines, &[]);
        Ok(Some((finding, Zeroizing::new(seen.secret().to_vec()))))
    }
}

impl Scanner<'_> {
    /// A file that is looked at again.
    pub(crate) fn visit<'b>(&'b self, origin: &'b Origin) -> Visit<'b> {
        let Self { rules, key, show_secrets, model, judging, now, .. } = *self;
        let (path, place) = (origin.path.as_path(), OnceCell::new());
        Visit {
            bench: Bench { rules, model, judging, path, place, now },
            maker: Maker { rules, key, show_secrets, origin },
        }
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
