//! `telltale scan --history` from outside, on repositories that git made.

use std::fs;

use serde_json::Value;

use crate::repository::{Repository, leak, places, token};

fn place(path: &str, line: u64, commit: &str) -> (String, u64, String) {
    (path.to_owned(), line, commit.to_owned())
}

#[test]
fn the_first_commit_that_held_it() {
    let Some(one) = Repository::new() else { return };
    one.write("a.txt", "nothing\n");
    one.commit("first");
    one.write("conf/a.txt", format!("one\n{}", leak(1)));
    let second = one.commit("second");
    one.write("conf/a.txt", format!("one\nmore\n{}", leak(1)));
    one.commit("the line moves");
    one.git(&["mv", "conf/a.txt", "conf/b.txt"]);
    let renamed = one.commit("the file gets another name, and is another one");
    one.write("conf/b.txt", "gone\n");
    one.commit("last");
    let answer = one.scan(&["--history"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    // The same content under the second name is the same blob: it stands where it stood first.
    assert_eq!(places(&answer), [place("conf/a.txt", 2, &second)], "{renamed}");
    let found: Value = serde_json::from_str(answer.out.lines().next().unwrap()).unwrap();
    assert_eq!(found["source"], "history");
    assert_eq!(found["commit"]["author"], "Ada <ada@example.org>");
    assert_eq!(found["commit"]["time"], 1_700_007_200);
    assert!(!answer.out.contains(&token(1)), "{}", answer.out);
    one.git(&["gc", "-q", "--aggressive", "--prune=now"]);
    assert_eq!(places(&one.scan(&["--history"])), places(&answer), "packed, it is the same");
    assert_eq!(one.scan(&[]).code, Some(0), "the files themselves are clean");
    assert_eq!(one.scan(&["--history", "--exclude", "conf/"]).code, Some(0));
}

#[test]
fn a_merge_brings_what_its_branch_had_first() {
    let Some(one) = Repository::new() else { return };
    one.write("a.txt", "nothing\n");
    one.commit("first");
    one.git(&["checkout", "-q", "-b", "side"]);
    one.write("key.txt", leak(1));
    let side = one.commit("on the side");
    one.git(&["checkout", "-q", "main"]);
    one.write("b.txt", "b\n");
    one.commit("on main");
    one.git(&["merge", "-q", "--no-ff", "-m", "both", "side"]);
    one.write("key.txt", "");
    one.commit("gone");
    assert_eq!(places(&one.scan(&["--history"])), [place("key.txt", 1, &side)]);
}

#[test]
fn all_that_a_ref_leads_to() {
    let Some(one) = Repository::new() else { return };
    one.write("a.txt", "nothing\n");
    let base = one.commit("first");
    one.write("a.txt", leak(1));
    one.git(&["stash", "-q"]);
    one.write("a.txt", leak(2));
    one.git(&["stash", "-q"]);
    one.write("tagged", leak(3));
    let blob = one.git(&["hash-object", "-w", "tagged"]);
    one.git(&["tag", "-a", "-m", "a key", "key", &blob]);
    fs::remove_file(one.dir.path("tagged")).unwrap();
    one.git(&["notes", "add", "-m", leak(4).trim(), &base]);
    one.git(&["checkout", "-q", "--detach"]);
    one.write("detached.txt", leak(5));
    one.commit("on no branch");
    let tree = one.dir.path("other");
    one.git(&["worktree", "add", "-q", "--detach", tree.to_str().unwrap()]);
    one.write("other/there.txt", leak(6));
    one.git_in("other", &["add", "there.txt"]);
    one.git_in("other", &["commit", "-q", "-m", "in another work tree"]);
    one.git(&["checkout", "-q", "main"]);
    for packed in [false, true] {
        if packed {
            one.git(&["gc", "-q"]);
        }
        let answer = one.scan(&["--history"]);
        let found = places(&answer);
        let names: Vec<&str> =
            found.iter().map(|(path, ..)| path.as_str()).filter(|path| path.len() < 40).collect();
        assert_eq!(names, ["a.txt", "a.txt", "detached.txt", "refs/tags/key", "there.txt"], "{}", answer.err);
        assert_eq!(found.len(), 6, "and the note, under the name of its commit");
    }
}

#[test]
fn what_nothing_leads_to_is_told_on_request() {
    let Some(one) = Repository::new() else { return };
    one.write("a.txt", "nothing\n");
    one.commit("first");
    one.write("a.txt", leak(1));
    let dropped = one.commit("dropped");
    one.git(&["reset", "-q", "--hard", "HEAD~1"]);
    one.write("in-a-folder.txt", leak(3));
    one.git(&["add", "in-a-folder.txt"]);
    one.git(&["write-tree"]);
    one.git(&["rm", "-q", "--cached", "in-a-folder.txt"]);
    one.write("staged.txt", leak(2));
    one.git(&["add", "staged.txt"]);
    one.git(&["rm", "-q", "--cached", "staged.txt"]);
    let plain = one.scan(&["--history"]);
    assert_eq!((plain.code, plain.out.as_str()), (Some(0), ""), "{}", plain.err);
    assert!(plain.err.contains("3 blobs"), "{}", plain.err);
    for packed in [false, true] {
        if packed {
            one.git(&["repack", "-q", "-a", "-d", "--keep-unreachable"]);
        }
        let found = places(&one.scan(&["--unreachable"]));
        assert_eq!(found.len(), 3, "{found:?}");
        let is_named = |named: bool| {
            let mut paths = found.iter().map(|(path, ..)| path);
            paths
                .any(|path| path.starts_with("<unreachable>/") && path.ends_with("/in-a-folder.txt") == named)
        };
        assert!(is_named(true) && is_named(false), "{found:?}");
        assert_eq!(found[2], place("a.txt", 1, &dropped));
    }
}

#[test]
fn long_chains_and_many_packs() {
    let Some(one) = Repository::new() else { return };
    let body =
        (0..400).map(|line| format!("line {line} of a file that changes\n")).collect::<Vec<_>>().concat();
    let mut planted = Vec::new();
    for step in 0..60 {
        let mut text = body.replace("line 7 ", &format!("line 7, step {step} "));
        if step % 20 == 11 {
            text += &leak(step);
        }
        one.write("long.txt", text);
        let id = one.commit("step");
        if step % 20 == 11 {
            planted.push(place("long.txt", 401, &id));
        }
        if step % 25 == 24 {
            one.git(&["repack", "-q", "--window=50", "--depth=50"]);
        }
    }
    planted.sort();
    assert_eq!(places(&one.scan(&["--history"])), planted, "several packs and loose objects");
    one.git(&["repack", "-q", "-a", "-d", "-f", "--window=100", "--depth=4000"]);
    assert_eq!(places(&one.scan(&["--history", "-j", "1"])), planted, "one chain");
    one.git(&["-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-f"]);
    assert_eq!(places(&one.scan(&["--history"])), planted, "an old index");
    one.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f"]);
    assert_eq!(places(&one.scan(&["--history"])), planted, "bases by their ids");
    let answer = one.dir.cmd(&["scan", "--history"]).run();
    let count = one.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
    let blobs = count.lines().filter(|kind| *kind == "blob").count();
    assert!(answer.err.contains(&format!("; {blobs} blobs")), "{blobs}: {}", answer.err);
}

/// Files that change in a few places are looked at in part, before anybody knows what they are called. What is found
/// must be what is found in each version, under each name that it had.
#[test]
fn a_look_at_what_changed_misses_nothing() {
    let Some(one) = Repository::new() else { return };
    let clean: Vec<String> = (0..900)
        .map(|at| match at % 90 {
            5 => format!("entry {at} = \"sunflower{at}rain\""),
            6 => "api_key:".to_owned(),
            _ => format!("entry {at} of a list of words that say nothing"),
        })
        .collect();
    let row = "MIIEabcdefgh0123456789ABCDEFGHijklmnop+/qrstuvwxyzABCDEFGHIJKLMN";
    let block = format!(
        "-----BEGIN {1} PRIVATE KEY-----\n{0}-----END {1} PRIVATE KEY-----",
        format!("{row}\n").repeat(12),
        "RSA"
    );
    fs::write(one.dir.path(".gitignore"), "versions/\n").unwrap();
    let names = ["a.txt", "b.rs", "c.yaml", "d.json", "e.md", "go.sum", "f"];
    let mut bodies = vec![clean.clone(); names.len()];
    let mut dice = 1_u64;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    for step in 0..150_usize {
        let file = roll(names.len());
        let lines = &mut bodies[file];
        let at = roll(10) * 90 + 5;
        match roll(12) {
            // A name before a value that was there, a value behind a name, both on one line, a block.
            0 => lines[at] = lines[at].replace("entry", "password").replace(&format!(" {at} "), " "),
            1 => lines[at + 1] = format!("api_key: {}", token(step).replace("ghp_", "v")),
            2 => leak(step).trim().clone_into(&mut lines[at + 30]),
            3 => lines[at + 40].clone_from(&block),
            // A key that is cut, and one that is put together.
            4 => lines[at + 40] = lines[at + 40].replacen(row, "cut here", 1),
            5 => lines[at + 40] = format!("-----BEGIN {0}", &block[11..]),
            6 => lines[at + 50] = format!("kind: Secret\ndata:\n  password: {}", "YWRtaW4xMjM="),
            7 => {
                lines[at + 60] =
                    token(step).bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
            }
            8 => lines.swap(at, at + 30),
            9 => drop(lines.remove(at + 2)),
            10 => lines.extend_from_within(at..at + 45),
            _ => lines[at..at + 60].clone_from_slice(&clean[..60]),
        }
        let body = lines.join("\n");
        one.write(names[file], &body);
        one.commit("step");
        one.write(&format!("versions/{step}/{}", names[file]), &body);
    }
    one.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    let found = |out: &str| -> std::collections::BTreeSet<(String, String, String)> {
        let text = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
        let named = |found: &Value| found["level"] != "entropy";
        let name = |path: String| path.rsplit('/').next().unwrap().to_owned();
        out.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(named)
            .map(|one| (name(text(&one, "path")), text(&one, "rule"), text(&one, "secret")))
            .collect()
    };
    let in_files = found(&one.scan(&["--show-secrets", "--no-ignore", "versions"]).out);
    let answer = one.scan(&["--show-secrets", "--history"]);
    let in_history = found(&answer.out);
    assert_eq!(in_history.difference(&in_files).next(), None, "too much");
    assert_eq!(in_files.difference(&in_history).next(), None, "missed");
    assert!(in_history.len() > 30, "{}: {}", in_history.len(), answer.err);
}

#[test]
fn a_repository_that_is_named_says_how_it_is_read() {
    let Some(one) = Repository::new() else { return };
    one.write("key.txt", leak(1));
    one.commit("first");
    one.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    one.git(&["bundle", "create", "-q", "all.bundle", "main"]);
    for path in ["bare.git", ".git", "all.bundle"] {
        let answer = one.scan(&[path]);
        assert_eq!(answer.code, Some(3), "{path}: {}", answer.err);
        assert!(answer.err.contains("--history") && answer.err.contains(path), "{}", answer.err);
    }
    // A tree that holds one is complete without it, and what is found comes first.
    let answer = one.scan(&["key.txt", ".git"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    one.git(&["rm", "-q", "-f", "key.txt"]);
    fs::remove_file(one.dir.path("all.bundle")).unwrap();
    assert_eq!(one.scan(&["."]).code, Some(0));
}

#[test]
fn bare_borrowed_and_sha256() {
    let Some(one) = Repository::new() else { return };
    one.write("key.txt", leak(1));
    let id = one.commit("first");
    one.git(&["clone", "-q", "--bare", ".", "bare.git"]);
    assert_eq!(places(&one.scan(&["--history", "bare.git"])), [place("bare.git/key.txt", 1, &id)]);
    one.git(&["clone", "-q", "--shared", ".", "borrower"]);
    assert_eq!(places(&one.scan(&["--history", "borrower"])), [place("borrower/key.txt", 1, &id)]);
    let Some(two) = Repository::with(&["init", "-q", "-b", "main", "--object-format=sha256"]) else { return };
    two.write("key.txt", leak(1));
    let id = two.commit("first");
    assert_eq!(places(&two.scan(&["--history"])), [place("key.txt", 1, &id)]);
    two.git(&["gc", "-q"]);
    assert_eq!(places(&two.scan(&["--history"])), [place("key.txt", 1, &id)]);
}

#[test]
fn since() {
    let Some(one) = Repository::new() else { return };
    one.write("old.txt", leak(1));
    one.commit("old");
    one.write("new.txt", leak(2));
    let new = one.commit("new");
    one.write("new.txt", "");
    one.commit("gone");
    assert_eq!(places(&one.scan(&["--since", "HEAD~2"])), [place("new.txt", 1, &new)]);
    assert_eq!(one.scan(&["--since", "HEAD"]).code, Some(0));
    let unknown = one.scan(&["--since", "nowhere"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("nowhere"), "{}", unknown.err);
}

#[test]
fn no_repository_is_an_error() {
    let Some(one) = Repository::new() else { return };
    let outside = crate::util::Dir::new();
    for args in [&["scan", "--history"][..], &["scan", "--history", "missing"], &["scan", "--since", "HEAD"]]
    {
        let answer = outside.cmd(args).run();
        assert_eq!(answer.code, Some(2), "{args:?}: {}", answer.err);
    }
    let told = outside.cmd(&["scan", "--history"]).run().err;
    assert!(told.trim_end().ends_with("in any of its parents"), "{told}");
    let other = Repository::new().expect("there is git");
    other.write(".git/config", "[core\n bad");
    let told = other.scan(&["--history"]);
    assert!(told.code == Some(2) && told.err.contains("on line 1"), "{}", told.err);
    let empty = one.scan(&["--history"]);
    assert_eq!(
        (empty.code, empty.out.as_str()),
        (Some(0), ""),
        "a repository without a commit: {}",
        empty.err
    );
}

#[test]
fn what_is_damaged_is_told() {
    let Some(one) = Repository::new() else { return };
    one.write("key.txt", leak(1));
    one.write("other.txt", "something else that is long enough to be something\n");
    one.commit("first");
    let blob = one.git(&["rev-parse", "HEAD:other.txt"]);
    let file = one.loose(&blob);
    let mut bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let end = bytes.len() - 8;
    bytes[end] ^= 0x55;
    fs::write(&file, &bytes).unwrap();
    let answer = one.scan(&["--history"]);
    assert_eq!(answer.code, Some(1), "what could be read was found");
    assert!(answer.err.contains(&blob) && answer.err.contains("1 unreadable"), "{}", answer.err);
    one.write("key.txt", "nothing\n");
    let Some(two) = Repository::new() else { return };
    for step in 0..20 {
        two.write("file.txt", format!("{}{step}\n", "a line that stays as it is\n".repeat(50)));
        two.commit("step");
    }
    two.git(&["gc", "-q"]);
    let folder = two.dir.path(".git/objects/pack");
    let pack = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|one| one == "pack")).unwrap();
    let whole = fs::read(&pack).unwrap();
    let mut permissions = fs::metadata(&pack).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a file of the test's own")]
    permissions.set_readonly(false);
    fs::set_permissions(&pack, permissions).unwrap();
    for at in (12..whole.len()).step_by(37) {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        fs::write(&pack, &broken).unwrap();
        let answer = two.scan(&["--history"]);
        assert!(matches!(answer.code, Some(0 | 3)), "{at}: {:?} {}", answer.code, answer.err);
    }
    fs::write(&pack, &whole[..whole.len() / 2]).unwrap();
    let answer = two.scan(&["--history"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
}

#[test]
fn what_the_current_commit_misses_is_told() {
    let Some(one) = Repository::new() else { return };
    for step in 0..2 {
        one.write("conf/a.txt", format!("step {step}\n"));
        one.write("b.txt", "b\n");
        one.commit("step");
    }
    assert_eq!(one.scan(&["--history"]).code, Some(0));
    for name in ["HEAD:conf/a.txt", "HEAD:conf", "HEAD^{tree}"] {
        let id = one.git(&["rev-parse", name]);
        let (file, aside) = (one.loose(&id), one.dir.path("aside"));
        fs::rename(&file, &aside).unwrap();
        let answer = one.scan(&["--history"]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(3), ""), "{name}: {}", answer.err);
        assert!(answer.err.contains(&id) && answer.err.contains("1 unreadable"), "{name}: {}", answer.err);
        fs::rename(&aside, &file).unwrap();
    }
    one.git(&["gc", "-q"]);
    assert_eq!(one.scan(&["--history"]).code, Some(0));
}

#[test]
fn a_shallow_clone_says_so() {
    let Some(one) = Repository::new() else { return };
    one.write("old.txt", leak(1));
    one.commit("old");
    one.write("old.txt", "nothing\n");
    one.commit("new");
    let url = format!("file://{}", one.dir.root().display());
    one.git(&["clone", "-q", "--depth", "1", &url, "shallow"]);
    let answer = one.scan(&["--history", "shallow"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(answer.err.contains("shallow"), "{}", answer.err);
}

#[test]
fn what_is_missing_is_told() {
    let Some(one) = Repository::new() else { return };
    one.write("a/one.txt", "nothing\n");
    one.write("a/two.txt", "nothing at all\n");
    one.write("key.txt", "nothing of any kind\n");
    one.commit("first");
    assert_eq!(one.scan(&["--history"]).code, Some(0));
    let blob = one.git(&["rev-parse", "HEAD:a/two.txt"]);
    fs::remove_file(one.loose(&blob)).unwrap();
    let answer = one.scan(&["--history"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(answer.err.contains(&format!("{blob}: 1 blob is missing")), "{}", answer.err);
    assert!(answer.err.contains("a/two.txt") && answer.err.contains("1 unreadable"), "{}", answer.err);
    // A folder that is missing hides what stood in it.
    let tree = one.git(&["rev-parse", "HEAD:a"]);
    fs::remove_file(one.loose(&tree)).unwrap();
    let answer = one.scan(&["--history"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(answer.err.contains(&format!("tree {tree}")) && !answer.err.contains(&blob), "{}", answer.err);
}

#[test]
fn a_partial_clone_tells_how_much_is_missing() {
    let Some(one) = Repository::new() else { return };
    for step in 0..3 {
        one.write("a.txt", format!("step {step}\n"));
        one.write("same.txt", "nothing\n");
        one.commit("step");
    }
    one.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", one.dir.root().display());
    one.git(&["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"]);
    let answer = one.scan(&["--history", "partial"]);
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    assert!(
        answer.err.contains("partial clone") && answer.err.contains("4 blobs are missing"),
        "{}",
        answer.err
    );
    // Commits of other repositories are not expected to be there.
    let Some(two) = Repository::new() else { return };
    let other = "160000,1234567890123456789012345678901234567890,sub";
    two.git(&["update-index", "--add", "--cacheinfo", other]);
    two.git(&["commit", "-q", "-m", "a submodule"]);
    let answer = two.scan(&["--history"]);
    assert_eq!((answer.code, answer.err.contains("missing")), (Some(0), false), "{}", answer.err);
}

#[test]
fn names_that_are_no_text() {
    let Some(one) = Repository::new() else { return };
    one.write("a\nb\u{1b}[31m.txt", leak(1));
    one.commit("first");
    let answer = one.dir.cmd(&["scan", "--history"]).run();
    assert!(answer.out.contains(r"a\nb\u{1b}[31m.txt") || answer.out.contains("\\n"), "{}", answer.out);
    assert!(!answer.out.contains('\u{1b}'));
}
