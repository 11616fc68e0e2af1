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

/// `telltale attach` without a screen, where [`inner`] keeps its runs.
fn attach(dir: &Dir, args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("attach").args(args).args(["--interval", "100ms"]).stdin(Stdio::null());
    command.env("XDG_STATE_HOME", dir.path("inner/state")).env("XDG_RUNTIME_DIR", dir.path("inner"));
    command
}

#[test]
fn after_the_screen_was_killed_the_run_is_found_by_whatever_it_is_called() {
    let dir = Dir::new();
    let go = dir.path("go");
    let script = "n=0; while [ ! -e GO ]; do n=$((n+1)); echo step $n of 900; sleep 0.05; done; exit 9";
    fs::write(dir.path("job.sh"), script.replace("GO", &go.display().to_string())).unwrap();
    let front = format!(
        "XDG_STATE_HOME={0}/state XDG_RUNTIME_DIR={0} TERM=xterm exec {BINARY} run --name nightly -- sh {1}",
        dir.path("inner").display(),
        dir.path("job.sh").display()
    );
    let launched = dir.launch(WINDOW, &front);
    let inner = inner(&dir);
    until("the job writes", || registry::list(&inner).iter().any(|run| run.folder.is_some()));
    let run = registry::list(&inner).pop().unwrap();
    assert_eq!(run.meta.io, telltales::job::message::IoMode::Pty);
    kill(launched.hello.meta.pid, Signal::KILL);
    until("the screen is gone", || !is_alive(launched.hello.meta.pid));

    let (id, pid) = (run.meta.run.clone(), run.meta.pid.to_string());
    for target in [&[id.as_str()][..], &["nightly"], &[&pid], &[]] {
        let mut watching = attach(&dir, &[target, &["--headless"]].concat());
        let mut watching = watching.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = std::io::BufRead::lines(std::io::BufReader::new(watching.stdout.take().unwrap()));
        let shown =
            out.by_ref().map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
        let mut shown = shown.map(|snapshot| snapshot["jobs"][0].clone());
        let counted = shown.find(|job| job["progress"]["done"].as_u64() > Some(0)).unwrap();
        assert_eq!(counted["progress"]["total"], 900, "{target:?}");
        assert!(!counted["members"].as_array().unwrap().is_empty(), "{target:?}");
        kill(watching.id().cast_signed(), Signal::TERM);
        assert_eq!(watching.wait().unwrap().code(), Some(0), "{target:?}");
    }
    // Two at once, and both hear the exit. They must be there before it.
    let watch = || {
        let mut one = attach(&dir, &[&id, "--headless"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(one.stdout.take().unwrap()));
        assert!(lines.next().is_some(), "a first snapshot");
        (one, lines)
    };
    let both = [watch(), watch()];
    fs::write(go, "").unwrap();
    for (mut one, lines) in both {
        let last = lines.last().unwrap().unwrap();
        let last: serde_json::Value = serde_json::from_str(&last).unwrap();
        assert_eq!(last["jobs"][0]["phase"]["ended"]["exit"]["code"], 9, "{last}");
        assert_eq!(one.wait().unwrap().code(), Some(0));
    }
    // From now on it is told how it ended.
    for target in [&[id.as_str()][..], &["nightly"], &[&pid], &[]] {
        let output = attach(&dir, &[target, &["--headless"]].concat()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("run {id} (nightly) exited with code 9, ");
        assert!(said.contains(&expected) && said.contains(" ago; its log is "), "{target:?}: {said}");
        assert_eq!(output.status.code(), Some(2), "{target:?}");
    }
}
