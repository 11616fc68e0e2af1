#![expect(clippy::disallowed_methods, reason = "edge: drives the real binary, its files and its processes")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
//! The keeper, driven as the real binary: every job here ends by itself, and nothing waits for luck.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use telltales::job::attach::{Control, Heard};
use telltales::job::folder::{self, LOG, LOG_BEFORE, Places};
use telltales::job::launch::{Front, Io, LaunchError, LaunchSpec, Launched};
use telltales::job::message::{Asked, State, Told, Whom};
use telltales::job::registry::{self, Fate, Found};
use telltales::model::process::Exit;

const BINARY: &str = env!("CARGO_BIN_EXE_telltale");
const PATIENCE: Duration = Duration::from_secs(20);
const WINDOW: Io = Io::Pty { rows: 24, cols: 80 };

/// A place for one test's runs.
struct Dir {
    root: tempfile::TempDir,
    places: Places,
}

impl Dir {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(Some(root.path().join("state")), root.path());
        Self { root, places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn try_launch(&self, spec: &LaunchSpec, out: impl AsFd, err: impl AsFd) -> Result<Launched, LaunchError> {
        let null = File::open("/dev/null").unwrap();
        let streams = [null.as_fd(), out.as_fd(), err.as_fd()];
        Front { places: self.places.clone(), binary: BINARY.into(), streams }.launch(spec)
    }

    fn launch(&self, io: Io, script: &str) -> Launched {
        let null = File::options().write(true).open("/dev/null").unwrap();
        self.try_launch(&shell(io, script), &null, &null).unwrap()
    }

    /// Runs the binary's own front.
    fn front(&self, script: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["run", "--headless", "--", "sh", "-c", script]).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.path("state")).env("XDG_RUNTIME_DIR", self.root.path());
        command
    }

    fn log(&self, run: &str) -> String {
        fs::read_to_string(self.places.folder_of(run).unwrap().join(LOG)).unwrap_or_default()
    }
}

fn spec(io: Io, argv: &[&str]) -> LaunchSpec {
    LaunchSpec { argv: argv.iter().map(Into::into).collect(), name: None, io, log_cap: 1 << 20 }
}

fn shell(io: Io, script: &str) -> LaunchSpec {
    spec(io, &["sh", "-c", script])
}

/// Listens until the keeper says what is waited for.
fn hear<T>(control: &mut Control, mut wanted: impl FnMut(&Told) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match control.recv(Some(Duration::from_millis(100))).unwrap() {
            Heard::Told(told) => {
                if let Some(found) = wanted(&told) {
                    return found;
                }
            }
            Heard::Nothing => {}
            Heard::Gone => panic!("the keeper left before it said what was waited for"),
        }
    }
    panic!("the keeper did not say what was waited for");
}

fn hear_exit(control: &mut Control) -> Exit {
    hear(control, |told| if let Told::Exited(exit) = told { Some(*exit) } else { None })
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn pipe() -> (File, OwnedFd) {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    (read.into(), write)
}

fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

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
fn relayed_output_is_exact_to_the_byte() {
    let dir = Dir::new();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(dir.path("in"), &bytes).unwrap();
    let script = format!("cat {0}; cat {0} >&2", dir.path("in").display());
    let ((mut out, out_end), (mut err, err_end)) = (pipe(), pipe());
    let mut launched = dir.try_launch(&shell(Io::Relay, &script), &out_end, &err_end).unwrap();
    drop((out_end, err_end));
    let reader = std::thread::spawn(move || {
        let mut seen = Vec::new();
        out.read_to_end(&mut seen).map(|_| seen)
    });
    let mut seen = Vec::new();
    err.read_to_end(&mut seen).unwrap();
    assert!(seen == bytes, "standard error differs");
    assert!(reader.join().unwrap().unwrap() == bytes, "standard output differs");
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
}

#[test]
fn arguments_arrive_byte_for_byte() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let odd = OsString::from_vec(b"\xff\n\"' \x1b".to_vec());
    let argv = vec!["printf".into(), "%s|".into(), odd.clone(), OsString::new()];
    let spec = LaunchSpec { argv, ..shell(Io::Relay, "") };
    let _launched = dir.try_launch(&spec, &end, &end).unwrap();
    drop(end);
    let mut seen = Vec::new();
    out.read_to_end(&mut seen).unwrap();
    assert_eq!(seen, [odd.into_vec(), b"||".to_vec()].concat());
}

