#![expect(
    clippy::disallowed_methods,
    unsafe_code,
    reason = "edge: alarm(2) and handlers of signals have no safe form, and what a scenario started is ended here"
)]
//! Ends a scenario when its time is over or when it is asked to, wherever it hangs, and clears away what it left.
//!
//! A thread with a timer would be a part of the program that is looked at, and would look like one that may still wake
//! the others. An alarm is no thread.

use std::ffi::{CString, c_int};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};

/// What ends a scenario: its time, a closed line, Ctrl-C, a request.
const ENDS: [c_int; 4] = [libc::SIGALRM, libc::SIGHUP, libc::SIGINT, libc::SIGTERM];

static LITTER: OnceLock<Litter> = OnceLock::new();

/// What has to be cleared away at the end.
#[derive(Debug, Default)]
pub(super) struct Litter {
    /// Processes that do not end with this one, or have to be gone before their folder can be.
    processes: Vec<OwnedFd>,
    files: Vec<CString>,
    folders: Vec<CString>,
}

impl Litter {
    /// A process, by its PID.
    pub(super) fn process(mut self, pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        self.processes.push(pidfd_open(pid, PidfdFlags::empty())?);
        Ok(self)
    }

    /// A file.
    pub(super) fn file(mut self, path: &Path) -> io::Result<Self> {
        self.files.push(CString::new(path.as_os_str().as_bytes())?);
        Ok(self)
    }

    /// A folder that is empty by then.
    pub(super) fn folder(mut self, path: &Path) -> io::Result<Self> {
        self.folders.push(CString::new(path.as_os_str().as_bytes())?);
        Ok(self)
    }

    /// Has it cleared away when the scenario ends, however it ends.
    pub(super) fn leave(self) {
        // A scenario leaves one heap.
        let _ = LITTER.set(self);
    }
}

/// Clears away what was left: system calls only, for a signal's handler calls it.
pub(super) fn clear() {
    let Some(litter) = LITTER.get() else { return };
    for process in &litter.processes {
        let _ = pidfd_send_signal(process, Signal::KILL);
    }
    for process in &litter.processes {
        // One that is not a child is left to whoever took it.
        use std::os::fd::AsFd;
        let _ = waitid(WaitId::PidFd(process.as_fd()), WaitIdOptions::EXITED);
    }
    for file in &litter.files {
        let _ = rustix::fs::unlink(file.as_c_str());
    }
    for folder in &litter.folders {
        let _ = rustix::fs::rmdir(folder.as_c_str());
    }
}

/// Ends this process after so long.
pub(super) fn end_after(limit: Duration) -> io::Result<()> {
    set(end as *const () as libc::sighandler_t)?;
    alarm(limit);
    Ok(())
}

/// For a child that is to end like any process: it clears nothing away.
pub(super) fn forget() {
    let _ = set(libc::SIG_DFL);
}

/// Has the kernel send an alarm after so long.
pub(super) fn alarm(limit: Duration) {
    let seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX).max(1);
    // SAFETY: alarm(2) takes a number and touches no memory.
    unsafe { libc::alarm(seconds) };
}

fn set(handler: libc::sighandler_t) -> io::Result<()> {
    for signal in ENDS {
        // SAFETY: the handler is the default action or `end`, which makes system calls only; the signal is a valid one.
        if unsafe { libc::signal(signal, handler) } == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

extern "C" fn end(signal: c_int) {
    clear();
    let code = if signal == libc::SIGALRM { 0 } else { 128 + signal };
    // SAFETY: _exit(2) is async-signal-safe and does not come back.
    unsafe { libc::_exit(code) }
}
