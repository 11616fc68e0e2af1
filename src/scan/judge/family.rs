//! Kinds of candidates that are weighed in their own way: what speaks for a password says little of a token.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::scan::rule::{Rule, TABLES};
use crate::scan::table;

/// A kind of candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A value given to a name that says password.
    Password,
    /// The same for secrets and tokens.
    Secret,
    /// The same for keys of any kind, salts and signatures.
    Key,
    /// What stands in a header.
    Header,
    /// What stands in a URL.
    Url,
    /// Another place that tells of secrets in general: a command line, a statement, a call, a table.
    Form,
    /// A secret of one provider, with a shape of its own.
    Named,
}

impl Family {
    /// All of them, in the order of a model's columns.
    pub const ALL: [Self; 7] =
        [Self::Password, Self::Secret, Self::Key, Self::Header, Self::Url, Self::Form, Self::Named];

    /// The word that stands for it in a model.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Header => "header",
            Self::Url => "url",
            Self::Form => "form",
            Self::Named => "named",
        }
    }

    /// The family of what a rule finds.
    pub fn of(rule: &Rule) -> Self {
        static GENERIC: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
            let generic = table::entries(TABLES[0].1).unwrap_or_default();
            generic.iter().map(|entry| entry.id).collect()
        });
        match &*rule.id {
            "password-assignment" => Self::Password,
            "secret-assignment" => Self::Secret,
            "key-assignment" => Self::Key,
            "auth-header" => Self::Header,
            "url-credentials" => Self::Url,
            id if GENERIC.contains(id) => Self::Form,
            _ => Self::Named,
        }
    }
}
