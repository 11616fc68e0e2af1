#![expect(clippy::disallowed_methods, reason = "starts the processes it measures")]
//! Watching: one tick of a tree of 2,000 processes, one fold of 2,000 members, and 10,000 lines of a log.
//!
//! The tick is real: sleepers are started outside the timer and read through `/proc`.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::feed::bars;
use telltales::feed::pattern::Pattern;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::job::JobKind;
use telltales::model::member::{About, MemberId};
use telltales::model::metric::Bytes;
use telltales::model::process::ProcState;
use telltales::model::reading::{JobIntro, JobReading, MemberReading, Paging, Readings};
use telltales::model::snapshot::Snapshot;
use telltales::model::text::Text;
use telltales::proc::read::lift_descriptor_limit;
use telltales::proc::tree::TreeReader;
use telltales::session::fold::fold;

const PROCESSES: usize = 2_000;

fn main() {
    divan::main();
}

/// Sleepers that are children of this process, and end with it.
struct Sleepers(Vec<Child>);

impl Sleepers {
    fn start(n: usize) -> Self {
        let sleeper = |_| {
            let command = Command::new("sleep").arg("300").stdin(Stdio::null()).spawn();
            command.expect("2,000 small processes can be started")
        };
        Self((0..n).map(sleeper).collect())
    }
}

impl Drop for Sleepers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[divan::bench(sample_count = 30, sample_size = 1)]
fn tick_of_2000_processes(bencher: divan::Bencher<'_, '_>) {
    let descriptors = lift_descriptor_limit();
    let _sleepers = Sleepers::start(PROCESSES);
    let mut tree = TreeReader::new(std::process::id(), Vec::new(), descriptors).expect("we exist");
    assert!(tree.read().members.len() > PROCESSES);
    bencher.bench_local(|| tree.read());
}

fn readings(round: u64) -> Readings {
    let about = Arc::new(About { name: Text::from("worker"), family: 1, ..About::default() });
    let member = |pid: u32| MemberReading {
        id: MemberId::Process { pid, start: u64::from(pid) },
        about: Arc::clone(&about),
        parent: Some(if pid == 1_000 { 1 } else { 1_000 }),
        state: Some(ProcState::Sleeping),
        cpu_ms: round * 10 * u64::from(pid % 7),
        rss: Some(Bytes(u64::from(pid) << 12)),
        paging: Paging::default(),
        io: Some((round << 16, round << 12)),
        threads: 1,
        waits_for: None,
        busy: None,
        exit: None,
    };
    let intro = JobIntro {
        name: Text::from("bench"),
        kind: JobKind::Attached,
        host: Text::from("here"),
        started: None,
    };
    let mut job = JobReading::empty(Text::from("bench"), Arc::new(intro));
    job.members = Some((1_000..1_000 + PROCESSES as u32).map(member).collect());
    Readings {
        at: Moment::from_millis(round * 1_000),
        wall: WallTime(0),
        hosts: Vec::new(),
        jobs: vec![job],
        own: (0, Bytes(0)),
        late: Duration::ZERO,
        slept: Duration::ZERO,
        problems: Vec::new(),
    }
}

#[divan::bench]
fn fold_of_2000_members(bencher: divan::Bencher<'_, '_>) {
    let limits = Limits::default();
    let at = |round: u64| Moment::from_millis(round * 1_000);
    let (first, _) = fold(&Snapshot::empty(Duration::from_secs(1)), readings(1), &limits, at(1));
    bencher.with_inputs(|| readings(2)).bench_values(|readings| fold(&first, readings, &limits, at(2)));
}

/// Lines as services and batch jobs log them: none of them tells of progress.
const LOG_LINES: [&str; 8] = [
    "2026-11-21 10:00:00,123 INFO  [main] com.example.Loader - read 4096 bytes from /data/in/part-00012.parquet",
    "10.0.0.17 - - [21/Nov/2026:10:00:00 +0000] \"GET /api/v1/items?page=3 HTTP/1.1\" 200 5124 \"-\" \"curl/8.5.0\"",
    "level=info ts=2026-11-21T10:00:00.123Z caller=worker.go:117 msg=\"flushed\" took=12.4ms queue=orders",
    "{\"level\":\"info\",\"ts\":1795179102.38,\"msg\":\"request served\",\"path\":\"/v1/items\",\"status\":200,\"ms\":12.5}",
    "WARN  retrying connection to db7:5432 in 2.5 s (attempt 3)",
    "  File \"/opt/venv/lib/python3.11/site-packages/joblib/parallel.py\", line 1704, in _get_outputs",
    "DEBUG cache: 45% of 512 MiB used, evicted 12 entries [shard 3]",
    "Loading the model, this may take a while",
];

#[divan::bench(sample_count = 50)]
fn progress_in_10000_ordinary_lines(bencher: divan::Bencher<'_, '_>) {
    bencher
        .counter(divan::counter::ItemsCount::new(10_000_usize))
        .bench(|| LOG_LINES.iter().cycle().take(10_000).filter(|line| bars::parse(line).is_some()).count());
}

#[divan::bench(sample_count = 50)]
fn guesses_in_10000_ordinary_lines(bencher: divan::Bencher<'_, '_>) {
    let counts = Pattern::counts();
    bencher
        .counter(divan::counter::ItemsCount::new(10_000_usize))
        .bench(|| LOG_LINES.iter().cycle().take(10_000).filter(|line| !counts.read(line).is_empty()).count());
}
