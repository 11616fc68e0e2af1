//! The stacks of a job's threads: read at the end of a window, and in between for those who count where time goes.

use std::collections::HashMap;
use std::time::Duration;

use super::choice::telling;
use super::failure::{Failure, sentence};
use super::java;
use super::marks::Stack;
use super::python::{Ask, Watch};
use crate::model::clock::{self, Moment};
use crate::model::evidence::{Evidence, Frame, Runtime};
use crate::proc::read;

/// Different lines that are counted of one thread, and threads of which they are.
const MOST_LINES: usize = 64;
const MOST_COUNTED: usize = 4_096;

/// How long a sample may take of a process that has answered before: it is one of many.
const SAMPLE: Duration = Duration::from_millis(100);

/// What sampling may take: so much at once, for what is costly the first time, and this share of the time after that.
const ALLOWANCE: Duration = Duration::from_millis(500);
const SHARE: u32 = 30;

/// Sentences about what could not be read.
const MOST_PROBLEMS: usize = 4;

/// How much may be read, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Processes whose stacks are read.
    pub processes: usize,
    /// How long one process may take.
    pub limit: Duration,
    /// How long all of them may.
    pub budget: Duration,
    /// Whether a runtime may be sent a signal that makes it tell its stacks. Only for those who asked for it.
    pub may_signal: bool,
}

impl Default for Options {
    fn default() -> Self {
        let (limit, budget) = (Duration::from_millis(1_500), Duration::from_millis(2_500));
        Self { processes: 12, limit, budget, may_signal: false }
    }
}

/// Reads stacks, of the same processes again and again.
#[derive(Debug, Default)]
pub struct Reader {
    options: Options,
    watches: HashMap<u32, Result<Watch, Failure>>,
    /// How often each thread was seen at each line.
    lines: HashMap<u32, HashMap<String, u32>>,
    /// Since when there are samples, and how long they took.
    begun: Option<Moment>,
    spent: Duration,
}

impl Reader {
    /// A reader that has read nothing yet.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Where the threads of a Python program stand just now; nothing where that can't be read, or where the samples so far
    /// took more than their share of the time. Cheap after the first time.
    pub fn sample(&mut self, pid: u32) -> Vec<(u32, Vec<Frame>)> {
        let now = clock::now();
        if self.spent > ALLOWANCE + now.since(*self.begun.get_or_insert(now)) / SHARE {
            return Vec::new();
        }
        let found = self.sampled(pid);
        self.spent += clock::now().since(now);
        found
    }

    fn sampled(&mut self, pid: u32) -> Vec<(u32, Vec<Frame>)> {
        if !self.watches.contains_key(&pid) && self.watches.len() >= self.options.processes {
            return Vec::new();
        }
        let is_known = matches!(self.watches.get(&pid), Some(Ok(watch)) if watch.has_answered);
        let limit = if is_known { self.options.limit.min(SAMPLE) } else { self.options.limit };
        let Ok(stacks) = self.ask(pid, Ask::Frames, limit) else { return Vec::new() };
        for stack in &stacks {
            if let Some(frame) = stack.frames.first() {
                self.count(stack.tid, frame);
            }
        }
        stacks.into_iter().map(|stack| (stack.tid, stack.frames)).collect()
    }

    /// Fills in the frames of the job's threads, with the locks that they hold and ask for, and the lines at which they
    /// were seen. What could not be read is added to the problems.
    pub fn read(&mut self, evidence: &mut Evidence) {
        let until = clock::now().plus(self.options.budget);
        let told = telling(evidence);
        let mut problems = Vec::new();
        let mut left = told.len().saturating_sub(self.options.processes);
        for (pid, runtime) in told.into_iter().take(self.options.processes) {
            let limit = until.since(clock::now()).min(self.options.limit);
            if limit.is_zero() {
                left += 1;
                continue;
            }
            let (language, stacks) = match runtime {
                Runtime::Java => ("Java", java::stacks(pid, self.options.may_signal, limit)),
                _ => ("Python", self.ask(pid, Ask::Locks, limit)),
            };
            match stacks {
                Ok(stacks) => fill(evidence, pid, stacks),
                Err(failure) => problems.extend(sentence(pid, language, &failure, yama())),
            }
        }
        for thread in evidence.processes.iter_mut().flat_map(|process| &mut process.threads) {
            if let Some(lines) = self.lines.get(&thread.tid) {
                thread.lines = lines.iter().map(|(line, times)| (line.clone(), *times)).collect();
                thread.lines.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            }
        }
        let unsaid = problems.len().saturating_sub(MOST_PROBLEMS);
        problems.truncate(MOST_PROBLEMS);
        if unsaid + left > 0 {
            problems.push(format!("the stacks of {} more processes were not read", unsaid + left));
        }
        evidence.problems.extend(problems);
    }

    fn ask(&mut self, pid: u32, ask: Ask, limit: Duration) -> Result<Vec<Stack>, Failure> {
        let watch = self.watches.entry(pid).or_insert_with(|| Watch::of(pid));
        match watch {
            Ok(watch) => watch.ask(ask, limit),
            Err(failure) => Err(failure.clone()),
        }
    }

    fn count(&mut self, tid: u32, frame: &Frame) {
        if self.lines.len() >= MOST_COUNTED && !self.lines.contains_key(&tid) {
            return;
        }
        let lines = self.lines.entry(tid).or_default();
        let line = format!("{}:{}", frame.file, frame.line);
        if lines.len() < MOST_LINES || lines.contains_key(&line) {
            *lines.entry(line).or_default() += 1;
        }
    }
}

/// Gives the threads of a process their frames.
fn fill(evidence: &mut Evidence, pid: u32, stacks: Vec<Stack>) {
    let Some(process) = evidence.processes.iter_mut().find(|process| process.pid == pid) else { return };
    for stack in stacks {
        if let Some(thread) = process.threads.iter_mut().find(|thread| thread.tid == stack.tid) {
            thread.frames = stack.frames;
        }
    }
}

/// How far this kernel restricts the reading of other processes; `None` where it has no such setting.
fn yama() -> Option<u32> {
    let mut reader = read::Reader::default();
    let text = reader.file("/proc/sys/kernel/yama/ptrace_scope").ok()?;
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
