//! Synthetic snapshots: the same for tests, benches and pictures.
//!
//! Each scene is a job whose past is built by the same `Snapshot::extend` that the fold uses, second by second.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use telltales::model::alert::Alert;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::history::History;
use telltales::model::inquiry::Asked;
use telltales::model::intake::Intake;
use telltales::model::job::{
    Beat, Job, JobKind, Memory, MemoryBasis, MemoryLimit, Phase, Progress, WorkerCounts,
};
use telltales::model::log::{LogLine, LogTail};
use telltales::model::member::{About, Activity, Counters, IoRates, Member, MemberId, Role};
use telltales::model::metric::{Bytes, Unit};
use telltales::model::process::{Exit, ProcState};
use telltales::model::snapshot::{Host, Notice, OwnCost, Snapshot};
use telltales::model::text::Text;
use telltales::model::verdict::{Claim, Condition, Severity};
use telltales::scan::finding::{Finding, Level, Preview, PreviewLine, Source};
use telltales::scan::found::{Found, Tally};
use telltales::scan::judge::reasons::Reason;
use telltales::scan::map::{Amount, Growing};
use telltales::scan::origin::Origin;
use telltales::scan::progress::Skip;
use telltales::ui::view::View;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const MIB: u64 = 1024 * 1024;

/// When all jobs of the fixture began, in milliseconds since boot.
const BEGAN: u64 = 3_600_000;

/// When the job that ends has ended.
const ENDED: u64 = 2_472;

/// What there is to see.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) snapshot: Snapshot,
    pub(crate) findings: Vec<Arc<Found>>,
    pub(crate) tally: Option<Tally>,
    pub(crate) preview: Option<Preview>,
    pub(crate) asked: Option<Asked>,
}

impl Scene {
    pub(crate) fn view(&self) -> View<'_> {
        View {
            tally: self.tally.as_ref(),
            asked: self.asked.as_ref(),
            ..View::of(&self.snapshot, &self.findings, self.preview.as_ref())
        }
    }
}

/// All scenes by name.
pub(crate) const SCENES: [&str; 10] =
    ["healthy", "lost", "attached", "ended", "thousand", "scan", "still", "empty", "clean", "stopped"];

/// A scene `seconds` after its job began; the minutes before have left their past.
pub(crate) fn scene(name: &str, seconds: u64) -> Scene {
    let mut snapshot = Snapshot::empty(Duration::from_secs(1));
    let past = if name == "thousand" { 60 } else { 420 };
    for second in seconds.saturating_sub(past)..=seconds {
        snapshot = next(name, second, &snapshot);
    }
    let has_findings = matches!(name, "healthy" | "lost" | "scan" | "stopped");
    let findings = if has_findings { findings() } else { Vec::new() };
    let tally = matches!(name, "scan" | "clean" | "stopped")
        .then(|| Tally { is_stopped: name == "stopped", ..tally(&findings) });
    Scene { snapshot, preview: has_findings.then(|| preview(&findings[0])), findings, tally, asked: None }
}

/// The snapshot of a scene that follows another one.
pub(crate) fn next(name: &str, second: u64, before: &Snapshot) -> Snapshot {
    let mut next = at(name, second);
    next.extend(before);
    next
}

