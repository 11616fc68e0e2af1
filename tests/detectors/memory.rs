//! Memory that runs out, and memory that does not.

use telltales::model::text::Text;
use telltales::model::verdict::{Condition, Severity};

use crate::story::{Story, process, used};

const FORECAST: Condition = Condition::MemoryForecast;

/// So many seconds of this fill, in MiB of 1,000; what began in them.
fn told(seconds: u32, fill: impl Fn(f64) -> f64) -> Story {
    let mut story = Story::new();
    for second in 0..seconds {
        story.second(|reading| reading.memory = Some(used(fill(f64::from(second)))));
    }
    story
}

#[test]
fn a_leak_is_told_before_the_limit_once_and_ever_more_urgent() {
    let mut story = Story::new();
    let (mut warned, mut critical) = (None, None);
    // One MiB a second: full after a thousand.
    for second in 0..960_u32 {
        story.second(|reading| {
            reading.memory = Some(used(f64::from(second)));
            let mib = |n: u32| u64::from(n) << 20;
            let grown = mib(second / 10);
            reading.members =
                Some(vec![process(10, 1, mib(20)), process(11, 10, mib(30)), process(12, 10, grown)]);
        });
        match story.alert(FORECAST).map(|alert| alert.claim.severity) {
            Some(Severity::Warning) => warned = warned.or(Some(second)),
            Some(Severity::Critical) => critical = critical.or(Some(second)),
            None => assert_eq!(warned, None, "it stays, once it was told"),
        }
    }
    assert!(warned.is_some_and(|at| (500..520).contains(&at)), "{warned:?}");
    assert!(critical.is_some_and(|at| (800..850).contains(&at)), "{critical:?}");
    // Told when it begins, and once more when it becomes critical.
    assert_eq!(story.begun, [FORECAST, FORECAST]);
    let claim = &story.alert(FORECAST).expect("it holds").claim;
    let said: Vec<&str> = claim.evidence.iter().map(Text::as_str).collect();
    let said = said.join("\n");
    for words in ["959 MiB of 0.98 GiB used, 41.0 MiB left, limit: cgroup /batch", "it rises by 60"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("worker 12 (python3) grows most: "), "{said}");
    assert!(claim.headline.starts_with("memory full in 4"), "{}", claim.headline);
    // It is given back, and after a while nobody speaks of it any more.
    for _ in 0..40 {
        story.second(|reading| reading.memory = Some(used(300.0)));
    }
    assert_eq!(story.alert(FORECAST), None);
    assert_eq!(story.begun.len(), 2, "and it never flapped");
}

#[test]
fn what_only_looks_like_it_is_not_told() {
    type Fill = fn(f64) -> f64;
    let healthy: [(&str, Fill); 8] = [
        ("flat, and nearly full", |_| 930.0),
        ("a start-up, then flat", |s| 100.0 + s.min(90.0) * 4.0),
        ("two start-ups", |s| 100.0 + s.min(60.0) * 3.0 + (s - 300.0).clamp(0.0, 60.0) * 2.0),
        ("a collector's saw", |s| 300.0 + s % 40.0 * 9.0),
        ("a slow saw", |s| 300.0 + s % 170.0 * 1.1),
        ("a step", |s| if s < 400.0 { 300.0 } else { 800.0 }),
        ("a climb of hours", |s| 600.0 + s * 0.05),
        ("uneven tasks", |s| 500.0 + (s * 0.7).sin() * 150.0 + (s * 0.11).cos() * 150.0),
    ];
    for (what, fill) in healthy {
        let story = told(1_200, fill);
        assert_eq!(story.begun, [], "{what}");
    }
}

#[test]
fn one_look_alone_is_no_forecast() {
    // A burst that ends as soon as there is a trend to see.
    let story = told(120, |s| 560.0 + (s - 60.0).clamp(0.0, 24.0) * 8.0);
    assert_eq!(story.begun, []);
}

#[test]
fn how_full_another_limit_was_is_no_past_of_this_one() {
    let mut story = Story::new();
    for _ in 0..90 {
        story.second(|reading| reading.memory = Some(used(100.0)));
    }
    let mut other = used(600.0);
    if let Some(limit) = &mut other.limit {
        limit.scope = "process 11 (python3), RLIMIT_AS".into();
    }
    story.second(|reading| reading.memory = Some(other));
    let memory = story.snapshot.jobs[0].memory.as_ref().expect("it was read");
    assert_eq!(memory.forecast, None);
}
