#![expect(
    clippy::disallowed_methods,
    reason = "edge: reads the memory of Python programs, in a thread of its own"
)]
//! The stacks of a Python program, read from its memory by `py-spy`: nothing is stopped, nothing is written.
//!
//! What is read moves meanwhile, and may belong to a Python that nobody knows or that is about to crash. So each process
//! is read in a thread of its own: a panic there is an answer like any other, and who asked waits for a limited time
//! only. A thread that never answers is left alone until it does.

use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use py_spy::config::LockingStrategy;
use py_spy::{Config, PythonSpy, StackTrace};

use super::failure::Failure;
use super::identity::Local;
use super::join::{Clue, RECORD, joined, number_in};
use super::locks::Outline;
use super::marks::{Locals, Places, Stack, mark};
use super::numbers::threads;
use super::view::{View, started};
use crate::model::clock;
use crate::model::evidence::Frame;
use crate::proc::read;

/// Frames kept of one stack, the innermost ones.
const DEEPEST: usize = 64;

/// Files that are read for one process, and lines remembered of them.
const MOST_FILES: usize = 32;
const MOST_LINES: usize = 2_048;

/// Local variables that are looked at in one frame.
const MOST_LOCALS: usize = 64;

/// Characters kept of a function's name and of a file's.
const LONGEST_FUNCTION: usize = 120;
const LONGEST_FILE: usize = 1_024;

/// How often a read is tried: what moved under the first may stand still for the next.
const TRIES: usize = 3;

/// How often a process is looked at for a Python before that is given up: it may be about to start one.
const ATTACHES: usize = 3;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// Where each thread stands.
    Frames,
    /// The same, with the locks that the sources tell of.
    Locks,
}

type Answer = Result<Vec<Stack>, Failure>;

/// A process that is read, and the thread that does it.
#[derive(Debug)]
pub(super) struct Watch {
    asks: SyncSender<Ask>,
    answers: Receiver<(Ask, Answer)>,
    is_owed: bool,
    /// True once it has answered: the first answer costs far more than all others.
    pub(super) has_answered: bool,
}

impl Watch {
    /// Begins to read a process.
    pub(super) fn of(pid: u32) -> Result<Self, Failure> {
        let (asks, asked) = sync_channel(1);
        let (answer, answers) = sync_channel(1);
        std::thread::Builder::new()
            .name("stacks".into())
            .spawn(move || run(pid, &asked, &answer))
            .map_err(|error| Failure::Unread(error.to_string()))?;
        Ok(Self { asks, answers, is_owed: false, has_answered: false })
    }

    /// The stacks, within a time.
    pub(super) fn ask(&mut self, ask: Ask, limit: Duration) -> Answer {
        let until = clock::now().plus(limit);
        loop {
            if !self.is_owed {
                self.asks.try_send(ask).map_err(|_| Failure::Gone)?;
                self.is_owed = true;
            }
            match self.answers.recv_timeout(until.since(clock::now())) {
                Ok((asked, answer)) => {
                    (self.is_owed, self.has_answered) = (false, true);
                    // What came late for an earlier question is no answer to this one.
                    if asked == ask {
                        return answer;
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(Failure::Late),
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Gone),
            }
        }
    }
}

fn run(pid: u32, asked: &Receiver<Ask>, answers: &SyncSender<(Ask, Answer)>) {
    let mut target = None;
    let mut failed: Vec<Failure> = Vec::new();
    while let Ok(ask) = asked.recv() {
        let answer = match failed.get(ATTACHES - 1) {
            Some(failure) => Err(failure.clone()),
            None => answer(pid, ask, &mut target),
        };
        match &answer {
            Err(failure) if target.is_none() => failed.push(failure.clone()),
            _ => {}
        }
        if answers.send((ask, answer)).is_err() {
            return;
        }
    }
}

fn answer(pid: u32, ask: Ask, target: &mut Option<Target>) -> Answer {
    let read = catch_unwind(AssertUnwindSafe(|| {
        if target.is_none() {
            *target = Some(Target::of(pid)?);
        }
        target.as_mut().map_or(Err(Failure::Gone), |target| target.stacks(ask))
    }));
    read.unwrap_or_else(|_| {
        *target = None;
        Err(Failure::Unread("the reader of Python's memory failed".to_owned()))
    })
}

/// A process whose Python has been found.
struct Target {
    pid: u32,
    started: u64,
    spy: PythonSpy,
    memory: OwnedFd,
    view: Option<View>,
    places: Places,
    files: usize,
}

impl Target {
    fn of(pid: u32) -> Result<Self, Failure> {
        let started = started(pid).ok_or(Failure::Gone)?;
        let memory = read::open(&format!("/proc/{pid}/mem")).map_err(|errno| match errno {
            rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => Failure::Denied,
            _ => Failure::Gone,
        })?;
        let config = Config {
            blocking: LockingStrategy::NonBlocking,
            collect_thread_names: false,
            ..Config::default()
        };
        let spy = PythonSpy::new(pid as py_spy::Pid, &config).map_err(|error| why(pid, started, &error))?;
        Ok(Self { pid, started, spy, memory, view: None, places: Places::new(), files: 0 })
    }

