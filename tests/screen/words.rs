//! What the screen says in states that the scenes do not have: held and rewound, lists to choose from, memory that
//! fills up, ends of all kinds.

use super::*;
use std::sync::Arc;
use std::time::Duration;
use telltales::model::candidate::{Candidate, Candidates, Target};
use telltales::model::job::{Forecast, Phase};
use telltales::model::metric::Bytes;
use telltales::model::process::Exit;
use telltales::model::progress_source::{Origin, ProgressSource, Sources};
use telltales::ui::view::Shown;

/// A screen that events happen to, as they do to the real one.
struct Live {
    shown: Shown,
    state: UiState,
    wishes: Vec<Wish>,
}

impl Live {
    fn new(size: (u16, u16), options: &Options) -> Self {
        let mut live =
            Self { shown: Shown::default(), state: UiState::new(options, size), wishes: Vec::new() };
        live.take(&Event::Input(Input::Resize(size.0, size.1)));
        live
    }

    fn take(&mut self, event: &Event) {
        let was_held = self.state.is_held;
        self.shown.take(event, was_held);
        let wishes = update(&mut self.state, &self.shown.view(), event);
        if was_held && !self.state.is_held {
            self.shown.show_newest();
        }
        for wish in &wishes {
            if let Wish::Rewind(steps) = wish {
                self.shown.rewind(*steps);
            }
        }
        self.wishes.extend(wishes);
    }

    fn press(&mut self, keys: &str) {
        for name in keys.split_whitespace() {
            self.take(&key(name));
        }
    }

    /// The last seconds of a scene, one after the other.
    fn plays(&mut self, name: &str, seconds: std::ops::RangeInclusive<u64>) {
        let mut snapshot = scene(name, *seconds.start()).snapshot;
        self.take(&Event::Snapshot(Arc::new(snapshot.clone())));
        for second in seconds.skip(1) {
            snapshot = fixture::next(name, second, &snapshot);
            self.take(&Event::Snapshot(Arc::new(snapshot.clone())));
        }
    }

    fn seen(&self) -> String {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(frame, &self.shown.view(), &self.state, &Theme::default())).unwrap();
        picture::text(terminal.backend().buffer()).join("\n")
    }
}

/// A picture at each size of what a script leads to.
fn pictures(name: &str, script: impl Fn(&mut Live)) {
    for size in SIZES {
        let mut live = Live::new(size, &Options::default());
        script(&mut live);
        insta::assert_snapshot!(format!("{name}@{}x{}", size.0, size.1), live.seen());
    }
}

fn source(origin: Origin, pattern: Option<&str>, example: Option<&str>) -> ProgressSource {
    ProgressSource {
        unit: telltales::model::metric::Unit::Items,
        origin,
        pattern: pattern.map(Into::into),
        is_in_use: pattern.is_none(),
        lines: if example.is_some() { 180 } else { 0 },
        example: example.map(Into::into),
        done: example.map(|_| 812),
        total: example.map(|_| 4_000),
        rise: example.map(|_| (36, Duration::from_secs(10))),
    }
}

fn sources() -> Event {
    let list = vec![
        source(Origin::BuiltIn, None, None),
        source(
            Origin::Suggested,
            Some(r"rows=(?P<done>\d+)\s*of\s*(?P<total>\d+)"),
            Some("loaded rows=812 of 4000 errors=0"),
        ),
    ];
    Event::Sources(Sources { job: "job".into(), lines: 200, list })
}

fn candidates() -> Event {
    let one = |target, pid, name: &str, command: &str, processes, cpu| Candidate {
        target,
        pid,
        name: name.into(),
        command: command.into(),
        processes,
        cpu,
        memory: Bytes((processes as u64 * 310) << 20),
        age: Some(Duration::from_secs(pid.into())),
    };
    let list = vec![
        one(Target::Run("251121-0600-abc".into()), 5_120, "nightly", "/bin/bash nightly.sh", 3, 0.4),
        one(Target::Process(3_300), 3_300, "python3", "/usr/bin/python3 train.py --workers 8", 9, 7.9),
        one(Target::Process(912), 912, "gzip", "gzip -9 dump.sql", 1, 1.0),
    ];
    Event::Candidates(Candidates { list, left_out: 4 })
}

