//! Judging: the probability that a candidate is a real secret, and why.
//!
//! ```text
//! candidate ─┬─ shape    of what the value is made ── bigram, chance: how random it looks
//!            ├─ telling  what the value says of itself
//!            ├─ context  its name, what joins them, its line ── name, beside: words and what they say
//!            └─ place    what the path says
//!                 └─> features ── model: one weight each ──> score ── levels ──> high, medium, low or nothing
//!                                                              └──── reasons: what weighed most
//! ```
//! Pure: bytes in, a number out. The model is a logistic one: a feature weighs the same wherever it is seen, but for what a
//! family of candidates needs weighed in its own way. Its weights are data, `assets/model/judge.txt`, made by
//! `cargo run --release --example train` from labelled repositories; `fit` is how. A provider's rule keeps near the score
//! of its table: the judgement only moves it within bounds.
//!
//! Where it is wrong, and why, is told with its figures in `benches/README.md`.
//!
//! What is only high in entropy is not judged, and neither is what redaction hides: that one hides when in doubt.

pub(crate) mod beside;
pub mod bigram;
pub mod chance;
pub(crate) mod context;
pub mod family;
pub mod features;
pub mod fit;
pub mod levels;
pub mod model;
pub(crate) mod name;
pub(crate) mod place;
pub mod reasons;
pub(crate) mod shape;
pub mod study;
pub(crate) mod telling;
pub mod verdict;
