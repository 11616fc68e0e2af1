//! A job told second by second: made readings go through the fold, as live ones do.

use std::sync::Arc;
use std::time::Duration;

use telltales::config::limits::Limits;
use telltales::model::alert::Alert;
use telltales::model::clock::{Moment, WallTime};
use telltales::model::job::{JobKind, MemoryLimit};
use telltales::model::member::{About, MemberId};
use telltales::model::metric::Bytes;
use telltales::model::process::ProcState;
use telltales::model::reading::{JobIntro, JobReading, MemberReading, MemoryReading, Paging, Readings};
use telltales::model::snapshot::Snapshot;
use telltales::model::text::Text;
use telltales::model::verdict::Condition;
use telltales::session::fold::{Effect, fold};

/// A job and all alerts that it gave rise to.
pub(crate) struct Story {
    pub(crate) snapshot: Snapshot,
    pub(crate) limits: Limits,
    /// How often each condition began.
    pub(crate) begun: Vec<Condition>,
    now: Moment,
}

impl Story {
    pub(crate) fn new() -> Self {
        let limits = Limits { heartbeat: None, target_memory: None, ..Limits::default() };
        let snapshot = Snapshot::empty(Duration::from_secs(1));
        Self { snapshot, limits, begun: Vec::new(), now: Moment::from_millis(1_000_000) }
    }

    /// One second more, with what is read in it.
    pub(crate) fn second(&mut self, edit: impl FnOnce(&mut JobReading)) {
        let intro = JobIntro {
            name: Text::from("etl"),
            kind: JobKind::Attached,
            host: Text::from("db7"),
            started: Some(Moment::from_millis(999_000)),
        };
        let mut reading = JobReading::empty(Text::from("etl"), Arc::new(intro));
        edit(&mut reading);
        let readings = Readings {
            at: self.now,
            wall: WallTime(0),
            hosts: Vec::new(),
            jobs: vec![reading],
            own: (0, Bytes(0)),
            late: Duration::ZERO,
            slept: Duration::ZERO,
            problems: Vec::new(),
        };
        let (next, effects) = fold(&self.snapshot, readings, &self.limits, self.now);
        self.begun.extend(effects.iter().map(|Effect::Notify(alert)| alert.claim.condition));
        self.snapshot = next;
        self.now = self.now.plus(Duration::from_secs(1));
    }

    /// The alert of this condition, where it holds.
    pub(crate) fn alert(&self, wanted: Condition) -> Option<&Alert> {
        self.snapshot.active_alerts().find(|alert| alert.claim.condition == wanted)
    }
}

/// A limit of 1,000 MiB of a control group, of which so many are used.
pub(crate) fn used(mib: f64) -> MemoryReading {
    let bytes = |mib: f64| Bytes((mib * f64::from(1 << 20)) as u64);
    let limit = MemoryLimit { scope: Text::from("cgroup /batch"), limit: bytes(1_000.0), used: bytes(mib) };
    MemoryReading { own_cgroup: Some(bytes(mib)), limit: Some(limit) }
}

/// A process that sleeps and holds so many bytes.
pub(crate) fn process(pid: u32, parent: u32, rss: u64) -> MemberReading {
    MemberReading {
        id: MemberId::Process { pid, start: u64::from(pid) },
        about: Arc::new(About { name: Text::from("python3"), family: 7, ..About::default() }),
        parent: Some(parent),
        state: Some(ProcState::Sleeping),
        cpu_ms: 0,
        rss: Some(Bytes(rss)),
        paging: Paging::default(),
        io: None,
        threads: 1,
        waits_for: None,
        busy: None,
        exit: None,
    }
}
