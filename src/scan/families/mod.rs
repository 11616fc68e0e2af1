//! The ways in which people write a credential down, one small file for each: what proposes candidates.
//!
//! ```text
//! name = value   (assign.rs) ─┐
//! name("value"), <name>…      ├─> Given { name's rule, text } ── propose ──> candidate with its first score
//! Bearer value, mysql -pvalue ┘
//! ```
//! All that a person could call a credential is proposed; only what is surely none is left out: references, calls,
//! templates, names of types. What is weak has a score far below that of a level that is shown, until its context
//! has been judged. Pure: bytes in, spans out; every look ahead or back is bounded.

pub(crate) mod below;
pub(crate) mod beside;
pub(crate) mod command;
pub(crate) mod element;
pub(crate) mod given;
pub(crate) mod numbers;
pub(crate) mod pair;
pub(crate) mod prose;
pub(crate) mod public;
pub(crate) mod scheme;
pub(crate) mod value;

pub(crate) use given::{Assigned, Given};

use super::assign::{self, Taste};
use super::rule::RuleSet;

/// Proposes what stands beside the word at `at`, which is a keyword of this builtin rule.
pub(crate) fn at_word(
    rules: &RuleSet,
    rule: usize,
    text: &[u8],
    at: usize,
    taste: Taste,
    found: &mut Vec<Assigned>,
) {
    if Some(rule) == rules.option {
        match text[at] {
            b'-' => found.extend(assign::option_value(rules, text, at, taste)),
            _ => command::propose(rules, text, at, taste, found),
        }
    } else if rules.rules[rule].is_header() {
        found.extend(scheme::credential(rules, rule, text, at, taste));
    } else {
        beside::propose(rules, text, at, taste, found);
    }
}

#[cfg(test)]
mod tests;
