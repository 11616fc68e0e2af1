//! Silence, beats and time: what is told of a job that stands still, and what is not.

use super::*;

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
fn a_run_over_time_is_told() {
    let mut script = Script::new();
    script.limits.timeout = Some(Duration::from_secs(3));
    for _ in 0..10 {
        script.round(|_| {});
    }
    let alerts: Vec<_> = script.snapshot.active_alerts().map(|alert| alert.claim.condition).collect();
    assert_eq!(alerts, [Condition::OverTime]);
}