fn at(name: &str, second: u64) -> Snapshot {
    let now = Moment::from_millis(BEGAN + second * 1000);
    let mut snapshot = Snapshot::empty(Duration::from_secs(1));
    snapshot.seq = second;
    snapshot.at = now;
    snapshot.wall = WallTime(1_790_000_000_000 + second.cast_signed() * 1000);
    snapshot.own = OwnCost { cpu: 0.003, memory: Bytes(7 * MIB), late: Duration::ZERO, cpu_ms: second * 3 };
    snapshot.hosts = vec![Host {
        name: "db7".into(),
        cpus: 32,
        load: Some(14.2),
        memory_total: Bytes((62.0 * GIB) as u64),
        memory_available: Bytes((21.0 * GIB) as u64),
        gpus: Vec::new(),
    }];
    match name {
        "empty" => {}
        "scan" => snapshot.jobs = vec![scan_job(now, true)],
        "clean" => snapshot.jobs = vec![scan_job(now, false)],
        "stopped" => snapshot.jobs = vec![stopped_scan(now)],
        "thousand" => snapshot.jobs = vec![job(now, second, 1_000)],
        "still" => snapshot.jobs = vec![still(now)],
        "attached" => snapshot.jobs = vec![attached(now, second)],
        // Its last seconds are there, so that it has a past.
        "ended" if second < ENDED => snapshot.jobs = vec![job(now, second, 16)],
        "ended" => snapshot.jobs = vec![ended(now, second)],
        "lost" => {
            snapshot.jobs = vec![lost(now, second), scan_job(now, false)];
            snapshot.alerts = alerts(now, second);
            snapshot.notices = vec![Notice {
                text: "kernel log not readable: kills by the OOM killer are told from counters".into(),
                since: Moment::from_millis(BEGAN),
            }];
        }
        _ => snapshot.jobs = vec![job(now, second, 16), scan_job(now, true)],
    }
    snapshot
}

/// A wave around 1 that looks alive and is the same in every run.
fn wave(second: u64, period: u64) -> f64 {
    let phase = second as f64 / period as f64 * std::f64::consts::TAU;
    1.0 + 0.25 * phase.sin() + 0.12 * (phase * 3.7).sin()
}

fn job(now: Moment, second: u64, workers: u32) -> Job {
    let members = members(workers, second);
    let done = second * 4 + second / 7;
    let total = 14_400;
    let rate = 4.1 * wave(second, 70);
    let used = Bytes(((38.0 + (second as f64 / 60.0).sin() / 8.0) * GIB) as u64);
    Job {
        id: "job".into(),
        name: "etl-2026-11".into(),
        kind: JobKind::Launched,
        host: "db7".into(),
        started: Some(Moment::from_millis(BEGAN)),
        phase: Phase::Running,
        memory: Some(Memory {
            used,
            basis: MemoryBasis::RssSum,
            limit: Some(MemoryLimit {
                scope: "cgroup /batch.slice".into(),
                limit: Bytes((62.0 * GIB) as u64),
                used: used + Bytes(GIB as u64),
            }),
            forecast: None,
        }),
        pressure: None,
        oom: None,
        cpu: Some(12.4 * wave(second, 40)),
        io: Some(IoRates { read: 48.0e6 * wave(second, 31), written: 9.0e6 * wave(second, 90) }),
        workers: counts(&members),
        progress: Progress {
            peak: None,
            done: Some(done),
            total: Some(total),
            in_flight: Some(16 + second % 5),
            failed: Some(0),
            throughput: Some(rate),
            time_left: Some(Duration::from_secs(((total.saturating_sub(done)) as f64 / rate) as u64)),
            source: Some("tqdm".into()),
            unit: Unit::default(),
        },
        intake: Intake::default(),
        beat: Beat {
            sources: vec!["tqdm".into()],
            last: Some(Moment::from_millis(now.millis() - 300 - second % 3 * 100)),
            last_source: Some("tqdm".into()),
            watched_since: Some(Moment::from_millis(BEGAN)),
            usual_gap: Some(Duration::from_millis(420)),
            ..Beat::default()
        },
        members,
        log: log(now, second),
        restarts: Vec::new(),
        rooms: Vec::new(),
        gpu: None,
        signs: telltales::model::sign::Signs::default(),
        frozen: None,
        history: History::default(),
    }
}

