//! What can be told of a secret without asking anybody: checksums, claims, keys that parse. Pure: bytes in, a check out.

use super::finding::Validation;

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

/// How the secrets of a rule are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validator {}

impl Validator {
    /// The validator that a rule's table names.
    pub fn named(_name: &str) -> Option<Self> {
        None
    }

    /// Looks at a secret.
    pub fn check(self, _secret: &[u8]) -> Check {
        match self {}
    }
}
