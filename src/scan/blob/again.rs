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
        if rule >= self.bench.rules.rules.len() || cover < span.end || spot.column == 0 {
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::model::clock::WallTime;
    use crate::scan::finding::Source;
    use crate::scan::identity::Key;
    use crate::scan::rule::builtin;

    const NOW: WallTime = WallTime(1_800_000_000_000);

    /// All findings of a text, and what is made of their spots, seen from bytes that far around them.
    fn both(text: &[u8], reach: usize) -> (Vec<Finding>, Vec<Finding>) {
        let (key, origin) = (Key::given([7; 32]), Origin::new(Path::new("src/a.py"), Source::File));
        let mut scanner = Scanner::new(builtin(), &key, false, None, NOW).unwrap();
        let found = RefCell::new(Vec::new());
        let sink = |finding| found.borrow_mut().push(finding);
        scanner.scan(&mut &text[..], Some(text.len() as u64), &origin, &|| false, &sink).unwrap();
        let found = found.into_inner();
        let visit = scanner.visit(&origin);
        let again = |finding: &Finding| {
            let spot = finding.spot?;
            let from = (spot.at as usize).saturating_sub(reach);
            let end = text.len().min(spot.at as usize + spot.cover as usize + reach);
            visit.at(&spot, &text[from..end], from as u64).unwrap().map(|(finding, _)| finding)
        };
        let again = found.iter().filter_map(again).collect();
        (found, again)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        /// Nothing further off than windows overlap changes what is told.
        #[test]
        fn what_is_found_is_found_again(
            lines in proptest::collection::vec("[a-z_]{0,12}(key|password|token|secret)( = |: |\\(|=)\"?[A-Za-z0-9+/_-]{0,44}\"?.{0,30}", 1..30),
            far in 0..40_usize,
        ) {
            let filler = "words that say nothing\n".repeat(far);
            let text = lines.join(&format!("\n{filler}"));
            let (found, again) = both(text.as_bytes(), crate::scan::window::OVERLAP);
            prop_assert_eq!(&found, &again);
            // The looks are bounded much closer than that.
            prop_assert_eq!(found, both(text.as_bytes(), 2048).1);
        }

        #[test]
        fn any_spot_does_no_harm(
            text in proptest::collection::vec(any::<u8>(), 0..300),
            offset in prop_oneof![0..400_u64, any::<u64>()],
            places in (any::<u64>(), 0..500_u64, prop_oneof![0..500_u64, any::<u64>()]),
            numbers in (any::<u32>(), 0..300_u32, 0..300_u32, 0..500_u32),
            score in prop_oneof![0.0..1.0_f64, any::<f64>()],
            excess: Option<f64>,
        ) {
            let ((any, near, column), (line, length, cover, rule)) = (places, numbers);
            let at = if any % 8 == 0 { any } else { offset.saturating_add(near) };
            let spot = Spot { at, column, line, length, cover, rule, score, excess };
            let (key, origin) = (Key::given([7; 32]), Origin::new(Path::new("a"), Source::File));
            let scanner = Scanner::new(builtin(), &key, false, None, NOW).unwrap();
            if let Ok(Some((finding, secret))) = scanner.visit(&origin).at(&spot, &text, offset) {
                prop_assert_eq!(secret.len(), cover as usize);
                prop_assert_eq!(finding.spot.is_some_and(|again| again.at == at), u32::try_from(finding.line).is_ok());
            }
        }
    }
}
