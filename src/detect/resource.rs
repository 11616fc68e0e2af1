//! Does it run out of memory or of workers?

use std::time::Duration;

use super::Past;
use super::progress::claim;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, MemoryBasis, Phase};
use crate::model::member::{Activity, Member, Role};
use crate::model::metric::{percent, span};
use crate::model::process::{Exit, ProcState};
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// A loss is told for this long even when the job goes on working without the lost worker.
const LOSS_STAYS: Duration = Duration::from_mins(1);
/// Memory has to stay below its target for this long before it is said to be.
const MEMORY_STAYS: Duration = Duration::from_secs(30);
/// Losses at one time that are told one by one; more are told in one line.
const TOLD_APART: usize = 8;
/// Full enough that the next allocation may fail.
const NEARLY_FULL: f64 = 0.9;

/// The memory limit that binds is fuller than `--target-memory`.
pub fn memory_above_target(past: &Past<'_>, limits: &Limits) -> Verdict {
    let Some(target) = limits.target_memory else { return Verdict::Fine };
    if past.job.phase != Phase::Running {
        return Verdict::Fine;
    }
    let Some(memory) = &past.job.memory else { return Verdict::NotYetKnown("memory is not read") };
    let Some(limit) = &memory.limit else { return Verdict::NotYetKnown("no limit is known") };
    let fill = limit.fill();
    // A fill that hovers around the target is one alert, not one in every other snapshot.
    let recent = past.job.history.fill.max_since(past.now, MEMORY_STAYS).unwrap_or(fill).max(fill);
    if recent <= target {
        return Verdict::Fine;
    }
    let severity = if fill > NEARLY_FULL { Severity::Critical } else { Severity::Warning };
    let place = if fill > target { "above" } else { "a moment ago above" };
    let headline = format!("memory {} full, {place} the target of {}", percent(fill), percent(target));
    let job = match memory.basis {
        MemoryBasis::OwnCgroup => format!("this job uses {} (its own control group)", memory.used),
        MemoryBasis::Pss { estimated, .. } => {
            let estimated = if estimated > 0 { ", in part estimated" } else { "" };
            format!("this job uses {} (what it shares counted once{estimated})", memory.used)
        }
        MemoryBasis::RssSum => format!("this job uses {} at most (sum of resident sizes)", memory.used),
    };
    let evidence = vec![
        Text::from(format!("{} of {} used, limit: {}", limit.used, limit.limit, limit.scope)),
        Text::from(job),
    ];
    claim(Condition::MemoryAboveTarget, severity, headline, evidence)
}

/// A worker vanished with work in hand.
///
/// Told while the loss is fresh, and for as long as no beat has come since: a pool that got over it works on.
pub fn worker_lost(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    let mut claims = Vec::new();
    let mut losses: Vec<_> =
        job.members.iter().filter_map(|member| Loss::of(member, job, past.now)).collect();
    losses.sort_by_key(|loss| loss.member.ended);
    // Those that went together are told together, so that an alert stays the same one for as long as it holds.
    for together in losses.chunk_by(|one, other| one.member.ended == other.member.ended) {
        match together {
            [first, ..] if together.len() > TOLD_APART => claims.push(Claim {
                condition: Condition::WorkerLost,
                severity: Severity::Critical,
                subject: Some(first.member.id.clone()),
                headline: Text::from(format!("{} workers lost at once", together.len())),
                evidence: together.iter().take(TOLD_APART).map(|loss| loss.words(job)).collect(),
            }),
            few => claims.extend(few.iter().map(|loss| loss.claim(job))),
        }
    }
    if claims.is_empty() { Verdict::Fine } else { Verdict::Raised(claims) }
}

/// A process of the job is stopped by a signal or a debugger.
pub fn worker_stopped(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    let stopped: Vec<_> = job.members.iter().filter(|member| member.activity == Activity::Stopped).collect();
    let Some(first) = stopped.first().filter(|_| job.phase == Phase::Running) else { return Verdict::Fine };
    let by = |member: &Member| match member.state {
        Some(ProcState::Traced) => "by a debugger",
        _ => "by a signal (SIGSTOP or its like)",
    };
    let headline = match stopped.len() {
        1 => format!("{} is stopped {}", first.id, by(first)),
        n => format!("{n} processes of the job are stopped"),
    };
    let told = |member: &&Member| {
        Text::from(format!("{} ({}) is stopped {}", member.id, member.about.name, by(member)))
    };
    let mut evidence: Vec<_> = stopped.iter().take(TOLD_APART).map(told).collect();
    evidence.push(Text::from("kill -CONT lets a process go on that a signal has stopped"));
    claim(Condition::WorkerStopped, Severity::Warning, headline, evidence)
}

struct Loss<'a> {
    member: &'a Member,
    exit: Exit,
}

impl<'a> Loss<'a> {
    fn of(member: &'a Member, job: &Job, now: Moment) -> Option<Self> {
        let (Activity::Lost(exit), Some(ended)) = (member.activity, member.ended) else { return None };
        if member.role == Role::Helper || job.phase != Phase::Running {
            return None;
        }
        let fresh = now.since(ended) <= LOSS_STAYS;
        let silent_since = !job.beat.sources.is_empty() && job.beat.last.is_none_or(|beat| beat <= ended);
        (fresh || silent_since).then_some(Self { member, exit })
    }

    fn words(&self, job: &Job) -> Text {
        let part = if self.member.role == Role::Root { "main process" } else { "worker" };
        let name = &self.member.about.name;
        let host = if job.host.is_empty() { String::new() } else { format!(" on {}", job.host) };
        Text::from(format!("{part} {} ({name}){host}: {}", self.member.id, self.exit))
    }

    fn claim(&self, job: &Job) -> Claim {
        let part = if self.member.role == Role::Root { "main process" } else { "worker" };
        let severity = match self.exit {
            Exit::Signal(_) => Severity::Critical,
            Exit::Code(_) | Exit::Unknown => Severity::Warning,
        };
        let of_memory = job.ending(self.member).filter(|_| job.is_oom_victim(&self.member.id));
        let mut evidence = vec![match (of_memory, self.exit) {
            (Some(words), _) => Text::from(words),
            (None, Exit::Unknown) => {
                Text::from("it is gone from /proc; this kernel does not tell how it ended")
            }
            (None, _) => Text::from("its wait status, told by the kernel"),
        }];
        if let (Some(started), Some(ended)) = (self.member.about.started, self.member.ended) {
            evidence.push(Text::from(format!("it had run for {}", span(ended.since(started)))));
        }
        if let Some(memory) = self.member.memory {
            evidence.push(Text::from(format!("it held {memory} when it was last read")));
        }
        evidence.push(Text::from(format!("{} workers are left", job.workers.alive)));
        Claim {
            condition: Condition::WorkerLost,
            severity,
            subject: Some(self.member.id.clone()),
            headline: Text::from(format!("{part} {} lost: {}", self.member.id, self.exit)),
            evidence,
        }
    }
}
