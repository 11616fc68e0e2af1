//! GPUs, told by a library that stands in for the driver's own: built here, and put before it.

use std::io::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::util::{Dir, Running, until};

/// One GPU of 8 GiB at 42 %. The process named in the environment is on it, and so is one that is nobody's member. With a
/// `FAKE_HANG`, the first question for processes never comes back.
const DRIVER: &str = r#"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
typedef struct { unsigned pid; unsigned long long used; unsigned instance, compute; } process;
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { *d = (void *)(unsigned long)(i + 1); return 0; }
int nvmlDeviceGetName(void *d, char *to, unsigned room) { strncpy(to, "Fake 8000\033[2J", room); return 0; }
int nvmlDeviceGetMemoryInfo(void *d, unsigned long long *m) { m[0] = 8ull << 30; m[1] = 5ull << 30; m[2] = 3ull << 30; return 0; }
int nvmlDeviceGetUtilizationRates(void *d, unsigned *u) { u[0] = 42; u[1] = 7; return 0; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *n, process *to) {
    while (getenv("FAKE_HANG")) pause();
    if (*n < 2) return 7;
    to[0] = (process){ atoi(getenv("FAKE_PID")), 1ull << 30, -1, -1 };
    to[1] = (process){ 1, 2ull << 30, -1, -1 };
    *n = 2;
    return 0;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *d, unsigned *n, process *to) { *n = 0; return 0; }
"#;

/// Builds the library; false where there is no compiler.
fn build(dir: &Dir) -> bool {
    dir.write("driver/nvml.c", DRIVER);
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-w", "-o"]).arg(dir.path("driver/libnvidia-ml.so.1"));
    let Ok(answer) = cc.arg(dir.path("driver/nvml.c")).output() else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no cc");
        return false;
    };
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    true
}

/// Watches until a snapshot is as wanted, and gives it with all before.
fn watched(dir: &Dir, env: &[(&str, &str)], job: &Running, is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let pid = job.pid().to_string();
    let args = ["attach", &pid, "--headless", "--interval", "200ms", "--json-to", "watch.jsonl"];
    let driver = dir.path("driver");
    let start = dir.cmd(&args).env("FAKE_PID", &pid).env("LD_LIBRARY_PATH", driver.to_str().unwrap());
    let _watching = env.iter().fold(start, |start, (name, value)| start.env(name, value)).start();
    let series = || {
        let text = std::fs::read_to_string(dir.path("watch.jsonl")).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    };
    until("a snapshot is as wanted", || series().last().is_some_and(&is_wanted));
    series()
}

#[test]
fn what_the_members_hold_of_a_gpu_is_told() {
    let dir = Dir::new();
    if !build(&dir) {
        return;
    }
    let job = Running::shell("sleep 40");
    let series = watched(&dir, &[], &job, |snapshot| !snapshot["jobs"][0]["gpu"].is_null());
    let last = series.last().unwrap();
    let gpu = &last["hosts"][0]["gpus"][0];
    assert_eq!((&gpu["index"], &gpu["busy"]), (&Value::from(0), &Value::from(0.42)), "{gpu}");
    assert_eq!((&gpu["used"], &gpu["total"]), (&Value::from(3_u64 << 30), &Value::from(8_u64 << 30)));
    let name = gpu["name"].as_str().unwrap();
    assert!(name.starts_with("Fake 8000") && !name.contains('\u{1b}'), "{name:?}");
    let used = &last["jobs"][0]["gpu"];
    assert_eq!((&used["used"], &used["members"]), (&Value::from(1_u64 << 30), &Value::from(1)), "{used}");
    assert_eq!(used["devices"], serde_json::json!([0]));
    assert_eq!(used["by_member"][0]["member"]["process"]["pid"], job.pid());
    assert_eq!(last["notices"], serde_json::json!([]));
}

#[test]
fn a_driver_that_hangs_is_told_and_holds_nobody_up() {
    let dir = Dir::new();
    if !build(&dir) {
        return;
    }
    let job = Running::shell("sleep 40");
    let is_told = |snapshot: &Value| snapshot["notices"].to_string().contains("GPU driver does not answer");
    let series = watched(&dir, &[("FAKE_HANG", "1")], &job, is_told);
    // Five are due each second until it is told after ten; a machine that is busy takes fewer.
    assert!(series.len() > 10, "only {} rounds were taken", series.len());
    assert!(series.iter().all(|snapshot| snapshot["jobs"][0]["gpu"].is_null()));
    assert_eq!(series.iter().filter(|snapshot| is_told(snapshot)).count(), 1, "it is told when it is late");
}

#[test]
fn without_a_driver_nothing_is_said_of_gpus() {
    let dir = Dir::new();
    // A file of this name that is no library is as good as none, and hides one that may be there.
    dir.write("driver/libnvidia-ml.so.1", "no library");
    let job = Running::shell("sleep 40");
    let series = watched(&dir, &[], &job, |snapshot| snapshot["seq"].as_u64() > Some(4));
    for snapshot in &series {
        let (host, job) = (&snapshot["hosts"][0], &snapshot["jobs"][0]);
        assert!(host.get("gpus").is_none() && job.get("gpu").is_none(), "{snapshot}");
        assert_eq!(snapshot["notices"], serde_json::json!([]));
    }
}
