#![expect(clippy::disallowed_methods, reason = "tests write to a file while it is scanned")]
//! Files that grow, shrink or go while they are scanned.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::scan::engine::{Options, scan};
use crate::scan::progress::{Progress, Report, Skip};

/// How far a file grows at once, without taking room: no scan of it would end within the hour.
const FAR: u64 = 1 << 40;

/// A line with a token that is found for the form of its value.
fn line(number: u32) -> String {
    format!("password = \"tr0ub4dor&{number}xYz\"\n")
}

/// A log of about so many bytes, with a token in its first line and one in its last.
struct Log {
    folder: tempfile::TempDir,
    size: u64,
}

impl Log {
    fn new(size: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = [line(1), "one line of many that say nothing\n".repeat(size / 34), line(2)].concat();
        fs::write(folder.path().join("log"), &text).unwrap();
        Self { folder, size: text.len() as u64 }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn options(&self) -> Options {
        Options { roots: vec![self.path()], threads: 1, ..Options::default() }
    }

    /// Scans it and does this once something was found, which is while it is read; gives what stood in the lines found.
    fn scan(&self, options: &Options, then: impl Fn(&File) + Sync) -> (Vec<u64>, Report) {
        let (stop, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let found = Mutex::new(Vec::new());
        let report = std::thread::scope(|scope| {
            scope.spawn(|| {
                // A scan that does not end is ended.
                for _ in 0..300 {
                    std::thread::sleep(Duration::from_millis(100));
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                }
                stop.store(true, Ordering::Relaxed);
            });
            let report = scan(options, &Progress::default(), &stop, &|finding| {
                found.lock().unwrap().push(finding.offset);
                then(&File::options().append(true).open(self.path()).unwrap());
            });
            done.store(true, Ordering::Relaxed);
            report
        });
        assert!(!report.stopped, "it ends by itself");
        (found.into_inner().unwrap(), report)
    }
}

#[test]
fn a_file_that_outruns_its_reader_is_read_as_far_as_it_was_when_it_was_opened() {
    let log = Log::new(5 << 18);
    let (found, report) = log.scan(&log.options(), |file| file.set_len(FAR).unwrap());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1] > log.size - 30);
    assert!((log.size..2 * log.size + (5 << 20)).contains(&report.bytes), "{}", report.bytes);
    assert!(report.is_incomplete() && report.skipped[Skip::Endless as usize] == 1);
    assert!(report.problems[0].contains("log: it grows faster than it is read"), "{:?}", report.problems);
}

#[test]
fn a_log_that_is_written_to_is_read_to_its_end() {
    let log = Log::new(5 << 18);
    let again = Mutex::new(3..6);
    let (found, report) = log.scan(&log.options(), |mut file| {
        if let Some(number) = again.lock().unwrap().next() {
            let more = [line(number), "and so it goes on\n".repeat(1 << 16)].concat();
            file.write_all(more.as_bytes()).unwrap();
        }
    });
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(!report.is_incomplete() && report.problems.is_empty());
    assert_eq!(report.bytes, fs::metadata(log.path()).unwrap().len());
}

#[test]
fn what_is_cut_off_while_it_is_read_is_no_fault() {
    let log = Log::new(5 << 18);
    let (found, report) = log.scan(&log.options(), |file| file.set_len(5).unwrap());
    assert_eq!((found.len(), report.is_incomplete()), (1, false));
}

#[test]
fn what_has_gone_before_it_was_read_is_told() {
    let log = Log::new(100);
    let name = |number: u32| log.folder.path().join(format!("file {number}"));
    for number in 0..3 {
        fs::write(name(number), line(number)).unwrap();
    }
    fs::create_dir(log.folder.path().join("folder")).unwrap();
    fs::write(log.folder.path().join("folder/file"), line(7)).unwrap();
    let options = Options { roots: vec![log.folder.path().to_owned()], ..log.options() };
    // The folder comes first: once something is found in it, all else is listed and goes.
    let (found, report) = log.scan(&options, |_| {
        (0..3).for_each(|number| drop(fs::remove_file(name(number))));
    });
    assert_eq!((found.len(), report.files), (3, 2));
    assert!(report.is_incomplete() && report.skipped[Skip::Unreadable as usize] == 3);
    assert!(
        report.problems[0].ends_with("file 0: No such file or directory (os error 2)"),
        "{:?}",
        report.problems
    );
}
