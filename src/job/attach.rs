//! A client's line to a keeper.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::folder::Places;
use super::message::{Asked, Inbox, MAX_INPUT, Told, line_of};
use super::socket;

/// A keeper takes what it is sent at once; one that doesn't is stuck, and nobody waits for it.
const SEND_PATIENCE: Duration = Duration::from_secs(1);

/// A line to one keeper.
#[derive(Debug)]
pub struct Control {
    stream: UnixStream,
    inbox: Inbox,
    heard: VecDeque<Told>,
}

/// What came of listening.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The keeper said something.
    Told(Told),
    /// It said nothing in that time.
    Nothing,
    /// It is gone. If it did not say [`Told::Exited`] before, the job's exit is unknown.
    Gone,
}

impl Control {
    /// Connects to the keeper of this run; the first thing it says is [`Told::Hello`].
    pub fn connect(places: &Places, run: &str) -> io::Result<Self> {
        Self::over(socket::connect(places, run)?)
    }

    /// Speaks over a connection that is there already.
    pub(super) fn over(stream: UnixStream) -> io::Result<Self> {
        stream.set_write_timeout(Some(SEND_PATIENCE))?;
        Ok(Self { stream, inbox: Inbox::default(), heard: VecDeque::new() })
    }

    /// Waits for the next thing the keeper says, without a timeout for ever.
    pub fn recv(&mut self, timeout: Option<Duration>) -> io::Result<Heard> {
        if let Some(told) = self.heard.pop_front() {
            return Ok(Heard::Told(told));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        loop {
            match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], timeout.as_ref()) {
                // The caller has its own idea of time and asks again.
                Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Heard::Nothing),
                Ok(_) => {}
                Err(errno) => return Err(errno.into()),
            }
            let mut bytes = [0; 4096];
            let count = match self.stream.read(&mut bytes) {
                Ok(0) => return Ok(Heard::Gone),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Heard::Gone),
                Err(error) => return Err(error),
            };
            let (messages, broken) = self.inbox.take(&bytes[..count]);
            self.heard.extend(messages);
            if let Some(broken) = broken {
                return Err(io::Error::new(io::ErrorKind::InvalidData, broken));
            }
            if let Some(told) = self.heard.pop_front() {
                return Ok(Heard::Told(told));
            }
        }
    }

    /// Whether something was heard that [`Control::recv`] gives without reading; look here before you poll.
    pub fn has_more(&self) -> bool {
        !self.heard.is_empty()
    }

    /// Asks the keeper for something.
    pub fn send(&mut self, asked: &Asked) -> io::Result<()> {
        match asked {
            Asked::Input(bytes) if bytes.len() > MAX_INPUT => {
                bytes.chunks(MAX_INPUT).try_for_each(|piece| self.send(&Asked::Input(piece.to_vec())))
            }
            _ => self.stream.write_all(&line_of(asked)),
        }
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
