#![expect(clippy::disallowed_methods, reason = "edge: listens to signals, on a thread of its own")]
//! What happens to a scan that somebody stops: what it has found so far is told, and nothing half written stays.
//!
//! The first INT, TERM or HUP asks the scan to end. A second one, or a scan that does not end within a moment because it
//! waits for what never comes, ends the process. Either way it dies of that signal, so that a shell's loop ends with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use signal_hook::low_level::{emulate_default_handler, signal_name};

use super::{report_file, talk};
use crate::job::signals::Signals;

/// How long a scan may take to end when it was asked to: a thread looks up after each few megabytes.
const GRACE: Duration = Duration::from_secs(2);

/// Whether somebody wants the scan to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Interruption {
    stop: Arc<AtomicBool>,
    signal: Arc<AtomicI32>,
    /// The scan has ended and its reports are being written, which takes what it takes.
    is_writing: Arc<AtomicBool>,
}

impl Interruption {
    /// Listens from now on. Without a thread to listen a signal ends the process as ever.
    pub(super) fn listen(&self) {
        let heard = self.clone();
        let thread = std::thread::Builder::new().name("signals".into()).stack_size(128 << 10);
        let _ = thread.spawn(move || {
            let caught = [Signal::INT, Signal::TERM, Signal::HUP].map(Signal::as_raw);
            if let Ok(signals) = Signals::catch(&caught) {
                heard.wait(signals);
            }
        });
    }

    fn wait(&self, mut signals: Signals) {
        let first = next(&mut signals, None).unwrap_or(Signal::TERM.as_raw());
        self.signal.store(first, Ordering::SeqCst);
        self.stop.store(true, Ordering::SeqCst);
        let last = loop {
            match next(&mut signals, Some(GRACE)) {
                None if self.is_writing.load(Ordering::SeqCst) => {}
                ended => break ended.unwrap_or(first),
            }
        };
        report_file::remove_unfinished();
        talk::say(&format!("ended by {}; what was found so far is lost", name(last)));
        die_of(last);
    }

    /// What a scan looks at to know that it should end.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// The signal that asked for it, by its name.
    pub(super) fn signal(&self) -> Option<&'static str> {
        self.number().map(name)
    }

    fn number(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::SeqCst)).filter(|&number| number != 0)
    }

    /// The scan has ended; from now on only a second signal cuts short what is written.
    pub(super) fn writes(&self) {
        self.is_writing.store(true, Ordering::SeqCst);
    }

    /// Dies of the signal that asked for the end, if there was one.
    pub(super) fn pass_on(&self) {
        if let Some(number) = self.number() {
            die_of(number);
        }
    }
}

/// The next signal, if it comes within this time.
fn next(signals: &mut Signals, within: Option<Duration>) -> Option<i32> {
    let within = within.and_then(|time| Timespec::try_from(time).ok());
    loop {
        // A poll that a signal breaks off is as good as one that ends: the signal lies there.
        let ready = poll(&mut [PollFd::new(signals, PollFlags::IN)], within.as_ref());
        if let Some(arrived) = signals.take().first() {
            return Some(arrived.signal);
        }
        if ready == Ok(0) {
            return None;
        }
    }
}

fn name(signal: i32) -> &'static str {
    signal_name(signal).unwrap_or("a signal")
}

/// Ends this process as the signal would have, had nobody listened.
fn die_of(signal: i32) {
    if emulate_default_handler(signal).is_err() {
        std::process::exit(128 + signal);
    }
}
