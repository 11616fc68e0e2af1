#![expect(unsafe_code, reason = "ptrace(2) and waitpid(2) with __WNOTHREAD have no safe wrapper here")]
//! ptrace(2) of one thread at a time, and what it reports.
//!
//! All of it works on tracees of the calling thread only: the kernel knows a tracer by its thread.

use rustix::io::Errno;

use super::meaning::{self, Stop};

/// `PTRACE_EVENT_STOP` and those of new threads and processes, as they stand above the signal in a status.
const EVENT_STOP: i32 = 128;
const EVENT_NEW: std::ops::RangeInclusive<i32> = 1..=3;
/// `PTRACE_GET_SYSCALL_INFO`, since Linux 5.3.
const GET_SYSCALL_INFO: Request = 0x420e;

/// The C libraries differ in the type of a request.
#[cfg(target_env = "musl")]
type Request = libc::c_int;
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

/// What the kernel reports of a tracee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// It has ended.
    Ended,
    /// It enters or leaves a call.
    Call,
    /// It has started another, which is traced as well.
    Started,
    /// It stands because we asked, or has just begun.
    Stands,
    /// It is stopped by a signal, with the rest of its process.
    GroupStop,
    /// A signal is about to be delivered to it.
    Signal(i32),
}

/// What happened to one of our tracees since we asked last.
pub(super) enum News {
    /// This.
    Of(u32, Report),
    /// Nothing yet.
    Nothing,
    /// There are no tracees left.
    NoneLeft,
}

/// Becomes the tracer of a thread, without stopping it. What it starts is traced too.
pub(super) fn seize(tid: u32) -> Result<(), Errno> {
    let options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK;
    request(libc::PTRACE_SEIZE, tid, 0, options as usize)
}

/// Asks it to stop.
pub(super) fn interrupt(tid: u32) -> Result<(), Errno> {
    request(libc::PTRACE_INTERRUPT, tid, 0, 0)
}

/// Lets it go on up to its next call, with a signal, or none (0).
pub(super) fn go_on(tid: u32, signal: i32) -> Result<(), Errno> {
    request(libc::PTRACE_SYSCALL, tid, 0, signal as usize)
}

/// Leaves it stopped as its process is, until that goes on.
pub(super) fn listen(tid: u32) -> Result<(), Errno> {
    request(libc::PTRACE_LISTEN, tid, 0, 0)
}

/// Is its tracer no more; it goes on with a signal, or none (0).
pub(super) fn detach(tid: u32, signal: i32) -> Result<(), Errno> {
    request(libc::PTRACE_DETACH, tid, 0, signal as usize)
}

/// Whom it has just started.
pub(super) fn started(tid: u32) -> Option<u32> {
    let mut message: libc::c_ulong = 0;
    request(libc::PTRACE_GETEVENTMSG, tid, 0, (&raw mut message).expose_provenance()).ok()?;
    u32::try_from(message).ok()
}

/// The call that it stands in.
pub(super) fn call(tid: u32) -> Option<Stop> {
    let mut info = [0_u8; meaning::INFO];
    request(GET_SYSCALL_INFO, tid, info.len(), info.as_mut_ptr().expose_provenance()).ok()?;
    meaning::stop(&info)
}

fn request(request: Request, tid: u32, address: usize, data: usize) -> Result<(), Errno> {
    // SAFETY: `data` is a number, or the address of a buffer of the caller that lives during the call and is as long as
    // what the kernel writes there: a word for GETEVENTMSG, `address` bytes for GET_SYSCALL_INFO. The other requests
    // touch no memory of ours, and all fail with ESRCH where `tid` is no tracee of this thread.
    let done = unsafe {
        libc::ptrace(
            request,
            tid as libc::pid_t,
            std::ptr::with_exposed_provenance_mut::<libc::c_void>(address),
            std::ptr::with_exposed_provenance_mut::<libc::c_void>(data),
        )
    };
    if done == -1 { Err(last()) } else { Ok(()) }
}

/// What happened to any tracee of this thread; nobody else's children are waited for.
pub(super) fn news() -> News {
    let mut status = 0;
    // SAFETY: `status` is ours and lives during the call.
    let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD | libc::WNOHANG) };
    match u32::try_from(tid) {
        Ok(0) => News::Nothing,
        Ok(tid) => News::Of(tid, report(status)),
        Err(_) if last() == Errno::CHILD => News::NoneLeft,
        Err(_) => News::Nothing,
    }
}

fn last() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// What a status of waitpid(2) says of a tracee, see ptrace(2).
fn report(status: i32) -> Report {
    if !libc::WIFSTOPPED(status) {
        return Report::Ended;
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        event if EVENT_NEW.contains(&event) => Report::Started,
        EVENT_STOP => match signal {
            libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => Report::GroupStop,
            _ => Report::Stands,
        },
        0 if signal == libc::SIGTRAP | 0x80 => Report::Call,
        0 => Report::Signal(signal),
        _ => Report::Stands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_happened() {
        let stopped = |event: i32, signal: i32| report(event << 16 | signal << 8 | 0x7f);
        assert_eq!(report(0), Report::Ended);
        assert_eq!(report(9), Report::Ended);
        assert_eq!(stopped(0, libc::SIGTRAP | 0x80), Report::Call);
        assert_eq!(stopped(0, libc::SIGUSR1), Report::Signal(libc::SIGUSR1));
        assert_eq!(stopped(128, libc::SIGTRAP), Report::Stands);
        assert_eq!(stopped(128, libc::SIGSTOP), Report::GroupStop);
        assert_eq!(stopped(3, libc::SIGTRAP), Report::Started);
    }

    #[test]
    fn who_is_no_tracee_is_not_touched() {
        assert_eq!(detach(1, 0), Err(Errno::SRCH));
        assert_eq!((started(1), call(1)), (None, None));
    }
}
