//! The score of one candidate, and what speaks for and against it.

use std::ops::Range;

use super::context::Context;
use super::family::Family;
use super::features::Features;
use super::model::Model;
use super::place::Place;
use super::reasons::{self, Reason};
use super::shape::Shape;
use crate::scan::rule::Rule;

/// How far the judgement may raise and lower the score of a provider's rule, in logits: such a rule has been thought
/// about by somebody, and most of them have no labelled example.
const NAMED: Range<f64> = -2.5..1.5;

/// A place that may hold a secret.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'a> {
    /// The text around it.
    pub(crate) text: &'a [u8],
    /// Where it stands in it.
    pub(crate) span: Range<usize>,
    /// The secret itself, decoded where it was encoded.
    pub(crate) secret: &'a [u8],
    pub(crate) rule: &'a Rule,
    pub(crate) place: Place,
}

/// What a candidate was found to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// How it was weighed.
    pub family: Family,
    /// What it was judged by.
    pub features: Features,
    /// The probability that it is a real secret.
    pub score: f64,
    /// Where the name stands that it was given to.
    name: Range<usize>,
}

/// The first bytes of a secret that are measured; the rest of a key of many lines says no more.
const MEASURED: usize = 512;

/// Judges one candidate.
pub(crate) fn judge(model: &Model, asked: &Candidate<'_>) -> Judged {
    let family = Family::of(asked.rule);
    let secret = &asked.secret[..asked.secret.len().min(MEASURED)];
    let shape = Shape::of(secret, &model.bigrams);
    let seen = Context::of(asked.text, &asked.span);
    let chance = model.chance.of(&shape);
    let features = Features::of(secret, &shape, chance, &asked.text[seen.name.clone()], &seen, asked.place);
    let score = score(model, family, &asked.rule.id, asked.rule.score, &features);
    Judged { family, features, score, name: seen.name }
}

/// The score of what has these features; `prior` is what its rule says of all that it finds.
pub fn score(model: &Model, family: Family, rule: &str, prior: f64, features: &Features) -> f64 {
    let sum: f64 = features.iter().map(|(feature, amount)| amount * model.weight(family, feature)).sum();
    let own = model.rules.get(rule).copied().unwrap_or(0.0);
    let logit = model.bias[family as usize] + own + sum;
    let logit =
        if family == Family::Named { logit_of(prior) + logit.clamp(NAMED.start, NAMED.end) } else { logit };
    let score = 1.0 / (1.0 + (-logit).exp());
    if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
}

/// The logit of a rule's own score.
pub fn logit_of(score: f64) -> f64 {
    let score = score.clamp(0.01, 0.99);
    (score / (1.0 - score)).ln()
}

impl Judged {
    /// What speaks for and against it, the weightiest first.
    pub(crate) fn reasons(&self, model: &Model, asked: &Candidate<'_>) -> Vec<Reason> {
        reasons::of(model, self.family, &self.features, &asked.text[self.name.clone()], asked)
    }
}
