//! What could be watched: detached runs, and process trees that look like work.

use std::time::Duration;

use super::metric::Bytes;
use super::text::Text;

/// What to attach to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The run with this id.
    Run(Text),
    /// The tree below this process.
    Process(u32),
}

/// One thing that could be watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What to attach to.
    pub target: Target,
    /// Its main process.
    pub pid: u32,
    /// What people call it.
    pub name: Text,
    /// Its command line, redacted.
    pub command: Text,
    /// How many processes it has.
    pub processes: usize,
    /// CPUs in use since the look before; at the first look, on average since its start.
    pub cpu: f64,
    /// Resident memory, shared pages counted more than once.
    pub memory: Bytes,
    /// How long its main process has run.
    pub age: Option<Duration>,
}

/// What there is to watch, the best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidates {
    /// Detached runs, then process trees.
    pub list: Vec<Candidate>,
    /// Trees that were left out of a long list.
    pub left_out: usize,
}