#[test]
fn the_order_of_two_streams_into_one_is_kept() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2; done";
    let _launched = dir.try_launch(&shell(Io::Relay, script), &end, end.try_clone().unwrap()).unwrap();
    drop(end);
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen.replace('\n', ""), "112233445566778899");
}

#[test]
fn a_job_whose_reader_leaves_gets_a_broken_pipe() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let mut launched =
        dir.try_launch(&spec(Io::Relay, &["yes"]), &end, File::open("/dev/null").unwrap()).unwrap();
    drop(end);
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(13));
}

#[test]
fn what_a_job_leaves_running_holds_nobody_up_and_keeps_its_output() {
    let dir = Dir::new();
    let (mut out, end) = pipe();
    let script =
        format!("(while [ ! -e {} ]; do sleep 0.02; done; echo late) & echo early", dir.path("go").display());
    let mut launched =
        dir.try_launch(&shell(Io::Relay, &script), &end, File::open("/dev/null").unwrap()).unwrap();
    drop(end);
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    fs::write(dir.path("go"), "").unwrap();
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "early\nlate\n");
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
    let inner = Places::below(Some(dir.path("inner/state")), &dir.path("inner"));
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
fn a_limit_on_file_sizes_ends_the_log_and_not_the_job() {
    let dir = Dir::new();
    let places = format!("XDG_STATE_HOME={0}/state XDG_RUNTIME_DIR={0}", dir.root.path().display());
    let script = format!("ulimit -f 16; {places} {BINARY} run --headless -- seq 1 100000 | tail -n 1");
    let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.stdout, b"100000\n");
    until("the end was written down", || {
        registry::list(&dir.places)
            .iter()
            .all(|run| matches!(&run.fate, Fate::Ended(end) if end.exit == Exit::Code(0)))
    });
}

#[test]
fn the_demo_works_and_ends() {
    let output = Command::new(BINARY).args(["demo-job", "works", "2"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("100%|") && text.contains("in_flight=0"), "{text}");
}

#[test]
fn the_demo_hangs_on_request_and_ends_by_its_limit() {
    for scenario in ["stalls", "dies"] {
        let output = Command::new(BINARY).args(["demo-job", scenario, "2", "1"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{scenario}: {text}");
        assert!(text.contains("gave up") && !text.contains("100%"), "{scenario}: {text}");
    }
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
    assert_ne!(ignored("nohup"), ignored("env"));
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

#[test]
fn the_log_is_capped() {
    let dir = Dir::new();
    let null = File::options().write(true).open("/dev/null").unwrap();
    let spec = LaunchSpec { log_cap: 10_000, ..shell(Io::Relay, "seq 1 20000") };
    let mut launched = dir.try_launch(&spec, &null, &null).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    let folder = launched.hello.folder.unwrap();
    let sizes = [LOG, LOG_BEFORE].map(|name| fs::metadata(folder.join(name)).unwrap().len());
    assert!(sizes.iter().all(|&size| size <= 10_000), "{sizes:?}");
    assert!(dir.log(&launched.hello.meta.run).ends_with("20000\n"));
}

#[test]
fn a_log_that_cannot_be_written_does_not_touch_the_job() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("state"), "in the way").unwrap();
    let places = Places::below(Some(root.path().join("state")), &root.path().join("state"));
    let (mut out, end) = pipe();
    let front = Front { places, binary: BINARY.into(), streams: [end.as_fd(), end.as_fd(), end.as_fd()] };
    let mut launched = front.launch(&shell(Io::Relay, "echo fine; exit 4")).unwrap();
    drop(end);
    assert_eq!(launched.hello.warnings.len(), 2, "{:?}", launched.hello.warnings);
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(4));
    let mut seen = String::new();
    out.read_to_string(&mut seen).unwrap();
    assert_eq!(seen, "fine\n");
}

#[test]
fn garbage_and_crowds_do_no_harm() {
    let dir = Dir::new();
    let mut launched = dir.launch(WINDOW, "read line; echo got $line");
    let run = launched.hello.meta.run.clone();
    let socket = dir.places.folder_of(&run).unwrap().join("control.sock");
    let mut crowd = Vec::new();
    for number in 0..50 {
        let mut stranger = UnixStream::connect(&socket).unwrap();
        let _ = stranger.write_all(&vec![number; 100_000]);
        crowd.push(stranger);
    }
    launched.control.send(&Asked::Input(b"it\n".to_vec())).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(0));
    assert!(dir.log(&run).contains("got it"));
}

