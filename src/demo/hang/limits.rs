#![expect(
    clippy::disallowed_methods,
    unsafe_code,
    reason = "edge: opens files and starts threads up to limits that it has set itself, and gives up being root"
)]
//! Limits: descriptors, threads, room on a disk, and memory on its way to one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::thread::{Builder, sleep};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, getuid, setrlimit};

use super::fork::me;
use super::stage::Stage;
use crate::model::cause::Culprit;

/// How many descriptors it may have.
const DESCRIPTORS: u64 = 64;

/// Memory that is taken with each step, and when it is enough.
const STEP: usize = 512 << 10;
const ENOUGH: usize = 256 << 20;

/// A moment between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Whoever root becomes who has to meet a limit: `nobody`.
const NOBODY: libc::uid_t = 65_534;

/// Opens until no more may be opened, and tries again.
pub(super) fn descriptors(stage: &Stage) -> io::Result<()> {
    limit_to(Resource::Nofile, DESCRIPTORS)?;
    // Afterwards there is no descriptor left to tell it with.
    stage.set(me(), &[Culprit::process(me())])?;
    let mut open = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => open.push(file),
            Err(_) => sleep(PAUSE),
        }
    }
}

/// Writes to a device that is always full, and tries again: no disk suffers.
pub(super) fn disk(stage: &Stage) -> io::Result<()> {
    const FULL: &str = "/dev/full";
    let mut file = OpenOptions::new().write(true).open(FULL)?;
    stage.set(me(), &[Culprit::process(me()), Culprit::thing(FULL)])?;
    while file.write_all(b"row\n").is_err() {
        sleep(PAUSE);
    }
    Ok(())
}

/// May start no thread, since its user has as many tasks as it may, and tries again.
pub(super) fn processes(stage: &Stage) -> io::Result<()> {
    // Afterwards it may not write where it was asked to.
    stage.set(me(), &[Culprit::process(me())])?;
    if getuid().is_root() {
        // Root may start as many as it likes.
        // SAFETY: setresuid(2) takes three numbers; there is one thread.
        if unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    // A limit of one is that of a program which confines itself: what is left is filled with a thread that only waits.
    limit_to(Resource::Nproc, 2)?;
    let limit = stage.limit;
    loop {
        if Builder::new().spawn(move || sleep(limit)).is_err() {
            sleep(PAUSE);
        }
    }
}

/// Keeps all it has, until it is enough for a demo.
pub(super) fn grows(stage: &Stage) -> io::Result<()> {
    stage.set(me(), &[Culprit::process(me())])?;
    let mut kept: Vec<Vec<u8>> = Vec::new();
    while kept.len() < ENOUGH / STEP {
        // Written to, or the kernel would never give it.
        kept.push(vec![1; STEP]);
        sleep(PAUSE * 5 / 2);
    }
    writeln!(io::stdout(), "{} MiB are enough for a demo", ENOUGH >> 20)
}

fn limit_to(resource: Resource, most: u64) -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(resource);
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum })?)
}
