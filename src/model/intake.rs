//! What a job takes in, seen from outside: the files that it reads, and the bytes that wait for somebody to take them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::metric::{Bytes, seconds};
use super::text::Text;

/// A file that a member of a job reads from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its path, redacted.
    pub path: Text,
    /// How much of it was read.
    pub read: Bytes,
    /// How large it is; `None` where it lies behind a server that might not answer.
    pub size: Option<Bytes>,
    /// How much of it was read in the last while.
    pub risen: Bytes,
    /// How long that was.
    #[serde(with = "seconds")]
    pub over: Duration,
}

impl InputFile {
    /// What the screen calls a file of this name as a source of progress.
    pub fn source_of(name: &str) -> String {
        format!("reading {name}")
    }
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueKind {
    /// Tasks, in a pipe that several workers read.
    Tasks,
    /// What several workers have done, in a pipe that they write.
    Results,
    /// Tasks or results: workers hold both ends of the pipe.
    Shared,
    /// What one member of a pipeline has for the next.
    Stream,
    /// What came over the network and was not read.
    Received,
    /// What was sent over the network and not taken.
    Unsent,
}

impl QueueKind {
    /// Where the bytes are, in words that follow a number.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Tasks => "waiting in the task pipe",
            Self::Results => "waiting in the result pipe",
            Self::Shared => "waiting in a pipe of the workers",
            Self::Stream => "waiting in a pipe",
            Self::Received => "came and not read",
            Self::Unsent => "sent and not taken",
        }
    }
}

/// Bytes that wait for somebody to take them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// What they are.
    pub kind: QueueKind,
    /// How many.
    pub bytes: Bytes,
    /// Between whom.
    pub between: Text,
}

/// What a job takes in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Intake {
    /// The files that are read through, the largest first; some of them, where there are many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<InputFile>,
    /// What waits in its pipes and sockets, as far as one may look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<Queue>,
}

impl Intake {
    /// True where nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty() && self.queues.is_empty()
    }

    /// The queue that tells best how much was handed out and not yet done.
    pub fn in_flight(&self) -> Option<&Queue> {
        self.queues.iter().min_by_key(|queue| queue.kind)
    }
}
