#![expect(clippy::disallowed_methods, reason = "reads captured datagrams and pages")]
#![expect(clippy::unwrap_used, reason = "a test binary")]
#![expect(clippy::print_stderr, reason = "says what was skipped, and counts")]
//! What real clients sent: statsd, dogstatsd and `sd_notify` datagrams, Prometheus and `OpenMetrics` pages.
//!
//! `tests/fixtures/proto/` holds each form once. With `TELLTALE_DATA` set, all captures below it are read as well.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use telltales::feed::account::Account;
use telltales::feed::choice::{Selector, choose};
use telltales::feed::prometheus::{Page, read, sample};
use telltales::feed::{sd_notify, statsd};
use telltales::model::said::{MetricKind, Said};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/proto")
}

/// The folder of all captures, if the user has it.
fn captures() -> Option<PathBuf> {
    let folder = std::env::var_os("TELLTALE_DATA").map(|data| Path::new(&data).join("samples/proto"));
    if folder.is_none() {
        eprintln!("skipped: TELLTALE_DATA is not set");
    }
    folder
}

/// The datagrams of a file: how each came, and its bytes.
fn datagrams(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let text = fs::read_to_string(folder.join("datagrams.jsonl")).unwrap();
    let line = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let bytes = match (record["text"].as_str(), record["hex"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (_, Some(hex)) => {
                let digits: Vec<_> =
                    hex.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap()).collect();
                digits.iter().map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
            }
            _ => panic!("{line}"),
        };
        (record["transport"].as_str().unwrap().to_owned(), bytes)
    };
    text.lines().map(line).collect()
}

/// The account of all of them, and how many there were of statsd and of `sd_notify`.
fn said(folder: &Path) -> (Said, usize, usize) {
    let mut account = Account::default();
    let (mut metrics, mut notifications) = (0, 0);
    for (transport, bytes) in datagrams(folder) {
        if transport == "notify" {
            assert_eq!(sd_notify::read(&bytes).unreadable, 0, "{}", bytes.escape_ascii());
            account.add_notification(&bytes);
            notifications += 1;
        } else {
            let is_ambiguous = bytes.starts_with(b"job.train.weird");
            assert_eq!(statsd::read(&bytes, |_| {}), usize::from(is_ambiguous), "{}", bytes.escape_ascii());
            account.add_statsd(&bytes);
            metrics += 1;
        }
    }
    (account.said().clone(), metrics, notifications)
}

/// The sum over all series of this name.
fn value(said: &Said, name: &str) -> Option<f64> {
    said.metrics.iter().filter(|metric| metric.name == name).map(|metric| metric.value).reduce(|a, b| a + b)
}

fn check_said(said: &Said, buffered_rows: f64) {
    let expected = [
        ("job.train.rows", 511.001),
        ("job.train.inflight", -1.0),
        ("job.train.queue", 42.0),
        ("job.train.neg", -7.0),
        ("job.train.float", 1.5),
        ("job.train.step", 1.0),
        ("job.train.stepf", 1.0),
        ("job.train.blk", 1.0),
        ("job.train.a", 1.0),
        ("job.train.b", 2.0),
        ("job.train.g", 9.0),
        ("job.train.t", 1.0),
        ("tcpjob.rows", 3.0),
        ("tcpjob.mem", 12_345_678_901.0),
        ("rows.done", 100.0),
        ("rss", 1_200_000_005.0),
        ("batch.size", 1.0),
        ("lat", 1.0),
        ("step", 1.0),
        ("ts", 9.0),
        ("buf.rows", buffered_rows),
        ("uds.rows", 4.0),
        ("uds.q", 7.0),
        ("backup.rows", 17.0),
        ("X_ROWS_DONE", 120.0),
        ("X_ROWS_TOTAL", 5_000.0),
    ];
    for (name, expected) in expected {
        let found = value(said, name).unwrap_or_else(|| panic!("{name} is not there"));
        assert!((found - expected).abs() < 0.001, "{name}: {found}, not {expected}");
    }
    let mut names: Vec<_> = said.metrics.iter().map(|metric| metric.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), expected.len(), "{names:?}");
    assert_eq!((said.unreadable, said.left_out), (1, 0), "the ambiguous name, and nothing else");
    assert_eq!(said.status.as_deref(), Some("from shell"));
    assert_eq!(said.status_changes, 3);
}

