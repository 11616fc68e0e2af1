#![expect(
    clippy::disallowed_methods,
    reason = "edge: holds the terminal and starts the thread that reads keys"
)]
//! The terminal: taken over, and given back whatever happens.
//!
//! It is given back on return and on error by [`Term`]'s drop, on a panic by a hook, and from a signal handler by
//! [`restore`], which only makes system calls. The modes go through rustix and not through crossterm, whose
//! own switch takes a lock that a signal handler must not wait for.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, Once, OnceLock};
use std::thread::{self, ThreadId};

use crossterm::event::{KeyCode, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdout;
use rustix::termios::{self, OptionalActions, Termios};

use super::input::{Code, Input, Key};
use super::state::Event;

/// Alternate screen, cursor hidden, nothing on it.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[0m\x1b[2J";

/// Plain style, cursor shown, the screen as it was.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";

/// The thread that reads keys needs little: crossterm parses a kilobyte at a time.
const INPUT_STACK: usize = 128 * 1024;

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
pub struct Term(());

impl Term {
    /// Takes the terminal on standard output over: raw mode, alternate screen, no cursor.
    pub fn enter() -> io::Result<Self> {
        let found = termios::tcgetattr(stdout())?;
        FOUND.get_or_init(|| found);
        DRAWS.get_or_init(|| thread::current().id());
        HOOK.call_once(install_hook);
        let term = Self(());
        term.take()?;
        Ok(term)
    }

    fn take(&self) -> io::Result<()> {
        let Some(found) = FOUND.get() else { return Ok(()) };
        let mut raw = found.clone();
        raw.make_raw();
        IS_TAKEN.store(true, Ordering::SeqCst);
        termios::tcsetattr(stdout(), OptionalActions::Now, &raw)?;
        self.write(ENTER)
    }

    /// Takes the terminal over once more: a shell may have changed it while this process was stopped.
    pub fn enter_again(&self) -> io::Result<()> {
        self.take()
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = termios::tcgetwinsize(stdout())?;
        Ok((size.ws_col, size.ws_row))
    }

    /// Writes all of a frame, with one `write(2)` unless the terminal takes less at once.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write(bytes)?;
        Ok(())
    }

    /// Gives the terminal back for as long as `meanwhile` takes, which may stop this process.
    pub fn lend(&self, meanwhile: impl FnOnce()) -> io::Result<()> {
        restore();
        meanwhile();
        self.take()
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        restore();
        let panics = PANICS.lock().map(|mut panics| std::mem::take(&mut *panics)).unwrap_or_default();
        for panic in panics {
            // Whoever can't hear it can't be told either.
            let _ = rustix::io::write(rustix::stdio::stderr(), panic.as_bytes());
        }
    }
}

/// Gives the terminal back if it is taken over. It makes system calls only, so a signal handler may call it.
pub fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // The terminal may be gone; then there is nothing to restore.
    let _ = write(LEAVE);
    if let Some(found) = FOUND.get() {
        let _ = termios::tcsetattr(stdout(), OptionalActions::Now, found);
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

/// Starts the thread that reads keys and sizes. An error means that no thread can be had: the caller says so
/// and goes on without a screen.
pub fn spawn_input(events: SyncSender<Event>) -> io::Result<()> {
    thread::Builder::new().name("input".to_owned()).stack_size(INPUT_STACK).spawn(move || {
        loop {
            let event = match crossterm::event::read() {
                Ok(input) => match told(input) {
                    Some(input) => Event::Input(input),
                    None => continue,
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The terminal is gone: nobody can see the screen any more.
                Err(_) => Event::Leave,
            };
            let is_last = matches!(event, Event::Leave);
            if events.send(event).is_err() || is_last {
                return;
            }
        }
    })?;
    Ok(())
}

/// What the library read, in our words; `None` for what nobody asked for.
fn told(event: crossterm::event::Event) -> Option<Input> {
    use crossterm::event::{Event, KeyEventKind};
    Some(match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return None,
        Event::Key(key) => Input::Key(Key {
            code: code(key.code)?,
            has_ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
            has_alt: key.modifiers.contains(KeyModifiers::ALT),
        }),
        Event::Paste(text) => Input::Paste(text),
        Event::Resize(columns, rows) => Input::Resize(columns, rows),
        Event::FocusGained => Input::Focus(true),
        Event::FocusLost => Input::Focus(false),
        Event::Mouse(_) => return None,
    })
}

const fn code(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    })
}
