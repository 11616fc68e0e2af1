#![expect(clippy::disallowed_methods, reason = "edge: the thread that reads the terminal")]
//! The thread that reads the terminal, and the gate that keeps it from reading while the terminal is lent.

use std::io;
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;

use super::inputs::Inputs;
use crate::ui::event::Event;
use crate::ui::input::Input;

/// It needs little: it reads a kilobyte at a time, and nothing of it recurses.
const STACK: usize = 128 * 1024;

/// What is read at once.
const CHUNK: usize = 1024;

/// Open while the terminal is taken over; nothing is read while it is closed.
pub(super) static GATE: Gate =
    Gate { opening: Mutex::new(Opening { is_open: false, times: 0 }), opened: Condvar::new() };

/// Lets the thread read, or does not. Whoever closes it knows afterwards that no byte is taken any more: the thread
/// reads with the gate in its hand, and only what is there already.
#[derive(Debug)]
pub(super) struct Gate {
    opening: Mutex<Opening>,
    opened: Condvar,
}

#[derive(Debug)]
struct Opening {
    is_open: bool,
    /// How often it was opened.
    times: u32,
}

impl Gate {
    pub(super) fn open(&self) {
        let mut opening = self.lock();
        opening.is_open = true;
        opening.times = opening.times.wrapping_add(1);
        self.opened.notify_all();
    }

    pub(super) fn close(&self) {
        self.lock().is_open = false;
    }

    fn lock(&self) -> MutexGuard<'_, Opening> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is open, and holds it open.
    fn enter(&self) -> MutexGuard<'_, Opening> {
        let closed = |opening: &mut Opening| !opening.is_open;
        self.opened.wait_while(self.lock(), closed).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread that reads the terminal while it is taken over. An error means that no thread can be had: the
/// caller says so and goes on without a screen.
pub fn spawn(events: SyncSender<Event>) -> io::Result<()> {
    thread::Builder::new().name("input".to_owned()).stack_size(STACK).spawn(move || {
        let mut times = 0;
        let mut inputs = Inputs::default();
        loop {
            let Ok(read) = read(&mut inputs, &mut times) else {
                // The terminal is gone: nobody can see the screen any more.
                let _ = events.send(Event::Leave);
                return;
            };
            for input in read {
                if events.send(Event::Input(input)).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(())
}

/// Waits for bytes, or until there are none for so long that what was begun is decided.
fn read(inputs: &mut Inputs, times: &mut u32) -> Result<Vec<Input>, Errno> {
    let stdin = stdin();
    let mut source = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = inputs.patience().map(|patience| patience.try_into().unwrap_or_default());
    let is_silent = match poll(&mut source, patience.as_ref()) {
        Ok(ready) => ready == 0,
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let is_gone = source[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    let opening = GATE.enter();
    if *times != opening.times {
        // What was begun before somebody else had the terminal is not ended now, and what was there to read was his.
        *times = opening.times;
        *inputs = Inputs::default();
        return Ok(Vec::new());
    }
    if is_silent {
        return Ok(inputs.silence().into_iter().collect());
    }
    let mut bytes = [0; CHUNK];
    // It never waits: the terminal is set so that it gives what there is.
    match rustix::io::read(stdin, &mut bytes) {
        Ok(0) if is_gone => Err(Errno::IO),
        Ok(read) => Ok(inputs.take(&bytes[..read])),
        Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
