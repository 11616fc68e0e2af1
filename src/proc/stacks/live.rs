#![expect(clippy::disallowed_methods, reason = "tests start programs")]
//! Tests with real programs, which end by themselves. Without the program each says so and is left out.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Options, Reader};
use crate::model::evidence::{Evidence, Frame, Process, Runtime, Thread};

/// A child that does not outlive its test.
struct Job(Child);

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for its first line; `None` where there is no such program.
fn start(command: &[&str]) -> Option<Job> {
    let started =
        Command::new(command[0]).args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = started else {
        eprintln!("SKIPPED: there is no {}", command[0]);
        return None;
    };
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let job = Job(child);
    (line.trim() == "ready").then_some(job)
}

/// What a probe would have seen of a process, as far as it matters here.
fn evidence(pid: u32, runtime: Runtime) -> Evidence {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let tids = tasks.map(|task| task.unwrap().file_name().to_str().unwrap().parse().unwrap());
    let threads = tids.map(|tid| Thread { tid, ..Thread::default() }).collect();
    let process = Process { pid, is_member: true, runtime, state: 'S', threads, ..Process::default() };
    Evidence { root: pid, window: 1.0, processes: vec![process], ..Evidence::default() }
}

/// On a crowded machine, all takes longer.
const PATIENT: Options = Options {
    processes: 12,
    limit: Duration::from_secs(30),
    budget: Duration::from_secs(30),
    may_signal: false,
};

fn patient() -> Reader {
    Reader::new(PATIENT)
}

const RING: &str = "
import threading, time, sys
a, b = threading.Lock(), threading.Lock()
met = threading.Barrier(3)
def one():
    with a:
        met.wait()
        with b:
            pass
def two():
    b.acquire()
    met.wait()
    a.acquire()
threading.Thread(target=one, daemon=True).start()
threading.Thread(target=two, daemon=True).start()
met.wait()
time.sleep(0.2)
print('ready', flush=True)
time.sleep(60)
";

fn holds_and_wants(evidence: &Evidence, function: &str) -> (Vec<String>, Vec<String>) {
    let mut threads = evidence.processes[0].threads.iter();
    let of = |thread: &&Thread| thread.frames.iter().any(|frame| frame.function == function);
    let frames = &threads.find(of).unwrap_or_else(|| panic!("nobody is in {function}: {evidence:?}")).frames;
    let holds = frames.iter().flat_map(|frame| frame.holds.clone()).collect();
    (holds, frames.iter().filter_map(|frame| frame.wants.clone()).collect())
}

#[test]
fn two_python_threads_show_the_locks_that_they_hold_and_want() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.py");
    std::fs::write(&path, RING).unwrap();
    for command in [&["python3", path.to_str().unwrap()][..], &["python3", "-c", RING]] {
        let Some(job) = start(command) else { return };
        let mut evidence = evidence(job.0.id(), Runtime::Python);
        let mut reader = patient();
        assert!(!reader.sample(job.0.id()).is_empty());
        reader.read(&mut evidence);
        assert_eq!(evidence.problems, Vec::<String>::new());
        assert_eq!(holds_and_wants(&evidence, "one"), (vec!["a".into()], vec!["b".into()]));
        assert_eq!(holds_and_wants(&evidence, "two"), (vec!["b".into()], vec!["a".into()]));
        let main = evidence.processes[0].main_thread().unwrap();
        assert_eq!((main.frames[0].function.as_str(), main.frames[0].line), ("<module>", 19));
        assert_eq!(main.lines.len(), 1, "{:?}", main.lines);
    }
}

