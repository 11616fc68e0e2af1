//! Output: floods, lines without end, bars that go backwards, and a log file that grows faster than it is read.

use super::*;

#[test]
fn a_flood_of_output_reaches_the_log_in_part_and_holds_nobody_up() {
    let dir = Dir::new();
    let script = "
line, n = b'INFO loading rows of shard number seven, all is well\\n' * 1200, 0
while time.monotonic() < END:
    n += os.write(1, line)
os.write(1, b'row 5/9\\n')
said(n)
";
    let Some(seen) = dir.python(&["--log-cap", "4"], script) else { return };
    let last = seen.is_well("a flood of output");
    assert!(dir.sent() > 1 << 20);
    assert_eq!(
        last["jobs"][0]["progress"]["done"], 5,
        "the newest line is read: {}",
        last["jobs"][0]["progress"]
    );
    let runs = fs::read_dir(dir.path("state/telltale/runs")).unwrap();
    let folder = runs.flatten().next().unwrap().path();
    let size = |name: &str| fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    assert!(size("output.log") + size("output.log.1") <= 8 << 20);
}

#[test]
fn a_line_without_end_is_cut() {
    let dir = Dir::new();
    let script = "
piece, n = b'abcdefgh ' * 7000, 0
while time.monotonic() < END:
    n += os.write(1, piece)
os.write(1, b'\\n' + b'\\r' * 1000 + b'row 5/9\\n')
said(n)
";
    let Some(seen) = dir.python(&["--log-cap", "4"], script) else { return };
    let last = seen.is_well("a line without end");
    assert_eq!(last["jobs"][0]["progress"]["done"], 5);
    let longest = seen.raw.lines().map(str::len).max().unwrap();
    assert!(longest < 1 << 20, "a snapshot of {longest} bytes");
}

#[test]
fn bars_that_go_backwards_make_no_rate_that_cannot_be() {
    let dir = Dir::new();
    let script = "
n = 0
while time.monotonic() < END:
    n += 1
    at = 50 - n % 50 if n % 17 else 10**19
    os.write(2, b'\\r%3d%%|####      | %d/%d [00:01<-1:59, -3.00it/s]' % (at % 101, at, 40 + n % 3))
    time.sleep(0.005)
os.write(2, b'\\n')
";
    let Some(seen) = dir.python(&[], script) else { return };
    seen.is_well("bars that go backwards");
    for snapshot in &seen.snapshots {
        let progress = &snapshot["jobs"][0]["progress"];
        let (done, total) = (progress["done"].as_u64(), progress["total"].as_u64());
        assert!(total.is_none_or(|total| done <= Some(total)), "{progress}");
        assert!(
            progress["throughput"].as_f64().is_none_or(|rate| rate >= 0.0 && rate.is_finite()),
            "{progress}"
        );
        assert!(
            progress["time_left"].as_f64().is_none_or(|left| left >= 0.0 && left.is_finite()),
            "{progress}"
        );
    }
}

/// Attaches to a job whose log file somebody else fills as fast as he can.
fn attach_to_a_log(piece: &[u8], what: &str) -> (u64, Seen) {
    let dir = Dir::new();
    let log = File::create(dir.path("job.log")).unwrap();
    let mut job = Command::new("sleep");
    // Its standard error may be a file too, into which these tests print counts.
    job.arg("2.5").stdout(log.try_clone().unwrap()).stderr(Stdio::null()).process_group(0);
    let mut job = Ending(job.spawn().unwrap());
    let args = ["attach", &job.0.id().to_string(), "--headless", "--interval", "100ms", "--json-to", "lines"];
    let telltale = dir.telltale(&args);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (mut log, begun, mut written) = (&log, Instant::now(), 0);
            // In all no more than 400 MB, of which the disk has 64 at a time.
            while begun.elapsed() < Duration::from_millis(1_500) && written < 400_000_000 {
                log.write_all(piece).unwrap();
                written += piece.len() as u64;
                if written % (64 << 20) < piece.len() as u64 {
                    log.set_len(0).unwrap();
                    std::io::Seek::rewind(&mut log).unwrap();
                }
            }
            std::thread::sleep(Duration::from_millis(300));
            log.write_all(b"\nrow 5/9\n").unwrap();
            written
        });
        // The job has to be reaped, or else it stays as a zombie.
        scope.spawn(move || job.0.wait());
        let seen = dir.watch(telltale);
        (writer.join().unwrap(), seen)
    });
    written.1.is_well(what);
    written
}

#[test]
fn of_a_log_that_grows_too_fast_the_newest_is_read_and_the_rest_is_counted() {
    let (written, seen) = attach_to_a_log(&b"INFO all is well\n".repeat(60_000), "a flood in a log file");
    assert!(written > 1 << 20);
    assert!(
        seen.says("job.log grows faster than it is read: "),
        "{}",
        seen.snapshots.last().unwrap()["notices"]
    );
    assert_eq!(
        seen.snapshots.last().unwrap()["jobs"][0]["progress"]["done"],
        5,
        "{}",
        seen.snapshots.last().unwrap()["jobs"][0]["progress"]
    );
    let (_, seen) = attach_to_a_log(&b"abcdefgh ".repeat(100_000), "a log file that is one line");
    assert!(seen.says("job.log grows faster than it is read: "));
    assert_eq!(seen.snapshots.last().unwrap()["jobs"][0]["progress"]["done"], 5);
}
