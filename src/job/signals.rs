#![expect(clippy::disallowed_methods, reason = "edge: catches signals, and asks which ones are ignored")]
//! Signals that reach the front, and which of them it passes on to the job.
//!
//! Ctrl-C in the caller's terminal reaches the job by itself, as it is in the same group; passing that on would
//! make two of one. What a *process* sends to the front alone, such as a scheduler's TERM, must be passed on.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

/// The signals a front of a relayed job listens for.
pub const PASSED: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// The signal that says the terminal has another size.
pub const RESIZED: i32 = SIGWINCH;

/// One signal that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Its number.
    pub signal: i32,
    /// The terminal, or the kernel in its name, sent it: then it went to the whole foreground group.
    pub is_from_terminal: bool,
}

/// Signals as they arrive, behind a descriptor that becomes readable.
#[derive(Debug)]
pub struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Signals {
    /// Starts to catch these signals, but for those the caller has told us to ignore, as `nohup` does with HUP: they
    /// stay ignored, here and in the job.
    pub fn catch(signals: &[i32]) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let ignored = ignored();
        let signals = signals.iter().filter(|&&signal| ignored & bit(signal) == 0);
        Ok(Self { delivery: SignalDelivery::with_pipe(read, write, WithOrigin::default(), signals)? })
    }

    /// What has arrived since the last call; it never waits.
    pub fn take(&mut self) -> Vec<Arrived> {
        let arrived = self.delivery.pending();
        arrived
            .map(|origin| Arrived {
                signal: origin.signal,
                is_from_terminal: !matches!(origin.cause, Cause::Sent(_)),
            })
            .collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

/// Lets these signals pass without effect. They are *caught*, as exec(2) sets what is caught back to the default, so
/// that a child finds them as if nothing had happened.
pub(super) fn outlive(signals: &[i32], even_ignored: bool) -> io::Result<()> {
    let ignored = if even_ignored { 0 } else { ignored() };
    for &signal in signals.iter().filter(|&&signal| ignored & bit(signal) == 0) {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1).clamp(0, 63)
}

/// The signals that this process ignores, as bits, from `proc_pid_status(5)`.
fn ignored() -> u64 {
    std::fs::read_to_string("/proc/self/status").map_or(0, |status| parse_ignored(&status))
}

fn parse_ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(parse_ignored(status), bit(SIGHUP) | bit(13));
        assert_eq!(parse_ignored(""), 0);
    }
}
