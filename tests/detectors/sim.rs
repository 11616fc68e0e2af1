//! Simulated jobs: readings as real jobs give them, one round a second, folded as live ones are.
//!
//! A job is a function that is called once a second and moves its processes and its output on. Chance is seeded.

use std::sync::Arc;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::alert::Alert;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::job::{JobKind, MemoryLimit};
use telltales::model::member::{About, MemberId};
use telltales::model::metric::Bytes;
use telltales::model::process::{Exit, ProcState};
use telltales::model::reading::{
    CountersRead, JobIntro, JobReading, LineReading, MemberReading, MemoryReading, Paging, Readings,
};
use telltales::model::snapshot::Snapshot;
use telltales::model::text::Text;
use telltales::session::fold::{Effect, fold};

/// Where workers wait for tasks, as the kernel's names are told.
pub(crate) const QUEUE: &str = "lock or event (futex)";
/// Where the one among them waits that holds the queue.
pub(crate) const PIPE: &str = "data from a pipe";
/// Where a server waits.
pub(crate) const EPOLL: &str = "events (epoll)";
/// Where a sleeper waits.
pub(crate) const TIMER: &str = "a timer (sleep)";

/// Numbers that look random and are the same in every run (`SplitMix64`).
pub(crate) struct Dice(pub u64);

impl Dice {
    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Durations of tasks that come at random.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.unit()).ln() * mean
    }

    /// Durations with a long tail: at least `least`, at most a thousand times as long.
    pub(crate) fn pareto(&mut self, least: f64, shape: f64) -> f64 {
        (least * (1.0 - self.unit()).powf(-1.0 / shape)).min(least * 1_000.0)
    }

    /// Durations whose logarithm is normal.
    pub(crate) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        let (one, other) = (self.unit().max(1e-12), self.unit());
        median * (sigma * (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()).exp()
    }
}

/// One simulated process.
#[derive(Clone)]
pub(crate) struct Proc {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) family: u64,
    pub(crate) name: &'static str,
    pub(crate) cpu_ms: f64,
    pub(crate) read: f64,
    pub(crate) state: ProcState,
    pub(crate) waits: Option<&'static str>,
    /// Seconds of work left of the task in hand.
    pub(crate) task: Option<f64>,
    /// It waits here for ever, with its task in hand.
    pub(crate) stuck: Option<&'static str>,
}

impl Proc {
    /// Computes for this share of the second.
    pub(crate) fn works(&mut self, share: f64) {
        self.cpu_ms += share * 1_000.0;
        (self.state, self.waits) = (ProcState::Running, None);
    }

    /// Waits for this.
    pub(crate) fn rests(&mut self, place: &'static str) {
        (self.state, self.waits) = (ProcState::Sleeping, Some(place));
    }
}

/// One simulated job.
pub(crate) struct Sim {
    pub(crate) name: &'static str,
    pub(crate) dice: Dice,
    /// The root first.
    pub(crate) procs: Vec<Proc>,
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) in_flight: Option<u64>,
    /// Seconds since it began.
    pub(crate) second: u64,
    pub(crate) memory: Option<(f64, f64)>,
    pub(crate) ended: Option<Exit>,
    pub(crate) step: fn(&mut Sim),
    /// From this second on something goes wrong, in its own way.
    pub(crate) breaks_at: u64,
    lines: Vec<LineReading>,
    at: Moment,
    intro: Arc<JobIntro>,
}

impl Sim {
    /// A job with a root and so many workers.
    pub(crate) fn new(name: &'static str, seed: u64, workers: u32, step: fn(&mut Self)) -> Self {
        let proc = |n: u32| Proc {
            pid: 100 + n,
            parent: if n == 0 { 1 } else { 100 },
            family: u64::from(n.min(1)) + 7,
            name: if n == 0 { "parent" } else { "worker" },
            cpu_ms: 0.0,
            read: 0.0,
            state: ProcState::Sleeping,
            waits: Some(QUEUE),
            task: None,
            stuck: None,
        };
        let started = Some(Moment::from_millis(START));
        Self {
            name,
            dice: Dice(seed),
            procs: (0..=workers).map(proc).collect(),
            done: 0,
            total: None,
            in_flight: None,
            second: 0,
            memory: None,
            ended: None,
            step,
            breaks_at: u64::MAX,
            lines: Vec::new(),
            at: Moment::default(),
            intro: Arc::new(JobIntro {
                name: name.into(),
                kind: JobKind::Attached,
                host: "host".into(),
                started,
            }),
        }
    }