    fn stacks(&mut self, ask: Ask) -> Answer {
        let (mut stacks, mut locals) = self.read()?;
        if ask == Ask::Frames {
            return Ok(stacks);
        }
        self.learn(&stacks);
        if stacks.iter().flat_map(|stack| &stack.frames).any(|frame| self.is_about_locks(frame)) {
            // Local variables tell one lock from another, and cost more than the rest: they are read where that matters.
            self.spy.config.dump_locals = 1;
            let read = self.read();
            self.spy.config.dump_locals = 0;
            (stacks, locals) = read?;
            self.learn(&stacks);
        }
        mark(&mut stacks, &locals, &self.places);
        Ok(stacks)
    }

    fn read(&mut self) -> Result<(Vec<Stack>, Locals), Failure> {
        let mut read = self.spy.get_stack_traces();
        for _ in 1..TRIES {
            if read.is_ok() {
                break;
            }
            read = self.spy.get_stack_traces();
        }
        let traces = read.map_err(|error| why(self.pid, self.started, &error))?;
        if started(self.pid) != Some(self.started) {
            return Err(Failure::Gone);
        }
        Ok(self.joined(traces))
    }

    fn is_about_locks(&self, frame: &Frame) -> bool {
        let place = self.places.get(&(frame.file.clone(), frame.line));
        place.is_some_and(|place| !place.holds.is_empty() || !place.asks.is_empty())
    }

    /// The stacks by the kernel's numbers of their threads; one whose thread can't be told is left out.
    fn joined(&self, traces: Vec<StackTrace>) -> (Vec<Stack>, Locals) {
        let threads = threads(self.pid);
        let inner: Vec<u32> = threads.iter().map(|thread| thread.inner).collect();
        let clues: Vec<Clue> = traces
            .iter()
            .map(|trace| Clue {
                record: self.record(trace.thread_id).and_then(|record| number_in(&record, &inner)),
                written: trace.os_thread_id.and_then(|number| u32::try_from(number).ok()),
            })
            .collect();
        let numbers = joined(&clues, &inner);
        let stacks = traces.into_iter().zip(numbers).filter_map(|(trace, number)| {
            let thread = threads.iter().find(|thread| Some(thread.inner) == number)?;
            let kept = &trace.frames[..trace.frames.len().min(DEEPEST)];
            let stack = Stack { tid: thread.tid, frames: kept.iter().map(frame).collect() };
            (!kept.is_empty()).then(|| (stack, kept.iter().map(locals).collect()))
        });
        stacks.unzip()
    }

    /// The C library's record of a thread, whose address is Python's number of it.
    fn record(&self, address: u64) -> Option<[u8; RECORD]> {
        let mut record = [0; RECORD];
        let got = rustix::io::pread(&self.memory, &mut record, address).ok()?;
        (got == RECORD).then_some(record)
    }

    /// Reads the sources of lines that were not met before.
    fn learn(&mut self, stacks: &[Stack]) {
        let mut new: Vec<(&str, u32)> = stacks
            .iter()
            .flat_map(|stack| &stack.frames)
            .filter(|frame| !self.places.contains_key(&(frame.file.clone(), frame.line)))
            .map(|frame| (frame.file.as_str(), frame.line))
            .collect();
        new.sort_unstable();
        new.dedup();
        new.truncate(MOST_LINES.saturating_sub(self.places.len()));
        if new.is_empty() {
            return;
        }
        if self.view.is_none() {
            self.view = View::of(self.pid);
        }
        let Some(view) = &self.view else { return };
        for lines in new.chunk_by(|one, next| one.0 == next.0) {
            let file = lines[0].0;
            // One whose source can't be read is not tried again either.
            self.files += 1;
            let source = if self.files > MOST_FILES { None } else { view.source(file) };
            let outline = source.map(|source| Outline::of(&source)).unwrap_or_default();
            for (_, line) in lines {
                self.places.insert((file.to_owned(), *line), outline.place(*line));
            }
        }
    }
}

/// A frame within our bounds.
fn frame(found: &py_spy::Frame) -> Frame {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    Frame {
        function: cut(&found.name, LONGEST_FUNCTION),
        file: cut(&found.filename, LONGEST_FILE),
        line: u32::try_from(found.line).unwrap_or(0),
        ..Frame::default()
    }
}

/// The local variables of a frame. What they hold is not kept, but for whole numbers, which may be an index of locks.
fn locals(found: &py_spy::Frame) -> Vec<Local> {
    let locals = found.locals.iter().flatten().take(MOST_LOCALS);
    let local = |local: &py_spy::stack_trace::LocalVariable| Local {
        name: local.name.chars().take(LONGEST_FUNCTION).collect(),
        // The lowest bits are marks of Python's own in some versions.
        address: local.addr as u64 & !0b111,
        number: local.repr.as_ref().and_then(|text| text.parse().ok()),
    };
    locals.map(local).collect()
}

/// Why a process could not be read: most often it has ended meanwhile.
fn why(pid: u32, begun: u64, error: &anyhow::Error) -> Failure {
    if started(pid) != Some(begun) {
        return Failure::Gone;
    }
    Failure::Unread(error.root_cause().to_string().chars().take(160).collect())
}
