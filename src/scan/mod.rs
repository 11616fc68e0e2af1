//! Finding secrets: pure rules and scores, a thin edge that walks and reads.

pub(crate) mod assign;
pub mod entropy;
pub mod escape;
#[cfg(test)]
mod examples;
pub mod finding;
pub(crate) mod identity;
pub(crate) mod matcher;
pub(crate) mod placeholder;
pub mod redact;
pub mod rule;
pub(crate) mod token;
pub(crate) mod url;
