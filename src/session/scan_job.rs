#![expect(clippy::disallowed_methods, reason = "edge: owns the thread that drives a scan")]
//! A scan as a job: it runs beside the screen and publishes the same gauges as any other job.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::scan_list::{List, Rows};
use super::source::{RoundContext, Source};
use crate::model::clock::{self, Moment};
use crate::model::job::{JobId, JobKind, WorkerCounts};
use crate::model::member::{About, MemberId};
use crate::model::metric::Unit;
use crate::model::process::Exit;
use crate::model::reading::{CountersRead, JobIntro, JobReading, MemberReading, Paging};
use crate::model::text::{Text, escape_path};
use crate::scan::baseline::{Entry, Verdict};
use crate::scan::baseline_file::Choice;
use crate::scan::engine::{self, Options, Place};
use crate::scan::finding::Preview;
use crate::scan::finding::{Finding, Level};
use crate::scan::found::{Found, Tally};
use crate::scan::history::brought::{self, Brought};
use crate::scan::known::{Known, Written};
use crate::scan::map::Map;
use crate::scan::policy::desk::Policy;
use crate::scan::policy::files;
use crate::scan::preview::preview;
use crate::scan::progress::{Progress, ProgressSnapshot, Report, Skip};
use crate::scan::secret::{self, Secret};

/// What to scan, and how.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Paths, and what to leave out.
    pub options: Options,
    /// The baseline that is heeded, and written to.
    pub baseline: Choice,
    /// Which files of other tools are heeded.
    pub heeded: files::Choice,
}

impl Plan {
    /// A scan of these paths as it is done without options.
    pub fn of(roots: Vec<PathBuf>) -> Self {
        Self { options: Options { roots, ..Options::default() }, ..Self::default() }
    }
}

/// How a scan ended.
#[derive(Debug, Clone)]
struct Ended {
    exit: Exit,
    problems: Vec<Text>,
    is_stopped: bool,
}

/// Decisions that can be taken back one by one.
const TAKEN_BACK: usize = 1_000;
/// Stale exceptions that are kept in words.
const STALE: usize = 200;

/// The places of a secret as they were before something was said of it, and what that wrote.
type Decision = (Vec<Arc<Finding>>, Vec<Written>);

/// A running scan and what it has found.
#[derive(Debug)]
pub struct ScanJob {
    name: Text,
    started: Moment,
    progress: Progress,
    /// The size of the one file that is all there is to read: how far it is read says more than how many files are.
    whole: Option<u64>,
    stop: AtomicBool,
    list: Mutex<List>,
    known: OnceLock<Arc<Known>>,
    policy: OnceLock<Arc<Policy>>,
    /// What was said of secrets since its start, the newest last.
    decided: Mutex<Vec<Decision>>,
    /// Exceptions that met nothing any more.
    stale: OnceLock<Arc<Vec<Text>>>,
    told: Mutex<Option<Arc<Tally>>>,
    ended: Mutex<Option<Ended>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What people call these paths: the real names of folders, for `.` tells nothing.
fn name(roots: &[PathBuf]) -> Text {
    let real = |root: &PathBuf| {
        let whole = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let whole = std::fs::canonicalize(whole).unwrap_or_else(|_| whole.to_owned());
        whole.file_name().map_or_else(|| escape_path(&whole), |name| escape_path(Path::new(name)))
    };
    Text::from(roots.iter().map(real).collect::<Vec<_>>().join(", "))
}

/// The size of the one file that is scanned, and of nothing else.
fn size_of_one(options: &Options) -> Option<u64> {
    let [root] = &options.roots[..] else { return None };
    let is_whole = options.place == Place::Tree && options.max_filesize.is_none();
    let found = std::fs::metadata(root).ok().filter(|found| is_whole && found.is_file())?;
    Some(found.len()).filter(|&size| size > 0)
}

impl ScanJob {
    /// Starts a scan in a thread of its own, which starts its workers.
    pub fn start(plan: Plan) -> io::Result<Arc<Self>> {
        let job = Arc::new(Self {
            name: name(&plan.options.roots),
            started: clock::now(),
            progress: Progress::default(),
            whole: size_of_one(&plan.options),
            stop: AtomicBool::new(false),
            list: Mutex::default(),
            known: OnceLock::new(),
            policy: OnceLock::new(),
            decided: Mutex::default(),
            stale: OnceLock::new(),
            told: Mutex::default(),
            ended: Mutex::default(),
        });
        let running = Arc::clone(&job);
        std::thread::Builder::new().name("scan".into()).stack_size(1 << 20).spawn(move || {
            let ended = running.run(plan);
            *lock(&running.ended) = Some(ended);
        })?;
        Ok(job)
    }