#[test]
fn a_held_screen_goes_back_and_forth() {
    pictures("rewound", |live| {
        live.plays("lost", 2_300..=NOW);
        live.press("Space { { [ ]");
    });
    let mut live = Live::new((120, 36), &Options::default());
    live.plays("lost", 2_300..=NOW);
    live.press("[");
    assert_eq!(live.shown.view().snapshot.seq, NOW, "only a held screen is rewound");
    live.press("Space [ [");
    assert_eq!(live.shown.view().snapshot.seq, NOW - 2);
    live.take(&Event::Snapshot(Arc::new(scene("lost", NOW + 3).snapshot)));
    assert!(live.seen().contains("HELD 5s ago ("), "{}", live.seen());
    live.press("Space");
    assert_eq!(live.shown.view().snapshot.seq, NOW + 3);
    assert!(!live.seen().contains("HELD"));
}

#[test]
fn sources_of_progress_are_chosen_from_a_list() {
    pictures("sources", |live| {
        live.plays("attached", NOW..=NOW);
        live.press("p");
        live.take(&sources());
        live.press("j");
    });
    let mut live = Live::new((80, 24), &Options::default());
    live.plays("attached", NOW..=NOW);
    live.press("p");
    assert!(live.wishes.contains(&Wish::FindSources("job".into())));
    assert!(live.seen().contains("Looking at its output"));
    live.take(&sources());
    live.press("j y");
    let flag = r"--progress 'rows=(?P<done>\d+)\s*of\s*(?P<total>\d+)'";
    assert_eq!(live.wishes.last(), Some(&Wish::Copy(flag.to_owned())));
    live.press("Enter");
    let pattern = Some(r"rows=(?P<done>\d+)\s*of\s*(?P<total>\d+)".into());
    assert_eq!(live.wishes.last(), Some(&Wish::UseSource { job: "job".into(), pattern }));
    assert!(live.seen().contains(&format!("next time: {}", &flag[..30])), "{}", live.seen());
    live.press("p k k");
    live.press("Enter");
    assert_eq!(live.wishes.last(), Some(&Wish::UseSource { job: "job".into(), pattern: None }));
}

#[test]
fn without_output_the_list_says_what_to_do() {
    pictures("sources-none", |live| {
        live.plays("attached", NOW..=NOW);
        live.press("p");
        let list = vec![source(Origin::BuiltIn, None, None)];
        live.take(&Event::Sources(Sources { job: "job".into(), lines: 0, list }));
    });
}

#[test]
fn output_without_a_count_says_what_would_do() {
    pictures("sources-no-count", |live| {
        live.plays("healthy", NOW..=NOW);
        live.press("p");
        let list = vec![source(Origin::BuiltIn, None, None)];
        live.take(&Event::Sources(Sources { job: "job".into(), lines: 12, list }));
    });
}

#[test]
fn a_job_is_chosen_from_a_list() {
    pictures("jobs-empty", |live| {
        *live = Live::new(live.state.size, &Options { is_choosing: true, ..Options::default() });
        live.plays("empty", NOW..=NOW);
    });
    pictures("jobs", |live| {
        live.plays("lost", NOW..=NOW);
        live.press("J");
        live.take(&candidates());
        live.press("j j");
    });
    let mut live = Live::new((80, 24), &Options { is_choosing: true, ..Options::default() });
    live.plays("empty", 1..=5);
    let asked = live.wishes.iter().filter(|wish| **wish == Wish::FindCandidates).count();
    assert_eq!(asked, 3, "every other second");
    live.take(&candidates());
    live.press("j");
    let Event::Candidates(mut others) = candidates() else { unreachable!("it is") };
    others.list.rotate_left(1);
    live.take(&Event::Candidates(others));
    live.press("Enter");
    assert_eq!(live.wishes.last(), Some(&Wish::Attach(Target::Process(3_300))), "rows may change places");
    live.take(&Event::Told("no process 3300".into()));
    assert!(live.seen().contains("no process 3300"));
    live.take(&Event::Attached("db7:3300".into()));
    assert_eq!((live.state.awaited.as_deref(), live.state.overlay.is_none()), (Some("db7:3300"), true));
    live.press("J S");
    assert_eq!(live.wishes.last(), Some(&Wish::StartScan));
    assert!(live.state.overlay.is_none());
}

