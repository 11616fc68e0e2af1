//! What people decided with other tools, and heeded here: a repository moves over without an edit.
//!
//! ```text
//! .gitleaks.toml -> gitleaks -> book (rules, allowlists) -> sieve      .gitleaksignore -> fingerprints
//! .secretsignore -> secretsignore     .secrets.baseline -> secrets_baseline     the line itself -> comments
//! .telltale.toml -> project
//!                                  `-> desk: one file's findings, one by one -> let through, or allowed and counted
//! ```
//! `files` and `config_files` find and read them; all else is a function of text. Whatever is allowed is counted by its reason, and an
//! entry that allows nothing any more is told: a repository is a stranger, and so are its exceptions.

pub(crate) mod aliases;
pub mod allowed;
pub(crate) mod allowlist;
pub(crate) mod book;
pub(crate) mod comments;
pub mod config_files;
pub mod desk;
pub(crate) mod entries;
pub(crate) mod file_name;
pub mod files;
pub(crate) mod fingerprints;
pub(crate) mod gitleaks;
pub(crate) mod go_regex;
pub(crate) mod project;
pub(crate) mod secrets_baseline;
pub(crate) mod secretsignore;
pub(crate) mod sieve;
pub mod stranger;
pub(crate) mod veil;
