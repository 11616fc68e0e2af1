#![expect(clippy::disallowed_methods, reason = "edge: plays pools whose workers work, wait and die")]
//! Pools: one that forgets the task of a dead worker, and one with a task as long as all others together.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

use super::cpu;
use super::fork::{fork, me};
use super::stage::Stage;
use crate::model::cause::Culprit;

const WORKERS: usize = 3;

/// How many tasks there are, and which of them kills its worker.
const TASKS: u8 = 60;
const DEADLY: u8 = 40;

/// How long a task takes, and how often is looked whether a worker died.
const TASK: Duration = Duration::from_millis(200);
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Both ends of both pipes, which the workers inherit with all else.
struct Pipes {
    tasks: io::PipeReader,
    hand_out: io::PipeWriter,
    results: io::PipeReader,
    tell: io::PipeWriter,
}

/// As pools do: a dead worker is replaced, its task is not, and the parent waits for every result.
pub(super) fn killed(stage: &Stage) -> io::Result<()> {
    stage.says(me())?;
    let (tasks, hand_out) = io::pipe()?;
    let (results, tell) = io::pipe()?;
    let mut pipes = Pipes { tasks, hand_out, results, tell };
    let mut workers = (0..WORKERS).map(|_| worker(&pipes)).collect::<io::Result<Vec<_>>>()?;
    pipes.hand_out.write_all(&(0..TASKS).collect::<Vec<_>>())?;
    let (mut done, mut dead) = (0, None);
    while done < TASKS {
        if dead.is_none() && !comes(&pipes.results)? {
            dead = replace_the_dead(&mut workers, &pipes)?;
            continue;
        }
        if let Some(dead) = dead.filter(|_| done + 1 == TASKS) {
            // All others are in: from here on it waits for the one that does not come.
            let waiting = workers.iter().copied().chain([dead, me()]).map(Culprit::process);
            stage.knows(me(), &waiting.collect::<Vec<_>>())?;
        }
        pipes.results.read_exact(&mut [0])?;
        done += 1;
    }
    Ok(())
}

/// Starts another worker for one that has ended, and tells which that was.
fn replace_the_dead(workers: &mut [u32], pipes: &Pipes) -> io::Result<Option<u32>> {
    for worker in workers {
        if waitpid(Pid::from_raw(worker.cast_signed()), WaitOptions::NOHANG)?.is_some() {
            return Ok(Some(std::mem::replace(worker, self::worker(pipes)?)));
        }
    }
    Ok(None)
}

fn worker(pipes: &Pipes) -> io::Result<u32> {
    let work = || {
        let mut task = [0];
        loop {
            (&pipes.tasks).read_exact(&mut task)?;
            sleep(TASK);
            if task == [DEADLY] {
                kill_process(getpid(), Signal::KILL)?;
            }
            (&pipes.tell).write_all(&task)?;
        }
    };
    Ok(fork(c"demo-worker", (), work)?.0)
}

/// Whether a result comes within a moment.
fn comes(results: &io::PipeReader) -> io::Result<bool> {
    Ok(poll(&mut [PollFd::new(results, PollFlags::IN)], Some(&LOOK))? > 0)
}

/// Each worker gets a piece; all are done with theirs but one.
pub(super) fn straggler(stage: &Stage) -> io::Result<()> {
    let limit = stage.limit;
    let (results, tell) = io::pipe()?;
    let (tasks, hand_out) = io::pipe()?;
    let mut workers = Vec::new();
    let mut kept = (results, hand_out);
    for number in 0..=WORKERS {
        let time = if number == 1 { limit } else { Duration::from_millis(200) };
        let (worker, parents) = fork(c"demo-worker", kept, || {
            let begun = Instant::now();
            while begun.elapsed() < time {
                cpu::work(Duration::from_millis(50).min(time));
            }
            (&tell).write_all(&[1])?;
            // The next piece, or the end of them.
            (&tasks).read(&mut [0]).map(drop)
        })?;
        workers.push(worker);
        kept = parents;
    }
    stage.says(me())?;
    let mut results = kept.0;
    results.read_exact(&mut [0; WORKERS])?;
    stage.knows(me(), &[Culprit::process(workers[1])])?;
    results.read_exact(&mut [0])
}
