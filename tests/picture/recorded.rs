//! A recorded run of the demo, and a scan of its planted folder: what most of the pictures show.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::demo::folder::{self, Planted};
use telltales::history::series;
use telltales::model::job::{Job, JobKind};
use telltales::model::member::{About, MemberId};
use telltales::model::metric::Bytes;
use telltales::model::process::Exit;
use telltales::model::reading::{CountersRead, JobIntro, JobReading, MemberReading, Paging, Readings};
use telltales::model::snapshot::Snapshot;
use telltales::model::text::Text;
use telltales::scan::engine::{self, Options};
use telltales::scan::finding::Finding;
use telltales::scan::found::{Found, Tally};
use telltales::scan::progress::Progress;
use telltales::session::fold::fold;

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/series/demo-dies.jsonl");

/// The folder's name, as the pane shows it.
const FOLDER: &str = "demo";

/// The secrets of the demo are made up from a seed; any would do.
const SEED: u64 = 7;

/// Plants the demo's project below `home`.
pub(crate) fn planted(home: &Path) -> Planted {
    folder::plant(&home.join(FOLDER), SEED).expect("the demo's folder can be written")
}

/// The end of the recorded run beside a scan of the current folder.
pub(crate) fn run_and_scan() -> (Snapshot, Vec<Arc<Found>>, Tally) {
    let mut snapshot = recorded();
    let (findings, tally, scan) = scanned(&snapshot);
    snapshot.jobs.push(scan);
    (snapshot, findings, tally)
}

/// The last snapshot of the recording, with its past.
fn recorded() -> Snapshot {
    let file = std::fs::File::open(RECORDED).expect("the recording is in the repository");
    let snapshots = series::read(BufReader::new(file)).map(|snapshot| snapshot.expect("it was written so"));
    snapshots.last().expect("it is not empty")
}

/// A real scan of the current folder: what it found and counted, and its job as the fold makes it of that.
fn scanned(at: &Snapshot) -> (Vec<Arc<Found>>, Tally, Job) {
    let found = std::sync::Mutex::new(Vec::new());
    let progress = Progress::default();
    let options = Options { roots: vec![".".into()], ..Options::default() };
    let report = engine::scan(&options, &progress, &AtomicBool::new(false), &|finding| {
        found.lock().expect("nobody panicked").push(finding);
    });
    let mut findings: Vec<Finding> = found.into_inner().expect("nobody panicked");
    findings.sort_by(Finding::rank);
    let text = Text::from;
    let intro = JobIntro { name: text(FOLDER), kind: JobKind::Scan, host: text("db7"), started: None };
    let mut reading = JobReading::empty(text("scan"), Arc::new(intro));
    let files = Some(report.files);
    let counters = CountersRead {
        done: files,
        total: files,
        in_flight: Some(0),
        failed: Some(0),
        is_pair: true,
        ..CountersRead::default()
    };
    reading.counters = Some((counters, text("its own count")));
    reading.members = Some(vec![MemberReading {
        id: MemberId::Named(text("scan")),
        about: Arc::new(About::default()),
        parent: None,
        state: None,
        cpu_ms: 0,
        rss: None,
        paging: Paging::default(),
        io: Some((report.bytes, 0)),
        threads: 1,
        waits_for: None,
        busy: Some(false),
        exit: None,
    }]);
    reading.ended = Some(Exit::Code(0));
    let readings = Readings {
        at: at.at,
        wall: at.wall,
        hosts: Vec::new(),
        jobs: vec![reading],
        own: (0, Bytes(0)),
        late: Duration::ZERO,
        slept: Duration::ZERO,
        problems: Vec::new(),
    };
    let (mut folded, _) = fold(&Snapshot::empty(at.interval), readings, &Limits::default(), at.at);
    let counted = progress.snapshot();
    let tally = Tally {
        levels: report.findings.map(|count| count as usize),
        skipped: counted.skipped,
        binary: counted.binary,
        map: Arc::new(progress.map()),
        ..Tally::default()
    };
    let findings = findings.into_iter().map(|finding| Arc::new(finding.into())).collect();
    (findings, tally, folded.jobs.remove(0))
}
