//! What was seen of a job by those who watched it before: lost workers, parts, alerts, counters. Pure.
//!
//! A screen that is closed and opened again begins with this as the snapshot before, so that it knows what the earlier
//! one knew. Nobody watched in between: no rate is told over that gap, no gap between beats is learned from it, and no
//! silence is claimed of it, unless the counter still stands where it stood.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::history::History;
use crate::model::job::Job;
use crate::model::log::LogTail;
use crate::model::member::{Activity, Member};
use crate::model::metric::{Bytes, span};
use crate::model::reading::JobReading;
use crate::model::sign::SignRead;
use crate::model::snapshot::Snapshot;
use crate::model::text::Text;

/// The version of this record. A greater one is not read.
pub const FORMAT: u32 = 1;

/// No record is longer; a reader of a strange file stops here.
pub const LONGEST: u64 = 1024 * 1024;

/// Living members that are remembered where all would be too many; those who were lost stay.
const MEMBERS: usize = 500;

/// Beats that a file of output shows, also those that nobody watched.
const SHOWN_BY_FILES: [&str; 3] = ["a counter that rose", "a line of output", "a bar that moved"];

/// What was seen of one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// [`FORMAT`] of who wrote it.
    pub format: u32,
    /// The boot that its moments count from.
    pub boot: String,
    /// When it was seen last.
    pub at: Moment,
    /// The job as it was then, without its output.
    pub job: Job,
    /// Its alerts, also those that are over.
    pub alerts: Vec<Alert>,
    /// The most memory that it was seen to use.
    pub peak_memory: Option<Bytes>,
    /// CPU seconds that it was seen to use.
    pub cpu_seconds: f64,
    /// The span over which it was.
    pub cpu_over: Duration,
}

impl Seen {
    /// What is to be remembered of a job.
    pub fn of(job: &Job, snapshot: &Snapshot, boot: &str) -> Self {
        let mut kept = Job { log: LogTail::default(), history: History::default(), ..job.clone() };
        if kept.members.len() > MEMBERS {
            let mut room = MEMBERS;
            kept.members.retain(|member| {
                let is_kept = member.ended.is_some() || room > 0;
                room = room.saturating_sub(usize::from(member.ended.is_none()));
                is_kept
            });
        }
        Self {
            format: FORMAT,
            boot: boot.to_owned(),
            at: snapshot.at,
            job: kept,
            alerts: snapshot.alerts.iter().filter(|alert| alert.job == job.id).cloned().collect(),
            peak_memory: job.history.peak_memory,
            cpu_seconds: job.history.cpu_seconds,
            cpu_over: job.history.cpu_over,
        }
    }

    /// Reads a record; one of another boot or of a job that has ended tells nothing of this one.
    pub fn parse(text: &[u8], job: &str, boot: &str, now: Moment) -> Result<Option<Self>, String> {
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        if text.len() as u64 > LONGEST {
            return Err("it is too long".to_owned());
        }
        let head: Head = serde_json::from_slice(text).map_err(|why| why.to_string())?;
        if head.format > u64::from(FORMAT) {
            return Err("a newer telltale wrote it".to_owned());
        }
        let seen: Self = serde_json::from_slice(text).map_err(|why| why.to_string())?;
        let is_of_it = seen.job.id.as_str() == job && seen.boot == boot && seen.at <= now;
        Ok(Some(seen).filter(|seen| is_of_it && seen.job.is_running()))
    }

    /// The job as the snapshot before the first one holds it: without what can't be told over a gap.
    pub fn before(&self, now: Moment) -> Job {
        let mut job = self.job.clone();
        (job.memory, job.pressure, job.cpu, job.io) = (None, None, None, None);
        let progress = &mut job.progress;
        (progress.in_flight, progress.throughput, progress.time_left) = (None, None, None);
        let beat = &mut job.beat;
        (beat.last, beat.watched_since) = (None, Some(now));
        beat.pulses.iter_mut().for_each(|pulse| pulse.last = now);
        for member in &mut job.members {
            let counters = &mut member.counters;
            (counters.cpu_at, counters.io, counters.io_at, counters.memory_then) = (None, None, None, None);
            (member.cpu, member.io, member.growth, member.waits_for) = (None, None, None, None);
        }
        let history = &mut job.history;
        (history.peak_memory, history.cpu_seconds, history.cpu_over) =
            (self.peak_memory, self.cpu_seconds, self.cpu_over);
        job
    }

