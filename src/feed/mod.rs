//! Beats and counters from what a job already says: its output lines, datagrams and pages of metrics.
//!
//! [`lines`], [`pattern`], [`bars`], [`board`], [`signs`], [`statsd`], [`sd_notify`], [`prometheus`], [`account`] and
//! [`choice`] are pure; [`tail`] follows a file, [`http`] fetches a page.

pub mod account;
pub mod bars;
pub mod board;
pub mod choice;
pub mod http;
pub mod lines;
pub mod pattern;
pub mod prometheus;
pub mod sd_notify;
pub mod signs;
pub mod sources;
pub mod statsd;
pub mod suggest;
pub mod tail;
