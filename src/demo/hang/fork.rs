#![expect(unsafe_code, reason = "fork(2) has no safe form")]
//! Children of a scenario, made by fork as pools make them: same program, same descriptors.

use std::ffi::CStr;
use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, getppid, set_parent_process_death_signal, waitpid};

use super::limit;

/// Starts a child that does `work` and ends, at the latest with its parent. What the parent alone is to keep open is
/// given as `kept` and comes back; the child closes it. What `work` took is closed in the parent.
///
/// Only for the thread that the process began with: the child ends when that thread does.
pub(super) fn fork<T>(name: &CStr, kept: T, work: impl FnOnce() -> io::Result<()>) -> io::Result<(u32, T)> {
    let parent = getpid();
    let dies_with_parent = move || {
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        // The parent may have been gone before it was asked for.
        getppid() == Some(parent)
    };
    start(name, libc::SIGCHLD, kept, dies_with_parent, work)
}

/// The same for a child that lives on without its parent, but no longer than the limit.
pub(super) fn fork_to_outlive(
    name: &CStr,
    limit: Duration,
    work: impl FnOnce() -> io::Result<()>,
) -> io::Result<u32> {
    let ends_by_itself = move || {
        limit::alarm(limit);
        true
    };
    Ok(start(name, libc::SIGCHLD, (), ends_by_itself, work)?.0)
}

/// The same as [`fork`], and its parent waits in the kernel until the child ends or starts another program, as in
/// vfork(2). The child has memory of its own, so it may do what it likes, and has to end by itself.
pub(super) fn vfork(name: &CStr, limit: Duration, work: impl FnOnce() -> io::Result<()>) -> io::Result<u32> {
    let ends_by_itself = move || {
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        limit::alarm(limit);
        true
    };
    Ok(start(name, libc::SIGCHLD | libc::CLONE_VFORK, (), ends_by_itself, work)?.0)
}

fn start<T>(
    name: &CStr,
    flags: i32,
    kept: T,
    prepare: impl FnOnce() -> bool,
    work: impl FnOnce() -> io::Result<()>,
) -> io::Result<(u32, T)> {
    let pid = if flags == libc::SIGCHLD {
        // SAFETY: scenarios fork while they have one thread, so the child is a whole copy; where there is a second
        // one (`locks::orphan`), the child only takes a lock.
        unsafe { libc::fork() }
    } else {
        // SAFETY: as above. Without CLONE_VM the child gets a copy of the memory, its stack included; no other flag
        // that takes an argument is set.
        unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) as i32 }
    };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(kept);
            limit::forget();
            let _ = rustix::thread::set_name(name);
            let code = i32::from(!prepare() || work().is_err());
            // SAFETY: ends this child at once, without a word to what it has in common with its parent.
            unsafe { libc::_exit(code) }
        }
        pid => Ok((pid.unsigned_abs(), kept)),
    }
}

/// This process.
pub(super) fn me() -> u32 {
    getpid().as_raw_nonzero().get().unsigned_abs()
}

/// Waits until a child ends.
pub(super) fn wait_for(child: u32) -> io::Result<()> {
    waitpid(Pid::from_raw(child.cast_signed()), WaitOptions::empty())?;
    Ok(())
}
