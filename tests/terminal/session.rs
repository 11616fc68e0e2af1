//! A program on a pseudo-terminal of its own, and what its screen shows.

use std::collections::VecDeque;
use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OutputModes, Termios, Winsize, tcgetattr, tcsetwinsize};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a program may ask a terminal, and what a new one answers: it knows frames that are shown all at once.
const ANSWERS: [(&str, &str); 2] = [("\x1b[?2026$p", "\x1b[?2026;2$y"), ("\x1b[c", "\x1b[?62;22c")];

/// Modes that a program may set with `h` and takes back with `l`.
const MODES: [&str; 5] = ["1000", "1004", "1006", "1049", "2004"];

/// A program, its terminal, and a folder for what it keeps.
pub(crate) struct Session {
    pub(crate) child: Child,
    /// The two ends of the terminal; gone once it was taken away.
    ends: Option<(OwnedFd, File)>,
    found: Termios,
    pub(crate) screen: vt100::Parser,
    pub(crate) written: Vec<u8>,
    /// Questions are answered so much later; none are while there is nothing here.
    pub(crate) answers_after: Option<Duration>,
    /// Only a few bytes are read at once, about 960 a second.
    pub(crate) is_slow: bool,
    /// Answers on their way.
    answers: VecDeque<(Instant, &'static str)>,
    /// What was written so far has been searched for questions up to here.
    heard: usize,
    dir: tempfile::TempDir,
}

impl Session {
    /// Starts telltale as the leader of a session of its own, as a terminal does.
    pub(crate) fn telltale(size: (u16, u16), args: &[&str]) -> Self {
        let mut words = vec!["setsid", "--ctty", env!("CARGO_BIN_EXE_telltale")];
        words.extend(args);
        Self::start(size, &words)
    }

    /// Starts any program; its terminal controls it only if it asks for that.
    pub(crate) fn start((columns, rows): (u16, u16), words: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        set_size(&slave, columns, rows);
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        let tty = || Stdio::from(slave.try_clone().unwrap());
        // What runs the tests may have been told to ignore signals, and hands that on.
        let child = Command::new("env")
            .arg("--default-signal")
            .args(words)
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("XDG_STATE_HOME", dir.path().join("state"))
            // The developer's own configuration is none of a test's business.
            .env("XDG_CONFIG_HOME", dir.path().join("config"))
            .env("XDG_RUNTIME_DIR", dir.path())
            .env("TMPDIR", dir.path().join("tmp"))
            .envs([("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")])
            .env_remove("NO_COLOR")
            .env_remove("TMUX")
            .env_remove("STY")
            .env_remove("TERM_PROGRAM")
            .stdin(tty())
            .stdout(tty())
            .stderr(tty())
            .spawn()
            .unwrap();
        Self {
            child,
            found: tcgetattr(&slave).unwrap(),
            ends: Some((master, slave)),
            screen: vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0),
            written: Vec::new(),
            answers_after: None,
            is_slow: false,
            answers: VecDeque::new(),
            heard: 0,
            dir,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes what the program writes until something is so.
    pub(crate) fn wait_for(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "never came true: {what}; on the screen:\n{}", self.text());
            self.take(Duration::from_millis(20));
        }
    }

    fn take(&mut self, patience: Duration) {
        let Some((master, _)) = &self.ends else {
            std::thread::sleep(patience);
            return;
        };
        let timeout = patience.try_into().unwrap();
        if poll(&mut [PollFd::new(master, PollFlags::IN)], Some(&timeout)).unwrap() > 0 {
            let mut bytes = [0; 4096];
            let most = if self.is_slow { 24 } else { bytes.len() };
            let n = rustix::io::read(master, &mut bytes[..most]).unwrap_or(0);
            self.screen.process(&bytes[..n]);
            self.written.extend_from_slice(&bytes[..n]);
        }
        if self.is_slow {
            std::thread::sleep(Duration::from_millis(25));
        }
        self.answer();
    }

    /// Answers in the order of the questions, each when it is time.
    fn answer(&mut self) {
        let Some(after) = self.answers_after else { return };
        let find = |question: &str, from: usize| {
            self.written[from..].windows(question.len()).position(|window| window == question.as_bytes())
        };
        let next = |from| {
            let found = ANSWERS.iter().filter_map(|&(question, answer)| {
                find(question, from).map(|at| (from + at + question.len(), answer))
            });
            found.min()
        };
        while let Some((end, answer)) = next(self.heard) {
            self.heard = end;
            self.answers.push_back((Instant::now() + after, answer));
        }
        while let Some((_, answer)) = self.answers.pop_front_if(|(at, _)| *at <= Instant::now()) {
            self.press(answer);
        }
    }

    /// Every question that was asked is answered.
    pub(crate) fn has_answered(&self) -> bool {
        self.answers.is_empty()
    }

