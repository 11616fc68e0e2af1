//! The bell and notifications on the desktop: they reach the terminal, whole and between two frames.

use crate::session::{Session, Sleeper};

fn watch(words: &[&str], flags: &[&str]) -> Session {
    let sleeper = Sleeper::start();
    let pid = sleeper.pid();
    let telltale =
        [env!("CARGO_BIN_EXE_telltale"), "attach", &pid, "--heartbeat", "300ms", "--interval", "100ms"];
    // A file that nobody writes to is a source of beats that never come.
    let quiet = tempfile::NamedTempFile::new().unwrap();
    let log = ["--log", quiet.path().to_str().unwrap()];
    let mut session = Session::start((100, 30), &[words, &telltale, &log, flags].concat());
    session.sees("no heartbeat");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
    session
}

/// How often the bell rang: a BEL that ends no command.
fn bells(session: &Session) -> usize {
    let text = String::from_utf8_lossy(&session.written).into_owned();
    let commands = text.matches("\x1b]").count();
    let ends = text.split("\x1b]").skip(1).filter(|rest| {
        let (bel, st) = (rest.find('\x07'), rest.find("\x1b\\"));
        bel.is_some_and(|bel| st.is_none_or(|st| bel < st))
    });
    assert!(commands >= 1, "the title at least");
    text.matches('\x07').count() - ends.count()
}

#[test]
fn what_is_critical_rings_once() {
    let session = watch(&[], &[]);
    assert_eq!(bells(&session), 1);
    assert!(!session.has_written("\x1b]9;") && !session.has_written("\x1b]777;"));
    assert_eq!(bells(&watch(&[], &["--bell", "never"])), 0);
}

#[test]
fn the_desktop_is_told_in_the_terminals_own_way() {
    let session = watch(&["env", "VTE_VERSION=7600"], &["--desktop", "critical"]);
    assert!(session.has_written("\x1b]777;notify;telltale;"));
    assert!(!session.has_written("\x1b]9;"));
    let session = watch(&["env", "TMUX=/tmp/none,1,0"], &["--desktop", "critical"]);
    assert!(session.has_written("\x1bPtmux;\x1b\x1b]9;telltale: "));
    assert!(session.has_written("\x1bPtmux;\x1b\x1b]777;notify;telltale;"));
    assert_eq!(bells(&session), 1, "a multiplexer hears the bell as it is");
}