fn log(now: Moment, second: u64) -> LogTail {
    let text = match second % 11 {
        3 => format!("INFO  shard {:05} written: 128 MiB, 1,048,576 rows", second / 11),
        7 => "WARN  row 18812: field `amount` is empty, taken as 0".to_owned(),
        _ => format!("{}%|██████▍   | {}/14400 [3.9it/s]", second * 4 / 144, second * 4),
    };
    let fresh = vec![LogLine { at: now, text: Text::new(&text) }];
    LogTail { seen: second, fresh, ..LogTail::default() }
}

fn members(workers: u32, second: u64) -> Vec<Member> {
    let mut members = vec![member(41_190, Role::Root, "python", "python tokenise.py --workers 16")];
    members[0].parent = Some(1);
    members[0].waits_for = Some("anon_pipe_read".into());
    members[0].memory = Some(Bytes(210 * MIB));
    for n in 0..workers {
        let mut worker = member(
            41_191 + n,
            Role::Worker,
            "python",
            "python -c from multiprocessing.spawn import spawn_main",
        );
        let is_busy = !(u64::from(n) + second / 3).is_multiple_of(5);
        worker.activity = if is_busy { Activity::Busy } else { Activity::Idle };
        worker.state = Some(if is_busy { ProcState::Running } else { ProcState::Sleeping });
        // Figures tremble as real ones do: what that costs on the wire is measured.
        let tremble = (u64::from(n) * 7 + second * 13) % 20;
        worker.cpu = Some(if is_busy { 0.84 + tremble as f64 / 100.0 } else { 0.0 });
        worker.waits_for = (!is_busy).then(|| "pipe_read".into());
        worker.memory = Some(Bytes((2_500 + u64::from(n) * 7 + tremble) * MIB));
        worker.io = Some(IoRates { read: 3.0e6, written: 0.5e6 });
        members.push(worker);
    }
    let mut tracker = member(41_189, Role::Helper, "resource_tracker", "python -c resource_tracker main(5)");
    tracker.memory = Some(Bytes(11 * MIB));
    members.push(tracker);
    members.sort_by(|a, b| a.id.cmp(&b.id));
    members
}

fn member(pid: u32, role: Role, name: &str, command: &str) -> Member {
    Member {
        pooled: false,
        id: MemberId::Process { pid, start: u64::from(pid) },
        about: Arc::new(About {
            family: 0,
            name: name.into(),
            command: command.into(),
            started: Some(Moment::from_millis(BEGAN)),
        }),
        parent: Some(41_190),
        role,
        state: Some(ProcState::Sleeping),
        activity: Activity::Idle,
        cpu: Some(0.0),
        memory: None,
        parts: None,
        growth: None,
        io: None,
        threads: 3,
        pool: None,
        waits_for: None,
        ended: None,
        counters: Counters::default(),
    }
}

/// One worker was killed 112 seconds ago, and everybody waits.
fn lost(now: Moment, second: u64) -> Job {
    let since = second.saturating_sub(LOST_FOR);
    let mut job = job(now, second, 16);
    if second < LOST_AT {
        return job;
    }
    let died = Moment::from_millis(BEGAN + LOST_AT * 1000);
    for member in &mut job.members {
        member.activity = Activity::Idle;
        member.state = Some(ProcState::Sleeping);
        member.cpu = Some(0.0);
        member.io = Some(IoRates::default());
        if member.role == Role::Worker {
            member.waits_for = Some("pool queue (empty)".into());
        }
        if member.id.pid() == Some(41_199) {
            member.activity = Activity::Lost(Exit::Signal(9));
            member.state = None;
            member.cpu = None;
            member.waits_for = None;
            member.ended = Some(died);
        }
    }
    job.workers = counts(&job.members);
    job.cpu = Some(0.0);
    job.io = Some(IoRates::default());
    job.progress = Progress {
        done: Some(9_216),
        in_flight: Some(1),
        throughput: Some(0.0),
        time_left: None,
        ..job.progress
    };
    job.beat.last = Some(died);
    job.log.fresh.clear();
    job.log.seen = since;
    job
}

const LOST_AT: u64 = 2_360;
const LOST_FOR: u64 = 112;

