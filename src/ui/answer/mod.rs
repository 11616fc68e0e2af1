//! The answer to "why does it hang?" as a page: the same on the screen and on standard output.
//!
//! ```text
//! worker-killed: python3 (4712)                           [page]   the cause and its culprit
//! a worker died with work in hand, and the rest wait for it
//!
//! Seen             what was measured, the decisive thing first
//! Who waits        the wait chain                          [chain]
//! Where time went  a row for each thread                   [time]
//! What to do       advice
//! ```
//!
//! `line` breaks words with their roles into lines; `text` gives a page the colours of a terminal. All of it is a
//! function of the answer, the width and the characters that can be shown.

mod chain;
pub(in crate::ui) mod line;
pub(in crate::ui) mod page;
pub mod text;
mod time;
