//! The baseline from outside: what it accepts, what it does not, and what a broken one leads to.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use telltales::scan::baseline::{Baseline, Cost, Entry, NAME, Verdict};
use telltales::scan::engine::{Options, scan};
use telltales::scan::progress::Progress;

use crate::util::{Answer, Dir};

/// A password that nobody has; not one word, so that no rule takes it for a placeholder.
const PASSWORD: &str = "tr0ub4dor-and-3-more";

fn line(password: &str) -> String {
    format!("password = \"{password}\"\n")
}

/// The rule that finds [`line`].
fn rule(dir: &Dir, path: &str) -> String {
    let found = Mutex::new(Vec::new());
    let options = Options { roots: vec![dir.path(path)], threads: 1, ..Options::default() };
    scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
        found.lock().unwrap().push(finding.rule.to_string());
    });
    found.into_inner().unwrap().remove(0)
}

/// A folder with one secret that its baseline accepts.
fn accepted() -> Dir {
    decided(Verdict::Known)
}

/// A folder with one secret of which its baseline says this.
fn decided(verdict: Verdict) -> Dir {
    let dir = Dir::new();
    dir.write("src/a.py", line(PASSWORD));
    // A cheap hash: this is a test of what is suppressed, and not of how long a guess takes.
    let salt = *b"\x94\x92\x10\x5c\x4b\x2e\x82\xe5\xbd\x7a\x81\x4f\x72\x3e\xf9\xc3";
    let mut baseline = Baseline::new(salt, Cost { log_n: 4, r: 8, p: 1 });
    let id = baseline.hasher().id(PASSWORD.as_bytes());
    let (path, rule) = ("src/a.py".to_owned(), rule(&dir, "src/a.py"));
    baseline.insert(Entry { path, rule, id, verdict, added: "2026-11-21".into() });
    dir.write(NAME, baseline.text());
    dir
}

#[test]
fn the_one_at_the_top_holds_in_a_folder_below() {
    let dir = accepted();
    dir.write(".git/HEAD", "ref: refs/heads/main\n");
    for (within, args) in [("src", vec![]), ("src", vec!["a.py"]), (".", vec!["src"])] {
        let answer = dir.cmd(&[&["scan"], &args[..]].concat()).within(within).run();
        assert_eq!(answer.code, Some(0), "{within} {args:?}: {}{}", answer.out, answer.err);
    }
    dir.write("src/.telltale-baseline.json", std::fs::read(accepted().path(NAME)).unwrap());
    assert_eq!(dir.cmd(&["scan"]).within("src").run().code, Some(1), "the nearest holds");
}

fn low(dir: &Dir, more: &[&str]) -> Answer {
    dir.cmd(&[&["scan", "--fail-on", "low"], more].concat()).run()
}

#[test]
fn what_is_accepted_is_counted_and_not_reported() {
    let dir = accepted();
    let answer = low(&dir, &[]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), ""), "{}", answer.err);
    assert!(answer.err.contains("1 accepted by the baseline"), "{}", answer.err);
    assert!(answer.err.starts_with("0 high, 0 medium, 0 low, 0 high in entropy"), "{}", answer.err);
    for more in [&["."][..], &["src"], &["src/a.py"], &["--baseline", NAME, "src"]] {
        let answer = low(&dir, more);
        assert_eq!((answer.code, answer.out.as_str()), (Some(0), ""), "{more:?}: {}", answer.err);
    }
    let whole = dir.root().to_str().unwrap();
    assert_eq!(low(&dir, &[whole]).code, Some(0), "from elsewhere");
}

