#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests start programs and look at them"
)]
//! The laboratory, as processes: each scenario hangs, says who is to blame, ends by itself and leaves nothing behind.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use telltales::demo::hang::{HANGS, Hang};
use telltales::model::cause::{Cause, Culprit};

const BINARY: &str = env!("CARGO_BIN_EXE_telltale");

/// Longer than anything here takes on a crowded machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a scenario writes down of itself.
#[derive(Debug, Deserialize)]
struct Truth {
    pid: u32,
    cause: String,
    culprit: Vec<Culprit>,
}

/// A scenario that is on; it ends with the test.
struct Playing {
    child: Child,
    folder: tempfile::TempDir,
}

impl Playing {
    fn start(hang: &Hang, limit: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(BINARY);
        command.args(["demo-job", hang.name, &limit.as_secs().to_string()]).arg(folder.path().join("truth"));
        // Its files lie in a folder that is gone with the test.
        let said = File::create(folder.path().join("said")).unwrap();
        command.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(said).stderr(Stdio::piped());
        Self { child: command.spawn().unwrap(), folder }
    }

    /// What it has printed so far.
    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// What is so, once it hangs; `None` where this machine can't play it, with a word on it.
    fn truth(&mut self) -> Option<Truth> {
        let path = self.folder.path().join("truth");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(text) = std::fs::read_to_string(&path) {
                return Some(serde_json::from_str(&text).unwrap());
            }
            assert!(Instant::now() < deadline, "it never hangs: {}", self.said());
            if self.child.try_wait().unwrap().is_some() {
                let mut said = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                assert!(said.contains("no control group can be made"), "{said}");
                eprint!("skipped: {said}");
                return None;
            }
            sleep(Duration::from_millis(20));
        }
    }

    fn ask_to_end(&mut self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            kill_process(pid, Signal::TERM).unwrap();
        }
    }

    /// Waits until it has ended.
    fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it goes on: {}", self.said());
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        // Asked first, for what does not end with it.
        self.ask_to_end();
        let deadline = Instant::now() + Duration::from_secs(1);
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline {
            sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a process is there and is no zombie.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn is_empty_of_ours(folder: &Path) -> bool {
    let names = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
    names.into_iter().all(|name| name == "truth" || name == "said")
}

/// Waits until none of the culprits is there any more: killed with their parent, or ended by an alarm of their own.
fn all_are_gone(hang: &Hang, truth: &Truth) {
    let deadline = Instant::now() + PATIENCE;
    while truth.culprit.iter().filter_map(|culprit| culprit.pid).any(is_alive) {
        assert!(Instant::now() < deadline, "{} leaves processes behind", hang.name);
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_scenario_hangs_and_takes_all_with_it_when_it_is_asked_to_end() {
    let mut playing: Vec<_> = HANGS.iter().map(|hang| (hang, Playing::start(hang, 2 * PATIENCE))).collect();
    for (hang, playing) in &mut playing {
        let Some(truth) = playing.truth() else { continue };
        assert_eq!(truth.cause, hang.cause.id());
        assert_eq!(truth.culprit.is_empty(), hang.cause.is_calm(), "{}", hang.name);
        assert!(playing.said().contains(&format!("PID {}", truth.pid)), "{}", playing.said());
        assert!(is_alive(truth.pid), "{} hangs", hang.name);
        if hang.cause == Cause::Uninterruptible {
            // It can't be asked.
            continue;
        }
        playing.ask_to_end();
        assert_eq!(playing.end().code(), Some(128 + 15), "{}", hang.name);
        assert!(is_empty_of_ours(playing.folder.path()), "{}", hang.name);
        all_are_gone(hang, &truth);
    }
}

#[test]
fn every_scenario_ends_by_itself() {
    const LIMIT: Duration = Duration::from_secs(3);
    let mut playing: Vec<_> = HANGS.iter().map(|hang| (hang, Playing::start(hang, LIMIT))).collect();
    for (hang, playing) in &mut playing {
        // Where it can't be played it says so; the other test reads what.
        assert!(matches!(playing.end().code(), Some(0 | 1)), "{}", hang.name);
        assert!(is_empty_of_ours(playing.folder.path()), "{} leaves something behind", hang.name);
    }
}

/// What is answered about a process.
#[derive(Debug, Deserialize)]
struct Answer {
    cause: String,
    culprits: Vec<Culprit>,
    evidence: Vec<String>,
}

fn diagnose(pid: u32, seconds: u32) -> Answer {
    let (pid, seconds) = (pid.to_string(), seconds.to_string());
    let output =
        Command::new(BINARY).args(["diagnose", &pid, "--json", "--seconds", &seconds]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Whether one of the first three is to blame; whoever is named too exactly is named.
fn is_right(truth: &Truth, answer: &Answer) -> bool {
    let is_one = |said: &&Culprit| {
        truth.culprit.iter().any(|true_one| {
            (true_one.pid.is_none() || true_one.pid == said.pid)
                && (true_one.tid.is_none() || true_one.tid == said.tid)
                && (true_one.path.is_none() || true_one.path == said.path)
        })
    };
    let is_named = answer.culprits.iter().take(3).any(|said| is_one(&said));
    answer.cause == truth.cause
        && is_named != truth.culprit.is_empty()
        && (is_named || answer.culprits.is_empty())
}

/// Plays these at the same time, asks why each hangs, and gives the wrong answers.
fn wrong_answers(names: &[&str], seconds: u32) -> Vec<String> {
    let hangs: Vec<&Hang> = HANGS.iter().filter(|hang| names.contains(&hang.name)).collect();
    assert_eq!(hangs.len(), names.len());
    let ask = |hang: &'static Hang| {
        let mut playing = Playing::start(hang, 2 * PATIENCE);
        let truth = playing.truth()?;
        let answer = diagnose(truth.pid, seconds);
        (!is_right(&truth, &answer))
            .then(|| format!("{}: {answer:?}, {:?}, but {truth:?}", hang.name, answer.evidence))
    };
    std::thread::scope(|scope| {
        let asked: Vec<_> = hangs.into_iter().map(|hang| scope.spawn(move || ask(hang))).collect();
        asked.into_iter().filter_map(|asked| asked.join().unwrap()).collect()
    })
}

/// Waits of one kind only, which are told in a moment whatever else the machine does.
const QUICK: [&str; 11] =
    ["cycle", "orphan", "lost", "pipes", "prompt", "peer", "flock", "fifo", "stopped", "orphans", "sleeps"];

#[test]
fn what_hangs_plainly_is_named() {
    let wrong = wrong_answers(&QUICK, 3);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "takes minutes; a full disk takes a look at the calls, and what slows down more than one window"]
fn what_hangs_is_named() {
    let all: Vec<&str> = HANGS.iter().map(|hang| hang.name).collect();
    let mut wrong = Vec::new();
    for few in all.chunks(3) {
        wrong.extend(wrong_answers(few, 5));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
