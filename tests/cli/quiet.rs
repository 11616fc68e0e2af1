//! Jobs that say nothing: how far they are shows in what they read.

use std::io::Write as _;
use std::process::Command;

use serde_json::Value;

use crate::util::Dir;

const MIB: u64 = 1 << 20;

/// The snapshots of a run of this job, oldest first; `None` where a program is missing that it needs.
fn watched(dir: &Dir, more: &[&str], command: &[&str]) -> Option<Vec<Value>> {
    if Command::new(command[0]).arg("--version").output().is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: there is no {}", command[0]);
        return None;
    }
    let args =
        [&["run", "--headless", "--interval", "100ms", "--json-to", "run.jsonl"], more, &["--"], command];
    let answer = dir.cmd(&args.concat()).run();
    assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
    let text = std::fs::read_to_string(dir.path("run.jsonl")).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A file of so many MiB that takes no room.
fn sparse(dir: &Dir, name: &str, mib: u64) {
    std::fs::File::create(dir.path(name)).unwrap().set_len(mib * MIB).unwrap();
}

/// What was done in bytes by this source, snapshot for snapshot, with the total.
fn read_by(snapshots: &[Value], source: &str) -> Vec<(u64, Option<u64>)> {
    let progress = snapshots.iter().map(|snapshot| &snapshot["jobs"][0]["progress"]);
    let ours = progress.filter(|progress| progress["source"] == source && progress["unit"] == "bytes");
    ours.map(|progress| (progress["done"].as_u64().unwrap(), progress["total"].as_u64())).collect()
}

