//! A fresh folder for each test, and the program run in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder that is gone after the test.
pub(crate) struct Dir(tempfile::TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders that lead to it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The program, in this folder, with an environment that asks for nothing.
    pub(crate) fn cmd(&self, args: &[&str]) -> Cmd {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telltale"));
        command.args(args).current_dir(self.0.path()).env_remove("NO_COLOR").env("HOME", self.0.path());
        command.env_remove("XDG_CONFIG_HOME").stdin(Stdio::null());
        for name in [
            "TELLTALE_THEME",
            "TELLTALE_GRAPH",
            "TELLTALE_INTERVAL",
            "TELLTALE_WEBHOOK",
            "http_proxy",
            "HTTP_PROXY",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        // Runs are kept in this folder too, and are gone with it.
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_RUNTIME_DIR", self.0.path());
        Cmd { command, input: None }
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }
}

/// One call of the program.
pub(crate) struct Cmd {
    command: Command,
    input: Option<Vec<u8>>,
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Cmd {
    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// In a folder below.
    pub(crate) fn within(mut self, folder: &str) -> Self {
        let below = self.command.get_current_dir().map(|here| here.join(folder));
        self.command.current_dir(below.unwrap());
        self
    }

    /// Starts it; its output is thrown away.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        Running(self.command.spawn().unwrap())
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Answer {
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        if let Some(input) = self.input {
            child.stdin.take().unwrap().write_all(&input).unwrap();
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
        Answer { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// Starts it and closes its output before it has written anything.
    pub(crate) fn run_with_closed_output(mut self) -> Option<i32> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = self.command.spawn().unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code()
    }
}

/// A process that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts a shell.
    pub(crate) fn shell(script: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Blocks until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
