//! Members from readings: rates from two counters, parts in the job, what each is doing; pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::growth::growth;
use crate::model::clock::Moment;
use crate::model::member::{Activity, Counters, IoRates, Member, MemberId, Role};
use crate::model::pool::Pool;
use crate::model::process::{Exit, ProcState};
use crate::model::reading::MemberReading;

/// Lost members kept in the table; their number is counted beyond.
const LOST_KEPT: usize = 100;
/// CPU below this share of one CPU is housekeeping: a sleeping Python parent wakes for its GIL and signals.
const BUSY_SHARE: f64 = 0.03;
/// Shortest time between two counters of which a rate is told.
const SHORTEST_RATE: Duration = Duration::from_millis(150);
/// Command lines of processes that a language puts beside its workers.
const TRACKERS: [&str; 3] =
    ["multiprocessing.resource_tracker", "multiprocessing.semaphore_tracker", "multiprocessing.forkserver"];

/// Members that ended in this round, by how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Workers that ended badly.
    pub lost: u32,
    /// Workers that ended in good order.
    pub finished: u32,
}

/// What surrounds the members of one job in this round.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// The members in the snapshot before, by identity.
    pub before: &'a [Member],
    /// How members ended that vanished.
    pub exits: &'a [(MemberId, Exit)],
    /// Now.
    pub now: Moment,
    /// When the snapshot before was taken; `None` in a job's first round.
    pub since: Option<Moment>,
    /// True when the whole job ended in this round: its members end with it and are not lost.
    pub job_ended: bool,
}

/// The members after this round, by identity, and the workers that ended in it.
pub fn advance(round: &Round<'_>, readings: Vec<MemberReading>) -> (Vec<Member>, Ended) {
    let mut members = Vec::with_capacity(readings.len() + 8);
    let mut before = round.before.iter().peekable();
    let mut readings = readings;
    readings.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let mut vanished = Vec::new();
    for reading in readings {
        while let Some(old) = before.next_if(|old| old.id < reading.id) {
            vanished.push(old);
        }
        let old = before.next_if(|old| old.id == reading.id);
        members.push(member(reading, old, round));
    }
    vanished.extend(before);
    assign_roles(&mut members, round.before);
    let mut ended = Ended::default();
    settle_zombies(&mut members, round, &mut ended);
    let known: HashMap<&MemberId, Exit> = round.exits.iter().map(|(id, exit)| (id, *exit)).collect();
    let mut gone: Vec<Member> =
        vanished.into_iter().filter_map(|old| departed(old, &known, round, &mut ended)).collect();
    keep_newest(&mut gone);
    members.append(&mut gone);
    members.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    (members, ended)
}

/// Gives each member the pool of threads that was seen in it; who has ended has none.
pub fn take_pools(members: &mut [Member], pools: Vec<(MemberId, Arc<Pool>)>) {
    for (id, pool) in pools {
        if let Ok(at) = members.binary_search_by(|member| member.id.cmp(&id))
            && members[at].activity.is_alive()
        {
            members[at].pool = Some(pool);
        }
    }
}

/// One member that is there: its rates are born here, from two counters.
fn member(reading: MemberReading, old: Option<&Member>, round: &Round<'_>) -> Member {
    let (cpu, cpu_from) = cpu(&reading, old, round);
    let (io, counters) = rates(&reading, old, round.now);
    let (cpu_ms, cpu_at) = cpu_from;
    let major_faults = reading.paging.major_faults;
    let activity = activity(&reading, cpu, old);
    // A zombie has given its memory back: what it held when it last lived is what tells.
    let is_zombie = reading.exit.is_some();
    let memory = if is_zombie { old.and_then(|old| old.memory) } else { reading.rss };
    let parts = if is_zombie { old.and_then(|old| old.parts) } else { reading.paging.parts };
    let then = old.and_then(|old| old.counters.memory_then);
    let (growth, memory_then) = if is_zombie { (None, then) } else { growth(then, reading.rss, round.now) };
    let counters = Counters { cpu_ms, cpu_at, major_faults, memory_then, ..counters };
    Member {
        id: reading.id,
        about: reading.about,
        parent: reading.parent,
        role: Role::Helper,
        pooled: false,
        state: reading.state,
        activity,
        cpu,
        memory,
        parts,
        growth,
        io,
        threads: reading.threads,
        pool: None,
        waits_for: reading.waits_for,
        ended: old.and_then(|old| old.ended),
        counters,
    }
}

