//! Terminals that answer, that answer late or never, and lines that are slow.

use std::time::Duration;

use crate::session::{Session, Sleeper};

const FRAME_BEGINS: &str = "\x1b[?2026h";
const FRAME_ENDS: &str = "\x1b[?2026l";
const PING: &str = "\x1b[c";

fn attach(pid: &str) -> [&str; 5] {
    ["setsid", "--ctty", env!("CARGO_BIN_EXE_telltale"), "attach", pid]
}

#[test]
fn frames_are_shown_all_at_once_where_the_terminal_says_that_it_can() {
    let sleeper = Sleeper::start();
    let mut session = Session::start((80, 24), &attach(&sleeper.pid()));
    session.answers_after = Some(Duration::ZERO);
    session.sees("Memory");
    session.press("?");
    session.sees("In both panes");
    session.wait_for("a whole frame", |session| {
        session.has_written(FRAME_BEGINS) && session.has_written(FRAME_ENDS)
    });
    session.press("?q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
}

#[test]
fn frames_are_sent_plainly_to_a_terminal_that_never_answers_and_in_an_old_tmux() {
    let sleeper = Sleeper::start();
    let pid = sleeper.pid();
    let in_tmux = [&["env", "TMUX=/tmp/none,1,0"], &attach(&pid)[..]].concat();
    for (words, answers) in [(&attach(&pid)[..], None), (&in_tmux, Some(Duration::ZERO))] {
        let mut session = Session::start((80, 24), words);
        session.answers_after = answers;
        session.sees("Memory");
        session.press("?");
        session.sees("In both panes");
        session.press("?");
        session.sees_no("In both panes");
        assert!(!session.has_written(FRAME_BEGINS));
        let pings = String::from_utf8_lossy(&session.written).matches(PING).count();
        assert!(answers.is_some() || pings == 1, "it was asked once, and then no more");
        session.press("q");
        assert_eq!(session.end().code(), Some(0));
        session.sees_the_terminal_restored();
    }
}

/// What a shell reads after the screen is what was typed, whenever the last answer comes.
#[test]
fn no_answer_reaches_the_shell() {
    let sleeper = Sleeper::start();
    let telltale = env!("CARGO_BIN_EXE_telltale");
    let attach = format!("{telltale} attach {}", sleeper.pid());
    let script =
        format!("{attach}; echo in the shell; read word; [ \"$word\" = word ] && echo as it was typed");
    let mut session = Session::start((80, 24), &["setsid", "--ctty", "sh", "-c", &script]);
    session.answers_after = Some(Duration::from_millis(100));
    session.sees("Memory");
    // Drawing everything anew asks anew, and the answer is still on its way when the screen is left.
    session.press("\x0cq");
    session.sees("in the shell");
    session.sees_the_terminal_restored();
    session.wait_for("the last answer", |session| session.has_answered());
    session.press("word\n");
    session.sees("as it was typed");
    assert!(session.end().success());
}

/// A job that tells more than the line can carry: the screen skips what it can't tell in time, and no byte queues
/// up behind what the terminal has not read.
#[test]
fn on_a_slow_line_what_is_shown_is_new() {
    let job =
        "n=0; while [ $n -lt 200 ]; do n=$((n+1)); echo line $n of the output; sleep 0.02; done; sleep 60";
    let mut session = Session::telltale((60, 24), &["run", "--interval", "200ms", "--", "sh", "-c", job]);
    session.answers_after = Some(Duration::ZERO);
    session.is_slow = true;
    session.sees("line ");
    let mut most = 0;
    session.wait_for("the last line", |session| {
        most = most.max(session.queued());
        session.text().contains("line 200 of")
    });
    assert!(most < 2_500, "{most} bytes were queued");
    session.is_slow = false;
    session.press("\x03");
    session.sees("still runs");
    session.press("e");
    session.end();
    session.sees_the_terminal_restored();
}

#[test]
fn a_paste_goes_to_the_job_as_it_is_and_never_to_the_screen() {
    let mut session =
        Session::telltale((80, 24), &["run", "--", "sh", "-c", "read word; echo got [$word]; sleep 60"]);
    session.sees("Memory");
    session.press("\x1b[200~q?e\x1b[201~");
    session.press("i");
    session.sees("TYPING");
    session.press("\x1b[200~two words\x1b[201~\r");
    session.sees("got [two words]");
    session.press("\x1dq");
    session.sees("still runs");
    session.press("e");
    session.end();
    session.sees_the_terminal_restored();
}

#[test]
fn the_window_is_named_after_the_job() {
    let mut session =
        Session::telltale((80, 24), &["run", "--name", "night\x1b]2;x\x07", "--", "sleep", "60"]);
    session.sees("Memory");
    session.wait_for("its title", |session| session.has_written("\x1b]2;telltale night\\x1b]2;x\\x07\x1b\\"));
    session.press("qe");
    session.end();
    session.sees_the_terminal_restored();
}