#[test]
fn a_java_machine_is_sent_a_signal_only_on_request() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stacks/Rings.java");
    let Some(job) = start(&["java", source]) else { return };
    let mut seen = evidence(job.0.id(), Runtime::Java);
    patient().read(&mut seen);
    assert!(seen.problems.len() == 1 && seen.problems[0].contains("--trace"), "{:?}", seen.problems);
    assert!(seen.processes[0].threads.iter().all(|thread| thread.frames.is_empty()));
    let mut reader = Reader::new(Options { may_signal: true, ..PATIENT });
    seen.problems.clear();
    reader.read(&mut seen);
    if seen.problems.iter().any(|problem| problem.contains("could not be run")) {
        eprintln!("SKIPPED: there is no jcmd");
        return;
    }
    for (one, other) in [("Rings.one", "Rings.two"), ("Rings.three", "Rings.four")] {
        let (one, other) = (holds_and_wants(&seen, one), holds_and_wants(&seen, other));
        assert_eq!((one.0.len(), &one.0, &one.1), (1, &other.1, &other.0));
    }
    // From now on it listens, and nobody has to be signalled.
    let mut again = evidence(job.0.id(), Runtime::Java);
    patient().read(&mut again);
    assert_eq!(again.problems, Vec::<String>::new());
    assert!(!holds_and_wants(&again, "Rings.one").0.is_empty());
}

const TRANSFER: &str = "
import threading, time
met = threading.Barrier(2)
class Account:
    def __init__(self):
        self.lock = threading.Lock()
    def give(self, other):
        with self.lock:
            met.wait()
            with other.lock:
                pass
def both(first, second):
    with first:
        met2.wait()
        with second:
            pass
met2 = threading.Barrier(2)
x, y = Account(), Account()
a, b = threading.Lock(), threading.Lock()
for target, args in ((x.give, (y,)), (y.give, (x,)), (both, (a, b)), (both, (b, a))):
    threading.Thread(target=target, args=args, daemon=True).start()
time.sleep(0.5)
print('ready', flush=True)
time.sleep(60)
";

#[test]
fn one_lock_that_goes_by_two_names_is_seen_to_be_one() {
    let Some(job) = start(&["python3", "-c", TRANSFER]) else { return };
    let mut evidence = evidence(job.0.id(), Runtime::Python);
    patient().read(&mut evidence);
    for (function, line) in [("give", 10), ("both", 15)] {
        let at = |frame: &Frame| frame.function.ends_with(function) && frame.line == line;
        let of = |thread: &&Thread| thread.frames.first().is_some_and(at);
        let stuck: Vec<&Frame> =
            evidence.processes[0].threads.iter().filter(of).map(|thread| &thread.frames[0]).collect();
        assert_eq!(stuck.len(), 2, "{evidence:?}");
        assert_eq!(stuck[0].holds.first(), stuck[1].wants.as_ref());
        assert_eq!(stuck[1].holds.first(), stuck[0].wants.as_ref());
        assert_ne!(stuck[0].holds, stuck[1].holds);
    }
}

#[test]
fn what_is_no_python_is_one_sentence() {
    let Some(job) = start(&["sh", "-c", "echo ready; exec sleep 60"]) else { return };
    let mut evidence = evidence(job.0.id(), Runtime::Python);
    let mut reader = patient();
    assert!(reader.sample(job.0.id()).is_empty());
    reader.read(&mut evidence);
    assert_eq!(evidence.problems.len(), 1, "{:?}", evidence.problems);
    assert!(evidence.processes[0].threads.iter().all(|thread| thread.frames.is_empty()));
}

#[test]
fn a_python_that_dies_while_it_is_read_harms_nobody() {
    let code = "def f(n):\n  return n and f(n - 1)\nprint('ready', flush=True)\nfor _ in range(10**9): f(50)";
    for rounds in [0, 3, 30] {
        let Some(mut job) = start(&["python3", "-c", code]) else { return };
        let mut evidence = evidence(job.0.id(), Runtime::Python);
        let mut reader = patient();
        for _ in 0..rounds {
            reader.sample(job.0.id());
        }
        job.0.kill().unwrap();
        reader.sample(job.0.id());
        job.0.wait().unwrap();
        reader.read(&mut evidence);
        assert_eq!(evidence.problems, Vec::<String>::new(), "that it has ended is told by others");
    }
}
