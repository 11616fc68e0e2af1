//! One scan on many machines: shards that share the files, and a merge of their reports.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;

use crate::scan::{line, token};
use crate::util::Dir;

fn tree(dir: &Dir) {
    for n in 0..40 {
        dir.write(&format!("tree/{}/{n}.txt", n % 6), format!("{}{}", line(n % 7), line(n)));
    }
    dir.write("tree/.git/HEAD", "");
    dir.write("tree/.gitignore", "built/\n*.log\n");
    dir.write("tree/built/x.txt", line(1));
    for n in 0..6 {
        dir.write(&format!("tree/{n}.log"), line(1));
        dir.write(&format!("tree/{n}.large"), "x".repeat(3000));
        symlink("0.log", dir.path(&format!("tree/link{n}"))).unwrap();
    }
}

fn scan(dir: &Dir, more: &[&str]) -> Value {
    let args = [&["scan", "tree", "-q", "--format", "report", "--max-filesize", "2K"], more].concat();
    let answer = dir.cmd(&args).run();
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {} {}", answer.out, answer.err))
}

/// The places of a report, in order.
fn places(report: &Value) -> Vec<String> {
    let place = |one: &Value| format!("{}:{}:{}", one["path"], one["line"], one["column"]);
    let mut places: Vec<String> = report["findings"].as_array().unwrap().iter().map(place).collect();
    places.sort();
    places
}

