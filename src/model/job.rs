//! A job and its gauges at one instant.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::freeze::Frozen;
use super::gpu::GpuUse;
use super::history::History;
use super::intake::Intake;
use super::log::LogTail;
use super::member::{Activity, IoRates, Member, Role};
use super::metric::{self, Bytes, Unit, maybe_seconds, seconds};
use super::oom::Oom;
use super::pressure::Pressure;
use super::process::Exit;
use super::restarts::Restarts;
use super::rhythm::{Pulse, Rhythm};
use super::room::Room;
use super::said::SaidState;
use super::sign::Signs;
use super::text::Text;

/// Which job: unique among all jobs and hosts of one series of snapshots.
pub type JobId = Text;

/// Memory that fills up later than this at its rate is not worth a word: too much can happen until then.
const HORIZON: Duration = Duration::from_hours(2);

/// A usual gap of up to so many intervals is no measured one: output is looked at once in an interval.
const COARSE: f64 = 1.3;

/// What kind of thing is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// A process and all its descendants, started by Telltale.
    Launched,
    /// A process and all its descendants, found running.
    Attached,
    /// A scan for secrets.
    Scan,
}

/// Where a job stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It runs.
    Running,
    /// It ended this way, then.
    Ended {
        /// How.
        exit: Exit,
        /// When that was seen.
        at: Moment,
    },
}

/// How the job's memory was added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryBasis {
    /// The figure of a control group that holds the job and nothing else: exact.
    OwnCgroup,
    /// The sum of proportional set sizes: memory that members share is counted once.
    Pss {
        /// Members whose share was not read since it changed: it is carried on from what it was.
        estimated: u32,
        /// Members in all.
        of: u32,
    },
    /// The sum of resident sizes: memory that members share is counted once for each of them.
    RssSum,
}

/// The limit that binds first, and how full it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryLimit {
    /// Who sets it: `host`, `cgroup /path`, or a process by a limit of its own.
    pub scope: Text,
    /// The limit.
    pub limit: Bytes,
    /// What is used of it by everybody inside, without page cache that can be dropped at once.
    pub used: Bytes,
}

impl MemoryLimit {
    /// The used share, 0 to 1 (and above, where a limit was lowered).
    pub fn fill(&self) -> f64 {
        if self.limit.0 == 0 { 0.0 } else { self.used.0 as f64 / self.limit.0 as f64 }
    }

    /// What may still be used before it binds.
    pub const fn room(&self) -> Bytes {
        self.limit.saturating_sub(self.used)
    }
}

/// When the limit that binds is reached if all goes on as it does: spans from the snapshot's moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The likeliest.
    #[serde(with = "seconds")]
    pub full_in: Duration,
    /// As fast as the past allows to think, and with all that is only now and then in use.
    #[serde(with = "seconds")]
    pub at_earliest: Duration,
    /// As slow as the past allows to think.
    #[serde(with = "seconds")]
    pub at_latest: Duration,
}

/// A job's memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// What the job uses.
    pub used: Bytes,
    /// How that was added up.
    pub basis: MemoryBasis,
    /// The limit that binds first.
    pub limit: Option<MemoryLimit>,
    /// When that is reached; `None` where no trend is known, or none that leads there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

/// Workers by what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorkerCounts {
    /// Not ended.
    pub alive: u32,
    /// Alive and running.
    pub busy: u32,
    /// Alive and asleep.
    pub idle: u32,
    /// Alive and in an uninterruptible sleep, or stopped.
    pub blocked: u32,
    /// Ended badly.
    pub lost: u32,
    /// Ended in good order.
    pub finished: u32,
}

impl WorkerCounts {
    /// Counts the living workers among `members`. The ended ones are counted as they end, for the table keeps
    /// only the newest of them.
    pub fn alive_among(members: &[Member]) -> Self {
        let mut counts = Self::default();
        for member in
            members.iter().filter(|member| member.role == Role::Worker && member.activity.is_alive())
        {
            match member.activity {
                Activity::Busy => counts.busy += 1,
                Activity::Idle => counts.idle += 1,
                _ => counts.blocked += 1,
            }
            counts.alive += 1;
        }
        counts
    }
}

