//! What a look at a secret told, and what that does to its score.

use crate::model::text::escape;
use crate::scan::finding::Validation;
use crate::scan::redact::redact;

/// The least score of a secret whose checksum is right.
const SURE: f64 = 0.97;
/// No look at a secret makes it certain.
const MOST: f64 = 0.99;
/// What is left of the score of a secret whose checksum is wrong: it may be one with a slip of the pen.
const WRONG: f64 = 0.4;
/// What is left when it has expired.
const GONE: f64 = 0.5;
/// The most characters of a name that a secret gives itself.
const LONGEST: usize = 60;
/// The most that is told of one secret.
const MANY: usize = 6;

/// What a look at a secret told.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// In a word.
    pub validation: Validation,
    /// In words, without the secret.
    pub facts: Vec<String>,
    /// The rule's score is multiplied by this.
    pub factor: f64,
}

impl Default for Check {
    fn default() -> Self {
        Self { validation: Validation::None, facts: Vec::new(), factor: 1.0 }
    }
}

impl Check {
    /// A checksum, or what is as good as one, is right.
    pub(super) fn valid(fact: &str) -> Self {
        Self { validation: Validation::Valid, ..Self::default() }.and(fact)
    }

    /// All parts are what they must be.
    pub(super) fn well_formed() -> Self {
        Self { validation: Validation::WellFormed, ..Self::default() }
    }

    /// Something is not what it must be.
    pub(super) fn invalid(fact: &str) -> Self {
        Self { validation: Validation::Invalid, factor: WRONG, ..Self::default() }.and(fact)
    }

    /// It was good once.
    pub(super) fn expired(self, fact: &str) -> Self {
        Self { validation: Validation::Expired, factor: self.factor * GONE, ..self }.and(fact)
    }

    /// One more fact, in words of this program.
    #[must_use]
    pub(super) fn and(mut self, fact: &str) -> Self {
        if !fact.is_empty() && self.facts.len() < MANY {
            self.facts.push(fact.to_owned());
        }
        self
    }

    /// One more fact, with a name that the secret gives.
    #[must_use]
    pub(super) fn and_named(self, words: &str, name: &str) -> Self {
        if name.is_empty() {
            return self;
        }
        let cut: String = name.chars().take(LONGEST).collect();
        let more = if cut.len() < name.len() { "…" } else { "" };
        self.and(&format!("{words} {}{more}", escape(&redact(&cut))))
    }

    /// The same with this much more or less reason to believe it.
    #[must_use]
    pub(super) fn times(self, factor: f64) -> Self {
        Self { factor: self.factor * factor, ..self }
    }

    /// The score of a finding after this look at it.
    pub fn weigh(&self, score: f64) -> f64 {
        let weighed = score * self.factor;
        let least = if self.validation == Validation::Valid { SURE } else { 0.0 };
        weighed.clamp(least, MOST.max(score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_rise_and_fall() {
        let check = |check: Check, score: f64, expected: f64| {
            assert!((check.weigh(score) - expected).abs() < 1e-9, "{check:?}: {}", check.weigh(score));
        };
        check(Check::default(), 0.6, 0.6);
        check(Check::default(), 0.995, 0.995);
        check(Check::valid("right"), 0.5, SURE);
        check(Check::valid("right"), 0.98, 0.98);
        check(Check::invalid("wrong"), 0.9, 0.36);
        check(Check::well_formed().times(1.5), 0.9, MOST);
        check(Check::well_formed().expired("gone"), 0.6, 0.3);
    }

    #[test]
    fn facts_are_few_short_and_safe_to_draw() {
        let mut told = Check::well_formed();
        for _ in 0..20 {
            told = told.and_named("issued by", &"a\x1b[2J\n".repeat(99));
        }
        assert_eq!(told.facts.len(), MANY);
        assert!(told.facts.iter().all(|fact| fact.len() < 600 && !fact.chars().any(char::is_control)));
        let told = Check::well_formed().and_named("for", "https://me:hunter2hunter2@host/");
        assert!(!told.facts[0].contains("hunter2"), "{told:?}");
    }
}
