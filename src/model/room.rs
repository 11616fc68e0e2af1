//! Things that run out: descriptors, tasks, disk space; how much of each is used, and whether it goes on growing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::member::MemberId;
use super::metric::{Bytes, count, maybe_seconds};
use super::text::Text;

/// What runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Open files of one process.
    Descriptors,
    /// Processes and threads.
    Tasks,
    /// Processes and threads of one user, of which the job's own are counted.
    UserTasks,
    /// Bytes of a file system.
    Disk,
    /// Files of a file system.
    Inodes,
}

impl RoomKind {
    /// So much of it, in words.
    pub fn amount(self, n: u64) -> String {
        match self {
            Self::Disk => Bytes(n).to_string(),
            _ => count(n),
        }
    }
}

/// What was read of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomReading {
    /// What it is.
    pub kind: RoomKind,
    /// Whose limit this is, in words.
    pub scope: Text,
    /// The process, where it is one's own.
    pub subject: Option<MemberId>,
    /// What is used.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// One of them at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Room {
    /// What it is.
    pub kind: RoomKind,
    /// Whose limit this is, in words.
    pub scope: Text,
    /// The process, where it is one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<MemberId>,
    /// What is used.
    pub used: u64,
    /// The limit.
    pub limit: u64,
    /// True from when little is left until there is clearly more again.
    pub is_near: bool,
    /// When nothing is left, where it has grown steadily.
    #[serde(with = "maybe_seconds")]
    pub full_in: Option<Duration>,
    /// What was used at some moments before, the newest at the end.
    pub past: Vec<(Moment, u64)>,
    /// When it was read.
    pub read_at: Moment,
}

impl Room {
    /// What is left.
    pub const fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// The used share.
    pub fn fill(&self) -> f64 {
        if self.limit == 0 { 0.0 } else { self.used as f64 / self.limit as f64 }
    }
}
