//! `telltale status`: what watchers and keepers know, told without watching.

use serde_json::Value;

use crate::util::{Answer, Dir, Running, until};

fn status(dir: &Dir, format: &str) -> Answer {
    dir.cmd(&["status", "--format", format]).run()
}

fn objects(dir: &Dir) -> Vec<Value> {
    status(dir, "json").out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn without_jobs_there_is_nothing_to_say() {
    let dir = Dir::new();
    let answer = status(&dir, "text");
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), ""));
    assert!(answer.err.contains("no job is watched"), "{}", answer.err);
    let answer = status(&dir, "tmux");
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (Some(0), "\n", ""));
}

#[test]
fn a_watched_process_is_told_with_its_alert_until_its_watcher_is_gone() {
    let dir = Dir::new();
    dir.write("job.log", "");
    let job = Running::shell(&format!("exec >{}; echo done 3 of 9; sleep 60", dir.path("job.log").display()));
    let pid = job.pid().to_string();
    let watch =
        ["attach", &pid, "--headless", "--interval", "200ms", "--heartbeat", "500ms", "--log", "job.log"];
    let mut watcher = dir.cmd(&watch).start();
    until("the alert is told", || status(&dir, "text").code == Some(1));
    let told = objects(&dir);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["is_watched"], &told[0]["run"]), (&true.into(), &Value::Null));
    assert_eq!(told[0]["root"]["process"]["pid"], job.pid());
    assert_eq!(told[0]["worst"]["level"], "critical");
    let bar = status(&dir, "tmux").out;
    assert!(bar.contains("#[fg=red]!! no heartbeat") && bar.ends_with("#[default]\n"), "{bar}");
    assert!(status(&dir, "text").out.contains("!! no heartbeat"));
    // One that is killed can take nothing along; what it left does not count.
    watcher.0.kill().unwrap();
    watcher.0.wait().unwrap();
    assert!(objects(&dir).is_empty());
    let left = std::fs::read_dir(dir.path("telltale/watch")).unwrap().count();
    assert_eq!(left, 0, "and is cleaned away");
}

#[test]
fn a_watcher_that_ends_leaves_nothing() {
    let dir = Dir::new();
    let job = Running::shell("sleep 3");
    let pid = job.pid().to_string();
    let mut watcher = dir.cmd(&["attach", &pid, "--headless", "--interval", "100ms"]).start();
    until("it is told", || !objects(&dir).is_empty());
    assert!(watcher.0.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(dir.path("telltale/watch")).unwrap().count(), 0);
    let job = Running::shell("sleep 20");
    let pid = job.pid().to_string();
    let _watcher = dir.cmd(&["attach", &pid, "--headless", "--interval", "100ms", "--readonly"]).start();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(objects(&dir).is_empty(), "--readonly writes nothing");
}

#[test]
fn a_run_is_told_once_watched_or_not() {
    let dir = Dir::new();
    let run = ["run", "--name", "nightly", "--headless", "--interval", "200ms", "--"];
    let mut front = dir.cmd(&[&run[..], &["sh", "-c", "echo done 2 of 8; sleep 8"]].concat()).start();
    until("its count is told", || objects(&dir).iter().any(|job| job["done"] == 2));
    let told = objects(&dir);
    assert_eq!((told.len(), &told[0]["name"], &told[0]["is_watched"]), (1, &"nightly".into(), &true.into()));
    assert!(told[0]["run"].is_string());
    // The keeper goes on without a front.
    front.0.kill().unwrap();
    front.0.wait().unwrap();
    let told = objects(&dir);
    assert_eq!(
        (told.len(), &told[0]["is_watched"], &told[0]["done"]),
        (1, &false.into(), &Value::Null),
        "{told:?}"
    );
    assert!(status(&dir, "text").out.starts_with("nightly  running for "));
    until("it ends", || objects(&dir).is_empty());
}
