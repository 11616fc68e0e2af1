//! Memory that is fetched back again and again, and healthy things that look like it.

use telltales::model::pressure::{PagingCounters, Waiting};
use telltales::model::reading::PressureReading;
use telltales::model::verdict::{Condition, Severity};

use crate::story::{Story, used};

/// What one second brings: shares waited for memory, refaults and pages from swap.
type Second = (f64, f64, u64, u64);

fn told(seconds: impl IntoIterator<Item = Second>) -> Story {
    let mut story = Story::new();
    let mut counters = PagingCounters { swapped_in: 1_000, refaulted: 50_000 };
    for (some, full, refaulted, swapped_in) in seconds {
        counters.refaulted += refaulted;
        counters.swapped_in += swapped_in;
        story.second(|reading| {
            reading.memory = Some(used(930.0));
            reading.pressure = Some(PressureReading {
                scope: "host".into(),
                memory: Some(Waiting { some, full: Some(full) }),
                paging: Some(counters),
                ..PressureReading::default()
            });
        });
    }
    story
}

fn times(n: usize, second: Second) -> impl Iterator<Item = Second> {
    std::iter::repeat_n(second, n)
}

const CALM: Second = (0.0, 0.0, 0, 0);

#[test]
fn pages_that_come_back_while_all_wait_are_told_with_the_figures() {
    let story = told(times(60, CALM).chain(times(30, (0.64, 0.31, 4_000, 2_500))));
    assert_eq!(story.begun, [Condition::Thrashing]);
    let alert = story.alert(Condition::Thrashing).expect("it holds");
    assert_eq!(alert.claim.headline.as_str(), "thrashing: tasks wait for memory 64 % of the time");
    assert_eq!(alert.claim.severity, Severity::Critical);
    let said: Vec<String> = alert.claim.evidence.iter().map(ToString::to_string).collect();
    for words in [
        "of the last 10 s some tasks waited for memory 64 %, all of them 31 % (PSI of host)",
        "4,000 pages wanted again soon after they were dropped a second",
        "2,500 pages that came back from swap a second",
    ] {
        assert!(said.iter().any(|text| text == words), "{said:?}");
    }
}

#[test]
fn it_begins_after_ten_seconds_ends_and_never_flaps() {
    let bad = (0.3, 0.1, 900, 0);
    let story = told(times(60, CALM).chain(times(9, bad)));
    assert_eq!(story.begun, [], "nine seconds");
    // It comes and goes, five seconds each, once it has begun.
    let waves = (0..6).flat_map(|_| times(5, CALM).chain(times(5, bad)));
    let story = told(times(60, CALM).chain(times(15, bad)).chain(waves).chain(times(2, bad)));
    assert_eq!(story.begun.len(), 1, "{:?}", story.begun);
    let story = told(times(20, CALM).chain(times(15, bad)).chain(times(60, CALM)));
    assert_eq!((story.begun.len(), story.alert(Condition::Thrashing)), (1, None));
}

#[test]
fn healthy_work_is_not_thrashing() {
    let healthy: [(&str, Second); 5] = [
        ("large files are read: pages come and go, nobody waits", (0.02, 0.0, 30_000, 0)),
        ("large files are read again and again", (0.08, 0.05, 12_000, 0)),
        ("memory is allocated fast, and reclaimed", (0.35, 0.1, 0, 0)),
        ("some swap in the background", (0.01, 0.0, 10, 400)),
        ("calm", CALM),
    ];
    for (what, second) in healthy {
        assert_eq!(told(times(120, second)).begun, [], "{what}");
    }
}
