//! Did the kernel kill it for want of memory?

use std::time::Duration;

use super::Past;
use crate::config::limits::Limits;
use crate::model::clock::Moment;
use crate::model::job::{Job, MemoryBasis, Phase};
use crate::model::member::{Member, MemberId, Role};
use crate::model::oom::{Oom, OomRise, OomScope, OomVictim};
use crate::model::text::Text;
use crate::model::verdict::{Claim, Condition, Severity, Verdict};

/// A kill is told for so long, and for as long as nothing has moved since.
const STAYS: Duration = Duration::from_mins(1);
/// Who was killed is known by then, if ever.
const SETTLED: Duration = Duration::from_secs(6);
/// Kills at one time that are told one by one; more are told in one line.
const TOLD_APART: usize = 8;

/// A member, or the job itself, ended by SIGKILL while the kernel counted an OOM kill.
pub fn oom_kill(past: &Past<'_>, _: &Limits) -> Verdict {
    let job = past.job;
    let Some(oom) = &job.oom else { return Verdict::NotYetKnown("no counter of OOM kills is read") };
    let mut claims: Vec<Claim> = oom.ended_job.map(|rise| of_job(job, rise)).into_iter().collect();
    let fresh: Vec<&OomVictim> = oom.victims.iter().filter(|victim| is_told(victim, job, past.now)).collect();
    for together in fresh.chunk_by(|one, other| one.rise == other.rise) {
        match together {
            [first, ..] if together.len() > TOLD_APART => claims.push(of_many(job, first, together)),
            few => claims.extend(few.iter().map(|victim| of_member(job, victim))),
        }
    }
    claims.extend(of_somebody(job, oom, past.now));
    if claims.is_empty() { Verdict::Fine } else { Verdict::Raised(claims) }
}

fn is_told(victim: &OomVictim, job: &Job, now: Moment) -> bool {
    let at = victim.rise.at;
    let is_silent = !job.beat.sources.is_empty() && job.beat.last.is_none_or(|beat| beat <= at);
    job.phase == Phase::Running && (now.since(at) <= STAYS || is_silent)
}

fn of_member(job: &Job, victim: &OomVictim) -> Claim {
    let member = find(job, &victim.member);
    let part = match member.map(|member| member.role) {
        Some(Role::Root) => "main process",
        Some(Role::Worker) => "worker",
        _ => "process",
    };
    let headline = format!("{part} {} killed by SIGKILL, and {}", victim.member, victim.rise);
    let held = member.and_then(|member| {
        let memory = member.memory?;
        Some(Text::from(format!("it ({}) held {memory} when it was last read", member.about.name)))
    });
    let more = (u64::from(victim.of) > victim.rise.by).then(|| {
        Text::from(format!(
            "{} processes of the job were killed meanwhile, not all of them by that",
            victim.of
        ))
    });
    let evidence = held.into_iter().chain(more).chain(about(job, victim.rise)).collect();
    critical(Some(victim.member.clone()), headline, evidence)
}

fn of_many(job: &Job, first: &OomVictim, together: &[&OomVictim]) -> Claim {
    let headline = format!("{} processes killed by SIGKILL, and {}", together.len(), first.rise);
    let told = |victim: &&OomVictim| {
        let name = find(job, &victim.member).map_or("", |member| member.about.name.as_str());
        Text::from(format!("{} ({name})", victim.member))
    };
    let named = together.iter().take(TOLD_APART).map(told);
    critical(Some(first.member.clone()), headline, named.chain(about(job, first.rise)).collect())
}

fn of_job(job: &Job, rise: OomRise) -> Claim {
    let peak = job.history.peak_memory;
    let peak = peak.map(|peak| Text::from(format!("the most memory that was seen is {peak}")));
    let evidence = peak.into_iter().chain(about(job, rise)).collect();
    critical(None, format!("the job was killed by SIGKILL, and {rise}"), evidence)
}

/// Kills in a control group that is the job's alone, and nobody who was seen to end like that: it was too short to be
/// seen, or the kernel doesn't tell how it ended.
fn of_somebody(job: &Job, oom: &Oom, now: Moment) -> Option<Claim> {
    let rise = oom.rise.filter(|rise| rise.scope == OomScope::Cgroup && oom.unclaimed > 0)?;
    let is_own = job.memory.as_ref().is_some_and(|memory| memory.basis == MemoryBasis::OwnCgroup);
    let is_told = (SETTLED..=STAYS).contains(&now.since(rise.at)) && job.phase == Phase::Running;
    let headline = format!("{rise}, and who of the job was killed is not known");
    (is_own && is_told).then(|| critical(None, headline, about(job, rise)))
}

fn critical(subject: Option<MemberId>, headline: String, evidence: Vec<Text>) -> Claim {
    let headline = Text::from(headline);
    Claim { condition: Condition::OomKill, severity: Severity::Critical, subject, headline, evidence }
}

/// What is known of the counter and of the limit.
fn about(job: &Job, rise: OomRise) -> Vec<Text> {
    let limit = job.memory.as_ref().and_then(|memory| memory.limit.as_ref());
    let limit = limit
        .map(|limit| Text::from(format!("{} of {} used, limit: {}", limit.used, limit.limit, limit.scope)));
    let whole = rise.is_whole.then(|| Text::from("the whole cgroup was killed at once (memory.oom.group)"));
    limit.into_iter().chain(whole).collect()
}

fn find<'a>(job: &'a Job, id: &MemberId) -> Option<&'a Member> {
    job.members.iter().find(|member| member.id == *id)
}
