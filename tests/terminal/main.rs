#![expect(clippy::disallowed_methods, reason = "edge: starts processes on a pseudo-terminal")]
#![expect(clippy::unwrap_used, reason = "a test")]
//! The real program on a real pseudo-terminal: it starts, follows the size and the keys, ends or leaves its job,
//! and gives the terminal back whatever happens.

mod alarm;
mod frozen;
mod jobs;
mod lend;
mod line;
mod restore;
mod secrets;
mod session;
mod tour;
mod words;

use session::{Session, Sleeper};

#[test]
fn the_demo_shows_both_panes_and_the_keys_act() {
    let mut session = Session::telltale((120, 36), &["demo", "--length", "20s"]);
    session.sees("working:");
    for gauge in ["Memory", "Workers", "In flight", "Throughput", "Heartbeat"] {
        session.sees(gauge);
    }
    // The scan beside it finds what the demo planted.
    session.sees("high");
    session.press("?");
    session.sees("In both panes");
    session.press("\x1b");
    session.sees_no("In both panes");
    session.press(">");
    session.sees("▾PID");
    session.press(" ");
    session.sees("HELD");
    session.press(" ");
    session.sees_no("HELD");
    session.press("e");
    session.sees_no("SCORE");
    session.press("\t");
    session.sees("SCORE");
    session.sees_no("Heartbeat");
    session.press("e");
    session.sees("Heartbeat");
    session.press("q");
    session.sees("still runs");
    session.press("e");
    assert_eq!(session.end().code(), Some(143), "{}", session.text());
    session.sees_the_terminal_restored();
}

#[test]
fn every_size_is_followed() {
    let sleeper = Sleeper::start();
    let mut session = Session::telltale((120, 36), &["attach", &sleeper.pid()]);
    session.sees("Heartbeat");
    session.resize(80, 24);
    session.sees_no("SCORE");
    session.sees("Heartbeat");
    session.resize(40, 12);
    session.sees("Workers      1 alive");
    session.sees_no("STATE");
    session.resize(20, 1);
    session.sees("running");
    session.resize(1, 1);
    session.resize(120, 36);
    session.sees("Heartbeat");
    session.sees("? help");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
}
