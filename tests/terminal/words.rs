//! Choosing where progress is read from, rewinding a held screen, and the list of what could be watched.

use crate::session::Session;

/// Counts in a way that nobody looks for without being told; it ends by itself.
const JOB: &str =
    "n=0; while [ $n -lt 300 ]; do n=$((n+1)); echo \"loaded rows=$((n*7)) ok\"; sleep 0.2; done";

#[test]
fn a_source_of_progress_is_chosen_from_what_the_job_prints() {
    let mut session = Session::telltale((100, 30), &["run", "--", "sh", "-c", JOB]);
    session.sees("loaded rows=35 ok");
    session.press("p");
    session.sees("(in use)");
    session.sees(r"--progress 'rows=(?P<done>\d+)");
    session.press("j");
    session.press("\r");
    session.sees("[chosen: rows=…]");
    session.sees("next time: --progress");
    session.sees("working: ");
    session.press("p");
    session.sees("more in the last");
    // An Esc that is followed by a key at once would be Alt with it.
    session.press("\x1b");
    session.sees_no("more in the last");
    session.press("q");
    session.sees("still runs");
    session.press("e");
    session.end();
    session.sees_the_terminal_restored();
}

#[test]
fn a_held_screen_is_rewound_and_comes_back() {
    let mut session = Session::telltale((100, 30), &["run", "--", "sh", "-c", JOB]);
    session.sees("loaded rows=105 ok");
    session.press(" ");
    session.sees("HELD");
    session.press("{");
    session.sees("UTC)");
    session.sees_no("loaded rows=105 ok");
    session.press("}");
    session.sees("loaded rows=105 ok");
    session.press(" ");
    session.sees_no("HELD");
    session.press("q");
    session.sees("still runs");
    session.press("e");
    session.end();
    session.sees_the_terminal_restored();
}

#[test]
fn without_a_command_it_begins_with_the_list_of_what_runs() {
    let mut session = Session::telltale((100, 30), &[]);
    session.sees("telltale run -- COMMAND starts a job");
    session.sees("? shows all keys");
    session.press("\x1b");
    session.sees_no("starts a job");
    session.sees("No job is watched.");
    session.press("J");
    session.sees("starts a job");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
}
