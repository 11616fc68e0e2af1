//! `telltale scan` from outside: exit codes, formats, what is skipped and what never is.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;

use crate::util::Dir;

/// A token that no provider ever gave out, with a checksum that is right; made here so that no file holds one.
pub(crate) fn token(seed: usize) -> String {
    let letters = b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe";
    let body: String = (0..30).map(|i| letters[(i * 7 + seed * 3 + i / 5) % letters.len()] as char).collect();
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let sum = crc32fast::hash(body.as_bytes()) as usize;
    let sum: String = (0..6).rev().map(|n| digits[sum / 62_usize.pow(n) % 62] as char).collect();
    format!("ghp_{body}{sum}")
}

/// A line that gives such a token away.
pub(crate) fn line(seed: usize) -> String {
    format!("github_token = \"{}\"\n", token(seed))
}

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn names(out: &str) -> Vec<String> {
    let mut names: Vec<String> =
        objects(out).iter().map(|one| one["path"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// More than one buffer holds, from threads that are not the first: none waits for another.
#[test]
fn all_threads_write_what_they_find() {
    let dir = Dir::new();
    let hash = |seed| [seed, seed * 7, seed + 3].map(|seed| token(seed)[4..].to_owned()).concat();
    for folder in 0..40 {
        let lines =
            (0..60).map(|seed| format!("\"integrity\": \"sha512-{}==\",\n", &hash(folder + seed)[..86]));
        dir.write(&format!("{folder}/package-lock.json"), lines.collect::<String>());
    }
    let told = dir.cmd(&["scan", "--entropy", "-j", "4", "--format", "json", "--fail-on", "never"]).run();
    let folded = objects(&told.out).iter().filter(|one| one["folded"].is_object()).count();
    assert!(folded >= 2000, "{folded}");
}

#[test]
fn exit_codes() {
    let dir = Dir::new();
    dir.write("clean.txt", "nothing to see\n");
    let clean = dir.cmd(&["scan"]).run();
    assert_eq!((clean.code, clean.out.as_str()), (Some(0), ""), "{}", clean.err);
    let missing = dir.cmd(&["scan", "nowhere"]).run();
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("nowhere"), "{}", missing.err);
    assert_eq!(dir.cmd(&["scan", "--no-such-flag"]).run().code, Some(2));
    assert_eq!(dir.cmd(&["scan", "--exclude", "a{b"]).run().code, Some(2));
    assert_eq!(dir.cmd(&["scan", "-o", "no/such/folder"]).run().code, Some(2));
    dir.write("leak.txt", line(1));
    assert_eq!(dir.cmd(&["scan"]).run().code, Some(1));
    assert_eq!(dir.cmd(&["scan", "--fail-on", "never"]).run().code, Some(0));
    assert_eq!(dir.cmd(&["scan", "clean.txt"]).run().code, Some(0));
}

#[test]
fn the_pane_needs_a_terminal_and_its_keys() {
    let dir = Dir::new();
    for (args, words) in [(&["scan", "-i"][..], "terminal"), (&["scan", "-i", "-"], "standard input")] {
        let answer = dir.cmd(args).run();
        assert_eq!(answer.code, Some(2), "{args:?}");
        assert!(answer.err.contains(words), "{}", answer.err);
    }
    assert_eq!(dir.cmd(&["scan", "-i", "--format", "json"]).run().code, Some(2));
}

#[test]
fn levels_decide_the_exit_code() {
    let dir = Dir::new();
    dir.write("a.txt", format!("x(\"{}\")\n", &token(3)[4..]));
    let found = dir.cmd(&["scan", "--fail-on", "low", "--format", "json"]).run();
    assert_eq!(found.code, Some(0), "entropy alone never fails: {}", found.out);
    assert_eq!(objects(&found.out)[0]["level"], "entropy");
    dir.write("b.py", "secret = \"blue-horse\"\n");
    assert_eq!(dir.cmd(&["scan"]).run().code, Some(0));
    assert_eq!(dir.cmd(&["scan", "--fail-on", "low"]).run().code, Some(1));
}

#[test]
fn unreadable_files_are_told() {
    let dir = Dir::new();
    dir.write("locked.txt", line(1));
    std::fs::set_permissions(dir.path("locked.txt"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let answer = dir.cmd(&["scan"]).run();
    // Root reads everything; then there is nothing to tell.
    if std::fs::read(dir.path("locked.txt")).is_err() {
        assert_eq!(answer.code, Some(3));
        assert!(answer.err.contains("locked.txt") && answer.err.contains("1 unreadable"), "{}", answer.err);
    } else {
        assert_eq!(answer.code, Some(1));
    }
}

#[test]
fn json_keeps_its_contract() {
    let dir = Dir::new();
    dir.write("src/a.py", format!("# one\n  {}{}", line(1), line(1)));
    let answer = dir.cmd(&["scan", "--format", "json", "src"]).run();
    let found = objects(&answer.out);
    assert_eq!(found.len(), 2);
    let first = found[0].as_object().unwrap();
    let keys: Vec<&str> = first.keys().map(String::as_str).collect();
    let promised = [
        "column",
        "end_column",
        "entropy",
        "entropy_ceiling",
        "facts",
        "fingerprint",
        "level",
        "line",
        "path",
        "redacted",
        "rule",
        "score",
        "secret_id",
        "severity",
        "source",
        "validation",
    ];
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, promised);
    assert_eq!(first["path"], "src/a.py");
    assert_eq!((&first["line"], &first["column"], &first["end_column"]), (&2.into(), &19.into(), &59.into()));
    assert_eq!((&first["rule"], &first["level"]), (&"github-token".into(), &"high".into()));
    assert_eq!((&first["validation"], &first["source"]), (&"valid".into(), &"file".into()));
    assert_eq!(first["redacted"], "ghp_********");
    assert_eq!(first["secret_id"], found[1]["secret_id"]);
    assert!(!answer.out.contains(&token(1)) && !answer.err.contains(&token(1)));
    let shown = dir.cmd(&["scan", "--format", "json", "--show-secrets", "src"]).run();
    assert_eq!(objects(&shown.out)[0]["secret"], token(1).as_str());
    assert_ne!(objects(&shown.out)[0]["secret_id"], first["secret_id"], "the key dies with the report");
}

#[test]
fn text_names_the_place_and_hides_the_secret() {
    let dir = Dir::new();
    dir.write("a.py", format!("x = 1\n{}", line(2)));
    let answer = dir.cmd(&["scan"]).run();
    assert!(
        answer.out.starts_with("a.py:2:17: high github-token github_token = \"ghp_********\" ["),
        "{}",
        answer.out
    );
    assert!(!answer.out.contains('\x1b'));
    assert!(answer.err.contains("1 high, 0 medium, 0 low"), "{}", answer.err);
    let colored = dir.cmd(&["scan", "--color", "always", "-q"]).env("NO_COLOR", "1").run();
    assert!(colored.out.contains("\x1b["), "an explicit wish beats NO_COLOR");
    assert_eq!(colored.err, "");
}

#[test]
fn the_real_secrets_come_first() {
    let dir = Dir::new();
    dir.write("a.py", "secret = \"blue-horse\"\n");
    dir.write("b.txt", format!("x {} y\n", &token(5)[4..]));
    dir.write("z.txt", line(1));
    let answer = dir.cmd(&["scan", "--format", "json", "--level", "low"]).run();
    let levels: Vec<Value> = objects(&answer.out).iter().map(|one| one["level"].clone()).collect();
    assert_eq!(levels, ["high", "low", "entropy"]);
    let entropy = dir.cmd(&["scan", "--format", "json", "--entropy"]).run();
    let lines = vec!["b.txt".to_owned(), "z.txt".to_owned()];
    assert_eq!((names(&entropy.out), entropy.code), (lines, Some(1)), "whatever rules say of a line");
    assert_eq!(dir.cmd(&["scan", "--entropy", "--top", "0"]).run().out, "");
}

#[test]
fn standard_input() {
    let dir = Dir::new();
    let answer = dir.cmd(&["scan", "--format", "json", "-"]).stdin(line(1)).run();
    let found = objects(&answer.out);
    assert_eq!((&found[0]["path"], &found[0]["source"]), (&"<stdin>".into(), &"stdin".into()));
    assert_eq!(answer.code, Some(1));
    assert_eq!(dir.cmd(&["scan", "-"]).stdin("").run().code, Some(0));
}

#[test]
fn a_closed_pipe_is_success() {
    let dir = Dir::new();
    for seed in 0..200 {
        dir.write(&format!("{seed}.txt"), line(seed).repeat(20));
    }
    assert_eq!(dir.cmd(&["scan"]).run_with_closed_output(), Some(0));
    assert_eq!(dir.cmd(&["scan", "--format", "json"]).run_with_closed_output(), Some(0));
}

#[test]
fn output_file() {
    let dir = Dir::new();
    dir.write("a.txt", line(1));
    let answer = dir.cmd(&["scan", "--format", "json", "-o", "report.jsonl"]).run();
    assert_eq!((answer.code, answer.out.as_str()), (Some(1), ""));
    let report = std::fs::read_to_string(dir.path("report.jsonl")).unwrap();
    assert_eq!(names(&report), ["a.txt"]);
    let mode = std::fs::metadata(dir.path("report.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn git_ignores_are_honoured_but_hidden_files_never_skipped() {
    let dir = Dir::new();
    dir.write(".git/config", line(9));
    dir.write(".gitignore", "*.log\n.env\nbuild/\n.venv/\n!keep.log\n");
    dir.write("sub/.gitignore", "local.txt\n");
    for name in [
        "a.log",
        "keep.log",
        ".env",
        "build/x.txt",
        ".venv/y.txt",
        ".github/ci.yml",
        "sub/local.txt",
        "sub/b.txt",
    ] {
        dir.write(name, line(1));
    }
    let found = |args: &[&str]| names(&dir.cmd(args).run().out);
    assert_eq!(found(&["scan", "--format", "json"]), [".env", ".github/ci.yml", "keep.log", "sub/b.txt"]);
    assert_eq!(found(&["scan", "--format", "json", "sub"]), ["sub/b.txt"]);
    assert_eq!(found(&["scan", "--format", "json", "--no-ignore"]).len(), 8);
    assert_eq!(found(&["scan", "--format", "json", "a.log"]), ["a.log"], "what is named is scanned");
    let excluded = found(&[
        "scan",
        "--format",
        "json",
        "--exclude",
        ".env",
        "--exclude",
        "sub/",
        "--exclude",
        ".github",
    ]);
    assert_eq!(excluded, ["keep.log"]);
    let answer = dir.cmd(&["scan"]).run();
    assert!(answer.err.contains("skipped: 4 ignored by git, 1 .git"), "{}", answer.err);
}

#[test]
fn a_gitignore_above_the_given_folder_counts() {
    let dir = Dir::new();
    dir.write(".git/HEAD", "");
    dir.write(".gitignore", "secret.txt\n/top/inner/x.txt\n");
    dir.write("top/inner/secret.txt", line(1));
    dir.write("top/inner/x.txt", line(1));
    dir.write("top/inner/y.txt", line(1));
    let answer = dir.cmd(&["scan", "--format", "json", "top/inner"]).run();
    assert_eq!(names(&answer.out), ["top/inner/y.txt"]);
}

#[test]
fn links_pipes_and_sizes_are_counted_skips() {
    let dir = Dir::new();
    dir.write("real/a.txt", line(1));
    dir.write("big.txt", line(2).repeat(50));
    symlink("..", dir.path("real/loop")).unwrap();
    symlink("/nonexistent", dir.path("dangling")).unwrap();
    symlink("real", dir.path("given")).unwrap();
    let fifo = dir.path("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
    let answer = dir.cmd(&["scan", "--format", "json", "--max-filesize", "1K"]).run();
    assert_eq!(names(&answer.out), ["real/a.txt"]);
    assert!(answer.err.contains("1 too large, 3 symbolic links, 1 pipes"), "{}", answer.err);
    let given = dir.cmd(&["scan", "--format", "json", "given"]).run();
    assert_eq!(names(&given.out), ["given/a.txt"], "a link that is named is followed");
}

#[test]
fn a_pipe_that_is_given_is_read() {
    let dir = Dir::new();
    let fifo = dir.path("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
    let writer = {
        let fifo = fifo.clone();
        // Opening waits for the scan, as a shell's `cmd > fifo` does.
        std::thread::spawn(move || std::fs::write(fifo, line(1)).unwrap())
    };
    let answer = dir.cmd(&["scan", "--format", "json", "fifo"]).run();
    writer.join().unwrap();
    assert_eq!((names(&answer.out), answer.code), (vec!["fifo".to_owned()], Some(1)), "{}", answer.err);
    let stdin = dir.cmd(&["scan", "--format", "json", "/dev/stdin"]).stdin(line(2)).run();
    assert_eq!((names(&stdin.out), stdin.code), (vec!["/dev/stdin".to_owned()], Some(1)), "{}", stdin.err);
    let silent = dir.cmd(&["scan", "/dev/stdin"]).stdin("").run();
    assert_eq!(silent.code, Some(0), "{}", silent.err);
}

#[test]
fn a_pipe_without_a_writer_is_given_up_and_told() {
    let dir = Dir::new();
    rustix::fs::mkfifoat(rustix::fs::CWD, dir.path("fifo"), 0o600.into()).unwrap();
    let answer = dir.cmd(&["scan", "fifo"]).run();
    assert_eq!(answer.code, Some(3));
    assert!(
        answer.err.contains("fifo: nobody writes") && answer.err.contains("1 unreadable"),
        "{}",
        answer.err
    );
}

/// Met on the way they are a count; who names one has to hear that it was not scanned.
#[test]
fn what_is_no_file_is_told_when_it_is_given() {
    let dir = Dir::new();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path("socket")).unwrap();
    symlink("circle", dir.path("circle")).unwrap();
    symlink("nowhere", dir.path("dangling")).unwrap();
    dir.write("clean.txt", "clean\n");
    for (path, words) in [
        ("socket", "a socket or a device"),
        ("/dev/zero", "a socket or a device"),
        ("circle", "leads in a circle"),
        ("dangling", "No such file"),
    ] {
        let answer = dir.cmd(&["scan", "clean.txt", path]).run();
        assert_eq!((answer.code, answer.out.as_str()), (Some(3), ""), "{path}: {}", answer.err);
        assert!(answer.err.contains(&format!("{path}: ")) && answer.err.contains(words), "{}", answer.err);
    }
    let answer = dir.cmd(&["scan", "."]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
}

#[test]
fn paths_that_overlap_are_scanned_once() {
    let dir = Dir::new();
    for name in ["a/one.txt", "a/b/two.txt", "a/b/c/three.txt", ".git/HEAD", "a/built/four.txt"] {
        dir.write(name, line(1));
    }
    dir.write(".gitignore", "built/\n");
    symlink("a", dir.path("link")).unwrap();
    let found = |args: &[&str]| {
        let answer = dir.cmd(&[&["scan", "--format", "json"], args].concat()).run();
        names(&answer.out)
    };
    let all = ["a/b/c/three.txt", "a/b/two.txt", "a/one.txt"];
    assert_eq!(found(&["a", "a/b"]), all);
    assert_eq!(found(&["a/b", "a", "./a", "a/b/c", "a/one.txt"]), all);
    assert_eq!(found(&["link", "a"]).len(), 3, "the same folder by another name");
    assert_eq!(found(&["a", "a/built"]).len(), 4, "what is named is scanned although git ignores it");
    assert_eq!(found(&["a", "a/b", "--exclude", "three.txt"]), ["a/b/two.txt", "a/one.txt"]);
}

#[test]
fn awkward_content() {
    let dir = Dir::new();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    dir.write("bom.txt", [&b"\xff\xfe"[..], &utf16(&line(1))].concat());
    dir.write("no-bom.txt", utf16(&line(2)));
    dir.write("latin1.txt", [&b"caf\xe9 \xe8\n"[..], line(3).as_bytes()].concat());
    dir.write("crlf.txt", line(4).replace('\n', "\r\n"));
    dir.write("binary.bin", [&b"\0\x01\x02"[..], line(5).as_bytes(), b"\0"].concat());
    dir.write("long.js", format!("var a=\"{}\";{}var b=1", "ab c;".repeat(40_000), line(6).trim()));
    for offset in [65_520, 131_060, 1_048_560, 1_048_576 - 4096, 1_048_576 + 4090] {
        let filler = "a b ".repeat(offset / 4);
        dir.write(
            &format!("edge-{offset}.txt"),
            format!("{}{}{}", &filler[..offset - 16], line(7).trim(), " c d".repeat(400_000)),
        );
    }
    let answer = dir.cmd(&["scan", "--format", "json"]).run();
    let named: Vec<String> = objects(&answer.out)
        .iter()
        .filter(|one| one["rule"] == "github-token")
        .map(|one| one["path"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named.len(), 11, "each once: {named:?}");
}

#[test]
fn names_with_control_characters_stay_harmless() {
    let dir = Dir::new();
    let name = std::ffi::OsStr::from_bytes(b"evil\x1b[31m\n\xff.txt");
    std::fs::write(dir.root().join(name), line(1)).unwrap();
    let text = dir.cmd(&["scan"]).run();
    assert!(text.out.starts_with("evil\\x1b[31m\\n\\xff.txt:1:17: "), "{}", text.out);
    let json = dir.cmd(&["scan", "--format", "json"]).run();
    assert_eq!(names(&json.out), ["evil\\x1b[31m\\n\\xff.txt"]);
}

#[test]
fn keys_side_by_side_and_in_comments_are_found_each() {
    let dir = Dir::new();
    let body: Vec<String> = (0..4).map(|seed| token(seed)[4..].repeat(2)).collect();
    let block = |kind: &str, margin: &str| {
        let lines = std::iter::once(format!("-----BEGIN {kind}PRIVATE KEY-----"))
            .chain(body.clone())
            .chain(std::iter::once(format!("-----END {kind}PRIVATE KEY-----")));
        lines.flat_map(|line| [margin.to_owned(), line, "\n".to_owned()]).collect::<String>()
    };
    dir.write("bundle.pem", block("", "") + &block("RSA ", ""));
    dir.write("lib.rs", block("EC ", "    /// ") + &block("", "//! "));
    let answer = dir.cmd(&["scan", "--format", "json"]).run();
    let found: Vec<(String, u64)> = objects(&answer.out)
        .iter()
        .filter(|one| one["rule"] == "private-key")
        .map(|one| (one["path"].as_str().unwrap().to_owned(), one["line"].as_u64().unwrap()))
        .collect();
    let expected = [("bundle.pem", 1), ("bundle.pem", 7), ("lib.rs", 1), ("lib.rs", 7)];
    assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    assert!(body.iter().all(|line| !answer.out.contains(line)), "redacted: {}", answer.out);
}

#[test]
fn a_private_key_is_one_finding_at_its_header() {
    let dir = Dir::new();
    let body: Vec<String> = (0..12).map(|seed| token(seed)[4..].repeat(2)).collect();
    let body = body.join("\n");
    dir.write(
        "id_rsa",
        format!("x\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"),
    );
    let answer = dir.cmd(&["scan", "--format", "json"]).run();
    let found = objects(&answer.out);
    assert_eq!(found.len(), 1, "{}", answer.out);
    assert_eq!(
        (&found[0]["rule"], &found[0]["line"], &found[0]["column"]),
        (&"private-key".into(), &2.into(), &1.into())
    );
    assert_eq!(found[0]["redacted"], "-----BEGIN RSA PRIVATE KEY-----********");
}

#[test]
fn rules_are_listed() {
    let dir = Dir::new();
    let answer = dir.cmd(&["scan", "--list-rules"]).run();
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.lines().count() > 250, "{}", answer.out);
    let words: Vec<Vec<&str>> = answer.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.iter().any(|line| line.starts_with(&["github-token", "critical", "0.95", "GitHub"])));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = Dir::new();
    for seed in 0..60 {
        dir.write(&format!("{}/{seed}.txt", seed % 7), line(seed % 9));
    }
    let run = |threads: &str| names(&dir.cmd(&["scan", "--format", "json", "-j", threads]).run().out);
    assert_eq!(run("1").len(), 60);
    assert_eq!(run("1"), run("8"));
}

#[test]
fn help_teaches() {
    let dir = Dir::new();
    let help = dir.cmd(&["scan", "--help"]).run();
    assert_eq!(help.code, Some(0));
    for word in ["Examples:", "Exit codes:", "--show-secrets", ".env", "telltale scan --staged"] {
        assert!(help.out.contains(word), "{word} in {}", help.out);
    }
}

#[test]
fn what_is_encoded_is_found_where_it_stands() {
    let dir = Dir::new();
    let hex = line(3).bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    dir.write("a.txt", format!("one\ndata: {hex}\n"));
    let answer = dir.cmd(&["scan"]).run();
    assert_eq!(answer.code, Some(1), "{}", answer.out);
    assert!(
        answer.out.starts_with("a.txt:2:") && answer.out.contains("high github-token data: ghp_********")
    );
    assert!(
        answer.out.contains("bits, decoded from hex, its checksum is right, personal access token]"),
        "{}",
        answer.out
    );
    assert!(!answer.out.contains(&hex[40..80]) && !answer.out.contains(&token(3)));
    let found = objects(&dir.cmd(&["scan", "--format", "json"]).run().out);
    assert_eq!((&found[0]["decoded"][0], found.len()), (&"hex".into(), 1));
}

#[test]
fn lines_that_look_random_are_ranked_and_folded_by_what_they_are() {
    let dir = Dir::new();
    let token = |seed: u64, length: usize| -> String {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[(state >> 33) as usize % 62]
                as char
        };
        (0..8).for_each(|_| _ = next());
        (0..length).map(|_| next()).collect()
    };
    let integrity = |n: u64| format!("  \"integrity\": \"sha512-{}==\",\n", token(n, 86));
    let lock: String = (0..30).map(integrity).collect();
    dir.write("package-lock.json", format!("{{\n{lock}}}\n"));
    let own = token(77, 40);
    dir.write("a.txt", format!("password = \"kX9pq2Lm2vB7\"\nthing {own}\n"));
    let answer = dir.cmd(&["scan", "--entropy"]).run();
    assert_eq!(answer.code, Some(1), "the password is still told by the exit code: {}", answer.err);
    let lines: Vec<&str> = answer.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", answer.out);
    assert!(lines[0].starts_with("a.txt:2:7: entropy high-entropy thing ********"), "{}", answer.out);
    assert!(
        lines[1].contains("package-lock.json:2:24: ")
            && lines[1].contains("30 lines like this: sha512 integrity")
    );
    assert!(answer.err.contains("31 high in entropy only"), "{}", answer.err);
    assert!(!answer.out.contains(&own) && !answer.out.contains("kX9pq2"));
    let answer = dir.cmd(&["scan", "--entropy", "--format", "json", "--report", "text=all.txt"]).run();
    let found: Vec<serde_json::Value> =
        answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let classes = found.iter().filter(|one| one["folded"]["class"] == "sha512-integrity").count();
    assert_eq!((found.len(), classes), (31, 30), "{}", answer.out);
    assert!(found.iter().all(|one| one["level"] == "entropy"));
    let text = std::fs::read_to_string(dir.path("all.txt")).unwrap();
    assert!(text.contains("30 lines like this: sha512 integrity"), "{text}");
    let plain = dir.cmd(&["scan", "--top", "0"]).run();
    assert!(plain.out.contains("password-assignment"), "without it all is as ever: {}", plain.out);
}
