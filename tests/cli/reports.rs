//! Reports as those read them who did not write them: Python's own parsers, the schema of SARIF, a browser.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::scan::{line, token};
use crate::util::Dir;

const FORMATS: [&str; 9] = ["text", "json", "report", "sarif", "csv", "junit", "github", "gitlab", "html"];
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report/read.py");

/// All reports of one scan of this folder's `tree`, as `out.FORMAT`.
fn write_all(dir: &Dir, more: &[&str]) -> Option<i32> {
    let reports: Vec<String> =
        FORMATS.iter().map(|format| format!("--report={format}=out.{format}")).collect();
    let mut args = vec!["scan", "tree", "-q"];
    args.extend(reports.iter().map(String::as_str));
    args.extend(more);
    dir.cmd(&args).run().code
}

fn hostile(dir: &Dir) {
    dir.write("tree/a.py", line(1));
    dir.write("tree/sub/b.py", line(1));
    dir.write("tree/=cmd|x,y::error::]]>.txt", line(2));
    dir.write("tree/<script>alert(1)<&>\"'.txt", format!("x = \"</script>,]]>\"; {}", line(3)));
    let name = OsStr::from_bytes(b"evil\x1b[31m\n%0A\xff.txt");
    std::fs::write(dir.path("tree").join(name), line(4)).unwrap();
    dir.write("tree/large.txt", line(5).repeat(40));
    dir.write("tree/bidi\u{202e}\u{2028}.txt", "password: fj38dkw9s\n");
}

#[test]
fn every_format_keeps_the_exit_codes() {
    let dir = Dir::new();
    dir.write("tree/clean.txt", "nothing to see\n");
    for format in FORMATS {
        assert_eq!(dir.cmd(&["scan", "tree", "--format", format]).run().code, Some(0), "{format}");
    }
    dir.write("tree/leak.txt", line(1));
    for format in FORMATS {
        let answer = dir.cmd(&["scan", "tree", "--format", format]).run();
        assert_eq!(answer.code, Some(1), "{format}");
        assert!(
            answer.out.contains("leak.txt") && answer.out.contains("********"),
            "{format}: {}",
            answer.out
        );
        let never = dir.cmd(&["scan", "tree", "--format", format, "--fail-on", "never"]).run();
        assert_eq!(never.code, Some(0), "{format}");
        let full = dir.cmd(&["scan", "tree", "--format", format, "-o", "/dev/full"]).run();
        assert_eq!(full.code, Some(2), "{format}");
        assert!(full.err.contains("/dev/full"), "{}", full.err);
        assert_eq!(
            dir.cmd(&["scan", "tree", "--format", format]).run_with_closed_output(),
            Some(0),
            "{format}"
        );
    }
    assert_eq!(dir.cmd(&["scan", "tree", "--format", "pdf"]).run().code, Some(2));
    assert_eq!(dir.cmd(&["scan", "tree", "--report", "sarif"]).run().code, Some(2));
    let twice = dir.cmd(&["scan", "tree", "-o", "one", "--report", "csv=one"]).run();
    assert!(twice.code == Some(2) && twice.err.contains("two reports"), "{}", twice.err);
}

#[test]
fn what_could_not_be_read_is_in_every_format() {
    let dir = Dir::new();
    dir.write("tree/large.txt", "x".repeat(2000));
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.path("silent"), 0o600.into()).unwrap();
    let reports: Vec<String> =
        FORMATS.iter().map(|format| format!("--report={format}=out.{format}")).collect();
    let mut args = vec!["scan", "tree", "silent", "--max-filesize", "1K"];
    args.extend(reports.iter().map(String::as_str));
    let answer = dir.cmd(&args).run();
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    for format in FORMATS {
        let report = std::fs::read_to_string(dir.path(&format!("out.{format}"))).unwrap();
        // These two tell it on standard error.
        let told = if matches!(format, "text" | "json") { &answer.err } else { &report };
        for words in ["too large", "unreadable", "nobody writes"] {
            assert!(told.contains(words), "{format} does not say {words}: {told}");
        }
    }
}

