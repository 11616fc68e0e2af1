//! How jobs end, and who hears of it.

use super::*;
use telltales::job::launch::EndAfter;

#[test]
fn exits_are_passed_on() {
    let dir = Dir::new();
    for io in [Io::Relay, WINDOW] {
        let table = [("exit 0", Exit::Code(0)), ("exit 42", Exit::Code(42)), ("kill -9 $$", Exit::Signal(9))];
        for (script, expected) in table {
            let mut launched = dir.launch(io, script);
            assert_eq!(hear_exit(&mut launched.control), expected, "{script} in {io:?}");
            let folder = launched.hello.folder.unwrap();
            assert_eq!(folder::ending(&folder).unwrap().exit, expected);
        }
    }
}

#[test]
fn what_cannot_start_gives_the_codes_of_a_shell() {
    let dir = Dir::new();
    let null = File::options().write(true).open("/dev/null").unwrap();
    for io in [Io::Relay, WINDOW] {
        for (command, code) in
            [("/no/such/command", 127), ("no-such-command-at-all", 127), ("/etc/passwd", 126)]
        {
            let error = dir.try_launch(&spec(io, &[command]), &null, &null).unwrap_err();
            assert_eq!(error.exit_code(), code, "{command}: {error}");
        }
    }
    assert!(dir.places.runs().is_empty(), "a run that never began leaves nothing behind");
}

#[test]
fn the_front_ends_as_the_job_does() {
    let dir = Dir::new();
    for (script, code) in [("exit 3", 3), ("kill -TERM $$", 143)] {
        assert_eq!(dir.front(script).status().unwrap().code(), Some(code), "{script}");
    }
}

#[test]
fn a_job_outlives_its_front() {
    let dir = Dir::new();
    let go = dir.path("go");
    let script =
        format!("echo begun; while [ ! -e {} ]; do sleep 0.02; done; echo done; exit 9", go.display());
    let mut front = dir.front(&script).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut run = None;
    until("the job has begun", || {
        run = registry::list(&dir.places).pop();
        run.as_ref().is_some_and(|run| dir.log(&run.meta.run).contains("begun"))
    });
    let run = run.unwrap();
    assert_eq!(run.fate, Fate::Live(State::Running));
    kill(front.id().cast_signed(), Signal::KILL);
    assert_eq!(front.wait().unwrap().signal(), Some(9));

    let mut control = Control::connect(&dir.places, &run.meta.run).unwrap();
    let state =
        hear(&mut control, |told| if let Told::Hello(hello) = told { Some(hello.state) } else { None });
    assert_eq!(state, State::Running);
    fs::write(go, "").unwrap();
    assert_eq!(hear_exit(&mut control), Exit::Code(9));
    assert_eq!(dir.log(&run.meta.run), "begun\ndone\n");
    let found = registry::find(&dir.places, &run.meta.run);
    assert!(
        matches!(found, Found::One(run) if matches!(&run.fate, Fate::Ended(ending) if ending.exit == Exit::Code(9)))
    );
}

#[test]
fn a_signal_sent_to_the_front_reaches_the_job() {
    let dir = Dir::new();
    let script = "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.02; done";
    let mut front = dir.front(script).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = front.stdout.take().unwrap();
    out.read_exact(&mut [0; 6]).unwrap();
    kill(front.id().cast_signed(), Signal::TERM);
    assert_eq!(front.wait().unwrap().code(), Some(5));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "got it\n");
}

#[test]
fn what_the_caller_ignores_the_job_ignores_and_nothing_else() {
    let dir = Dir::new();
    let places = format!("XDG_STATE_HOME={0}/state XDG_RUNTIME_DIR={0}", dir.root.path().display());
    let ignored = |command: &str| {
        let script = format!("{places} {command} grep SigIgn /proc/self/status");
        let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(ignored(&format!("{BINARY} run --headless --")), ignored("env"));
    assert_eq!(ignored(&format!("nohup {BINARY} run --headless --")), ignored("nohup"));
}

#[test]
fn a_keeper_that_is_killed_leaves_the_exit_unknown() {
    let dir = Dir::new();
    let mut launched = dir.launch(Io::Relay, "sleep 5");
    kill(launched.hello.meta.keeper_pid, Signal::KILL);
    let deadline = Instant::now() + PATIENCE;
    while launched.control.recv(Some(Duration::from_millis(100))).unwrap() != Heard::Gone {
        assert!(Instant::now() < deadline);
    }
    let run = launched.hello.meta;
    until("the run counts as cut off", || {
        registry::list(&dir.places).iter().any(|found| found.meta == run && found.fate == Fate::CutOff)
    });
    kill(run.pid, Signal::KILL);
}

#[test]
fn a_job_that_will_not_end_is_killed_with_all_it_started_even_when_the_client_has_gone() {
    let dir = Dir::new();
    let script = "trap '' TERM; sh -c 'trap \"\" TERM; setsid sleep 60 & wait' & echo $!; n=0; \
                  while [ $n -lt 1000 ]; do sleep 0.05; n=$((n+1)); done";
    for io in [WINDOW, Io::Relay] {
        let mut launched = dir.launch(io, script);
        let run = launched.hello.meta.run.clone();
        until("the job has begun", || dir.log(&run).ends_with('\n'));
        let child: i32 = dir.log(&run).trim().parse().unwrap();
        launched.control.send(&Asked::End { grace_ms: 200 }).unwrap();
        drop(launched.control);
        let (leader, keeper) = (launched.hello.meta.pid, launched.hello.meta.keeper_pid);
        until("all of it has ended", || !is_alive(leader) && !is_alive(child) && !is_alive(keeper));
        let folder = dir.places.folder_of(&run).unwrap();
        assert_eq!(folder::ending(&folder).unwrap().exit, Exit::Signal(9));
    }
}

#[test]
fn a_job_is_ended_on_time_even_when_nobody_watches_any_more() {
    let dir = Dir::new();
    let null = File::options().write(true).open("/dev/null").unwrap();
    let limit = EndAfter { after: Duration::from_millis(600), grace: Duration::from_secs(5) };
    let spec = LaunchSpec { end_after: Some(limit), ..shell(WINDOW, "sleep 60") };
    let Launched { hello, control, .. } = dir.try_launch(&spec, &null, &null).unwrap();
    drop(control);
    let folder = hello.folder.unwrap();
    until("the job is ended", || folder::ending(&folder).is_some());
    assert_eq!(folder::ending(&folder).unwrap().exit, Exit::Signal(15));
}

#[test]
fn orphans_are_adopted_and_their_end_is_told() {
    let dir = Dir::new();
    let script = "(sh -c 'sleep 0.2; exit 21' & echo $!); (sh -c 'sleep 0.3; kill -9 $$' &); sleep 1";
    let mut launched = dir.launch(Io::Relay, script);
    let mut orphans = Vec::new();
    hear(&mut launched.control, |told| {
        if let Told::Orphan(orphan) = told {
            orphans.push(*orphan);
        }
        (orphans.len() == 2).then_some(())
    });
    let first: i32 = dir.log(&launched.hello.meta.run).trim().parse().unwrap();
    assert!(orphans.iter().any(|orphan| orphan.pid == first && orphan.exit == Exit::Code(21)), "{orphans:?}");
    assert!(orphans.iter().any(|orphan| orphan.exit == Exit::Signal(9)), "{orphans:?}");
    hear_exit(&mut launched.control);
    assert_eq!(folder::ending(&launched.hello.folder.unwrap()).unwrap().orphans, orphans);
}
