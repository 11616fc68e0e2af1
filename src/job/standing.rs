//! How the watched jobs stand, in few words: what a watcher leaves for `telltale status`. Pure.

use serde::{Deserialize, Serialize};

use crate::model::clock::Moment;
use crate::model::job::{Job, JobKind, MemoryLimit, Phase};
use crate::model::member::MemberId;
use crate::model::metric::Bytes;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;
use crate::model::verdict::Severity;

/// Version of the record; a reader leaves a greater one alone.
pub const VERSION: u32 = 1;

/// Jobs that are told of.
const MOST_JOBS: usize = 64;

/// Characters of a name and of a headline.
const LONGEST: usize = 120;

/// The worst alert of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worst {
    /// How bad it is.
    pub level: Severity,
    /// What is wrong.
    pub headline: Text,
    /// How many alerts hold.
    pub of: usize,
}

/// How one job stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: Text,
    /// The process it began with.
    pub root: Option<MemberId>,
    /// Where it stands in its life.
    pub phase: Phase,
    /// Finished tasks.
    pub done: Option<u64>,
    /// How many there are.
    pub total: Option<u64>,
    /// Done per second.
    pub throughput: Option<f64>,
    /// Memory of the job.
    pub memory: Option<Bytes>,
    /// How full the memory limit is that binds.
    pub fill: Option<f64>,
    /// The last sign of progress, or when the watching began; none where none is looked for.
    pub beat: Option<Moment>,
    /// The worst alert that holds.
    pub worst: Option<Worst>,
}

/// What one watcher knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standings {
    /// [`VERSION`] of who wrote it.
    pub version: u32,
    /// The watcher's process.
    pub watcher: i32,
    /// When that started, in clock ticks since boot: a PID alone is no identity.
    pub start_ticks: u64,
    /// When this was so.
    pub at: Moment,
    /// Its jobs.
    pub jobs: Vec<Standing>,
}

/// How the jobs of this snapshot stand; a scan is no job that somebody waits for.
pub fn jobs(snapshot: &Snapshot) -> Vec<Standing> {
    let watched = snapshot.jobs.iter().filter(|job| job.kind != JobKind::Scan);
    watched.take(MOST_JOBS).map(|job| standing(job, snapshot)).collect()
}

fn standing(job: &Job, snapshot: &Snapshot) -> Standing {
    let alerts = || snapshot.active_alerts().filter(|alert| alert.job == job.id);
    let worst = alerts().max_by_key(|alert| alert.claim.severity).map(|alert| Worst {
        level: alert.claim.severity,
        headline: cut(&alert.claim.headline),
        of: alerts().count(),
    });
    let beat = if job.beat.sources.is_empty() { None } else { job.beat.last.or(job.beat.watched_since) };
    Standing {
        name: cut(&job.name),
        root: job.root_member().map(|root| root.id.clone()),
        phase: job.phase,
        done: job.progress.done,
        total: job.progress.total,
        throughput: job.progress.throughput,
        memory: job.memory.as_ref().map(|memory| memory.used),
        fill: job.memory.as_ref().and_then(|memory| memory.limit.as_ref()).map(MemoryLimit::fill),
        beat,
        worst,
    }
}

fn cut(text: &Text) -> Text {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Text::from(format!("{}…", &text[..end])),
        None => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_left_is_read_back() {
        let standing = Standing {
            name: Text::from("etl"),
            root: Some(MemberId::Process { pid: 7, start: 9 }),
            phase: Phase::Running,
            done: Some(3),
            total: Some(9),
            throughput: Some(1.5),
            memory: Some(Bytes(1 << 30)),
            fill: Some(0.5),
            beat: Some(Moment::from_millis(5)),
            worst: Some(Worst { level: Severity::Critical, headline: Text::from("x"), of: 2 }),
        };
        let all = Standings {
            version: VERSION,
            watcher: 1,
            start_ticks: 2,
            at: Moment::from_millis(9),
            jobs: vec![standing],
        };
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Standings>(&text).unwrap(), all);
    }

    #[test]
    fn a_process_that_is_its_own_only_worker_is_the_root_all_the_same() {
        let member = |pid: u32| {
            serde_json::json!({
                "id": {"process": {"pid": pid, "start": 9}}, "name": "python3", "command": "python3 etl.py",
                "started": 10, "parent": 1, "role": "worker", "pooled": false, "state": null,
                "activity": "busy", "cpu": 0.5, "memory": 4096, "io": null, "threads": 1, "waits_for": null,
                "ended": null, "counters": {"cpu_ms": 5, "cpu_at": 20, "io": [1, 2], "io_at": 20},
            })
        };
        let job = serde_json::json!({
            "id": "db7:7", "name": "etl", "kind": "attached", "host": "db7", "started": 10, "phase": "running",
            "memory": null, "cpu": 0.5, "io": null,
            "workers": {"alive": 1, "busy": 1, "idle": 0, "blocked": 0, "lost": 0, "finished": 0},
            "progress": {"done": null, "total": null, "in_flight": null, "failed": null, "throughput": null,
                "time_left": null, "source": null},
            "beat": {"sources": [], "last": null, "last_source": null, "watched_since": null, "usual_gap": null},
            "members": [member(8), member(7)],
            "log": {"seen": 5, "fresh": []},
        });
        let mut job: Job = serde_json::from_value(job).expect("it is a job");
        let snapshot = Snapshot::empty(std::time::Duration::from_secs(1));
        assert_eq!(standing(&job, &snapshot).root, Some(MemberId::Process { pid: 7, start: 9 }));
        job.members.truncate(1);
        assert_eq!((standing(&job, &snapshot).root, job.root()), (None, Some(7)));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut(&Text::from("é".repeat(500))).chars().count(), LONGEST + 1);
        assert_eq!(cut(&Text::from("short")).as_str(), "short");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = serde_json::from_slice::<Standings>(&bytes);
        }
    }
}
