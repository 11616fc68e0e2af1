//! `telltale run` without a screen: the job's own code and output, and what is told of it.

use serde_json::Value;

use crate::util::{Answer, Dir, until};

/// The snapshots that a run wrote, oldest first.
fn snapshots(dir: &Dir, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.path(name)).unwrap_or_default();
    // The last line may be half written while the run goes on.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn run(dir: &Dir, args: &[&str]) -> Answer {
    dir.cmd(&[&["run", "--headless", "--interval", "100ms"], args].concat()).run()
}

#[test]
fn the_code_is_the_jobs_own() {
    let dir = Dir::new();
    let cases = [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)];
    for (script, code) in cases {
        assert_eq!(run(&dir, &["--", "sh", "-c", script]).code, Some(code), "{script}");
    }
}

#[test]
fn what_cannot_be_started_gives_the_codes_of_a_shell() {
    let dir = Dir::new();
    let missing = run(&dir, &["--", "no-such-command-here"]);
    assert_eq!(
        (missing.code, missing.err.as_str()),
        (Some(127), "telltale: no-such-command-here: command not found\n")
    );
    dir.write("plain.txt", "not a program");
    assert_eq!(run(&dir, &["--", "./plain.txt"]).code, Some(126));
    assert_eq!(run(&dir, &["--progress", "(", "--", "true"]).code, Some(125));
    assert_eq!(run(&dir, &["--no-such-flag", "--", "true"]).code, Some(125));
    assert_eq!(run(&dir, &[]).code, Some(125), "no command");
    assert_eq!(run(&dir, &["--help"]).code, Some(0));
    assert_eq!(run(&dir, &["--json-to", "no/such/folder/x", "--", "true"]).code, Some(125));
    assert_eq!(run(&dir, &["--json-to", "987", "--", "true"]).code, Some(125));
}

#[test]
fn output_and_errors_are_the_jobs_untouched() {
    let dir = Dir::new();
    let answer = run(&dir, &["--", "sh", "-c", r"printf 'a\tb\0c'; printf 'oops' >&2"]);
    assert_eq!((answer.out.as_str(), answer.err.as_str()), ("a\tb\0c", "oops"));
}

#[test]
fn progress_is_read_from_the_output() {
    let dir = Dir::new();
    let script = "for i in 1 2 3 4 5; do echo step $i of 5; sleep 0.15; done";
    assert_eq!(run(&dir, &["--json-to", "run.jsonl", "--", "sh", "-c", script]).code, Some(0));
    let all = snapshots(&dir, "run.jsonl");
    let last = &all.last().unwrap()["jobs"][0];
    assert_eq!((&last["progress"]["done"], &last["progress"]["total"]), (&5.into(), &5.into()));
    assert_eq!(last["phase"]["ended"]["exit"]["code"], 0);
    assert!(all.len() > 3, "a snapshot every 100 ms for 750 ms, not {}", all.len());
    assert!(all.iter().all(|snapshot| snapshot["version"] == 1));
    let lines: Vec<_> = all.iter().flat_map(|s| s["jobs"][0]["log"]["fresh"].as_array().unwrap()).collect();
    assert_eq!(lines.len(), 5, "each line is told once: {lines:?}");
}

#[test]
fn of_nested_bars_the_outer_is_shown_with_the_name_of_its_tool() {
    let dir = Dir::new();
    let script = r"for i in 0 1 2; do
        printf '\repoch:  33%%|##   | %s/3 [00:00<00:01,  2.05it/s]\n' $i
        printf '\rbatch %s:  50%%|##   | 20/40 [00:00<00:00, 83.16it/s]\033[A' $i; sleep 0.1; printf '\n'
    done; printf '\repoch: 100%%|#####| 3/3 [00:01<00:00,  2.12it/s]'";
    run(&dir, &["--json-to", "bars.jsonl", "--", "sh", "-c", script]);
    let all = snapshots(&dir, "bars.jsonl");
    let progress = |snapshot: &serde_json::Value| snapshot["jobs"][0]["progress"].clone();
    let last = progress(all.last().unwrap());
    assert_eq!((&last["done"], &last["total"], &last["source"]), (&3.into(), &3.into(), &"tqdm".into()));
    assert!(all.iter().all(|snapshot| progress(snapshot)["total"] != 40), "the inner bar is not the job's");
}

#[test]
fn a_pattern_of_the_users_own_is_used() {
    let dir = Dir::new();
    let pattern = r"rows (?P<done>\d+), open (?P<in_flight>\d+)";
    run(&dir, &["--progress", pattern, "--json-to", "1.jsonl", "--", "sh", "-c", "echo rows 7, open 3"]);
    let all = snapshots(&dir, "1.jsonl");
    let progress = &all.last().unwrap()["jobs"][0]["progress"];
    assert_eq!((&progress["done"], &progress["in_flight"]), (&7.into(), &3.into()));
}