#[test]
fn reports_are_files_for_their_owner_that_appear_as_a_whole() {
    let dir = Dir::new();
    dir.write("tree/a.txt", line(1));
    dir.write("out.sarif", "old");
    assert_eq!(write_all(&dir, &[]), Some(1));
    for format in FORMATS {
        let file = std::fs::metadata(dir.path(&format!("out.{format}"))).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{format}");
    }
    let before = std::fs::read(dir.path("out.sarif")).unwrap();
    assert!(before.starts_with(b"{"));
    let args = ["scan", "tree", "--report", "sarif=out.sarif", "--report", "csv=/dev/full"];
    assert_eq!(dir.cmd(&args).run().code, Some(2), "one of two can't be written");
    let names: Vec<String> = std::fs::read_dir(dir.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".part"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
    // Standard output may go away; the files are written all the same.
    assert_eq!(dir.cmd(&["scan", "tree", "--report", "csv=late.csv"]).run_with_closed_output(), Some(1));
    assert!(dir.path("late.csv").exists());
}

#[test]
fn other_parsers_read_all_of_it() {
    if !has("python3") {
        eprintln!("skipped: no python3 to read the reports with");
        return;
    }
    let dir = Dir::new();
    hostile(&dir);
    assert_eq!(write_all(&dir, &["--max-filesize", "2K"]), Some(1));
    let mut read = Command::new("python3");
    read.arg(READER).arg(dir.root());
    match std::env::var_os("SARIF_SCHEMA") {
        Some(schema) => drop(read.arg(schema)),
        None => eprintln!("not checked against the schema of SARIF: SARIF_SCHEMA names no file"),
    }
    let answer = read.output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let script = "<script>alert(1)<&>\"'.txt";
    let contains = |format: &str, words: &str| {
        let text = seen[format].as_array().unwrap();
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(text.iter().any(|one| plain(one).contains(words)), "{format} lacks {words}: {text:?}");
    };
    for format in ["sarif", "report", "gitlab", "html"] {
        contains(format, script);
        contains(format, "=cmd|x,y::error::]]>.txt");
    }
    contains("sarif", "tree/evil\u{1b}[31m\n%0A\\xff.txt");
    contains("html", "evil\\x1b[31m\\n%0A\\xff.txt");
    contains("csv", "not-scanned");
    contains("notifications", "not scanned: 1 too large");
    assert_eq!(seen["github"].as_array().unwrap().len(), 6 + 1, "{}", seen["github"]);
    assert_eq!(seen["junit"].as_array().unwrap().len(), 6 + 1, "{}", seen["junit"]);
    assert_eq!(seen["summary"]["high"], 6);
    assert_eq!(seen["html"].as_array().unwrap().len(), 5, "a secret in two files is one row");
    for format in FORMATS {
        let text = std::fs::read_to_string(dir.path(&format!("out.{format}"))).unwrap();
        assert!((1..6).all(|seed| !text.contains(token(seed).as_str())), "{format} tells a secret");
    }
}

#[test]
fn annotations_leave_out_what_is_only_high_in_entropy() {
    let dir = Dir::new();
    dir.write("tree/a.txt", format!("x(\"{}\")\n", &token(3)[4..]));
    for (format, lists) in [
        ("csv", true),
        ("report", true),
        ("html", true),
        ("sarif", false),
        ("github", false),
        ("gitlab", false),
    ] {
        let listed = |more: &[&str]| {
            let args = [&["scan", "tree", "--format", format], more].concat();
            dir.cmd(&args).run().out.contains("a.txt")
        };
        assert_eq!(listed(&[]), lists, "{format}");
        assert!(listed(&["--top", "5"]) && !listed(&["--top", "0"]), "{format}");
    }
}

/// The page in a real browser: it draws, its script runs under its own policy, and it asks nobody for anything.
#[test]
fn a_browser_opens_the_page() {
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let wished = std::env::var("TELLTALE_BROWSER").ok();
    let browser = wished.as_deref().into_iter().chain(names).find(|name| has(name));
    let Some(browser) = browser else {
        eprintln!(
            "skipped: no browser found; TELLTALE_BROWSER may name one that knows --headless and --dump-dom"
        );
        return;
    };
    let dir = Dir::new();
    hostile(&dir);
    assert_eq!(write_all(&dir, &[]), Some(1));
    let answer = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .args(["--virtual-time-budget=2000", "--timeout=30000"])
        .arg(format!("--user-data-dir={}", dir.path("profile").display()))
        .arg(format!("file://{}", dir.path("out.html").display()))
        .env("HOME", dir.root())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (page, log) = (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    // The script has run: it fills in the rules, counts the rows and shows the filters.
    assert!(page.contains("6 listed"), "{page}\n{log}");
    assert!(page.contains("<option value=\"github-token\">github-token (5)</option>"), "{page}");
    assert!(page.contains("id=\"filters\" role=\"search\">"), "{page}");
    // What refused to run or to load would stand in the console.
    assert!(!log.contains("CONSOLE") && !log.contains("Content Security Policy"), "{log}");
}

fn has(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
