//! What the output of a real job tells of trouble, and what is told of it.

use serde_json::Value;

use crate::util::{Answer, Dir};

/// The conditions that were ever alerted in a run of this shell script, and the run's last snapshot and answer.
fn told(dir: &Dir, args: &[&str], script: &str) -> (Vec<String>, Value, Answer) {
    let job = ["run", "--headless", "--interval", "100ms", "--end-after", "20s", "--json-to", "run.jsonl"];
    let answer = dir.cmd(&[&job[..], args, &["--", "sh", "-c", script]].concat()).run();
    let text = std::fs::read_to_string(dir.path("run.jsonl")).unwrap();
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alerts = all.iter().flat_map(|snapshot| snapshot["alerts"].as_array().unwrap());
    let mut conditions: Vec<String> =
        alerts.map(|alert| alert["condition"].as_str().unwrap().to_owned()).collect();
    conditions.sort();
    conditions.dedup();
    (conditions, all.last().unwrap().clone(), answer)
}

fn conditions(script: &str) -> Vec<String> {
    told(&Dir::new(), &[], script).0
}

#[test]
fn a_degraded_mode_is_told_while_the_job_goes_on() {
    let script = "echo 'OSError: [Errno 12] Cannot allocate memory' >&2; sleep 0.3
                  echo 'falling back to sequential'; sleep 0.7; echo done";
    let (conditions, last, _) = told(&Dir::new(), &[], script);
    assert_eq!(conditions, ["degraded_mode"]);
    let alert = &last["alerts"][0];
    assert!(alert["ended"].is_u64(), "it is over with the job: {alert}");
    let signs = last["jobs"][0]["signs"]["seen"].as_array().unwrap();
    let ids: Vec<_> = signs.iter().map(|sign| sign["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["memory-refused", "sequential"]);
    assert_eq!((&signs[0]["count"], &signs[0]["class"]), (&1.into(), &"degraded".into()));
    assert_eq!(alert["headline"], "degraded: it was refused memory, and 1 more");
}

#[test]
fn a_broken_pool_is_told_also_when_the_job_ends_of_it() {
    for words in [
        "concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly",
        "py4j.protocol.Py4JNetworkError: Answer from Java side is empty",
        "WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL)",
    ] {
        let script = format!("echo 'Traceback (most recent call last):'; echo '{words}'; exit 1");
        let (conditions, last, answer) = told(&Dir::new(), &[], &script);
        assert_eq!(conditions, ["toolchain_panic"], "{words}");
        assert_eq!(answer.code, Some(1));
        assert_eq!(last["alerts"][0]["severity"], "critical");
    }
}

#[test]
fn a_module_that_is_missing_in_workers_is_told_and_one_that_ends_the_job_is_not() {
    let missing = "echo \"ModuleNotFoundError: No module named 'pyarrow'\" >&2";
    assert_eq!(conditions(&format!("{missing}; sleep 2.5; seq 30")), ["module_missing"]);
    assert_eq!(conditions(&format!("{missing}; exit 1")), Vec::<String>::new());
    let handled =
        "echo \"WARNING: ImportError: No module named 'apex', falling back\" >&2; sleep 2.5; echo on";
    assert_eq!(conditions(handled), Vec::<String>::new());
}

#[test]
fn signs_of_a_projects_own_are_told() {
    let dir = Dir::new();
    dir.write(".telltale.toml", "[watch.signs]\ndegraded = 'safe mode (on|forced)'\n");
    let (conditions, last, _) = told(&dir, &[], "echo safe mode forced; sleep 0.4; echo on");
    assert_eq!(conditions, ["degraded_mode"]);
    assert_eq!(last["jobs"][0]["signs"]["seen"][0]["id"], "own:safe mode (on|forced)");
    dir.write(".telltale.toml", "[watch.signs]\nerror = '('\n");
    let wrong = dir.cmd(&["run", "--headless", "--", "true"]).run();
    assert_eq!(wrong.code, Some(125));
    assert!(wrong.err.contains(".telltale.toml:2: watch.signs"), "{}", wrong.err);
}

#[test]
fn a_secret_that_the_job_prints_is_told_and_never_shown() {
    let dir = Dir::new();
    let secret = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";
    let script = format!(
        "echo start; for i in 1 2 3; do echo using gh\"\"p_{secret}; done; sleep 0.4; echo on; exit 3"
    );
    let (conditions, last, _) = told(&dir, &[], &script);
    assert_eq!(conditions, ["secret_in_log"]);
    let alerts = last["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1, "one secret is one alert: {alerts:?}");
    let evidence = alerts[0]["evidence"][0].as_str().unwrap();
    assert!(evidence.contains("ghp_********") && evidence.contains("line 2"), "{evidence}");
    let text = std::fs::read_to_string(dir.path("run.jsonl")).unwrap();
    assert!(!text.contains(&format!("ghp_{secret}")), "it is in no snapshot");
    // What is merely high in entropy is hidden, and no alert.
    let quiet = format!("echo artifact {secret}; echo password=hunter2; sleep 0.3");
    assert_eq!(self::conditions(&quiet), Vec::<String>::new());
}

#[test]
fn a_clean_exit_after_failures_is_told() {
    for script in [
        "for i in 1 2 3; do echo task $i; done; echo '3 tasks - 3 timeouts'",
        "echo start; echo 'Exception in thread Thread-1 (feed):'; echo '  File x'; echo 'KeyError: 3'",
        "echo start; echo '2026-11-21 10:00:00,000 CRITICAL etl: giving up'",
        "echo 'done=15 total=60 failed=45'",
    ] {
        assert_eq!(conditions(script), ["errors_at_clean_exit"], "{script}");
    }
    for script in [
        "echo '60 tasks - 0 timeouts'",
        "echo '2026-11-21 ERROR etl: retrying'; for i in 1 2 3 4 5; do echo row $i; done",
        "echo 'WARNING: 3 rows look odd'; echo done",
        "echo '3 failed'; exit 1",
    ] {
        assert_eq!(conditions(script), Vec::<String>::new(), "{script}");
    }
}
