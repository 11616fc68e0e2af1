//! The terminal is given back on return, on a panic and on a signal; and a terminal that is gone ends the screen.

use rustix::process::{Signal, kill_process};

use crate::session::{Session, Sleeper, example};

fn attached(sleeper: &Sleeper) -> Session {
    let mut session = Session::telltale((80, 24), &["attach", &sleeper.pid()]);
    session.sees("Memory");
    assert!(session.is_taken());
    session
}

#[test]
fn the_last_screen_stays_when_asked_for() {
    let sleeper = Sleeper::start();
    let mut session = attached(&sleeper);
    session.press("Q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
    assert!(session.written_after().contains("Memory"), "{}", session.written_after());
}

#[test]
fn signals_that_end_it_give_the_terminal_back() {
    let sleeper = Sleeper::start();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut session = attached(&sleeper);
        session.signal(signal);
        assert_eq!(session.end().code(), Some(0), "{signal:?}");
        session.sees_the_terminal_restored();
    }
}

/// With a shell that has job control, as a user has it: only such a one can continue what was stopped.
#[test]
fn a_stop_from_outside_gives_the_terminal_back_until_the_shell_continues_it() {
    let sleeper = Sleeper::start();
    let telltale = env!("CARGO_BIN_EXE_telltale");
    let inner = format!("echo $$ >pid; exec {telltale} attach {}", sleeper.pid());
    let script = format!("set -m; sh -c '{inner}'; echo in the shell; read answer; fg; echo back again");
    let mut session = Session::start((80, 24), &["setsid", "--ctty", "sh", "-c", &script]);
    session.sees("Memory");
    let telltale = session.told_pid("pid");
    kill_process(telltale, Signal::TSTP).unwrap();
    session.sees("in the shell");
    session.sees_the_terminal_restored();
    session.press("\n");
    session.sees("Memory");
    session.wait_for("the screen again", |session| session.is_taken());
    session.press("q");
    session.sees("back again");
    assert!(session.end().success());
    session.sees_the_terminal_restored();
}

/// A stop that can't be caught leaves the terminal as it is; whoever continues it may have changed all.
#[test]
fn a_continued_screen_is_drawn_again() {
    let sleeper = Sleeper::start();
    let mut session = attached(&sleeper);
    session.signal(Signal::STOP);
    session.screen.process(b"\x1b[?1049l\x1b[?25h\x1b[2J");
    session.signal(Signal::CONT);
    session.sees("Memory");
    assert!(session.is_taken());
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn without_a_shell_that_could_continue_it_the_screen_stays() {
    let sleeper = Sleeper::start();
    let mut session = attached(&sleeper);
    session.signal(Signal::TSTP);
    session.wait_for("a second screen", |session| {
        let written = String::from_utf8_lossy(&session.written).into_owned();
        written.matches("\x1b[?1049h").count() > 1 && session.is_taken()
    });
    session.sees("Memory");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    let live = example("live");
    let mut session = Session::start((80, 24), &[live.to_str().unwrap(), "lost", "panic"]);
    session.sees("41199 lost");
    session.press("S");
    session.sees("as asked for");
    session.sees_the_terminal_restored();
    assert!(session.written_after().contains("as asked for"));
    assert!(!session.end().success());
}

#[test]
fn a_terminal_that_goes_away_ends_the_screen() {
    let sleeper = Sleeper::start();
    let mut session = attached(&sleeper);
    session.take_the_terminal_away();
    session.end();
    // One that does not control the program sends no signal.
    let telltale = env!("CARGO_BIN_EXE_telltale");
    let mut session = Session::start((80, 24), &[telltale, "attach", &sleeper.pid()]);
    session.sees("Memory");
    session.take_the_terminal_away();
    session.end();
}
