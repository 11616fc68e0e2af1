//! Jobs that wear out what they run on: they are started for real, and what is told of them is read.

use serde_json::Value;

use crate::util::{Answer, Dir, Running};

/// Watches a shell to its end, which must come by itself; gives its alerts in words.
fn watched(script: &str) -> Answer {
    let dir = Dir::new();
    let job = Running::shell(script);
    let answer = dir.cmd(&["attach", &job.pid().to_string(), "--headless", "--interval", "100ms"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let last: Value = serde_json::from_str(answer.out.lines().last().unwrap()).unwrap();
    assert!(last["jobs"][0]["phase"]["ended"].is_object(), "{last}");
    answer
}

/// A loop that starts a worker again and again, and the worker's last command.
fn restarted(end: &str) -> Answer {
    watched(&format!("for n in 1 2 3 4 5 6; do sh -c 'sleep 0.4; {end}'; done; sleep 0.5"))
}

#[test]
fn a_worker_that_crashes_again_and_again_is_a_restart_loop() {
    let crashes = restarted("kill -SEGV $$");
    assert!(crashes.err.contains("restart loop: sh ended badly 3 times"), "{}", crashes.err);
    assert!(crashes.err.contains("killed by SIGSEGV after"), "{}", crashes.err);
    assert_eq!(crashes.err.matches("warning: restart loop").count(), 1, "{}", crashes.err);
    let fails = restarted("exit 3");
    assert!(fails.err.contains("restart loop: sh ended badly 5 times"), "{}", fails.err);
    let works = restarted("exit 0");
    assert!(!works.err.contains("restart loop"), "{}", works.err);
}

#[test]
fn a_process_without_descriptors_left_is_told() {
    // The sleep is started before: without descriptors nothing could be.
    let leaks = watched("ulimit -S -n 10; sleep 2 & exec 3>&2 4>&2 5>&2 6>&2 7>&2 8>&2 9>&2; wait");
    assert!(leaks.err.contains("of its descriptors used"), "{}", leaks.err);
    assert!(leaks.err.contains("of 10 used, limit: process"), "{}", leaks.err);
    let calm = watched("ulimit -S -n 64; sleep 1; :");
    assert!(!calm.err.contains("descriptors"), "{}", calm.err);
}

#[test]
fn a_disk_that_is_full_is_told() {
    // A small disk of one's own needs a namespace, which not every machine gives.
    let script = "mount -t tmpfs -o size=4m tmpfs /mnt && cd /mnt && sleep 3 && \
        head -c 4000k /dev/zero > big && sleep 5; :";
    let can =
        Running::shell("unshare -m mount -t tmpfs -o size=4m tmpfs /mnt").0.wait().is_ok_and(|s| s.success());
    if !can {
        return;
    }
    let full = watched(&format!("exec unshare -m sh -c '{script}'"));
    assert!(full.err.contains("disk space: "), "{}", full.err);
    assert!(full.err.contains("of 4.00 MiB used, limit: its folder /mnt"), "{}", full.err);
    assert_eq!(full.err.matches("critical: disk space: ").count(), 1, "{}", full.err);
}

/// A shell with so many children besides itself, of a user of its own who may have ten tasks.
fn ten_tasks(children: u32) -> String {
    let script = format!("n=0; while [ $n -lt {children} ]; do sleep 3 & n=$((n+1)); done; wait");
    format!("exec prlimit --nproc=10 setpriv --reuid=61184 --regid=61184 --clear-groups sh -c '{script}'")
}

#[test]
fn a_job_that_uses_up_the_tasks_of_its_user_is_told() {
    // Becoming another user needs to be root, whom that limit does not bind.
    let can =
        Running::shell("prlimit --nproc=10 setpriv --reuid=61184 --regid=61184 --clear-groups true").0.wait();
    if !can.is_ok_and(|status| status.success()) {
        return;
    }
    let many = watched(&ten_tasks(8));
    assert!(many.err.contains("user 61184 (ulimit -u of process "), "{}", many.err);
    assert!(many.err.contains("at most 1 more processes or threads can be had"), "{}", many.err);
    assert!(many.err.contains("others not counted, 9 of 10 used"), "{}", many.err);
    let few = watched(&ten_tasks(4));
    assert!(!few.err.contains("can be had"), "{}", few.err);
    let unbound =
        watched("exec prlimit --nproc=10 sh -c 'for n in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'");
    assert!(!unbound.err.contains("ulimit -u"), "{}", unbound.err);
}
