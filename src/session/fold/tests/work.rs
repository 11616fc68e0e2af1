//! Rates, counters and what they are made from.

use super::*;

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
