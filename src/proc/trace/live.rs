#![expect(clippy::disallowed_methods, reason = "tests start programs")]
//! Tests with real programs, which end by themselves. Without Python each says so and is left out.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::failed_calls;
use crate::model::evidence::{Evidence, FailedCall, Process, Sample, Thread};

/// A child that does not outlive its test.
struct Job(Child);

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts Python code in a folder of its own, and waits until it has made the file `ready`.
fn start(folder: &tempfile::TempDir, code: &str) -> Option<Job> {
    let mut python = Command::new("python3");
    python.args(["-S", "-c", code]).current_dir(folder.path()).stdin(Stdio::null());
    python.stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(child) = python.spawn() else {
        eprintln!("SKIPPED: there is no python3");
        return None;
    };
    let job = Job(child);
    for _ in 0..500 {
        if folder.path().join("ready").exists() {
            return Some(job);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it never got ready");
}

/// What a probe would have seen of a process that comes and goes, as far as it matters here.
fn evidence(pid: u32) -> Evidence {
    let samples = vec![Sample { state: 'S', ..Sample::default() }];
    let threads = vec![Thread { tid: pid, samples, ..Thread::default() }];
    let process = Process { pid, is_member: true, state: 'S', threads, ..Process::default() };
    Evidence { root: pid, window: 1.0, processes: vec![process], ..Evidence::default() }
}

/// Traces until the failure is seen, nearly as long as the job lives: the machine may be busy.
fn traced(job: &Job, call: &str, error: &str) -> (FailedCall, Evidence) {
    let mut seen = evidence(job.0.id());
    for _ in 0..30 {
        seen = evidence(job.0.id());
        failed_calls(&mut seen);
        if let Some(found) = seen.calls.iter().find(|found| found.call == call && found.error == error) {
            return (found.clone(), seen);
        }
    }
    panic!("{call} {error}: {:?} {:?}", seen.calls, seen.problems);
}

fn status(pid: u32, key: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    value.trim().to_owned()
}

/// It goes on, and nobody traces it.
fn is_left_alone(pid: u32) -> bool {
    (0..250).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        status(pid, "TracerPid:") == "0" && status(pid, "State:").starts_with(['R', 'S'])
    })
}

const RETRY: &str = "
import os, time
os.mkdir('a.lock'); open('b.lock', 'w').close(); open('ready', 'w').close()
end = time.monotonic() + 60
while time.monotonic() < end:
    try: MAKE
    except OSError: time.sleep(0.05)
";

#[test]
fn a_lock_that_is_there_each_time_is_seen_with_its_path() {
    for (make, call, name) in [
        ("os.mkdir('a.lock')", "mkdir", "a.lock"),
        ("os.open('b.lock', os.O_CREAT | os.O_EXCL)", "openat", "b.lock"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let Some(job) = start(&folder, &RETRY.replace("MAKE", make)) else { return };
        let (found, seen) = traced(&job, call, "EEXIST");
        let path = folder.path().canonicalize().unwrap().join(name);
        assert_eq!(found.path.as_deref(), path.to_str());
        assert!(found.times >= 3 && found.naps >= 2 && found.made == 0, "{found:?}");
        assert_eq!((found.tid, found.pid), (job.0.id(), job.0.id()));
        assert_eq!(seen.problems, Vec::<String>::new());
        assert!(is_left_alone(job.0.id()), "{}", status(job.0.id(), "State:"));
    }
}

#[test]
fn a_full_device_is_seen_through_the_descriptor() {
    let folder = tempfile::tempdir().unwrap();
    let code = RETRY
        .replace("MAKE", "os.write(fd, b'x')")
        .replace("end =", "fd = os.open('/dev/full', os.O_WRONLY)\nend =");
    let Some(job) = start(&folder, &code) else { return };
    let (found, _) = traced(&job, "write", "ENOSPC");
    assert_eq!(found.path.as_deref(), Some("/dev/full"));
    assert!(is_left_alone(job.0.id()));
}

#[test]
fn what_its_children_try_is_counted_for_the_parent_and_they_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let code = RETRY.replace(
        "MAKE",
        "os.waitpid(os.posix_spawnp('mkdir', ['mkdir', 'a.lock'], os.environ), 0); time.sleep(0.02)",
    );
    let Some(job) = start(&folder, &code) else { return };
    let (found, _) = traced(&job, "mkdir", "EEXIST");
    assert_eq!((found.pid, found.made), (job.0.id(), 0));
    assert!(found.path.as_deref().is_some_and(|path| path.ends_with("/a.lock")));
    assert!(is_left_alone(job.0.id()));
}

/// Signals reach it as ever, and it may end while it is traced.
#[test]
fn signals_are_passed_on_and_an_end_is_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let code = "
import os, signal, time
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
open('ready', 'w').close()
end = time.monotonic() + 60
while time.monotonic() < end and len(got) < 5: time.sleep(0.01)
open('got', 'w').write(str(len(got)))
";
    let Some(job) = start(&folder, code) else { return };
    let pid = job.0.id();
    let sender = std::thread::spawn(move || {
        let raw = rustix::process::Pid::from_raw(pid as i32).unwrap();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(200));
            rustix::process::kill_process(raw, rustix::process::Signal::USR1).unwrap();
        }
    });
    let mut seen = evidence(pid);
    failed_calls(&mut seen);
    sender.join().unwrap();
    let got = || std::fs::read_to_string(folder.path().join("got")).unwrap_or_default();
    let is_told = (0..250).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        got() == "5"
    });
    assert!(is_told, "{}", got());
    let mut again = evidence(pid);
    failed_calls(&mut again);
    assert!(again.calls.is_empty() && again.problems.is_empty(), "it has ended: {again:?}");
}

#[test]
fn what_is_stopped_while_it_is_traced_stays_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let Some(job) = start(&folder, &RETRY.replace("MAKE", "os.mkdir('a.lock')")) else { return };
    let pid = job.0.id();
    let raw = rustix::process::Pid::from_raw(pid as i32).unwrap();
    let sender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        rustix::process::kill_process(raw, rustix::process::Signal::STOP).unwrap();
    });
    failed_calls(&mut evidence(pid));
    sender.join().unwrap();
    let is_stopped = (0..250).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        status(pid, "TracerPid:") == "0" && status(pid, "State:").starts_with('T')
    });
    assert!(is_stopped, "{}", status(pid, "State:"));
    rustix::process::kill_process(raw, rustix::process::Signal::CONT).unwrap();
    assert!(is_left_alone(pid));
}

#[test]
fn what_stands_is_not_traced() {
    let folder = tempfile::tempdir().unwrap();
    let Some(job) = start(&folder, &RETRY.replace("MAKE", "os.mkdir('a.lock')")) else { return };
    let mut seen = evidence(job.0.id());
    seen.processes[0].threads[0].is_still = true;
    failed_calls(&mut seen);
    assert!(seen.calls.is_empty() && seen.problems.len() == 1, "{:?}", seen.problems);
}
