//! `telltale scan --cache` from outside: the same is told, however much of it was known, and every format says how much.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::scan::{line, token};
use crate::util::{Answer, Dir};

fn tree(dir: &Dir) {
    for n in 0..20 {
        dir.write(&format!("tree/{}/{n}.txt", n % 3), format!("line {n}\n"));
    }
    dir.write("tree/leak.txt", line(1));
    dir.write("tree/random.txt", format!("x(\"{}\")\n", &token(3)[4..]));
}

/// A report without its time and the ids that change, and what the cache knew of it.
fn report(dir: &Dir, more: &[&str]) -> (Value, u64) {
    let args = [&["scan", "tree", "-q", "--format", "report", "--id-key", "key"], more].concat();
    let answer = dir.cmd(&args).run();
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let mut report: Value = serde_json::from_str(&answer.out).unwrap();
    report["made"] = Value::Null;
    let cached = report["summary"].as_object_mut().unwrap().remove("cached");
    (report, cached.map_or(0, |cached| cached.as_u64().unwrap()))
}

#[test]
fn the_same_is_told() {
    let dir = Dir::new();
    tree(&dir);
    let (plain, none) = report(&dir, &[]);
    assert_eq!(none, 0);
    for cached in [0, 22, 22] {
        assert_eq!(report(&dir, &["--cache=cache"]), (plain.clone(), cached));
    }
    for more in [["--top", "0"], ["--level", "low"], ["--explain", "--show-secrets"]] {
        let plain = report(&dir, &more).0;
        let args = [&["--cache=cache"], &more[..]].concat();
        assert_eq!(report(&dir, &args), (plain, 22), "{more:?}");
    }
    dir.write("tree/1/1.txt", line(2));
    let (changed, cached) = report(&dir, &["--cache=cache"]);
    assert_eq!((changed["findings"].as_array().unwrap().len(), cached), (3, 21));
    assert_eq!(std::fs::metadata(dir.path("cache")).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = String::from_utf8_lossy(&std::fs::read(dir.path("cache")).unwrap()).into_owned();
    let told = ["leak.txt", "1.txt", &token(1), &token(3)[4..]];
    assert!(!told.iter().any(|told| kept.contains(told)), "no names, no secrets");
}

#[test]
fn what_is_decided_in_the_baseline_holds_at_once() {
    let dir = Dir::new();
    tree(&dir);
    let caches = dir.path("caches");
    let scan = || {
        let scan = dir.cmd(&["scan", "tree", "--cache", "--fail-on", "low"]);
        scan.env("XDG_CACHE_HOME", caches.to_str().unwrap()).run()
    };
    assert_eq!(scan().code, Some(1));
    let again = scan();
    assert!(again.err.contains("22 files are as the cache knows them"), "{}", again.err);
    assert_eq!(dir.cmd(&["scan", "tree", "--write-baseline"]).run().code, Some(0));
    let accepted = scan();
    assert_eq!(accepted.code, Some(0), "{}", accepted.err);
    assert!(
        accepted.err.contains("1 accepted") && accepted.err.contains("22 files are as"),
        "{}",
        accepted.err
    );
    std::fs::remove_file(dir.path("tree/.telltale-baseline.json")).unwrap();
    assert_eq!(scan().code, Some(1));
    let own: Vec<_> = std::fs::read_dir(dir.path("caches/telltale")).unwrap().collect();
    assert_eq!(own.len(), 1, "{own:?}");
}

#[test]
fn every_format_says_how_much_was_known() {
    let dir = Dir::new();
    tree(&dir);
    dir.cmd(&["scan", "tree", "--cache=cache"]).run();
    for format in ["sarif", "csv", "junit", "github", "gitlab", "html", "report"] {
        let answer = dir.cmd(&["scan", "tree", "--cache=cache", "-q", "--format", format]).run();
        let words = if matches!(format, "sarif" | "report") {
            "\"cached\":2"
        } else {
            " files are as the cache knows them"
        };
        assert!(answer.out.contains(words), "{format}: {}", answer.out);
    }
}

/// The places of a report, and whether this scan knew some of it from before.
fn places(answer: &Answer) -> (Vec<String>, bool) {
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let mut places: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    places.sort();
    (places, answer.err.contains("the cache knows"))
}

#[test]
fn a_cache_that_is_no_good_is_told_and_hides_nothing() {
    let dir = Dir::new();
    tree(&dir);
    let scan = || dir.cmd(&["scan", "tree", "--cache=cache"]).run();
    let (expected, _) = places(&dir.cmd(&["scan", "tree"]).run());
    assert_eq!(places(&scan()), (expected.clone(), false));
    assert_eq!(places(&scan()), (expected.clone(), true));
    let good = std::fs::read(dir.path("cache")).unwrap();
    let other: Vec<u8> = good.iter().rev().copied().collect();
    for (what, bytes) in [("cut", &good[..good.len() / 2]), ("of another form", &other)] {
        dir.write("cache", bytes);
        let answer = scan();
        assert_eq!(places(&answer), (expected.clone(), false), "{what}");
        let words = "cache: it is damaged, or no cache of this version; all is scanned anew";
        assert!(answer.err.contains(words), "{what}: {}", answer.err);
        assert_eq!(std::fs::read(dir.path("cache")).unwrap().len(), good.len(), "{what}: it is made anew");
    }
    std::fs::set_permissions(dir.path("cache"), std::fs::Permissions::from_mode(0o666)).unwrap();
    let answer = scan();
    assert_eq!(places(&answer), (expected.clone(), false));
    assert!(answer.err.contains("cache: others may write to it; all is scanned anew"), "{}", answer.err);
    // A pipe is not waited for.
    std::fs::remove_file(dir.path("cache")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.path("cache")).status().unwrap();
    let answer = scan();
    assert!(made.success());
    assert_eq!(places(&answer), (expected, false));
    assert!(answer.err.contains("cache: no regular file; all is scanned anew"), "{}", answer.err);
    assert!(answer.err.contains("can't keep the cache cache: no regular file"), "{}", answer.err);
    let kind = std::fs::symlink_metadata(dir.path("cache")).unwrap().file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind), "it stays what it is");
}

