//! Exit codes, defined once.

use std::ffi::OsStr;
use std::process::ExitCode;

/// What the process says at its end; the manual prints this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well, and nothing was found that should fail.
    Fine,
    /// `scan`: findings at `--fail-on` or above; `attach`: an alert at `--fail-on-alert` or above; `status`: an alert;
    /// `diagnose`: a cause.
    Found,
    /// A usage error or a fatal one.
    Error,
    /// `scan`: nothing found, but not all could be read; `diagnose`: nothing could be said.
    Incomplete,
    /// `diagnose`: the process has ended.
    Gone,
    /// `run`: Telltale itself failed before the job was started.
    NotStarted,
    /// `run`: the job's own code, or 126 and 127 as a shell gives them.
    Job(u8),
}

impl Exit {
    /// What a command line is answered with that runs nothing: help was asked for, or it could not be understood.
    /// A wrapper's own codes must not be mistaken for the job's, so `run` has one of its own, like env(1).
    pub fn of_usage(is_error: bool, command: Option<&OsStr>) -> Self {
        match command {
            _ if !is_error => Self::Fine,
            Some(command) if command == "run" => Self::NotStarted,
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::Error => 2,
            Exit::Incomplete => 3,
            Exit::Gone => 4,
            Exit::NotStarted => 125,
            Exit::Job(code) => code,
        })
    }
}

/// The table for the manual and `--help`.
pub const TABLE: &str = "\
Exit codes:
  scan     0 complete, nothing at --fail-on or above    1 findings
           2 usage or fatal error    3 nothing found, but not all could be read
  run      the job's own code, 128 + signal when it was killed
           125 telltale failed before the start, 126 not executable, 127 not found
  attach   0 ended or left    1 an alert at --fail-on-alert or above    2 error
  diagnose 0 calm: healthy, idle, sleeping or slow-producer    1 a cause is named
           2 error    3 nothing could be said    4 the process has ended
  status   0 no alert holds    1 one does    2 error";

/// What the codes of `scan` mean, for its own help.
pub const SCAN: &str = "\
Exit codes:
  0  all was read, and nothing at the level of --fail-on or above was found
  1  something was found
  2  the scan could not run: a path is missing, a glob is wrong, the output can't be written
  3  nothing was found, but not all could be read
  A scan that a signal stops tells what it has found, and dies of the signal: 130 in a shell after Ctrl-C.";

/// What the codes of `diagnose` mean, for its own help.
pub const DIAGNOSE: &str = "\
Exit codes:
  0  calm: it is healthy, idle, sleeping, or its producer is slow
  1  a cause is named
  2  error: there is no such process, or it can't be looked at
  3  nothing could be said
  4  the process has ended";
