#![expect(clippy::disallowed_methods, reason = "edge: owns the sampling thread")]
//! The sampler: one round after the other, on time, in a thread of its own or in the caller's.

use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::asks::{Asks, Heard};
use super::fold::{Effect, fold};
use super::gpu;
use super::keepsake::Keepsakes;
use super::recruits::Recruiter;
use super::second_look::SecondLook;
use super::seen::Seen;
use super::source::{RoundContext, Source};
use super::vigil::Vigil;
use crate::alert::trouble::Trouble;
use crate::config::limits::Limits;
use crate::model::clock::{self, Moment};
use crate::model::job::JobId;
use crate::model::metric::Bytes;
use crate::model::reading::{JobReading, Readings};
use crate::model::snapshot::{Host, Snapshot};
use crate::model::text::Text;
use crate::proc::footprint;
use crate::proc::gpu::GpuReader;
use crate::proc::host::HostReader;
use crate::proc::own;
use crate::proc::pss::Budget;

/// Memory is given back after so many rounds, first when the start is over; it costs some milliseconds.
const ROUNDS_TO_TIDY: u64 = 120;
const FIRST_TIDY: u64 = 4;

/// What a running sampler can be asked.
pub enum Ask {
    /// Watch one more job.
    Add(Box<dyn Source>),
    /// Watch this job no more.
    Remove(Text),
    /// Take a round this often.
    Interval(Duration),
    /// Read this job's counters by this pattern; without one, by the built-in one.
    Progress {
        /// Which job.
        job: JobId,
        /// The pattern.
        pattern: Option<Text>,
    },
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.keepsakes.leave(&self.snapshot);
    }
}

/// Takes rounds of readings and folds them.
pub struct Sampler {
    recruiter: Option<Box<dyn Recruiter>>,
    keepsakes: Keepsakes,
    /// What was seen before of jobs that no round was taken of yet.
    recalled: Vec<Seen>,
    sources: Vec<Box<dyn Source>>,
    limits: Limits,
    host: HostReader,
    gpus: GpuReader,
    own: own::OwnReader,
    snapshot: Arc<Snapshot>,
    /// What is told with every round.
    told: Vec<Text>,
    /// What does not work in telling of alerts.
    trouble: Trouble,
    due: Option<Moment>,
    /// What all jobs together may spend on reading shares of memory.
    budget: RefCell<Budget>,
    /// How long the machine had been suspended by the last round.
    suspended: Duration,
    vigil: Vigil,
    second_look: SecondLook,
}

impl Sampler {
    /// A sampler that takes a round every `interval`.
    pub fn new(interval: Duration, limits: Limits, host: HostReader) -> Self {
        Self {
            recruiter: None,
            keepsakes: Keepsakes::default(),
            recalled: Vec::new(),
            sources: Vec::new(),
            limits,
            host,
            gpus: GpuReader::default(),
            own: own::OwnReader::default(),
            snapshot: Arc::new(Snapshot::empty(interval)),
            told: Vec::new(),
            trouble: Trouble::default(),
            due: None,
            budget: RefCell::default(),
            suspended: clock::suspended(),
            vigil: Vigil::default(),
            second_look: SecondLook::default(),
        }
    }

    /// Looks into why jobs stand still, when an alert says so.
    #[must_use]
    pub const fn diagnosing(mut self, is_wanted: bool) -> Self {
        self.second_look.turn(is_wanted);
        self
    }

    /// The same with notices of the caller's own: what its configuration did, say.
    #[must_use]
    pub fn telling(mut self, told: Vec<Text>) -> Self {
        self.told = told;
        self
    }

    /// Watches the jobs too that this finds later.
    pub fn recruit(&mut self, recruiter: Box<dyn Recruiter>) {
        self.recruiter = Some(recruiter);
    }

    /// Writes nothing down for who watches next.
    #[must_use]
    pub fn writing_nothing(mut self, is_readonly: bool) -> Self {
        self.keepsakes.is_writing = !is_readonly;
        self
    }

