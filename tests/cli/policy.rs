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
    let mut text = String::new();
    for (seed, comment) in tools.into_iter().enumerate() {
        text += &format!("{} # {comment}\n", line(seed));
    }
    text += &format!("{} # telltale:allow(secret-assignment)\n", line(10));
    text += &format!("{} # telltale:allow(generic-api-key)\n", line(11));
    text += &format!("# pragma: allowlist nextline secret\n{}\n", line(12));
    text += &format!("{}\n", line(13));
    text += &format!("{} # telltale:allow(jwt)\n", line(14));
    dir.write("a.py", text);
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
    for gap in [0, 100, 3_900] {
        for end in (1 << 20) - 4_200..(1 << 20) - 3_990 {
            if end % 23 != 0 {
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
    let sha1 = |text: &str| Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
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
            sha1(&value(4)),
            sha1("nothing"),
        ),
    );
    let (code, found, err) = scan(&dir, &[]);
    assert_eq!((code, found), (Some(1), vec!["src/a.py:2".to_owned()]), "{err}");
    for words in [
        "allowed: 1 by .gitleaksignore, 1 by .secretsignore, 1 by .secrets.baseline",
        "1 left out by lists of other tools",
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
    assert_eq!(scan(&dir, &["--no-allow"]).1.len(), 5 + 2, "and the hashes in the baseline");
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
