//! The loop of the screen: blocks on one channel, folds bursts into one frame, and draws on change only.
//!
//! It never waits for a reader and never polls. A frame goes when it is due (`pace`) and when the terminal
//! has taken in what it got before ([`super::terminal::flow`]): neither a held-down key nor a chatty job can flood a
//! slow line, and what a slow line shows is never old.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{draw, draw_into};
use super::event::{Event, Leave, Wish};
use super::input::{Answer, Input};
use super::pace::Pace;
use super::paint::wire::Wire;
use super::state::{Options, Timer, UiState};
use super::terminal::flow::Flow;
use super::terminal::term::Term;
use super::terminal::{alarm, clipboard, modes};
use super::update::update;
use super::view::Shown;
use super::words;
use crate::config::theme::Theme;
use crate::model::alert::Alarm;
use crate::model::clock::{self, Moment};
use crate::model::text::Text;

/// How long the first frame waits for a first snapshot, so that the screen does not open with nothing on it.
const FIRST_FRAME: Duration = Duration::from_millis(40);

/// How long an answer of the terminal is waited for that would otherwise reach whoever reads it next.
const LAST_ANSWER: Duration = Duration::from_millis(300);

/// A frame of fewer bytes arrives all at once anyway.
const WORTH_SYNCHRONISING: usize = 128;

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
    let now = clock::now();
    let term = Term::enter(options.has_mouse)?;
    let (columns, rows) = term.size()?;
    let Ok(terminal) = Terminal::new(Wire::new(columns, rows));
    let mut flow = Flow::default();
    flow.asked(now);
    let mut screen = Screen {
        events,
        early: VecDeque::new(),
        state: UiState::new(options, (columns, rows)),
        theme: options.theme,
        shown: Shown::default(),
        terminal,
        term,
        pace: Pace::first(now, FIRST_FRAME),
        flow,
        synchronises: false,
        title: None,
        bytes: Vec::new(),
    };
    let leave = screen.show(grant)?;
    screen.wait_for_answers();
    if leave == Leave::KeepScreen {
        // The key that leaves has hidden what was shown; that it stays so is worth a line.
        screen.state.revealed = None;
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
    /// Something waits for the time.
    TickDue,
    /// Nothing came for so long that the screen must say so.
    NoNews,
    /// Nobody is left who could send an event.
    Alone,
}

struct Screen {
    events: Receiver<Event>,
    /// Events that came while answers were waited for.
    early: VecDeque<Event>,
    state: UiState,
    theme: Theme,
    shown: Shown,
    terminal: Terminal<Wire>,
    term: Term,
    pace: Pace,
    flow: Flow,
    /// The terminal shows a frame all at once when asked to.
    synchronises: bool,
    /// The name in the window's title.
    title: Option<Text>,
    /// A frame on its way, so that each one needs no new memory.
    bytes: Vec<u8>,
}

impl Screen {
    fn show(&mut self, grant: &mut dyn FnMut(Wish)) -> io::Result<Leave> {
        loop {
            let woken = self.wait();
            self.shown.set_now(clock::now());
            let mut next = match woken {
                Woken::By(event) => Some(event),
                Woken::FrameDue => None,
                Woken::TickDue => Some(Event::Tick(clock::now())),
                Woken::NoNews => {
                    self.pace.changed(false);
                    None
                }
                Woken::Alone => return Ok(Leave::Detach),
            };
            let mut more = BURST;
            while let Some(event) = next {
                if let Some(leave) = self.take(&event, grant)? {
                    return Ok(leave);
                }
                more -= 1;
                next = if more > 0 { self.next_waiting() } else { None };
            }
            if self.flow.wants_ping() {
                self.ping()?;
            }
            if self.frame_due().is_some_and(|due| clock::now() >= due) {
                self.frame()?;
            }
        }
    }

    /// When there is something to draw and the terminal is ready for it.
    fn frame_due(&self) -> Option<Moment> {
        let due = self.pace.due()?;
        Some(self.flow.free_at().map_or(due, |free| due.max(free)))
    }

