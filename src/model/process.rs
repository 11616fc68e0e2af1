//! Words about one process that a kernel runs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
    /// It is gone, and nothing tells how.
    Unknown,
}

impl Exit {
    /// What a wait status (`wait(2)`, pidfd, field 52 of `/proc/PID/stat`) says.
    pub const fn from_wait_status(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Code((status >> 8) & 0xff),
            signal => Self::Signal(signal),
        }
    }

    /// The code a shell reports: 128 + signal for a killed process; 125 when nothing is known.
    pub const fn shell_code(self) -> u8 {
        match self {
            Self::Code(code) => code as u8,
            Self::Signal(signal) => 128_u8.wrapping_add(signal as u8),
            Self::Unknown => 125,
        }
    }

    /// True when this end loses work: killed by a signal nobody sends for an orderly end, or an error code,
    /// or unknown. Pools end their workers with SIGTERM, people with SIGINT or SIGHUP, and a pipeline whose reader
    /// has enough with SIGPIPE.
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::Code(0) | Self::Signal(1 | 2 | 13 | 15))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(0) => f.write_str("finished"),
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => match signal_name(signal) {
                Some(name) => write!(f, "killed by {name}"),
                None => write!(f, "killed by signal {signal}"),
            },
            Self::Unknown => f.write_str("vanished, cause unknown"),
        }
    }
}

/// Whether a process of this name is a shell, which starts each pipeline in a process group of its own.
pub fn is_shell(name: &str) -> bool {
    let shells = ["sh", "bash", "dash", "zsh", "fish", "ksh", "mksh", "tcsh", "csh", "ash", "busybox"];
    shells.contains(&name.trim_start_matches('-'))
}

/// The name of a signal number on Linux, as in signal(7).
pub const fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// What the scheduler says a process is doing (the state letter of `/proc/PID/stat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcState {
    /// R: runs, or waits for a CPU.
    Running,
    /// S: sleeps until something happens.
    Sleeping,
    /// D: sleeps and can't be interrupted, mostly for a disk.
    DiskSleep,
    /// T: stopped by a signal.
    Stopped,
    /// t: stopped by a debugger.
    Traced,
    /// Z: ended, and its parent has not asked how.
    Zombie,
    /// X or anything newer than this list.
    Other,
}

impl ProcState {
    /// The state that a letter of `/proc/PID/stat` stands for. `I` (idle kernel threads) counts as sleep.
    pub const fn from_letter(letter: u8) -> Self {
        match letter {
            b'R' => Self::Running,
            b'S' | b'I' => Self::Sleeping,
            b'D' => Self::DiskSleep,
            b'T' => Self::Stopped,
            b't' => Self::Traced,
            b'Z' => Self::Zombie,
            _ => Self::Other,
        }
    }

    /// The letter that ps and htop show.
    pub const fn letter(self) -> char {
        match self {
            Self::Running => 'R',
            Self::Sleeping => 'S',
            Self::DiskSleep => 'D',
            Self::Stopped => 'T',
            Self::Traced => 't',
            Self::Zombie => 'Z',
            Self::Other => '?',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_statuses_become_exits() {
        let cases = [
            (0x0000, Exit::Code(0), "finished", 0),
            (0x2a00, Exit::Code(42), "exited with code 42", 42),
            (0x0009, Exit::Signal(9), "killed by SIGKILL", 137),
            (0x008b, Exit::Signal(11), "killed by SIGSEGV", 139),
            (0x0022, Exit::Signal(34), "killed by signal 34", 162),
        ];
        for (status, exit, words, code) in cases {
            assert_eq!(Exit::from_wait_status(status), exit);
            assert_eq!(exit.to_string(), words);
            assert_eq!(exit.shell_code(), code);
        }
    }

    #[test]
    fn an_orderly_end_loses_nothing() {
        assert!(!Exit::Code(0).is_loss() && !Exit::Signal(15).is_loss());
        assert!(Exit::Signal(9).is_loss() && Exit::Code(1).is_loss() && Exit::Unknown.is_loss());
    }
}