#[test]
fn what_is_marked_as_real_is_told_until_it_is_gone() {
    let dir = decided(Verdict::Real);
    let answer = dir.cmd(&["scan", "--fail-on", "high", "--format", "json", "--top", "0"]).run();
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let one: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&one["real"], &one["level"], &one["score"]), (&true.into(), &"high".into(), &1.0.into()));
    assert!(one.get("accepted").is_none() && answer.err.starts_with("1 high, 0 medium"), "{}", answer.err);
    let text = dir.cmd(&["scan"]).run().out;
    assert!(text.contains("marked as real: it is told until it is gone"), "{text}");
    let whole = dir.cmd(&["scan", "--format", "report"]).run().out;
    dir.write("report.json", &whole);
    let merged = dir.cmd(&["scan", "--merge", "report.json", "--format", "json"]).run().out;
    assert!(merged.contains("\"real\":true"), "{merged}");
    dir.write("report.json", "");
    dir.write("src/a.py", "nothing\n");
    let answer = low(&dir, &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.err.contains("marked as real on 2026-11-21, and gone; --prune-baseline"),
        "{}",
        answer.err
    );
    low(&dir, &["--prune-baseline"]);
    assert!(!low(&dir, &[]).err.contains("stale"));
}

#[test]
fn a_line_that_moves_stays_accepted() {
    let dir = accepted();
    dir.write("src/a.py", format!("# one\n# two\n\n    {}", line(PASSWORD)));
    assert_eq!(low(&dir, &[]).code, Some(0));
}

#[test]
fn another_path_and_another_secret_are_reported() {
    let dir = accepted();
    dir.write("src/b.py", line(PASSWORD));
    let answer = low(&dir, &["--format", "json"]);
    assert_eq!(answer.code, Some(1));
    let places: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((places.len(), &places[0]["path"]), (1, &"src/b.py".into()), "{}", answer.out);

    let dir = accepted();
    dir.write("src/a.py", line("tr0ub4dor-and-4-more"));
    assert_eq!(low(&dir, &[]).code, Some(1));
}

#[test]
fn secrets_that_were_hashed_have_an_id_that_lasts() {
    let dir = accepted();
    // Another secret where the baseline names rule and file, and the accepted one in a file that it does not name.
    dir.write("src/a.py", line(PASSWORD) + &line("tr0ub4dor-and-4-more"));
    dir.write("src/b.py", line(PASSWORD));
    dir.write("src/c.py", line("tr0ub4dor-and-5-more"));
    let ids = || {
        let answer = low(&dir, &["--format", "json", "-j", "1"]);
        let mut ids: Vec<(String, String, String)> = Vec::new();
        for line in answer.out.lines() {
            let one: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            ids.push((text("path"), text("secret_id"), text("fingerprint")));
        }
        ids.sort();
        ids
    };
    let (one, two) = (ids(), ids());
    assert_eq!(one.len(), 3);
    assert_eq!(one[..2], two[..2], "with the baseline they last");
    assert_ne!(one[2], two[2], "without they die with the report");
    assert!(one.iter().all(|(path, id, fingerprint)| fingerprint.ends_with(&format!(":{id}:{path}"))));
}

#[test]
fn the_baseline_can_be_left_out() {
    let dir = accepted();
    let answer = low(&dir, &["--no-baseline"]);
    assert_eq!(answer.code, Some(1));
    assert!(!answer.err.contains("baseline"), "{}", answer.err);
    assert_eq!(low(&dir, &["--no-baseline", "--baseline", NAME]).code, Some(2), "one or the other");
}

