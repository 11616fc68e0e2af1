#![expect(clippy::disallowed_methods, reason = "edge: starts the command that the user named")]
//! The command of `--on-alert`: the alert on its standard input and in its environment, and a time limit.
//!
//! It is a group of its own, so that what it starts ends with it when it takes too long, and so that Ctrl-C on the
//! terminal is none of its business. What it prints is not shown; the last line of its complaints is told when it
//! fails.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};

use super::message::Message;
use crate::config::alert::Words;
use crate::model::clock;
use crate::model::metric::span;

/// A command that has not ended by now is stuck.
const LIMIT: Duration = Duration::from_secs(10);

/// Time between TERM and KILL.
const GRACE: Duration = Duration::from_secs(2);

/// How often the end of a command is looked for: nobody waits for it.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Bytes kept of what it complains about.
const KEPT: usize = 1024;

/// Runs the command to its end. `is_over` ends it early.
pub(super) fn run(words: &Words, message: &Message, is_over: &AtomicBool) -> Result<(), String> {
    let [program, arguments @ ..] = words.0.as_slice() else { return Ok(()) };
    // Arguments may hold what is nobody's business.
    let name = program.rsplit('/').next().unwrap_or(program);
    let mut command = Command::new(program);
    command.args(arguments).envs(message.variables.iter().map(|(key, value)| (key, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("can't start {name}: {error}"))?;
    let input = child.stdin.take().filter(set_nonblocking);
    let complaints = child.stderr.take().filter(set_nonblocking);
    let mut talk = Talk { input, left: message.json.as_bytes(), complaints, said: Vec::new() };
    let ended = wait(&mut child, &mut talk, is_over);
    talk.go_on();
    match ended {
        Ended::Itself(status) if status.success() => Ok(()),
        Ended::Itself(status) => Err(format!("{name} ended with {status}{}", talk.last_line())),
        Ended::TooLate => Err(format!("{name} took longer than {} and was ended", span(LIMIT))),
        Ended::NotNeeded => Err(format!("{name} was ended: telltale leaves")),
        Ended::Unknown(why) => Err(format!("waiting for {name}: {why}")),
    }
}

enum Ended {
    Itself(ExitStatus),
    TooLate,
    NotNeeded,
    Unknown(String),
}

fn wait(child: &mut Child, talk: &mut Talk<'_>, is_over: &AtomicBool) -> Ended {
    let begun = clock::now();
    let mut ending: Option<Ended> = None;
    let mut is_termed = false;
    loop {
        talk.go_on();
        match child.try_wait() {
            Ok(Some(status)) => return ending.unwrap_or(Ended::Itself(status)),
            Ok(None) => {}
            Err(error) => return Ended::Unknown(error.to_string()),
        }
        let age = clock::now().since(begun);
        if is_over.load(Ordering::SeqCst) {
            ending.get_or_insert(Ended::NotNeeded);
            end(child, Signal::KILL);
        } else if age >= LIMIT + GRACE {
            end(child, Signal::KILL);
        } else if age >= LIMIT && !is_termed {
            (ending, is_termed) = (Some(Ended::TooLate), true);
            end(child, Signal::TERM);
        }
        talk.wait();
    }
}

/// Signals the command's own group. The command is not reaped yet, so that its number is still its own.
fn end(child: &Child, signal: Signal) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

/// What goes into the command, and what comes out of it.
struct Talk<'a> {
    input: Option<ChildStdin>,
    left: &'a [u8],
    complaints: Option<ChildStderr>,
    said: Vec<u8>,
}

impl Talk<'_> {
    /// Writes what is taken and reads what is there.
    fn go_on(&mut self) {
        while let Some(input) = &mut self.input {
            match input.write(self.left) {
                Ok(n) if n > 0 => self.left = &self.left[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // All is written, or nobody reads it: a command need not.
                _ => self.input = None,
            }
        }
        let mut bytes = [0; 4096];
        while let Some(complaints) = &mut self.complaints {
            match complaints.read(&mut bytes) {
                Ok(n) if n > 0 => {
                    self.said.extend_from_slice(&bytes[..n]);
                    let old = self.said.len().saturating_sub(KEPT);
                    self.said.drain(..old);
                    // A flood must not keep anybody from looking at the clock.
                    if n == bytes.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                _ => self.complaints = None,
            }
        }
    }

    fn wait(&self) {
        let input = self.input.iter().map(|input| PollFd::new(input, PollFlags::OUT));
        let complaints = self.complaints.iter().map(|complaints| PollFd::new(complaints, PollFlags::IN));
        let _ = poll(&mut input.chain(complaints).collect::<Vec<_>>(), Some(&LOOK));
    }

    /// The last line of the complaints, as the end of a sentence.
    fn last_line(&self) -> String {
        let said = String::from_utf8_lossy(&self.said);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        last.map_or_else(String::new, |line| format!(": {line}"))
    }
}

fn set_nonblocking(pipe: &impl AsFd) -> bool {
    fcntl_getfl(pipe).and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;

    fn message(json: &str) -> Message {
        let variables = vec![("TELLTALE_STATE", "began".to_owned())];
        Message { line: Text::from("x"), json: json.to_owned(), variables }
    }

    fn told(line: &str, json: &str) -> Result<(), String> {
        run(&Words::split(line).unwrap(), &message(json), &AtomicBool::new(false))
    }

    #[test]
    fn input_and_variables_arrive_whole() {
        let json = "x".repeat(300_000);
        let line = "sh -c '[ \"$TELLTALE_STATE\" = began ] && [ \"$(wc -c)\" -eq 300000 ]'";
        assert_eq!(told(line, &json), Ok(()));
        assert_eq!(told("true", &json), Ok(()), "a command that reads nothing has not failed");
    }

    #[test]
    fn failures_say_why() {
        let failed = told("sh -c 'echo first >&2; echo it is so >&2; exit 3'", "{}").unwrap_err();
        assert_eq!(failed, "sh ended with exit status: 3: it is so");
        assert!(told("/no/such/thing", "{}").unwrap_err().starts_with("can't start thing: "));
        let flood = told("sh -c 'yes | head -c 300000 >&2; exit 1'", "{}").unwrap_err();
        assert_eq!(flood, "sh ended with exit status: 1: y");
    }

    #[test]
    fn one_that_is_not_needed_any_more_is_ended_with_what_it_started() {
        let is_over = AtomicBool::new(true);
        let words = Words::split("sh -c 'sleep 60 & wait'").unwrap();
        assert!(run(&words, &message("{}"), &is_over).unwrap_err().contains("telltale leaves"));
    }
}
