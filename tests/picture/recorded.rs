//! The picture: a recorded run of the demo and a scan of its planted folder, drawn by the widgets themselves.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telltales::config::limits::Limits;
use telltales::config::theme::Theme;
use telltales::demo::folder;
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
use telltales::scan::found::Found;
use telltales::scan::preview::preview;
use telltales::scan::progress::Progress;
use telltales::session::fold::fold;
use telltales::ui::draw::draw_into;
use telltales::ui::paint::picture;
use telltales::ui::state::{self, Event, UiState};
use telltales::ui::update::update;
use telltales::ui::view::View;

/// Where the picture lies in the repository.
pub(crate) const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/screen.svg");

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/series/demo-dies.jsonl");

const SIZE: (u16, u16) = (120, 36);

/// The secrets of the demo are made up from a seed; any would do.
const SEED: u64 = 7;

/// The picture as the widgets draw it now.
pub(crate) fn svg() -> String {
    let home = tempfile::tempdir().expect("a folder can be made");
    // Paths are shown as they were reached: from within the folder they are short, and the same everywhere.
    let planted = folder::plant(&home.path().join("demo"), SEED).expect("the demo's folder can be written");
    let before = std::env::current_dir().expect("there is a current folder");
    std::env::set_current_dir(planted.path()).expect("it was just made");
    let mut snapshot = recorded();
    let (findings, scan) = scanned(&snapshot);
    snapshot.jobs.push(scan);
    let around = preview(findings[0].best(), 12).expect("what was just found can be read");
    std::env::set_current_dir(before).expect("it was there before");

    let view = View::of(&snapshot, &findings, Some(&around));
    let mut state = UiState::new(&state::Options::default(), SIZE);
    update(&mut state, &view, &Event::Resumed);
    let area = Rect::new(0, 0, SIZE.0, SIZE.1);
    let mut buffer = Buffer::empty(area);
    draw_into(&mut buffer, area, &view, &state, &Theme::default());
    picture::svg(&buffer)
}

/// The last snapshot of the recording, with its past.
fn recorded() -> Snapshot {
    let file = std::fs::File::open(RECORDED).expect("the recording is in the repository");
    let snapshots = series::read(BufReader::new(file)).map(|snapshot| snapshot.expect("it was written so"));
    snapshots.last().expect("it is not empty")
}

/// A real scan of the current folder, and its job as the fold makes it of what the scan counted.
fn scanned(at: &Snapshot) -> (Vec<Arc<Found>>, Job) {
    let found = std::sync::Mutex::new(Vec::new());
    let progress = Progress::default();
    let options = Options { roots: vec![".".into()], ..Options::default() };
    let report = engine::scan(&options, &progress, &AtomicBool::new(false), &|finding| {
        found.lock().expect("nobody panicked").push(finding);
    });
    let mut findings: Vec<Finding> = found.into_inner().expect("nobody panicked");
    findings.sort_by(Finding::rank);
    let text = Text::from;
    let intro = JobIntro { name: text("."), kind: JobKind::Scan, host: text("db7"), started: None };
    let mut reading = JobReading::empty(text("scan"), Arc::new(intro));
    let files = Some(report.files);
    let counters =
        CountersRead { done: files, total: files, in_flight: Some(0), failed: Some(0), is_pair: true };
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
    let findings = findings.into_iter().map(|finding| Arc::new(finding.into())).collect();
    (findings, folded.jobs.remove(0))
}

/// What is in the repository.
pub(crate) fn committed() -> String {
    std::fs::read_to_string(Path::new(PICTURE)).unwrap_or_default()
}
