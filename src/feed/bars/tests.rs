//! The families on what the tools really print: a few lines of each in `tests/fixtures/progress/`, and all labelled
//! samples where `TELLTALE_DATA` names the folder that holds them.

use serde_json::Value;

use super::*;
use crate::feed::board::Board;
use crate::feed::lines::LineSplitter;
use crate::model::clock::Moment;

/// A labelled line, through the splitter and the parser, as a job's output goes.
fn check(record: &Value) -> Result<(), String> {
    let raw = format!("{}\n", record["raw"].as_str().unwrap());
    let mut lines = Vec::new();
    LineSplitter::default().push(raw.as_bytes(), |line| lines.push(line.to_owned()));
    let line = lines.last().map(String::as_str).unwrap_or_default();
    // Bare numbers are taken with the hint that they are of `pv -n`, and so they are labelled.
    let is_bare = record["source"].as_str().unwrap().starts_with("pv -n");
    let bar = if is_bare { parse_bare(line) } else { parse(line) };
    let bar = bar.unwrap_or_else(|| Bar::new(Tool::Tqdm));
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let count = |count: Option<u64>| count.map(|count| count as f64);
    let figures = [
        ("done", count(bar.done), 1.0),
        ("total", count(bar.total), 1.0),
        ("rate", bar.rate, 1e-6),
        ("eta_s", seconds(bar.eta), 1e-9),
        ("percent", bar.percent, 1e-9),
        ("elapsed_s", seconds(bar.elapsed), 1e-9),
        ("in_flight", count(bar.in_flight), 0.0),
        ("left", count(bar.left), 0.0),
        ("workers", count(bar.workers), 0.0),
        ("failed", count(bar.failed), 0.0),
    ];
    for (name, found, slack) in figures {
        let Some(label) = record.get(name) else { continue };
        let is_right = match (label.as_f64(), found) {
            (None, None) => true,
            (Some(label), Some(found)) => (label - found).abs() <= slack * label.abs().clamp(1.0, 1e6),
            _ => false,
        };
        if !is_right {
            return Err(format!("{name} is {label}, read {found:?}, in {line:?}"));
        }
    }
    for (name, found) in [("unit", bar.unit), ("label", bar.label)] {
        let Some(label) = record.get(name) else { continue };
        if label.as_str() != found {
            return Err(format!("{name} is {label}, read {found:?}, in {line:?}"));
        }
    }
    if record["approx"].as_bool().is_some_and(|approx| approx != bar.is_approximate) {
        return Err(format!("approx is not {}, in {line:?}", bar.is_approximate));
    }
    Ok(())
}

fn check_all(text: &str) -> (usize, Vec<String>) {
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong = records
        .iter()
        .filter_map(|record| check(record).err().map(|error| format!("{}: {error}", record["source"])));
    (records.len(), wrong.collect())
}

#[test]
fn the_fixtures_read_as_their_labels_say() {
    let (all, wrong) = check_all(include_str!("../../../tests/fixtures/progress/lines.jsonl"));
    assert!(all > 40 && wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "reads the samples, and says that it has none")]
fn the_samples_read_as_their_labels_say() {
    let Some(data) = std::env::var_os("TELLTALE_DATA") else {
        eprintln!("skipped: TELLTALE_DATA names no folder of samples");
        return;
    };
    let samples = std::path::Path::new(&data).join("samples");
    let (all, wrong) = check_all(&std::fs::read_to_string(samples.join("progress.jsonl")).unwrap());
    eprintln!("{} of {all} records read as labelled", all - wrong.len());
    for wrong in &wrong {
        eprintln!("  {wrong}");
    }
    assert!(wrong.is_empty());
}

/// What a whole recorded stream gives: each change of the job's counters.
fn replay(stream: &str) -> Vec<(Option<u64>, Option<u64>, String)> {
    let (mut splitter, mut board) = (LineSplitter::default(), Board::default());
    board.expect_pv(stream.contains("\"pv -n"));
    let mut told: Vec<(Option<u64>, Option<u64>, String)> = Vec::new();
    for record in stream.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let Some(raw) = record["raw"].as_str() else { continue };
        let at = Moment::from_millis((record["t"].as_f64().unwrap_or(0.0) * 1_000.0) as u64);
        splitter.push(raw.as_bytes(), |line| {
            if let Some(shown) = board.read(line, at) {
                let next = (shown.counters.done, shown.counters.total, shown.source.to_string());
                if told.last() != Some(&next) {
                    told.push(next);
                }
            }
        });
    }
    if let Some(shown) = board.read_unended(&splitter.partial(), Moment::from_millis(0)) {
        told.push((shown.counters.done, shown.counters.total, shown.source.to_string()));
    }
    told
}