/// How far the job is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Finished tasks.
    pub done: Option<u64>,
    /// How many tasks there are.
    pub total: Option<u64>,
    /// The highest count of this phase: only above it is something new done.
    #[serde(default)]
    pub peak: Option<u64>,
    /// Tasks handed out and not yet finished.
    pub in_flight: Option<u64>,
    /// Tasks that failed.
    pub failed: Option<u64>,
    /// Done per second over [`super::snapshot::THROUGHPUT_WINDOW`].
    pub throughput: Option<f64>,
    /// What is left, at this throughput.
    #[serde(with = "maybe_seconds")]
    pub time_left: Option<Duration>,
    /// Where the counters come from.
    pub source: Option<Text>,
    /// What they count.
    #[serde(default)]
    pub unit: Unit,
}

impl Progress {
    /// True when the counters come from elsewhere than those of the job `before`: their rates have no common past.
    pub fn counts_other_things(&self, before: Option<&Job>) -> bool {
        let source = before.and_then(|job| job.progress.source.as_ref());
        source.is_some() && source != self.source.as_ref()
    }

    /// The finished share, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        match (self.done, self.total) {
            (Some(done), Some(total)) if total > 0 => Some((done as f64 / total as f64).min(1.0)),
            _ => None,
        }
    }
}

/// Evidence of progress, and where it may come from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Beat {
    /// Where beats are looked for; none means that no silence can be judged.
    pub sources: Vec<Text>,
    /// When the last one came.
    pub last: Option<Moment>,
    /// What the last one was.
    pub last_source: Option<Text>,
    /// Since when beats are looked for.
    pub watched_since: Option<Moment>,
    /// The usual gap between beats: a running mean.
    #[serde(with = "maybe_seconds")]
    pub usual_gap: Option<Duration>,
    /// The gaps between beats, wherever they come from.
    #[serde(default)]
    pub gaps: Rhythm,
    /// Each source of beats by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pulses: Vec<Pulse>,
    /// How long of the time since the snapshot before nobody could work: the machine was suspended, or the job frozen.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub slept: Duration,
    /// What the job told its manager of its own state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<SaidState>,
}

impl Beat {
    /// Heartbeat age: since the last beat, or since the watching began.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        if self.sources.is_empty() {
            return None;
        }
        self.last.or(self.watched_since).map(|at| now.since(at))
    }

    /// When the done counter rose last, and how often it does.
    pub fn of_counter(&self, progress: &Progress) -> Option<&Pulse> {
        let source = progress.source.as_ref()?;
        self.pulses.iter().find(|pulse| pulse.source == *source)
    }

    /// How often beats come, in words. Who looks once in an `interval` can't tell gaps that are shorter.
    pub fn rhythm(&self, interval: Duration) -> Option<String> {
        let gap = self.usual_gap?;
        Some(if gap <= interval.mul_f64(COARSE) {
            format!("at least every {}", metric::interval(interval))
        } else {
            format!("usually every {}", metric::span(gap))
        })
    }
}

/// A job at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Which job.
    pub id: JobId,
    /// What people call it.
    pub name: Text,
    /// What kind of thing it is.
    pub kind: JobKind,
    /// The host it runs on.
    pub host: Text,
    /// When it began, where that is known.
    pub started: Option<Moment>,
    /// Where it stands in its life.
    pub phase: Phase,
    /// Its memory.
    pub memory: Option<Memory>,
    /// What it waits for when it wants memory, CPU or disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Pressure>,
    /// What the kernel killed of it for want of memory, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom: Option<Oom>,
    /// What its members use of GPUs, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuUse>,
    /// CPUs that its members use: 2.0 is two whole CPUs.
    pub cpu: Option<f64>,
    /// What its members read and write.
    pub io: Option<IoRates>,
    /// Its workers, counted.
    pub workers: WorkerCounts,
    /// How far it is.
    pub progress: Progress,
    /// The files that it reads through, where nothing better tells how far it is, and the bytes that wait in it.
    #[serde(default, skip_serializing_if = "Intake::is_empty")]
    pub intake: Intake,
    /// Its signs of life.
    pub beat: Beat,
    /// Its members by identity; members that were lost stay.
    pub members: Vec<Member>,
    /// Who ended badly and was replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restarts: Vec<Restarts>,
    /// What may run out, the fullest first: disks, and the rest as far as it is half used up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Room>,
    /// Its newest output.
    pub log: LogTail,
    /// What its output told of trouble.
    #[serde(default, skip_serializing_if = "Signs::is_empty")]
    pub signs: Signs,
    /// How Telltale has frozen it, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// The recent past of its gauges; not written, for a series of snapshots holds it already.
    #[serde(skip)]
    pub history: History,
}

