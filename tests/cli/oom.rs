//! A process that the kernel really kills for want of memory, in a small control group of its own.
//!
//! Only root may make one, and only where the hierarchy counts memory: elsewhere this says so and tests nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::util::{Dir, until};

/// A control group of 24 MiB that is gone after the test.
struct Small(PathBuf);

impl Small {
    fn new() -> Option<Self> {
        let name = format!("telltale-test-{}", std::process::id());
        let places = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        places.into_iter().find_map(|(place, limit)| {
            let folder = Path::new(place).join(&name);
            fs::create_dir(&folder).ok()?;
            let group = Self(folder);
            // Where it doesn't count memory there is no such file, and none may be made.
            let limit = fs::File::options().write(true).open(group.0.join(limit)).ok()?;
            std::io::Write::write_all(&mut &limit, b"25165824").ok().map(|()| group)
        })
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // The kernel lets go of it some time after its last process.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

/// Whether the kernel tells how a process ended that is no child of ours: since Linux 6.15.
fn tells_exits() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|n| n.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(15))
}

#[test]
fn a_process_that_the_kernel_killed_for_memory_is_told_with_the_counter() {
    let Some(group) = Small::new().filter(|_| tells_exits()) else {
        eprintln!(
            "skipped: no control group that limits memory can be made here, or Linux is older than 6.15"
        );
        return;
    };
    let dir = Dir::new();
    // A line without an end is held in memory as a whole; were there no limit, there would be 100 MB of it. The
    // group is looked for every ten rounds, so it waits before that.
    let script = format!(
        "echo $$ > {}/cgroup.procs || exit 3; sleep 30 & other=$!; sleep 2; \
         (ulimit -v 300000; {{ sleep 1; head -c 100000000 /dev/zero; }} | tail -n 1 > small); sleep 1; kill $other; exit 0",
        group.0.display()
    );
    let args =
        ["run", "--headless", "--interval", "100ms", "--json-to", "run.jsonl", "--", "sh", "-c", &script];
    let _run = dir.cmd(&args).start();
    let told = || {
        let text = fs::read_to_string(dir.path("run.jsonl")).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let snapshots = whole.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let alerts = |snapshot: Value| snapshot["alerts"].as_array().cloned().unwrap_or_default();
        snapshots.flat_map(alerts).find(|alert| alert["condition"] == "oom_kill")
    };
    until("the kill is told", || told().is_some());
    let alert = told().unwrap();
    let headline = alert["headline"].as_str().unwrap();
    let words = "killed by SIGKILL, and the OOM counter of its cgroup rose by 1";
    assert!(headline.ends_with(words), "{headline}");
    assert!(alert["evidence"].to_string().contains("tail"), "{alert}");
}