/// CPUs in use, and the counter they are measured from next with its moment.
///
/// `/proc` counts in ticks of 10 ms, so that a rate over a few milliseconds is noise: rounds that follow each other
/// that fast keep the rate and the counter of the one before.
fn cpu(
    reading: &MemberReading,
    old: Option<&Member>,
    round: &Round<'_>,
) -> (Option<f64>, (u64, Option<Moment>)) {
    let newest = (reading.cpu_ms, Some(round.now));
    if reading.exit.is_some() {
        return (None, newest);
    }
    let rate = |ms: u64, span: Duration| Some(ms as f64 / 1_000.0 / span.as_secs_f64());
    let Some(old) = old else {
        // Who was born since the last round used all of its time since then.
        let born = round.since.filter(|&since| reading.about.started.is_some_and(|started| started >= since));
        let span = born.map(|since| round.now.since(since)).filter(|&span| span >= SHORTEST_RATE);
        return (span.and_then(|span| rate(reading.cpu_ms, span)), newest);
    };
    let Some(at) = old.counters.cpu_at else { return (None, newest) };
    let span = round.now.since(at);
    if span < SHORTEST_RATE {
        return (old.cpu, (old.counters.cpu_ms, old.counters.cpu_at));
    }
    (rate(reading.cpu_ms.saturating_sub(old.counters.cpu_ms), span), newest)
}

/// I/O rates. Counters that were not read in this round leave the rate as it was.
fn rates(reading: &MemberReading, old: Option<&Member>, now: Moment) -> (Option<IoRates>, Counters) {
    let before = old.map(|old| old.counters).unwrap_or_default();
    if reading.exit.is_some() {
        return (None, before);
    }
    let Some((read, written)) = reading.io else {
        return (old.and_then(|old| old.io), before);
    };
    let rate = match (before.io, before.io_at) {
        (Some((old_read, old_written)), Some(at)) if now > at => {
            let seconds = now.since(at).as_secs_f64();
            Some(IoRates {
                read: read.saturating_sub(old_read) as f64 / seconds,
                written: written.saturating_sub(old_written) as f64 / seconds,
            })
        }
        _ => None,
    };
    (rate, Counters { io: Some((read, written)), io_at: Some(now), ..before })
}

fn activity(reading: &MemberReading, cpu: Option<f64>, old: Option<&Member>) -> Activity {
    if let Some(exit) = reading.exit {
        let judged = |old: &Activity| !old.is_alive() && *old != Activity::Finished(Exit::Unknown);
        return old.map(|old| old.activity).filter(judged).unwrap_or(Activity::Finished(exit));
    }
    match (reading.busy, reading.state) {
        (Some(true), _) => Activity::Busy,
        (Some(false), _) => Activity::Idle,
        (None, Some(ProcState::Stopped | ProcState::Traced)) => Activity::Stopped,
        (None, Some(ProcState::Running)) => Activity::Busy,
        (None, _) if cpu.is_some_and(|cpu| cpu >= BUSY_SHARE) => Activity::Busy,
        (None, Some(ProcState::DiskSleep)) => Activity::Blocked,
        (None, _) => Activity::Idle,
    }
}

/// Says who is a worker.
///
/// Two or more children of one parent that run the same command line (numbers apart) are a pool, and who was a
/// worker once stays one. Where there is no pool, the members without children are the ones that do the work.
fn assign_roles(members: &mut [Member], before: &[Member]) {
    let pooled: HashSet<&MemberId> = before.iter().filter(|old| old.pooled).map(|old| &old.id).collect();
    let lost = before.iter().filter(|old| old.role == Role::Worker && old.ended.is_some());
    let families = families(members.iter().chain(lost));
    let pids: HashSet<u32> = members.iter().filter_map(|member| member.id.pid()).collect();
    let is_tracker = |member: &Member| TRACKERS.iter().any(|name| member.about.command.contains(name));
    let parents: HashSet<u32> =
        members.iter().filter(|member| !is_tracker(member)).filter_map(|member| member.parent).collect();
    let in_pool = |member: &Member| {
        pooled.contains(&member.id)
            || matches!(member.id, MemberId::Named(_))
            || member.parent.is_some_and(|parent| pids.contains(&parent)) && families[&family(member)] > 1
    };
    let has_pool = members.iter().any(in_pool);
    for member in members.iter_mut() {
        let is_root = member.parent.is_none_or(|parent| !pids.contains(&parent)) && member.id.pid().is_some();
        let is_leaf = member.id.pid().is_none_or(|pid| !parents.contains(&pid)) && !is_tracker(member);
        member.pooled = in_pool(member);
        let works = if has_pool { member.pooled } else { is_leaf };
        member.role = match (works, is_root) {
            (true, _) => Role::Worker,
            (false, true) => Role::Root,
            (false, false) => Role::Helper,
        };
    }
}

