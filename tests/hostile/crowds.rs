//! Crowds: thousands of threads, processes that come and go, and more of them than anybody can list.

use super::*;

#[test]
fn thousands_of_threads_cost_nothing() {
    let dir = Dir::new();
    let script = "
threading.stack_size(64 * 1024)
n, stop = 0, threading.Event()
try:
    for n in range(1, 2001):
        threading.Thread(target=stop.wait, args=(20,), daemon=True).start()
except RuntimeError:
    pass
said(n); time.sleep(1)
os._exit(0)
";
    let Some(seen) = dir.python(&[], script) else { return };
    seen.is_well("threads");
    let threads = |snapshot: &Value| snapshot["jobs"][0]["members"][0]["threads"].as_u64().unwrap_or(0);
    let most = seen.snapshots.iter().map(threads).max().unwrap();
    assert!(most + 10 >= dir.sent(), "{most} of {}", dir.sent());
}

#[test]
fn processes_that_come_and_go_all_the_time_are_followed() {
    let dir = Dir::new();
    let script = "
n, begun = 0, time.monotonic()
while time.monotonic() < END + 1:
    for _ in range(5):
        if os.fork() == 0:
            time.sleep(0.01); os._exit(0)
        n += 1
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except ChildProcessError: pass
    time.sleep(max(0, begun + n / 500 - time.monotonic()))
said(n)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("forks");
    assert!(dir.sent() > 100);
    let members = |snapshot: &Value| snapshot["jobs"][0]["members"].as_array().unwrap().len();
    assert!(seen.snapshots.iter().map(members).max().unwrap() < 500, "who is gone is not kept");
    assert_eq!(
        last["alerts"].as_array().map(Vec::len),
        Some(0),
        "who ends well is no loss: {}",
        last["alerts"]
    );
}

#[test]
fn children_that_fail_by_the_hundred_are_few_alerts() {
    let dir = Dir::new();
    let script = "
while time.monotonic() < END + 1:
    for _ in range(5):
        if os.fork() == 0:
            time.sleep(0.15); os._exit(3)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except ChildProcessError: pass
    time.sleep(0.01)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("failing children");
    let told = seen.err.lines().filter(|line| line.contains(": warning: ") || line.contains(": critical: "));
    let (alerts, told) = (last["alerts"].as_array().unwrap().len(), told.count());
    let _ = writeln!(std::io::stderr(), "{alerts} alerts, {told} told");
    assert!(alerts < 300, "{alerts} alerts are kept");
}
