//! The loop of the screen: blocks on one channel, folds bursts into one frame, and draws on change only.
//!
//! It never waits for a reader and never polls. Between two frames lies a tenth of a second at least, so that
//! neither a held-down key nor a chatty job can flood a slow line.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{draw, draw_into};
use super::input::Input;
use super::paint::wire::Wire;
use super::state::{Event, Leave, Options, UiState, Wish};
use super::term::Term;
use super::update::update;
use super::view::Shown;
use crate::config::theme::Theme;
use crate::model::clock::{self, Moment};

/// The shortest time between two frames.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// How long the first frame waits for a first snapshot, so that the screen does not open with nothing on it.
const FIRST_FRAME: Duration = Duration::from_millis(40);

/// Events that may wait. A terminal that takes no bytes stops the screen, and what waits for it meanwhile must
/// not grow: who sends snapshots uses `try_send` and drops one that finds the channel full.
const WAITING: usize = 8;

/// Events that are folded into one frame at most: a flood of them must not keep the screen from drawing.
const BURST: usize = 256;

/// A channel for [`run`]; its sender is cloned for the input thread and for whoever sends snapshots.
pub fn channel() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(WAITING)
}

/// Shows the screen until it is left. The terminal is given back before this returns, however it returns.
pub fn run(events: Receiver<Event>, options: &Options, grant: &mut dyn FnMut(Wish)) -> io::Result<Leave> {
    let term = Term::enter()?;
    let (columns, rows) = term.size()?;
    let Ok(terminal) = Terminal::new(Wire::new(columns, rows));
    let now = clock::now();
    let mut screen = Screen {
        events,
        state: UiState::new(options, (columns, rows)),
        theme: options.theme,
        shown: Shown::default(),
        terminal,
        term,
        is_dirty: true,
        next_frame: now.plus(FIRST_FRAME),
    };
    let leave = screen.show(grant)?;
    if leave == Leave::KeepScreen {
        let mut last = Buffer::empty(Rect::new(0, 0, screen.state.size.0, screen.state.size.1));
        let area = last.area;
        draw_into(&mut last, area, &screen.shown.view(), &screen.state, &screen.theme);
        drop(screen.term);
        print(&last)?;
    }
    Ok(leave)
}

/// What ended the waiting.
enum Woken {
    By(Event),
    FrameDue,
    /// Nobody is left who could send an event.
    Alone,
}

struct Screen {
    events: Receiver<Event>,
    state: UiState,
    theme: Theme,
    shown: Shown,
    terminal: Terminal<Wire>,
    term: Term,
    /// Something that is drawn has changed since the last frame.
    is_dirty: bool,
    /// No frame is drawn before.
    next_frame: Moment,
}

impl Screen {
    fn show(&mut self, grant: &mut dyn FnMut(Wish)) -> io::Result<Leave> {
        loop {
            let mut next = match self.wait() {
                Woken::By(event) => Some(event),
                Woken::FrameDue => None,
                Woken::Alone => return Ok(Leave::Detach),
            };
            let mut more = BURST;
            while let Some(event) = next {
                if let Some(leave) = self.take(&event, grant)? {
                    return Ok(leave);
                }
                more -= 1;
                next = if more > 0 { self.events.try_recv().ok() } else { None };
            }
            if self.is_dirty && clock::now() >= self.next_frame {
                self.frame()?;
            }
        }
    }

    /// Blocks until something happens, or until a frame is due.
    fn wait(&self) -> Woken {
        if !self.is_dirty {
            return self.events.recv().map_or(Woken::Alone, Woken::By);
        }
        match self.events.recv_timeout(self.next_frame.since(clock::now())) {
            Ok(event) => Woken::By(event),
            Err(RecvTimeoutError::Timeout) => Woken::FrameDue,
            Err(RecvTimeoutError::Disconnected) => Woken::Alone,
        }
    }

    fn take(&mut self, event: &Event, grant: &mut dyn FnMut(Wish)) -> io::Result<Option<Leave>> {
        let is_first = self.shown.view().snapshot.seq == 0 && matches!(event, Event::Snapshot(_));
        self.is_dirty |= self.shown.take(event, self.state.is_held);
        if is_first && self.is_dirty {
            self.next_frame = clock::now();
        }
        let before = self.state.clone();
        let wishes = match event {
            // The size that comes in may be that of another terminal than the one that is written to.
            Event::Input(Input::Resize(..)) => {
                let (columns, rows) = self.term.size()?;
                update(&mut self.state, &self.shown.view(), &Event::Input(Input::Resize(columns, rows)))
            }
            event => update(&mut self.state, &self.shown.view(), event),
        };
        if before.is_held && !self.state.is_held {
            self.is_dirty |= self.shown.show_newest();
        }
        self.is_dirty |= self.state != before;
        if self.state.size != before.size {
            let (columns, rows) = self.state.size;
            self.terminal.backend_mut().resize(columns, rows);
        }
        for wish in wishes {
            match wish {
                Wish::Leave(leave) => return Ok(Some(leave)),
                Wish::Redraw => self.redraw()?,
                Wish::Suspend => {
                    self.term.lend(|| grant(Wish::Suspend))?;
                    self.redraw()?;
                }
                wish => grant(wish),
            }
        }
        Ok(None)
    }

    /// Everything is drawn again with the next frame, on a terminal about which nothing is known.
    fn redraw(&mut self) -> io::Result<()> {
        self.term.enter_again()?;
        let (columns, rows) = self.term.size()?;
        self.state.size = (columns, rows);
        self.terminal.backend_mut().resize(columns, rows);
        self.terminal.backend_mut().forget();
        let Ok(()) = self.terminal.clear();
        self.is_dirty = true;
        Ok(())
    }

    fn frame(&mut self) -> io::Result<()> {
        let Self { terminal, shown, state, theme, .. } = self;
        let Ok(_) = terminal.draw(|frame| draw(frame, &shown.view(), state, theme));
        self.is_dirty = false;
        self.next_frame = clock::now().plus(FRAME_GAP);
        let wire = self.terminal.backend_mut();
        if !wire.bytes().is_empty() {
            self.term.write(wire.bytes())?;
        }
        self.terminal.backend_mut().sent();
        Ok(())
    }
}

/// Prints the last frame as plain text, where the next prompt follows it.
fn print(buffer: &Buffer) -> io::Result<()> {
    use io::Write as _;
    let mut out = io::stdout().lock();
    for line in super::paint::picture::text(buffer) {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
