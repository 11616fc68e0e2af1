//! The small language behind `/`: `cpu>5 state=D lost`, `rule:aws score>0.8`, a word, `/regex/`.
//!
//! ```text
//! query = group { "or" group }      group = term { term }         all terms of a group hold
//! term  = [ "!" | "-" ] ( field op value { "," value } | word | "quoted words" | /regex/ )
//! op    = ":" holds it, "=" is it, "!=" "<" "<=" ">" ">="
//! ```
//!
//! Parsing is pure and bounded: it gives a [`Query`] or a [`Problem`] that points at the word and says what would
//! work. A query never fails on what it is asked about: what is not known is not matched.

mod field;
mod keeps;
mod parse;

pub use field::{FIELDS, Field, fields};
pub use parse::{LONGEST, Problem, Query, parse};