/// Two jobs, the second of which is in trouble.
fn two_jobs() -> Event {
    let mut snapshot = scene("healthy", NOW).snapshot;
    let lost = scene("lost", NOW).snapshot;
    let mut second = lost.jobs[0].clone();
    (second.id, second.name) = ("job2".into(), "backfill".into());
    snapshot.jobs.insert(1, second);
    snapshot.alerts = lost.alerts;
    for alert in &mut snapshot.alerts {
        alert.job = "job2".into();
    }
    snapshot.sum = telltales::model::sum::Sum::of(&snapshot.jobs, snapshot.at);
    Event::Snapshot(Arc::new(snapshot))
}

#[test]
fn several_jobs_are_shown_one_by_one() {
    pictures("several", |live| {
        live.take(&two_jobs());
        live.press("J");
    });
    let mut live = Live::new((120, 36), &Options::default());
    live.take(&two_jobs());
    let first = live.seen();
    assert!(
        first.contains("job 1 of 2")
            && first.contains("▲ backfill: worker 41199 lost")
            && first.contains("2 alerts"),
        "{first}"
    );
    live.press("a");
    assert!(live.seen().contains("job: backfill"), "{}", live.seen());
    live.press("a J j Enter");
    let second = live.seen();
    assert!(second.contains("job 2 of 2") && second.contains("▲ backfill: worker 41199 lost"), "{second}");
    assert!(live.wishes.contains(&Wish::Shows("job2".into())), "what is typed is meant for it");
}

#[test]
fn the_interval_goes_by_steps_and_the_header_says_so() {
    let mut live = Live::new((80, 24), &Options::default());
    live.plays("healthy", NOW..=NOW);
    live.press("+");
    assert_eq!(live.wishes.last(), Some(&Wish::Interval(Duration::from_secs(2))));
    assert!(live.seen().contains("looking every 2s"));
    live.press("-");
    assert_eq!(live.wishes.last(), Some(&Wish::Interval(Duration::from_millis(500))));
    let mut slow = scene("healthy", NOW).snapshot;
    slow.interval = Duration::from_millis(250);
    slow.at = slow.at.plus(Duration::from_secs(9));
    live.take(&Event::Snapshot(Arc::new(slow)));
    let seen = live.seen();
    assert!(seen.contains("every 250ms") && !seen.contains("looking every"), "{seen}");
}

#[test]
fn memory_that_fills_up_is_told_with_its_rate() {
    pictures("filling", |live| {
        let mut snapshot = scene("healthy", NOW).snapshot;
        let job = &mut snapshot.jobs[0];
        let [at_earliest, full_in, at_latest] = [330, 400, 500].map(Duration::from_secs);
        let memory = job.memory.as_mut().expect("it has some");
        memory.forecast = Some(Forecast { full_in, at_earliest, at_latest });
        live.take(&Event::Snapshot(Arc::new(snapshot)));
    });
}

#[test]
fn an_end_by_a_signal_says_what_to_do_next() {
    pictures("killed", |live| {
        let mut snapshot = scene("lost", NOW).snapshot;
        snapshot.alerts.iter_mut().for_each(|alert| alert.ended = alert.ended.or(Some(snapshot.at)));
        let job = &mut snapshot.jobs[0];
        job.phase = Phase::Ended { exit: Exit::Signal(9), at: snapshot.at };
        (job.memory, job.cpu, job.io) = (None, None, None);
        live.take(&Event::Snapshot(Arc::new(snapshot)));
    });
}

#[test]
fn who_sees_it_first_is_told_the_way_to_all_keys() {
    pictures("first", |live| {
        *live = Live::new(live.state.size, &Options { is_first: true, ..Options::default() });
        live.plays("healthy", NOW..=NOW);
    });
}
