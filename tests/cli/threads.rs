//! Jobs whose work is done by threads: who of them works.

use std::collections::HashSet;
use std::io::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::util::{Dir, Running};

/// So many threads, of which three compute and the rest wait, for nine seconds; named with a number each, if at all.
const POOL: &str = "
import ctypes, sys, threading, time
many, is_named = int(sys.argv[1]), sys.argv[2] == 'named'
end, ready = time.monotonic() + 9, threading.Event()
def work(n):
    if is_named:
        ctypes.CDLL(None).prctl(15, b'crunch-%d' % n, 0, 0, 0)
    ready.wait()
    while n < 3 and time.monotonic() < end:
        sum(range(5000))
    time.sleep(max(0, end - time.monotonic()))
threading.stack_size(65536)
threads = [threading.Thread(target=work, args=(n,)) for n in range(many)]
for thread in threads:
    thread.start()
ready.set()
for thread in threads:
    thread.join()
";

/// The pools that were seen in the process of this script, snapshot for snapshot; `None` without Python.
fn pools(threads: &str, naming: &str) -> Option<Vec<Value>> {
    if Command::new("python3").arg("-V").output().is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: there is no python3");
        return None;
    }
    let dir = Dir::new();
    dir.write("pool.py", POOL);
    let mut job =
        Running::shell(&format!("exec python3 {} {threads} {naming}", dir.path("pool.py").display()));
    let pid = job.pid().to_string();
    let reaper = std::thread::spawn(move || job.0.wait());
    let answer = dir.cmd(&["attach", &pid, "--headless", "--interval", "500ms"]).run();
    let _ = reaper.join();
    let told = answer.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut pools: Vec<Value> = told.map(|told| told["jobs"][0]["members"][0]["pool"].clone()).collect();
    pools.retain(|pool| !pool.is_null());
    assert!(!pools.is_empty(), "{}{}", answer.out.lines().last().unwrap_or(""), answer.err);
    Some(pools)
}

fn counts(pool: &Value) -> [Option<u64>; 4] {
    ["threads", "busy", "idle", "blocked"].map(|count| pool[count].as_u64())
}

#[test]
fn the_threads_of_a_pool_are_told_by_what_they_do() {
    let Some(pools) = pools("4", "named") else { return };
    assert!(pools.iter().all(|pool| pool["name"] == "crunch" && pool["sampled"].is_null()), "{pools:?}");
    let seen: HashSet<_> = pools.iter().map(counts).collect();
    assert!(seen.contains(&[4, 3, 1, 0].map(Some)), "{seen:?}");
}

#[test]
fn threads_without_names_are_told_when_they_work() {
    let Some(pools) = pools("5", "unnamed") else { return };
    assert!(pools.iter().any(|pool| pool["busy"] == 3), "{pools:?}");
}

#[test]
fn many_threads_are_looked_at_in_part_and_that_is_said() {
    let Some(pools) = pools("300", "named") else { return };
    let all = [Some(255), Some(256)];
    let is_said = |pool: &&Value| [pool["threads"].as_u64(), pool["sampled"].as_u64()] == all;
    let seen = pools.iter().find(is_said).unwrap_or_else(|| panic!("{pools:?}"));
    assert_eq!(seen["name"], "crunch");
}
