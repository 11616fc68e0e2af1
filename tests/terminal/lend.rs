//! What the screen hands to the user's other programs: the terminal to an editor, text to the clipboard.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::session::Session;

/// An editor that takes the keys as a line, and says what it was asked to open.
const EDITOR: &str = "#!/bin/sh\necho \"editing $*\"\nread answer\necho \"$answer\" >answer\n";

/// The demo, with the secrets' pane in front and what it planted in it.
fn demo(editor: &str) -> Session {
    let editor = format!("EDITOR={editor}");
    let words = ["setsid", "--ctty", "env", "-u", "VISUAL", &editor, env!("CARGO_BIN_EXE_telltale")];
    let mut session = Session::start((120, 36), &[&words[..], &["demo", "--length", "60s"]].concat());
    let path = session.path("editor");
    std::fs::write(&path, EDITOR).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    session.sees("high");
    session.press("\t");
    session
}

fn leave(mut session: Session) {
    session.press("q");
    session.sees("still runs");
    session.press("e");
    assert_eq!(session.end().code(), Some(143), "{}", session.text());
    session.sees_the_terminal_restored();
}

#[test]
fn an_editor_has_the_terminal_to_itself_and_the_screen_comes_back() {
    let mut session = demo("./editor -x");
    session.press("o");
    session.sees("editing -x +");
    session.sees_the_terminal_restored();
    // A Ctrl-C is the editor's business, and so is every key.
    session.press("q?s\n");
    session.sees("SCORE");
    session.wait_for("the screen again", |session| session.is_taken());
    assert_eq!(std::fs::read_to_string(session.path("answer")).unwrap(), "q?s\n");
    leave(session);
}

#[test]
fn an_editor_that_is_not_there_leaves_the_screen_as_it_is() {
    let mut session = demo("/nowhere/editor");
    session.press("o");
    session.wait_for("the screen again", |session| {
        String::from_utf8_lossy(&session.written).matches("\x1b[?1049h").count() > 1 && session.is_taken()
    });
    session.sees("SCORE");
    leave(session);
}

#[test]
fn an_end_that_comes_while_the_editor_runs_is_kept_for_afterwards() {
    let mut session = demo("./editor");
    session.press("o");
    session.sees("editing");
    session.signal(Signal::TERM);
    session.press("\n");
    session.end();
    session.sees_the_terminal_restored();
}

#[test]
fn the_place_of_a_finding_is_copied() {
    let mut session = demo("vi");
    session.press("y");
    session.wait_for("the clipboard", |session| session.has_written("\x1b]52;c;"));
    leave(session);
}
