//! Lines that are lost, screens that are killed, and runs that are over: who still learns how the job ended.

use telltales::session::keeper::KeeperLine;

use super::*;

fn line_to(dir: &Dir, launched: Launched) -> KeeperLine {
    KeeperLine::new(launched.control, &launched.hello, dir.places.clone())
}

fn end_of(line: &KeeperLine) -> Exit {
    let mut exit = None;
    until("the end is known", || {
        exit = line.listen();
        exit.is_some()
    });
    exit.unwrap()
}

#[test]
fn a_client_that_was_dropped_still_learns_the_exit() {
    let dir = Dir::new();
    let go = dir.path("go");
    let script = format!("while [ ! -e {} ]; do sleep 0.02; done; exit 7", go.display());
    // Dropped while the job lives: it is taken back.
    let launched = dir.launch(Io::Relay, &script);
    let line = line_to(&dir, launched);
    line.ask(&Asked::Bye);
    let before = line.descriptor().unwrap();
    let has_hung_up = || {
        let mut asked = [rustix::event::PollFd::new(&before, rustix::event::PollFlags::empty())];
        rustix::event::poll(&mut asked, Some(&rustix::time::Timespec::default())) == Ok(1)
    };
    until("the keeper hung up", has_hung_up);
    assert_eq!(line.listen(), None);
    fs::write(&go, "").unwrap();
    assert_eq!(end_of(&line), Exit::Code(7));
    // Dropped, and the job ended before anybody noticed: the exit was written down.
    let launched = dir.launch(Io::Relay, &script);
    let folder = launched.hello.folder.clone().unwrap();
    let line = line_to(&dir, launched);
    line.ask(&Asked::Bye);
    until("the end is written down", || folder::ending(&folder).is_some());
    assert_eq!(end_of(&line), Exit::Code(7));
}

#[test]
fn a_keeper_that_was_killed_leaves_its_client_with_an_unknown_exit() {
    let dir = Dir::new();
    let launched = dir.launch(Io::Relay, "sleep 5");
    let (keeper, job) = (launched.hello.meta.keeper_pid, launched.hello.meta.pid);
    let line = line_to(&dir, launched);
    kill(keeper, Signal::KILL);
    assert_eq!(end_of(&line), Exit::Unknown);
    kill(job, Signal::KILL);
}

#[test]
fn a_front_that_slept_through_the_end_gives_the_right_code() {
    let dir = Dir::new();
    let mut front = dir.front("echo begun; sleep 0.2; exit 6").stdout(Stdio::piped()).spawn().unwrap();
    front.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
    let pid = front.id().cast_signed();
    kill(pid, Signal::STOP);
    until("the job has ended", || {
        registry::list(&dir.places).iter().any(|run| matches!(run.fate, Fate::Ended(_)))
    });
    kill(pid, Signal::CONT);
    assert_eq!(front.wait().unwrap().code(), Some(6));
}
