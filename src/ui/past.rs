//! The kept past: snapshots that a held screen can step back to, in a bounded number of bytes.
//!
//! Every snapshot is kept as it comes. When the budget is reached, every other one goes but for the newest half;
//! as that happens again and again, what is older lies further apart, and the first one stays.
//!
//! What takes most room is shared or left out: members that did not change are one and the same in many snapshots,
//! raw counters and the history of the gauges go. The history of the newest snapshot, cut at the moment shown, takes
//! its place.

use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;

use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::gpu::{Gpu, GpuUse};
use crate::model::job::Job;
use crate::model::log::{LogLine, LogTail};
use crate::model::member::{Counters, Member};
use crate::model::snapshot::Snapshot;

/// Bytes that the past may take, as estimated here. Watching 1,000 processes takes 7.3 MiB without a past, and all of
/// it is to stay below 10 MB.
const BUDGET: usize = 3 << 19;

/// Lines of output kept with each snapshot: what a screen shows of them.
const LINES: usize = 32;

/// What an allocation takes besides its content: the counts of an `Arc` and the allocator's own word.
const OVERHEAD: usize = 24;

/// Kept snapshots, oldest first.
#[derive(Debug)]
pub(super) struct Past {
    kept: VecDeque<Kept>,
    bytes: usize,
    budget: usize,
}

impl Default for Past {
    fn default() -> Self {
        Self::within(BUDGET)
    }
}

/// One snapshot. The members of its jobs stand beside it, so that several can share them.
#[derive(Debug)]
struct Kept {
    snapshot: Snapshot,
    members: Vec<Vec<Arc<Member>>>,
    /// Without the members.
    bytes: usize,
}

impl Past {
    fn within(budget: usize) -> Self {
        Self { kept: VecDeque::new(), bytes: 0, budget }
    }

    /// Keeps one more snapshot; an older one than the newest kept is none of this series.
    pub(super) fn keep(&mut self, snapshot: &Snapshot) {
        if self.kept.back().is_some_and(|last| last.snapshot.at >= snapshot.at) {
            return;
        }
        let before = self.kept.back();
        let mut members = Vec::with_capacity(snapshot.jobs.len());
        for job in &snapshot.jobs {
            let old = before.and_then(|before| before.members_of(&job.id)).unwrap_or_default();
            let (shared, fresh) = shared(&job.members, old);
            self.bytes += fresh * member_size() + shared.len() * size_of::<Arc<Member>>();
            members.push(shared);
        }
        let stripped = stripped(snapshot, before.map(|before| &before.snapshot));
        let bytes = size(&stripped);
        self.bytes += bytes;
        self.kept.push_back(Kept { snapshot: stripped, members, bytes });
        while self.bytes > self.budget && self.kept.len() > 1 {
            self.thin();
        }
    }

    /// The snapshot `steps` from the one of this moment, with the history of the newest up to it; the first or the
    /// last one where there are not so many. `None` while nothing is kept.
    pub(super) fn near(&self, at: Moment, steps: i8, newest: &Arc<Snapshot>) -> Option<Arc<Snapshot>> {
        let here = self.kept.partition_point(|kept| kept.snapshot.at < at);
        let there = here.saturating_add_signed(isize::from(steps)).min(self.kept.len().checked_sub(1)?);
        let kept = &self.kept[there];
        if kept.snapshot.at == newest.at {
            return Some(Arc::clone(newest));
        }
        let mut snapshot = kept.snapshot.clone();
        for (job, members) in snapshot.jobs.iter_mut().zip(&kept.members) {
            job.members = members.iter().map(|member| Member::clone(member)).collect();
            if let Some(newest) = newest.job(&job.id) {
                job.history = newest.history.until(snapshot.at);
            }
        }
        Some(Arc::new(snapshot))
    }

    /// Drops every other snapshot of the older half; where there are too few of them, the oldest.
    fn thin(&mut self) {
        let older = self.kept.len() / 2;
        let goes = |at: usize| if older < 2 { at == 0 } else { at < older && at % 2 == 1 };
        let kept = std::mem::take(&mut self.kept);
        for (at, kept) in kept.into_iter().enumerate() {
            if goes(at) {
                self.bytes = self.bytes.saturating_sub(kept.freed());
            } else {
                self.kept.push_back(kept);
            }
        }
    }
}

impl Kept {
    fn members_of(&self, job: &str) -> Option<&[Arc<Member>]> {
        let at = self.snapshot.jobs.iter().position(|old| old.id.as_str() == job)?;
        self.members.get(at).map(Vec::as_slice)
    }

    /// The bytes that come free with it: a member that another snapshot shares stays.
    fn freed(&self) -> usize {
        let members = self.members.iter().flatten();
        let own = members.clone().filter(|member| Arc::strong_count(member) == 1).count();
        self.bytes + members.count() * size_of::<Arc<Member>>() + own * member_size()
    }
}

