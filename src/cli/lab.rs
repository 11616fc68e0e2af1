#![expect(
    clippy::disallowed_methods,
    reason = "edge: starts the scenarios of the laboratory, and ends what it has started"
)]
//! `telltale demo --lab`: walks a newcomer through the laboratory, in plain text on any terminal. Without one it prints
//! all there is to read.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::lab_look;
use crate::demo::lab::{Show, Stop, stops};
use crate::demo::scenario::arguments;

/// How wide a page is, in columns.
const WIDTH: usize = 78;

/// How long a scenario is left alone with its reader, in seconds.
const PATIENCE: u32 = 900;

/// What somebody wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    GoOn,
    Skip,
    Again,
    Leave,
}

/// Walks through all stops, or prints them where nobody could answer.
pub(super) fn walk(out: &mut dyn Write, asks: bool) -> io::Result<()> {
    let asks = asks && io::stdin().is_terminal() && io::stdout().is_terminal();
    for (at, stop) in stops().iter().enumerate() {
        let is_left = page(out, at, stop).and_then(|()| match &stop.show {
            Some(show) if asks => see(out, show),
            Some(show) => read(out, show).map(|()| false),
            None => Ok(asks && at + 1 < stops().len() && ask(out, "Enter goes on, q leaves")? == Wish::Leave),
        })?;
        if is_left {
            break;
        }
    }
    Ok(())
}

fn page(out: &mut dyn Write, at: usize, stop: &Stop) -> io::Result<()> {
    writeln!(out, "\n{}/{}  {}", at + 1, stops().len(), stop.title)?;
    stop.text.iter().try_for_each(|text| writeln!(out, "\n{}", wrapped(text)))
}

/// What there is to see, in words only.
fn read(out: &mut dyn Write, show: &Show) -> io::Result<()> {
    writeln!(out, "\n  $ telltale demo {}\n  $ {}\n", show.hang.name, show.look_at("PID"))?;
    writeln!(out, "{}", wrapped(&show.gives_away))
}

/// Starts it, shows it and ends it; true when the walk is left.
fn see(out: &mut dyn Write, show: &Show) -> io::Result<bool> {
    let start = format!("Enter starts `{}`, s skips it, q leaves", show.hang.name);
    match ask(out, &start)? {
        Wish::Leave => return Ok(true),
        Wish::Skip => return Ok(false),
        Wish::GoOn | Wish::Again => {}
    }
    let playing = match Playing::start(show.hang.name) {
        Ok(playing) => playing,
        // This one can't be had here; the next may be.
        Err(error) => return writeln!(out, "It can't be started here: {error}").map(|()| false),
    };
    writeln!(out, "\n{}", wrapped(&playing.says))?;
    loop {
        write!(out, "\n{}", lab_look::look(playing.pid))?;
        writeln!(out, "\nIn another terminal:\n  $ {}", show.look_at(&playing.pid.to_string()))?;
        match ask(out, "Enter tells what gives it away, l looks again, q leaves")? {
            Wish::Leave => return Ok(true),
            Wish::Again => {}
            Wish::GoOn | Wish::Skip => break,
        }
    }
    writeln!(out, "\n{}", wrapped(&show.gives_away))?;
    Ok(ask(out, "Enter ends it and goes on, q leaves")? == Wish::Leave)
}

fn ask(out: &mut dyn Write, words: &str) -> io::Result<Wish> {
    write!(out, "\n[{words}] ")?;
    out.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok(match line.trim() {
        // The end of the input is the end of the walk.
        _ if read == 0 => Wish::Leave,
        "q" | "quit" => Wish::Leave,
        "s" => Wish::Skip,
        "l" => Wish::Again,
        _ => Wish::GoOn,
    })
}

/// A scenario that is on, and is ended with this.
struct Playing {
    child: Child,
    /// The process to look at.
    pid: u32,
    says: String,
}

impl Playing {
    fn start(name: &str) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments(name, PATIENCE)).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut says = String::new();
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(out).read_line(&mut says)?;
        let pid = pid_in(&says).unwrap_or(child.id());
        Ok(Self { child, pid, says: says.trim_end().to_owned() })
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It clears away what it has made and takes its children with it.
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// The process that a scenario's line names.
fn pid_in(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once("PID ")?;
    rest.split(|end: char| !end.is_ascii_digit()).next()?.parse().ok()
}

/// Broken between words, so that it fits on a page.
fn wrapped(text: &str) -> String {
    let mut page = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if used > 0 && used + 1 + width > WIDTH {
            page.push('\n');
            used = 0;
        } else if used > 0 {
            page.push(' ');
            used += 1;
        }
        page.push_str(word);
        used += width;
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_names_its_process() {
        assert_eq!(pid_in("PID 4711, prompt: a question. It ends within 15 min."), Some(4711));
        assert_eq!(pid_in("prompt: no process"), None);
        assert_eq!(pid_in("PID x"), None);
    }

    #[test]
    fn pages_are_not_too_wide() {
        for stop in stops() {
            for text in &stop.text {
                assert!(wrapped(text).lines().all(|line| line.chars().count() <= WIDTH), "{}", stop.title);
            }
        }
        assert_eq!(wrapped("one two"), "one two");
    }

    #[test]
    fn all_is_printed_where_nobody_answers() {
        let mut out = Vec::new();
        walk(&mut out, false).unwrap();
        let text = String::from_utf8(out).unwrap();
        for stop in stops() {
            assert!(text.contains(&stop.title), "{}", stop.title);
        }
        assert!(text.contains("$ telltale demo killed") && !text.contains("{pid}"));
    }
}