    /// What happens next if nothing comes, and when.
    fn due(&self) -> Option<(Moment, Woken)> {
        let tick = self.state.timer().map(|timer| match timer {
            Timer::In(_) => Moment::default(),
            Timer::At(at) => at,
        });
        // A source that is gone says so itself.
        let old = self.shown.grows_old_at().filter(|_| !self.state.is_held);
        let frame = self.frame_due();
        let dues = [
            frame.map(|at| (at, Woken::FrameDue)),
            tick.map(|at| (at, Woken::TickDue)),
            // What is drawn now says it anyway.
            old.filter(|_| frame.is_none()).map(|at| (at, Woken::NoNews)),
        ];
        dues.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Blocks until something happens, or until something is due.
    fn wait(&mut self) -> Woken {
        if let Some(event) = self.early.pop_front() {
            return Woken::By(event);
        }
        let Some((until, woken)) = self.due() else {
            return self.events.recv().map_or(Woken::Alone, Woken::By);
        };
        match self.events.recv_timeout(until.since(clock::now())) {
            Ok(event) => Woken::By(event),
            Err(RecvTimeoutError::Timeout) => woken,
            Err(RecvTimeoutError::Disconnected) => Woken::Alone,
        }
    }

    fn next_waiting(&mut self) -> Option<Event> {
        self.early.pop_front().or_else(|| self.events.try_recv().ok())
    }

    fn take(&mut self, event: &Event, grant: &mut dyn FnMut(Wish)) -> io::Result<Option<Leave>> {
        // Also what a key has asked for is a person's doing.
        let is_prompt =
            matches!(event, Event::Input(_) | Event::Preview(_) | Event::Told(_) | Event::Blamed { .. });
        let is_first = self.shown.view().snapshot.seq == 0 && matches!(event, Event::Snapshot(_));
        let mut is_changed = self.shown.take(event, self.state.is_held);
        let before = self.state.clone();
        let wishes = match event {
            Event::Input(Input::Answer(answer)) => {
                self.answered(*answer);
                return Ok(None);
            }
            Event::Alarm(alarm) => {
                self.alarm(alarm)?;
                return Ok(None);
            }
            Event::Resized => {
                let (columns, rows) = self.term.size()?;
                update(&mut self.state, &self.shown.view(), &Event::Input(Input::Resize(columns, rows)))
            }
            event => update(&mut self.state, &self.shown.view(), event),
        };
        if before.is_held && !self.state.is_held {
            is_changed |= self.shown.show_newest();
            self.early.push_back(Event::Shown);
        }
        is_changed |= self.state != before;
        if is_changed {
            self.pace.changed(is_prompt);
            if is_first {
                self.pace.hurry();
            }
        }
        if self.state.size != before.size {
            let (columns, rows) = self.state.size;
            self.terminal.backend_mut().resize(columns, rows);
        }
        for wish in wishes {
            match wish {
                Wish::Leave(leave) => return Ok(Some(leave)),
                Wish::Rewind(steps) => {
                    if self.shown.rewind(steps) {
                        self.pace.changed(true);
                        self.early.push_back(Event::Shown);
                    }
                }
                Wish::Redraw => {
                    self.term.enter_again()?;
                    self.redraw()?;
                }
                Wish::Suspend | Wish::Edit { .. } => self.lend(|| grant(wish))?,
                Wish::Copy(text) => self.copy(&text)?,
                wish => grant(wish),
            }
        }
        Ok(None)
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Device => self.flow.answered(),
            Answer::Synchronises(can) => {
                self.synchronises = can && self.term.surroundings().may_synchronise;
            }
        }
    }

    /// Gives the terminal to whatever `meanwhile` starts or waits for, and draws again on what is left of it.
    fn lend(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        self.wait_for_answers();
        self.term.lend(meanwhile)?;
        self.flow.forget();
        self.title = None;
        self.redraw()
    }

    /// Waits briefly for what the terminal has yet to answer: a shell would take it for something that was typed.
    fn wait_for_answers(&mut self) {
        let until = clock::now().plus(LAST_ANSWER);
        loop {
            let now = clock::now();
            if !self.flow.awaits(now) || now >= until {
                return;
            }
            match self.events.recv_timeout(until.since(now)) {
                Ok(Event::Input(Input::Answer(answer))) => self.answered(answer),
                // Keys that came behind the one that lends or leaves the terminal were not meant for what follows.
                Ok(Event::Input(_)) => {}
                Ok(event) => self.early.push_back(event),
                Err(_) => return,
            }
        }
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let surroundings = self.term.surroundings();
        let bytes = clipboard::copy(text, surroundings.multiplexer).filter(|_| surroundings.takes_commands);
        let Some(bytes) = bytes else {
            self.early.push_back(Event::Told(Text::from("not copied: the terminal would not take it")));
            return Ok(());
        };
        self.flow.sent(bytes.len());
        self.term.write(&bytes)
    }

    /// Rings and shows notifications, between two frames.
    fn alarm(&mut self, alarm: &Alarm) -> io::Result<()> {
        let bytes = alarm::bytes(alarm, &self.term.surroundings());
        self.flow.sent(bytes.len());
        self.term.write(&bytes)
    }

    fn ping(&mut self) -> io::Result<()> {
        self.flow.asked(clock::now());
        self.term.write(modes::PING)
    }

    /// Everything is drawn again with the next frame, on a terminal that was just taken and of which nothing is known.
    fn redraw(&mut self) -> io::Result<()> {
        self.flow.asked(clock::now());
        let (columns, rows) = self.term.size()?;
        self.state.size = (columns, rows);
        self.terminal.backend_mut().resize(columns, rows);
        self.terminal.backend_mut().forget();
        let Ok(()) = self.terminal.clear();
        self.pace.changed(true);
        Ok(())
    }

    fn frame(&mut self) -> io::Result<()> {
        self.flow.frame();
        let Self { terminal, shown, state, theme, .. } = self;
        let Ok(_) = terminal.draw(|frame| draw(frame, &shown.view(), state, theme));
        let mut bytes = mem::take(&mut self.bytes);
        bytes.clear();
        self.name_window(&mut bytes);
        let wire = self.terminal.backend_mut();
        let is_synchronised = self.synchronises && wire.bytes().len() >= WORTH_SYNCHRONISING;
        bytes.extend_from_slice(if is_synchronised { modes::FRAME_BEGINS } else { &[] });
        bytes.extend_from_slice(wire.bytes());
        bytes.extend_from_slice(if is_synchronised { modes::FRAME_ENDS } else { &[] });
        wire.sent();
        let now = clock::now();
        self.pace.drawn(now);
        self.flow.sent(bytes.len());
        if self.flow.wants_ping() {
            bytes.extend_from_slice(modes::PING);
            self.flow.asked(now);
        }
        if !bytes.is_empty() {
            self.term.write(&bytes)?;
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Sets the window's title when it is not that of the job any more.
    fn name_window(&mut self, bytes: &mut Vec<u8>) {
        if !self.term.surroundings().takes_commands {
            return;
        }
        let view = self.shown.view();
        let job = view.job(&self.state).or_else(|| view.snapshot.scan());
        let name = job.map(|job| job.name.clone()).unwrap_or_default();
        if self.title.as_ref() != Some(&name) {
            bytes.extend(modes::title(words::command(&name)));
            self.title = Some(name);
        }
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
