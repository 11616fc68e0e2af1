#![expect(
    clippy::disallowed_methods,
    reason = "edge: holds the terminal, and asks the environment which one it is"
)]
//! The terminal: taken over, and given back whatever happens.
//!
//! It is given back on return and on error by [`Term`]'s drop, on a panic by a hook, and from a signal handler by
//! [`restore`], which only makes system calls.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, OnceLock};
use std::thread::{self, ThreadId};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdout;
use rustix::termios::{self, OptionalActions, SpecialCodeIndex, Termios};

use super::modes::{ENTER, KEEP_TITLE, LEAVE, MOUSE, QUESTION, Surroundings};
use super::reader::GATE;

/// Panics of other threads that are told after the screen is gone; more than a few say nothing new.
const PANICS_KEPT: usize = 8;

/// The terminal's modes as they were found.
static FOUND: OnceLock<Termios> = OnceLock::new();
/// True while the terminal is taken over.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// The thread that draws.
static DRAWS: OnceLock<ThreadId> = OnceLock::new();
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// The terminal while it is taken over; dropping it gives it back.
#[derive(Debug)]
pub struct Term {
    has_mouse: bool,
    surroundings: Surroundings,
}

impl Term {
    /// Takes the terminal on standard output over: raw mode, alternate screen, no cursor, keys and, unless it is not
    /// wanted, the mouse. The [`QUESTION`] goes first.
    pub fn enter(has_mouse: bool) -> io::Result<Self> {
        let found = termios::tcgetattr(stdout())?;
        FOUND.get_or_init(|| found);
        DRAWS.get_or_init(|| thread::current().id());
        HOOK.call_once(install_hook);
        let surroundings = Surroundings::of(|name| std::env::var(name).ok());
        let term = Self { has_mouse, surroundings };
        term.take(KEEP_TITLE)?;
        Ok(term)
    }

    fn take(&self, title: &[u8]) -> io::Result<()> {
        let Some(found) = FOUND.get() else { return Ok(()) };
        let mut raw = found.clone();
        raw.make_raw();
        // Who reads takes what there is and never waits, as it must not when somebody else was quicker.
        raw.special_codes[SpecialCodeIndex::VMIN] = 0;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        IS_TAKEN.store(true, Ordering::SeqCst);
        termios::tcsetattr(stdout(), OptionalActions::Now, &raw)?;
        let mouse = if self.has_mouse { MOUSE } else { &[] };
        // The screen is emptied last: an old terminal may have shown a part of what it does not know.
        self.write(&[title, QUESTION, mouse, ENTER].concat())?;
        GATE.open();
        Ok(())
    }

    /// Takes the terminal over once more: a shell may have changed it while this process was stopped.
    pub fn enter_again(&self) -> io::Result<()> {
        self.take(&[])
    }

    /// What the environment tells of the terminal.
    pub const fn surroundings(&self) -> Surroundings {
        self.surroundings
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        size()
    }

    /// Writes all of a frame, with one `write(2)` unless the terminal takes less at once.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write(bytes)?;
        Ok(())
    }

    /// Gives the terminal back for as long as `meanwhile` takes, which may stop this process or start another one on
    /// it. Nothing is read from it meanwhile.
    pub fn lend(&self, meanwhile: impl FnOnce()) -> io::Result<()> {
        GATE.close();
        restore();
        meanwhile();
        self.take(KEEP_TITLE)
    }
}

/// Columns and rows of the terminal on standard output.
pub fn size() -> io::Result<(u16, u16)> {
    let size = termios::tcgetwinsize(stdout())?;
    Ok((size.ws_col, size.ws_row))
}

impl Drop for Term {
    fn drop(&mut self) {
        GATE.close();
        restore();
        let panics = PANICS.lock().map(|mut panics| std::mem::take(&mut *panics)).unwrap_or_default();
        for panic in panics {
            // Whoever can't hear it can't be told either.
            let _ = rustix::io::write(rustix::stdio::stderr(), panic.as_bytes());
        }
    }
}

/// Gives the terminal back if it is taken over. It makes system calls only, so a signal handler may call it.
///
/// What was typed and not read is dropped: it was meant for the screen, or is an answer of the terminal.
pub fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // The terminal may be gone; then there is nothing to restore.
    let _ = write(LEAVE);
    if let Some(found) = FOUND.get() {
        let _ = termios::tcsetattr(stdout(), OptionalActions::Flush, found);
    }
}

fn write(mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // Another program that shares the terminal may have made it non-blocking.
            Err(Errno::AGAIN) => {
                let out = stdout();
                poll(&mut [PollFd::new(&out, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A panic of the thread that draws ends the screen, so the terminal is given back before its message. One of
/// another thread may be caught, and its message would be written across the screen: it is kept for later.
fn install_hook() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_ours = DRAWS.get() == Some(&thread::current().id());
        if is_ours || !IS_TAKEN.load(Ordering::SeqCst) {
            restore();
            before(info);
        } else if let Ok(mut panics) = PANICS.try_lock()
            && panics.len() < PANICS_KEPT
        {
            panics.push(format!("{info}\n"));
        }
    }));
}
