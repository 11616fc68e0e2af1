//! Beats and counters from what a job already says: its output lines, for now.
//!
//! [`lines`], [`pattern`], [`bars`] and [`board`] are pure; [`tail`] follows a file.

pub mod bars;
pub mod board;
pub mod lines;
pub mod pattern;
pub mod sources;
pub mod suggest;
pub mod tail;
