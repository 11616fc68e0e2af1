//! Where a piece of text came from: what a finding in it needs to say so, and to read it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finding::Source;
use crate::model::clock::WallTime;

/// The separator between the name of a container and the name of what lies in it: `app.jar!/conf/db.properties`.
pub const INSIDE: &str = "!/";

/// The commit that brought a piece of text into a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its id, in hex digits; empty for a blob that no commit holds.
    pub id: String,
    /// Who wrote it, as `name <address>`, escaped.
    pub author: String,
    /// When, in seconds since 1970.
    pub time: i64,
    /// The object that holds the text, in hex digits.
    #[serde(skip)]
    pub blob: String,
    /// The repository, as its path was given.
    #[serde(skip)]
    pub repository: PathBuf,
}

impl Commit {
    /// It in words: `commit 0123456789, 2026-11-21, Ada <ada@example.org>`.
    pub fn told(&self) -> String {
        let id: String = self.id.chars().take(10).collect();
        let date = WallTime(self.time.saturating_mul(1000)).date();
        format!("commit {id}, {date}, {}", self.author)
    }
}

/// Where a piece of text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name under which its findings are reported. Inside of a container it is made of both names and [`INSIDE`].
    pub path: PathBuf,
    /// What kind of place it is.
    pub source: Source,
    /// The file that holds it, when `path` is a name inside of that one.
    pub container: Option<Arc<Path>>,
    /// The commit that brought it.
    pub commit: Option<Arc<Commit>>,
}

impl Origin {
    /// A plain place.
    pub fn new(path: &Path, source: Source) -> Self {
        Self { path: path.to_owned(), source, container: None, commit: None }
    }
}