#[test]
fn a_place_with_a_very_long_name_will_do() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    let dir = Dir { places: Places::below(Some(deep.clone()), &deep), root };
    let launched = dir.launch(Io::Relay, "sleep 0.5");
    assert!(launched.hello.warnings.is_empty(), "{:?}", launched.hello.warnings);
    assert!(Control::connect(&dir.places, &launched.hello.meta.run).is_ok());
}

#[test]
fn a_run_is_found_from_a_session_with_another_runtime_folder() {
    let dir = Dir::new();
    let mut launched = dir.launch(Io::Relay, "sleep 0.5");
    let later = Places { sockets: dir.path("elsewhere"), ..dir.places.clone() };
    let found = registry::look_up(&later, &launched.hello.meta.run).unwrap();
    assert_eq!(found.fate, Fate::Live(State::Running));
    hear_exit(&mut launched.control);
}

#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new();
    let mut launched = dir.launch(Io::Relay, "echo hello");
    hear_exit(&mut launched.control);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = launched.hello.folder.unwrap();
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if !fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            continue;
        }
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn the_keeper_is_small() {
    let dir = Dir::new();
    for io in [WINDOW, Io::Relay] {
        let mut launched = dir.launch(io, "seq 1 1000; sleep 0.5");
        let run = launched.hello.meta.run.clone();
        until("output is logged", || dir.log(&run).ends_with("1000\n"));
        let keeper = launched.hello.meta.keeper_pid;
        let status = fs::read_to_string(format!("/proc/{keeper}/status")).unwrap();
        let field = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        println!("{io:?}: {} {}", field("VmRSS"), field("RssAnon"));
        assert_eq!(field("Threads").split_whitespace().last(), Some("1"));
        let anon: u64 = field("RssAnon").split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(anon < 2048, "{anon} kB of its own");
        hear_exit(&mut launched.control);
    }
}

/// Prints figures: `cargo test --release --test keeper -- --ignored --nocapture floods`.
#[test]
#[ignore = "it measures and takes a while"]
fn floods_are_measured() {
    let dir = Dir::new();
    let null = File::options().write(true).open("/dev/null").unwrap();
    for (io, what) in
        [(WINDOW, "yes | head -c 500M"), (WINDOW, "seq 1 30000000"), (Io::Relay, "yes | head -c 5G")]
    {
        let begun = Instant::now();
        let launched = dir.try_launch(&shell(io, what), &null, &null).unwrap();
        let (mut control, keeper) = (launched.control, launched.hello.meta.keeper_pid);
        let mut most = String::new();
        let exit = loop {
            match control.recv(Some(Duration::from_millis(50))).unwrap() {
                Heard::Told(Told::Exited(exit)) => break exit,
                Heard::Gone => break Exit::Unknown,
                _ => {}
            }
            let status = fs::read_to_string(format!("/proc/{keeper}/status")).unwrap_or_default();
            if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM")) {
                most = line.to_owned();
            }
        };
        let ending = folder::ending(&launched.hello.folder.unwrap()).unwrap();
        println!("{io:?} {what}: {exit:?} in {:.2?}, {most}, {ending:?}", begun.elapsed());
    }
}
