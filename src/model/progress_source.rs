//! Where a job's progress could be read from, each with what it would tell now: the choice on the key `p`.

use std::time::Duration;

use super::job::JobId;
use super::metric::Unit;
use super::text::Text;

/// Who named a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is what is looked for when nobody names one: counts such as `12/200`.
    BuiltIn,
    /// The command line named it.
    Typed,
    /// It was chosen here.
    Chosen,
    /// The output itself suggests it.
    Suggested,
    /// It is a file that the job reads.
    Input,
}

/// How the name of a source begins that is a file which the job reads: `input:rows.csv`, or `input:` for any.
pub const INPUT: &str = "input:";

/// One pattern, tried out on the newest lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressSource {
    /// Who named it.
    pub origin: Origin,
    /// The pattern, or [`INPUT`] with a path; `None` is what is looked for anyway.
    pub pattern: Option<Text>,
    /// The job's progress is read by it now.
    pub is_in_use: bool,
    /// How many of the newest lines it fits.
    pub lines: usize,
    /// The newest line that it fits, redacted.
    pub example: Option<Text>,
    /// What it counts.
    pub unit: Unit,
    /// What it reads as done there.
    pub done: Option<u64>,
    /// What it reads as the total.
    pub total: Option<u64>,
    /// How much done rose, and over which span.
    pub rise: Option<(u64, Duration)>,
}

/// All that was looked at for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The job.
    pub job: JobId,
    /// How many lines of output there were to look at.
    pub lines: usize,
    /// The patterns: the one in use first, then the likeliest.
    pub list: Vec<ProgressSource>,
}
