#![expect(clippy::disallowed_methods, reason = "starts the processes it measures")]
//! Watching: one tick of a tree of 2,000 processes, and one fold of 2,000 members.
//!
//! The tick is real: sleepers are started outside the timer and read through `/proc`.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::job::JobKind;
use telltales::model::member::{About, MemberId};
use telltales::model::metric::Bytes;
use telltales::model::process::ProcState;
use telltales::model::reading::{JobIntro, JobReading, MemberReading, Readings};
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