    fn run(&self, plan: Plan) -> Ended {
        let Plan { mut options, baseline, heeded } = plan;
        let mut problems = Vec::new();
        match files::load(&options.roots, &heeded) {
            Ok(policy) => {
                problems.extend(policy.notes().iter().map(|note| Text::new(note)));
                options.rules = policy.rules();
                options.policy = Some(Arc::clone(self.policy.get_or_init(|| Arc::new(policy))));
            }
            Err(error) => problems.push(Text::from(format!("the built-in rules hold: {error}"))),
        }
        match Known::load(&options.roots, &baseline) {
            Ok(known) => {
                let known = self.known.get_or_init(|| Arc::new(known));
                options.known = Some(Arc::clone(known));
            }
            Err(error) => problems.push(Text::from(format!("nothing is accepted: {error}"))),
        }
        let is_of_lines = options.lines.is_some();
        let report = engine::scan(&options, &self.progress, &self.stop, &|finding| {
            // Whoever asked for lines alone is not shown what rules found.
            if is_of_lines && finding.level != Level::Entropy {
                return;
            }
            lock(&self.list).push(finding);
        });
        // Who has not read all files can't say that something is nowhere.
        if !report.stopped && options.place == Place::Tree {
            let _ = self.stale.set(Arc::new(self.found_stale()));
        }
        problems.extend(report.problems.iter().map(|problem| Text::new(problem)));
        Ended { exit: exit(&report), problems, is_stopped: report.stopped }
    }

    /// Exceptions that met nothing any more, in words.
    fn found_stale(&self) -> Vec<Text> {
        let known = self.known.get().map(|known| known.stale()).unwrap_or_default();
        let entries = known.iter().flat_map(|(_, entries)| entries).map(Entry::stale_words);
        let others = self.policy.get().map(|policy| files::stale(policy)).unwrap_or_default();
        entries.chain(others).take(STALE).map(Text::from).collect()
    }

    /// Asks the scan to stop at the next file. What it has found stays.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The findings so far, best first, when they are others than at the last call.
    pub fn news(&self) -> Option<Rows> {
        lock(&self.list).news()
    }

    /// What was told last did not arrive: [`ScanJob::news`] and [`ScanJob::tally`] tell it again.
    pub fn tell_again(&self) {
        lock(&self.list).tell_again();
        *lock(&self.told) = None;
    }

    /// What the scan tells beside its findings, when that is something else than at the last call.
    pub fn tally(&self) -> Option<Arc<Tally>> {
        let now = self.progress.snapshot();
        let mut told = lock(&self.told);
        let tally = {
            let list = lock(&self.list);
            let (levels, accepted, unlisted) = list.counts();
            let is_stopped = lock(&self.ended).as_ref().is_some_and(|ended| ended.is_stopped);
            let (skipped, binary, shows_accepted) = (now.skipped, now.binary, list.shows_accepted());
            let map = told.as_ref().map(|told| Arc::clone(&told.map)).unwrap_or_default();
            let (real, stale) = (list.real(), self.stale.get().cloned().unwrap_or_default());
            Tally {
                levels,
                accepted,
                real,
                stale,
                shows_accepted,
                skipped,
                binary,
                unlisted,
                is_stopped,
                map,
            }
        };
        let map = self.changed_map(&tally.map);
        if map.is_none() && told.as_deref() == Some(&tally) {
            return None;
        }
        let map = map.map_or_else(|| Arc::clone(&tally.map), Arc::new);
        let tally = Arc::new(Tally { map, ..tally });
        *told = Some(Arc::clone(&tally));
        Some(tally)
    }

    /// The map, when more is on it than on this one.
    fn changed_map(&self, old: &Map) -> Option<Map> {
        (self.progress.files_on_map() != old.files()).then(|| self.progress.map())
    }

    /// Shows accepted findings behind the others, or hides them.
    pub fn show_accepted(&self, is_wanted: bool) {
        lock(&self.list).show_accepted(is_wanted);
    }

    /// The lines around one of its findings, which is read anew.
    pub fn preview(&self, finding: &Finding, context: usize) -> io::Result<Preview> {
        preview(finding, context, self.policy.get().map(|policy| &**policy))
    }

