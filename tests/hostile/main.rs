#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests start programs and read /proc")]
//! Hostile jobs and neighbours, real ones, against the real binary: memory stays bounded as the kernel counts it, the
//! snapshots go on, what is dropped is counted and told, and nothing reaches a terminal raw.
//!
//! The heavy versions, with their figures, are in `benches/hostile.py`. Nothing here asserts a speed.

mod crowds;
mod datagrams;
mod output;
mod steering;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What watcher and keeper may have at most, as the kernel tells it; most of it are pages of a debug build's binary.
const MOST_MEMORY: u64 = 48 << 20;
/// No case here takes as long.
const PATIENCE: Duration = Duration::from_mins(1);

/// What every job in Python begins with.
const HEAD: &str = "
import os, socket, subprocess, sys, threading, time
END = time.monotonic() + 1.5
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT'])))
    return s
def unix(name='DD_DOGSTATSD_URL'):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ[name].removeprefix('unix://'))
    return s
def said(what): open('sent', 'w').write(str(what))
";

/// A folder of one test's own.
struct Dir(tempfile::TempDir);

/// What was seen of one case.
struct Seen {
    snapshots: Vec<Value>,
    /// The most memory of the watcher, and of the keeper where there was one.
    watcher: u64,
    keeper: u64,
    /// The JSON lines as they were written, and what was told on standard error.
    raw: String,
    err: String,
    code: Option<i32>,
}

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn telltale(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telltale"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("HOME", self.0.path()).env("XDG_RUNTIME_DIR", self.0.path());
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_CONFIG_HOME", self.path("config"));
        command.stderr(File::create(self.path("err")).unwrap()).process_group(0);
        command
    }

    /// Watches a Python script as a launched job; `None`, with a word, where there is no Python.
    fn python(&self, more: &[&str], script: &str) -> Option<Seen> {
        if Command::new("python3").arg("-V").output().is_err() {
            let _ = writeln!(std::io::stderr(), "skipped: there is no python3");
            return None;
        }
        fs::write(self.path("job.py"), format!("{HEAD}{script}")).unwrap();
        let args = ["run", "--headless", "--interval", "100ms", "--json-to", "lines"];
        let args = [&args[..], more, &["--", "python3", "job.py"]].concat();
        Some(self.watch(self.telltale(&args)))
    }

    /// Runs a watcher to its end and looks at it, and at its keeper, all the while.
    fn watch(&self, mut command: Command) -> Seen {
        let mut child = Ending(command.spawn().unwrap());
        let (begun, pid) = (Instant::now(), child.0.id());
        let (mut watcher, mut keeper, mut keeper_pid) = (0, 0, None);
        let code = loop {
            if let Some(status) = child.0.try_wait().unwrap() {
                break status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.text("err"));
            keeper_pid = keeper_pid.or_else(|| self.keeper());
            watcher = watcher.max(most_memory(pid));
            keeper = keeper.max(keeper_pid.map_or(0, most_memory));
            std::thread::sleep(Duration::from_millis(10));
        };
        let (raw, err) = (self.text("lines"), self.text("err"));
        let snapshots = raw.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Seen { snapshots, watcher, keeper, raw, err, code }
    }

    fn keeper(&self) -> Option<u32> {
        let runs = fs::read_dir(self.path("state/telltale/runs")).ok()?;
        let mut records = runs.flatten().filter_map(|run| fs::read(run.path().join("meta.json")).ok());
        let keeper = |record: Vec<u8>| serde_json::from_slice::<Value>(&record).ok()?["keeper_pid"].as_u64();
        records.find_map(keeper).map(|pid| pid as u32)
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(name)).unwrap_or_default()).into_owned()
    }

    /// What the job says it has sent.
    fn sent(&self) -> u64 {
        self.text("sent").parse().unwrap()
    }
}

/// The most memory that a process ever had, `VmHWM` of `proc_pid_status(5)`.
fn most_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

impl Seen {
    /// What must hold whatever happens: it ended well, memory was bounded, and snapshots came to the end.
    fn is_well(&self, what: &str) -> &Value {
        let figures = format!(
            "{what}: {} snapshots, longest gap {} ms, watcher {} KiB, keeper {} KiB",
            self.snapshots.len(),
            self.longest_gap(),
            self.watcher >> 10,
            self.keeper >> 10
        );
        let _ = writeln!(std::io::stderr(), "{figures}");
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert!(self.watcher < MOST_MEMORY && self.keeper < MOST_MEMORY, "{figures}");
        assert!(self.snapshots.len() > 2, "{figures}");
        let numbers = self.snapshots.iter().map(|snapshot| snapshot["seq"].as_u64().unwrap());
        assert!(numbers.eq(1..=self.snapshots.len() as u64), "none is left out");
        self.snapshots.last().unwrap()
    }

    fn longest_gap(&self) -> u64 {
        let at = |snapshot: &Value| snapshot["at"].as_u64().unwrap();
        self.snapshots.windows(2).map(|pair| at(&pair[1]) - at(&pair[0])).max().unwrap_or(0)
    }

    /// The highest figure before these words in any notice; 0 where nobody said them.
    fn counted(&self, words: &str) -> u64 {
        let notices = self.snapshots.iter().flat_map(|snapshot| snapshot["notices"].as_array().unwrap());
        let before =
            notices.filter_map(|notice| Some(notice["text"].as_str()?.split_once(words)?.0.to_owned()));
        before.filter_map(|before| before.trim().rsplit(' ').next()?.parse().ok()).max().unwrap_or(0)
    }

    fn says(&self, words: &str) -> bool {
        self.snapshots.iter().any(|snapshot| snapshot["notices"].to_string().contains(words))
    }
}

/// A process that is ended with its test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