fn alerts(now: Moment, second: u64) -> Vec<Alert> {
    if second < LOST_AT {
        return Vec::new();
    }
    let died = Moment::from_millis(BEGAN + LOST_AT * 1000);
    let quiet = metric_span(now.since(died));
    let alert = |condition, severity, headline: &str, evidence: &[&str], since, ended| Alert {
        job: "job".into(),
        claim: Claim {
            condition,
            severity,
            subject: None,
            headline: headline.into(),
            evidence: evidence.iter().map(|line| Text::new(line)).collect(),
        },
        since,
        ended,
        claimed: None,
        told: None,
        diagnosis: None,
    };
    vec![
        alert(
            Condition::WorkerLost,
            Severity::Critical,
            "worker 41199 lost: killed by SIGKILL",
            &[
                "exit status 9 read from /proc/41199/stat; oom_kill of /batch.slice rose from 0 to 1",
                "15 workers sleep on an empty queue; nothing was finished since",
            ],
            died,
            None,
        ),
        alert(
            Condition::NoHeartbeat,
            Severity::Warning,
            "no beat",
            &[&format!("last beat {quiet} ago from tqdm, usually every 0.4s; limit 1m 00s")],
            died.plus(Duration::from_mins(1)),
            None,
        ),
        alert(
            Condition::MemoryAboveTarget,
            Severity::Warning,
            "memory above 80 % of its limit",
            &["50.1 GiB of 62.0 GiB in cgroup /batch.slice"],
            Moment::from_millis(BEGAN + 900_000),
            Some(Moment::from_millis(BEGAN + 1_020_000)),
        ),
    ]
}

fn metric_span(span: Duration) -> String {
    telltales::model::metric::span(span)
}

/// An attached job about which little can be known.
fn attached(now: Moment, second: u64) -> Job {
    let mut job = job(now, second, 4);
    job.kind = JobKind::Attached;
    job.name = "postgres: 日本 etl".into();
    job.progress = Progress::default();
    job.beat = Beat::default();
    job.log = LogTail::default();
    job.io = None;
    if let Some(memory) = &mut job.memory {
        memory.limit = None;
        memory.basis = MemoryBasis::OwnCgroup;
    }
    job
}

fn ended(now: Moment, second: u64) -> Job {
    let mut job = job(now, second, 16);
    job.phase = Phase::Ended { exit: Exit::Code(0), at: Moment::from_millis(BEGAN + ENDED * 1000) };
    for member in &mut job.members {
        member.activity = Activity::Finished(Exit::Code(0));
        member.state = None;
        member.cpu = None;
        member.memory = None;
        member.waits_for = None;
        member.ended = Some(now);
    }
    job.workers = counts(&job.members);
    job.progress.done = job.progress.total;
    job.progress.in_flight = Some(0);
    (job.memory, job.cpu, job.io) = (None, None, None);
    job.progress.time_left = Some(Duration::ZERO);
    job
}

/// A healthy job in which nothing moves but the clock.
fn still(now: Moment) -> Job {
    let mut job = job(now, 0, 16);
    job.log = LogTail::default();
    job.beat.last = Some(now);
    job.progress.done = Some(9_216);
    job
}

