//! `fold`: the snapshot before and new readings make the next snapshot, and wishes.
//!
//! Pure: time is an argument, nothing is read. Live watching and tests on recorded readings share it.

use std::time::Duration;

use super::{gauges, members, pressure, restarts, rests, rooms, shared, signs};
use crate::alert::rule;
use crate::config::limits::Limits;
use crate::detect::frozen::is_judged;
use crate::detect::{DETECTORS, Past};
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobId, JobKind, Phase, Progress, WorkerCounts};
use crate::model::log::{LogLine, LogTail};
use crate::model::member::Member;
use crate::model::metric::Bytes;
use crate::model::reading::{JobReading, Readings};
use crate::model::snapshot::{Notice, OwnCost, Snapshot, VERSION};
use crate::model::sum::Sum;
use crate::model::text::Text;
use crate::model::verdict::{Claim, Verdict};

/// What the fold wishes for; whoever drives the sampler grants it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell somebody of an alert that began, or became worse than was ever told.
    Notify(Alert),
}

/// The next snapshot. `now` is when the readings were taken.
pub fn fold(before: &Snapshot, readings: Readings, limits: &Limits, now: Moment) -> (Snapshot, Vec<Effect>) {
    let slept = readings.slept;
    let mut problems = readings.problems;
    problems.extend(readings.jobs.iter().filter_map(|reading| deaf(reading, limits)));
    let elapsed = if before.seq == 0 { Duration::ZERO } else { now.since(before.at).saturating_sub(slept) };
    let mut snapshot = Snapshot {
        version: VERSION,
        seq: before.seq + 1,
        at: now,
        wall: readings.wall,
        interval: before.interval,
        hosts: readings.hosts,
        jobs: readings.jobs.into_iter().map(|reading| job(before, reading, slept, now)).collect(),
        sum: None,
        alerts: Vec::new(),
        notices: notices(&before.notices, problems, now),
        own: own_cost(&before.own, readings.own, readings.late, elapsed),
    };
    snapshot.extend(before);
    snapshot.sum = Sum::of(&snapshot.jobs, now);
    let told = shared::told_once(claims(&snapshot, limits), &snapshot, &before.alerts);
    let (alerts, begun) = rule::advance(&before.alerts, &told, now);
    snapshot.alerts = alerts;
    let effects = begun.into_iter().map(Effect::Notify).collect();
    (snapshot, effects)
}

fn job(before: &Snapshot, mut reading: JobReading, slept: Duration, now: Moment) -> Job {
    gauges::forget_older_runs(&mut reading);
    let old = before.job(&reading.id);
    let frozen = reading.frozen.take().filter(|_| reading.ended.is_none());
    // Who is frozen is as little silent as who sleeps.
    let is_cold = frozen.is_some() && old.is_some_and(|old| old.frozen.is_some());
    let slept = if is_cold { now.since(before.at) } else { slept };
    let phase = match (old.map(|old| old.phase), reading.ended) {
        (Some(ended @ Phase::Ended { .. }), _) => ended,
        (_, Some(exit)) => Phase::Ended { exit, at: now },
        _ => Phase::Running,
    };
    let nothing = Progress::default();
    let rested = old.filter(|_| !slept.is_zero()).map(|old| old.history.clone().awake_again(slept));
    let counted = old.filter(|_| !reading.is_anew);
    let progress = gauges::progress(
        counted.map_or(&nothing, |old| &old.progress),
        &reading,
        counted.map(|old| rested.as_ref().unwrap_or(&old.history)),
        now,
    );
    // The first value of another counter is no rise.
    let rose = !reading.is_anew && gauges::rose(old, &progress);
    let beat = gauges::beat(old.map(|old| &old.beat), &reading, rose, slept, now);
    let log = log(old, &reading);
    let found = std::mem::take(&mut reading.signs);
    let signs = signs::advance(old.map(|old| &old.signs), found, log.seen, old.map(|old| &old.history));
    let is_ending = phase != Phase::Running || reading.is_root_ending;
    let (members, workers) = members(before, old, &mut reading, is_ending, slept, now);
    let gone = old.map_or((&[][..], &[][..]), |old| (&old.restarts, &old.members));
    let restarts = restarts::advance(gone.0, gone.1, &members, &reading.exits, now);
    let found = std::mem::take(&mut reading.rooms);
    let rooms = rooms::advance(old.map_or(&[], |old| &old.rooms), found, now);
    let faults = old.and_then(|old| pressure::major_faults(&old.members, &members, Some(before.at), now));
    let pressed = old.and_then(|old| old.pressure.as_ref());
    let ends = super::oom::Round {
        members: &members,
        exits: &reading.exits,
        phase,
        since: old.map(|_| before.at),
        now,
    };
    let killed = super::oom::advance(old.and_then(|old| old.oom.as_ref()), reading.oom, &ends);
    let intro = reading.intro;
    Job {
        id: reading.id,
        name: intro.name.clone(),
        kind: intro.kind,
        host: intro.host.clone(),
        started: intro.started,
        phase,
        memory: gauges::memory(reading.memory.as_ref(), &members, old, now),
        pressure: pressure::pressure(pressed, reading.pressure, faults, now),
        oom: killed,
        gpu: reading.gpu,
        cpu: gauges::cpu(&members),
        io: reading.io.or_else(|| gauges::io(&members)),
        workers,
        progress,
        intake: reading.intake,
        beat,
        members,
        restarts,
        rooms,
        log,
        signs,
        frozen,
        history: crate::model::history::History::default(),
    }
}

