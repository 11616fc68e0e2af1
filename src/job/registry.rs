//! The runs there are: those with a keeper, those that ended, and those that were cut off.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::time::Duration;

use super::attach::{Control, Heard};
use super::folder::{self, Ending, Places};
use super::message::{Hello, Meta, State, Told};
use super::socket;
use crate::model::metric::span;
use crate::model::process::Exit;

/// A keeper says hello at once; one that is stopped or stuck must not hold up a list.
const PATIENCE: Duration = Duration::from_millis(500);

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// How it began.
    pub meta: Meta,
    /// Where its files are, if it has any.
    pub folder: Option<PathBuf>,
    /// What has become of it.
    pub fate: Fate,
}

/// What has become of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its main process runs or is stopped, and a keeper holds it.
    Live(State),
    /// It ended like this.
    Ended(Ending),
    /// It was started on this other machine, and has not ended as far as one can see from here.
    Elsewhere(String),
    /// It has no keeper and no exit was written: the keeper was killed, or the machine went down.
    CutOff,
}

impl Run {
    /// What has become of it in one sentence, at this time in milliseconds since 1970.
    pub fn obituary(&self, now_unix_ms: u64) -> String {
        let Meta { run, name, pid, .. } = &self.meta;
        let run = name.as_ref().map_or_else(|| format!("run {run}"), |name| format!("run {run} ({name})"));
        match &self.fate {
            Fate::Live(State::Running) => format!("{run} runs"),
            Fate::Live(State::Stopped) => format!("{run} is stopped"),
            Fate::Live(State::Ended(exit)) => format!("{run} {exit}"),
            Fate::Ended(ending) => {
                let ago = span(Duration::from_millis(now_unix_ms.saturating_sub(ending.ended_unix_ms)));
                let log =
                    self.folder.as_ref().map(|folder| folder.join(folder::LOG)).filter(|log| log.exists());
                let log = log.map_or_else(String::new, |log| format!("; its log is {}", log.display()));
                let exit = match ending.exit {
                    Exit::Signal(_) => format!("was {}", ending.exit),
                    exit => exit.to_string(),
                };
                format!("{run} {exit}, {ago} ago{log}")
            }
            Fate::Elsewhere(host) => format!("{run} was started on {host}; attach to it there"),
            Fate::CutOff => format!(
                "{run} was cut off: its keeper is gone and took its exit along; if process {pid} still runs, \
                 `telltale attach {pid}` watches it"
            ),
        }
    }
}

/// What came of looking for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// This one.
    One(Box<Run>),
    /// None.
    None,
    /// More than one; here are their ids.
    Many(Vec<String>),
}

/// All runs, the newest first.
pub fn list(places: &Places) -> Vec<Run> {
    let mut ids = places.runs();
    ids.extend(socket::runs(&places.sockets));
    ids.sort_unstable();
    ids.dedup();
    let mut runs: Vec<Run> = ids.iter().filter_map(|id| look_up(places, id)).collect();
    runs.sort_by_key(|run| Reverse(run.meta.started_unix_ms));
    runs
}

/// The run with this id, name or PID of its main process, or the only one whose id or name begins like this. Where a
/// name was used again, the live run is meant, or else the newest.
pub fn find(places: &Places, text: &str) -> Found {
    choose(list(places), text)
}

fn choose(runs: Vec<Run>, text: &str) -> Found {
    let is_named = |run: &Run| run.meta.name.as_deref() == Some(text);
    let pid = text.parse::<i32>().ok();
    let is_live = |run: &Run| matches!(run.fate, Fate::Live(_));
    let exact = [
        runs.iter().position(|run| run.meta.run == text),
        runs.iter().position(|run| is_live(run) && (is_named(run) || pid == Some(run.meta.pid))),
        runs.iter().position(is_named),
    ];
    if let Some(at) = exact.into_iter().flatten().next() {
        return runs.into_iter().nth(at).map_or(Found::None, |run| Found::One(Box::new(run)));
    }
    let begins = |run: &Run| {
        !text.is_empty()
            && (run.meta.run.starts_with(text)
                || run.meta.run.ends_with(&format!("-{text}"))
                || run.meta.name.as_deref().is_some_and(|name| name.starts_with(text)))
    };
    let mut alike: Vec<Run> = runs.into_iter().filter(begins).collect();
    match alike.len() {
        0 => Found::None,
        1 => alike.pop().map_or(Found::None, |run| Found::One(Box::new(run))),
        _ => Found::Many(alike.into_iter().map(|run| run.meta.run).collect()),
    }
}

