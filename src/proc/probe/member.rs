//! One process of the tree between two looks, and what is added to it by each.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, RawDir};
use rustix::io::Errno;

use super::parse;
use super::portrait::Portrait;
use super::sample::{Trace, Whole};
use crate::model::clock;
use crate::model::evidence::{Process, Thread};
use crate::model::process::Exit;
use crate::proc::read::{self, Reader};
use crate::proc::{exit, parse as text};

/// Milliseconds after its start in which a process may not have come to run its program.
const YOUNG: u64 = 1_000;

/// One process with all that is kept of it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) process: Process,
    /// As many as the process has threads here, in the same order.
    pub(super) traces: Vec<Trace>,
    pub(super) start: u64,
    pub(super) pidfd: Option<OwnedFd>,
    pub(super) portrait: Option<Portrait>,
    /// When its end was noticed, by the pidfd.
    pub(super) ended: Option<f64>,
    /// Its memory hung when it was read: it is not tried again.
    pub(super) is_stuck: bool,
    /// It was seen first so soon after its start that it may have been about to run another program.
    was_young: bool,
    /// The kernel shows neither its counters nor how it ended.
    is_denied: bool,
    /// Threads that are not looked at.
    pub(super) left_out: u32,
}

impl Member {
    /// A process that began then; `is_member` is false for one that only holds the other end of something.
    pub(super) fn new(pid: u32, start: u64, is_member: bool) -> Self {
        let started = start.saturating_mul(1000 / text::TICKS_PER_SECOND);
        Self {
            process: Process { pid, is_member, ..Process::default() },
            traces: Vec::new(),
            start,
            pidfd: read::pidfd(pid).ok(),
            portrait: None,
            ended: None,
            is_stuck: false,
            was_young: clock::now().millis() < started.saturating_add(YOUNG),
            is_denied: false,
            left_out: 0,
        }
    }

    /// Looks at all threads once, at most so many of them; false when the process is gone. Threads are listed again where
    /// some may be new.
    pub(super) fn look(&mut self, at: f64, most: usize, may_be_new: bool, reader: &mut Reader) -> bool {
        let pid = self.process.pid;
        // The number may be another's by now.
        let stat = reader.file(&format!("/proc/{pid}/stat")).ok().and_then(text::stat);
        // The signal that stopped a process is told of the whole, a tracer's stop of the thread.
        let Some((start, count, status)) = stat.map(|stat| (stat.start, stat.threads, stat.exit_code)) else {
            return false;
        };
        if start != self.start {
            return false;
        }
        if may_be_new || count as usize != self.traces.len() {
            self.list(most, count);
        }
        let mut whole = None;
        let mut at_thread = 0;
        while let Some(thread) = self.process.threads.get_mut(at_thread) {
            if let Some(seen) = self.traces[at_thread].look(pid, thread, at, reader) {
                // The memory of a main thread that ended before the others is not its process's any more.
                if whole.is_none_or(|before: Whole| before.resident_pages == 0) {
                    whole = Some(seen);
                }
                at_thread += 1;
            } else {
                self.process.threads.remove(at_thread);
                self.traces.remove(at_thread);
            }
        }
        let Some(mut whole) = whole else { return false };
        whole.exit_code = status.filter(|&status| status != 0).or(whole.exit_code);
        self.take(&whole, count, at);
        if !self.process.is_zombie() {
            self.read_io(at, reader);
        }
        true
    }

