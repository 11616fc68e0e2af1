#![expect(clippy::disallowed_methods, reason = "edge: plays processes that stop, end and are left behind")]
//! Processes: stopped, never reaped, left behind by their parent, waited for in the kernel.

use std::io::{self, Read};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process, setpgid};

use super::fork::{fork, fork_to_outlive, me, vfork as fork_in_kernel, wait_for};
use super::limit::Litter;
use super::stage::Stage;
use crate::model::cause::Culprit;

/// How many children of each kind there are.
const CHILDREN: usize = 8;
const WORKERS: usize = 3;

/// What somebody else's business looks like: a sleep that is longer than any scenario.
pub(super) fn linger() {
    std::thread::sleep(Duration::from_hours(24));
}

/// A worker stops itself, as reading a terminal from the background would; its parent waits for its end.
pub(super) fn stopped(stage: &Stage) -> io::Result<()> {
    let (child, ()) = fork(c"demo-worker", (), || Ok(kill_process(getpid(), Signal::STOP)?))?;
    stage.set(me(), &[Culprit::process(child)])?;
    wait_for(child)
}

/// Children that ended, and a parent with other things to do.
pub(super) fn zombies(stage: &Stage) -> io::Result<()> {
    for _ in 0..CHILDREN {
        fork(c"demo-child", (), || Ok(()))?;
    }
    stage.set(me(), &[Culprit::process(me())])?;
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Workers inherit both ends of the pipe that their tasks come through, so that the end of their parent is none for
/// them: they hold it open for each other.
pub(super) fn orphans(stage: &Stage) -> io::Result<()> {
    let limit = stage.limit;
    let (pids, tell) = io::pipe()?;
    let (parent, mut pids) = fork(c"demo-parent", pids, move || {
        // It leads a group, as a job that a shell has started.
        setpgid(None, None)?;
        let (tasks, hand_out) = io::pipe()?;
        for _ in 0..WORKERS {
            let worker = fork_to_outlive(c"demo-worker", limit, || {
                let _both_ends = &hand_out;
                (&tasks).read(&mut [0; 8]).map(drop)
            })?;
            io::Write::write_all(&mut &tell, &worker.to_ne_bytes())?;
        }
        Err(io::Error::other("a parent that fails"))
    })?;
    wait_for(parent)?;
    let mut workers = Vec::new();
    let mut litter = Litter::default();
    for _ in 0..WORKERS {
        let mut pid = [0; 4];
        pids.read_exact(&mut pid)?;
        workers.push(u32::from_ne_bytes(pid));
        litter = litter.process(u32::from_ne_bytes(pid))?;
    }
    drop(pids);
    litter.leave();
    let culprits: Vec<_> = workers.iter().copied().map(Culprit::process).collect();
    stage.set(workers[0], &culprits)?;
    linger();
    Ok(())
}

/// A child that shares its parent's place in the kernel and starts no program: the parent waits where no signal comes.
pub(super) fn vfork(stage: &Stage) -> io::Result<()> {
    let parent = me();
    // The parent says nothing any more once it hangs, so the child speaks for it.
    fork_in_kernel(c"demo-child", stage.limit, || {
        stage.set(parent, &[Culprit::process(parent), Culprit::process(me())])?;
        linger();
        Ok(())
    })?;
    Ok(())
}
