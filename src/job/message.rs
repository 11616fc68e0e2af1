//! What keeper and clients say to each other: one JSON object a line, in both directions.
//!
//! Whoever can open the socket has the same user as the job, yet a client may be broken or of another version, so
//! the reader is bounded and a line it cannot read is a value ([`Broken`]), never a panic.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::job::guard::GuardPlan;
use crate::model::freeze::Frozen;
use crate::model::process::Exit;
use crate::model::said::Said;
use crate::model::sign::Leak;

/// The version of this protocol; it rises when an old peer would misread a new one.
pub const VERSION: u32 = 1;

/// The longest line either side takes.
pub const MAX_LINE: usize = 64 * 1024;

/// How much typed input fits into one [`Asked::Input`]: in JSON a byte takes up to four characters.
pub const MAX_INPUT: usize = 8 * 1024;

/// What is written down about a run when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The version of this record.
    pub format: u32,
    /// The run id, which is also the name of its folder.
    pub run: String,
    /// The name the user gave it.
    pub name: Option<String>,
    /// The command line, redacted, for people to read.
    pub command: String,
    /// The job's main process.
    pub pid: i32,
    /// When that process started, in clock ticks since boot: with the PID it names one process for good.
    pub start_ticks: u64,
    /// When the run started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// Where it was started, redacted.
    pub cwd: PathBuf,
    /// Whether the job has a terminal of its own.
    pub io: IoMode,
    /// The machine it runs on: a home folder may be shared by many.
    pub host: String,
    /// The keeper's process.
    pub keeper_pid: i32,
}

/// Which kind of input and output the job got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IoMode {
    /// A terminal of its own, which the keeper holds.
    Pty,
    /// The caller's input and output, with the keeper copying the output on.
    Relay,
}

/// What the job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its main process runs.
    Running,
    /// Its main process is stopped, as after Ctrl-Z.
    Stopped,
    /// Its main process has ended.
    Ended(Exit),
}

/// How much output there has been.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Lines written to the log.
    pub lines: u64,
    /// Bytes written to the log, so that a reader knows whether it has seen all.
    pub logged: u64,
    /// Bytes the job has written, logged or not.
    pub bytes: u64,
    /// Bytes of them that came too fast to be logged, or could not be.
    pub unlogged: u64,
}

/// What a keeper says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The first thing it says to each client.
    Hello(Box<Hello>),
    /// The job could not be started; only the front that launches it hears this.
    Failed {
        /// The error number of the failed call.
        errno: i32,
        /// What was being done.
        what: String,
        /// Whether it was the command itself that could not be executed.
        is_exec: bool,
    },
    /// The main process has ended and its output is written.
    Exited(Exit),
    /// The main process was stopped by this signal.
    Stopped {
        /// The number of the signal.
        signal: i32,
    },
    /// The main process goes on.
    Continued,
    /// The job was frozen, or is so still: said again every minute.
    Frozen(Box<Frozen>),
    /// The job is not frozen any more.
    Thawed,
    /// A process the job left behind has ended.
    Orphan(Orphan),
    /// There is new output in the log.
    Output(Volume),
    /// What the job has said of itself in datagrams so far.
    Said(Box<Said>),
    /// A secret stands in the output, for the first time.
    Leak(Leak),
    /// Something is not as it should be, and the job goes on.
    Warning(String),
}

/// How a keeper introduces itself and its job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol it speaks.
    pub version: u32,
    /// The run.
    pub meta: Meta,
    /// What the job is doing now.
    pub state: State,
    /// Where the run's files are; absent when none could be made.
    pub folder: Option<PathBuf>,
    /// Orphans that ended before this client came, the newest at the end.
    pub orphans: Vec<Orphan>,
    /// Output so far.
    pub output: Volume,
    /// What could not be had.
    pub warnings: Vec<String>,
    /// How the job is frozen, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// How a process ended that the job had left behind and the keeper adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// Its PID.
    pub pid: i32,
    /// How it ended.
    pub exit: Exit,
}