const SLOW_READER: &str = "
import sys, time
f = open('rows.bin', 'rb', buffering=0)
while f.read(256 * 1024):
    time.sleep(0.025)
    if len(sys.argv) > 1:
        print('batch %d/100' % (f.tell() * 100 // (64 << 20)), flush=True)
";

#[test]
fn a_slow_reader_is_as_far_as_its_file() {
    let dir = Dir::new();
    sparse(&dir, "rows.bin", 64);
    let Some(all) = watched(&dir, &[], &["python3", "-c", SLOW_READER]) else { return };
    let read = read_by(&all, "reading rows.bin");
    assert!(read.len() >= 5, "{}", all.last().unwrap());
    assert!(read.iter().all(|&(done, total)| done <= 64 * MIB && total == Some(64 * MIB)), "{read:?}");
    assert!(read.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{read:?}");
    // It ends with its last read, which may come after the last look.
    assert!(read.last().is_some_and(|&(done, _)| done >= 40 * MIB), "{read:?}");
    let jobs = || all.iter().map(|snapshot| &snapshot["jobs"][0]);
    assert!(jobs().any(|job| job["progress"]["time_left"].as_f64().is_some_and(|left| left > 0.0)));
    assert!(jobs().any(|job| job["beat"]["last_source"] == "an offset in its input that rose"));
    let files: Vec<_> = jobs().filter_map(|job| job["intake"]["files"].as_array()).flatten().collect();
    assert!(files.iter().any(|file| file["path"].as_str().unwrap().ends_with("/rows.bin")), "{files:?}");
}

#[test]
fn a_counter_goes_before_a_file_unless_the_file_is_named() {
    let dir = Dir::new();
    sparse(&dir, "rows.bin", 64);
    let Some(all) = watched(&dir, &[], &["python3", "-c", SLOW_READER, "counts"]) else { return };
    assert_eq!(read_by(&all, "reading rows.bin"), []);
    let last = &all.last().unwrap()["jobs"][0];
    assert_eq!(
        (&last["progress"]["source"], &last["progress"]["done"]),
        (&"n/m in its output".into(), &100.into())
    );
    let named = &["--source", "input:rows.bin"];
    let all = watched(&dir, named, &["python3", "-c", SLOW_READER, "counts"]).unwrap();
    assert!(read_by(&all, "reading rows.bin").len() >= 5, "{}", all.last().unwrap());
}

#[test]
fn the_head_of_a_pipeline_tells_for_all_of_it() {
    let dir = Dir::new();
    sparse(&dir, "big", 8);
    let slow = "import sys, time\nwhile sys.stdin.buffer.raw.read(32768): time.sleep(0.025)";
    dir.write("slow.py", slow);
    let Some(all) = watched(&dir, &[], &["bash", "-c", "cat big | python3 slow.py"]) else { return };
    let read = read_by(&all, "reading big");
    assert!(read.len() >= 5 && read.iter().all(|&(_, total)| total == Some(8 * MIB)), "{read:?}");
}

#[test]
fn a_list_of_work_counts_and_the_script_that_works_it_off_does_not() {
    let dir = Dir::new();
    dir.write("list", "https://example.org/a\n".repeat(40));
    dir.write("job", "while read -r line; do sleep 0.15; done < list\n");
    let Some(all) = watched(&dir, &[], &["bash", "job"]) else { return };
    let read = read_by(&all, "reading list");
    assert!(read.len() >= 5 && read.iter().all(|&(_, total)| total == Some(880)), "{read:?}");
    let sources: std::collections::HashSet<_> =
        all.iter().filter_map(|snapshot| snapshot["jobs"][0]["progress"]["source"].as_str()).collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
}

#[test]
fn what_is_written_is_no_progress() {
    let dir = Dir::new();
    let script = "i=0; while [ $i -lt 50 ]; do echo row $i; i=$((i+1)); sleep 0.1; done > grown";
    let all = watched(&dir, &[], &["bash", "-c", script]).unwrap();
    assert!(all.iter().all(|snapshot| snapshot["jobs"][0]["progress"]["done"].is_null()));
    assert!(all.iter().all(|snapshot| snapshot["jobs"][0]["intake"].is_null()));
}

/// The queues of this kind, snapshot for snapshot, in bytes.
fn queues(snapshots: &[Value], kind: &str) -> Vec<u64> {
    let queues = snapshots.iter().filter_map(|snapshot| snapshot["jobs"][0]["intake"]["queues"].as_array());
    let ours = queues.flatten().filter(|queue| queue["kind"] == kind);
    ours.map(|queue| queue["bytes"].as_u64().unwrap()).collect()
}

const POOL: &str = "
import multiprocessing, time
def work(item):
    time.sleep(0.05)
    return len(item)
if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    with multiprocessing.Pool(3) as pool:
        for _ in pool.imap(work, ['x' * 100 + str(n) for n in range(500)]):
            pass
";

#[test]
fn the_tasks_of_a_pool_that_counts_nothing_wait_in_its_pipe() {
    let dir = Dir::new();
    let Some(all) = watched(&dir, &[], &["python3", "-c", POOL]) else { return };
    let waiting = queues(&all, "tasks");
    assert!(waiting.len() >= 5, "{}", all.last().unwrap());
    let most = waiting.iter().max().unwrap();
    assert!(*most > 2_000 && waiting.windows(2).filter(|pair| pair[0] > pair[1]).count() >= 5, "{waiting:?}");
    let jobs = || all.iter().map(|snapshot| &snapshot["jobs"][0]);
    assert!(jobs().any(|job| job["beat"]["last_source"] == "a pipe that drained"));
    assert!(jobs().any(|job| job["beat"]["sources"].to_string().contains("its task pipe")));
    assert!(jobs().all(|job| job["progress"]["in_flight"].is_null()), "bytes are no tasks");
}

#[test]
fn a_pipeline_shows_what_waits_in_it_and_still_ends() {
    let dir = Dir::new();
    // The reader leaves while the writer has more: it must be told by SIGPIPE, however often its pipe was looked into.
    dir.write(
        "slow.py",
        "import sys, time\nfor _ in range(50): sys.stdin.buffer.raw.read(512); time.sleep(0.1)",
    );
    let script = "yes | python3 slow.py; [ ${PIPESTATUS[0]} = 141 ]";
    let Some(all) = watched(&dir, &[], &["bash", "-c", script]) else { return };
    let waiting = queues(&all, "stream");
    assert!(waiting.len() >= 5 && waiting.iter().max() > Some(&4_096), "{waiting:?}");
    let between = all.iter().map(|snapshot| &snapshot["jobs"][0]["intake"]["queues"][0]["between"]);
    assert!(between.into_iter().any(|between| between == "yes to python3"));
}

const DEAF: &str = "
import socket, time
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
deaf, _ = server.accept()
client.sendall(b'x' * 5000)
time.sleep(9)
";

#[test]
fn what_came_over_the_network_and_nobody_reads_is_told() {
    let dir = Dir::new();
    let Some(all) = watched(&dir, &[], &["python3", "-c", DEAF]) else { return };
    assert_eq!(queues(&all, "received").last(), Some(&5_000), "{}", all.last().unwrap());
}
