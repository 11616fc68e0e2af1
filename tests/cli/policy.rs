//! What other tools were told to let through, from outside: it is heeded, counted, and told when it is stale.

use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::util::Dir;

/// A value that nobody ever used; made here so that no file holds one.
fn value(seed: usize) -> String {
    let letters = b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe";
    (0..32).map(|i| letters[(i * 7 + seed * 3 + i / 5) % letters.len()] as char).collect()
}

fn line(seed: usize) -> String {
    format!("api_key = \"{}\"", value(seed))
}

/// Lines in which something is reported, as `path:line`.
fn places(out: &str) -> Vec<String> {
    let place = |line: &str| {
        let one: Value = serde_json::from_str(line).unwrap();
        format!("{}:{}", one["path"].as_str().unwrap(), one["line"])
    };
    let mut places: Vec<String> = out.lines().map(place).collect();
    places.sort();
    places
}

fn scan(dir: &Dir, more: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let answer = dir.cmd(&[&["scan", "--format", "json", "--top", "0"], more].concat()).run();
    (answer.code, places(&answer.out), answer.err)
}

#[test]
fn comments_allow_their_own_line_only() {
    let dir = Dir::new();
    let tools = ["gitleaks:allow", "betterleaks:allow", "trufflehog:ignore", "pragma: allowlist secret"];
    let beside = |(seed, comment): (usize, &str)| format!("{} # {comment}", line(seed));
    let mut lines: Vec<String> = tools.into_iter().enumerate().map(beside).collect();
    lines.extend([
        beside((10, "telltale:allow(secret-assignment)")),
        beside((11, "telltale:allow(generic-api-key)")),
        "# pragma: allowlist nextline secret".to_owned(),
        line(12),
        line(13),
        beside((14, "telltale:allow(jwt)")),
    ]);
    dir.write("a.py", lines.join("\n"));
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found), (Some(1), vec!["a.py:10".to_owned(), "a.py:9".to_owned()]), "{err}");
    assert!(err.contains("allowed: 7 by comments beside them; --no-allow"), "{err}");
    let (_, found, err) = scan(&dir, &["--no-allow"]);
    assert_eq!(found.len(), 9, "{err}");
    assert!(!err.contains("allowed"), "{err}");
}

#[test]
fn a_comment_holds_wherever_a_window_ends() {
    let dir = Dir::new();
    for gap in [0, 3_900] {
        for end in (1 << 20) - 4_200..(1 << 20) - 3_990 {
            if end % 53 != 0 {
                continue;
            }
            let mut text = "a b\n".repeat((1 << 20) / 4 + 4_000);
            let line = format!("\n{}{}# gitleaks:allow\n", line(gap), " ".repeat(gap));
            text.replace_range(end..end + line.len(), &line);
            dir.write("a.py", text);
            let (code, found, err) = scan(&dir, &[]);
            assert_eq!((code, found), (Some(0), Vec::new()), "{gap} {end} {err}");
        }
    }
}