#[test]
#[expect(clippy::disallowed_methods, reason = "reads the samples, and says what it read")]
fn counters_of_the_recorded_streams_are_plausible() {
    let Some(data) = std::env::var_os("TELLTALE_DATA") else {
        eprintln!("skipped: TELLTALE_DATA names no folder of samples");
        return;
    };
    let folder = std::path::Path::new(&data).join("samples/progress_raw");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    for path in paths {
        let told = replay(&std::fs::read_to_string(&path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (mut falls, mut early) = (0, 0);
        for pair in told.windows(2) {
            let ((before, total, _), (after, ..)) = (&pair[0], &pair[1]);
            if after < before {
                falls += 1;
                // A bar that gives way to the next was at its end, or close to it.
                early += usize::from(total.zip(*before).is_some_and(|(total, done)| done * 10 < total * 9));
            }
        }
        let show = |told: Option<&(Option<u64>, Option<u64>, String)>| {
            told.map_or("none".to_owned(), |(done, total, source)| {
                let figure =
                    |figure: &Option<u64>| figure.map_or("-".to_owned(), |figure| figure.to_string());
                format!("{}/{} {source}", figure(done), figure(total))
            })
        };
        eprintln!(
            "{name:22} {:4} readings, {} to {}; {falls} falls, {early} early",
            told.len(),
            show(told.first()),
            show(told.last())
        );
        assert_eq!(early, 0, "{name} fell early");
    }
}

#[test]
fn lines_that_are_no_progress_give_none() {
    let lines = [
        "2026-11-21 10:00:00,123 INFO GET /api/v1/items/12/200 HTTP/1.1 200 12ms",
        "10.0.0.1 - - [21/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 512",
        "[2026/11/21 10:00:00] started",
        "[INFO] 12/200 is a ratio",
        "version 1.2/3.4, at src/main.rs:12:5",
        "loss 1/0",
        "cpu 45% mem 12%",
        "| coverage 85%| 3/4 |",
        "Downloading crates ...",
        "test result: unknown",
        "[12/0] nothing",
        "[300/200] more than all",
        "300% (3/1)",
        "running 0 tests",
        "eta 12:00",
        "4 passed the exam in 12 days",
        "disk usage: 55% (11 GB of 20 GB)",
        "foo: 33% |",
        "[Stage 0] done",
        "1234567\tx\ty",
        "sleep 5 sec now",
        "[Parallel(n_jobs=2)]: Using backend",
        "100 200 300 400 500 600 700 800 12:00:00 12:00:01 12:00:02 90",
        "",
    ];
    for line in lines {
        assert_eq!(parse(line), None, "{line}");
    }
}

#[test]
fn forms_beside_the_samples() {
    let read = |line| parse(line).map(|bar| (bar.tool, bar.done, bar.total, bar.percent));
    let cases = [
        ("34it [00:02, 12.00it/s, loss=3/4]", Tool::Tqdm, Some(34), None, None),
        ("123keys [00:02, 61.50keys/s]", Tool::Tqdm, Some(123), None, None),
        ("123MB [00:02, 61.5MB/s]", Tool::Tqdm, Some(123_000_000), None, None),
        ("  5%|▌  | 5/100 [00:50<15:50, 10.00s/step]", Tool::Tqdm, Some(5), Some(100), Some(5.0)),
        (
            "⠋ fetch ━━━━╺━━━ 8.3/18.4 MB 45.0 MB/s 0:00:01",
            Tool::Rich,
            Some(8_300_000),
            Some(18_400_000),
            None,
        ),
        (
            "     ━━━━━━╸━━━━ 8.3/18.4 MB 45.0 MB/s eta 0:00:01",
            Tool::Pip,
            Some(8_300_000),
            Some(18_400_000),
            None,
        ),
        ("etl |████⚠︎   | (!) 27/80 [34%] in 1s (30.0/s)", Tool::Alive, Some(27), Some(80), Some(34.0)),
        (
            "100 1024k    0 1024k    0     0   569k      0 --:--:--  0:00:02 --:--:--  569k",
            Tool::Curl,
            Some(1_048_576),
            None,
            None,
        ),
        (
            " 33 57.2M   33 19.1M    0     0  9.5M      0  0:00:06  0:00:02  0:00:04  9.5M",
            Tool::Curl,
            Some(20_027_802),
            Some(59_978_547),
            Some(33.0),
        ),
        (
            "big.bin              45%[=======>           ]  27.01M  5.43MB/s    eta 6s     ",
            Tool::Wget,
            Some(28_322_038),
            None,
            Some(45.0),
        ),
        (
            "  50K .......... .......... .......... .......... ..........  8% 1.20M 3s",
            Tool::Wget,
            Some(51_200),
            None,
            Some(8.0),
        ),
        (
            "     12,900,000 100%    7.65MB/s    0:00:01 (xfr#43, to-chk=17/61)",
            Tool::Rsync,
            Some(44),
            Some(61),
            None,
        ),
        (
            "     12,900,000 100%    7.65MB/s    0:00:01 (xfr#43, ir-chk=17/61)",
            Tool::Rsync,
            Some(44),
            None,
            None,
        ),
        ("[gw1] [ 26%] PASSED pt/test_x.py::test_a[7]", Tool::Pytest, None, None, Some(26.0)),
        ("pt/test_x.py::test_a PASSED                  [ 3/30]", Tool::Pytest, Some(3), Some(30), None),
        ("collected 30 items / 3 deselected / 27 selected", Tool::Pytest, Some(0), Some(27), None),
        ("pt/test_x.py ...F..s     [ 33%]", Tool::Pytest, Some(7), None, Some(33.0)),
        ("1 failed, 29 passed, 2 warnings in 62.43s (0:01:02)", Tool::Pytest, Some(30), Some(30), None),
        ("        PASS [   0.004s] ( 12/120) telltales feed::x", Tool::Nextest, Some(12), Some(120), None),
        (
            " 12/200 Test  #12: foo ...............   Passed    0.10 sec",
            Tool::Ctest,
            Some(12),
            Some(200),
            None,
        ),
        (
            " 40/391 [==>...........................] - ETA: 1:02 - loss: 2.3",
            Tool::Keras,
            Some(40),
            Some(391),
            None,
        ),
        ("40/391 ━━━━━━━━━━━━━━━━━━━━ 3s 8ms/step - loss: 2.3", Tool::Keras, Some(40), Some(391), None),
        ("local:2/5/50%/0.4s db2:1/3/50%/1.0s", Tool::Parallel, Some(8), None, None),
    ];
    for (line, tool, done, total, percent) in cases {
        assert_eq!(read(line), Some((tool, done, total, percent)), "{line}");
    }
    let bar = parse(" 34%|####....| 12/200 [00:10<01:00, 3.4 it/s, in_flight=4, failed=1]").unwrap();
    assert_eq!((bar.done, bar.in_flight, bar.failed, bar.unit), (Some(12), Some(4), Some(1), Some("it")));
    assert!(parse_bare("12").is_some() && parse_bare("101").is_none() && parse_bare("1 2 3").is_none());
}

proptest::proptest! {
    #[test]
    fn no_line_is_too_odd(line in "[#%|/:=\\[\\]() 0-9.,a-zA-Z━█\t-]{0,120}") {
        if let Some(bar) = parse(&line) {
            proptest::prop_assert!(bar.done.zip(bar.total).is_none_or(|(done, total)| done <= total && total > 0));
            proptest::prop_assert!(bar.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)));
        }
        let _ = parse_bare(&line);
    }

    #[test]
    fn a_line_that_was_tampered_with_gives_no_impossible_figure(
        which in 0_usize..200,
        cuts in proptest::collection::vec((0_usize..200, proptest::char::range('\u{20}', '\u{7e}'), 0_usize..4), 1..4),
    ) {
        let records = include_str!("../../../tests/fixtures/progress/lines.jsonl");
        let count = records.lines().count();
        let record: Value = serde_json::from_str(records.lines().nth(which % count).unwrap()).unwrap();
        let mut line: Vec<char> = record["raw"].as_str().unwrap().trim().chars().collect();
        for (at, new, what) in cuts {
            let at = at % line.len().max(1);
            match what {
                0 if !line.is_empty() => line[at] = new,
                1 => line.insert(at, new),
                2 => line.truncate(at),
                _ => line.extend_from_within(at.min(line.len())..),
            }
        }
        let line: String = line.into_iter().collect();
        for bar in [parse(&line), parse_bare(&line)].into_iter().flatten() {
            let within = bar.done.zip(bar.total).is_none_or(|(done, total)| done <= total && total > 0);
            let share = bar.percent.is_none_or(|percent| (0.0..=100.0).contains(&percent));
            // A label stands in the line, but for the one that rsync's files are kept apart by.
            let named = bar.label.is_none_or(|label| label == "files" || line.contains(label));
            proptest::prop_assert!(within && share && named, "{:?}", bar);
        }
    }
}
