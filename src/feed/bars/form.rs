//! What a bar says, and how one form of it is read: a needle, a pattern with named groups, and a last touch.

use std::time::Duration;

use regex::{Captures, Regex};

use super::figure;

/// Who prints a form of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// tqdm, and Lightning and Hugging Face, which use it.
    Tqdm,
    /// rich.
    Rich,
    /// pip.
    Pip,
    /// progressbar2.
    Progressbar,
    /// alive-progress.
    Alive,
    /// click.
    Click,
    /// GNU parallel.
    Parallel,
    /// The log of GNU parallel's jobs.
    Joblog,
    /// joblib.
    Joblib,
    /// Spark's console bar.
    Spark,
    /// ninja, and others that begin a line with `[n/m]`.
    Ninja,
    /// cmake's makefiles.
    Cmake,
    /// cargo.
    Cargo,
    /// Rust's test harness.
    RustTest,
    /// cargo-nextest.
    Nextest,
    /// ctest.
    Ctest,
    /// pytest.
    Pytest,
    /// Training loops as in `PyTorch`'s examples.
    Torch,
    /// Keras.
    Keras,
    /// rsync.
    Rsync,
    /// dd.
    Dd,
    /// pv.
    Pv,
    /// curl.
    Curl,
    /// wget.
    Wget,
    /// git.
    Git,
    /// zstd.
    Zstd,
    /// progress(1).
    Progress,
    /// A line of a log with fields as `key=value`.
    Fields,
    /// A line of a log as a JSON object.
    Json,
}

impl Tool {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tqdm => "tqdm",
            Self::Rich => "rich",
            Self::Pip => "pip",
            Self::Progressbar => "progressbar",
            Self::Alive => "alive-progress",
            Self::Click => "click",
            Self::Parallel => "parallel",
            Self::Joblog => "parallel's joblog",
            Self::Joblib => "joblib",
            Self::Spark => "Spark",
            Self::Ninja => "numbered steps",
            Self::Cmake => "cmake",
            Self::Cargo => "cargo",
            Self::RustTest => "cargo test",
            Self::Nextest => "nextest",
            Self::Ctest => "ctest",
            Self::Pytest => "pytest",
            Self::Torch => "training log",
            Self::Keras => "Keras",
            Self::Rsync => "rsync",
            Self::Dd => "dd",
            Self::Pv => "pv",
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::Git => "git",
            Self::Zstd => "zstd",
            Self::Progress => "progress",
            Self::Fields => "key=value",
            Self::Json => "JSON lines",
        }
    }

    /// True when the tool draws several bars at once that its labels keep apart. The others have one, and what they
    /// print as a label says what is being done.
    pub fn draws_several(self) -> bool {
        matches!(
            self,
            Self::Tqdm
                | Self::Rich
                | Self::Progressbar
                | Self::Alive
                | Self::Click
                | Self::Rsync
                | Self::Fields
                | Self::Json
        )
    }

    /// True for a line of a log: weaker evidence than a bar that a tool draws.
    pub fn is_log(self) -> bool {
        matches!(self, Self::Fields | Self::Json)
    }
}

/// What the figures of a line count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counts {
    /// All that is done so far.
    #[default]
    SoFar,
    /// What this line alone tells of: the dots of a test run.
    InThisLine,
    /// The line tells the end of one task.
    OneEnded,
}

/// What one line says of the progress; what it does not say is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar<'a> {
    /// Who prints such lines.
    pub tool: Tool,
    /// What the bar is called, or what is being done.
    pub label: Option<&'a str>,
    /// Finished tasks or bytes.
    pub done: Option<u64>,
    /// How many there are.
    pub total: Option<u64>,
    /// How many are left, where that is told instead of a total.
    pub left: Option<u64>,
    /// The finished share in percent.
    pub percent: Option<f64>,
    /// Done per second, by the tool's own reckoning.
    pub rate: Option<f64>,
    /// What is counted.
    pub unit: Option<&'a str>,
    /// Time since the start.
    pub elapsed: Option<Duration>,
    /// Time left, by the tool's own reckoning.
    pub eta: Option<Duration>,
    /// Tasks in flight.
    pub in_flight: Option<u64>,
    /// Tasks that failed.
    pub failed: Option<u64>,
    /// Workers.
    pub workers: Option<u64>,
    /// True when the figures were rounded before they were printed.
    pub is_approximate: bool,
    /// What `done` and `failed` count.
    pub counts: Counts,
    /// A finer count in the same line, which moves before `done` does.
    pub finer: Option<u64>,
}

impl Bar<'_> {
    /// A bar that says nothing yet.
    pub fn new(tool: Tool) -> Self {
        Self {
            tool,
            label: None,
            done: None,
            total: None,
            left: None,
            percent: None,
            rate: None,
            unit: None,
            elapsed: None,
            eta: None,
            in_flight: None,
            failed: None,
            workers: None,
            is_approximate: false,
            counts: Counts::SoFar,
            finer: None,
        }
    }

    /// A figure that can't be: more done than there is, more than all of it.
    fn is_possible(&self) -> bool {
        let within = self.done.zip(self.total).is_none_or(|(done, total)| done <= total);
        within && self.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent))
    }
}

/// The last touch: what a group alone does not say. `None` when it is no progress after all.
pub(super) type Touch = for<'a> fn(Bar<'a>, &Captures<'a>) -> Option<Bar<'a>>;

/// One form of progress.
pub(super) struct Form {
    pub(super) tool: Tool,
    /// Stands in every line of this form.
    pub(super) needle: &'static str,
    /// Groups with a name of a field of [`Bar`] fill that field.
    pattern: &'static str,
    /// What is counted, where the line does not say it.
    unit: Option<&'static str>,
    touch: Touch,
}

impl Form {
    pub(super) const fn new(tool: Tool, needle: &'static str, pattern: &'static str) -> Self {
        Self { tool, needle, pattern, unit: None, touch: |bar, _| Some(bar) }
    }

    pub(super) const fn counting(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(super) const fn then(mut self, touch: Touch) -> Self {
        self.touch = touch;
        self
    }
}

/// A form with its pattern compiled.
pub(super) struct Ready {
    pub(super) form: &'static Form,
    regex: Regex,
}

impl Ready {
    pub(super) fn new(form: &'static Form) -> Self {
        Self { form, regex: Regex::new(form.pattern).expect("a constant pattern, tested") }
    }

    pub(super) fn read<'a>(&self, line: &'a str) -> Option<Bar<'a>> {
        let found = self.regex.captures(line)?;
        let text = |name| group(&found, name);
        let count = |name| text(name).and_then(figure::count);
        let total = count("total");
        if total == Some(0) {
            return None;
        }
        let filled = |text: &'a str| Some(text.trim()).filter(|text| !text.is_empty());
        let bar = Bar {
            label: text("label").and_then(filled),
            done: count("done"),
            total,
            left: count("left"),
            percent: text("percent").and_then(|text| text.parse().ok()),
            rate: text("rate").and_then(|text| text.parse().ok()),
            unit: text("unit").and_then(filled).or(self.form.unit),
            elapsed: text("elapsed").and_then(figure::duration),
            eta: text("eta").and_then(figure::duration),
            in_flight: count("in_flight"),
            failed: count("failed"),
            workers: count("workers"),
            ..Bar::new(self.form.tool)
        };
        (self.form.touch)(bar, &found).filter(Bar::is_possible)
    }
}

/// The text of a named group.
pub(super) fn group<'a>(found: &Captures<'a>, name: &str) -> Option<&'a str> {
    found.name(name).map(|group| group.as_str())
}