#[test]
fn lists_of_other_tools_are_heeded_and_their_stale_entries_told() {
    let dir = Dir::new();
    let digits =
        |text: &str| Sha1::digest(text).iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
    dir.write("src/a.py", format!("{}\n{}\n", line(1), line(2)));
    dir.write("src/b.py", format!("{}\n{}\n", line(3), line(4)));
    dir.write("test/c.py", line(5));
    dir.write(
        ".gitleaksignore",
        "# reviewed\nsrc/a.py:generic-api-key:1\nsrc/a.py:generic-api-key:7\nsrc/gone.py:jwt:1\n\
         0123456789abcdef:src/a.py:generic-api-key:9\nwhat is this\n",
    );
    dir.write(".secretsignore", format!("test/*\n\n[secrets]\n{}\nnever-was\n", value(3)));
    dir.write(
        ".secrets.baseline",
        format!(
            r#"{{"version": "1.5.0", "results": {{"src/b.py": [
               {{"type": "Secret Keyword", "filename": "src/b.py", "hashed_secret": "{}", "line_number": 90}},
               {{"type": "Secret Keyword", "filename": "src/b.py", "hashed_secret": "{}", "line_number": 4}}]}}}}"#,
            digits(&value(4)),
            digits("nothing"),
        ),
    );
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found), (Some(1), vec!["src/a.py:2".to_owned()]), "{err}");
    for words in [
        "allowed: 1 by .gitleaksignore, 1 by .secretsignore, 1 by .secrets.baseline",
        "1 left out by lists in the repository",
        ".gitleaksignore:6: not understood",
        "stale: .gitleaksignore:3: src/a.py:generic-api-key:7",
        "stale: .gitleaksignore:4: src/gone.py:jwt:1",
        "stale: .secretsignore:5: a secret",
        "stale: .secrets.baseline: src/b.py, line 4",
    ] {
        assert!(err.contains(words), "{words}: {err}");
    }
    assert_eq!(err.matches("stale: ").count(), 4, "what a commit brought is not asked for here: {err}");
    let (code, found, err) = scan(&dir, &["--fail-on", "never"]);
    assert_eq!((code, found.len()), (Some(0), 1), "{err}");
    assert_eq!(scan(&dir, &["--fail-on", "never", "--fail-on-stale"]).0, Some(1));
    assert_eq!(scan(&dir, &["--no-allow"]).1.len(), 5, "a hash is no secret even so");
    let (_, found, err) = scan(&dir, &["src"]);
    assert_eq!(found, ["src/a.py:2"], "the lists of the current folder hold below it: {err}");
    assert!(!err.contains("stale: .secretsignore"), "not all was read: {err}");
    let (_, found, _) = scan(&dir, &["src/b.py"]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_list_that_cannot_be_read_lets_nothing_through() {
    let dir = Dir::new();
    dir.write("a.py", line(1));
    dir.write(".secrets.baseline", "{");
    std::fs::create_dir(dir.path(".gitleaksignore")).unwrap();
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found.len()), (Some(1), 1), "{err}");
    assert!(err.contains(".secrets.baseline: ") && err.contains("it is not heeded"), "{err}");
    assert!(err.contains(".gitleaksignore: not a regular file"), "{err}");
}

const OURS: &str = r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["generic-api-key", "slack-bot-token"]
[[rules]]
id = "internal-token"
description = "Internal token"
regex = '''(?i)\bint[_-](?P<secret>[a-z0-9]{20})(?:\s|$)'''
entropy = 3
keywords = ["int_"]
  [[rules.allowlists]]
  regexTarget = "line"
  regexes = ['''# sample$''']
[[rules]]
id = "pair"
regex = '''pair-([0-9a-f]{16})'''
  [[rules.required]]
  id = "pair-name"
  withinLines = 2
[[rules]]
id = "pair-name"
regex = '''name-[a-z]{4}'''
skipReport = true
[[rules]]
id = "key-file"
path = '''\.keyfile$'''
[[rules]]
id = "github-pat"
  [[rules.allowlists]]
  stopwords = ["q8zr"]
[[allowlists]]
condition = "AND"
paths = ['''^docs/''']
regexes = ['''^abcdef''']
[[allowlists]]
paths = ['''^vendor/''']
[[allowlists]]
targetRules = ["pair"]
regexes = ['''0000$''']
"#;

/// What is reported, as `rule path:line`.
fn told(out: &str) -> Vec<String> {
    let one = |line: &str| {
        let one: Value = serde_json::from_str(line).unwrap();
        format!("{} {}:{}", one["rule"].as_str().unwrap(), one["path"].as_str().unwrap(), one["line"])
    };
    let mut told: Vec<String> = out.lines().map(one).collect();
    told.sort();
    told
}

