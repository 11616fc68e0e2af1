#![expect(clippy::disallowed_methods, reason = "edge: plays readers and writers that sleep")]
//! Pipes and terminals: both sides write, a slow reader, a slow writer, a question that nobody answers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};

use super::cpu;
use super::fork::{fork, me, wait_for};
use super::stage::Stage;
use crate::model::cause::Culprit;

/// More than any pipe holds by itself.
const MUCH: usize = 1 << 20;

/// A filter that answers before it has read all, and a parent that writes all before it reads.
pub(super) fn both_write(stage: &Stage) -> io::Result<()> {
    let (mut questions, ask) = io::pipe()?;
    let (answers, mut answer) = io::pipe()?;
    let (child, (mut ask, mut answers)) = fork(c"demo-filter", (ask, answers), move || {
        answer.write_all(&vec![b'a'; MUCH])?;
        io::copy(&mut questions, &mut io::sink()).map(drop)
    })?;
    stage.set(me(), &[Culprit::process(me()), Culprit::process(child)])?;
    ask.write_all(&vec![b'q'; MUCH])?;
    drop(ask);
    answers.read_to_end(&mut Vec::new())?;
    wait_for(child)
}

/// A reader that takes a page every two seconds.
pub(super) fn backpressure(stage: &Stage) -> io::Result<()> {
    let (mut lines, write) = io::pipe()?;
    let (child, mut write) = fork(c"demo-reader", write, move || {
        let mut page = [0; 4096];
        while lines.read(&mut page)? > 0 {
            std::thread::sleep(Duration::from_secs(2));
        }
        Ok(())
    })?;
    stage.set(me(), &[Culprit::process(child)])?;
    loop {
        write.write_all(&[b'x'; 1024])?;
    }
}

/// A writer that works for a while on each line.
pub(super) fn producer(stage: &Stage) -> io::Result<()> {
    let (lines, mut write) = io::pipe()?;
    let (_, lines) = fork(c"demo-writer", lines, move || {
        for number in 0_u64.. {
            cpu::work(Duration::from_millis(150));
            std::thread::sleep(Duration::from_millis(350));
            writeln!(write, "row {number}")?;
        }
        Ok(())
    })?;
    stage.set(me(), &[])?;
    BufReader::new(lines).lines().try_for_each(|line| line.map(drop))
}

/// A question on the terminal that it was started on, or else on one of its own, which nobody looks at.
pub(super) fn prompt(stage: &Stage) -> io::Result<()> {
    if io::stdin().is_terminal() {
        stage.set(me(), &[Culprit::process(me())])?;
        return ask(&mut io::stdout(), &mut io::stdin().lock());
    }
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    unlockpt(&screen)?;
    let line = File::from(ioctl_tiocgptpeer(&screen, OpenptFlags::RDWR | OpenptFlags::NOCTTY)?);
    let (child, screen) = fork(c"demo-asks", screen, move || ask(&mut &line, &mut BufReader::new(&line)))?;
    stage.set(child, &[Culprit::process(child)])?;
    // As a terminal does, it shows what is written and waits for more.
    let mut screen = File::from(screen);
    loop {
        poll(&mut [PollFd::new(&screen, PollFlags::IN)], None)?;
        if screen.read(&mut [0; 256])? == 0 {
            return Ok(());
        }
    }
}

fn ask(out: &mut dyn Write, input: &mut dyn BufRead) -> io::Result<()> {
    write!(out, "results.parquet is there already. Overwrite it? [y/N] ")?;
    out.flush()?;
    input.read_line(&mut String::new())?;
    writeln!(out, "Left as it is.")
}
