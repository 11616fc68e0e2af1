//! Why a finding was let through, for the counts at the end of a scan.

use serde::Serialize;

/// What allowed a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allowed {
    /// A comment on its line, or on the one before.
    Comment,
    /// An allowlist of a gitleaks configuration.
    Allowlist,
    /// An entry of a `.gitleaksignore`.
    GitleaksIgnore,
    /// An entry of a `.secretsignore`.
    SecretsIgnore,
    /// An entry or a filter of a `.secrets.baseline`.
    SecretsBaseline,
}

/// How many findings were allowed, in the order of [`Allowed::ALL`].
pub type Counts = [u64; Allowed::ALL.len()];

impl Allowed {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Comment, Self::Allowlist, Self::GitleaksIgnore, Self::SecretsIgnore, Self::SecretsBaseline];

    /// The words behind `allowed by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comments beside them",
            Self::Allowlist => "allowlists",
            Self::GitleaksIgnore => ".gitleaksignore",
            Self::SecretsIgnore => ".secretsignore",
            Self::SecretsBaseline => ".secrets.baseline",
        }
    }
}

/// The counts in words: `3 by comments beside them, 2 by .gitleaksignore`; nothing when there are none.
pub fn words(counts: &Counts) -> Option<String> {
    let told = Allowed::ALL.iter().zip(counts).filter(|(_, count)| **count > 0);
    let told: Vec<String> = told.map(|(by, count)| format!("{count} by {}", by.as_str())).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_where_there_are_some() {
        assert_eq!(words(&[0; 5]), None);
        assert_eq!(words(&[3, 0, 2, 0, 0]).unwrap(), "3 by comments beside them, 2 by .gitleaksignore");
    }
}
