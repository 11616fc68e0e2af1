//! Which members the OOM killer hit, from its counters and from how members ended; pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::job::Phase;
use crate::model::member::{Activity, Member, MemberId};
use crate::model::oom::{Oom, OomCounters, OomRise, OomScope, OomVictim};
use crate::model::process::Exit;

/// A process is counted when it is picked, and gone when its memory is given back: seconds, if that is much.
const LATE: Duration = Duration::from_secs(5);
/// Members that are remembered, as many as the table keeps of lost ones.
const KEPT: usize = 100;
/// SIGKILL.
const KILL: Exit = Exit::Signal(9);

/// What surrounds the counters of one job in this round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round<'a> {
    /// The members after this round, with those that were lost.
    pub(super) members: &'a [Member],
    /// How members ended that vanished.
    pub(super) exits: &'a [(MemberId, Exit)],
    /// Where the job stands after this round.
    pub(super) phase: Phase,
    /// When the snapshot before was taken; `None` in the job's first round.
    pub(super) since: Option<Moment>,
    /// Now.
    pub(super) now: Moment,
}

/// What is known of such kills after this round.
pub(super) fn advance(old: Option<&Oom>, read: Option<OomCounters>, round: &Round<'_>) -> Option<Oom> {
    let mut oom = match (old, &read) {
        (Some(old), _) => old.clone(),
        (None, Some(_)) => Oom::default(),
        (None, None) => return None,
    };
    if let Some(counters) = read {
        if let Some(rise) = old.and_then(|old| rise(&old.counters, &counters, round.now)) {
            (oom.rise, oom.unclaimed) = (Some(rise), rise.by);
        }
        oom.counters = counters;
    }
    let is_fresh = |rise: &OomRise| round.now.since(rise.at) <= LATE || Some(rise.at) >= round.since;
    let Some(rise) = oom.rise.filter(|rise| is_fresh(rise) && oom.unclaimed > 0) else { return Some(oom) };
    if matches!(round.phase, Phase::Ended { exit: KILL, at } if at == round.now) {
        oom.ended_job = Some(rise);
    }
    let hit = hit(&oom, round, rise);
    let of = u32::try_from(hit.len()).unwrap_or(u32::MAX);
    oom.unclaimed = oom.unclaimed.saturating_sub(of.into());
    oom.victims.extend(hit.into_iter().map(|member| OomVictim { member, rise, of }));
    let surplus = oom.victims.len().saturating_sub(KEPT);
    oom.victims.drain(..surplus);
    Some(oom)
}

/// By how much a counter rose. What another control group counts is another number; and where the job's own is
/// known, a kill elsewhere on the host is none of its own.
fn rise(then: &OomCounters, now: &OomCounters, at: Moment) -> Option<OomRise> {
    let by = |then: Option<u64>, now: Option<u64>| now?.checked_sub(then?);
    let (scope, by, is_whole) = match now.in_cgroup {
        Some(_) if now.cgroup == then.cgroup => {
            let is_whole = by(then.whole_cgroup, now.whole_cgroup).is_some_and(|by| by > 0);
            (OomScope::Cgroup, by(then.in_cgroup, now.in_cgroup)?, is_whole)
        }
        Some(_) => return None,
        None => (OomScope::Host, by(then.on_host, now.on_host)?, false),
    };
    (by > 0).then_some(OomRise { scope, by, is_whole, at })
}

/// Members that ended by SIGKILL in this round or in the one before, and are not accounted for yet.
fn hit(oom: &Oom, round: &Round<'_>, rise: OomRise) -> Vec<MemberId> {
    let is_fresh = |ended: Moment| ended == round.now || rise.at == round.now && Some(ended) >= round.since;
    let of_table = round.members.iter().filter(|member| {
        matches!(member.activity, Activity::Lost(KILL) | Activity::Finished(KILL))
            && member.ended.is_some_and(is_fresh)
    });
    let vanished = round.exits.iter().filter(|(_, exit)| *exit == KILL).map(|(id, _)| id);
    let mut hit: Vec<MemberId> = of_table
        .map(|member| &member.id)
        .chain(vanished)
        .filter(|id| oom.of(id).is_none())
        .cloned()
        .collect();
    hit.sort_unstable();
    hit.dedup();
    hit
}
