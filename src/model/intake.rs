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

/// What a job takes in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Intake {
    /// The files that are read through, the largest first; some of them, where there are many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<InputFile>,
}

impl Intake {
    /// True where nothing is known.
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
