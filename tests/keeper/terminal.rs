//! Jobs in terminals: their own, and the caller's.

use super::*;

/// In a terminal, the relayed job of a front that runs there.
fn in_a_terminal(dir: &Dir, script: &str) -> Launched {
    fs::write(dir.path("job.sh"), script).unwrap();
    let (state, runtime) = (dir.path("inner/state"), dir.path("inner"));
    let places = format!("XDG_STATE_HOME={} XDG_RUNTIME_DIR={}", state.display(), runtime.display());
    let job = dir.path("job.sh");
    dir.launch(WINDOW, &format!("{places} exec {BINARY} run --headless -- sh {}", job.display()))
}

#[test]
fn ctrl_c_in_the_callers_terminal_reaches_a_relayed_job_once() {
    let dir = Dir::new();
    let script =
        "trap 'echo int' INT; trap 'echo quit; exit 6' QUIT; echo ready; while :; do sleep 0.02; done";
    let mut launched = in_a_terminal(&dir, script);
    let run = launched.hello.meta.run.clone();
    until("the job is ready", || dir.log(&run).contains("ready"));
    launched.control.send(&Asked::Input(vec![3])).unwrap();
    until("the interrupt arrived", || dir.log(&run).contains("int"));
    launched.control.send(&Asked::Input(vec![28])).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(6));
    assert_eq!(dir.log(&run).matches("int").count(), 1, "{}", dir.log(&run));
}

#[test]
fn ctrl_z_in_the_callers_terminal_stops_front_and_job_alike() {
    let dir = Dir::new();
    let go = dir.path("go");
    // It starts nothing meanwhile: a shell that is stopped within vfork(2) counts as running.
    let script = format!("mkfifo {0}; echo ready; read line < {0}; exit 8", go.display());
    let mut launched = in_a_terminal(&dir, &script);
    let run = launched.hello.meta.run.clone();
    until("the job is ready", || dir.log(&run).contains("ready"));
    launched.control.send(&Asked::Input(vec![26])).unwrap();
    hear(&mut launched.control, |told| matches!(told, Told::Stopped { .. }).then_some(()));
    let inner = inner(&dir);
    until("the inner keeper saw its job stop", || {
        registry::list(&inner).iter().any(|run| run.fate == Fate::Live(State::Stopped))
    });
    launched.control.send(&Asked::Signal { signal: Signal::CONT.as_raw(), to: Whom::Group }).unwrap();
    hear(&mut launched.control, |told| (*told == Told::Continued).then_some(()));
    fs::write(go, "go on\n").unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(8));
}

#[test]
fn a_relayed_job_in_a_terminal_writes_to_a_terminal() {
    let dir = Dir::new();
    let script = "test -t 1 && test -t 2 && echo both; stty size <&1; printf 'a\\nb\\n'; echo ready; \
                  trap 'stty size <&1' WINCH; while [ ! -e GO ]; do sleep 0.02; done";
    let mut launched = in_a_terminal(&dir, &script.replace("GO", &dir.path("go").display().to_string()));
    let run = launched.hello.meta.run.clone();
    until("the job is ready", || dir.log(&run).contains("ready"));
    assert_eq!(dir.log(&run), "both\n24 80\na\nb\nready\n");
    launched.control.send(&Asked::Resize { rows: 30, cols: 100 }).unwrap();
    // The job may look before the keeper has passed the new size on; it gets another signal then, as from any shell.
    until("the new size arrived", || {
        launched.control.send(&Asked::Signal { signal: Signal::WINCH.as_raw(), to: Whom::Group }).unwrap();
        dir.log(&run).contains("30 100")
    });
    fs::write(dir.path("go"), "").unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
}

#[test]
fn the_terminal_is_the_jobs_own() {
    let dir = Dir::new();
    let script = "trap 'stty size' WINCH; test -t 0 && test -t 1 && tty; ps -o pgid= -p $$ | tr -d ' '; \
                  echo $$; stty size; echo ready; n=0; while [ $n -lt 1000 ]; do sleep 0.02; n=$((n+1)); done";
    let mut launched = dir.launch(WINDOW, script);
    let run = launched.hello.meta.run.clone();
    until("the job is ready", || dir.log(&run).contains("ready"));
    let log = dir.log(&run);
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with("/dev/pts/"), "{log}");
    assert_eq!(lines[1], lines[2], "the job leads its own group: {log}");
    assert_eq!(lines[3], "24 80");
    launched.control.send(&Asked::Resize { rows: 50, cols: 132 }).unwrap();
    until("the job saw its new size", || dir.log(&run).contains("50 132"));
    launched.control.send(&Asked::Input(vec![3])).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(2));
}

#[test]
fn input_is_typed_and_a_prompt_is_shown() {
    let dir = Dir::new();
    let mut launched = dir.launch(WINDOW, "stty -echo; printf 'name? '; read name; echo hello $name");
    let run = launched.hello.meta.run.clone();
    until("the prompt is in the log", || dir.log(&run) == "name? ");
    launched.control.send(&Asked::Input(b"you\n".to_vec())).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    assert_eq!(dir.log(&run), "name? hello you\n");
}

#[test]
fn a_job_can_be_stopped_and_goes_on() {
    let dir = Dir::new();
    let mut launched = dir.launch(WINDOW, "echo ready; exec sleep 60");
    let run = launched.hello.meta.run.clone();
    until("the job is ready", || dir.log(&run).contains("ready"));
    launched.control.send(&Asked::Input(vec![26])).unwrap();
    let signal =
        hear(
            &mut launched.control,
            |told| if let Told::Stopped { signal } = told { Some(*signal) } else { None },
        );
    assert_eq!(signal, Signal::TSTP.as_raw());
    launched.control.send(&Asked::Signal { signal: Signal::CONT.as_raw(), to: Whom::Group }).unwrap();
    hear(&mut launched.control, |told| (*told == Told::Continued).then_some(()));
    launched.control.send(&Asked::End { grace_ms: 5000 }).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(15));
}
