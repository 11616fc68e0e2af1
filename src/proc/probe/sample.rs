//! One look at one thread, and what is kept of it between two.
//!
//! The kernel counts how often a thread was given a CPU (`schedstat`). As long as that number stands still, the thread is where it was, and
//! the dearer files (`status`, `syscall`, `wchan`) say what they said: most threads of a job that hangs cost two short reads a look.

use rustix::io::Errno;

use super::channel;
use super::parse::{self, Position, Status, Times};
use crate::model::evidence::{Sample, Thread};
use crate::proc::parse::stat;
use crate::proc::read::Reader;

/// What is kept of a thread between two looks.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    times: Option<Times>,
    pub(super) state: char,
    pub(super) status: Status,
    pub(super) position: Position,
    pub(super) channel: String,
    /// Since when it is in one call and did not run, in seconds after the window began.
    stands_since: Option<f64>,
    /// It ran, or went into another call, between two looks.
    has_moved: bool,
    looks: usize,
}

/// Who moved while it was looked at stands still after so many seconds without a move, and after this share of the window.
const STILL_AFTER: f64 = 5.0;
const STILL_SHARE: f64 = 0.75;

/// What the thread's `stat` tells of its whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Whole {
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) session: u32,
    pub(super) foreground: Option<u32>,
    pub(super) threads: u32,
    pub(super) resident_pages: u64,
    pub(super) exit_code: Option<i32>,
}

impl Trace {
    /// True where the thread stood still over several looks: over all of them, or over the last and longest part of a window that
    /// began before it came to a stand.
    fn is_still(&self, at: f64) -> bool {
        let is_long = |since: f64| at - since >= STILL_AFTER.max(STILL_SHARE * at);
        self.looks > 1 && self.stands_since.is_some_and(|since| !self.has_moved || is_long(since))
    }

    /// Looks once at thread `tid` of `pid`; `None` when it is gone.
    pub(super) fn look(
        &mut self,
        pid: u32,
        thread: &mut Thread,
        at: f64,
        reader: &mut Reader,
    ) -> Option<Whole> {
        let folder = format!("/proc/{pid}/task/{}", thread.tid);
        let text = reader.file(&format!("{folder}/stat")).ok()?;
        let foreground = parse::foreground(text);
        let stat = stat(text)?;
        let state = char::from(stat.state);
        let faults = stat.major_faults;
        if thread.name.as_bytes() != stat.comm {
            thread.name = String::from_utf8_lossy(stat.comm).into_owned();
        }
        let whole = Whole {
            parent: stat.ppid,
            group: stat.pgrp,
            session: stat.session,
            foreground,
            threads: stat.threads,
            resident_pages: stat.rss_pages,
            exit_code: stat.exit_code,
        };
        let times = reader.file(&format!("{folder}/schedstat")).ok().and_then(parse::times);
        // A kernel that does not count is one that says it never ran.
        let is_counted = times.is_some_and(|times| times.turns > 0);
        let has_rested = is_counted && times == self.times && state == self.state && self.looks > 0;
        if !has_rested {
            self.look_closer(&folder, state, at, reader);
        }
        (self.times, self.state) = (times, state);
        self.looks += 1;
        let call = match self.position {
            Position::Call { number, instruction, .. } => Some((number, instruction)),
            _ => None,
        };
        thread.samples.push(Sample {
            at,
            state,
            ran: times.map_or(0, |times| times.ran),
            delayed: times.map_or(0, |times| times.delayed),
            yielded: self.status.yielded,
            preempted: self.status.preempted,
            call: call.map(|(number, _)| number),
            instruction: call.map(|(_, instruction)| instruction),
            faults,
            doing: Some(channel::activity(state, &self.channel, &self.position)),
        });
        thread.channel.clone_from(&self.channel);
        thread.is_still = self.is_still(at);
        Some(whole)
    }

    fn look_closer(&mut self, folder: &str, state: char, at: f64, reader: &mut Reader) {
        let status = reader.file(&format!("{folder}/status")).map_or(self.status, parse::status);
        let (position, channel) = if matches!(state, 'R' | 'Z' | 'X') {
            (Position::Running, String::new())
        } else {
            let position = match reader.file(&format!("{folder}/syscall")) {
                Ok(text) => parse::position(text).unwrap_or_default(),
                Err(Errno::SRCH | Errno::NOENT) => Position::Running,
                Err(_) => Position::Hidden,
            };
            let channel = reader.file(&format!("{folder}/wchan")).map(channel::name).unwrap_or_default();
            (position, channel.to_owned())
        };
        let switches = |status: &Status| (status.yielded, status.preempted);
        let is_same = self.looks > 0
            && switches(&status) == switches(&self.status)
            && position.is_same_call(&self.position);
        // The first look has nothing to compare with; who runs is not still.
        self.has_moved |= self.looks > 0 && !is_same;
        self.stands_since = match self.stands_since {
            _ if state == 'R' => None,
            Some(since) if is_same => Some(since),
            _ => Some(at),
        };
        (self.status, self.position, self.channel) = (status, position, channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_to_a_stand_long_ago_stands_still() {
        let trace = |stands_since, has_moved| Trace { stands_since, has_moved, looks: 9, ..Trace::default() };
        assert!(trace(Some(0.0), false).is_still(2.0));
        assert!(trace(Some(4.0), false).is_still(5.0), "it was started meanwhile, and never ran since");
        assert!(!trace(Some(0.3), true).is_still(5.0));
        assert!(trace(Some(0.3), true).is_still(12.0));
        assert!(!trace(Some(4.0), true).is_still(12.0));
        assert!(!trace(None, true).is_still(12.0));
    }
}
