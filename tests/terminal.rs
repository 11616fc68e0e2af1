#![expect(clippy::disallowed_methods, reason = "edge: starts a process of its own on a pseudo-terminal")]
#![expect(clippy::unwrap_used, reason = "a test")]
//! The screen on a real pseudo-terminal: it starts, follows the size, and gives the terminal back.
//!
//! The test binary starts itself: the ignored test `plays_a_scene` is the program on the other side.

use std::fs::File;
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use telltales::ui::run::{channel, run};
use telltales::ui::state::{Event, Options, Wish};
use telltales::ui::term::spawn_input;

#[path = "screen/fixture.rs"]
mod fixture;

const PATIENCE: Duration = Duration::from_secs(20);

struct Session {
    child: Child,
    master: OwnedFd,
    slave: File,
    screen: vt100::Parser,
    written: Vec<u8>,
}

impl Session {
    fn start(scene: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        resize(&slave, 80, 24);
        let tty = || Stdio::from(slave.try_clone().unwrap());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "plays_a_scene", "--ignored", "--nocapture"])
            .env("TELLTALE_TEST_SCENE", scene)
            .stdin(tty())
            .stdout(tty())
            .stderr(tty())
            .spawn()
            .unwrap();
        Self {
            child,
            master,
            slave,
            screen: vt100::Parser::new(at_least_one(24), at_least_one(80), 0),
            written: Vec::new(),
        }
    }

    /// Reads until the screen shows it.
    fn wait_for(&mut self, what: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !what(self) {
            assert!(begun.elapsed() < PATIENCE, "not seen on:\n{}", self.screen.screen().contents());
            let timeout = rustix::time::Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            if poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&timeout)).unwrap() > 0 {
                let mut bytes = [0; 4096];
                let n = rustix::io::read(&self.master, &mut bytes).unwrap_or(0);
                self.screen.process(&bytes[..n]);
                self.written.extend_from_slice(&bytes[..n]);
            }
        }
    }

    fn wait_for_text(&mut self, text: &str) {
        self.wait_for(|session| session.screen.screen().contents().contains(text));
    }

    fn press(&self, keys: &[u8]) {
        rustix::io::write(&self.master, keys).unwrap();
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// The terminal is as it was: the modes, the screen and the cursor.
    fn assert_restored(&mut self) {
        self.wait_for(|session| !session.screen.screen().alternate_screen() && !session.is_raw());
        assert!(!self.screen.screen().hide_cursor());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const fn at_least_one(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

fn resize(slave: &File, columns: u16, rows: u16) {
    let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(slave, size).unwrap();
}

/// The program on the other side of the pseudo-terminal.
#[test]
#[ignore = "the other tests start it on a terminal of its own"]
fn plays_a_scene() {
    let Ok(name) = std::env::var("TELLTALE_TEST_SCENE") else { return };
    assert!(fixture::SCENES.contains(&name.as_str()));
    let scene = fixture::scene(&name, 2_472);
    let (events, received) = channel();
    spawn_input(events.clone()).unwrap();
    events.send(Event::Snapshot(Arc::new(scene.snapshot.clone()))).unwrap();
    let mut grant = |wish| assert!(wish != Wish::StartScan, "a panic as asked for");
    let leave = run(received, &Options::default(), &mut grant).unwrap();
    println!("left with {leave:?}, {} findings", scene.view().findings.len());
    drop(events);
}

#[test]
fn it_starts_follows_the_size_and_leaves_the_terminal_as_it_was() {
    let mut session = Session::start("healthy");
    session.wait_for_text("working:");
    assert!(session.is_raw() && session.screen.screen().alternate_screen());
    assert!(session.screen.screen().hide_cursor());
    session.press(b"?");
    session.wait_for_text("In both panes");
    session.press(b"\x1b");
    session.wait_for_text("Output");
    // The smallest size there is, and back.
    for (columns, rows) in [(1, 1), (40, 12)] {
        resize(&session.slave, columns, rows);
        session.screen.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        let pid = Pid::from_child(&session.child);
        kill_process(pid, Signal::WINCH).unwrap();
    }
    session.wait_for_text("Beat");
    session.press(b"q");
    session.wait_for_text("still runs");
    session.press(b"\r");
    session.assert_restored();
    session.wait_for_text("left with Detach");
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    let mut session = Session::start("healthy");
    session.wait_for_text("working:");
    session.press(b"s");
    session.wait_for_text("a panic as asked for");
    session.assert_restored();
}

#[test]
fn the_last_screen_stays_when_asked_for() {
    let mut session = Session::start("ended");
    session.wait_for_text("ended: finished with code 0");
    session.press(b"Q");
    session.wait_for_text("left with KeepScreen");
    session.assert_restored();
    let written = String::from_utf8_lossy(&session.written).into_owned();
    let (_, after) = written.rsplit_once("\x1b[?1049l").unwrap();
    assert!(after.contains("ended: finished with code 0"), "{after}");
}
