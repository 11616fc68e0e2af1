//! When each member was at work last, and how long it has ever rested: pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::member::{Activity, Member, Rests};

/// CPU from this share of one CPU on is work: a tick in a second. Below it a process that is stuck may still have a
/// thread that wakes now and then.
const WORK: f64 = 0.01;
/// Bytes a second from which on reading and writing is work.
const WORK_IO: f64 = 1_024.0;

/// Takes one round of members; time that the machine `slept` is nobody's rest.
pub(super) fn feel(members: &mut [Member], slept: Duration, now: Moment) {
    for member in members.iter_mut().filter(|member| member.activity.is_alive()) {
        if let Some(rests) = &mut member.counters.rests {
            rests.worked = rests.worked.plus(slept).min(now);
        }
        let is_io_new = member.counters.io_at == Some(now);
        let moves = member.io.filter(|_| is_io_new).is_some_and(|io| io.read + io.written >= WORK_IO);
        if member.activity == Activity::Busy || moves || member.cpu.is_some_and(|cpu| cpu >= WORK) {
            let longest = member.counters.rests.map(|rests| rests.longest.max(now.since(rests.worked)));
            member.counters.rests = Some(Rests { worked: now, longest: longest.unwrap_or_default() });
        }
    }
}
