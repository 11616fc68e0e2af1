//! Freezing, letting go on and signals by keys.

use rustix::process::{Pid, Signal, kill_process};

use crate::session::{Session, Sleeper, end_job, is_alive};

/// Tells its PID and two children's, which count; all end by themselves.
const JOB: &str = "echo $$ >pid;
    count() { n=0; while [ $n -lt 600 ]; do n=$((n+1)); echo $n >$1; sleep 0.05; done; };
    count a & count b & wait";

fn counted(session: &Session) -> Vec<u32> {
    let read =
        |name| std::fs::read_to_string(session.path(name)).unwrap_or_default().trim().parse().unwrap_or(0);
    ["a", "b"].map(read).to_vec()
}

fn count_on(session: &mut Session) {
    let before = counted(session);
    session.wait_for("all of them count", |session| {
        counted(session).iter().zip(&before).all(|(now, before)| now > before)
    });
}

fn stand_still(session: &mut Session) {
    session.settle();
    let before = counted(session);
    let begun = std::time::Instant::now();
    session.wait_for("a second of nothing", |_| begun.elapsed().as_millis() > 1_000);
    assert_eq!(counted(session), before);
}

fn state(pid: &str) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
}

#[test]
fn a_launched_job_is_frozen_by_a_key_and_goes_on_by_one() {
    let mut session = Session::telltale((100, 30), &["run", "--", "sh", "-c", JOB]);
    session.sees("Memory");
    let job = session.told_pid("pid");
    count_on(&mut session);
    session.press("z");
    session.sees("Freeze sh");
    session.press("\x1b");
    session.sees_no("Freeze sh");
    count_on(&mut session);
    session.press("z");
    session.sees("Freeze sh");
    session.press("\r");
    session.sees("FROZEN by hand");
    stand_still(&mut session);
    session.press("z");
    session.sees("all of it goes on");
    session.press("c");
    session.sees_no("z lets it go on");
    count_on(&mut session);
    session.press("Q");
    assert_eq!(session.end().code(), Some(0));
    end_job(&mut session, job);
}

#[test]
fn a_freeze_outlives_the_screen_and_the_next_one_shows_it() {
    let mut session = Session::telltale((100, 30), &["run", "--name", "etl", "--", "sh", "-c", JOB]);
    session.sees("Memory");
    let job = session.told_pid("pid");
    count_on(&mut session);
    session.press("zz");
    session.sees("FROZEN by hand");
    session.signal(Signal::KILL);
    session.end();
    stand_still(&mut session);
    assert!(is_alive(job));
    let mut thaw = std::process::Command::new(env!("CARGO_BIN_EXE_telltale"));
    thaw.args(["thaw", "etl"]).env("XDG_STATE_HOME", session.path("state"));
    let output = thaw.env("XDG_RUNTIME_DIR", session.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("etl goes on; it was frozen for"), "{said}");
    count_on(&mut session);
    end_job(&mut session, job);
}

#[test]
fn a_watched_job_is_frozen_signalled_and_named_before_it_is() {
    let sleeper = Sleeper::start();
    let pid = sleeper.pid();
    let mut session = Session::telltale((100, 30), &["attach", &pid]);
    session.sees("Memory");
    session.press("zz");
    session.sees("FROZEN by hand");
    assert_eq!(state(&pid), 'T');
    // A signal waits for a yes that follows who gets it, by PID and command.
    session.press("K");
    session.sees("Send to all of");
    session.press("\r");
    session.sees("Send SIGTERM to");
    session.sees(&format!("{pid}  sleep 120"));
    session.sees("The job is frozen: it acts on this when it goes on.");
    session.press("\x1b");
    session.sees_no("Send SIGTERM to");
    session.press("zc");
    session.sees_no("z lets it go on");
    session.wait_for("it goes on", |_| state(&pid) == 'S');
    session.press("K");
    session.sees("Send to all of");
    session.press("\r");
    session.sees("Send SIGTERM to");
    session.press("y");
    session.sees("ended");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_screen_that_is_left_says_what_stays_frozen_and_a_readonly_one_freezes_nothing() {
    let sleeper = Sleeper::start();
    let pid = sleeper.pid();
    let mut session = Session::telltale((100, 30), &["attach", "--readonly", &pid]);
    session.sees("Memory");
    for keys in ["z", "K"] {
        session.press(keys);
        session.sees("read-only");
        for key in ["\r", "\x1b"] {
            session.press(key);
            session.settle();
        }
    }
    assert_eq!(state(&pid), 'S');
    session.press("q");
    session.end();
    let mut session = Session::telltale((100, 30), &["attach", &pid]);
    session.sees("Memory");
    session.press("zz");
    session.sees("FROZEN by hand");
    session.press("q");
    session.end();
    let said = session.written_after();
    assert!(said.contains("it stays frozen") && said.contains(&format!("telltale thaw {pid}")), "{said}");
    assert_eq!(state(&pid), 'T');
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::CONT).unwrap();
}