#[test]
fn other_rules_find_what_the_cache_knows_nothing_of() {
    let dir = Dir::new();
    tree(&dir);
    let scan = |more: &[&str]| dir.cmd(&[&["scan", "tree", "--cache=cache"], more].concat()).run();
    for _ in 0..2 {
        assert!(!scan(&[]).out.contains("line-of-ours"));
    }
    dir.write("own.toml", "[[rules]]\nid = \"line-of-ours\"\nregex = '''line (1[0-9])'''\nsecretGroup = 1\n");
    for _ in 0..2 {
        let answer = scan(&["--config", "own.toml"]);
        assert_eq!(answer.out.matches("line-of-ours").count(), 10, "{}{}", answer.out, answer.err);
    }
    assert_eq!(places(&scan(&[])).0, places(&dir.cmd(&["scan", "tree"]).run()).0);
}

#[test]
fn a_disk_that_is_full_costs_the_cache_and_nothing_else() {
    let dir = Dir::new();
    tree(&dir);
    let (expected, _) = places(&dir.cmd(&["scan", "tree"]).run());
    // No file may become longer than half a kilobyte, which is less than the cache needs.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" scan tree --cache=kept/cache";
    std::fs::create_dir(dir.path("kept")).unwrap();
    let full = || {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_telltale")]);
        let out = shell.current_dir(dir.root()).env("HOME", dir.root()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { code: out.status.code(), out: text(out.stdout), err: text(out.stderr) }
    };
    let left = || std::fs::read_dir(dir.path("kept")).unwrap().count();
    let answer = full();
    assert_eq!(places(&answer), (expected.clone(), false));
    assert!(answer.err.contains("can't keep the cache kept/cache: File too large"), "{}", answer.err);
    assert_eq!(left(), 0, "nothing half written stays");
    // An older one stays what it is, and answers for what has not changed.
    dir.cmd(&["scan", "tree", "--cache=kept/cache"]).run();
    let kept = std::fs::read(dir.path("kept/cache")).unwrap();
    dir.write("tree/0/0.txt", line(2));
    let answer = full();
    assert_eq!((answer.code, answer.out.lines().count()), (Some(1), expected.len() + 1), "{}", answer.out);
    assert!(answer.err.contains("can't keep the cache"), "{}", answer.err);
    assert!(answer.err.contains("21 files are as"), "{}", answer.err);
    assert!(std::fs::read(dir.path("kept/cache")).unwrap() == kept && left() == 1);
}

#[test]
fn what_can_not_be_kept_or_used_is_told_and_does_no_harm() {
    let dir = Dir::new();
    tree(&dir);
    let answer = dir.cmd(&["scan", "tree", "-q", "--cache=no/such/folder"]).run();
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("can't keep the cache no/such/folder"), "{}", answer.err);
    dir.write("cache", "telltale cache 1, or so");
    let answer = dir.cmd(&["scan", "tree", "-q", "--cache=cache"]).run();
    assert_eq!(answer.code, Some(1));
    assert!(answer.err.contains("cache: it is damaged"), "{}", answer.err);
    assert!(dir.cmd(&["scan", "tree", "-q", "--cache=cache"]).run().err.is_empty());
    for other in [&["--history"][..], &["--staged"], &["-i"], &["--merge"]] {
        let args = [&["scan", "--cache"], other].concat();
        assert_eq!(dir.cmd(&args).run().code, Some(2), "{other:?}");
    }
}