/// A zombie ended though it is still listed: it is counted once, when it is first seen. One that doesn't show how it
/// ended, as that of another user, may tell when it is reaped, and is judged then.
fn settle_zombies(members: &mut [Member], round: &Round<'_>, ended: &mut Ended) {
    for member in members {
        if let (Activity::Finished(exit @ (Exit::Code(_) | Exit::Signal(_))), None) =
            (member.activity, member.ended)
        {
            member.activity = judged(member, exit, round);
            member.ended = Some(round.now);
            count(member, ended);
        }
    }
}

/// What becomes of a member that is not listed any more: lost ones stay in the table, others leave it.
fn departed(
    old: &Member,
    known: &HashMap<&MemberId, Exit>,
    round: &Round<'_>,
    ended: &mut Ended,
) -> Option<Member> {
    let mut member = old.clone();
    if member.ended.is_none() {
        let exit = known.get(&member.id).copied().unwrap_or(Exit::Unknown);
        member.activity = judged(&member, exit, round);
        member.ended = Some(round.now);
        count(&member, ended);
    }
    member.state = None;
    member.cpu = None;
    member.io = None;
    member.growth = None;
    member.waits_for = None;
    member.pool = None;
    matches!(member.activity, Activity::Lost(_)).then_some(member)
}

/// Lost or finished?
fn judged(member: &Member, exit: Exit, round: &Round<'_>) -> Activity {
    let pool = round.before.iter().filter(|other| family(other) == family(member)).take(2).count() > 1;
    let lost = match exit {
        _ if round.job_ended => false,
        Exit::Signal(_) => exit.is_loss(),
        // Outside of a pool an error code is an answer: `grep` found nothing.
        Exit::Code(_) => exit.is_loss() && pool && member.role == Role::Worker,
        // A kernel that doesn't tell gives no ground to accuse: most workers end in good order.
        Exit::Unknown => false,
    };
    if lost { Activity::Lost(exit) } else { Activity::Finished(exit) }
}

/// Children of one parent that run the same command line have this in common.
fn family(member: &Member) -> (Option<u32>, u64) {
    (member.parent, member.about.family)
}

/// How many there are of each family.
fn families<'a>(members: impl Iterator<Item = &'a Member>) -> HashMap<(Option<u32>, u64), u32> {
    let mut families = HashMap::new();
    for member in members {
        *families.entry(family(member)).or_default() += 1;
    }
    families
}

fn count(member: &Member, ended: &mut Ended) {
    if member.role == Role::Worker {
        match member.activity {
            Activity::Lost(_) => ended.lost += 1,
            _ => ended.finished += 1,
        }
    }
}

