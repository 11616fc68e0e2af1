#![expect(clippy::disallowed_methods, reason = "edge: traces, in a thread of its own")]
//! Traces the calls of a few threads for a moment, and lets go of them whatever happens.
//!
//! One thread does all of it, for the kernel knows a tracer by its thread: it waits for its tracees and nobody else's children,
//! and when it ends, by a fault or with the whole program, the kernel lets go of what is left.

use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::io::Errno;

use super::choice::{self, Chosen, Us};
use super::meaning::{self, About, Stop};
use super::tally::Tally;
use super::tracee::{self, News, Report};
use crate::model::clock::{self, Moment};
use crate::model::evidence::{Evidence, FailedCall};
use crate::proc::probe::calls::{self, Arch};
use crate::proc::probe::memory::OfProcess;
use crate::proc::probe::resolve;
use crate::proc::read::Reader;

/// How long is traced.
const WINDOW: Duration = Duration::from_millis(1_500);
/// How long a thread may take to stop once it was asked; after that it is left alone.
const TO_STOP: Duration = Duration::from_millis(200);
/// How long beyond all that the thread that traces is waited for.
const GRACE: Duration = Duration::from_secs(2);
/// Threads that are traced at once, with those that are started meanwhile; the others are let go.
const MOST_AT_ONCE: usize = 64;
/// Between two looks whether a tracee has stopped: it stands still meanwhile.
const SHORTEST: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_millis(1);
/// Bytes of a folder's name.
const ROOM: usize = 512;

/// Adds the calls that fail over and over, with what could not be traced. Takes `WINDOW` and little more.
pub fn failed_calls(evidence: &mut Evidence) {
    let own = std::process::id();
    let parent = rustix::process::getppid().map_or(own, |pid| pid.as_raw_nonzero().get() as u32);
    let chosen = choice::chosen(evidence, Us { own, parent });
    if chosen.is_empty() {
        evidence.problems.push("nothing was traced: every thread stands where it stood".to_owned());
        return;
    }
    match traced(chosen) {
        Ok((calls, refused)) => {
            evidence.calls.extend(calls);
            evidence.problems.extend(refused.map(refusal));
        }
        Err(why) => evidence.problems.push(format!("tracing system calls: {why}")),
    }
}

type Seen = (Vec<FailedCall>, Option<(usize, Errno)>);

/// Traces in a thread that is not waited for any longer than it may take.
fn traced(chosen: Vec<Chosen>) -> Result<Seen, String> {
    let (sender, seen) = sync_channel(1);
    let thread = std::thread::Builder::new().name("trace".into());
    let started = thread.spawn(move || {
        let _ = sender.send(trace(&chosen));
    });
    let thread = started.map_err(|error| format!("a thread could not be started: {error}"))?;
    match seen.recv_timeout(WINDOW + TO_STOP * 2 + GRACE) {
        Ok(seen) => {
            // Once it has ended nobody is traced any more, and it is about to.
            let _ = thread.join();
            Ok(seen)
        }
        Err(RecvTimeoutError::Timeout) => Err("it did not come back in time".to_owned()),
        Err(RecvTimeoutError::Disconnected) => Err("it broke off; this is a fault of telltale".to_owned()),
    }
}

fn refusal((threads, why): (usize, Errno)) -> String {
    let threads = if threads == 1 { "a thread".to_owned() } else { format!("{threads} threads") };
    match why {
        Errno::PERM | Errno::ACCESS => format!(
            "{threads} could not be traced: this user or this kernel may not (kernel.yama.ptrace_scope, or a sandbox): ask \
             as root, or start the job with `telltale run`"
        ),
        why => format!("{threads} could not be traced: {why}"),
    }
}

fn trace(chosen: &[Chosen]) -> Seen {
    let mut tracer = Tracer::default();
    let mut refused = None;
    let began = clock::now();
    for chosen in chosen {
        match tracer.take_up(chosen.tid, began) {
            // It has ended, or stands still since.
            Ok(()) | Err(Errno::SRCH | Errno::NOENT) => {}
            Err(why) => refused = Some((refused.map_or(1, |(threads, _)| threads + 1), why)),
        }
    }
    tracer.watch(began.plus(WINDOW));
    tracer.let_go();
    let seconds = clock::now().since(began).min(WINDOW).as_secs_f64();
    let process = |tid| chosen.iter().find(|chosen| chosen.tid == tid).map(|chosen| chosen.pid);
    (tracer.tally.told(process, seconds), refused)
}

/// Our tracees and what was counted of them.
#[derive(Debug, Default)]
struct Tracer {
    tracees: HashMap<u32, Tracee>,
    tally: Tally,
}