fn scan_job(now: Moment, is_running: bool) -> Job {
    let mut members: Vec<Member> = (0..2).map(|n| member(n, Role::Worker, "scan", "scan")).collect();
    for (n, member) in members.iter_mut().enumerate() {
        member.id = MemberId::Named(Text::new(&format!("scan-{n}")));
        member.activity = Activity::Busy;
        member.counters.io = Some((620 * MIB, 0));
    }
    let started = Moment::from_millis(now.millis() - 1_200);
    let exit = Phase::Ended { exit: Exit::Code(1), at: Moment::from_millis(now.millis() - 100) };
    Job {
        id: "scan".into(),
        name: "etl".into(),
        kind: JobKind::Scan,
        host: "db7".into(),
        started: Some(started),
        phase: if is_running { Phase::Running } else { exit },
        memory: None,
        pressure: None,
        oom: None,
        cpu: Some(1.9),
        io: Some(IoRates { read: 1.02e9, written: 0.0 }),
        workers: counts(&members),
        progress: Progress {
            done: Some(if is_running { 12_431 } else { 14_287 }),
            total: Some(14_287),
            in_flight: Some(2),
            time_left: Some(Duration::from_millis(200)),
            ..Progress::default()
        },
        intake: Intake::default(),
        beat: Beat::default(),
        members,
        log: LogTail::default(),
        restarts: Vec::new(),
        rooms: Vec::new(),
        gpu: None,
        signs: telltales::model::sign::Signs::default(),
        frozen: None,
        history: History::default(),
    }
}

/// The same scan, stopped by the user.
fn stopped_scan(now: Moment) -> Job {
    let mut job = scan_job(now, false);
    job.phase = Phase::Ended { exit: Exit::Code(3), at: now };
    job.progress.done = Some(6_143);
    job.progress.time_left = None;
    job
}

fn findings() -> Vec<Arc<Found>> {
    let rows: [(&str, u64, &str, f64, Level, f64, &str); 10] = [
        ("config/prod.env", 12, "aws-access-key", 0.99, Level::High, 3.68, "AKIA············7Q"),
        ("deploy/id_rsa", 1, "private-key", 0.97, Level::High, 5.92, "-----BEGIN RSA ····"),
        ("ci/notify.py", 88, "password-in-url", 0.93, Level::High, 3.9, "https://bot:····@chat"),
        (
            "services/billing/src/main/resources/application.yml",
            41,
            "stripe-secret",
            0.88,
            Level::High,
            4.6,
            "sk_live_····9f",
        ),
        ("tests/api_test.py", 203, "generic-token", 0.71, Level::Medium, 4.4, "tok_····b1"),
        ("notebooks/explore.ipynb", 1_204, "jwt", 0.64, Level::Medium, 5.5, "eyJh····Q"),
        ("docs/日本語/setup\u{1b}[31m.md", 7, "slack-webhook", 0.58, Level::Medium, 4.1, "https://hooks····"),
        ("web/src/config.ts", 19, "google-api-key", 0.52, Level::Medium, 4.7, "AIza····xk"),
        ("README.md", 55, "generic-password", 0.31, Level::Low, 2.9, "hunt····"),
        ("data/hashes.txt", 3, "entropy", 0.08, Level::Entropy, 5.8, "9b1c····e0"),
    ];
    let one =
        |(path, line, rule, score, level, entropy, redacted): (&str, u64, &str, f64, Level, f64, &str)| {
            Finding {
                line,
                column: 19,
                end_column: 39,
                rule: Arc::from(rule),
                score,
                level,
                entropy,
                entropy_ceiling: 5.17_f64.max(entropy),
                fingerprint: format!("{rule}:{path}"),
                secret_id: format!("s{line}"),
                redacted: redacted.to_owned(),
                excerpt: redacted.to_owned(),
                ..Finding::of(&Origin::new(Path::new(path), Source::File))
            }
        };
    let elsewhere = |found: Found, (path, line): (&str, u64)| {
        let place = Finding { path: PathBuf::from(path), line, ..(**found.best()).clone() };
        found.with([Arc::new(place)])
    };
    let mut found: Vec<Finding> = rows.into_iter().map(one).collect();
    let reason = |(words, weight): (&str, f64)| Reason { words: words.to_owned(), weight };
    let reasons = [
        ("key name \"AWS_ACCESS_KEY_ID\"", 2.4),
        ("bigram", 1.3),
        ("AWS access key", 0.9),
        ("path of tests", -0.4),
    ];
    found[0].reasons = reasons.map(reason).into();
    let mut found: Vec<Found> = found.into_iter().map(Found::from).collect();
    let places = [("zz/old/prod.env", 3), ("zz/old/prod.env", 12), ("zz/ci.env", 7)];
    found[0] = places.into_iter().fold(found[0].clone(), elsewhere);
    found.into_iter().map(Arc::new).collect()
}

