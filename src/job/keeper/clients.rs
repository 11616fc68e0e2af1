//! The clients of a keeper: what they ask for, and what they are told, each within bounds.
//!
//! A client that sends what is no message, or does not read what it is told, is dropped. The job never notices.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::job::message::{Asked, Inbox, Told, line_of};

/// How many there may be at once.
pub(super) const MAX_CLIENTS: usize = 32;

/// How much one may be behind with reading.
const MAX_BEHIND: usize = 128 * 1024;

/// One client.
pub(super) struct Client {
    stream: UnixStream,
    inbox: Inbox,
    behind: Vec<u8>,
    is_gone: bool,
}

impl Client {
    /// A client on this connection.
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, inbox: Inbox::default(), behind: Vec::new(), is_gone: false }
    }

    /// Whether it left or was dropped.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Whether it has yet to read something.
    pub(super) fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Tells it something.
    pub(super) fn tell(&mut self, told: &Told) {
        self.behind.extend(line_of(told));
        self.flush();
        if self.behind.len() > MAX_BEHIND {
            self.is_gone = true;
        }
    }

    /// Sends what it takes now.
    pub(super) fn flush(&mut self) {
        while !self.behind.is_empty() && !self.is_gone {
            match send(&self.stream, &self.behind, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(count) => drop(self.behind.drain(..count)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.is_gone = true,
            }
        }
    }

    /// What it asks for; one read a turn, so that no client keeps the loop to itself.
    pub(super) fn asks(&mut self) -> Vec<Asked> {
        let mut bytes = [0; 16 * 1024];
        match recv(&self.stream, &mut bytes, RecvFlags::DONTWAIT) {
            Ok((0, _)) => self.is_gone = true,
            Ok((count, _)) => {
                let (mut asked, broken) = self.inbox.take(&bytes[..count]);
                let bye = asked.iter().position(|asked| *asked == Asked::Bye);
                asked.truncate(bye.unwrap_or(asked.len()));
                self.is_gone |= broken.is_some() || bye.is_some();
                return asked;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.is_gone = true,
        }
        Vec::new()
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_client_that_never_reads_is_dropped() {
        let (_ours, theirs) = UnixStream::pair().unwrap();
        let mut client = Client::new(theirs);
        for _ in 0..1_000_000 {
            client.tell(&Told::Continued);
            if client.is_gone() {
                return;
            }
            assert!(client.behind.len() <= MAX_BEHIND);
        }
        panic!("it was fed without end");
    }

    #[test]
    fn garbage_ends_a_client_after_what_was_sound() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut client = Client::new(theirs);
        ours.write_all(&[line_of(&Asked::Resize { rows: 1, cols: 2 }), b"\x1b[2J\n".to_vec()].concat())
            .unwrap();
        assert_eq!(client.asks(), [Asked::Resize { rows: 1, cols: 2 }]);
        assert!(client.is_gone());
    }
}
