//! `telltale status`: how the jobs stand, from what their watchers and keepers know already. It watches nothing.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::Duration;

use super::args::{StatusArgs, StatusFormat};
use super::exit::Exit;
use super::status_line::{Line, Now, bar};
use super::talk;
use crate::job::folder::{self, Places};
use crate::job::freeze::record::{self, Record};
use crate::job::message::State;
use crate::job::registry::{self, Fate, Run};
use crate::job::standing::Standing;
use crate::job::tree::Process;
use crate::job::watchers;
use crate::model::clock;
use crate::model::job::Phase;
use crate::model::member::MemberId;
use crate::model::text::Text;

/// Prints how the jobs stand; 1 when an alert holds.
pub fn status(args: &StatusArgs, out: &mut dyn Write) -> Exit {
    let lines = lines(&Places::from_env());
    if lines.is_empty() && args.format == StatusFormat::Text {
        talk::say("no job is watched, and no run is alive");
    }
    match print(&lines, args.format, out) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            talk::error(&error.into());
            Exit::Error
        }
        _ if lines.iter().any(|line| line.standing.worst.is_some() || line.frozen.is_some()) => Exit::Found,
        _ => Exit::Fine,
    }
}

fn print(lines: &[Line], format: StatusFormat, out: &mut dyn Write) -> io::Result<()> {
    let now = Now { at: clock::now(), wall: clock::wall() };
    match format {
        StatusFormat::Tmux => writeln!(out, "{}", bar(lines, now))?,
        StatusFormat::Text => lines.iter().try_for_each(|line| writeln!(out, "{}", line.text(now)))?,
        StatusFormat::Json => lines.iter().try_for_each(|line| writeln!(out, "{}", line.json(now)))?,
    }
    out.flush()
}

/// All that is watched, each job once as its newest watcher saw it, and then the runs that nobody watches.
fn lines(places: &Places) -> Vec<Line> {
    let mut runs: Vec<Run> =
        registry::list(places).into_iter().filter(|run| matches!(run.fate, Fate::Live(_))).collect();
    let mut known = HashSet::new();
    let mut lines = Vec::new();
    for standings in watchers::list(places) {
        for standing in standings.jobs {
            if standing.root.clone().is_some_and(|root| !known.insert(root)) {
                continue;
            }
            let at = runs.iter().position(|run| standing.root.as_ref() == Some(&root(run)));
            let run = at.map(|at| runs.remove(at));
            let is_stopped = run.as_ref().is_some_and(is_stopped);
            let run = run.map(|run| run.meta.run);
            let seen = Some(standings.at);
            lines.push(Line { standing, run, seen, age: None, is_stopped, frozen: None });
        }
    }
    lines.extend(runs.iter().filter(|run| !known.contains(&root(run))).map(unwatched));
    for (_, record) in record::all(places) {
        let of_record =
            |line: &&mut Line| line.standing.root.as_ref().and_then(Process::of) == Some(record.root);
        match lines.iter_mut().find(of_record) {
            Some(line) => line.frozen = Some(record.told),
            None if Process::now(record.root.pid) == Some(record.root) => lines.push(left_frozen(record)),
            None => {}
        }
    }
    lines
}

/// A job that somebody has frozen and left.
fn left_frozen(record: Record) -> Line {
    let Process { pid, start } = record.root;
    let root = Some(MemberId::Process { pid: pid as u32, start });
    let standing = Standing { root, ..nothing_known(record.name) };
    Line { standing, run: None, seen: None, age: None, is_stopped: true, frozen: Some(record.told) }
}

/// A job of which nobody tells anything.
const fn nothing_known(name: Text) -> Standing {
    Standing {
        name,
        root: None,
        phase: Phase::Running,
        done: None,
        total: None,
        throughput: None,
        memory: None,
        fill: None,
        beat: None,
        worst: None,
    }
}

fn root(run: &Run) -> MemberId {
    MemberId::Process { pid: run.meta.pid as u32, start: run.meta.start_ticks }
}

fn is_stopped(run: &Run) -> bool {
    matches!(run.fate, Fate::Live(State::Stopped))
}

/// What a keeper knows of a run that nobody watches.
fn unwatched(run: &Run) -> Line {
    let phase = match run.fate {
        Fate::Live(State::Ended(exit)) => Phase::Ended { exit, at: clock::now() },
        _ => Phase::Running,
    };
    let name = Text::new(run.meta.name.as_deref().unwrap_or(&run.meta.command));
    let standing = Standing { root: Some(root(run)), phase, ..nothing_known(name) };
    let age = Duration::from_millis(folder::unix_ms().saturating_sub(run.meta.started_unix_ms));
    let run_id = Some(run.meta.run.clone());
    let is_stopped = is_stopped(run);
    Line { standing, run: run_id, seen: None, age: Some(age), is_stopped, frozen: None }
}
