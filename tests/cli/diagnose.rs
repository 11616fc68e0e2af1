//! `telltale diagnose` on real processes: what it prints, and how it ends.

use serde_json::Value;

use crate::util::{Answer, Dir, Running, until};

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {}{}", answer.out, answer.err))
}

#[test]
fn one_that_sleeps_is_calm() {
    let dir = Dir::new();
    let sleeper = Running::shell("exec sleep 40");
    let answer = dir.cmd(&["diagnose", &sleeper.pid().to_string(), "--json", "--seconds", "2"]).run();
    let told = json(&answer);
    assert_eq!((told["cause"].as_str(), answer.code), (Some("sleeping"), Some(0)), "{told}");
    assert_eq!(told["culprits"], Value::Array(Vec::new()));
    let text = dir.cmd(&["diagnose", &sleeper.pid().to_string(), "--seconds", "2"]).run();
    assert!(text.out.starts_with("sleeping: "), "{}", text.out);
    assert!(!text.out.contains('\u{1b}') && text.err.is_empty(), "a pipe gets plain text: {}", text.err);
    assert!(text.out.lines().all(|line| line.chars().count() <= 80), "{}", text.out);
}

#[test]
fn the_object_begins_with_what_the_contract_names() {
    let dir = Dir::new();
    let sleeper = Running::shell("exec sleep 40");
    let answer = dir.cmd(&["diagnose", &sleeper.pid().to_string(), "--json", "--seconds", "2"]).run();
    assert!(answer.out.starts_with("{\"cause\":\""), "{}", answer.out);
    let at = |key: &str| answer.out.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("no {key}"));
    let places = ["cause", "culprits", "evidence", "chain", "threads", "doubts", "advice", "window"].map(at);
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(answer.out.lines().count(), 1);
}

/// A writer and a reader: the reader sleeps, so that the pipe is full before long.
#[test]
fn a_full_pipe_names_who_does_not_read() {
    let dir = Dir::new();
    // Bounded: both end with the sleep.
    let job = Running::shell("(yes 2>/dev/null | sleep 40) & wait");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let answer = dir.cmd(&["diagnose", &job.pid().to_string(), "--json", "--seconds", "3"]).run();
    let told = json(&answer);
    assert_eq!((told["cause"].as_str(), answer.code), (Some("slow-consumer"), Some(1)), "{told}");
    assert!(told["culprits"][0]["pid"].as_u64().is_some(), "{told}");
    assert!(told["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty()), "{told}");
    assert!(told["advice"]["now"].as_str().is_some_and(|words| !words.is_empty()), "{told}");
}

#[test]
fn one_that_ends_half_way_has_exited() {
    let dir = Dir::new();
    let mut short = Running::shell("exec sleep 1");
    let pid = short.pid().to_string();
    let reaper = std::thread::spawn(move || short.0.wait());
    let answer = dir.cmd(&["diagnose", &pid, "--json", "--seconds", "4"]).run();
    let _ = reaper.join();
    assert_eq!((json(&answer)["cause"].as_str(), answer.code), (Some("exited"), Some(4)), "{}", answer.out);
}

#[test]
fn one_that_has_ended_and_is_not_waited_for_has_exited() {
    let dir = Dir::new();
    let ended = Running::shell("exit 3");
    let stat = format!("/proc/{}/stat", ended.pid());
    until("it has ended", || std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") Z ")));
    let answer = dir.cmd(&["diagnose", &ended.pid().to_string(), "--seconds", "1"]).run();
    assert_eq!(answer.code, Some(4), "{}{}", answer.out, answer.err);
    assert!(
        answer.out.starts_with("exited: ") && answer.out.contains("exited with code 3"),
        "{}",
        answer.out
    );
}

#[test]
fn numbers_that_mean_no_process_are_errors() {
    let dir = Dir::new();
    for (target, words) in [
        ("0", "no process can have that PID"),
        ("4194305", "no process can have that PID"),
        ("99999999999999999999", "no process can have that PID"),
        ("4194303", "no process 4194303"),
        ("no-such-name-anywhere", "no process and no live run fits"),
    ] {
        let answer = dir.cmd(&["diagnose", target, "--json"]).run();
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{target}");
        assert!(
            answer.err.contains(words) && answer.err.starts_with("telltale: "),
            "{target}: {}",
            answer.err
        );
    }
    assert_eq!(dir.cmd(&["diagnose"]).run().code, Some(2), "somebody must be named");
}

#[test]
fn a_thread_of_the_kernel_is_no_job() {
    // In a container there is none.
    let is_kernels =
        std::fs::read_to_string("/proc/2/status").is_ok_and(|status| status.contains("kthreadd"));
    if is_kernels {
        let answer = Dir::new().cmd(&["diagnose", "2"]).run();
        assert_eq!(answer.code, Some(2));
        assert!(answer.err.contains("process 2 is a thread of the kernel"), "{}", answer.err);
    }
}

