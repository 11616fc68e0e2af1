//! Freezing, letting go on, and the guard: with keepers, without, and with those that were killed.

use telltales::job::freeze::record;
use telltales::job::guard::GuardPlan;
use telltales::model::freeze::{Frozen, FrozenBy, Then};

use super::*;

/// Counts into a file, with two children that do the same; it ends by itself.
const COUNTS: &str = "count() { n=0; while [ $n -lt 400 ]; do n=$((n+1)); echo $n >$1; sleep 0.05; done; };
    count a & count b & count c; wait";

/// Takes a MiB of memory at a time, every 30 ms; it ends by itself.
const EATS: &str = "import time
hoard = []
for n in range(400):
    hoard.append(bytearray(1 << 20)); time.sleep(0.03)
";

fn frozen(control: &mut Control) -> Frozen {
    hear(control, |told| if let Told::Frozen(frozen) = told { Some((**frozen).clone()) } else { None })
}

fn thawed(control: &mut Control) {
    hear(control, |told| (*told == Told::Thawed).then_some(()));
}

/// What the three have counted.
fn counted(dir: &Dir) -> Vec<u32> {
    let read = |name| fs::read_to_string(dir.path(name)).unwrap_or_default().trim().parse().unwrap_or(0);
    ["a", "b", "c"].map(read).to_vec()
}

fn count_on(dir: &Dir, before: &[u32]) {
    until("all of them count", || counted(dir).iter().zip(before).all(|(now, before)| now > before));
}

/// Nobody counts while a fourth process would have counted to twenty.
fn stand_still(dir: &Dir) -> Vec<u32> {
    let before = counted(dir);
    let mut watch = Command::new("sleep").arg("1").spawn().unwrap();
    watch.wait().unwrap();
    assert_eq!(counted(dir), before);
    before
}

fn counting(dir: &Dir, io: Io) -> Launched {
    let script = format!("cd {}; {COUNTS}", dir.root.path().display());
    let launched = dir.launch(io, &script);
    count_on(dir, &[0, 0, 0]);
    launched
}

/// `telltale thaw` where this test keeps its runs.
fn thaw(dir: &Dir, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.arg("thaw").args(args).env("XDG_STATE_HOME", dir.path("state"));
    let output = command.env("XDG_RUNTIME_DIR", dir.root.path()).stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_frozen_job_stands_still_and_outlives_its_client() {
    let dir = Dir::new();
    let mut launched = counting(&dir, WINDOW);
    let run = launched.hello.meta.run.clone();
    launched.control.send(&Asked::Freeze).unwrap();
    let told = frozen(&mut launched.control);
    assert_eq!((told.by, told.going.is_empty()), (FrozenBy::Hand, true));
    assert!(told.processes >= 3, "{told:?}");
    drop(launched.control);
    let before = stand_still(&dir);
    let mut again = Control::connect(&dir.places, &run).unwrap();
    let hello =
        hear(&mut again, |told| if let Told::Hello(hello) = told { Some(hello.clone()) } else { None });
    assert_eq!(hello.frozen.map(|frozen| frozen.since), Some(told.since), "who comes later is told");
    assert!(record::read(&record::of_run(&hello.folder.unwrap())).is_some());
    again.send(&Asked::Thaw { only: None }).unwrap();
    thawed(&mut again);
    count_on(&dir, &before);
    again.send(&Asked::End { grace_ms: 0 }).unwrap();
    hear_exit(&mut again);
}

#[test]
fn a_job_that_is_ended_while_it_is_frozen_ends() {
    let dir = Dir::new();
    let mut launched = dir.launch(WINDOW, "trap 'exit 5' TERM; while true; do sleep 0.1; done");
    launched.control.send(&Asked::Freeze).unwrap();
    frozen(&mut launched.control);
    launched.control.send(&Asked::End { grace_ms: 10_000 }).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Code(5));
    assert!(record::all(&dir.places).is_empty());
}