/// The members after this round, and the workers among them counted.
fn members(
    before: &Snapshot,
    old: Option<&Job>,
    reading: &mut JobReading,
    job_ended: bool,
    slept: Duration,
    now: Moment,
) -> (Vec<Member>, WorkerCounts) {
    let past = old.map(|old| old.workers).unwrap_or_default();
    let Some(found) = reading.members.take() else {
        return (old.map(|old| old.members.clone()).unwrap_or_default(), reading.workers.unwrap_or(past));
    };
    let round = members::Round {
        before: old.map_or(&[], |old| &old.members),
        exits: &reading.exits,
        now,
        since: old.map(|_| before.at),
        job_ended,
    };
    let (mut members, ended) = members::advance(&round, found);
    rests::feel(&mut members, slept, now);
    members::take_pools(&mut members, std::mem::take(&mut reading.pools));
    let counts = WorkerCounts {
        lost: past.lost + ended.lost,
        finished: past.finished + ended.finished,
        ..WorkerCounts::alive_among(&members)
    };
    (members, reading.workers.unwrap_or(counts))
}

fn log(old: Option<&Job>, reading: &JobReading) -> LogTail {
    let fresh: Vec<_> =
        reading.lines.iter().map(|line| LogLine { at: line.at, text: line.text.clone() }).collect();
    let seen = old.map_or(0, |old| old.log.seen) + fresh.len() as u64 + reading.lines_skipped;
    LogTail { seen, partial: reading.partial.clone(), fresh, ..LogTail::default() }
}

fn claims(snapshot: &Snapshot, limits: &Limits) -> Vec<(JobId, Claim)> {
    let mut claims = Vec::new();
    for job in &snapshot.jobs {
        let past = Past { job, now: snapshot.at, interval: snapshot.interval };
        for detector in DETECTORS {
            if let Verdict::Raised(mut raised) = detector(&past, limits) {
                raised.retain(|claim| job.frozen.is_none() || is_judged(claim.condition));
                claims.extend(raised.into_iter().map(|claim| (job.id.clone(), claim)));
            }
        }
    }
    claims
}

/// Says that a limit which somebody set can't be judged: `--heartbeat` without anything that could beat.
fn deaf(reading: &JobReading, limits: &Limits) -> Option<Text> {
    let name = &reading.intro.name;
    let is_deaf = limits.is_heartbeat_asked
        && limits.heartbeat.is_some()
        && reading.beat_sources.is_empty()
        && reading.ended.is_none()
        && reading.intro.kind != JobKind::Scan;
    is_deaf.then(|| {
        Text::from(format!(
            "--heartbeat has nothing to go by: {name} shows no output that can be read along; --log FILE names one"
        ))
    })
}

