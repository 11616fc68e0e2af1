#![expect(clippy::disallowed_methods, reason = "edge: asks a Java machine for its threads")]
//! The stacks of a Java virtual machine, which tells them itself when it is asked.
//!
//! A machine that somebody has asked before listens on a socket of its own, and answers there; jcmd(1) speaks no other way.
//! One that does not listen yet has to be sent `SIGQUIT`, which is `jcmd`'s to do and only where the user asked for it: a
//! watcher signals nobody. One that does not catch that signal would die of it, and is left alone in any case.

use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::fs::{FileType, OFlags};

use super::failure::Failure;
use super::jvm;
use super::marks::Stack;
use super::numbers::{inner_number, threads};
use crate::model::clock;
use crate::proc::read;

/// Bytes of a dump that are read: 1,000 threads of 50 frames are some 4 MB.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Between two looks whether `jcmd` has ended.
const STEP: Duration = Duration::from_millis(20);

/// `SIGQUIT` in the mask of caught signals in `/proc/PID/status`.
const QUIT: u64 = 1 << 2;

/// The stacks of a Java machine, within a time. Only `may_signal` lets `jcmd` wake one that does not listen.
pub(super) fn stacks(pid: u32, may_signal: bool, limit: Duration) -> Result<Vec<Stack>, Failure> {
    let (answer, answers) = sync_channel(1);
    // In a thread of its own: a machine that is stopped takes the question and never answers.
    std::thread::Builder::new()
        .name("stacks".into())
        .spawn(move || {
            let dump = listening(pid, limit)
                .unwrap_or_else(|| if may_signal { asked(pid, limit) } else { Err(Failure::Unasked) });
            let _ = answer.send(dump.map(|dump| ours(pid, jvm::stacks(&dump))));
        })
        .map_err(|error| Failure::Unread(error.to_string()))?;
    match answers.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(Failure::Late),
        Err(RecvTimeoutError::Disconnected) => {
            Err(Failure::Unread("the reader of Java's stacks failed".to_owned()))
        }
    }
}

/// The dump of a machine that listens; `None` for one that does not.
fn listening(pid: u32, limit: Duration) -> Option<Result<String, Failure>> {
    let own = inner_number(pid, pid)?;
    let path = format!("/proc/{pid}/root/tmp/.java_pid{own}");
    let found = read::open_with(&path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC).ok()?;
    if !FileType::from_raw_mode(rustix::fs::fstat(&found).ok()?.st_mode).is_socket() {
        return None;
    }
    let mut stream = UnixStream::connect(&path).ok()?;
    // The name may have been left by another, or be anybody's.
    let peer = rustix::net::sockopt::socket_peercred(&stream).ok()?;
    if peer.pid.as_raw_nonzero().get() != i32::try_from(pid).ok()? {
        return None;
    }
    Some(ask(&mut stream, limit))
}

/// Asks as `jcmd` does: the protocol's version, the command and three words for it, each ended by a zero.
fn ask(stream: &mut UnixStream, limit: Duration) -> Result<String, Failure> {
    let unread = |error: std::io::Error| Failure::Unread(error.to_string());
    stream.set_read_timeout(Some(limit)).map_err(unread)?;
    stream.set_write_timeout(Some(limit)).map_err(unread)?;
    stream.write_all(b"1\0threaddump\0\0\0\0").map_err(unread)?;
    let answer = text(stream);
    match answer.split_once('\n') {
        Some(("0", dump)) => Ok(dump.to_owned()),
        _ => Err(Failure::Unread(format!(
            "the machine refused: {}",
            answer.chars().take(120).collect::<String>()
        ))),
    }
}

/// Lets `jcmd` ask, which sends the signal.
fn asked(pid: u32, limit: Duration) -> Result<String, Failure> {
    if !catches_quit(pid) {
        return Err(Failure::Unread("it does not catch SIGQUIT, and would end".to_owned()));
    }
    let mut jcmd = Command::new("jcmd")
        .args([&pid.to_string(), "Thread.print", "-l"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| Failure::Unread(format!("`jcmd` could not be run: {error}")))?;
    let out = jcmd.stdout.take();
    let reader =
        std::thread::Builder::new().name("stacks".into()).spawn(move || out.map(|mut out| text(&mut out)));
    let until = clock::now().plus(limit);
    while matches!(jcmd.try_wait(), Ok(None)) {
        if clock::now() >= until {
            let _ = jcmd.kill();
            let _ = jcmd.wait();
            return Err(Failure::Late);
        }
        std::thread::sleep(STEP);
    }
    let dump = reader.ok().and_then(|reader| reader.join().ok().flatten());
    dump.filter(|dump| dump.contains("nid="))
        .ok_or_else(|| Failure::Unread("`jcmd` got no answer".to_owned()))
}

/// What comes, up to a bound; what comes late is left.
fn text(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.take(LONGEST).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a process has a handler for `SIGQUIT`.
fn catches_quit(pid: u32) -> bool {
    let mut reader = read::Reader::default();
    let Ok(status) = reader.file(&format!("/proc/{pid}/status")) else { return false };
    let status = String::from_utf8_lossy(status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & QUIT != 0)
}

/// The stacks by our numbers of their threads.
fn ours(pid: u32, stacks: Vec<Stack>) -> Vec<Stack> {
    let threads = threads(pid);
    let number = |inner: u32| threads.iter().find(|thread| thread.inner == inner).map(|thread| thread.tid);
    stacks.into_iter().filter_map(|stack| Some(Stack { tid: number(stack.tid)?, ..stack })).collect()
}
