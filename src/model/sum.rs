//! What several jobs come to together: eight instances of one script are one load on the machine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::job::{Job, JobKind, MemoryBasis};
use super::metric::Bytes;

/// Growth is told over the last so much, and of nothing shorter than half of it.
const GROWTH_WINDOW: Duration = Duration::from_mins(1);

/// All watched jobs together. A job that lies within another one counts with that.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sum {
    /// How many jobs there are.
    pub jobs: u32,
    /// How many of them run.
    pub running: u32,
    /// The memory of those that run; `None` where that of one is not known.
    pub memory: Option<Bytes>,
    /// True where memory that they share counts once in that.
    pub is_shared_once: bool,
    /// Bytes by which it grows in a minute; `None` before half a minute.
    pub growth: Option<f64>,
    /// CPUs in use.
    pub cpu: Option<f64>,
    /// Workers that live.
    pub workers: u32,
    /// Workers that were lost.
    pub lost: u32,
    /// Finished tasks; `None` where one does not tell its own.
    pub done: Option<u64>,
    /// How many tasks there are; `None` where one does not tell its own.
    pub total: Option<u64>,
    /// Tasks a second, of those that tell it.
    pub throughput: Option<f64>,
}

impl Sum {
    /// The sum of the watched jobs; `None` where there are no several.
    pub fn of(jobs: &[Job], now: Moment) -> Option<Self> {
        let watched = || jobs.iter().filter(|job| job.kind != JobKind::Scan);
        if watched().count() < 2 {
            return None;
        }
        let counted: Vec<&Job> =
            watched().filter(|job| !watched().any(|other| is_within(job, other))).collect();
        let running: Vec<&Job> = counted.iter().copied().filter(|job| job.is_running()).collect();
        Some(Self {
            jobs: watched().count() as u32,
            running: watched().filter(|job| job.is_running()).count() as u32,
            memory: running
                .iter()
                .map(|job| job.memory.as_ref().map(|memory| memory.used))
                .try_fold(Bytes(0), |sum, used| Some(sum + used?)),
            is_shared_once: running
                .iter()
                .all(|job| job.memory.as_ref().is_none_or(|memory| memory.basis != MemoryBasis::RssSum)),
            growth: running.iter().filter_map(|job| growth(job, now)).reduce(|a, b| a + b),
            cpu: running.iter().filter_map(|job| job.cpu).reduce(|a, b| a + b),
            workers: running.iter().map(|job| job.workers.alive).sum(),
            lost: counted.iter().map(|job| job.workers.lost).sum(),
            done: counted.iter().map(|job| job.progress.done).try_fold(0, add),
            total: counted.iter().map(|job| job.progress.total).try_fold(0, add),
            throughput: running.iter().filter_map(|job| job.progress.throughput).reduce(|a, b| a + b),
        })
    }
}

fn add(sum: u64, n: Option<u64>) -> Option<u64> {
    Some(sum.saturating_add(n?))
}

/// True for a job whose process is one of many of another.
fn is_within(job: &Job, other: &Job) -> bool {
    let first = job.root();
    job.id != other.id
        && other.members.len() > job.members.len()
        && first.is_some_and(|first| other.members.iter().any(|member| member.id.pid() == Some(first)))
}

/// Bytes by which a job's memory grows in a minute, or shrinks; `None` before half a minute.
pub fn growth(job: &Job, now: Moment) -> Option<f64> {
    let (at, then) = job.history.memory.window_start(now, GROWTH_WINDOW)?;
    let (span, used) = (now.since(at), job.memory.as_ref()?.used.0 as f64);
    (job.is_running() && span >= GROWTH_WINDOW / 2).then(|| (used - then) * 60.0 / span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::{Memory, Phase};

    fn job(n: u32, done: Option<u64>) -> Job {
        let json = serde_json::json!({
            "id": format!("db7:{n}"), "name": "etl", "kind": "attached", "host": "db7", "started": null,
            "phase": "running", "memory": null, "cpu": 0.5, "io": null,
            "workers": {"alive": 4, "busy": 0, "idle": 4, "blocked": 0, "lost": 1, "finished": 0},
            "progress": {"done": done, "total": 100, "in_flight": null, "failed": null, "throughput": 2.0,
                "time_left": null, "source": null},
            "beat": {"sources": [], "last": null, "last_source": null, "watched_since": null, "usual_gap": null},
            "members": [], "log": {"seen": 0, "fresh": []},
        });
        let mut job: Job = serde_json::from_value(json).expect("it is a job");
        let (used, basis) = (Bytes(100), MemoryBasis::RssSum);
        job.memory = Some(Memory { used, basis, limit: None, forecast: None });
        job
    }

    #[test]
    fn one_job_has_no_sum_and_what_one_does_not_tell_is_not_made_up() {
        let now = Moment::from_millis(0);
        assert_eq!(Sum::of(&[job(1, Some(5))], now), None);
        let sum = Sum::of(&[job(1, Some(5)), job(2, Some(7))], now).expect("two jobs");
        assert_eq!((sum.done, sum.total, sum.memory), (Some(12), Some(200), Some(Bytes(200))));
        assert_eq!((sum.workers, sum.lost, sum.throughput), (8, 2, Some(4.0)));
        assert!(!sum.is_shared_once);
        let sum = Sum::of(&[job(1, Some(5)), job(2, None)], now).expect("two jobs");
        assert_eq!(sum.done, None);
    }

    #[test]
    fn an_ended_job_uses_nothing_and_its_work_stays_done() {
        let mut over = job(2, Some(7));
        over.phase = Phase::Ended { exit: crate::model::process::Exit::Code(0), at: Moment::from_millis(0) };
        let sum = Sum::of(&[job(1, Some(5)), over], Moment::from_millis(0)).expect("two jobs");
        assert_eq!((sum.running, sum.memory, sum.done, sum.workers), (1, Some(Bytes(100)), Some(12), 4));
    }
}