    fn take(&mut self, whole: &Whole, count: u32, at: f64) {
        let process = &mut self.process;
        (process.parent, process.group, process.session) = (whole.parent, whole.group, whole.session);
        (process.foreground, process.thread_count) = (whole.foreground, count);
        if let Some(main) = process.threads.first() {
            process.name.clone_from(&main.name);
        }
        let states = || self.traces.iter().map(|trace| trace.state);
        // A main thread may end before the others, which go on.
        let live = states().find(|state| !matches!(state, 'Z' | 'X'));
        process.state = live.unwrap_or_else(|| states().next().unwrap_or('Z'));
        let status = whole.exit_code.unwrap_or_default();
        process.stopped_by =
            matches!(process.state, 'T' | 't').then_some(status & 0x7f).filter(|&signal| signal > 0);
        let is_told = status != 0 || !self.is_denied;
        let exit = if is_told { Exit::from_wait_status(status) } else { Exit::Unknown };
        process.exit = process.is_zombie().then_some(exit);
        if let Some(status) = self.traces.first().map(|trace| trace.status) {
            (process.tracer, process.user) = (status.tracer, status.user);
        }
        if !process.is_zombie() {
            let page = rustix::param::page_size() as u64;
            process.resident.push((at, whole.resident_pages.saturating_mul(page)));
        }
    }

    fn read_io(&mut self, at: f64, reader: &mut Reader) {
        if self.is_denied {
            return;
        }
        match reader.file(&format!("/proc/{}/io", self.process.pid)) {
            Ok(text) => self.process.io.extend(parse::io(text).map(|io| (at, io))),
            Err(errno) => self.is_denied = matches!(errno, Errno::ACCESS | Errno::PERM),
        }
    }

    /// Takes up threads that are new, in order, as long as there is room.
    fn list(&mut self, most: usize, count: u32) {
        let pid = self.process.pid;
        let most = most.max(1);
        self.left_out = count.saturating_sub(most as u32);
        let known: BTreeSet<u32> = self.process.threads.iter().map(|thread| thread.tid).collect();
        let Some(tids) = tids(pid, most) else { return };
        for tid in tids.into_iter().filter(|tid| !known.contains(tid)) {
            if self.traces.len() >= most {
                break;
            }
            let thread = Thread { tid, ..Thread::default() };
            let before = |other: &Thread| (other.tid != pid, other.tid) < (tid != pid, tid);
            let place = self.process.threads.partition_point(before);
            self.process.threads.insert(place, thread);
            self.traces.insert(place, Trace::default());
        }
    }

    /// True where it is not known yet what it is.
    pub(super) const fn is_new(&self) -> bool {
        self.portrait.is_none()
    }

    /// Forgets what it was, where it may be another program by now: it has another name, or was seen right after its start.
    pub(super) fn forget_another_program(&mut self) {
        let is_same = self.portrait.as_ref().is_some_and(|portrait| portrait.name == self.process.name);
        if !is_same || self.was_young {
            self.portrait = None;
        }
    }

    /// Equal for processes whose command lines differ only in digits; `None` where there is none.
    pub(super) fn family(&self) -> Option<u64> {
        self.portrait.as_ref().filter(|portrait| !portrait.command.is_empty()).map(|portrait| portrait.family)
    }

    /// True where the kernel hides from us where the threads of it are.
    pub(super) fn is_hidden(&self) -> bool {
        self.traces.iter().any(|trace| {
            trace.position == parse::Position::Hidden && !matches!(trace.state, 'R' | 'Z' | 'X' | 'T' | 't')
        })
    }

    /// How it ended, as far as it can be told: by itself as a zombie, then by its pidfd.
    pub(super) fn end(&self) -> Option<Exit> {
        let known = self.process.exit.filter(|exit| *exit != Exit::Unknown);
        known.or_else(|| self.pidfd.as_ref().and_then(exit::of)).or(self.process.exit)
    }
}

/// The first threads of a process, as the kernel lists them.
fn tids(pid: u32, most: usize) -> Option<Vec<u32>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = read::open_with(&format!("/proc/{pid}/task"), flags).ok()?;
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut listed = RawDir::new(&folder, &mut buffer);
    let mut tids = Vec::new();
    while let Some(Ok(entry)) = listed.next() {
        tids.extend(entry.file_name().to_str().ok().and_then(|name| name.parse::<u32>().ok()));
        if tids.len() >= most {
            break;
        }
    }
    Some(tids)
}
