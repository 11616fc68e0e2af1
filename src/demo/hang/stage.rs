#![expect(
    clippy::disallowed_methods,
    reason = "edge: writes the truth about a scenario where it was asked for"
)]
//! What a scenario plays on: its time, the line it says, and the truth for those who test a diagnosis.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::limit;
use super::list::Hang;
use crate::model::cause::{Cause, Culprit};

/// How long a scenario hangs unless it is told otherwise.
pub const LIMIT: Duration = Duration::from_mins(10);

/// Where one scenario is played.
#[derive(Debug)]
pub(super) struct Stage {
    hang: &'static Hang,
    /// When it is over, whatever happens.
    pub(super) limit: Duration,
    truth: Option<PathBuf>,
}

/// What is so: what a diagnosis is to find.
#[derive(Debug, Serialize)]
struct Truth<'a> {
    /// The process to be asked about.
    pid: u32,
    cause: Cause,
    /// Each of them is right.
    culprit: &'a [Culprit],
}

/// Plays a scenario as this process and gives the exit code. The truth goes to a file, where one is given.
pub fn play(hang: &'static Hang, limit: Duration, truth: Option<PathBuf>) -> u8 {
    let stage = Stage { hang, limit, truth };
    let played = limit::end_after(limit).and_then(|()| (hang.play)(&stage));
    limit::clear();
    match played {
        Ok(()) => 0,
        // Nobody reads any more: like any filter, it ends.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let _ = writeln!(io::stderr(), "demo {}: {error}", hang.name);
            1
        }
    }
}

impl Stage {
    /// Says what happens, and which process to look at.
    pub(super) fn says(&self, pid: u32) -> io::Result<()> {
        let Hang { name, about, .. } = self.hang;
        let minutes = self.limit.as_secs().div_ceil(60);
        let mut out = io::stdout();
        writeln!(
            out,
            "PID {pid}, {name}: {about}. Ask `telltale diagnose {pid}`; it ends within {minutes} min."
        )?;
        out.flush()
    }

    /// Writes down who is to be found, where that was asked for.
    pub(super) fn knows(&self, pid: u32, culprit: &[Culprit]) -> io::Result<()> {
        let Some(path) = &self.truth else { return Ok(()) };
        let text = serde_json::to_string(&Truth { pid, cause: self.hang.cause, culprit })?;
        // Whoever waits for the file finds it whole.
        let part = path.with_extension("part");
        std::fs::write(&part, text)?;
        std::fs::rename(&part, path)
    }

    /// Both, for what hangs from now on.
    pub(super) fn set(&self, pid: u32, culprit: &[Culprit]) -> io::Result<()> {
        self.knows(pid, culprit)?;
        self.says(pid)
    }
}