#[test]
fn a_configuration_of_gitleaks_holds() {
    let dir = Dir::new();
    dir.write(".gitleaks.toml", OURS);
    let (a, b) = (&value(1)[..20].to_lowercase(), &value(2)[..20].to_lowercase());
    dir.write(
        "src/a.txt",
        format!("x int_{a}\nint_{b} # sample\nint_aaaaaaaaaaaaaaaaaaaa\n{}\nint_{b} int_{a} y\n", line(3)),
    );
    dir.write("docs/a.txt", format!("int_abcdef{}\nint_{a}\n", &a[6..]));
    dir.write("vendor/a.txt", format!("int_{a}\n"));
    let hex = "0123456789abcdef";
    dir.write("src/near.txt", format!("name-anna\n\npair-{hex}\n"));
    dir.write("src/far.txt", format!("name-anna\n\n\npair-{hex}\n"));
    dir.write("src/zero.txt", "name-anna pair-0123456789ab0000\n");
    dir.write("src/x.keyfile", "");
    let slack = |kind: &str| format!("{kind}-1234567890123-1234567890123-{}", &value(4)[..24]);
    dir.write("src/slack.txt", format!("{}\n{}\n", slack("xoxb"), slack("xoxp")));
    dir.write(
        "src/hub.txt",
        format!("ghp_{0}{0}\nghp_{1}{1}\n", &"q8Zr2mT0xW5nB7vK1c", &"7mT0xW5nB2vK1c9dL4"),
    );
    let answer = dir.cmd(&["scan", "--format", "json", "--top", "0", "--fail-on", "low"]).run();
    assert_eq!(
        told(&answer.out),
        [
            "github-token src/hub.txt:2",
            "internal-token docs/a.txt:2",
            "internal-token src/a.txt:1",
            "internal-token src/a.txt:5",
            "internal-token src/a.txt:5",
            "key-file src/x.keyfile:1",
            "pair src/near.txt:3",
            "slack-token src/slack.txt:2",
        ],
        "{}",
        answer.err
    );
    assert_eq!(answer.code, Some(1));
    for words in [
        "allowed: 4 by allowlists",
        "1 left out by lists in the repository",
        ".gitleaks.toml holds: 4 rules of its own beside the built-in ones",
    ] {
        assert!(answer.err.contains(words), "{words}: {}", answer.err);
    }
    let text = dir.cmd(&["scan", "--top", "0", "src/a.txt"]).run();
    assert!(!text.out.contains(a) && !text.out.contains(b), "a neighbour is hidden too: {}", text.out);
    let without = dir.cmd(&["scan", "--no-config", "--format", "json", "--top", "0", "src/a.txt"]).run();
    assert_eq!(told(&without.out), ["secret-assignment src/a.txt:4"], "{}", without.err);
    let strict = dir.cmd(&["scan", "--no-allow", "--format", "json", "--top", "0"]).run();
    assert_eq!(told(&strict.out).len(), 8 + 4 + 1, "{}", strict.err);
}

#[test]
fn without_the_default_rules_its_own_hold_alone() {
    let dir = Dir::new();
    dir.write(".gitleaks.toml", "[[rules]]\nid = 'mine'\nregex = 'my-[0-9]{8}'\n");
    dir.write("a.txt", format!("my-12345678\n{}\n", line(1)));
    let answer = dir.cmd(&["scan", "--format", "json", "--top", "0"]).run();
    assert_eq!(told(&answer.out), ["mine a.txt:1"], "{}", answer.err);
    assert!(answer.err.contains("1 rule of its own, and none of the built-in ones"), "{}", answer.err);
    // Without a rule it would look for nothing; gitleaks does, and says nothing.
    dir.write(".gitleaks.toml", "[allowlist]\npaths = ['^x$']\n");
    let answer = dir.cmd(&["scan", "--format", "json", "--top", "0"]).run();
    assert_eq!(told(&answer.out), ["secret-assignment a.txt:2"], "{}", answer.err);
    assert!(answer.err.contains("holds, over the built-in rules"), "{}", answer.err);
}

