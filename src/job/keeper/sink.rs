#![expect(clippy::disallowed_methods, reason = "edge: writes to the caller's streams")]
//! Where relayed output goes, written to without ever blocking the loop.
//!
//! The caller's descriptors are shared with the caller, so making *them* non-blocking would surprise it. A pipe or a
//! terminal is opened anew instead, which gives a handle of our own on the same thing; a socket takes a flag with
//! each write; a plain file does not block.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};

use crate::proc::own;

/// As much as poll(2) promises room for in a pipe that is ready.
const ATOMIC: usize = 4096;

/// One of the caller's outputs.
pub(super) struct Sink {
    fd: OwnedFd,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Never blocks for long: a file, a null device.
    Plain,
    /// Ours alone and non-blocking.
    Pipe,
    /// Shared and blocking, so it gets only as much as it surely takes.
    SharedPipe,
    Socket,
    Terminal,
}

/// What came of writing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// So many bytes were taken.
    Bytes(usize),
    /// It takes nothing at the moment; poll tells when it does.
    Full,
    /// As [`Written::Full`], but poll would not tell: the terminal belongs to another group just now.
    Held,
    /// Nobody is left to read it, or it can't be written to any more.
    Closed,
}

impl Sink {
    /// A sink on the caller's descriptor.
    pub(super) fn new(fd: OwnedFd) -> Self {
        let kind = fstat(&fd).map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            FileType::Fifo => match reopened(&fd) {
                Ok(own) => Self { fd: own, kind: Kind::Pipe },
                Err(_) => Self { fd, kind: Kind::SharedPipe },
            },
            FileType::CharacterDevice if rustix::termios::isatty(&fd) => {
                Self { fd: reopened(&fd).unwrap_or(fd), kind: Kind::Terminal }
            }
            FileType::Socket => Self { fd, kind: Kind::Socket },
            _ => Self { fd, kind: Kind::Plain },
        }
    }

    /// Whether an error event on the descriptor means that nobody reads it any more.
    pub(super) fn tells_of_its_end(&self) -> bool {
        matches!(self.kind, Kind::Pipe | Kind::SharedPipe)
    }

    /// Writes what it takes now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Written {
        let done = match self.kind {
            Kind::Plain | Kind::Pipe => rustix::io::write(&self.fd, bytes),
            Kind::SharedPipe if !self.has_room() => return Written::Full,
            Kind::Socket => rustix::net::send(&self.fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Kind::Terminal if self.is_in_background() => return Written::Held,
            Kind::SharedPipe | Kind::Terminal => {
                rustix::io::write(&self.fd, &bytes[..bytes.len().min(ATOMIC)])
            }
        };
        match done {
            Ok(count) => Written::Bytes(count),
            Err(Errno::AGAIN | Errno::INTR) => Written::Full,
            Err(_) => Written::Closed,
        }
    }

    fn has_room(&self) -> bool {
        let mut asked = [PollFd::new(&self.fd, PollFlags::OUT)];
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|count| count > 0)
    }

    /// Whether writing would get us stopped: the terminal has `tostop` set and another group in its foreground.
    ///
    /// The keeper must not stop, and catching the signal would make the kernel repeat it to the whole group for ever.
    fn is_in_background(&self) -> bool {
        let stops = tcgetattr(&self.fd).is_ok_and(|modes| modes.local_modes.contains(LocalModes::TOSTOP));
        stops && tcgetpgrp(&self.fd).is_ok_and(|group| own::group() != Some(group.as_raw_pid() as u32))
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// A handle of our own on the same pipe or terminal.
fn reopened(fd: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(open(format!("/proc/self/fd/{}", fd.as_raw_fd()), flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pipe_says_so_and_stays_as_it_was() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut sink = Sink::new(write.try_clone().unwrap());
        while sink.write(&vec![b'x'; 65_536]) != Written::Full {}
        let flags = rustix::fs::fcntl_getfl(&write).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK), "the caller's own handle must stay blocking");
        drop(read);
        assert_eq!(sink.write(b"x"), Written::Closed);
    }
}