/// Whom a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The main process alone.
    Leader,
    /// Its process group; with relayed output, where the group is the caller's too, the tree.
    Group,
    /// The job and all its descendants.
    Tree,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Type these bytes, at most [`MAX_INPUT`] at once; what the job doesn't read in time is dropped.
    Input(Vec<u8>),
    /// The window has this size now.
    Resize {
        /// Its height.
        rows: u16,
        /// Its width.
        cols: u16,
    },
    /// Send a signal.
    Signal {
        /// The number of the signal.
        signal: i32,
        /// Who gets it.
        to: Whom,
    },
    /// End the job: TERM to the tree, and KILL to what is left of it after this many milliseconds.
    End {
        /// The time it gets.
        grace_ms: u64,
    },
    /// Freeze the job: a group of its own, or all its processes, are stopped until somebody lets them go on.
    Freeze,
    /// Let a frozen job go on.
    Thaw {
        /// This process of it alone, with all below it.
        only: Option<i32>,
    },
    /// Freeze the job when the memory limit that binds it is that full.
    Guard(GuardPlan),
    /// The client leaves.
    Bye,
}

/// A line that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is longer than [`MAX_LINE`].
    #[error("a line longer than {MAX_LINE} bytes")]
    TooLong,
    /// It is no message of this version.
    #[error("a line that is no message")]
    Unreadable,
}

/// How a keeper refuses to let a process go on that is not frozen.
pub fn not_frozen(pid: i32) -> String {
    format!("process {pid} is none of those that are frozen")
}

/// The message as a line.
pub fn line_of<M: Serialize>(message: &M) -> Vec<u8> {
    // Messages hold strings, numbers and lists; a path that is no UTF-8 is the one thing JSON can refuse.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Takes bytes as they come and gives the messages in them.
#[derive(Debug, Default)]
pub struct Inbox {
    held: Vec<u8>,
}

impl Inbox {
    /// Adds bytes and gives each message that is complete now, up to the first broken line.
    pub fn take<M: DeserializeOwned>(&mut self, bytes: &[u8]) -> (Vec<M>, Option<Broken>) {
        let mut messages = Vec::new();
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            if self.held.len() + line.len() > MAX_LINE {
                self.held.clear();
                return (messages, Some(Broken::TooLong));
            }
            self.held.extend_from_slice(line);
            let message = serde_json::from_slice(&self.held);
            self.held.clear();
            match message {
                Ok(message) => messages.push(message),
                Err(_) => return (messages, Some(Broken::Unreadable)),
            }
        }
        if self.held.len() + rest.len() > MAX_LINE {
            self.held.clear();
            return (messages, Some(Broken::TooLong));
        }
        self.held.extend_from_slice(rest);
        (messages, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples() -> Vec<Asked> {
        vec![
            Asked::Input(vec![3, 27, 255]),
            Asked::Resize { rows: 24, cols: 80 },
            Asked::Signal { signal: 15, to: Whom::Tree },
            Asked::End { grace_ms: 1000 },
            Asked::Freeze,
            Asked::Thaw { only: Some(4711) },
            Asked::Guard(GuardPlan {
                share: 0.9,
                then: Some((crate::model::freeze::Then::End, 600_000)),
                grace_ms: 10_000,
            }),
            Asked::Bye,
        ]
    }

    #[test]
    fn messages_survive_any_chunking() {
        let bytes: Vec<u8> = samples().iter().flat_map(line_of).collect();
        for size in 1..bytes.len() {
            let mut inbox = Inbox::default();
            let mut seen = Vec::new();
            for chunk in bytes.chunks(size) {
                let (messages, broken) = inbox.take::<Asked>(chunk);
                assert_eq!(broken, None);
                seen.extend(messages);
            }
            assert_eq!(seen, samples(), "in chunks of {size}");
        }
    }

    #[test]
    fn the_longest_input_fits_a_line() {
        assert!(line_of(&Asked::Input(vec![255; MAX_INPUT])).len() < MAX_LINE);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut inbox = Inbox::default();
        let mut broken = None;
        for _ in 0..10 {
            let (_, now) = inbox.take::<Asked>(&[b'x'; 10_000]);
            broken = broken.or(now);
        }
        assert_eq!(broken, Some(Broken::TooLong));
        assert!(inbox.held.len() <= MAX_LINE);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20)) {
            let mut inbox = Inbox::default();
            for chunk in &chunks {
                let _ = inbox.take::<Asked>(chunk);
                let _ = Inbox::default().take::<Told>(chunk);
                prop_assert!(inbox.held.len() <= MAX_LINE);
            }
        }
    }
}