    /// The secret of one of its findings, which is read anew. This may take as long as a scan of its file.
    pub fn reveal(&self, finding: &Finding) -> io::Result<Secret> {
        secret::read(finding, self.policy.get())
    }

    /// Which commit brought one of its findings; looked for until `is_over`.
    pub fn brought_by(&self, finding: &Finding, is_over: &dyn Fn() -> bool) -> io::Result<Brought> {
        brought::brought_by(finding, self.policy.get(), is_over)
    }

    /// Writes into the baseline what is said of a secret in all its places: what is accepted leaves the list, what is
    /// real stays and says so. Returns what to tell the user. The secret is read anew.
    pub fn decide(&self, found: &Found, verdict: Verdict, date: &str) -> io::Result<Text> {
        let known = self.known.get().ok_or_else(|| io::Error::other("the baseline could not be read"))?;
        let secret = self.reveal(found.best())?;
        let places: Vec<Arc<Finding>> = found.places().cloned().collect();
        let written = known.decide(&places, &secret, verdict, date)?;
        let decided = |place: &Arc<Finding>| {
            let mut place = (**place).clone();
            place.decide(verdict);
            Arc::new(place)
        };
        lock(&self.list).replace(places.iter().map(decided).collect());
        let file = written.first().map(|one| shown(one.file())).unwrap_or_default();
        let mut past = lock(&self.decided);
        if past.len() < TAKEN_BACK {
            past.push((places, written));
        }
        Ok(Text::from(match verdict.accepts() {
            Some(accepted) => format!("accepted as {} in {file}; u takes it back", accepted.as_str()),
            None => format!("marked as real in {file}, and told until it is gone; u takes it back"),
        }))
    }

    /// Takes back what was said last; returns what to tell the user.
    pub fn take_back(&self) -> io::Result<Text> {
        let Some((places, written)) = lock(&self.decided).pop() else {
            return Ok(Text::from("nothing was decided since this scan began"));
        };
        let known = self.known.get().ok_or_else(|| io::Error::other("the baseline could not be read"))?;
        for one in &written {
            known.take_back(one)?;
        }
        let first = places.first().map(|place| shown(&place.path)).unwrap_or_default();
        lock(&self.list).replace(places);
        Ok(Text::from(format!("taken back: {first} is in the list as before")))
    }
}

/// A path for people; that it is below the current folder goes without saying.
fn shown(path: &Path) -> String {
    escape_path(path.strip_prefix(".").unwrap_or(path))
}

/// The code with which `telltale scan` would exit.
fn exit(report: &Report) -> Exit {
    let found = report.count(Level::High) + report.count(Level::Medium);
    Exit::Code(match () {
        () if report.stopped => 3,
        () if found > 0 => 1,
        () if report.is_incomplete() => 3,
        () => 0,
    })
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
            paging: Paging::default(),
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
        let ended = lock(&self.job.ended).clone();
        let now = self.job.progress.snapshot();
        let mut reading = JobReading::empty(self.id.clone(), Arc::clone(&self.intro));
        let (done, total, unit) = match self.job.whole {
            Some(size) => (now.bytes_done.min(size), Some(size), Unit::Bytes),
            // The number of files is told only once the walk knows it.
            None => (now.files_done, now.walk_complete.then_some(now.files_found), Unit::Items),
        };
        let counters = CountersRead {
            done: Some(done),
            total,
            unit,
            in_flight: Some(now.in_flight),
            failed: Some(now.skipped[Skip::Unreadable as usize]),
            is_pair: true,
        };
        reading.counters = Some((counters, Text::from("its own count")));
        reading.beat_sources.push(Text::from("its own count"));
        let (alive, busy) = if ended.is_some() { (0, 0) } else { (now.workers as u32, now.busy as u32) };
        let idle = alive.saturating_sub(busy);
        reading.workers = Some(WorkerCounts { alive, busy, idle, ..WorkerCounts::default() });
        reading.members = Some(vec![self.member(&now, ended.is_none())]);
        if let Some(ended) = ended {
            let told = ended.problems.into_iter().take(3);
            problems.extend(told.map(|problem| Text::from(format!("scan: {problem}"))));
            reading.ended = Some(ended.exit);
        }
        let (_, _, beyond) = lock(&self.job.list).counts();
        if beyond > 0 {
            problems.push(Text::from(format!(
                "scan: {beyond} findings had no room in the list; `telltale scan` writes all of them"
            )));
        }
        reading
    }
}