#[test]
fn a_killed_worker_of_a_real_pool_is_lost_and_told() {
    let dir = Dir::new();
    let binary = env!("CARGO_BIN_EXE_telltale");
    let job = ["run", "--headless", "--interval", "100ms", "--json-to", "pool.jsonl", "--end-after", "20s"];
    let pool = [binary, "demo-job", "works", "60"];
    let running = dir.cmd(&[&job[..], &["--"], &pool].concat()).start();
    let workers = |snapshot: &Value| snapshot["jobs"][0]["workers"]["alive"].as_u64().unwrap_or(0);
    until("the pool has its workers", || {
        snapshots(&dir, "pool.jsonl").last().is_some_and(|last| workers(last) >= 2)
    });
    let last = snapshots(&dir, "pool.jsonl").pop().unwrap();
    let members = last["jobs"][0]["members"].as_array().unwrap();
    let worker = members.iter().find(|member| member["role"] == "worker").unwrap();
    let pid = worker["id"]["process"]["pid"].as_u64().unwrap();
    let victim = rustix::process::Pid::from_raw(pid as i32).unwrap();
    rustix::process::kill_process(victim, rustix::process::Signal::KILL).unwrap();
    let lost = |snapshot: &Value| snapshot["jobs"][0]["workers"]["lost"] == 1;
    until("the worker is lost", || snapshots(&dir, "pool.jsonl").iter().any(lost));
    let all = snapshots(&dir, "pool.jsonl");
    let first = all.iter().find(|snapshot| lost(snapshot)).unwrap();
    let alert = &first["alerts"][0];
    assert_eq!(alert["condition"], "worker_lost");
    let headline = alert["headline"].as_str().unwrap();
    // Kernels before 6.15 don't tell how a process ended that is not one's child.
    assert!(headline.contains("killed by SIGKILL") || headline.contains("cause unknown"), "{headline}");
    // The job outlives its front, and must not outlive the test.
    let root = members.iter().find(|member| member["role"] == "root").unwrap();
    for member in [root, worker] {
        let pid =
            rustix::process::Pid::from_raw(member["id"]["process"]["pid"].as_u64().unwrap() as i32).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    drop(running);
}

#[test]
fn a_run_over_time_is_ended_only_when_that_was_asked_for() {
    let dir = Dir::new();
    let timeout = run(&dir, &["--timeout", "200ms", "--json-to", "t.jsonl", "--", "sleep", "0.8"]);
    assert_eq!(timeout.code, Some(0), "a timeout is an alert");
    let told = |snapshot: &Value| {
        snapshot["alerts"].as_array().unwrap().iter().any(|alert| alert["condition"] == "over_time")
    };
    assert!(snapshots(&dir, "t.jsonl").iter().any(told));
    assert_eq!(run(&dir, &["--end-after", "300ms", "--", "sleep", "60"]).code, Some(143));
}

#[test]
fn secrets_in_output_and_command_line_are_not_written_down() {
    let dir = Dir::new();
    let secret = ["hunter", "2-Zq8", "vK3x"].concat();
    let script = format!("echo password={secret}; sleep 0.3");
    run(&dir, &["--json-to", "s.jsonl", "--", "sh", "-c", &script]);
    let written = std::fs::read_to_string(dir.path("s.jsonl")).unwrap();
    assert!(written.contains("password="), "the line itself is kept");
    assert!(!written.contains(&secret));
    let mut files = vec![dir.path("state")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert!(!String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(&secret), "{path:?}");
        }
    }
}

#[test]
fn a_signal_reaches_the_job_when_nothing_is_watched_any_more() {
    let dir = Dir::new();
    let script = "trap 'exit 9' TERM; n=0; while [ $n -lt 1000 ]; do sleep 0.02; n=$((n+1)); done";
    let args = ["run", "--once", "--interval", "100ms", "--json-to", "once.jsonl", "--", "sh", "-c", script];
    let mut running = dir.cmd(&args).start();
    until("the one snapshot is there", || !snapshots(&dir, "once.jsonl").is_empty());
    let front = rustix::process::Pid::from_raw(running.pid().cast_signed()).unwrap();
    rustix::process::kill_process(front, rustix::process::Signal::TERM).unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(9));
}

#[test]
fn limits_hold_when_the_reader_of_the_snapshots_has_gone() {
    let dir = Dir::new();
    let args = ["run", "--headless", "--interval", "100ms", "--json-to", "1", "--end-after", "500ms", "--"];
    // It ends by itself with 0, unless it is ended.
    let code = dir.cmd(&[&args[..], &["sleep", "8"]].concat()).run_with_closed_output();
    assert_eq!(code, Some(143));
}

#[test]
fn the_input_is_the_jobs() {
    let dir = Dir::new();
    let answer = dir.cmd(&["run", "--headless", "--", "cat"]).stdin("a line\n").run();
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), "a line\n"));
}

#[test]
fn the_end_is_noticed_at_once_however_long_the_interval() {
    let dir = Dir::new();
    let begun = std::time::Instant::now();
    let answer =
        dir.cmd(&["run", "--headless", "--interval", "60s", "--", "sh", "-c", "sleep 0.3; exit 4"]).run();
    assert_eq!(answer.code, Some(4));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