fn skips(report: &Value) -> BTreeMap<String, u64> {
    let skipped = report["summary"]["skipped"].as_array().unwrap();
    skipped
        .iter()
        .map(|one| (one["reason"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
        .collect()
}

#[test]
fn all_shards_together_are_the_whole() {
    let dir = Dir::new();
    tree(&dir);
    let whole = scan(&dir, &[]);
    for of in [1, 2, 3, 7] {
        let (mut found, mut skipped, mut files) = (Vec::new(), BTreeMap::new(), 0);
        for index in 1..=of {
            let part = scan(&dir, &["--shard", &format!("{index}/{of}")]);
            assert_eq!(part["shard"], format!("{index}/{of}"));
            found.extend(places(&part));
            files += part["summary"]["files"].as_u64().unwrap();
            for (reason, count) in skips(&part) {
                *skipped.entry(reason).or_insert(0) += count;
            }
        }
        found.sort();
        assert_eq!(found, places(&whole), "{of} shards");
        assert_eq!(files, whole["summary"]["files"].as_u64().unwrap());
        skipped.remove("elsewhere");
        assert_eq!(skipped, skips(&whole), "{of} shards");
    }
    let given = |shard: &str| {
        let args = ["scan", "tree/0/0.txt", "tree/1/1.txt", "--format", "json", "--shard", shard];
        dir.cmd(&args).run().out.lines().count()
    };
    assert_eq!(given("1/2") + given("2/2"), 4, "files that are given are shared too");
    assert_eq!(dir.cmd(&["scan", "-", "--shard", "1/2"]).run().code, Some(2));
    assert_eq!(dir.cmd(&["scan", "tree", "--shard", "3/2"]).run().code, Some(2));
}

/// The reports of all shards, made as a batch system makes them: many at once, each told only its number.
fn in_parallel(dir: &Dir, of: u32) {
    let scan = format!(
        "{} scan tree -q --max-filesize 2K --shard {{}}/{of} --id-key key --fail-on never --format report -o part-{{}}.json",
        env!("CARGO_BIN_EXE_telltale")
    );
    let parallel =
        Command::new("parallel").arg("--version").output().is_ok_and(|answer| answer.status.success());
    let spread = if parallel {
        format!("parallel -j 4 '{scan}'")
    } else {
        format!("xargs -P 4 -I{{}} sh -c '{scan}'")
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("seq {of} | {spread}")]).current_dir(dir.root()).env("HOME", dir.root());
    let answer = shell.output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}

#[test]
fn a_batch_system_spreads_a_scan_and_a_merge_makes_it_one() {
    let dir = Dir::new();
    tree(&dir);
    in_parallel(&dir, 5);
    let parts: Vec<String> = (1..=5).map(|n| format!("part-{n}.json")).collect();
    let merge = |more: &[&str]| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        dir.cmd(&[&["scan", "--merge", "-q"], more, &parts].concat()).run()
    };
    let merged = merge(&["--format", "report"]);
    assert_eq!(merged.code, Some(1), "{}", merged.err);
    let merged: Value = serde_json::from_str(&merged.out).unwrap();
    let whole = scan(&dir, &["--id-key", "key"]);
    assert_eq!(places(&merged), places(&whole));
    let ids = |report: &Value| -> Vec<String> {
        let mut ids: Vec<String> =
            report["findings"].as_array().unwrap().iter().map(|one| one["fingerprint"].to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&merged), ids(&whole), "one key, one id for a secret");
    assert_eq!((skips(&merged), merged["summary"]["complete"].clone()), (skips(&whole), true.into()));
    assert_eq!(merged["summary"]["high"], whole["summary"]["high"]);
    assert_eq!(merged["findings"][0]["excerpt"], whole["findings"][0]["excerpt"]);
    // Once more the same reports, and as JSON lines: each place is listed once.
    let lines = merge(&["--format", "json"]);
    std::fs::write(dir.path("lines.jsonl"), &lines.out).unwrap();
    let again = merge(&["--format", "json", "lines.jsonl", "part-1.json"]);
    assert_eq!(again.out.lines().count(), places(&whole).len());
    for format in ["sarif", "html", "junit", "csv", "github", "gitlab", "text"] {
        let answer = merge(&["--format", format]);
        assert_eq!(answer.code, Some(1), "{format}: {}", answer.err);
        assert!(answer.out.contains("0.txt") && !answer.out.contains(&token(0)), "{format}");
    }
    assert_eq!(merge(&["--fail-on", "never"]).code, Some(0));
}

#[test]
fn what_is_missing_or_cut_is_never_a_smaller_result() {
    let dir = Dir::new();
    dir.write("tree/a.txt", "nothing\n");
    for index in 1..=3 {
        let (shard, file) = (format!("{index}/3"), format!("{index}.json"));
        let args = ["scan", "tree", "-q", "--shard", &shard, "--format", "report", "-o", &file];
        assert_eq!(dir.cmd(&args).run().code, Some(0));
    }
    let merge = |files: &[&str]| dir.cmd(&[&["scan", "--merge", "--format", "json"], files].concat()).run();
    assert_eq!(merge(&["1.json", "2.json", "3.json"]).code, Some(0));
    let missing = merge(&["1.json", "3.json"]);
    assert_eq!(missing.code, Some(3));
    assert!(missing.err.contains("shard 2/3 is missing"), "{}", missing.err);
    let whole = std::fs::read_to_string(dir.path("1.json")).unwrap();
    dir.write("cut.json", &whole[..whole.len() / 2]);
    dir.write("strange.json", "{\"findings\": []}");
    dir.write("long.json", format!("{{\"telltale_report\":1,\"x\":\"{}\"", "x".repeat(2 << 20)));
    for (file, words) in [
        ("cut.json", "cut short"),
        ("strange.json", "not a report"),
        ("long.json", "longer than any"),
        ("none.json", "No such file"),
        ("tree", "Is a directory"),
    ] {
        let answer = merge(&["1.json", file]);
        assert_eq!(answer.code, Some(2), "{file}");
        assert!(answer.err.contains(file) && answer.err.contains(words), "{}", answer.err);
    }
    assert_eq!(merge(&[]).code, Some(2));
    assert_eq!(dir.cmd(&["scan", "--merge", "--shard", "1/2", "1.json"]).run().code, Some(2));
}

#[test]
fn secrets_are_merged_only_on_request() {
    let dir = Dir::new();
    dir.write("a.txt", line(1));
    let clear = dir.cmd(&["scan", "a.txt", "--format", "json", "--show-secrets"]).run();
    dir.write("clear.jsonl", &clear.out);
    let hidden = dir.cmd(&["scan", "--merge", "clear.jsonl", "--format", "json"]).run();
    assert!(hidden.out.contains("ghp_********") && !hidden.out.contains(&token(1)), "{}", hidden.out);
    assert!(hidden.err.contains("do not say what was not scanned"), "{}", hidden.err);
    let shown = dir.cmd(&["scan", "--merge", "clear.jsonl", "--format", "json", "--show-secrets"]).run();
    assert!(shown.out.contains(&token(1)));
}

#[test]
fn a_key_makes_ids_last() {
    let dir = Dir::new();
    dir.write("a.txt", line(1));
    let id = |key: &str| {
        let answer = dir.cmd(&["scan", "a.txt", "--format", "json", "--id-key", key]).run();
        serde_json::from_str::<Value>(&answer.out).unwrap()["secret_id"].clone()
    };
    assert_eq!(id("one.key"), id("one.key"));
    assert_ne!(id("one.key"), id("two.key"));
    let scanned = dir.cmd(&["scan", "one.key", "--format", "json"]).run();
    assert_eq!((scanned.code, scanned.out.as_str()), (Some(0), ""), "a key does not look like a secret");
    assert_eq!(dir.cmd(&["scan", "a.txt", "--id-key", "a.txt"]).run().code, Some(2));
}

#[test]
fn a_repository_falls_to_one_shard_with_all_its_history() {
    let dir = Dir::new();
    let repositories: Vec<String> = (0..6).map(|n| format!("repository-{n}")).collect();
    for (n, name) in repositories.iter().enumerate() {
        dir.write(&format!("{name}/a.txt"), line(n));
        let path = dir.path(name);
        let git = |args: &[&str]| {
            let mut made = Command::new("git");
            made.args(["-c", "user.name=a", "-c", "user.email=a@b", "-C"]).arg(&path).args(args);
            assert!(made.env("HOME", dir.path("")).output().unwrap().status.success(), "{args:?}");
        };
        git(&["init", "-q"]);
        git(&["add", "."]);
        git(&["commit", "-qm", "one"]);
    }
    let scan = |shard: &str| {
        let mut args = vec!["scan", "--history", "-q", "--format", "report", "--shard", shard];
        args.extend(repositories.iter().map(String::as_str));
        let answer = dir.cmd(&args).run();
        serde_json::from_str::<Value>(&answer.out).unwrap_or_else(|error| panic!("{error}: {}", answer.err))
    };
    let whole = places(&scan("1/1"));
    assert_eq!(whole.len(), 6);
    let parts: Vec<Value> = (1..=3).map(|n| scan(&format!("{n}/3"))).collect();
    let mut found: Vec<String> = parts.iter().flat_map(places).collect();
    found.sort();
    assert_eq!(found, whole);
    assert_eq!(parts.iter().map(|part| skips(part)["elsewhere"]).sum::<u64>(), 12);
    assert_eq!(dir.cmd(&["scan", "--staged", "--shard", "1/2"]).run().code, Some(2));
}