fn keep_newest(lost: &mut Vec<Member>) {
    if lost.len() > LOST_KEPT {
        lost.sort_by_key(|member| std::cmp::Reverse(member.ended));
        lost.truncate(LOST_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::member::About;

    /// A process: PID, parent, command line.
    type Process = (u32, u32, &'static str);
    type Roles = &'static [(u32, Role)];

    fn reading(&(pid, parent, command): &Process) -> MemberReading {
        let about = About { family: crate::proc::parse::family(command), ..About::default() };
        MemberReading {
            id: id(pid),
            about: Arc::new(about),
            parent: Some(parent),
            state: Some(ProcState::Sleeping),
            cpu_ms: 0,
            rss: None,
            paging: crate::model::reading::Paging::default(),
            io: None,
            threads: 1,
            waits_for: None,
            busy: None,
            exit: None,
        }
    }

    fn id(pid: u32) -> MemberId {
        MemberId::Process { pid, start: 1 }
    }

    fn after(before: &[Member], exits: &[(u32, Exit)], processes: &[Process]) -> (Vec<Member>, Ended) {
        let exits: Vec<_> = exits.iter().map(|&(pid, exit)| (id(pid), exit)).collect();
        let round =
            Round { before, exits: &exits, now: Moment::from_millis(1_000), since: None, job_ended: false };
        advance(&round, processes.iter().map(reading).collect())
    }

    fn roles(members: &[Member]) -> Vec<(u32, Role)> {
        members.iter().filter_map(|member| Some((member.id.pid()?, member.role))).collect()
    }

    #[test]
    fn workers_are_told_from_those_who_hold_them() {
        use Role::{Helper, Root, Worker};
        let cases: [(&[Process], Roles); 5] = [
            // A pool forked by its parent, with the tracker that Python starts beside it.
            (
                &[
                    (10, 1, "python3 etl.py"),
                    (11, 10, "python3 -c track"),
                    (12, 10, "python3 etl.py"),
                    (13, 10, "python3 etl.py"),
                ],
                &[(10, Root), (11, Helper), (12, Worker), (13, Worker)],
            ),
            // Spawned workers differ in their numbers only.
            (
                &[(10, 1, "python3 etl.py"), (12, 10, "spawn fd=5"), (13, 10, "spawn fd=17")],
                &[(10, Root), (12, Worker), (13, Worker)],
            ),
            // A shell around the parent of the pool.
            (
                &[(9, 1, "sh -c …"), (10, 9, "etl"), (12, 10, "w 1"), (13, 10, "w 2")],
                &[(9, Root), (10, Helper), (12, Worker), (13, Worker)],
            ),
            // No pool: who has no children does the work.
            (&[(9, 1, "sh -c …"), (10, 9, "etl")], &[(9, Root), (10, Worker)]),
            (&[(10, 1, "etl")], &[(10, Worker)]),
        ];
        for (processes, expected) in cases {
            assert_eq!(roles(&after(&[], &[], processes).0), expected, "{processes:?}");
        }
    }

    #[test]
    fn the_last_worker_of_a_pool_stays_a_worker_and_a_lone_parent_does_not() {
        let (alone, _) = after(&[], &[], &[(10, 1, "etl")]);
        assert_eq!(roles(&alone), [(10, Role::Worker)]);
        let (pool, _) = after(&alone, &[], &[(10, 1, "etl"), (11, 10, "etl"), (12, 10, "etl")]);
        assert_eq!(roles(&pool)[0], (10, Role::Root));
        let (last, _) = after(&pool, &[(12, Exit::Code(0))], &[(10, 1, "etl"), (11, 10, "etl")]);
        assert_eq!(roles(&last), [(10, Role::Root), (11, Role::Worker)]);
    }

    #[test]
    fn a_tool_that_answers_with_a_code_is_not_lost_and_a_pool_worker_is() {
        let (script, _) = after(&[], &[], &[(10, 1, "sh build"), (11, 10, "grep x")]);
        let (_, ended) = after(&script, &[(11, Exit::Code(1))], &[(10, 1, "sh build")]);
        assert_eq!(ended, Ended { lost: 0, finished: 1 });
        let (pool, _) = after(&[], &[], &[(10, 1, "etl"), (11, 10, "etl"), (12, 10, "etl")]);
        let (_, ended) = after(&pool, &[(11, Exit::Code(1))], &[(10, 1, "etl"), (12, 10, "etl")]);
        assert_eq!(ended, Ended { lost: 1, finished: 0 });
    }

    #[test]
    fn a_zombie_that_hides_its_end_is_judged_when_it_is_reaped() {
        let processes: [Process; 3] = [(10, 1, "etl"), (11, 10, "etl"), (12, 10, "etl")];
        let (pool, _) = after(&[], &[], &processes);
        let mut readings: Vec<_> = processes.iter().map(reading).collect();
        readings[1].exit = Some(Exit::Unknown);
        let exits = [(id(11), Exit::Signal(9))];
        let now = Moment::from_millis(2_000);
        let round = Round { before: &pool, exits: &[], now, since: None, job_ended: false };
        let (zombie, ended) = advance(&round, readings);
        assert_eq!((ended, zombie[1].activity.is_alive()), (Ended::default(), false));
        let round = Round { before: &zombie, exits: &exits, ..round };
        let (_, ended) = advance(&round, [processes[0], processes[2]].iter().map(reading).collect());
        assert_eq!(ended, Ended { lost: 1, finished: 0 });
    }

    #[test]
    fn a_pid_given_anew_is_another_member() {
        let (before, _) = after(&[], &[], &[(10, 1, "etl"), (11, 10, "w"), (12, 10, "w")]);
        let mut again = reading(&(11, 10, "w"));
        again.id = MemberId::Process { pid: 11, start: 2 };
        let round = Round {
            before: &before,
            exits: &[(id(11), Exit::Signal(9))],
            now: Moment::from_millis(2_000),
            since: None,
            job_ended: false,
        };
        let readings = vec![reading(&(10, 1, "etl")), again, reading(&(12, 10, "w"))];
        let (members, ended) = advance(&round, readings);
        assert_eq!(ended.lost, 1);
        assert_eq!(members.iter().filter(|member| member.id.pid() == Some(11)).count(), 2);
    }
}
