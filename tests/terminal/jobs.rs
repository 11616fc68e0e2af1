//! What becomes of the job when the screen is left.

use crate::session::{Session, Sleeper, end_job, is_alive};

/// Tells its PID, and answers TERM with a code of its own; it ends by itself.
const JOB: &str =
    "echo $$ >pid; trap 'exit 7' TERM; n=0; while [ $n -lt 300 ]; do sleep 0.2; n=$((n+1)); done";

#[test]
fn a_job_that_was_started_here_goes_on_after_detaching() {
    let mut session = Session::telltale((80, 24), &["run", "--", "sh", "-c", JOB]);
    session.sees("Memory");
    let job = session.told_pid("pid");
    session.press("q");
    session.sees("still runs");
    session.press("\x1b");
    session.sees_no("still runs");
    session.press("q");
    session.sees("still runs");
    session.press("\r");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
    assert!(session.written_after().contains("the job goes on; `telltale attach"));
    assert!(is_alive(job));
    end_job(&mut session, job);
}

#[test]
fn a_job_that_is_ended_from_the_question_gives_its_own_code() {
    let mut session = Session::telltale((80, 24), &["run", "--", "sh", "-c", JOB]);
    session.sees("Memory");
    let job = session.told_pid("pid");
    session.press("q");
    session.sees("still runs");
    session.press("e");
    assert_eq!(session.end().code(), Some(7));
    session.sees_the_terminal_restored();
    assert!(!is_alive(job));
}

#[test]
fn a_job_that_ends_by_itself_gives_its_own_code_when_the_screen_is_left() {
    let mut session = Session::telltale((80, 24), &["run", "--", "sh", "-c", "sleep 0.2; exit 3"]);
    session.sees("ended: exited with code 3");
    session.press("q");
    assert_eq!(session.end().code(), Some(3));
}

#[test]
fn keys_that_are_typed_reach_the_job() {
    let mut session =
        Session::telltale((80, 24), &["run", "--", "sh", "-c", "read word; echo got $word; sleep 60"]);
    session.sees("Memory");
    session.press("i");
    session.sees("TYPING");
    session.press("jqs\r");
    session.sees("got jqs");
    session.press("\x03");
    session.sees("ended: killed by SIGINT");
    session.press("q");
    assert_eq!(session.end().code(), Some(130));
    session.sees_the_terminal_restored();
}

#[test]
fn an_attached_job_is_left_at_once() {
    let mut sleeper = Sleeper::start();
    let mut session = Session::telltale((80, 24), &["attach", &sleeper.pid()]);
    session.sees("Memory");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
    assert!(sleeper.0.try_wait().unwrap().is_none());
}
