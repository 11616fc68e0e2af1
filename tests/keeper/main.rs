#![expect(clippy::disallowed_methods, reason = "edge: drives the real binary, its files and its processes")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
//! The keeper, driven as the real binary: every job here ends by itself, and nothing waits for luck.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use telltales::job::attach::{Control, Heard};
use telltales::job::folder::{self, LOG, LOG_BEFORE, Places};
use telltales::job::launch::{Front, Io, LaunchError, LaunchSpec, Launched};
use telltales::job::message::{Asked, State, Told, Whom};
use telltales::job::registry::{self, Fate, Found};
use telltales::model::process::Exit;

const BINARY: &str = env!("CARGO_BIN_EXE_telltale");
const PATIENCE: Duration = Duration::from_secs(20);
const WINDOW: Io = Io::Pty { rows: 24, cols: 80 };

mod clients;
mod demo;
mod exits;
mod frozen;
mod lost;
mod output;
mod redaction;
mod terminal;

/// A place for one test's runs.
struct Dir {
    root: tempfile::TempDir,
    places: Places,
}

impl Dir {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(Some(root.path().join("state")), root.path());
        Self { root, places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn try_launch(&self, spec: &LaunchSpec, out: impl AsFd, err: impl AsFd) -> Result<Launched, LaunchError> {
        let null = File::open("/dev/null").unwrap();
        let streams = [null.as_fd(), out.as_fd(), err.as_fd()];
        Front { places: self.places.clone(), binary: BINARY.into(), streams }.launch(spec)
    }

    fn launch(&self, io: Io, script: &str) -> Launched {
        let null = File::options().write(true).open("/dev/null").unwrap();
        self.try_launch(&shell(io, script), &null, &null).unwrap()
    }

    /// Runs the binary's own front.
    fn front(&self, script: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["run", "--headless", "--", "sh", "-c", script]).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_RUNTIME_DIR", self.root.path());
        // The developer's own configuration is none of a test's business.
        command.env("XDG_CONFIG_HOME", self.path("config"));
        command
    }

    fn log(&self, run: &str) -> String {
        fs::read_to_string(self.places.folder_of(run).unwrap().join(LOG)).unwrap_or_default()
    }
}

impl Drop for Dir {
    /// Whatever a failed test leaves running, or stopped, ends here.
    fn drop(&mut self) {
        for places in [self.places.clone(), inner(self)] {
            for run in registry::list(&places) {
                if let (Fate::Live(_), Ok(mut control)) = (run.fate, Control::connect(&places, &run.meta.run))
                {
                    let _ = control.send(&Asked::End { grace_ms: 0 });
                }
            }
        }
    }
}

/// Where a front that runs in a terminal of this test's keeps its own runs.
fn inner(dir: &Dir) -> Places {
    Places::below(Some(dir.path("inner/state")), &dir.path("inner"))
}

fn spec(io: Io, argv: &[&str]) -> LaunchSpec {
    LaunchSpec {
        argv: argv.iter().map(Into::into).collect(),
        name: None,
        io,
        log_cap: 1 << 20,
        end_after: None,
        guard: None,
        has_mailboxes: false,
    }
}

fn shell(io: Io, script: &str) -> LaunchSpec {
    spec(io, &["sh", "-c", script])
}

/// Listens until the keeper says what is waited for.
fn hear<T>(control: &mut Control, mut wanted: impl FnMut(&Told) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match control.recv(Some(Duration::from_millis(100))).unwrap() {
            Heard::Told(told) => {
                if let Some(found) = wanted(&told) {
                    return found;
                }
            }
            Heard::Nothing => {}
            Heard::Gone => panic!("the keeper left before it said what was waited for"),
        }
    }
    panic!("the keeper did not say what was waited for");
}

fn hear_exit(control: &mut Control) -> Exit {
    hear(control, |told| if let Told::Exited(exit) = told { Some(*exit) } else { None })
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn pipe() -> (File, OwnedFd) {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    (read.into(), write)
}

fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}