const fn member_size() -> usize {
    size_of::<Member>() + OVERHEAD
}

/// The members, those that did not change shared with `old`, and how many are fresh. Both are sorted by identity.
fn shared(members: &[Member], old: &[Arc<Member>]) -> (Vec<Arc<Member>>, usize) {
    let mut old = old.iter().peekable();
    let mut fresh = 0;
    let shared = members
        .iter()
        .map(|member| {
            while old.next_if(|old| old.id < member.id).is_some() {}
            match old.next_if(|old| old.id == member.id) {
                Some(old) if looks_the_same(old, member) => Arc::clone(old),
                _ => {
                    fresh += 1;
                    Arc::new(Member { counters: Counters::default(), ..member.clone() })
                }
            }
        })
        .collect();
    (shared, fresh)
}

/// Equal but for the raw counters, which no screen shows.
fn looks_the_same(old: &Member, new: &Member) -> bool {
    let Member { id, about, parent, role, pooled, state, activity, .. } = new;
    let Member { cpu, memory, io, threads, waits_for, ended, .. } = new;
    (old.id == *id && Arc::ptr_eq(&old.about, about))
        && (old.parent, old.role, old.pooled) == (*parent, *role, *pooled)
        && (old.state, old.activity, old.threads) == (*state, *activity, *threads)
        && (old.cpu, old.memory, old.io) == (*cpu, *memory, *io)
        && old.waits_for == *waits_for
        && old.ended == *ended
}

/// The snapshot without members and history, and with the last lines of output only.
fn stripped(snapshot: &Snapshot, before: Option<&Snapshot>) -> Snapshot {
    let jobs = snapshot.jobs.iter().map(|job| {
        let lines = before
            .and_then(|before| before.job(&job.id))
            .filter(|old| old.log.seen == job.log.seen)
            .map_or_else(|| Arc::new(last_lines(&job.log)), |old| Arc::clone(&old.log.lines));
        Job {
            id: job.id.clone(),
            name: job.name.clone(),
            kind: job.kind,
            host: job.host.clone(),
            started: job.started,
            phase: job.phase,
            memory: job.memory.clone(),
            cpu: job.cpu,
            io: job.io,
            pressure: job.pressure.clone(),
            oom: job.oom.clone(),
            workers: job.workers,
            progress: job.progress.clone(),
            intake: job.intake.clone(),
            beat: job.beat.clone(),
            members: Vec::new(),
            restarts: Vec::new(),
            rooms: Vec::new(),
            gpu: job.gpu.as_ref().map(|gpu| GpuUse { by_member: Vec::new(), ..gpu.clone() }),
            log: LogTail { seen: job.log.seen, partial: job.log.partial.clone(), fresh: Vec::new(), lines },
            // The alerts of then tell of them.
            signs: crate::model::sign::Signs::default(),
            frozen: job.frozen.clone(),
            history: crate::model::history::History::default(),
        }
    });
    Snapshot {
        version: snapshot.version,
        seq: snapshot.seq,
        at: snapshot.at,
        wall: snapshot.wall,
        interval: snapshot.interval,
        hosts: snapshot.hosts.clone(),
        jobs: jobs.collect(),
        sum: snapshot.sum.clone(),
        alerts: snapshot.alerts.clone(),
        notices: snapshot.notices.clone(),
        own: snapshot.own,
    }
}

fn last_lines(log: &LogTail) -> VecDeque<LogLine> {
    log.lines.iter().skip(log.lines.len().saturating_sub(LINES)).cloned().collect()
}