impl Job {
    /// The PID of the process that it began with, which its identity ends with.
    pub fn root(&self) -> Option<u32> {
        self.id.rsplit(':').next()?.parse().ok()
    }

    /// That process, where it is still listed.
    pub fn root_member(&self) -> Option<&Member> {
        self.root().and_then(|root| self.members.iter().find(|member| member.id.pid() == Some(root)))
    }

    /// True until its end was seen.
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// How long it has run, or ran; `None` where its start is unknown.
    pub fn running_for(&self, now: Moment) -> Option<Duration> {
        let until = match self.phase {
            Phase::Running => now,
            Phase::Ended { at, .. } => at,
        };
        self.started.map(|started| until.since(started))
    }

    /// What is in flight: tasks, or where nobody counts those, the bytes that wait for a worker.
    fn in_flight(&self) -> Option<f64> {
        let bytes = || self.intake.in_flight().map(|queue| queue.bytes.0);
        self.progress.in_flight.or_else(bytes).map(|n| n as f64)
    }

    /// When the limit that binds is reached, where that is foreseen and soon.
    pub fn memory_full(&self) -> Option<Forecast> {
        let memory = self.memory.as_ref().filter(|_| self.phase == Phase::Running)?;
        memory.forecast.filter(|forecast| forecast.full_in < HORIZON)
    }

    /// Takes over the past of the same job in the snapshot before, and adds this instant to it.
    pub fn extend(&mut self, before: Option<&Self>, at: Moment) {
        self.log.extend(before.map(|job| &job.log));
        let mut past = before.map(|job| job.history.clone()).unwrap_or_default().awake_again(self.beat.slept);
        if matches!(self.phase, Phase::Running) {
            past.peak_memory = past.peak_memory.max(self.memory.as_ref().map(|memory| memory.used));
            if let (Some(cpu), Some((then, _))) = (self.cpu, past.cpu.iter().next_back()) {
                past.cpu_seconds += cpu * at.since(then).as_secs_f64();
                past.cpu_over += at.since(then);
            }
            let restarted =
                past.done.last().is_some_and(|last| self.progress.done.is_some_and(|d| (d as f64) < last));
            if self.progress.counts_other_things(before) {
                // What other counters were says nothing of these.
                (past.done, past.done_long, past.in_flight, past.throughput) = Default::default();
            } else if restarted {
                (past.done, past.done_long) = Default::default();
            }
            let scope = |job: &Self| {
                job.memory.as_ref().and_then(|memory| memory.limit.as_ref()).map(|limit| limit.scope.clone())
            };
            if before.is_some_and(|before| scope(before) != scope(self)) {
                // How full another limit is says nothing of this one's trend.
                (past.fill, past.full_in) = Default::default();
            }
            if let Some(done) = self.progress.done {
                past.done_long.push(at, done as f64);
            }
            let io = self.io;
            let foretold = self.memory.as_ref().and_then(|memory| memory.forecast);
            let foretold = foretold.map(|forecast| forecast.full_in.as_secs_f64());
            let thrashing = self.pressure.as_ref().map(|pressure| pressure.thrashing().unwrap_or(0.0));
            let gauges = [
                (&mut past.memory, self.memory.as_ref().map(|memory| memory.used.0 as f64)),
                (&mut past.fill, self.memory.as_ref().and_then(|m| m.limit.as_ref()).map(MemoryLimit::fill)),
                (&mut past.full_in, foretold),
                (&mut past.thrashing, thrashing),
                (&mut past.cpu, self.cpu),
                (&mut past.busy, Some(f64::from(self.workers.busy))),
                (&mut past.in_flight, self.in_flight()),
                (&mut past.done, self.progress.done.map(|n| n as f64)),
                (&mut past.throughput, self.progress.throughput),
                (&mut past.beat_age, self.beat.age(at).map(|age| age.as_secs_f64())),
                (&mut past.read, io.map(|io| io.read)),
                (&mut past.written, io.map(|io| io.written)),
            ];
            for (series, value) in gauges {
                if let Some(value) = value {
                    series.push(at, value);
                }
            }
        }
        self.history = past;
    }
}
