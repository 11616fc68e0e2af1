//! `telltale scan --staged` from outside: what git would commit, whatever lies in the folder.

use std::fs;

use crate::repository::{Repository, leak, places};
use crate::util::Dir;

fn names(one: &Repository, args: &[&str]) -> Vec<String> {
    let answer = one.scan(args);
    assert!(matches!(answer.code, Some(0 | 1)), "{}", answer.err);
    places(&answer).into_iter().map(|(path, ..)| path).collect()
}

#[test]
fn the_staged_content_counts() {
    let Some(one) = Repository::new() else { return };
    let nothing = one.scan(&["--staged"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), ""));
    assert!(nothing.err.contains("nothing is staged"), "{}", nothing.err);
    one.write("a.txt", leak(1));
    assert_eq!(names(&one, &["--staged"]), Vec::<String>::new(), "not staged yet");
    one.git(&["add", "a.txt"]);
    one.write("a.txt", "clean again\n");
    let answer = one.scan(&["--staged"]);
    assert_eq!(answer.code, Some(1), "before the first commit: {}", answer.err);
    assert!(
        answer.out.contains("\"source\":\"staged\"") && !answer.out.contains("\"commit\""),
        "{}",
        answer.out
    );
    one.git(&["commit", "-q", "-m", "first"]);
    assert_eq!(names(&one, &["--staged"]), Vec::<String>::new(), "the folder differs, the index does not");
    one.git(&["add", "-A"]);
    one.write("a.txt", leak(2));
    assert_eq!(names(&one, &["--staged"]), Vec::<String>::new(), "clean is staged");
}

#[test]
fn only_what_is_new_is_told() {
    let Some(one) = Repository::new() else { return };
    let lines = (0..30).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
    one.write("a.txt", format!("{lines}{}", leak(1)));
    one.write("b.txt", format!("{}{lines}", leak(2)));
    one.commit("first");
    one.write("a.txt", format!("one more\n{lines}{}", leak(1)));
    one.git(&["mv", "b.txt", "c.txt"]);
    one.git(&["add", "-A"]);
    assert_eq!(names(&one, &["--staged"]), Vec::<String>::new(), "lines moved, a file has another name");
    one.write("a.txt", format!("one more\n{lines}{}{}", leak(1), leak(3)));
    one.git(&["add", "-A"]);
    let found = places(&one.scan(&["--staged"]));
    assert_eq!(found, [("a.txt".to_owned(), 33, String::new())]);
    one.git(&["rm", "-q", "-f", "a.txt"]);
    assert_eq!(names(&one, &["--staged"]), Vec::<String>::new(), "what goes away leaks nothing");
}

