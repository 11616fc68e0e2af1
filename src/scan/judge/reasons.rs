//! Why a finding scores as it does: what weighed most, in words. Nothing of the secret stands in them; a name is cut, escaped
//! and redacted, since whoever wrote the file chose it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::family::Family;
use super::features::{Feature, Features, Group};
use super::model::Model;
use super::verdict::Candidate;
use crate::model::text::escape;
use crate::scan::redact::redact;

/// How many reasons are told.
const MANY: usize = 6;
/// What weighs less says nothing.
const LEAST: f64 = 0.2;
/// The most characters of a name.
const LONGEST: usize = 40;

/// One reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What it is, in words.
    pub words: String,
    /// How much it speaks for a secret, in logits; below zero it speaks against one.
    pub weight: f64,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.weight < 0.0 { '-' } else { '+' };
        write!(f, "{} {sign}", self.words)
    }
}

/// A score with its reasons: `score 0.93: key name "api_key" +, looks random +, path of tests -`.
pub fn told(score: f64, reasons: &[Reason]) -> String {
    let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    let gap = if reasons.is_empty() { "" } else { ": " };
    format!("score {score:.2}{gap}{}", reasons.join(", "))
}

/// What weighed most, the weightiest first.
pub(crate) fn of(
    model: &Model,
    family: Family,
    features: &Features,
    name: &[u8],
    asked: &Candidate<'_>,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::with_capacity(MANY);
    let (mut by_name, mut by_chance) = (0.0, 0.0);
    for (feature, amount) in features.iter() {
        let weight = amount * model.weight(family, feature);
        match feature.group() {
            Group::Name => by_name += weight,
            Group::Chance => by_chance += weight,
            Group::Own => reasons.push(Reason { words: feature.words().to_owned(), weight }),
        }
    }
    let silent = features.iter().any(|(feature, _)| feature == Feature::NameSilent);
    reasons.push(Reason { words: name_words(name, silent, asked), weight: by_name });
    reasons.push(Reason { words: "bigram".to_owned(), weight: by_chance });
    reasons.retain(|reason| reason.weight.abs() >= LEAST);
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    reasons.truncate(MANY);
    for reason in &mut reasons {
        reason.weight = (reason.weight * 100.0).round() / 100.0;
    }
    reasons
}

/// The name that a value is given to, fit to be shown.
fn name_words(name: &[u8], is_silent: bool, asked: &Candidate<'_>) -> String {
    let shows_secret = asked.secret.len() >= 4
        && name.windows(4).any(|part| asked.secret.windows(4).take(512).any(|other| other == part));
    if name.is_empty() || is_silent || shows_secret {
        return if is_silent { "no telling name".to_owned() } else { "key name".to_owned() };
    }
    let name = String::from_utf8_lossy(name);
    let safe = redact(&name);
    let cut: String = safe.chars().take(LONGEST).collect();
    let more = if cut.len() < safe.len() { "…" } else { "" };
    format!("key name \"{}{more}\"", escape(&cut))
}
