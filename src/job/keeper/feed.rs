//! One stream of the job's output: read promptly, copied on byte for byte if it belongs to the caller.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::sink::{Sink, Written};
use crate::job::spawn;

/// As much as is read in one turn; a pipe holds no more, unless somebody made it larger.
pub(super) const TURN: usize = 64 * 1024;

/// How much typed input waits for a job that does not read it.
const MAX_TYPED: usize = 64 * 1024;

/// How often to ask whether a terminal that belongs to another group takes output again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// One stream of output, and the input if it is a terminal's.
pub(super) struct Feed {
    /// Where the job's output is read; closed at its end, or when nobody wants it any more.
    pub(super) from: Option<OwnedFd>,
    /// Where it goes, unless it only goes to the log.
    pub(super) to: Option<Sink>,
    /// Output that was read and not yet taken on, from this position.
    pending: Vec<u8>,
    at: usize,
    held_until: Option<Instant>,
    typed: VecDeque<u8>,
    /// The job's side is a terminal.
    is_terminal: bool,
}

impl Feed {
    /// A stream that only goes to the log.
    pub(super) fn of_terminal(master: OwnedFd) -> Self {
        Self {
            from: Some(master),
            to: None,
            pending: Vec::new(),
            at: 0,
            held_until: None,
            typed: VecDeque::new(),
            is_terminal: true,
        }
    }

    /// A stream that goes to one of the caller's.
    pub(super) fn relayed(from: OwnedFd, to: Sink, is_terminal: bool) -> Self {
        Self { to: Some(to), is_terminal, ..Self::of_terminal(from) }
    }

    /// Gives the job's terminal the size of the one it stands for.
    pub(super) fn copy_size(&self) {
        if let (true, Some(from), Some(to)) = (self.is_terminal, &self.from, &self.to) {
            spawn::copy_size(to, from);
        }
    }

    /// Whether everything that was read has been taken on.
    pub(super) fn is_flushed(&self) -> bool {
        self.at == self.pending.len()
    }

    /// Whether there will be no more output.
    pub(super) fn is_over(&self) -> bool {
        self.from.is_none() && self.is_flushed()
    }

    /// What to poll for on the job's side; nothing while the other side has not taken the last piece, which is how
    /// back-pressure reaches the job.
    pub(super) fn wants_from(&self) -> Option<PollFlags> {
        if !self.is_flushed() {
            return None;
        }
        let typing = if self.typed.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        self.from.as_ref().map(|_| PollFlags::IN | typing)
    }

    /// What to poll for on the caller's side. An error event, which comes unasked, tells that a pipe has no reader
    /// any more, so that the job learns of it with its next write, as it would without us.
    pub(super) fn wants_to(&self) -> Option<PollFlags> {
        let to = self.to.as_ref()?;
        match (self.is_flushed(), self.held_until) {
            (false, None) => Some(PollFlags::OUT),
            _ if to.tells_of_its_end() => Some(PollFlags::empty()),
            _ => None,
        }
    }

    /// When to try again without an event.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.held_until
    }

    /// Reads what there is, up to one turn, and starts to pass it on. Gives the bytes for the log.
    pub(super) fn read<'a>(&mut self, space: &'a mut [u8], now: Instant) -> &'a [u8] {
        let mut filled = 0;
        let mut is_end = false;
        while filled < space.len()
            && let Some(from) = &self.from
        {
            match rustix::io::read(from, &mut space[filled..]) {
                Ok(0) => is_end = true,
                Ok(count) => {
                    filled += count;
                    // A terminal gives small pieces, a pipe all it has.
                    if self.is_terminal {
                        continue;
                    }
                }
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {}
                // EIO is how a terminal says that its other end was closed.
                Err(_) => is_end = true,
            }
            break;
        }
        if self.to.is_some() {
            self.pass_on(&space[..filled], now);
        }
        if is_end {
            self.from = None;
        }
        if self.is_over() {
            // The caller's stream ends when the job's does.
            self.to = None;
        }
        &space[..filled]
    }

    /// Passes on what is new, straight from where it was read as far as it goes.
    fn pass_on(&mut self, bytes: &[u8], now: Instant) {
        let done = self.write(bytes, now);
        self.pending.clear();
        self.at = 0;
        if self.to.is_some() {
            self.pending.extend_from_slice(&bytes[done..]);
        }
    }

    /// Passes on what is left of the last piece.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.held_until.is_some_and(|until| until > now) {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        self.at += self.write(&pending[self.at..], now);
        self.pending = pending;
        if self.to.is_none() {
            self.at = self.pending.len();
        }
        if self.is_over() {
            self.to = None;
        }
    }

    fn write(&mut self, bytes: &[u8], now: Instant) -> usize {
        let mut done = 0;
        self.held_until = None;
        while done < bytes.len()
            && let Some(to) = &mut self.to
        {
            match to.write(&bytes[done..]) {
                Written::Bytes(count) => done += count,
                Written::Full => break,
                Written::Held => {
                    self.held_until = Some(now + ASK_AGAIN);
                    break;
                }
                Written::Closed => self.close(),
            }
        }
        done
    }

    /// Nobody reads the other side any more: the job gets SIGPIPE with its next write.
    pub(super) fn close(&mut self) {
        self.from = None;
        self.to = None;
        self.at = self.pending.len();
    }

    /// Takes typed input for the job, as much as there is room for.
    pub(super) fn type_in(&mut self, bytes: &[u8]) {
        let room = MAX_TYPED - self.typed.len();
        self.typed.extend(&bytes[..bytes.len().min(room)]);
        self.flush_typed();
    }

    /// Hands typed input to the terminal, as much as it takes.
    pub(super) fn flush_typed(&mut self) {
        while let Some(terminal) = &self.from
            && !self.typed.is_empty()
        {
            match rustix::io::write(terminal, self.typed.as_slices().0) {
                Ok(0) | Err(Errno::AGAIN) => return,
                Ok(count) => drop(self.typed.drain(..count)),
                Err(Errno::INTR) => {}
                Err(_) => self.typed.clear(),
            }
        }
    }
}
