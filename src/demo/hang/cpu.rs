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

/// How much more there is to look through with each line.
const MORE: usize = 40_000;

/// Beyond so much it begins again, so that memory stays small.
const MOST: usize = 8 << 20;

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

/// Looks through everything there was before each line, and says each line.
pub(super) fn slowing(stage: &Stage) -> io::Result<()> {
    stage.set(me(), &[Culprit::process(me())])?;
    let mut seen: Vec<u64> = Vec::new();
    let mut dice = Dice::new(1);
    loop {
        let row = dice.roll();
        // Nothing is ever found, so each search goes to the end.
        let found = (0..64).filter(|salt| seen.contains(&(row ^ (salt << 1) ^ 1))).count();
        if seen.len() * size_of::<u64>() > MOST {
            seen.clear();
        }
        seen.extend((0..MORE / 8).map(|_| dice.roll() & !1));
        writeln!(io::stdout(), "row {row:016x}: {found} seen before")?;
    }
}

/// A timer, which ends by itself.
pub(super) fn sleeps(stage: &Stage) -> io::Result<()> {
    stage.set(me(), &[])?;
    std::thread::sleep(stage.limit);
    Ok(())
}