/// The newest run whose main process had this PID.
pub fn with_pid(places: &Places, pid: i32) -> Option<Run> {
    list(places).into_iter().find(|run| run.meta.pid == pid)
}

/// What is known of the run with this id. Ask here when a keeper is gone and has not said how the job ended.
pub fn look_up(places: &Places, id: &str) -> Option<Run> {
    let folder = places.folder_of(id).filter(|folder| folder.is_dir());
    let meta = folder.as_deref().and_then(folder::meta);
    if let (Some(meta), Some(ending)) = (&meta, folder.as_deref().and_then(folder::ending)) {
        return Some(Run { meta: meta.clone(), folder, fate: Fate::Ended(ending) });
    }
    if let Some(hello) = greet(places, id) {
        return Some(Run { meta: hello.meta, folder: hello.folder, fate: Fate::Live(hello.state) });
    }
    let meta = meta?;
    // It may have ended between the two looks.
    let fate = match folder.as_deref().and_then(folder::ending) {
        Some(ending) => Fate::Ended(ending),
        None if meta.host != folder::host() => Fate::Elsewhere(meta.host.clone()),
        None => Fate::CutOff,
    };
    Some(Run { meta, folder, fate })
}

fn greet(places: &Places, id: &str) -> Option<Hello> {
    let mut control = Control::connect(places, id).ok()?;
    match control.recv(Some(PATIENCE)) {
        Ok(Heard::Told(Told::Hello(hello))) => Some(*hello),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::message::IoMode;

    fn run(id: &str, name: Option<&str>, pid: i32, is_live: bool) -> Run {
        let meta = Meta {
            format: 1,
            run: id.into(),
            name: name.map(Into::into),
            command: "sleep 1".into(),
            pid,
            start_ticks: 1,
            started_unix_ms: 0,
            cwd: "/".into(),
            io: IoMode::Pty,
            host: "here".into(),
            keeper_pid: 1,
        };
        let ending = Ending { format: 1, exit: Exit::Code(0), ended_unix_ms: 1, orphans: Vec::new() };
        Run {
            meta,
            folder: None,
            fate: if is_live { Fate::Live(State::Running) } else { Fate::Ended(ending) },
        }
    }

    #[test]
    fn obituaries_say_how_and_when() {
        let said = |fate: Fate| Run { fate, ..run("a-b", Some("etl"), 7, true) }.obituary(61_001);
        let ended = |exit| Fate::Ended(Ending { format: 1, exit, ended_unix_ms: 1, orphans: Vec::new() });
        assert_eq!(said(ended(Exit::Code(0))), "run a-b (etl) finished, 1m 01s ago");
        assert_eq!(said(ended(Exit::Code(3))), "run a-b (etl) exited with code 3, 1m 01s ago");
        assert_eq!(said(ended(Exit::Signal(9))), "run a-b (etl) was killed by SIGKILL, 1m 01s ago");
        assert!(said(Fate::CutOff).contains("`telltale attach 7`"));
    }

    #[test]
    fn runs_are_found_by_what_people_type() {
        let runs = || {
            vec![
                run("251121-0600-abc", Some("etl"), 100, false),
                run("251121-0559-xyz", Some("etl"), 200, true),
                run("251120-0000-klm", Some("train"), 300, false),
            ]
        };
        let table = [
            ("251121-0600-abc", Some("251121-0600-abc")),
            ("etl", Some("251121-0559-xyz")),
            ("200", Some("251121-0559-xyz")),
            ("300", None),
            ("abc", Some("251121-0600-abc")),
            ("tr", Some("251120-0000-klm")),
            ("251120", Some("251120-0000-klm")),
            ("", None),
        ];
        for (text, expected) in table {
            let found = match choose(runs(), text) {
                Found::One(run) => Some(run.meta.run),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        assert!(matches!(choose(runs(), "251121"), Found::Many(ids) if ids.len() == 2));
    }
}