#[derive(Debug, Default)]
struct Tracee {
    /// The call it is in, where we saw it enter.
    call: Option<(&'static str, [u64; 6])>,
    /// It was started while its starter was traced.
    is_newcomer: bool,
    /// Asked to stop at this time, and not seen to have done so.
    asked: Option<Moment>,
    /// It is let go when it stops next.
    is_left_alone: bool,
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Tracer {
    /// Begins to trace a thread, unless it stands.
    fn take_up(&mut self, tid: u32, now: Moment) -> Result<(), Errno> {
        let mut reader = Reader::default();
        let status = reader.file(&format!("/proc/{tid}/status"))?;
        if !choice::is_free(&String::from_utf8_lossy(status)) {
            return Err(Errno::SRCH);
        }
        tracee::seize(tid)?;
        self.tracees.insert(tid, Tracee { asked: Some(now), ..Tracee::default() });
        tracee::interrupt(tid)
    }

    /// Watches until that time, or nobody is left.
    fn watch(&mut self, until: Moment) {
        let mut pause = SHORTEST;
        loop {
            let now = clock::now();
            if now >= until {
                return;
            }
            match tracee::news() {
                News::Of(tid, report) => {
                    self.hear(tid, report);
                    pause = SHORTEST;
                }
                News::NoneLeft => return,
                News::Nothing => {
                    for tracee in self.tracees.values_mut() {
                        tracee.is_left_alone |= tracee.asked.is_some_and(|asked| now.since(asked) > TO_STOP);
                    }
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST);
                }
            }
        }
    }

    /// Takes a report up, and lets the tracee go on. One that was killed meanwhile can't be: it reports its end next.
    fn hear(&mut self, tid: u32, report: Report) {
        if report == Report::Ended {
            self.tracees.remove(&tid);
            return;
        }
        let room = self.tracees.len() < MOST_AT_ONCE;
        // Whoever was started may report before its starter does.
        let newcomer = Tracee { is_newcomer: true, is_left_alone: !room, ..Tracee::default() };
        let tracee = self.tracees.entry(tid).or_insert(newcomer);
        tracee.asked = None;
        if tracee.is_left_alone {
            let _ = tracee::detach(tid, due(report));
            self.tracees.remove(&tid);
            return;
        }
        match report {
            Report::Call => self.call(tid),
            Report::Started => {
                if let Some(new) = tracee::started(tid) {
                    self.tally.started(new, tid);
                }
            }
            _ => {}
        }
        let _ = match report {
            Report::GroupStop => tracee::listen(tid),
            report => tracee::go_on(tid, due(report)),
        };
    }

    fn call(&mut self, tid: u32) {
        let Some(tracee) = self.tracees.get_mut(&tid) else { return };
        match tracee::call(tid) {
            Some(Stop::Entry(number, args)) => {
                tracee.call = calls::name(Arch::HERE, number).map(|name| (name, args));
            }
            Some(Stop::Exit(value)) => {
                let Some((name, args)) = tracee.call.take() else { return };
                let has_made = meaning::has_made(name, args, value)
                    || meaning::has_said(name, args, value) && is_led_to_a_file(tid, self.tally.of(tid));
                self.tally.came_back(tid, has_made, meaning::has_napped(name, value));
                let error = meaning::error(value);
                if let Some(error) = error
                    && meaning::is_telling(name, &error, args, tracee.is_newcomer)
                {
                    self.tally.failed(tid, name, &error, path(tid, meaning::about(name, args)));
                }
            }
            None => tracee.call = None,
        }
    }

    /// Lets all of them go on untraced. One that does not stop for it is let go by the end of this thread.
    fn let_go(&mut self) {
        // Only what has reported may be let go here: it may stand with a signal that must not be lost.
        self.tracees.retain(|&tid, _| tracee::interrupt(tid).is_ok());
        let until = clock::now().plus(TO_STOP);
        while !self.tracees.is_empty() && clock::now() < until {
            match tracee::news() {
                News::Of(tid, report) => {
                    if report != Report::Ended {
                        let _ = tracee::detach(tid, due(report));
                    }
                    self.tracees.remove(&tid);
                }
                News::NoneLeft => break,
                News::Nothing => std::thread::sleep(SHORTEST),
            }
        }
        self.tracees.clear();
    }
}

/// The signal that a tracee is to go on with.
const fn due(report: Report) -> i32 {
    match report {
        Report::Signal(signal) => signal,
        _ => 0,
    }
}

/// Whether the standard output of a thread is a file of its own, and not that of the thread that was chosen.
fn is_led_to_a_file(tid: u32, chosen: u32) -> bool {
    let output = |tid: u32| link(format!("/proc/{tid}/fd/1"));
    tid != chosen
        && output(tid).is_some_and(|file| {
            file.starts_with('/') && !file.starts_with("/dev/") && output(chosen) != Some(file)
        })
}

/// The file that a call is about, while its thread stands.
fn path(tid: u32, about: About) -> Option<String> {
    match about {
        About::Path(address, folder) => {
            let path = resolve::text(&OfProcess(tid), address)?;
            let folder = match folder {
                _ if path.starts_with('/') => None,
                fd if fd >= 0 => link(format!("/proc/{tid}/fd/{fd}")),
                _ => link(format!("/proc/{tid}/cwd")),
            };
            Some(meaning::whole(&path, folder.as_deref()))
        }
        About::Descriptor(fd) => link(format!("/proc/{tid}/fd/{fd}")).filter(|path| path.starts_with('/')),
        About::Nothing => None,
    }
}

fn link(path: String) -> Option<String> {
    let link = rustix::fs::readlink(path, Vec::with_capacity(ROOM)).ok()?;
    Some(String::from_utf8_lossy(link.as_bytes()).into_owned())
}
