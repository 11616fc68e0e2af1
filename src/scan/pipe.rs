//! A pipe that was given as an argument, as `telltale scan <(cmd)` does: read like standard input, without hanging.
//!
//! The descriptor does not block (`walk::open` sees to that), so that a stop is heard within a moment. A named pipe
//! into which nobody ever writes looks the same as one whose writer is slow; after [`PATIENCE`] without a single
//! byte it is given up and counted as unreadable. A pipe of the shell's has a writer from its start and is waited
//! for as long as that one lives.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a named pipe may stay silent at first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a stop may go unheard.
const STEP: Duration = Duration::from_millis(100);

const SILENT: &str = "nobody writes into this pipe; start the writer first, or scan its output as `-`";

/// Reads a pipe to its end.
pub(crate) struct Pipe<'a> {
    file: File,
    stop: &'a AtomicBool,
    /// What is left of the patience; `None` once something came, or where there is a writer for sure.
    patience: Option<Duration>,
}

impl<'a> Pipe<'a> {
    /// Reads `file`, opened without blocking; `named` when it lies in a folder and may have no writer yet.
    pub(crate) fn new(file: File, named: bool, stop: &'a AtomicBool) -> Self {
        Self { file, stop, patience: named.then_some(PATIENCE) }
    }

    /// Waits for bytes or the end; `false` when the scan was told to stop.
    fn ready(&mut self) -> io::Result<bool> {
        let step = Timespec { tv_sec: 0, tv_nsec: STEP.as_nanos() as _ };
        loop {
            match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&step)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            if let Some(left) = &mut self.patience {
                *left = left.saturating_sub(STEP);
                if left.is_zero() {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, SILENT));
                }
            }
        }
    }
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Before the first byte a read says "end" where it means "no writer yet"; poll knows the difference.
        if self.patience.is_some() && !self.ready()? {
            return Ok(0);
        }
        loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.ready()? {
                        return Ok(0);
                    }
                }
                Ok(read) => {
                    self.patience = None;
                    return Ok(read);
                }
                error => return error,
            }
        }
    }
}
