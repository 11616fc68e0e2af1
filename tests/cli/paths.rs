//! Paths as people give them: twice, one in another, through links, with dots and slashes, with names that no one types.
//! Whatever lies there is found once.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use serde_json::Value;

use crate::repository::Repository;
use crate::scan::{line, token};
use crate::util::Dir;

/// Two files with a token each, and links to them.
fn tree() -> Dir {
    let dir = Dir::new();
    dir.write("a/one.txt", line(1));
    dir.write("a/b/two.txt", line(2));
    std::os::unix::fs::symlink("a", dir.path("link")).unwrap();
    std::os::unix::fs::symlink("a/one.txt", dir.path("file")).unwrap();
    dir
}

/// These tokens, in order.
fn tokens(seeds: &[usize]) -> Vec<String> {
    let mut tokens: Vec<String> = seeds.iter().map(|seed| token(*seed)).collect();
    tokens.sort();
    tokens
}

/// The secrets that are found below these paths, in order.
fn found(dir: &Dir, args: &[&str]) -> Vec<String> {
    let all = [&["scan", "--format", "json", "--show-secrets", "--top", "0"], args].concat();
    let answer = dir.cmd(&all).run();
    assert!(matches!(answer.code, Some(0 | 1)), "{args:?}: {}", answer.err);
    let secret = |line: &str| {
        let one: Value = serde_json::from_str(line).unwrap();
        one["secret"].as_str().unwrap().to_owned()
    };
    let mut secrets: Vec<String> = answer.out.lines().map(secret).collect();
    secrets.sort();
    secrets
}

#[test]
fn whatever_way_leads_there_each_secret_is_found_once() {
    let dir = tree();
    let both = tokens(&[1, 2]);
    let whole = dir.path("a").to_str().unwrap().to_owned();
    let ways: &[&[&str]] = &[
        &["a"],
        &["a/"],
        &["a//"],
        &["./a"],
        &["a/."],
        &["a/b/.."],
        &["a/../a"],
        &["link"],
        &["link/"],
        &[&whole],
        &["."],
        &["a", "a"],
        &["a", "./a/", "link"],
        &["a", "a/b"],
        &["a/b", "a"],
        &["a/b/", "a/one.txt", "a"],
        &["a", "a/one.txt", "file"],
        &["file", "a"],
        &["link/b", ".", "a"],
    ];
    for way in ways {
        assert_eq!(found(&dir, way), both, "{way:?}");
        // The second time the cache answers.
        for _ in 0..2 {
            assert_eq!(found(&dir, &[&["--cache=kept"], *way].concat()), both, "cached {way:?}");
        }
    }
    assert_eq!(found(&dir, &["a/one.txt", "file", "a/b/../one.txt", "link/one.txt"]), tokens(&[1]));
    let up = dir.cmd(&["scan", "--format", "json", "..", ".", "../../a"]).within("a/b").run();
    assert_eq!((up.code, up.out.lines().count()), (Some(1), 2), "{}", up.out);
}

#[test]
fn what_was_accepted_is_accepted_whatever_way_leads_there() {
    let dir = tree();
    let accept = ["scan", "-q", "link/", "--baseline", "base.json", "--write-baseline"];
    assert_eq!(dir.cmd(&accept).run().code, Some(0));
    for way in ["a", "a/", "./a", "a/.", "link", "a/../link/b/", "a/one.txt", "file", "."] {
        let answer = dir.cmd(&["scan", way, "--baseline", "base.json"]).run();
        assert_eq!(answer.code, Some(0), "{way}: {}{}", answer.out, answer.err);
        assert!(answer.err.contains("accepted by the baseline"), "{way}: {}", answer.err);
    }
}