/// About how many bytes a stripped snapshot takes. Texts count wholly though they are shared with the snapshots
/// around them: those may go.
fn size(snapshot: &Snapshot) -> usize {
    let of_job = |job: &Job| {
        let lines: usize =
            job.log.lines.iter().map(|line| size_of::<LogLine>() + OVERHEAD + line.text.len()).sum();
        size_of::<Job>() + lines + job.log.partial.as_ref().map_or(0, |text| text.len())
    };
    let of_gpu = |gpu: &Gpu| size_of::<Gpu>() + OVERHEAD + gpu.name.len();
    let of_alert = |alert: &Alert| {
        let evidence = &alert.claim.evidence;
        let texts: usize = evidence.iter().map(|text| size_of_val(text) + OVERHEAD + text.len()).sum();
        size_of::<Alert>() + alert.claim.headline.len() + texts
    };
    size_of::<Kept>()
        + snapshot.jobs.iter().map(of_job).sum::<usize>()
        + snapshot.alerts.iter().map(of_alert).sum::<usize>()
        + size_of_val(snapshot.hosts.as_slice())
        + snapshot.hosts.iter().flat_map(|host| &host.gpus).map(of_gpu).sum::<usize>()
        + size_of_val(snapshot.notices.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::job::{Beat, JobKind, Phase, Progress, WorkerCounts};
    use crate::model::member::{About, Activity, MemberId, Role};
    use std::time::Duration;

    /// A job with so many members, of which `busy` change from second to second.
    fn snapshot(second: u64, members: u64, busy: u64) -> Arc<Snapshot> {
        static ABOUT: std::sync::LazyLock<Arc<About>> = std::sync::LazyLock::new(Arc::default);
        let member = |n: u64| Member {
            id: MemberId::Process { pid: n as u32, start: n },
            about: Arc::clone(&ABOUT),
            parent: None,
            role: Role::Worker,
            pooled: true,
            state: None,
            activity: Activity::Idle,
            cpu: Some(if n < busy { second as f64 } else { 0.0 }),
            memory: None,
            parts: None,
            growth: None,
            io: None,
            threads: 1,
            pool: None,
            waits_for: None,
            ended: None,
            counters: Counters { cpu_at: Some(Moment::from_millis(second * 1_000)), ..Counters::default() },
        };
        let at = Moment::from_millis(second * 1_000);
        let mut log = LogTail { seen: second, ..LogTail::default() };
        log.fresh.push(LogLine { at, text: format!("line {second}").into() });
        log.extend(None);
        let mut job = Job {
            id: "job".into(),
            name: "job".into(),
            kind: JobKind::Attached,
            host: "host".into(),
            started: None,
            phase: Phase::Running,
            memory: None,
            cpu: Some(1.0),
            pressure: None,
            oom: None,
            io: None,
            workers: WorkerCounts::default(),
            progress: Progress::default(),
            intake: crate::model::intake::Intake::default(),
            beat: Beat::default(),
            members: (0..members).map(member).collect(),
            restarts: Vec::new(),
            rooms: Vec::new(),
            gpu: None,
            log,
            signs: crate::model::sign::Signs::default(),
            frozen: None,
            history: History::default(),
        };
        for then in second.saturating_sub(20)..=second {
            job.history.cpu.push(Moment::from_millis(then * 1_000), then as f64);
        }
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        (snapshot.seq, snapshot.at, snapshot.jobs) = (second, at, vec![job]);
        Arc::new(snapshot)
    }

    /// What is really kept, counted afresh.
    fn counted(past: &Past) -> usize {
        let mut seen = std::collections::HashSet::new();
        let members = past.kept.iter().flat_map(|kept| kept.members.iter().flatten());
        let fresh = members.filter(|member| seen.insert(Arc::as_ptr(member))).count();
        let pointers: usize = past.kept.iter().flat_map(|kept| kept.members.iter()).map(Vec::len).sum();
        let fixed: usize = past.kept.iter().map(|kept| kept.bytes).sum();
        fixed + fresh * member_size() + pointers * size_of::<Arc<Member>>()
    }

    #[test]
    fn what_is_shown_again_is_what_was_there() {
        let mut past = Past::default();
        for second in 1..=30 {
            past.keep(&snapshot(second, 5, 2));
        }
        let newest = snapshot(30, 5, 2);
        let then = past.near(newest.at, -10, &newest).expect("it is kept");
        let was = snapshot(20, 5, 2);
        assert_eq!(then.at, was.at);
        let (then, was) = (&then.jobs[0], &was.jobs[0]);
        assert!(then.members.iter().zip(&was.members).all(|(a, b)| looks_the_same(a, b)));
        assert_eq!(then.members.len(), 5);
        assert_eq!((then.log.seen, &then.log.lines), (20, &was.log.lines));
        assert_eq!(then.history.cpu.last(), Some(20.0), "graphs end where the screen is");
        assert_eq!(then.history.cpu.len(), 11);
    }

    #[test]
    fn the_budget_holds_and_the_first_moment_stays() {
        for (members, busy) in [(0, 0), (20, 20), (200, 4), (1_000, 1_000)] {
            let mut past = Past::within(5 << 18);
            for second in 1..=400 {
                past.keep(&snapshot(second, members, busy));
                assert!(past.bytes <= past.budget);
            }
            assert_eq!(past.bytes, counted(&past), "{members} members, {busy} busy");
            let ats: Vec<_> = past.kept.iter().map(|kept| kept.snapshot.seq).collect();
            assert_eq!((ats.first(), ats.last()), (Some(&1), Some(&400)), "{members} members, {busy} busy");
        }
    }

    #[test]
    fn members_that_sleep_cost_a_pointer() {
        let mut past = Past::default();
        for second in 1..=100 {
            past.keep(&snapshot(second, 1_000, 0));
        }
        assert_eq!(past.kept.len(), 100);
        assert!(past.bytes < 1_400_000, "{}", past.bytes);
    }

    #[test]
    fn a_snapshot_larger_than_the_budget_is_kept_alone() {
        let mut past = Past::within(1_000);
        for second in 1..=3 {
            past.keep(&snapshot(second, 100, 100));
        }
        assert_eq!(past.kept.len(), 1);
    }
}
