//! What a look at a hit makes of it: what its secret tells, its score, its level, and the reasons for these.

use std::cell::OnceCell;
use std::path::Path;

use super::blob::Seen;
use super::finding::{Level, Validation};
use super::judge::family::Family;
use super::judge::model::Model;
use super::judge::place::Place;
use super::judge::reasons::Reason;
use super::judge::study::{Judging, Studied};
use super::judge::verdict::{Candidate, judge};
use super::matcher::Hit;
use super::rule::RuleSet;
use super::validate::Check;
use crate::model::clock::WallTime;

/// What all hits of one stream are looked at with.
pub(super) struct Bench<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) model: &'a Model,
    pub(super) judging: Judging,
    pub(super) path: &'a Path,
    /// What the path says, once it was asked: most files hold nothing that is judged.
    pub(super) place: OnceCell<Place>,
    pub(super) now: WallTime,
}

/// What the look at a hit makes of it.
pub(super) struct Look {
    pub(super) check: Check,
    pub(super) score: f64,
    pub(super) level: Level,
    pub(super) reasons: Vec<Reason>,
    pub(super) study: Option<Studied>,
}

impl Bench<'_> {
    /// Looks at a hit; `None` when it is not worth a finding.
    pub(super) fn look(&self, hit: &Hit, seen: &Seen<'_>) -> Option<Look> {
        let (rule, secret) = (&self.rules.rules[hit.rule], seen.secret());
        let check = rule.validator.map_or_else(Check::default, |validator| validator.check(secret, self.now));
        let score = check.weigh(hit.score);
        let told = |level| Look { score, level, reasons: Vec::new(), study: None, check: check.clone() };
        if Some(hit.rule) == self.rules.entropy {
            return Some(told(Level::Entropy));
        }
        // Who brings a rule has judged what it finds.
        if self.judging == Judging::Off || self.rules.is_foreign(hit.rule) {
            return Some(told(self.model.levels.of(score).unwrap_or(Level::Low)));
        }
        let place = *self.place.get_or_init(|| Place::of(self.path));
        let asked = Candidate { text: seen.text, span: seen.hit.span.clone(), secret, rule, place };
        let judged = judge(self.model, &asked);
        // Somebody took the trouble to hide what is decoded; the labelled set holds too few of them to weigh that.
        let least = if seen.decoded.is_empty() { 0.0 } else { hit.score };
        let score = check.weigh(judged.score.max(least));
        // The shape of a provider's token is a fact: what speaks against one makes it less sure, not nothing.
        let is_kept = self.judging == Judging::Study || judged.family == Family::Named;
        let level = self.model.levels.of(score).or(is_kept.then_some(Level::Low))?;
        let mut reasons = judged.reasons(self.model, &asked);
        if let Some(reason) = of_check(&check) {
            reasons.insert(0, reason);
        }
        let study = (self.judging == Judging::Study).then(|| Studied {
            family: judged.family,
            features: judged.features.into(),
            prior: rule.score,
            factor: check.factor,
        });
        Some(Look { check, score, level, reasons, study })
    }
}

/// What the look at the secret itself says for or against it.
fn of_check(check: &Check) -> Option<Reason> {
    let words = match check.validation {
        Validation::None => return None,
        Validation::WellFormed => "well formed",
        Validation::Valid => "checksum",
        Validation::Invalid => "checksum or parts are wrong",
        Validation::Expired => "expired",
    };
    let sure = if check.validation == Validation::Valid { 3.0 } else { check.factor.max(0.01).ln() };
    (sure.abs() > 0.01).then(|| Reason { words: words.to_owned(), weight: (sure * 100.0).round() / 100.0 })
}