#[test]
fn a_repository_is_scanned_once_whatever_ways_lead_to_it() {
    let Some(one) = Repository::new() else { return };
    one.write("a.txt", line(1));
    one.write("sub/b.txt", line(2));
    one.commit("first");
    one.write("sub/c.txt", line(3));
    one.git(&["add", "-A"]);
    std::os::unix::fs::symlink(".", one.dir.path("link")).unwrap();
    let whole = one.dir.root().to_str().unwrap().to_owned();
    let ways: &[&[&str]] =
        &[&["."], &[], &[".", "."], &["sub", "."], &[".", "sub", "sub/", "./sub"], &["link", &whole]];
    for way in ways {
        assert_eq!(found(&one.dir, &[&["--staged"], *way].concat()), tokens(&[3]), "{way:?}");
        assert_eq!(found(&one.dir, &[&["--history"], *way].concat()), tokens(&[1, 2]), "{way:?}");
        assert_eq!(found(&one.dir, &[&["--since", "HEAD"], *way].concat()).len(), 0, "{way:?}");
    }
    // Another repository in it is another one.
    let Some(two) = Repository::new() else { return };
    two.write("d.txt", line(4));
    two.commit("first");
    let other = two.dir.root().to_str().unwrap();
    assert_eq!(found(&one.dir, &["--history", ".", other, "sub"]), tokens(&[1, 2, 4]));
    let work = two.dir.path("work");
    two.git(&["worktree", "add", "-q", work.to_str().unwrap()]);
    two.write("work/e.txt", line(5));
    two.git_in("work", &["add", "-A"]);
    two.write("f.txt", line(6));
    two.git(&["add", "f.txt"]);
    assert_eq!(found(&two.dir, &["--staged", ".", "work"]), tokens(&[5, 6]), "each has an index of its own");
}

#[test]
fn names_that_no_one_types() {
    let Some(one) = Repository::new() else { return };
    one.commit("nothing");
    let long = OsString::from("n".repeat(255));
    let names = [
        long.as_os_str(),
        OsStr::from_bytes(b"not \xff\xfe text"),
        OsStr::new("two\nlines"),
        OsStr::new("red \x1b[31m and a bell \x07"),
        OsStr::new(" spaces "),
        OsStr::new("-n"),
        OsStr::new("back\\slash!/\u{202e}turned"),
    ];
    let folder = one.dir.path("odd");
    for (n, name) in (1..).zip(names) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, line(n)).unwrap();
    }
    one.git(&["add", "-A"]);
    for way in [&["odd"][..], &["odd", "--cache=kept"], &["odd", "--cache=kept"], &["--staged"]] {
        assert_eq!(found(&one.dir, way), tokens(&[1, 2, 3, 4, 5, 6, 7]), "{way:?}");
        let answer = one.dir.cmd(&[&["scan"], way].concat()).run();
        assert_eq!(answer.out.lines().count(), names.len(), "a line for each: {}", answer.out);
        let steers =
            |text: &str| text.chars().any(|one| one != '\n' && (one.is_control() || one == '\u{202e}'));
        assert!(!steers(&answer.out) && !steers(&answer.err), "{:?}", answer.out);
    }
    for name in names {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_telltale"));
        program.args(["scan", "-q", "--"]).arg(name).current_dir(&folder).stdin(Stdio::null());
        let out = program.output().unwrap();
        assert_eq!(out.status.code(), Some(1), "{name:?}");
    }
    assert_eq!(one.dir.cmd(&["scan", "-q", "odd", "--write-baseline"]).run().code, Some(0));
    let answer = one.dir.cmd(&["scan", "odd"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.out);
    assert!(answer.err.contains("7 accepted"), "{}", answer.err);
    let listed = b"odd/not \xff\xfe text\0odd/two\nlines\0odd/-n\0odd/-n\0".to_vec();
    let answer = one.dir.cmd(&["scan", "-0", "--no-baseline", "--files-from", "-"]).stdin(listed).run();
    assert_eq!((answer.code, answer.out.lines().count()), (Some(1), 3), "{}", answer.err);
}
