#![expect(clippy::disallowed_methods, reason = "edge: uses a CPU for a while, as a job does")]
//! The CPU: a loop without a pause, work that grows, a timer. One thread each.

use std::hint::{black_box, spin_loop};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::fork::me;
use super::stage::Stage;
use crate::demo::dice::Dice;
use crate::demo::task::Tally;
use crate::model::cause::Culprit;

/// How long the first line takes, and how much longer than the one before each further one.
const FIRST: Duration = Duration::from_millis(20);
const MORE: Duration = Duration::from_millis(1);

/// Real work for so long: texts are made up and their words counted.
pub(super) fn work(time: Duration) {
    let begun = Instant::now();
    let mut dice = Dice::new(1);
    while begun.elapsed() < time {
        let mut tally = Tally::default();
        tally.add_block(&mut dice);
        black_box(tally.line(0));
    }
}

/// Waits for a flag that nobody sets, without a pause.
pub(super) fn spins(stage: &Stage) -> io::Result<()> {
    let is_ready = AtomicBool::new(false);
    stage.set(me(), &[Culprit::process(me())])?;
    while !black_box(&is_ready).load(Ordering::Relaxed) {
        spin_loop();
    }
    Ok(())
}

/// Works longer for each line, as whoever looks through all that was there before does, and says each line.
pub(super) fn slowing(stage: &Stage) -> io::Result<()> {
    stage.set(me(), &[Culprit::process(me())])?;
    for row in 0_u32.. {
        work(FIRST + MORE * row);
        writeln!(io::stdout(), "row {row:06}: seen before")?;
    }
    Ok(())
}

/// A timer, which ends by itself.
pub(super) fn sleeps(stage: &Stage) -> io::Result<()> {
    stage.set(me(), &[])?;
    std::thread::sleep(stage.limit);
    Ok(())
}
