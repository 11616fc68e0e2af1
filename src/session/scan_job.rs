#![expect(clippy::disallowed_methods, reason = "edge: owns the thread that drives a scan")]
//! A scan as a job: it runs beside the screen and publishes the same gauges as any other job.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::source::{RoundContext, Source};
use crate::model::clock::{self, Moment};
use crate::model::job::{JobId, JobKind, WorkerCounts};
use crate::model::member::{About, MemberId};
use crate::model::process::Exit;
use crate::model::reading::{CountersRead, JobIntro, JobReading, MemberReading};
use crate::model::text::Text;
use crate::scan::engine::{self, Options};
use crate::scan::finding::Finding;
use crate::scan::progress::{Progress, ProgressSnapshot, Skip};

/// Findings kept for the pane; what lies beyond is counted and told.
const FINDINGS_KEPT: usize = 10_000;

/// A running scan and what it has found.
#[derive(Debug)]
pub struct ScanJob {
    name: Text,
    started: Moment,
    progress: Progress,
    stop: AtomicBool,
    findings: Mutex<Vec<Finding>>,
    beyond: AtomicUsize,
    shown: AtomicUsize,
    ended: Mutex<Option<Vec<Text>>>,
}

impl ScanJob {
    /// Starts a scan of `roots` in a thread of its own, which starts its workers.
    pub fn start(roots: Vec<PathBuf>) -> io::Result<Arc<Self>> {
        let names: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
        let job = Arc::new(Self {
            name: Text::from(names.join(" ")),
            started: clock::now(),
            progress: Progress::default(),
            stop: AtomicBool::new(false),
            findings: Mutex::default(),
            beyond: AtomicUsize::new(0),
            shown: AtomicUsize::new(usize::MAX),
            ended: Mutex::default(),
        });
        let running = Arc::clone(&job);
        std::thread::Builder::new().name("scan".into()).stack_size(1 << 20).spawn(move || {
            let options = Options { roots, ..Options::default() };
            let report =
                engine::scan(&options, &running.progress, &running.stop, &|finding| running.keep(finding));
            let problems = report.problems.iter().map(|problem| Text::new(problem)).collect();
            *running.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(problems);
        })?;
        Ok(job)
    }

    /// Asks the scan to stop at the next file.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The findings so far, best first, when there are more than at the last call.
    pub fn news(&self) -> Option<Arc<Vec<Finding>>> {
        let findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shown.swap(findings.len(), Ordering::Relaxed) == findings.len() {
            return None;
        }
        let mut ranked = findings.clone();
        drop(findings);
        ranked.sort_by(Finding::rank);
        Some(Arc::new(ranked))
    }

    /// What was told last did not arrive: [`ScanJob::news`] tells it again.
    pub fn tell_again(&self) {
        self.shown.store(usize::MAX, Ordering::Relaxed);
    }

    fn keep(&self, finding: Finding) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        if findings.len() < FINDINGS_KEPT {
            findings.push(finding);
        } else {
            self.beyond.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The gauges of a scan.
pub struct ScanSource {
    id: JobId,
    intro: Arc<JobIntro>,
    about: Arc<About>,
    job: Arc<ScanJob>,
}

impl ScanSource {
    /// The source of a running scan's readings.
    pub fn new(job: Arc<ScanJob>, host: Text) -> Self {
        let intro =
            JobIntro { name: job.name.clone(), kind: JobKind::Scan, host, started: Some(job.started) };
        let about = About { name: Text::from("scan"), command: job.name.clone(), ..About::default() };
        Self { id: Text::from("scan"), intro: Arc::new(intro), about: Arc::new(about), job }
    }

    /// The scan itself, as its only member: the rates of what it reads are born of its counter.
    fn member(&self, now: &ProgressSnapshot, is_running: bool) -> MemberReading {
        MemberReading {
            id: MemberId::Named(Text::from("scan")),
            about: Arc::clone(&self.about),
            parent: None,
            state: None,
            cpu_ms: 0,
            rss: None,
            io: Some((now.bytes_done, 0)),
            threads: now.workers as u32,
            waits_for: None,
            busy: Some(is_running),
            exit: None,
        }
    }
}

impl Source for ScanSource {
    fn id(&self) -> &JobId {
        &self.id
    }

    fn read(&mut self, _: &RoundContext<'_>, problems: &mut Vec<Text>) -> JobReading {
        let ended = self.job.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.job.progress.snapshot();
        let mut reading = JobReading::empty(self.id.clone(), Arc::clone(&self.intro));
        let counters = CountersRead {
            done: Some(now.files_done),
            // The number of files is told only once the walk knows it.
            total: now.walk_complete.then_some(now.files_found),
            in_flight: Some(now.in_flight),
            failed: Some(now.skipped[Skip::Unreadable as usize]),
        };
        reading.counters = Some((counters, Text::from("its own count")));
        reading.beat_sources.push(Text::from("its own count"));
        let (alive, busy) = if ended.is_some() { (0, 0) } else { (now.workers as u32, now.busy as u32) };
        let idle = alive.saturating_sub(busy);
        reading.workers = Some(WorkerCounts { alive, busy, idle, ..WorkerCounts::default() });
        reading.members = Some(vec![self.member(&now, ended.is_none())]);
        if let Some(told) = ended {
            problems.extend(told.into_iter().take(3).map(|problem| Text::from(format!("scan: {problem}"))));
            reading.ended = Some(Exit::Code(0));
        }
        let beyond = self.job.beyond.load(Ordering::Relaxed);
        if beyond > 0 {
            problems.push(Text::from(format!(
                "scan: {beyond} findings beyond the first {FINDINGS_KEPT} are not listed here; `telltale scan` lists all"
            )));
        }
        reading
    }
}
