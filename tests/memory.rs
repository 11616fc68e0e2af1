#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test binary that starts a pool of processes"
)]
//! The memory of a real pool whose workers share most of it, against what the kernel says of all of them at once.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::job::{JobKind, Memory, MemoryBasis};
use telltales::model::metric::Bytes;
use telltales::model::reading::{JobIntro, JobReading, Readings};
use telltales::model::snapshot::Snapshot;
use telltales::model::text::Text;
use telltales::proc::pss::Budget;
use telltales::proc::shares::ShareReader;
use telltales::proc::tree::TreeReader;
use telltales::session::fold::fold;

/// A parent with 256 MiB and eight children that it forks when it is told to. Told again, each child writes to 8 MiB of
/// what it shares. All of them end when the test does, and after a minute in any case.
const POOL: &str = r#"
import ctypes, os, signal, sys
shared = bytearray(os.urandom(4096)) * (256 << 8)
signal.alarm(60)
def say(): sys.stdout.write("."); sys.stdout.write("\n"); sys.stdout.flush()
say()
sys.stdin.buffer.raw.read(1)
pipes = []
for _ in range(8):
    (wait, go), (done, ready) = os.pipe(), os.pipe()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 9)
        signal.alarm(60)
        os.write(ready, b".")
        os.read(wait, 1)
        for page in range(0, 8 << 20, 4096): shared[page] ^= 1
        os.write(ready, b".")
        signal.pause()
    pipes.append((go, done))
def all_said(): [os.read(done, 1) for _, done in pipes]
all_said(); say()
sys.stdin.buffer.raw.read(1)
for go, _ in pipes: os.write(go, b".")
all_said(); say()
signal.pause()
"#;

struct Pool {
    child: Child,
    says: BufReader<std::process::ChildStdout>,
}

impl Pool {
    /// `None` without a Python; it has no import that could be missing.
    fn start() -> Option<Self> {
        let mut command = Command::new("python3");
        command.args(["-S", "-E", "-c", POOL]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let says = BufReader::new(child.stdout.take()?);
        let mut pool = Self { child, says };
        pool.said().then_some(pool)
    }

    fn said(&mut self) -> bool {
        let mut line = String::new();
        self.says.read_line(&mut line).is_ok_and(|read| read > 0)
    }

    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b".").unwrap();
        assert!(self.said());
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Its children die with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Watches as the sampler does, one round a second, by a clock of its own.
struct Watch {
    tree: TreeReader,
    shares: ShareReader,
    budget: RefCell<Budget>,
    snapshot: Snapshot,
    second: u64,
}

impl Watch {
    fn of(pid: u32) -> Self {
        Self {
            tree: TreeReader::new(pid, Vec::new(), 1_000).unwrap(),
            shares: ShareReader::default(),
            budget: RefCell::default(),
            snapshot: Snapshot::empty(Duration::from_secs(1)),
            second: 100,
        }
    }

    fn round(&mut self) -> Memory {
        self.second += 1;
        let at = Moment::from_millis(self.second * 1_000);
        let budget = self.budget.get_mut();
        budget.refill(at, 1);
        let mut members = self.tree.read().members;
        // No pressure: a test machine that is busy must not change what is measured.
        self.shares.read(&mut members, at, None, false, budget);
        let text = Text::from;
        let intro =
            JobIntro { name: text("pool"), kind: JobKind::Attached, host: text("here"), started: None };
        let mut job = JobReading::empty(text("pool"), Arc::new(intro));
        job.members = Some(members);
        let readings = Readings {
            at,
            wall: WallTime(0),
            hosts: Vec::new(),
            jobs: vec![job],
            own: (0, Bytes(0)),
            late: Duration::ZERO,
            slept: Duration::ZERO,
            problems: Vec::new(),
        };
        (self.snapshot, _) = fold(&self.snapshot, readings, &Limits::default(), at);
        self.snapshot.jobs[0].memory.clone().unwrap()
    }

    /// The sum that the kernel tells when all are read at once.
    fn truth(&self) -> f64 {
        let pss = |pid: u32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
            line.trim().strip_suffix(" kB").unwrap().parse::<f64>().unwrap() * 1_024.0
        };
        self.tree.pids().into_iter().map(pss).sum()
    }

    fn resident(&self) -> f64 {
        self.snapshot.jobs[0].members.iter().filter_map(|member| member.memory).sum::<Bytes>().0 as f64
    }
}

#[track_caller]
fn assert_near(told: &Memory, truth: f64, share: f64, what: &str) {
    let ratio = told.used.0 as f64 / truth;
    assert!(
        (ratio - 1.0).abs() <= share,
        "{what}: told {told:?}, true {:.1} MiB",
        truth / f64::from(1 << 20)
    );
}

#[test]
fn the_memory_of_a_forked_pool_is_told_within_three_percent() {
    if std::fs::read_to_string("/proc/self/smaps_rollup").is_err() {
        println!("skipped: this kernel tells no shares");
        return;
    }
    let Some(mut pool) = Pool::start() else {
        println!("skipped: there is no python3");
        return;
    };
    let mut watch = Watch::of(pool.child.id());
    let told = watch.round();
    assert_near(&told, watch.truth(), 0.03, "the parent alone");
    assert_eq!(told.basis, MemoryBasis::Pss { estimated: 0, of: 1 });

    pool.go_on();
    let told = watch.round();
    assert!(watch.resident() > 8.0 * 256.0 * f64::from(1 << 20), "the sum of resident sizes is far off");
    assert_near(&told, watch.truth(), 0.15, "just forked: in part estimated");
    for _ in 0..20 {
        watch.round();
    }
    let told = watch.round();
    assert_near(&told, watch.truth(), 0.03, "forked");
    assert_eq!(told.basis, MemoryBasis::Pss { estimated: 0, of: 9 });

    // Resident sizes stay as they are when a child gets pages of its own.
    let before = watch.resident();
    pool.go_on();
    for _ in 0..30 {
        watch.round();
    }
    let told = watch.round();
    assert!((watch.resident() / before - 1.0).abs() < 0.02);
    assert_near(&told, watch.truth(), 0.03, "written to");
}