#[test]
fn the_command_lets_a_run_go_on_or_one_process_of_it() {
    let dir = Dir::new();
    assert_eq!(thaw(&dir, &[]), (Some(0), "telltale: nothing is frozen\n".to_owned()));
    let mut launched = counting(&dir, Io::Relay);
    let run = launched.hello.meta.run.clone();
    let (code, said) = thaw(&dir, &[&run]);
    assert!(code == Some(2) && said.contains("is not frozen"), "{said}");
    launched.control.send(&Asked::Freeze).unwrap();
    frozen(&mut launched.control);
    let before = stand_still(&dir);
    // The first child of the main process counts in `a`.
    let pid = launched.hello.meta.pid;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let child = children.split_whitespace().next().unwrap().to_owned();
    let (code, said) = thaw(&dir, &["--worker", &child]);
    assert!(code == Some(0) && said.contains("the others wait"), "{said}");
    until("one of them counts on", || counted(&dir)[0] > before[0] + 3);
    assert_eq!(counted(&dir)[1..], before[1..]);
    let (code, said) = thaw(&dir, &["--worker", "1"]);
    assert!(code == Some(2) && said.contains("none of those that are frozen"), "{said}");
    let (code, said) = thaw(&dir, &[&run]);
    assert!(code == Some(0) && said.contains("goes on; it was frozen for"), "{said}");
    count_on(&dir, &before);
    launched.control.send(&Asked::End { grace_ms: 0 }).unwrap();
}

#[test]
fn the_command_works_when_the_keeper_was_killed() {
    let dir = Dir::new();
    let mut launched = counting(&dir, Io::Relay);
    launched.control.send(&Asked::Freeze).unwrap();
    frozen(&mut launched.control);
    let before = stand_still(&dir);
    kill(launched.hello.meta.keeper_pid, Signal::KILL);
    let _ = launched.keeper.wait();
    let (code, said) = thaw(&dir, &[&launched.hello.meta.pid.to_string()]);
    assert!(code == Some(0) && said.contains("goes on"), "{said}");
    count_on(&dir, &before);
    assert_eq!(thaw(&dir, &[]).1, "telltale: nothing is frozen\n");
    let pid = launched.hello.meta.pid;
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    children.split_whitespace().for_each(|child| kill(child.parse().unwrap(), Signal::KILL));
    kill(pid, Signal::KILL);
}

/// A job that eats up to a limit of its own of 300 MiB, and a guard over it.
fn eating(dir: &Dir, plan: GuardPlan) -> Option<Launched> {
    if Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_err() {
        return None;
    }
    fs::write(dir.path("eats.py"), EATS).unwrap();
    let script = format!("ulimit -v 307200; exec python3 {}", dir.path("eats.py").display());
    let mut spec = shell(Io::Relay, &script);
    spec.guard = Some(plan);
    let null = File::options().write(true).open("/dev/null").unwrap();
    Some(dir.try_launch(&spec, &null, &null).unwrap())
}

fn plan(then: Option<(Then, u64)>) -> GuardPlan {
    GuardPlan { share: 0.7, then, grace_ms: 2_000 }
}

#[test]
fn the_guard_freezes_before_the_limit_and_again_when_half_of_the_rest_is_used() {
    let dir = Dir::new();
    let Some(mut launched) = eating(&dir, plan(None)) else { return };
    let told = frozen(&mut launched.control);
    assert_eq!(told.by, FrozenBy::Guard(0.7));
    assert!(told.evidence[0].contains("RLIMIT_AS") && told.evidence[1].contains("--guard is 70"), "{told:?}");
    launched.control.send(&Asked::Thaw { only: None }).unwrap();
    thawed(&mut launched.control);
    let again = frozen(&mut launched.control);
    assert!(again.since > told.since);
    let share = |told: &Frozen| -> f64 {
        let words = told.evidence[1].strip_prefix("that is ").unwrap();
        words.split([' ', '%']).next().unwrap().parse().unwrap()
    };
    assert!(share(&again) >= 84.0 && share(&again) < 100.0, "{again:?} after {told:?}");
    launched.control.send(&Asked::End { grace_ms: 2_000 }).unwrap();
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(15));
}

#[test]
fn what_follows_when_nobody_decides_follows() {
    let dir = Dir::new();
    let Some(mut launched) = eating(&dir, plan(Some((Then::End, 300)))) else { return };
    assert!(frozen(&mut launched.control).then.is_some_and(|(then, _)| then == Then::End));
    assert_eq!(hear_exit(&mut launched.control), Exit::Signal(15));
    let Some(mut launched) = eating(&dir, plan(Some((Then::Thaw, 300)))) else { return };
    frozen(&mut launched.control);
    thawed(&mut launched.control);
    launched.control.send(&Asked::End { grace_ms: 0 }).unwrap();
    hear_exit(&mut launched.control);
}