#[test]
fn configurations_build_upon_one_another_and_are_named() {
    let dir = Dir::new();
    dir.write("base.toml", "[extend]\nuseDefault = true\n[[rules]]\nid = 'mine'\nregex = 'my-[0-9]{8}'\n");
    let top =
        "[extend]\npath = 'base.toml'\n[[rules]]\nid = 'mine'\n[[rules.allowlists]]\nregexes = ['99$']\n";
    dir.write("conf/top.toml", top.replace("base.toml", "../base.toml"));
    dir.write("src/a.txt", format!("my-12345678\nmy-12345699\n{}\n", line(1)));
    let expected = ["mine src/a.txt:1", "secret-assignment src/a.txt:3"];
    let named =
        dir.cmd(&["scan", "--config", "conf/top.toml", "--format", "json", "--top", "0", "src"]).run();
    assert_eq!(told(&named.out), expected, "{}", named.err);
    let told_by = dir
        .cmd(&["scan", "--format", "json", "--top", "0", "src"])
        .env("GITLEAKS_CONFIG", "conf/top.toml")
        .run();
    assert_eq!(told(&told_by.out), expected, "{}", told_by.err);
    dir.write(".gitleaks.toml", top);
    let found = dir.cmd(&["scan", "--format", "json", "--top", "0", "src"]).run();
    assert_eq!(told(&found.out), expected, "{}", found.err);
    dir.write(".gitleaks.toml", top.replace("base.toml", "../base.toml"));
    let out = dir.cmd(&["scan"]).run();
    assert_eq!(out.code, Some(2), "{}", out.err);
    assert!(out.err.contains("leads out of the repository"), "{}", out.err);
}

#[test]
fn a_configuration_that_cannot_hold_says_where_and_why() {
    let dir = Dir::new();
    dir.write("a.txt", "nothing\n");
    for (text, words) in [
        ("a = \n", ".gitleaks.toml:1: "),
        ("\n[[rules]]\nid = 'x'\nregex = '('\n", ".gitleaks.toml:4: rule x: bad `regex`: unclosed group"),
        ("[[rules]]\nid = 'x'\nregex = '(a)'\nsecretGroup = 2\n", "rule x: its `regex` has no group 2"),
        ("[[rules]]\nid = 'x'\nregex = '(?:\\pL{1000}){1000}'\n", "rule x: bad `regex`: it grows too large"),
        ("[[rules]]\nid = 'x'\nregex = 'a'\n[[rules]]\nid = 'y'\n", "rule y has neither `regex` nor `path`"),
        (
            "[[rules]]\nid='x'\nregex='a'\n[[rules.required]]\nid='z'\n",
            "there is no rule z for it to require",
        ),
        ("[extend]\npath = 'none.toml'\n", "none.toml: there is no such file"),
        ("[extend]\npath = '.gitleaks.toml'\n", "too many files build upon one another"),
    ] {
        dir.write(".gitleaks.toml", text);
        let answer = dir.cmd(&["scan"]).run();
        assert!(
            answer.code == Some(2) && answer.err.contains(words),
            "{words}: {:?} {}",
            answer.code,
            answer.err
        );
    }
    assert_eq!(dir.cmd(&["scan", "--config", "nowhere.toml"]).run().code, Some(2));
    dir.write(".gitleaks.toml", "[extend]\nuseDefault = true\ndisabledRules = ['no-such']\n");
    let answer = dir.cmd(&["scan"]).run();
    assert!(
        answer.code == Some(0) && answer.err.contains("no rule here is called no-such"),
        "{}",
        answer.err
    );
    dir.write("one/.gitleaks.toml", "");
    dir.write("two/.gitleaks.toml", "");
    let answer = dir.cmd(&["scan", "one", "two"]).run();
    assert!(
        answer.code == Some(2) && answer.err.contains("one scan heeds one configuration"),
        "{}",
        answer.err
    );
}