    /// Goes on where those left off who watched this job before.
    fn recall(&mut self, source: &dyn Source) {
        let Some(path) = source.keepsake() else { return };
        match self.keepsakes.recall(source.id(), path) {
            Ok(Some(seen)) => {
                let before = Arc::make_mut(&mut self.snapshot);
                let now = clock::now();
                if before.seq == 0 {
                    before.at = now;
                }
                before.jobs.push(seen.before(now));
                before.alerts.extend(seen.alerts.iter().cloned());
                self.recalled.push(seen);
            }
            Ok(None) => {}
            Err(why) => self.told.push(why),
        }
    }

    /// True while nothing is watched.
    pub fn is_idle(&self) -> bool {
        self.sources.is_empty()
    }

    /// Shows with every round what does not work in telling of alerts.
    pub fn hear_of(&mut self, trouble: Trouble) {
        self.trouble = trouble;
    }

    /// Watches one more job; one that is watched already is not watched twice.
    pub fn add(&mut self, source: Box<dyn Source>) {
        if !self.sources.iter().any(|other| other.id() == source.id()) {
            self.recall(&*source);
            if let Some(news) = source.news() {
                self.vigil.watch(news);
            }
            self.sources.push(source);
        }
    }

    /// Takes one round now: asks every source, folds, and says what the fold wished for.
    pub fn round(&mut self) -> (Arc<Snapshot>, Vec<Effect>) {
        let (at, wall) = (clock::now(), clock::wall());
        let late = self.due.map_or(Duration::ZERO, |due| at.since(due));
        let interval = self.snapshot.interval;
        // The schedule is kept where it can be; a round that took longer than the interval moves it.
        let due = self.due.unwrap_or(at);
        // A round taken early leaves the schedule as it is; one that comes an interval late begins it anew.
        let next = if due > at { due } else { due.plus(interval) };
        self.due = Some(if next > at { next } else { at.plus(interval) });
        let suspended = clock::suspended();
        let slept = suspended.saturating_sub(std::mem::replace(&mut self.suspended, suspended));
        let mut host = self.host.read();
        let mut problems = self.told.clone();
        if let Some(recruiter) = &mut self.recruiter {
            let joined = recruiter.look(&self.snapshot, at);
            joined.make_room(&mut self.sources, &self.snapshot);
            problems.extend(joined.left_out);
            joined.sources.into_iter().for_each(|source| self.add(source));
        }
        problems.extend(self.trouble.words());
        self.budget.get_mut().refill(at, self.sources.len());
        let context = RoundContext { at, wall, host: &host, budget: &self.budget };
        let mut jobs: Vec<_> =
            self.sources.iter_mut().map(|source| source.read(&context, &mut problems)).collect();
        self.look_at_gpus(at, &mut host, &mut jobs, &mut problems);
        let recalled = std::mem::take(&mut self.recalled);
        for seen in &recalled {
            if let Some(reading) = jobs.iter_mut().find(|reading| reading.id == seen.job.id) {
                seen.forget_known(reading);
            }
        }
        let own: (u64, Bytes) = self.own.read();
        let readings = Readings { at, wall, hosts: vec![host], jobs, own, late, slept, problems };
        let (mut snapshot, effects) = fold(&self.snapshot, readings, &self.limits, at);
        for seen in recalled {
            let job = snapshot.jobs.iter_mut().find(|job| job.id == seen.job.id);
            self.told.extend(job.and_then(|job| seen.complete(job, at)));
        }
        self.second_look.look(&mut snapshot, at);
        self.told.extend(self.keepsakes.keep(&snapshot));
        self.snapshot = Arc::new(snapshot);
        (Arc::clone(&self.snapshot), effects)
    }