/// The shell that runs telltale is looked at with telltale left out, and nobody waits for anybody.
#[test]
fn its_own_parent_is_looked_at_like_any_other() {
    let dir = Dir::new();
    let telltale = env!("CARGO_BIN_EXE_telltale");
    let script = format!("{telltale} diagnose $$ --json --seconds 2; exit $?");
    let mut shell = std::process::Command::new("sh");
    let answer =
        shell.args(["-c", &script]).current_dir(dir.root()).env("HOME", dir.root()).output().unwrap();
    let told: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert!(told["cause"].is_string(), "{told}");
    assert_ne!(answer.status.code(), Some(2), "{told}");
}

#[test]
fn evidence_is_written_and_gives_the_same_cause_again() {
    let dir = Dir::new();
    let secret = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let job = Running::shell(&format!("sleep 40; : --token {secret}"));
    let answer = dir
        .cmd(&["diagnose", &job.pid().to_string(), "--json", "--seconds", "2", "--evidence", "seen.json"])
        .run();
    let seen = std::fs::read_to_string(dir.path("seen.json")).unwrap();
    assert!(!seen.contains(&secret[8..]) && seen.contains("sleep"), "{seen}");
    assert!(!answer.out.contains(&secret[8..]), "{}", answer.out);
    let again = dir.cmd(&["diagnose", "--from", "seen.json", "--json"]).run();
    assert_eq!((json(&again)["cause"].clone(), again.code), (json(&answer)["cause"].clone(), answer.code));
    dir.write("wrong.json", "{\"version\": \"x\"}");
    dir.write("newer.json", "{\"version\": 4711}");
    for wrong in ["wrong.json", "newer.json", "none.json"] {
        let answer = dir.cmd(&["diagnose", "--from", wrong]).run();
        assert_eq!(answer.code, Some(2), "{wrong}");
        assert!(answer.err.contains(wrong), "{}", answer.err);
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let sleeper = Running::shell("exec sleep 40");
    let dir = Dir::new();
    let code = dir.cmd(&["diagnose", &sleeper.pid().to_string(), "--seconds", "1"]).run_with_closed_output();
    assert_eq!(code, Some(0));
}

/// A job that hangs under watch: its alert is told, and a moment later why.
#[test]
fn a_stall_is_told_with_its_cause() {
    let dir = Dir::new();
    // It beats for a while, and then waits for a reader that sleeps.
    let log = dir.path("out.log");
    let mut job = Running::shell(&format!(
        "exec 1>{}; for i in 1 2 3 4 5; do echo $i; sleep 0.3; done; yes | sleep 15",
        log.display()
    ));
    let pid = job.pid().to_string();
    let reaper = std::thread::spawn(move || job.0.wait());
    let watch = ["attach", &pid, "--headless", "--interval", "500ms", "--heartbeat", "2s"];
    let answer = dir.cmd(&watch).run();
    let _ = reaper.join();
    let alerts = answer.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let named: Vec<Value> = alerts
        .flat_map(|told| told["alerts"].as_array().cloned().unwrap_or_default())
        .map(|alert| alert["diagnosis"].clone())
        .collect();
    assert!(named.iter().any(|brief| brief["cause"] == "slow-consumer"), "{}\n{named:?}", answer.err);
    assert!(answer.err.contains("cause: slow-consumer"), "{}", answer.err);
}

/// A lock folder that a run left which is no more: only a trace shows what is asked for between two naps.
#[test]
fn a_trace_names_the_folder_that_is_in_the_way() {
    let dir = Dir::new();
    let folder = dir.root().join("job.lock");
    std::fs::create_dir(&folder).unwrap();
    // Bounded: it tries four hundred times.
    let script = format!(
        "n=0; while [ $n -lt 400 ] && ! mkdir {0} 2>/dev/null; do n=$((n + 1)); sleep 0.1; done",
        folder.display()
    );
    let job = Running::shell(&script);
    let answer = dir.cmd(&["diagnose", &job.pid().to_string(), "--trace", "--json", "--seconds", "1"]).run();
    let told = json(&answer);
    assert_eq!((told["cause"].as_str(), answer.code), (Some("file-lock-wait"), Some(1)), "{told}");
    let paths = told["culprits"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str());
    assert!(paths.into_iter().any(|path| path.ends_with("/job.lock")), "{told}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", job.pid())).unwrap();
    assert!(status.contains("TracerPid:\t0"), "{status}");
}

#[test]
fn where_the_time_went_is_drawn_and_never_through_a_link() {
    let dir = Dir::new();
    let sleeper = Running::shell("exec sleep 40");
    let (picture, link) = (dir.root().join("time.svg"), dir.root().join("link.svg"));
    std::fs::write(&picture, "what was there").unwrap();
    std::os::unix::fs::symlink(&picture, &link).unwrap();
    let ask = |path: &std::path::Path| {
        let (pid, path) = (sleeper.pid().to_string(), path.to_str().unwrap().to_owned());
        dir.cmd(&["diagnose", &pid, "--flame", &path, "--seconds", "1"]).run()
    };
    assert_eq!(ask(&link).code, Some(2));
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), "what was there");
    assert_eq!(ask(&picture).code, Some(0));
    let drawn = std::fs::read_to_string(&picture).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains("<title>timer: "), "{drawn}");
    assert!(!drawn.contains("<script"));
}