#[test]
fn each_form_of_datagram_gives_what_its_client_meant() {
    let (said, ..) = said(&fixtures());
    check_said(&said, 1.0);
}

#[test]
fn all_captured_datagrams_give_what_their_clients_meant() {
    let Some(folder) = captures() else { return };
    let (said, metrics, notifications) = said(&folder);
    eprintln!("{} datagrams: {metrics} of statsd, {notifications} of sd_notify", metrics + notifications);
    assert_eq!((metrics, notifications), (34, 14));
    check_said(&said, 10.0);
    assert_eq!(said.taken, 48);
}

#[test]
fn fields_of_notifications_are_read() {
    let all = datagrams(&fixtures());
    let all: Vec<_> = all.iter().filter(|(transport, _)| transport == "notify").collect();
    let read: Vec<_> = all.iter().map(|(_, bytes)| sd_notify::read(bytes)).collect();
    assert!(read.iter().any(|one| one.is_ready && one.status == Some("shell job ready")));
    assert!(read.iter().any(|one| one.is_stopping && one.status.is_none()));
    assert!(read.iter().any(|one| one.status == Some("from shell")));
    assert!(read.iter().any(|one| one.extend_usec == Some(30_000_000)));
    assert!(read.iter().any(|one| one.is_watchdog));
}

fn page(path: &Path) -> Page {
    let bytes = fs::read(path).unwrap();
    let page = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = String::from_utf8(bytes).unwrap();
    let series = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    assert_eq!((page.metrics.len(), page.unreadable, page.is_cut), (series, 0, false), "{}", path.display());
    page
}

fn check_single(page: &Page) {
    let of = |name: &str| page.metrics.iter().find(|metric| metric.name == name).unwrap();
    let build = of("build_info");
    assert_eq!(build.labels[0], ("name".to_owned(), "a\"b\\c\nd".to_owned()));
    assert!(of("nan_g").value.is_nan() && of("inf_g").value.is_infinite());
    assert_eq!((of("rows_done_total").kind, of("rows_done_total").value), (MetricKind::Counter, 120.0));
    let chosen = choose(&page.metrics, &[]);
    assert_eq!((chosen.counters.done, chosen.counters.total), (Some(120), Some(5_000)), "{chosen:?}");
    assert_eq!((chosen.counters.in_flight, chosen.counters.failed), (None, None));
}

fn check_multiproc(page: &Page) {
    let of = |name: &str| page.metrics.iter().find(|metric| metric.name == name).unwrap();
    assert_eq!(of("job_rows_total").labels, [("stage".to_owned(), "ingest \"a\\b\"".to_owned())]);
    assert_eq!((of("job_rows_total").kind, of("job_rows_total").value), (MetricKind::Counter, 100.0));
    let chosen = choose(&page.metrics, &[]);
    assert_eq!((chosen.counters.done, chosen.counters.in_flight), (None, Some(6)));
    let named: Selector = "done=job_rows_total".parse().unwrap();
    assert_eq!(choose(&page.metrics, &[named]).counters.done, Some(100));
}

#[test]
fn pages_give_what_their_makers_meant() {
    check_single(&page(&fixtures().join("plain.prom.txt")));
    check_single(&page(&fixtures().join("single.openmetrics.txt")));
    check_multiproc(&page(&fixtures().join("multiproc.openmetrics.txt")));
    page(&fixtures().join("spark.prom.txt"));
    let text = fs::read_to_string(fixtures().join("single.openmetrics.txt")).unwrap();
    let line = text.lines().find(|line| line.starts_with("rows_done_total")).unwrap();
    assert_eq!(sample(line).unwrap().exemplar, Some(r#"{trace_id="abc"} 120.0 1795178699.47959"#));
}

#[test]
fn all_captured_pages_are_read_whole() {
    let Some(folder) = captures() else { return };
    let mut pages = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let page = page(&path);
        let chosen = choose(&page.metrics, &[]);
        eprintln!(
            "{name}: {} series; chosen {:?} {:?}; rivals {:?}",
            page.metrics.len(),
            chosen.names,
            chosen.counters,
            chosen.rivals
        );
        match name.as_str() {
            "prom_single.txt" | "prom_single.openmetrics.txt" => check_single(&page),
            "prom_multiproc.txt" | "prom_multiproc.openmetrics.txt" => check_multiproc(&page),
            _ => {}
        }
        pages += 1;
    }
    eprintln!("{pages} pages");
    assert_eq!(pages, 8);
}