    /// What the GPUs do, and which of their processes belong to a job. Nobody asks while no process is watched.
    fn look_at_gpus(
        &mut self,
        at: Moment,
        host: &mut Host,
        jobs: &mut [JobReading],
        problems: &mut Vec<Text>,
    ) {
        if jobs.iter().all(|job| job.members.is_none()) {
            return;
        }
        let look = self.gpus.look(at);
        problems.extend(look.problem);
        let Some(reading) = look.reading else { return };
        for job in jobs {
            job.gpu = job.members.as_ref().and_then(|members| gpu::used_by(members, &reading));
        }
        host.gpus.clone_from(&reading.gpus);
    }

    /// Takes a round every `interval` from now on, the first one now.
    fn take_interval(&mut self, interval: Duration) {
        let mut snapshot = Snapshot::clone(&self.snapshot);
        snapshot.interval = interval;
        self.snapshot = Arc::new(snapshot);
        self.due = None;
    }

    fn choose_pattern(&mut self, job: &JobId, pattern: Option<&str>) {
        let Some(source) = self.sources.iter_mut().find(|source| source.id() == job) else { return };
        if let Some(job) = self.snapshot.job(job) {
            source.choose_pattern(pattern, &job.log);
        }
    }

    /// How long until the next round is due.
    pub fn wait(&self) -> Duration {
        self.due.map_or(Duration::ZERO, |due| due.since(clock::now()))
    }

    /// Readable when something happened that is to be [looked](Self::look) at before the next round; `None` for a moment
    /// after each look.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        self.vigil.descriptor(clock::now())
    }

    /// How long to wait at most, until the next round is due or until news are heard again.
    pub fn patience(&self) -> Duration {
        let rest = self.vigil.rest(clock::now());
        if rest.is_zero() { self.wait() } else { self.wait().min(rest) }
    }

    /// Looks at what happened; true when a round should be taken at once.
    pub fn look(&mut self) -> bool {
        // All of them are looked at, whatever the first one says.
        let urgent = self.sources.iter_mut().filter_map(|source| source.look().then_some(())).count();
        self.vigil.look(clock::now(), urgent > 0)
    }

    fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Add(source) => self.add(source),
            Ask::Remove(id) => self.sources.retain(|source| *source.id() != id),
            Ask::Interval(interval) => self.take_interval(interval),
            Ask::Progress { job, pattern } => self.choose_pattern(&job, pattern.as_deref()),
        }
    }

    /// Waits for the next round; false when nobody asks for one any more.
    fn rest(&mut self, asks: &Asks) -> bool {
        loop {
            match asks.next(self.news(), self.patience()) {
                Heard::Asked(ask) => {
                    self.take(ask);
                    return true;
                }
                Heard::News if self.look() => return true,
                Heard::News | Heard::Nothing => {}
                Heard::Gone => return false,
            }
            if self.wait().is_zero() {
                return true;
            }
        }
    }

    /// Takes rounds in a thread of its own until it is asked to stop, or nobody asks any more.
    pub fn spawn(
        mut self,
        asks: Asks,
        mut publish: impl FnMut(Arc<Snapshot>, Vec<Effect>) + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("sampler".into()).stack_size(512 << 10).spawn(move || {
            loop {
                let (snapshot, effects) = self.round();
                // What the start has needed is not needed again; later, what a burst has needed.
                if snapshot.seq % ROUNDS_TO_TIDY == FIRST_TIDY {
                    footprint::give_back();
                }
                publish(snapshot, effects);
                if !self.rest(&asks) {
                    return;
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_taken_early_do_not_push_the_schedule() {
        let mut sampler = Sampler::new(Duration::from_secs(1), Limits::default(), HostReader::default());
        for _ in 0..10 {
            sampler.round();
        }
        assert!(sampler.wait() <= Duration::from_secs(1));
    }

    #[test]
    fn another_interval_holds_at_once() {
        let mut sampler = Sampler::new(Duration::from_mins(1), Limits::default(), HostReader::default());
        sampler.round();
        sampler.take_interval(Duration::from_millis(250));
        let (snapshot, _) = sampler.round();
        assert_eq!((snapshot.interval.as_millis(), snapshot.seq), (250, 2));
        assert!(sampler.wait() <= Duration::from_millis(250));
    }
}