#[test]
fn rules_of_a_configuration_are_listed_and_files_found_by_their_name_accepted() {
    let dir = Dir::new();
    let config = "[extend]\nuseDefault = true\n[[rules]]\nid = \"acme-word\"\ndescription = \"An \\u001bAcme word\"\n\
                  regex = '''acme=([a-z]{9})'''\n[[rules]]\nid = \"acme-file\"\npath = '''\\.acme$'''\n";
    dir.write(".gitleaks.toml", config);
    dir.write("keys.acme", "nothing else\n");
    let listed = dir.cmd(&["scan", "--list-rules"]).run();
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    let line = |id: &str| listed.out.lines().find(|line| line.starts_with(id)).unwrap_or_default().to_owned();
    assert!(
        line("acme-word").contains("Acme word") && !listed.out.contains('\u{1b}'),
        "{}",
        line("acme-word")
    );
    assert!(line("acme-file").ends_with("files whose path matches \\.acme$"), "{}", line("acme-file"));
    assert!(!line("github-token").is_empty(), "ours hold too");
    let without = dir.cmd(&["scan", "--list-rules", "--no-config"]).run();
    assert!(!without.out.contains("acme"));
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found), (Some(1), vec!["keys.acme:1".to_owned()]), "{err}");
    assert_eq!(dir.cmd(&["scan", "--write-baseline"]).run().code, Some(0));
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found), (Some(0), Vec::new()), "{err}");
}

#[test]
fn the_name_of_an_archive_can_be_a_finding() {
    let dir = Dir::new();
    dir.write(".gitleaks.toml", "[[rules]]\nid = 'kept'\npath = '(?i)backup\\.[a-z0-9]+$'\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, b"nothing to see\n").unwrap();
    dir.write("backup.gz", packed.finish().unwrap());
    dir.write("backup.7z", b"7z\xbc\xaf\x27\x1c\0\0");
    dir.write(
        "backup.ipynb",
        "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"x = 1\"]}], \"nbformat\": 4}",
    );
    for args in
        [&["backup.gz"][..], &["backup.7z"], &["backup.ipynb"], &["backup.gz", "--archive-depth", "0"]]
    {
        let scan = dir.cmd(&[&["scan", "--format", "json"], args].concat()).run();
        assert_eq!(
            (scan.code, scan.out.lines().count()),
            (Some(1), 1),
            "{args:?}: {} {}",
            scan.out,
            scan.err
        );
        assert!(scan.err.contains("0 high, 1 medium, 0 low"), "{args:?}: {}", scan.err);
    }
}

#[test]
fn a_project_leaves_out_what_its_own_file_names() {
    let dir = Dir::new();
    dir.write(".git/HEAD", "ref: refs/heads/main\n");
    for (seed, name) in ["src/a.py", "src/tests/b.py", "tests/c.py", "d.snap"].into_iter().enumerate() {
        dir.write(name, line(seed));
    }
    dir.write(".telltale.toml", "[watch]\nheartbeat = '5m'\n[scan]\nexclude = ['/tests/', '*.snap']\n");
    let (_, found, err) = scan(&dir, &[]);
    assert_eq!(found, ["src/a.py:1", "src/tests/b.py:1"], "{err}");
    assert!(err.contains("2 left out by lists in the repository"), "{err}");
    assert_eq!(
        scan(&dir, &["src", "tests"]).1,
        ["src/a.py:1", "src/tests/b.py:1"],
        "seen from its own folder"
    );
    assert_eq!(scan(&dir, &["--no-allow"]).1.len(), 4);
    let report = dir.cmd(&["scan", "--format", "report"]).run().out;
    assert!(report.contains("left-out"), "{report}");
    dir.write(".telltale.toml", "[scan]\nexcludes = ['tests/']\n[skan]\n");
    let (_, found, err) = scan(&dir, &[]);
    assert_eq!(found.len(), 4);
    assert!(err.contains(".telltale.toml:2: scan.excludes: there is no such setting"), "{err}");
    assert!(err.contains(".telltale.toml:3: skan: there is no such setting"), "{err}");
}