fn notices(before: &[Notice], problems: Vec<Text>, now: Moment) -> Vec<Notice> {
    let since = |text: &Text| before.iter().find(|old| old.text == *text).map_or(now, |old| old.since);
    problems.into_iter().map(|text| Notice { since: since(&text), text }).collect()
}

fn own_cost(before: &OwnCost, own: (u64, Bytes), late: Duration, elapsed: Duration) -> OwnCost {
    let (cpu_ms, memory) = own;
    let seconds = elapsed.as_secs_f64();
    let used = cpu_ms.saturating_sub(before.cpu_ms) as f64 / 1_000.0;
    OwnCost { cpu: if seconds > 0.0 { used / seconds } else { 0.0 }, memory, late, cpu_ms }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn rates_are_born_from_two_readings() {
        let mut script = Script::new();
        let job = script.round(|reading| reading.members = Some(pool(&[11, 12], 0)));
        assert_eq!((job.cpu, job.workers.alive, job.workers.busy), (None, 2, 0));
        let job = script.round(|reading| reading.members = Some(pool(&[11, 12], 500)));
        assert_eq!(job.cpu, Some(1.0));
        assert_eq!((job.workers.busy, job.members[0].role), (2, Role::Root));
        assert_eq!(job.memory.as_ref().map(|memory| memory.used), Some(Bytes(3 << 20)));
    }

    #[test]
    fn a_killed_worker_is_lost_in_the_round_it_vanishes() {
        let mut script = Script::new();
        script.round(|reading| reading.members = Some(pool(&[11, 12], 0)));
        let killed = MemberId::Process { pid: 12, start: 12 };
        let id = killed.clone();
        let job = script.round(|reading| {
            reading.members = Some(pool(&[11, 13], 0));
            reading.exits.push((id, Exit::Signal(9)));
        });
        assert_eq!((job.workers.alive, job.workers.lost), (2, 1));
        let member = job.members.iter().find(|member| member.id == killed).expect("lost members stay");
        assert_eq!((member.activity, member.role), (Activity::Lost(Exit::Signal(9)), Role::Worker));
        let [Effect::Notify(alert)] = script.effects.as_slice() else { panic!("one alert begins") };
        assert_eq!(alert.claim.condition, Condition::WorkerLost);
        assert_eq!(alert.claim.headline.as_str(), "worker 12 lost: killed by SIGKILL");
        let job = script.round(|reading| reading.members = Some(pool(&[11, 13], 0)));
        assert_eq!(job.workers.lost, 1, "counted once");
    }

    #[test]
    fn a_frozen_job_is_accused_of_nothing_and_its_heartbeat_stands_still() {
        let mut script = Script::new();
        let at = script.at;
        script.round(|reading| reading.lines.push(count(1, 200, at)));
        let frozen = crate::model::freeze::Frozen {
            since: crate::model::clock::WallTime(0),
            by: crate::model::freeze::FrozenBy::Guard(0.9),
            processes: 3,
            going: Vec::new(),
            evidence: vec![Text::from("55 of 62 GiB used")],
            then: None,
            target: Text::from("etl"),
        };
        for _ in 0..300 {
            script.round(|reading| {
                reading.frozen = Some(frozen.clone());
                let stopped = |member| MemberReading { state: Some(ProcState::Stopped), ..member };
                reading.members = Some(pool(&[11, 12], 0).into_iter().map(stopped).collect());
            });
        }
        let claims: Vec<_> = script.snapshot.active_alerts().map(|alert| alert.claim.condition).collect();
        assert_eq!(claims, [Condition::Frozen]);
        let age = script.snapshot.jobs[0].beat.age(script.snapshot.at);
        assert!(age <= Some(Duration::from_secs(2)), "{age:?}");
        for _ in 0..30 {
            script.round(|reading| reading.members = Some(pool(&[11, 12], 0)));
        }
        assert_eq!(script.snapshot.active_alerts().count(), 0, "it has its time from now on");
        let age = script.snapshot.jobs[0].beat.age(script.snapshot.at);
        assert!(age >= Some(Duration::from_secs(30)), "{age:?}");
    }

    #[test]
    fn an_orderly_end_of_a_pool_is_no_loss() {
        for exit in [Exit::Code(0), Exit::Signal(15)] {
            let mut script = Script::new();
            script.round(|reading| reading.members = Some(pool(&[11, 12], 0)));
            let job = script.round(|reading| {
                reading.members = Some(pool(&[], 0));
                let ended = [11, 12].map(|pid| (MemberId::Process { pid, start: u64::from(pid) }, exit));
                reading.exits.extend(ended);
            });
            assert_eq!((job.workers.lost, job.workers.finished), (0, 2));
            assert!(script.snapshot.alerts.is_empty());
        }
    }

    #[test]
    fn throughput_and_time_left_follow_the_counter() {
        let mut script = Script::new();
        for second in 0..=10_u64 {
            let at = script.at;
            script.round(|reading| reading.lines.push(count(second * 5, 200, at)));
        }
        let progress = &script.snapshot.jobs[0].progress;
        assert_eq!((progress.done, progress.total, progress.throughput), (Some(50), Some(200), Some(5.0)));
        assert_eq!(progress.time_left, Some(Duration::from_secs(30)));
        let beat = &script.snapshot.jobs[0].beat;
        assert_eq!(beat.last_source.as_deref(), Some("a counter that rose"));
        assert_eq!(beat.usual_gap, Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_total_goes_with_the_bar_that_told_it() {
        let mut script = Script::new();
        let at = script.at;
        script.round(|reading| reading.lines.push(count(10, 10, at)));
        let job = script.round(|reading| {
            let counters = CountersRead { done: Some(11), is_pair: true, ..CountersRead::default() };
            reading.lines.push(LineReading { counters, ..count(0, 0, at) });
        });
        assert_eq!((job.progress.done, job.progress.total), (Some(11), None));
    }

    #[test]
    fn another_source_begins_another_past() {
        let mut script = Script::new();
        for second in 0..=10_u64 {
            let at = script.at;
            script.round(|reading| reading.lines.push(count(second, 10, at)));
        }
        for second in 0..=3_u64 {
            let at = script.at;
            script.round(|reading| {
                let pattern = Some(Text::from("rsync"));
                reading.lines.push(LineReading { pattern, ..count(5_000 + second, 9_000, at) });
            });
        }
        assert_eq!(script.snapshot.jobs[0].progress.throughput, Some(1.0), "5,000 were not done in a second");
    }

    #[test]
    fn an_inner_bar_that_moves_is_a_beat() {
        let mut script = Script::new();
        for _ in 0..100 {
            let at = script.at;
            script.round(|reading| {
                reading.lines.push(count(1, 3, at));
                reading.bar_moved = Some(at);
            });
        }
        assert!(script.snapshot.alerts.is_empty());
        assert_eq!(script.snapshot.jobs[0].beat.last_source.as_deref(), Some("a bar that moved"));
        for _ in 0..61 {
            let at = script.at;
            script.round(|reading| reading.lines.push(count(1, 3, at)));
        }
        let silent: Vec<_> = script.snapshot.active_alerts().map(|alert| alert.claim.condition).collect();
        assert_eq!(silent, [Condition::NoHeartbeat], "it is drawn, and stands still");
    }

    #[test]
    fn silence_raises_an_alert_and_a_beat_ends_it() {
        let mut script = Script::new();
        let at = script.at;
        script.round(|reading| reading.lines.push(count(5, 200, at)));
        for _ in 0..61 {
            script.round(|_| {});
        }
        let silent = script.snapshot.active_alerts().map(|alert| alert.claim.condition).collect::<Vec<_>>();
        assert_eq!(silent, [Condition::NoHeartbeat]);
        let at = script.at;
        script.round(|reading| reading.lines.push(count(6, 200, at)));
        assert_eq!(script.snapshot.active_alerts().count(), 0);
        assert_eq!(script.snapshot.alerts.len(), 1, "an ended alert is kept");
    }

    #[test]
    fn a_job_that_says_how_it_is_is_believed() {
        use crate::model::said::SaidState;
        // What it says after its last beat, and the first and the last of a hundred seconds in which it is told.
        let at = Moment::from_millis(1_000_000);
        let after = |seconds: u64| Some(at.plus(Duration::from_secs(seconds)));
        let cases = [
            (SaidState::default(), Some(61)),
            (SaidState { watchdog_ms: Some(20_000), ..SaidState::default() }, Some(21)),
            (SaidState { patience_until: after(80), ..SaidState::default() }, Some(80)),
            (SaidState { stopping: after(0), ..SaidState::default() }, Some(90)),
            (SaidState { triggered: after(0), ..SaidState::default() }, Some(0)),
        ];
        for (said, expected) in cases {
            let mut script = Script::new();
            script.round(|reading| {
                reading.lines.push(count(5, 200, at));
                reading.said_state = Some(said);
            });
            let mut told = script.snapshot.active_alerts().next().map(|_| 0);
            for second in 1..100 {
                script.round(|_| {});
                let is_told = script.snapshot.active_alerts().next().is_some();
                told = told.or(is_told.then_some(second));
            }
            assert_eq!(told, expected, "{said:?}");
        }
    }

    #[test]
    fn without_a_source_of_beats_no_silence_is_claimed() {
        let mut script = Script::new();
        for _ in 0..200 {
            script.round(|reading| reading.beat_sources.clear());
        }
        assert!(script.snapshot.alerts.is_empty());
    }

    #[test]
    fn a_heartbeat_limit_without_a_source_is_told() {
        let mut script = Script::new();
        for (is_asked, notices) in [(false, 0), (true, 1)] {
            script.limits.is_heartbeat_asked = is_asked;
            script.round(|reading| reading.beat_sources.clear());
            assert_eq!(script.snapshot.notices.len(), notices);
        }
        script.round(|_| {});
        assert!(script.snapshot.notices.is_empty(), "there is one now");
    }

    #[test]
    fn another_source_of_counters_begins_anew() {
        let mut script = Script::new();
        for second in 0..=10_u64 {
            let at = script.at;
            script.round(|reading| reading.lines.push(count(second * 500, 9_000, at)));
        }
        let beat = script.snapshot.jobs[0].beat.last;
        let job = script.round(|reading| {
            reading.is_anew = true;
            let counters = CountersRead { done: Some(7), ..CountersRead::default() };
            reading.counters = Some((counters, Text::from("chosen: rows=…")));
        });
        let progress = &job.progress;
        assert_eq!((progress.done, progress.total, progress.throughput), (Some(7), None, None));
        assert_eq!((job.beat.last, job.history.done.len()), (beat, 1), "a choice is no beat");
        for done in 8..=12 {
            let at = script.at;
            script.round(|reading| {
                let counters = CountersRead { done: Some(done), ..CountersRead::default() };
                let pattern = Some(Text::from("chosen: rows=…"));
                reading.lines.push(LineReading { counters, pattern, ..count(0, 0, at) });
            });
        }
        assert_eq!(script.snapshot.jobs[0].progress.throughput, Some(1.0));
    }

    #[test]
    fn a_log_of_an_older_run_tells_nothing_of_this_one() {
        let mut script = Script::new();
        let yesterday = Moment::from_millis(400_000);
        let job = script.round(|reading| reading.lines.push(count(200, 200, yesterday)));
        assert_eq!((job.progress.done, job.beat.last, job.log.seen), (None, None, 1));
        assert!(script.snapshot.alerts.is_empty(), "nobody was silent yet");
    }

    #[test]
    fn a_suspended_machine_is_no_silent_job() {
        let mut script = Script::new();
        let at = script.at;
        script.round(|reading| reading.lines.push(count(5, 200, at)));
        script.slept = Duration::from_hours(8);
        script.at = script.at.plus(script.slept);
        script.round(|_| {});
        let age = script.snapshot.jobs[0].beat.age(script.snapshot.at);
        assert_eq!(age, Some(Duration::from_secs(1)));
        assert!(script.snapshot.alerts.is_empty());
    }

    #[test]
    fn counters_of_several_patterns_are_all_kept() {
        let mut script = Script::new();
        let at = script.at;
        let job = script.round(|reading| {
            reading.lines.push(count(7, 9, at));
            let counters = CountersRead { in_flight: Some(3), ..CountersRead::default() };
            reading.lines.push(LineReading { counters, ..count(0, 0, at) });
        });
        assert_eq!((job.progress.done, job.progress.in_flight), (Some(7), Some(3)));
    }

    #[test]
    fn rounds_that_follow_at_once_keep_the_rate() {
        let mut script = Script::new();
        script.round(|reading| reading.members = Some(pool(&[11, 12], 0)));
        script.round(|reading| reading.members = Some(pool(&[11, 12], 100)));
        script.at = Moment::from_millis(script.at.millis() - 995);
        let job = script.round(|reading| reading.members = Some(pool(&[11, 12], 110)));
        assert_eq!(job.cpu, Some(0.2), "one tick in 5 ms is no four CPUs");
    }

    #[test]
    fn an_ended_job_keeps_its_rate_and_waits_for_nothing() {
        let mut script = Script::new();
        for second in 0..=10_u64 {
            let at = script.at;
            script.round(|reading| reading.lines.push(count(second * 5, 200, at)));
        }
        for _ in 0..5 {
            script.round(|reading| reading.ended = Some(Exit::Code(0)));
        }
        let progress = &script.snapshot.jobs[0].progress;
        assert_eq!((progress.throughput, progress.time_left), (Some(5.0), None));
    }

    #[test]
    fn a_zombie_reads_and_writes_no_more() {
        let mut script = Script::new();
        for second in 1..=3_u64 {
            script.round(|reading| {
                let mut members = pool(&[11, 12], 0);
                members[1].io = Some((second << 20, 0));
                members[1].exit = (second == 3).then_some(Exit::Signal(9));
                reading.members = Some(members);
            });
        }
        let member = &script.snapshot.jobs[0].members[1];
        assert_eq!((member.io, member.cpu, member.activity), (None, None, Activity::Lost(Exit::Signal(9))));
    }

    #[test]
    fn losses_at_different_times_are_alerts_of_their_own() {
        let mut script = Script::new();
        let pids: Vec<u32> = (11..=22).collect();
        script.round(|reading| reading.members = Some(pool(&pids, 0)));
        let mut begun = 0;
        for second in 0..100_usize {
            let gone = if second < 30 { 4 } else { 9 };
            let exits: Vec<_> = pids[..gone]
                .iter()
                .map(|&pid| (MemberId::Process { pid, start: u64::from(pid) }, Exit::Signal(9)))
                .collect();
            script.round(|reading| {
                reading.members = Some(pool(&pids[gone..], 0));
                reading.exits = exits;
                reading.beat_sources.clear();
            });
            begun += script.effects.len();
        }
        assert_eq!(begun, 9, "one alert for each, and none twice");
        assert_eq!(script.snapshot.active_alerts().count(), 0, "the job got over it");
    }

    #[test]
    fn a_run_over_time_is_told() {
        let mut script = Script::new();
        script.limits.timeout = Some(Duration::from_secs(3));
        for _ in 0..10 {
            script.round(|_| {});
        }
        let alerts: Vec<_> = script.snapshot.active_alerts().map(|alert| alert.claim.condition).collect();
        assert_eq!(alerts, [Condition::OverTime]);
    }

    #[test]
    fn a_series_read_back_is_the_series_that_was_written() {
        let mut script = Script::new();
        let mut file = Vec::new();
        let mut live = Vec::new();
        for second in 0..5_u64 {
            let at = script.at;
            script.round(|reading| {
                reading.members = Some(pool(&[11, 12], second * 100));
                reading.lines.push(count(second, 9, at));
            });
            crate::history::series::write(&mut file, &script.snapshot).expect("written");
            live.push(script.snapshot.clone());
        }
        let read: Result<Vec<_>, _> = crate::history::series::read(file.as_slice()).collect();
        let mut read = read.expect("every line parses");
        // The family of a command line is not written: it is needed only to make roles, which are.
        for job in live.iter_mut().chain(&mut read).flat_map(|snapshot| &mut snapshot.jobs) {
            for member in &mut job.members {
                Arc::make_mut(&mut member.about).family = 0;
            }
        }
        assert_eq!(read, live);
    }
}