#[test]
fn a_broken_baseline_is_an_error_with_a_way_out() {
    let dir = accepted();
    let good = std::fs::read_to_string(dir.path(NAME)).unwrap();
    for (broken, words) in [
        ("{".to_owned(), "not a baseline"),
        (good.replace("\"version\": 1", "\"version\": 2"), "version 2"),
        (good.replace("\"log_n\":4", "\"log_n\":30"), "costs too much"),
    ] {
        dir.write(NAME, broken);
        let answer = low(&dir, &[]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{words}");
        assert!(
            answer.err.contains(NAME) && answer.err.contains(words) && answer.err.contains("--no-baseline"),
            "{}",
            answer.err
        );
        assert_eq!(low(&dir, &["--no-baseline"]).code, Some(1));
    }
    assert_eq!(
        low(&dir, &["--baseline", "nowhere.json"]).code,
        Some(2),
        "one that was asked for must be there"
    );
}

#[test]
fn a_baseline_is_no_finding_itself() {
    let dir = accepted();
    let text = std::fs::read_to_string(dir.path(NAME)).unwrap();
    dir.write("accepted-elsewhere.json", text);
    let answer = low(&dir, &["--no-baseline", "--format", "json"]);
    assert_eq!(answer.out.lines().count(), 1, "only the secret itself: {}", answer.out);
    let text = std::fs::read_to_string(dir.path(NAME)).unwrap();
    assert!(!text.contains(PASSWORD));
}

#[test]
fn what_is_accepted_is_listed_on_request_marked_and_fails_nothing() {
    let dir = accepted();
    for (format, words) in [
        ("text", ", accepted: known]"),
        ("json", "\"accepted\":\"known\""),
        ("report", "\"accepted\":\"known\""),
        (
            "sarif",
            "\"suppressions\":[{\"justification\":\"known\",\"kind\":\"external\",\"status\":\"accepted\"}]",
        ),
        ("csv", ",known\r\n"),
        ("junit", "<skipped message="),
        ("github", "::notice file=src/a.py"),
        ("gitlab", "\"severity\":\"info\""),
        ("html", "data-kind=\"accepted\""),
    ] {
        let shown = low(&dir, &["--show-accepted", "--format", format]);
        assert_eq!(shown.code, Some(0), "{format}: {}", shown.err);
        assert!(shown.out.contains(words), "{format}: {}", shown.out);
        let hidden = low(&dir, &["--format", format]);
        assert!(!hidden.out.contains("a.py"), "{format}: {}", hidden.out);
    }
    assert_eq!(low(&dir, &["--show-accepted", "--no-baseline"]).code, Some(2));
}

#[test]
fn a_baseline_of_any_name_is_made_and_a_wrong_name_is_told() {
    let dir = Dir::new();
    dir.write("src/a.py", line(PASSWORD));
    let wrong = dir.cmd(&["scan", "--baseline", "conf.json"]).run();
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("conf.json: there is no such baseline"), "{}", wrong.err);
    let written = dir.cmd(&["scan", "--baseline", "conf.json", "--write-baseline"]).run();
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert_eq!(dir.cmd(&["scan", "--baseline", "conf.json"]).run().code, Some(0));
    assert_eq!(dir.cmd(&["scan"]).run().code, Some(1), "it holds only where it is named");
}

#[test]
fn all_that_is_found_can_be_accepted_at_once_and_what_is_gone_taken_out() {
    let dir = Dir::new();
    dir.write("src/a.py", line(PASSWORD));
    dir.write("src/b.py", line(PASSWORD) + &line("an0ther-one-2-keep"));
    let written = dir.cmd(&["scan", "--write-baseline"]).run();
    assert_eq!((written.code, written.out.as_str()), (Some(0), ""), "{}", written.err);
    assert!(written.err.contains("accepted 2 secrets in 3 places as known: "), "{}", written.err);
    let text = std::fs::read_to_string(dir.path(NAME)).unwrap();
    assert!(!text.contains("tr0ub4dor") && text.matches("\"verdict\":\"known\"").count() == 3, "{text}");
    let answer = low(&dir, &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.err.contains("3 accepted by the baseline") && !answer.err.contains("stale"),
        "{}",
        answer.err
    );
    let again = dir.cmd(&["scan", "--write-baseline"]).run();
    assert!(again.err.contains("nothing to accept"), "{}", again.err);
    dir.write("src/b.py", line(PASSWORD));
    std::fs::remove_file(dir.path("src/a.py")).unwrap();
    let stale = low(&dir, &[]);
    assert_eq!(stale.code, Some(0), "{}", stale.err);
    assert_eq!(stale.err.matches("stale: ").count(), 2, "{}", stale.err);
    assert_eq!(low(&dir, &["--fail-on-stale"]).code, Some(1));
    assert_eq!(low(&dir, &["src/b.py", "--fail-on-stale"]).code, Some(1));
    let pruned = low(&dir, &["--prune-baseline"]);
    assert!(pruned.err.contains("took 2 stale entries out"), "{}", pruned.err);
    let answer = low(&dir, &["--fail-on-stale"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("1 accepted by the baseline"), "{}", answer.err);
}