    /// The same with a known total.
    pub(crate) const fn of(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// The same with so many tasks in flight.
    pub(crate) const fn with_in_flight(mut self, tasks: u64) -> Self {
        self.in_flight = Some(tasks);
        self
    }

    /// The same, and it breaks then.
    pub(crate) const fn that_breaks(mut self, at: u64) -> Self {
        self.breaks_at = at;
        self
    }

    /// True from the second on in which it breaks.
    pub(crate) fn is_broken(&self) -> bool {
        self.second >= self.breaks_at
    }

    /// A line of output.
    pub(crate) fn says(&mut self, text: &str) {
        self.line(text, CountersRead::default(), None);
    }

    /// Its bar is drawn.
    pub(crate) fn draws_bar(&mut self) {
        let (done, in_flight) = (Some(self.done), self.in_flight);
        let counters = CountersRead { done, total: self.total, in_flight, ..CountersRead::default() };
        self.line("12/40", counters, Some("tqdm"));
    }

    fn line(&mut self, text: &str, counters: CountersRead, pattern: Option<&str>) {
        let pattern = pattern.map(Text::from);
        self.lines.push(LineReading { at: self.at, text: text.into(), counters, pattern });
    }

    /// The workers.
    pub(crate) fn workers(&mut self) -> &mut [Proc] {
        &mut self.procs[1..]
    }

    /// A second of a pool: who has a task works on it, at this share of a CPU, and who has none takes the next, which
    /// takes what `takes` says. Gives how many were finished.
    pub(crate) fn pool(&mut self, share: f64, takes: fn(&mut Dice) -> f64) -> u64 {
        let mut finished = 0;
        let handed = |procs: &[Proc]| procs.iter().filter(|proc| proc.task.is_some()).count() as u64;
        for index in 1..self.procs.len() {
            if let Some(place) = self.procs[index].stuck {
                self.procs[index].rests(place);
                continue;
            }
            let mut left = 1.0_f64;
            while left > 0.0 {
                let open = self.total.map_or(u64::MAX, |total| {
                    total.saturating_sub(self.done + finished + handed(&self.procs))
                });
                let proc = &mut self.procs[index];
                if proc.task.is_none() && open > 0 {
                    proc.task = Some(takes(&mut self.dice));
                }
                let Some(task) = &mut proc.task else { break };
                let spent = task.min(left);
                left -= spent;
                *task -= spent;
                if *task <= 0.0 {
                    proc.task = None;
                    finished += 1;
                }
            }
            let proc = &mut self.procs[index];
            if left < 1.0 {
                proc.works(share * (1.0 - left));
            } else {
                proc.rests(if index == 1 { PIPE } else { QUEUE });
            }
        }
        self.done += finished;
        finished
    }

    fn reading(&mut self, at: Moment) -> JobReading {
        self.at = at;
        if self.ended.is_none() {
            (self.step)(self);
        }
        self.second += 1;
        let mut reading = JobReading::empty(self.name.into(), Arc::clone(&self.intro));
        reading.beat_sources.push("out.log".into());
        reading.lines = std::mem::take(&mut self.lines);
        reading.ended = self.ended;
        let members = self.procs.iter().map(member).collect();
        reading.members = Some(if self.ended.is_some() { Vec::new() } else { members });
        reading.memory = self.memory.map(|(used, limit)| MemoryReading {
            own_cgroup: Some(Bytes(used as u64)),
            limit: Some(MemoryLimit {
                scope: "cgroup /job".into(),
                limit: Bytes(limit as u64),
                used: Bytes(used as u64),
            }),
        });
        reading
    }
}

fn member(proc: &Proc) -> MemberReading {
    let about = About { name: proc.name.into(), family: proc.family, ..About::default() };
    MemberReading {
        id: MemberId::Process { pid: proc.pid, start: 1 },
        about: Arc::new(About { started: Some(Moment::from_millis(START)), ..about }),
        parent: Some(proc.parent),
        state: Some(proc.state),
        cpu_ms: proc.cpu_ms as u64,
        rss: Some(Bytes(64 << 20)),
        paging: Paging::default(),
        io: Some((proc.read as u64, 0)),
        threads: 1,
        waits_for: proc.waits.map(Text::from),
        busy: None,
        exit: None,
    }
}

const START: u64 = 5_000_000;

/// What was told, and when: seconds since the start.
pub(crate) struct Told {
    pub(crate) second: u64,
    pub(crate) alert: Alert,
}

/// Watches these jobs for so many seconds; gives all that was told, and the last snapshot.
pub(crate) fn watch(jobs: Vec<Sim>, limits: &Limits, seconds: u64) -> (Vec<Told>, Snapshot) {
    watch_by(jobs, limits, seconds, |_| (WallTime(0), Duration::ZERO))
}

/// The same on a machine whose date is set, and that is suspended: `clocks` says for each second what the date is, and
/// how long the machine slept before it.
pub(crate) fn watch_by(
    mut jobs: Vec<Sim>,
    limits: &Limits,
    seconds: u64,
    mut clocks: impl FnMut(u64) -> (WallTime, Duration),
) -> (Vec<Told>, Snapshot) {
    let mut snapshot = Snapshot::empty(Duration::from_secs(1));
    let mut told = Vec::new();
    let mut asleep = Duration::ZERO;
    for second in 0..seconds {
        let (wall, slept) = clocks(second);
        asleep += slept;
        let at = Moment::from_millis(START + second * 1_000).plus(asleep);
        let readings = Readings {
            at,
            wall,
            hosts: Vec::new(),
            jobs: jobs.iter_mut().map(|job| job.reading(at)).collect(),
            own: (0, Bytes(0)),
            late: Duration::ZERO,
            slept,
            problems: Vec::new(),
        };
        let (next, effects) = fold(&snapshot, readings, limits, at);
        snapshot = next;
        told.extend(effects.into_iter().map(|effect| match effect {
            Effect::Notify(alert) => Told { second, alert },
        }));
    }
    (told, snapshot)
}
