//! Bad ends of processes whose places others took: what a restart loop is made of.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::metric::maybe_seconds;
use super::process::Exit;
use super::text::Text;

/// One process that ended badly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BadEnd {
    /// When that was seen.
    pub at: Moment,
    /// How it ended.
    pub exit: Exit,
    /// How long it had run.
    #[serde(with = "maybe_seconds")]
    pub lived: Option<Duration>,
    /// Equal for processes with the very same command line.
    pub line: u64,
    /// True once another of its kind has been started since.
    pub is_replaced: bool,
}

/// The bad ends of processes of one kind: children of one parent with the same command line, numbers apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restarts {
    /// The parent's PID.
    pub parent: Option<u32>,
    /// Equal for command lines that differ in numbers only.
    #[serde(skip)]
    pub family: u64,
    /// Their name.
    pub name: Text,
    /// The command line of the one that ended last.
    pub command: Text,
    /// How they ended, the newest at the end.
    pub ends: Vec<BadEnd>,
}
