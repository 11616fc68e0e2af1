//! A job in rounds one second apart, as the fold makes snapshots of them.

mod beats;
mod ends;
mod work;

use super::*;
use crate::model::member::{About, Activity, MemberId, Role};
use crate::model::process::{Exit, ProcState};
use crate::model::reading::{CountersRead, JobIntro, LineReading, MemberReading, Paging};
use crate::model::verdict::Condition;
use std::sync::Arc;

/// A script of rounds one second apart, folded one after the other.
struct Script {
    snapshot: Snapshot,
    limits: Limits,
    effects: Vec<Effect>,
    at: Moment,
    /// How long the machine sleeps before the next round.
    slept: Duration,
}

impl Script {
    fn new() -> Self {
        let snapshot = Snapshot::empty(Duration::from_secs(1));
        let at = Moment::from_millis(1_000_000);
        Self { snapshot, limits: Limits::default(), effects: Vec::new(), at, slept: Duration::ZERO }
    }

    fn round(&mut self, edit: impl FnOnce(&mut JobReading)) -> &Job {
        let intro = JobIntro {
            name: Text::from("etl"),
            kind: JobKind::Attached,
            host: Text::from("db7"),
            started: Some(Moment::from_millis(999_000)),
        };
        let mut reading = JobReading::empty(Text::from("etl"), Arc::new(intro));
        reading.beat_sources.push(Text::from("out.log"));
        edit(&mut reading);
        let readings = Readings {
            at: self.at,
            wall: crate::model::clock::WallTime(0),
            hosts: Vec::new(),
            jobs: vec![reading],
            own: (0, Bytes(0)),
            late: Duration::ZERO,
            slept: std::mem::take(&mut self.slept),
            problems: Vec::new(),
        };
        let (next, effects) = fold(&self.snapshot, readings, &self.limits, self.at);
        self.snapshot = next;
        self.effects = effects;
        self.at = self.at.plus(Duration::from_secs(1));
        &self.snapshot.jobs[0]
    }
}

fn process(pid: u32, parent: u32, cpu_ms: u64) -> MemberReading {
    MemberReading {
        id: MemberId::Process { pid, start: u64::from(pid) },
        about: Arc::new(About { name: Text::from("python3"), family: 7, ..About::default() }),
        parent: Some(parent),
        state: Some(ProcState::Sleeping),
        cpu_ms,
        rss: Some(Bytes(1 << 20)),
        paging: Paging::default(),
        io: None,
        threads: 1,
        waits_for: None,
        busy: None,
        exit: None,
    }
}

fn pool(pids: &[u32], cpu_ms: u64) -> Vec<MemberReading> {
    std::iter::once(process(10, 1, 0)).chain(pids.iter().map(|&pid| process(pid, 10, cpu_ms))).collect()
}

fn count(done: u64, total: u64, at: Moment) -> LineReading {
    let counters = CountersRead { done: Some(done), total: Some(total), ..CountersRead::default() };
    LineReading { at, text: Text::from("…"), counters, pattern: Some(Text::from("n/m")) }
}
