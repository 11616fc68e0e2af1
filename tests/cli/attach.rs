//! `telltale attach` without a screen: the same tree as `/proc` shows, and clear words for what can't be watched.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::Value;

use crate::util::{Answer, Dir, Running, until};

fn once(dir: &Dir, target: &str) -> Value {
    let answer = dir.cmd(&["attach", target, "--once", "--json", "--interval", "100ms"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    serde_json::from_str(&answer.out).unwrap()
}

/// A process and its descendants, and the sum of their resident pages, straight from `/proc`.
fn tree_by_hand(root: u32) -> (BTreeSet<u64>, u64) {
    let stat = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<String> = text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect();
        Some((fields[1].parse::<u32>().ok()?, fields[21].parse::<u64>().ok()?))
    };
    let all: Vec<u32> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    let mut members = BTreeSet::from([root]);
    loop {
        let more: Vec<u32> = all
            .iter()
            .copied()
            .filter(|pid| {
                !members.contains(pid) && stat(*pid).is_some_and(|(parent, _)| members.contains(&parent))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        members.extend(more);
    }
    let pages: u64 = members.iter().filter_map(|pid| stat(*pid)).map(|(_, rss)| rss).sum();
    (members.iter().map(|pid| u64::from(*pid)).collect(), pages * rustix::param::page_size() as u64)
}

#[test]
fn the_tree_and_its_sum_are_those_of_proc() {
    let dir = Dir::new();
    let tree = Running::shell("(sleep 30 & sleep 30 & wait) & sleep 30 & wait");
    until("the tree is complete", || tree_by_hand(tree.pid()).0.len() == 5);
    let job = &once(&dir, &tree.pid().to_string())["jobs"][0];
    let (pids, bytes) = tree_by_hand(tree.pid());
    let shown: BTreeSet<u64> = job["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["id"]["process"]["pid"].as_u64().unwrap())
        .collect();
    assert_eq!(shown, pids);
    let resident = |member: &Value| member["memory"].as_u64().unwrap();
    assert_eq!(job["members"].as_array().unwrap().iter().map(resident).sum::<u64>(), bytes);
    // The shells and sleepers share most of the little they have. Their shares are those of tests/memory.rs.
    let used = job["memory"]["used"].as_u64().unwrap();
    assert!(used > 0 && used <= bytes, "{used} of {bytes}");
    assert_eq!(job["memory"]["basis"]["pss"]["of"], 5);
    assert!(job["memory"]["limit"]["limit"].as_u64().unwrap() > 0);
    for pid in pids.into_iter().filter(|pid| *pid != u64::from(tree.pid())) {
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

#[test]
fn what_cannot_be_watched_is_said_with_a_way_out() {
    let dir = Dir::new();
    let attach = |target: &str| dir.cmd(&["attach", target, "--once"]).run();
    let says = |answer: &Answer, words: &str| {
        assert_eq!(answer.code, Some(2), "{}", answer.err);
        assert!(answer.err.contains(words), "{}", answer.err);
        assert!(answer.out.is_empty());
    };
    says(&attach("4194304"), "no process 4194304");
    says(&attach("no such process or run"), "no process and no live run fits");
    says(&dir.cmd(&["attach", "--once"]).run(), "no detached run is alive");
    let pid = std::process::id().to_string();
    says(&dir.cmd(&["attach", &pid, "--once", "--log", "missing.log"]).run(), "missing.log");
    let mut child = Running::shell("exit 3");
    let state = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    until("the child is a zombie", || state(child.pid()).contains(") Z "));
    says(&attach(&child.pid().to_string()), "(a zombie)");
    child.0.wait().unwrap();
}

#[test]
fn a_process_that_dies_while_it_is_watched_ends_the_watch() {
    let dir = Dir::new();
    let child = Running::shell("sleep 0.4");
    let answer = dir.cmd(&["attach", &child.pid().to_string(), "--headless", "--interval", "100ms"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let last: Value = serde_json::from_str(answer.out.lines().last().unwrap()).unwrap();
    assert!(last["jobs"][0]["phase"]["ended"].is_object(), "{last}");
}

#[test]
fn silence_is_told_on_standard_error_and_fails_when_asked() {
    let dir = Dir::new();
    dir.write("job.log", "");
    let child = Running::shell("sleep 2");
    let pid = child.pid().to_string();
    let log = dir.path("job.log");
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    writeln!(file, "12/200").unwrap();
    let args =
        ["attach", &pid, "--headless", "--interval", "100ms", "--log", "job.log", "--heartbeat", "700ms"];
    let answer = dir.cmd(&[&args[..], &["--fail-on-alert", "critical"]].concat()).run();
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(answer.err.contains("no heartbeat for"), "{}", answer.err);
    let first: Value = serde_json::from_str(answer.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["jobs"][0]["progress"]["done"], 12);
}

#[test]
fn the_files_behind_the_output_are_followed_by_default() {
    let dir = Dir::new();
    let log = dir.path("own.log");
    let script = format!("exec >{} 2>&1; echo done 3 of 9; sleep 20", log.display());
    let child = Running::shell(&script);
    until("the log is written", || std::fs::read_to_string(&log).is_ok_and(|text| text.contains('9')));
    let job = &once(&dir, &child.pid().to_string())["jobs"][0];
    assert_eq!((&job["progress"]["done"], &job["progress"]["total"]), (&3.into(), &9.into()));
    assert_eq!(job["beat"]["sources"][0], "own.log");
}

/// A sleeper whose span nobody else sleeps for, once it sleeps.
fn sleeper(span: &str) -> Running {
    let sleeper = Running::shell(&format!("exec sleep {span}"));
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", sleeper.pid()));
    until("it sleeps", || stat().is_ok_and(|stat| stat.contains("(sleep)")));
    sleeper
}

#[test]
fn all_instances_that_fit_are_watched_and_who_only_names_it_is_left_out() {
    let dir = Dir::new();
    let span = format!("20.{}", std::process::id());
    let sleepers = [sleeper(&span), sleeper(&span), sleeper(&span)];
    let pattern = format!("sleep {span}");
    dir.write("job.log", "");
    // Its command line names the sleepers too.
    let log = dir.path("job.log");
    let bystander = Running(
        std::process::Command::new("tail")
            .args(["-f", log.to_str().unwrap(), &format!("/{pattern}")])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap(),
    );
    let answer = dir.cmd(&["attach", &pattern, "--once", "--json", "--interval", "100ms"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("3 jobs fit") && answer.err.contains("they only name"), "{}", answer.err);
    assert!(answer.err.contains(&bystander.pid().to_string()), "{}", answer.err);
    let snapshot: Value = serde_json::from_str(&answer.out).unwrap();
    let pid = |job: &Value| job["members"][0]["id"]["process"]["pid"].as_u64().unwrap();
    let shown: BTreeSet<u64> = snapshot["jobs"].as_array().unwrap().iter().map(pid).collect();
    assert_eq!(shown, sleepers.iter().map(|one| u64::from(one.pid())).collect());
    let used = |value: &Value| value["memory"]["used"].as_u64().unwrap();
    let sum: u64 = snapshot["jobs"].as_array().unwrap().iter().map(used).sum();
    assert_eq!((&snapshot["sum"]["jobs"], &snapshot["sum"]["running"]), (&3.into(), &3.into()));
    assert_eq!(snapshot["sum"]["memory"], sum);
    let refused = dir.cmd(&["attach", &pattern, "--once", "--one"]).run();
    assert_eq!(refused.code, Some(2));
    for one in &sleepers {
        assert!(refused.err.contains(&one.pid().to_string()), "{}", refused.err);
    }
    let refused = dir.cmd(&["attach", &pattern, "--once", "--log", "job.log"]).run();
    assert!(
        refused.code == Some(2) && refused.err.contains("--log is the log of one job"),
        "{}",
        refused.err
    );
}

#[test]
fn an_instance_that_starts_later_joins() {
    let dir = Dir::new();
    let span = format!("22.{}", std::process::id());
    let first = sleeper(&span);
    let watching =
        dir.cmd(&["attach", &span, "--headless", "--interval", "200ms", "--json-to", "out.jsonl"]).start();
    let lines = || std::fs::read_to_string(dir.path("out.jsonl")).unwrap_or_default();
    until("the first is watched", || lines().lines().count() > 1);
    let second = sleeper(&span);
    let has_both = |line: &str| {
        let snapshot: Value = serde_json::from_str(line).unwrap_or_default();
        snapshot["jobs"].as_array().is_some_and(|jobs| jobs.len() == 2)
    };
    until("the second has joined", || lines().lines().any(has_both));
    drop((first, second, watching));
}

#[test]
fn what_an_earlier_watcher_saw_is_known_to_the_next_one() {
    let dir = Dir::new();
    let parent = Running::shell("sleep 61 & sleep 61 & sleep 61 & echo $$; wait; wait; sleep 30");
    let pid = parent.pid().to_string();
    until("the pool is complete", || tree_by_hand(parent.pid()).0.len() == 4);
    let watching =
        dir.cmd(&["attach", &pid, "--headless", "--interval", "100ms", "--json-to", "out.jsonl"]).start();
    let lines = || std::fs::read_to_string(dir.path("out.jsonl")).unwrap_or_default();
    until("it is watched", || lines().lines().count() > 5);
    let mut workers: Vec<u64> = tree_by_hand(parent.pid()).0.into_iter().collect();
    workers.retain(|worker| *worker != u64::from(parent.pid()));
    let lost = workers[0];
    let kill = |pid: u64| {
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    };
    kill(lost);
    until("the loss is seen", || lines().contains("killed by SIGKILL"));
    // As a screen that is killed: it says no farewell.
    drop(watching);
    let snapshot: Value = {
        let answer = dir.cmd(&["attach", &pid, "--once", "--json", "--interval", "100ms"]).run();
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(!answer.err.contains("lost"), "it is told once: {}", answer.err);
        serde_json::from_str(&answer.out).unwrap()
    };
    let job = &snapshot["jobs"][0];
    assert_eq!(job["workers"]["lost"], 1, "{job}");
    let members = job["members"].as_array().unwrap();
    let member = members.iter().find(|member| member["id"]["process"]["pid"] == lost).unwrap();
    assert_eq!(member["activity"]["lost"]["signal"], 9);
    let alerts = snapshot["alerts"].as_array().unwrap();
    assert!(alerts.iter().any(|alert| alert["condition"] == "worker_lost"), "{alerts:?}");
    // Nobody else may read what was seen, and a file that is none does no harm.
    let seen = dir.path("telltale/seen");
    let kept = std::fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(&kept, "{\"format\":1,").unwrap();
    let snapshot = once(&dir, &pid);
    assert_eq!(snapshot["jobs"][0]["workers"]["lost"], 0);
    assert!(snapshot["notices"][0]["text"].as_str().unwrap().contains("is forgotten"), "{snapshot}");
    workers.into_iter().for_each(kill);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let dir = Dir::new();
    let child = Running::shell("sleep 20");
    let pid = child.pid().to_string();
    let code = dir.cmd(&["attach", &pid, "--headless", "--interval", "100ms"]).run_with_closed_output();
    assert_eq!(code, Some(0));
}

#[test]
fn a_killed_worker_is_told_before_the_next_round_is_due() {
    let dir = Dir::new();
    // The shell reaps its workers as they end: nobody is a zombie for long.
    let tree = Running::shell("sleep 40 & sleep 40 & sleep 40 & wait; wait");
    until("the workers are there", || tree_by_hand(tree.pid()).0.len() == 4);
    let pid = tree.pid().to_string();
    let args = ["attach", &pid, "--headless", "--interval", "30s", "--json-to", "watch.jsonl"];
    let _watch = dir.cmd(&args).start();
    let series = || {
        let text = std::fs::read_to_string(dir.path("watch.jsonl")).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    until("the first snapshot is written", || !series().is_empty());
    let victim = *tree_by_hand(tree.pid()).0.last().unwrap();
    let handle = rustix::process::Pid::from_raw(victim as i32).unwrap();
    rustix::process::kill_process(handle, rustix::process::Signal::KILL).unwrap();
    until("the loss is told", || series().len() > 1);
    let told = &series()[1];
    let members = told["jobs"][0]["members"].as_array().unwrap();
    let lost = members.iter().find(|member| member["id"]["process"]["pid"] == victim).unwrap();
    assert_eq!(lost["activity"]["lost"]["signal"], 9, "{lost}");
    let headline = told["alerts"][0]["headline"].as_str().unwrap();
    assert_eq!(headline, format!("worker {victim} lost: killed by SIGKILL"));
    for pid in tree_by_hand(tree.pid()).0.into_iter().filter(|pid| *pid != u64::from(tree.pid())) {
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}
