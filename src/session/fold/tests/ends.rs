//! Members that vanish, fall or end, and jobs that do.

use super::*;

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
