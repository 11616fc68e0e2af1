//! Freezing what is only watched: the guard, the command that undoes it, and who is left alone.

use crate::util::{Dir, Running, until};

/// Takes a MiB of memory at a time under a limit of its own of 300 MiB, and ends by itself.
fn eater(dir: &Dir) -> Option<Running> {
    let has_python = std::process::Command::new("python3").arg("-V").output().is_ok();
    if !has_python {
        return None;
    }
    let eats = "import time\nhoard = []\nfor n in range(400):\n    hoard.append(bytearray(1 << 20)); time.sleep(0.03)\n";
    dir.write("eats.py", eats);
    Some(Running::shell(&format!("ulimit -v 307200; exec python3 {}", dir.path("eats.py").display())))
}

fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
}

#[test]
fn the_guard_over_a_watched_job_is_undone_after_the_watcher_was_killed() {
    let dir = Dir::new();
    let Some(eater) = eater(&dir) else { return };
    let pid = eater.pid();
    let watcher = dir.cmd(&["attach", "--headless", "--guard", "70%", &pid.to_string()]).start();
    until("it is frozen", || state(pid) == 'T');
    // A killed watcher takes nothing back, and another one shows what it did.
    drop(watcher);
    assert_eq!(state(pid), 'T');
    let shown = dir.cmd(&["attach", "--once", &pid.to_string()]).run();
    let last: serde_json::Value = serde_json::from_str(shown.out.lines().last().unwrap()).unwrap();
    let frozen = &last["jobs"][0]["frozen"];
    assert_eq!(
        (frozen["by"]["guard"].as_f64(), frozen["processes"].as_u64()),
        (Some(0.7), Some(1)),
        "{last}"
    );
    let conditions: Vec<_> =
        last["alerts"].as_array().unwrap().iter().map(|alert| &alert["condition"]).collect();
    assert!(conditions.contains(&&serde_json::json!("frozen")), "{conditions:?}");
    assert!(!conditions.contains(&&serde_json::json!("worker_stopped")), "{conditions:?}");
    assert!(
        shown.err.contains("FROZEN by the guard at 70 %") && shown.err.contains("telltale thaw"),
        "{}",
        shown.err
    );
    let status = dir.cmd(&["status"]).run();
    let told = status.code == Some(1) && status.out.contains("FROZEN by the guard at 70 % for ");
    assert!(told, "{}{}", status.out, status.err);
    let answer = dir.cmd(&["thaw", &pid.to_string()]).run();
    assert!(answer.code == Some(0) && answer.err.contains("goes on"), "{}", answer.err);
    until("it goes on", || state(pid) != 'T');
    assert!(!dir.cmd(&["status"]).run().out.contains("FROZEN"));
}

#[test]
fn what_follows_without_anybody_is_done_to_a_watched_job_too() {
    let dir = Dir::new();
    let Some(mut eater) = eater(&dir) else { return };
    let pid = eater.pid().to_string();
    let watched =
        dir.cmd(&["attach", "--headless", "--guard=70%", "--guard-then=end", "--guard-wait=300ms", &pid]);
    // The guard looks after the job in a thread, and the job is reaped by this test.
    let watcher = watched.start();
    let mut ended = None;
    until("it is ended", || {
        ended = eater.0.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.unwrap()), Some(15));
    drop(watcher);
    assert_eq!(dir.cmd(&["thaw"]).run().err, "telltale: nothing is frozen\n");
}

#[test]
fn what_cannot_be_is_told_with_a_way_out() {
    let dir = Dir::new();
    let job = Running::shell("sleep 60");
    let pid = job.pid().to_string();
    let answer = dir.cmd(&["attach", "--once", "--readonly", "--guard", "90%", &pid]).run();
    assert!(answer.code == Some(2) && answer.err.contains("--readonly forbids that"), "{}", answer.err);
    let answer = dir.cmd(&["attach", "--once", "--guard", "off", &pid]).run();
    assert!(answer.code == Some(2) && answer.err.contains("is not a share"), "{}", answer.err);
    let answer = dir.cmd(&["attach", "--once", "--guard-then", "end", &pid]).run();
    assert!(answer.code == Some(2) && answer.err.contains("--guard"), "{}", answer.err);
    let answer = dir.cmd(&["thaw", &pid]).run();
    assert!(answer.code == Some(2) && answer.err.contains("kill -CONT"), "{}", answer.err);
    assert_eq!(state(job.pid()), 'S', "nobody was touched");
}

#[test]
fn a_headless_run_says_so_when_its_guard_froze_the_job() {
    let dir = Dir::new();
    if std::process::Command::new("python3").arg("-V").output().is_err() {
        return;
    }
    let eats = "import time\nhoard = []\nfor n in range(280):\n    hoard.append(bytearray(1 << 20)); time.sleep(0.02)\n";
    dir.write("eats.py", eats);
    let args = ["run", "--headless", "--guard=60%", "--guard-then=end", "--guard-wait=2s", "--", "sh", "-c"];
    let script = "ulimit -v 307200; exec python3 eats.py";
    let answer = dir.cmd(&[&args[..], &[script]].concat()).run();
    assert_eq!(answer.code, Some(143), "{}", answer.err);
    assert!(answer.out.is_empty());
    for words in ["FROZEN by the guard at 60 %", "RLIMIT_AS", "telltale thaw", "nobody decided"] {
        assert!(answer.err.contains(words), "{words} is not in: {}", answer.err);
    }
}