/// What the scan of the fixture tells beside its findings.
fn tally(findings: &[Arc<Found>]) -> Tally {
    let mut levels = [0; 4];
    for found in findings {
        levels[found.level as usize] += 1;
    }
    let mut map = Growing::default();
    let amount = |files, bytes, packed, tokens| Amount { files, bytes, packed, tokens };
    for (folder, amount) in [
        ("srv/etl", amount(12, 48_000, 0, 0)),
        ("srv/etl/src", amount(310, 2 * MIB, 0, 1_200)),
        ("srv/etl/data/日本", amount(90, 700 * MIB, 610 * MIB, 0)),
        ("srv/etl/web/dist", amount(41, 19 * MIB, 4 * MIB, 90_000)),
        ("srv/etl/docs", amount(120, MIB, 0, 0)),
    ] {
        map.add(std::path::Path::new(folder), &amount);
    }
    map.add_file(std::path::Path::new("srv/etl/data/日本"), b"dump.zst", &amount(1, 590 * MIB, 590 * MIB, 0));
    let skipped = Skip::ALL.map(|reason| match reason {
        Skip::Ignored => 118,
        Skip::Symlink => 4,
        Skip::Special | Skip::Git => 1,
        _ => 0,
    });
    Tally { levels, accepted: 3, skipped, binary: 37, map: Arc::new(map.map().clone()), ..Tally::default() }
}

/// So many findings in the order of their rank, each in a place of its own.
pub(crate) fn many_findings(count: usize) -> Vec<Arc<Found>> {
    let few = findings();
    let mut many: Vec<Finding> = (0..count)
        .map(|n| {
            let mut finding: Finding = Finding::clone(&few[n % few.len()]);
            finding.path =
                PathBuf::from(format!("dir{}/sub{}/{}", n % 37, n % 1_009, finding.path.display()));
            finding.line = n as u64;
            finding.fingerprint = format!("{}:{n}", finding.fingerprint);
            // A secret has one row, so that each has a secret of its own.
            finding.secret_id = format!("{}{n:x}", finding.secret_id);
            finding
        })
        .collect();
    many.sort_by(Finding::rank);
    many.into_iter().map(|finding| Arc::new(Found::from(finding))).collect()
}

fn preview(finding: &Finding) -> Preview {
    let line =
        |number, text: &str, hit, surprise| PreviewLine { number, text: text.to_owned(), hit, surprise };
    Preview {
        path: finding.path.clone(),
        why: vec![
            "aws-access-key: AWS access key".to_owned(),
            "its entropy is 0.31 bits below that of random text of this length".to_owned(),
        ],
        lines: vec![
            line(9, "# written by deploy.sh", false, 0.05),
            line(10, "REGION=eu-west-1", false, 0.2),
            line(11, "BUCKET=etl-raw-events", false, 0.42),
            line(12, "AWS_ACCESS_KEY_ID=AKIA············7Q", true, 0.97),
            line(13, "AWS_SECRET_ACCESS_KEY=wJal··············Kx", false, 0.93),
            line(14, "LOG_LEVEL=info", false, 0.1),
        ],
    }
}

/// The workers of a fixture, the ended ones too.
fn counts(members: &[Member]) -> WorkerCounts {
    let ended = |wanted: fn(Activity) -> bool| {
        let of_kind = |member: &&Member| member.role == Role::Worker && wanted(member.activity);
        members.iter().filter(of_kind).count() as u32
    };
    WorkerCounts {
        lost: ended(|activity| matches!(activity, Activity::Lost(_))),
        finished: ended(|activity| matches!(activity, Activity::Finished(_))),
        ..WorkerCounts::alive_among(members)
    }
}
