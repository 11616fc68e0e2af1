//! A scan that somebody stops: what it has found is told, the reports say that they are a part, and nothing stays half written.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use serde_json::Value;

use crate::util::{Dir, until};

/// Scans a file with a secret, then a pipe that never ends, and stops there by this signal; gives how it ended.
fn stopped(dir: &Dir, signal: &str, more: &[&str]) -> ExitStatus {
    dir.write("a.py", "password = \"tr0ub4dor-and-3-more\"\n");
    assert!(Command::new("mkfifo").arg(dir.path("pipe")).status().unwrap().success());
    let mut pipe = File::options().read(true).write(true).open(dir.path("pipe")).unwrap();
    // The last path is scanned first.
    let paths = ["scan", "-j", "1", "--format", "report", "pipe", "a.py"];
    let mut scan = dir.cmd(&[&paths, more].concat()).start();
    // More than a pipe holds: it is written only when the scan reads.
    pipe.write_all("some text\n".repeat(20_000).as_bytes()).unwrap();
    let pid = scan.pid().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    let mut ended = None;
    until("the scan ends", || {
        ended = scan.0.try_wait().unwrap();
        ended.is_some()
    });
    ended.unwrap()
}

#[test]
fn what_was_found_so_far_is_told_and_marked_as_a_part() {
    for (signal, number) in [("-INT", 2), ("-TERM", 15)] {
        let dir = Dir::new();
        let ended = stopped(&dir, signal, &["-o", "found.json", "--report", "html=found.html"]);
        assert_eq!(ended.signal(), Some(number), "a shell's loop ends with it");
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(dir.path("found.json")).unwrap()).unwrap();
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
        assert_eq!(report["summary"]["complete"], false);
        assert!(report["summary"]["problems"].to_string().contains("stopped before the end"), "{report}");
        assert!(std::fs::read_to_string(dir.path("found.html")).unwrap().contains("stopped before the end"));
        let mut names: Vec<_> =
            std::fs::read_dir(dir.root()).unwrap().map(|one| one.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.py", "found.html", "found.json", "pipe"], "nothing half written stays");
    }
}