    /// Drops from the first reading the signs of trouble that were counted already: the end of the output is read again.
    pub fn forget_known(&self, reading: &mut JobReading) {
        let known = |read: &SignRead| {
            let mut seen = self.job.signs.seen.iter();
            seen.any(|sign| sign.kind.is_same(&sign.excerpt, &read.kind, &read.excerpt))
        };
        reading.signs.retain(|sign| !known(sign));
    }

    /// Completes the first snapshot: the silence of a counter that still stands where it stood goes on. Tells what
    /// nobody saw.
    pub fn complete(&self, job: &mut Job, now: Moment) -> Option<Text> {
        let then = &self.job.beat;
        let is_shown = then.last_source.as_ref().is_some_and(|what| SHOWN_BY_FILES.contains(&what.as_str()));
        let stands = job.progress.done == self.job.progress.done;
        if is_shown && stands && job.beat.last.is_none_or(|last| Some(last) < then.last) {
            job.beat.last = then.last;
            job.beat.last_source.clone_from(&then.last_source);
            for pulse in &mut job.beat.pulses {
                let known = then.pulses.iter().find(|old| old.source == pulse.source);
                pulse.last = known.map_or(pulse.last, |old| old.last);
            }
        }
        let lives = |member: &&Member| member.activity.is_alive();
        let gone = self.job.members.iter().filter(lives).filter(|old| {
            let now = job.members.iter().find(|member| member.id == old.id);
            now.is_none_or(|member| matches!(member.activity, Activity::Finished(_)))
        });
        let gone = gone.count();
        (gone > 0 && job.is_running()).then(|| {
            Text::from(format!(
                "nobody watched {} for {}: {gone} of its processes ended meanwhile, and how is not known",
                job.name,
                span(now.since(self.at))
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::member::{MemberId, Role};
    use crate::model::process::Exit;
    use proptest::prelude::*;

    fn seen() -> Seen {
        let member = |pid: u32, activity: serde_json::Value, ended: Option<u64>| {
            serde_json::json!({
                "id": {"process": {"pid": pid, "start": 1}}, "name": "python3", "command": "python3 etl.py",
                "started": 10, "parent": 1, "role": "worker", "pooled": true, "state": null,
                "activity": activity, "cpu": 0.5, "memory": 4096, "io": null, "threads": 1, "waits_for": null,
                "ended": ended, "counters": {"cpu_ms": 5, "cpu_at": 20, "io": [1, 2], "io_at": 20},
            })
        };
        let job = serde_json::json!({
            "id": "db7:10", "name": "etl", "kind": "attached", "host": "db7", "started": 10, "phase": "running",
            "memory": null, "cpu": 0.5, "io": null,
            "workers": {"alive": 1, "busy": 1, "idle": 0, "blocked": 0, "lost": 1, "finished": 0},
            "progress": {"done": 40, "total": 100, "in_flight": 3, "failed": null, "throughput": 2.0,
                "time_left": 30.0, "source": "tqdm"},
            "beat": {"sources": ["etl.log"], "last": 15_000, "last_source": "a counter that rose",
                "watched_since": 10, "usual_gap": 1.0},
            "members": [member(11, serde_json::json!("busy"), None),
                member(12, serde_json::json!({"lost": {"signal": 9}}), Some(16_000))],
            "log": {"seen": 5, "fresh": []},
        });
        Seen {
            format: FORMAT,
            boot: "b".into(),
            at: Moment::from_millis(20_000),
            job: serde_json::from_value(job).expect("it is a job"),
            alerts: Vec::new(),
            peak_memory: Some(Bytes(7)),
            cpu_seconds: 1.0,
            cpu_over: Duration::from_secs(9),
        }
    }

    #[test]
    fn what_was_written_is_read_back_for_the_same_job_and_boot_alone() {
        let seen = seen();
        let text = serde_json::to_vec(&seen).expect("it serialises");
        let now = Moment::from_millis(30_000);
        let read = |job: &str, boot: &str, now| Seen::parse(&text, job, boot, now);
        assert_eq!(read("db7:10", "b", now), Ok(Some(seen)));
        assert_eq!(read("db7:11", "b", now), Ok(None));
        assert_eq!(read("db7:10", "another", now), Ok(None));
        assert_eq!(read("db7:10", "b", Moment::from_millis(1)), Ok(None), "it was not seen in the future");
        let newer = String::from_utf8_lossy(&text).replacen("\"format\":1", "\"format\":2", 1);
        assert!(Seen::parse(newer.as_bytes(), "db7:10", "b", now).is_err_and(|why| why.contains("newer")));
    }

    #[test]
    fn no_rate_spans_the_gap_and_the_lost_stay() {
        let before = seen().before(Moment::from_millis(90_000));
        assert_eq!((before.progress.done, before.progress.throughput), (Some(40), None));
        assert_eq!((before.beat.last, before.beat.watched_since), (None, Some(Moment::from_millis(90_000))));
        assert!(before.members.iter().all(|member| member.cpu.is_none() && member.counters.cpu_at.is_none()));
        let lost = &before.members[1];
        assert_eq!((lost.activity, lost.role), (Activity::Lost(Exit::Signal(9)), Role::Worker));
        assert_eq!((lost.ended, before.workers.lost), (Some(Moment::from_millis(16_000)), 1));
        assert!(lost.pooled && before.history.peak_memory == Some(Bytes(7)));
    }

    #[test]
    fn a_secret_that_was_told_is_not_told_by_another_name() {
        use crate::model::sign::{Leak, Sign};
        let leak = |id: &str, redacted: &str, line| {
            let (id, redacted) = (Text::from(id), Text::from(redacted));
            Leak { id, about: Text::from("a token"), redacted, line: Some(line) }.sign(Moment::from_millis(1))
        };
        let mut seen = seen();
        let told = leak("github:0a1b", "ghp_****", 3);
        seen.job.signs.seen.push(Sign {
            kind: told.kind,
            count: 1,
            first: told.at.0,
            last: told.at.1,
            line: 3,
            excerpt: told.excerpt,
            throughput_before: None,
        });
        let intro = crate::model::reading::JobIntro {
            name: Text::from("etl"),
            kind: crate::model::job::JobKind::Attached,
            host: Text::from("db7"),
            started: None,
        };
        let mut reading = JobReading::empty(Text::from("db7:10"), std::sync::Arc::new(intro));
        let others = [leak("gitlab:7c", "ghp_****", 3), leak("github:7c", "ghp_x****", 3)];
        reading.signs = vec![leak("github:ffff", "ghp_****", 1)];
        reading.signs.extend(others.clone());
        seen.forget_known(&mut reading);
        assert_eq!(reading.signs, others);
    }

    #[test]
    fn a_silence_goes_on_only_where_the_counter_stands() {
        let (seen, now) = (seen(), Moment::from_millis(90_000));
        for (done, last) in [(40, Some(Moment::from_millis(15_000))), (41, None)] {
            let mut job = seen.before(now);
            job.progress.done = Some(done);
            let told = seen.complete(&mut job, now);
            assert_eq!((job.beat.last, told), (last, None));
        }
        let mut job = seen.before(now);
        job.members.retain(|member| member.id != MemberId::Process { pid: 11, start: 1 });
        let told = seen.complete(&mut job, now).expect("somebody is gone");
        assert!(told.contains("1 of its processes ended meanwhile"), "{told}");
    }

    proptest! {
        #[test]
        fn strange_files_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..512), cut in 0_usize..2_000) {
            let now = Moment::from_millis(30_000);
            let _ = Seen::parse(&bytes, "db7:10", "b", now);
            let text = serde_json::to_vec(&seen()).expect("it serialises");
            let _ = Seen::parse(&text[..cut.min(text.len())], "db7:10", "b", now);
        }
    }
}