#[test]
fn from_a_folder_below_it_is_the_same() {
    let Some(one) = Repository::new() else { return };
    one.write("sub/a.txt", leak(1));
    one.write("b.txt", leak(2));
    one.git(&["add", "-A"]);
    let below = |args: &[&str]| one.dir.cmd(&[&["scan", "--staged"], args].concat()).within("sub").run();
    let answer = below(&[]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(answer.out.contains("../sub/a.txt:") && answer.out.contains("../b.txt:"), "{}", answer.out);
    assert!(answer.err.contains("telltale scan --staged --write-baseline"), "{}", answer.err);
    let accepted = below(&["--write-baseline"]);
    assert!(accepted.err.contains("accepted 2 secrets in 2 places"), "{}", accepted.err);
    assert!(one.dir.path(".telltale-baseline.json").exists());
    assert_eq!(below(&[]).code, Some(0));
    assert_eq!(one.scan(&["--staged"]).code, Some(0));
}

#[test]
fn a_commit_that_is_refused_for_what_is_unread_is_told_so() {
    let Some(one) = Repository::new() else { return };
    one.write("a.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c");
    one.git(&["add", "-A"]);
    let answer = one.scan(&["--staged"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(answer.err.contains("a.gz: damaged") && answer.err.contains("--no-verify"), "{}", answer.err);
    one.git(&["commit", "-q", "-m", "first"]);
    let answer = one.scan(&["--history"]);
    assert!(
        answer.err.contains("telltale: .: blob ") && !answer.err.contains("telltale: :"),
        "{}",
        answer.err
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let outside = Dir::new();
    assert_eq!(outside.cmd(&["scan", "--staged"]).run().code, Some(2));
    let Some(one) = Repository::new() else { return };
    one.git(&["init", "-q", "--bare", "bare.git"]);
    assert_eq!(one.scan(&["--staged", "bare.git"]).code, Some(2));
    one.write("a.txt", "some text\n");
    one.git(&["add", "a.txt"]);
    let id = one.git(&["rev-parse", ":a.txt"]);
    fs::remove_file(one.loose(&id)).unwrap();
    let answer = one.scan(&["--staged"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(answer.err.contains(&id), "{}", answer.err);
    fs::write(one.dir.path(".git/index"), "this is no index").unwrap();
    assert_eq!(one.scan(&["--staged"]).code, Some(3));
}

#[test]
fn git_runs_it_before_a_commit() {
    let Some(one) = Repository::new() else { return };
    let hook = one.dir.path(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho mine\n").unwrap();
    let answer = one.dir.cmd(&["scan", "--install-hook"]).run();
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("telltale scan --staged || exit"), "{}", answer.err);
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\necho mine\n");
    assert_eq!(one.dir.cmd(&["scan", "--uninstall-hook"]).run().code, Some(2), "it is somebody else's");
    fs::remove_file(&hook).unwrap();
    for _ in 0..2 {
        let answer = one.dir.cmd(&["scan", "--install-hook"]).run();
        assert_eq!(answer.code, Some(0), "{}", answer.err);
    }
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_telltale")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let commit = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "x"]);
        command
            .args(args)
            .current_dir(one.dir.root())
            .env("PATH", &path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().unwrap()
    };
    one.write("a.txt", leak(1));
    one.git(&["add", "a.txt"]);
    let refused = commit(&[]);
    assert!(!refused.status.success(), "{refused:?}");
    // git shows all that a hook says among its own messages.
    assert!(String::from_utf8_lossy(&refused.stderr).contains("a.txt:1"), "{refused:?}");
    one.write("a.txt", "clean\n");
    one.git(&["add", "a.txt"]);
    let taken = commit(&[]);
    assert!(taken.status.success(), "{taken:?}");
    // With -a git gives its hooks an index of their own.
    one.write("a.txt", leak(2));
    let refused = commit(&["-a"]);
    assert!(!refused.status.success(), "{refused:?}");
    // So it does for single files, and what else is staged is no part of that commit.
    one.write("b.txt", "b\n");
    one.git(&["add", "b.txt"]);
    assert!(!commit(&["a.txt"]).status.success());
    one.git(&["add", "a.txt"]);
    let taken = commit(&["b.txt"]);
    assert!(taken.status.success(), "{taken:?}");
    let tree = one.dir.path("other");
    one.git(&["worktree", "add", "-q", tree.to_str().unwrap()]);
    one.write("other/c.txt", leak(3));
    one.git_in("other", &["add", "c.txt"]);
    let answer = one.dir.cmd(&["scan", "--staged", "--format", "json"]).within("other").run();
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert_eq!(one.dir.cmd(&["scan", "--uninstall-hook"]).within("other").run().code, Some(0));
    assert!(!hook.exists());
}

/// What the pre-commit framework hands to its hooks: names of files, and no word on what they are.
#[test]
fn files_that_a_hook_is_handed() {
    let Some(one) = Repository::new() else { return };
    let run = |files: &[&str]| one.scan(&[&["--pre-commit"], files].concat());
    let check = |files: &[&str], expected: &[(&str, u64)]| {
        let answer = run(files);
        assert_eq!(answer.code, Some(i32::from(!expected.is_empty())), "{files:?}: {}", answer.err);
        let found = places(&answer).into_iter().map(|(path, line, _)| (path, line)).collect::<Vec<_>>();
        let expected = expected.iter().map(|(path, line)| ((*path).to_owned(), *line)).collect::<Vec<_>>();
        assert_eq!(found, expected, "{files:?}: {}", answer.err);
    };
    assert_eq!(run(&[]).code, Some(2), "a hook without files covers nothing");
    one.write("conf/old.py", leak(1));
    one.write("b.txt", "b\n");
    one.git(&["add", "-A"]);
    check(&["conf/old.py", "b.txt"], &[("conf/old.py", 1)]);
    check(&["b.txt"], &[]);
    one.git(&["commit", "-q", "-m", "with a leak"]);
    // All files, or some that somebody names: what was committed long ago counts.
    check(&["conf/old.py", "b.txt"], &[("conf/old.py", 1)]);
    check(&["b.txt"], &[]);
    // A commit that touches the file tells only what is new in it.
    one.write("conf/old.py", format!("{}# more\n", leak(1)));
    one.git(&["add", "conf/old.py"]);
    check(&["conf/old.py"], &[]);
    check(&["conf/old.py", "b.txt"], &[("conf/old.py", 1)]);
    one.write("conf/old.py", format!("{}# more\n{}", leak(1), leak(2)));
    one.git(&["add", "conf/old.py"]);
    check(&["conf/old.py"], &[("conf/old.py", 3)]);
    // What was changed after that is no commit any more; of that the framework takes care before it calls.
    one.write("conf/old.py", format!("{}# one more\n", leak(1)));
    check(&["conf/old.py"], &[("conf/old.py", 1)]);
    one.git(&["checkout", "-q", "-f", "HEAD", "--", "."]);
    one.write("new.py", leak(3));
    check(&["new.py"], &[("new.py", 1)]);
    // A file that may be run now is a change without content.
    one.git(&["update-index", "--chmod=+x", "conf/old.py"]);
    let answer = run(&["conf/old.py"]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), ""), "{}", answer.err);
    assert!(answer.err.contains("no content is new"), "{}", answer.err);
}

#[test]
fn hooks_may_lie_elsewhere() {
    let Some(one) = Repository::new() else { return };
    one.git(&["config", "core.hooksPath", "my hooks"]);
    assert_eq!(one.dir.cmd(&["scan", "--install-hook"]).run().code, Some(0));
    assert!(one.dir.path("my hooks/pre-commit").exists());
    assert_eq!(Dir::new().cmd(&["scan", "--install-hook"]).run().code, Some(2), "no repository");
}

#[test]
fn a_list_of_paths() {
    let dir = Dir::new();
    dir.write("a b.txt", leak(1));
    dir.write("c\nd.txt", leak(2));
    dir.write("e.txt", leak(3));
    let run = |args: &[&str], list: &str| {
        dir.cmd(&[&["scan", "--format", "json", "--top", "0"], args].concat()).stdin(list).run()
    };
    assert_eq!(run(&["--files-from", "-"], "a b.txt\n").out.lines().count(), 1);
    assert_eq!(run(&["--files-from", "-", "-0"], "a b.txt\0c\nd.txt\0").out.lines().count(), 2);
    assert_eq!(run(&["--files-from", "-", "e.txt"], "a b.txt").out.lines().count(), 2);
    let missing = run(&["--files-from", "-"], "a b.txt\nnowhere\n");
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""));
    assert!(missing.err.contains("nowhere"), "{}", missing.err);
    let empty = run(&["--files-from", "-"], "");
    assert_eq!((empty.code, empty.out.as_str()), (Some(0), ""), "{}", empty.err);
    assert!(empty.err.contains("empty"), "{}", empty.err);
    assert_eq!(run(&["--files-from", "no list"], "").code, Some(2));
}