    /// Bytes that wait to be read by the terminal, as far as the kernel tells: it counts no more than 4,095.
    pub(crate) fn queued(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.ends.as_ref().unwrap().0).unwrap()
    }

    pub(crate) fn has_written(&self, text: &str) -> bool {
        self.written.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Takes what is written until nothing has come for a while: two frames' time and more.
    pub(crate) fn settle(&mut self) {
        let mut quiet = Instant::now();
        let begun = quiet;
        while quiet.elapsed() < Duration::from_millis(250) && begun.elapsed() < Duration::from_secs(2) {
            let before = self.written.len();
            self.take(Duration::from_millis(20));
            if self.written.len() != before {
                quiet = Instant::now();
            }
        }
    }

    pub(crate) fn sees(&mut self, text: &str) {
        self.wait_for(text, |session| session.text().contains(text));
    }

    pub(crate) fn sees_no(&mut self, text: &str) {
        self.wait_for(&format!("no {text}"), |session| !session.text().contains(text));
    }

    pub(crate) fn press(&self, keys: &str) {
        let (master, _) = self.ends.as_ref().unwrap();
        rustix::io::write(master, keys.as_bytes()).unwrap();
    }

    /// Another size, as a terminal says it: the kernel tells the program.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        set_size(&self.ends.as_ref().unwrap().1, columns, rows);
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for a file that the job writes its PID to.
    pub(crate) fn told_pid(&mut self, name: &str) -> Pid {
        let path = self.path(name);
        let read = || std::fs::read_to_string(&path).unwrap_or_default().trim().parse().ok();
        self.wait_for(name, |_| read().is_some());
        Pid::from_raw(read().unwrap()).unwrap()
    }

    /// Waits for the end of the program.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let mut status = None;
        self.wait_for("its end", |session| {
            status = session.child.try_wait().unwrap();
            status.is_some()
        });
        // What it wrote last still lies in the terminal.
        self.take(Duration::ZERO);
        status.unwrap()
    }

    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(&self.ends.as_ref().unwrap().1).unwrap()
    }

    /// The terminal is taken over: alternate screen, no cursor, raw.
    pub(crate) fn is_taken(&self) -> bool {
        let screen = self.screen.screen();
        let is_raw = !self.modes().local_modes.contains(LocalModes::ICANON);
        let is_set = MODES.iter().all(|mode| self.last_of(&[mode, "h"]) > self.last_of(&[mode, "l"]));
        screen.alternate_screen() && screen.hide_cursor() && is_raw && is_set
    }

    /// Where a mode was set or taken back for the last time.
    fn last_of(&self, words: &[&str]) -> Option<usize> {
        let sequence = format!("\x1b[?{}", words.concat());
        self.written.windows(sequence.len()).rposition(|window| window == sequence.as_bytes())
    }

    /// The terminal is as it was found: the modes, the screen and the cursor.
    pub(crate) fn is_restored(&self) -> bool {
        let (screen, modes) = (self.screen.screen(), self.modes());
        let same_modes = modes.local_modes == self.found.local_modes
            && modes.input_modes == self.found.input_modes
            && modes.output_modes == self.found.output_modes
            && modes.output_modes.contains(OutputModes::OPOST);
        let is_undone = MODES.iter().all(|mode| self.last_of(&[mode, "l"]) >= self.last_of(&[mode, "h"]));
        let count = |sequence| String::from_utf8_lossy(&self.written).matches(sequence).count();
        let has_title_back = count("\x1b[22;2t") == count("\x1b[23;2t");
        !screen.alternate_screen() && !screen.hide_cursor() && same_modes && is_undone && has_title_back
    }

    pub(crate) fn sees_the_terminal_restored(&mut self) {
        self.wait_for("the terminal as it was", |session| session.is_restored());
    }

    /// What was written after the alternate screen was left for the last time.
    pub(crate) fn written_after(&self) -> String {
        let written = String::from_utf8_lossy(&self.written);
        written.rsplit_once("\x1b[?1049l").map(|(_, after)| after.to_owned()).unwrap()
    }

    /// The terminal is closed, as a lost line does.
    pub(crate) fn take_the_terminal_away(&mut self) {
        self.ends = None;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that something can attach to; it is ended with the test.
pub(crate) struct Sleeper(pub(crate) Child);

impl Sleeper {
    pub(crate) fn start() -> Self {
        let mut command = Command::new("sleep");
        command.arg("120").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn is_alive(pid: Pid) -> bool {
    test_kill_process(pid).is_ok()
}

/// Ends a job that a test let go on, and waits until it is gone.
pub(crate) fn end_job(session: &mut Session, job: Pid) {
    kill_process(job, Signal::KILL).unwrap();
    session.wait_for("the end of the job", |_| !is_alive(job));
}

/// An example of this package: `cargo test` builds them all beside the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let path = profile.join("examples").join(name);
    assert!(path.exists(), "there is no example {name}: `cargo build --examples` makes it");
    path
}

const fn at_least_one(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

fn set_size(slave: &File, columns: u16, rows: u16) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(slave, size).unwrap();
}
