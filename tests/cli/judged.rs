//! Scores, levels and reasons from outside.

use crate::scan::line;
use crate::util::Dir;

/// One of each level: a token whose checksum is right, a password, a word that is most likely none.
fn mixed() -> Dir {
    let dir = Dir::new();
    let weak = "password_hint = \"your-password-here-please\"\nlabel_token = \"some-name-of-token\"\n";
    dir.write("src/app.py", format!("{}db_password = \"kX9pq2LmT4\"\n{weak}", line(1)));
    dir
}

fn levels(dir: &Dir, more: &[&str]) -> Vec<String> {
    let answer = dir.cmd(&[&["scan", "--format", "json", "--top", "0"], more].concat()).run();
    let level = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["level"].as_str().unwrap().to_owned()
    };
    answer.out.lines().map(level).collect()
}

#[test]
fn what_is_low_is_listed_on_request() {
    let dir = mixed();
    let usual = levels(&dir, &[]);
    assert!(usual.contains(&"high".to_owned()) && !usual.contains(&"low".to_owned()), "{usual:?}");
    assert!(levels(&dir, &["--level", "high"]).iter().all(|level| level == "high"));
    assert_eq!(levels(&dir, &["--level", "low"]), levels(&dir, &["--fail-on", "low"]));
}

#[test]
fn reasons_are_told_when_they_are_asked_for() {
    let dir = mixed();
    let answer = dir.cmd(&["scan", "--explain", "--top", "0"]).run();
    assert!(answer.out.contains("key name \"db_password\" +"), "{}", answer.out);
    assert!(!answer.out.contains("kX9pq"), "{}", answer.out);
    assert!(!dir.cmd(&["scan"]).run().out.contains("score "));
    let told = dir.cmd(&["scan", "--format", "json", "--explain", "--top", "0"]).run().out;
    assert!(told.lines().all(|line| line.contains("\"reasons\":[{\"words\":")), "{told}");
    assert!(!dir.cmd(&["scan", "--format", "json"]).run().out.contains("reasons"));
}

#[test]
fn the_levels_and_their_reasons_are_what_they_were() {
    let answer = mixed().cmd(&["scan", "--level", "low", "--explain", "--top", "0"]).run();
    insta::assert_snapshot!("explained", answer.out);
}

#[test]
fn a_bad_model_is_told_and_the_built_in_one_judges() {
    let dir = mixed();
    let good = include_str!("../../assets/model/judge.txt");
    dir.write("cut.txt", &good[..good.len() / 2]);
    dir.write("other.txt", good.replacen("judge 1", "judge 9", 1));
    dir.write("good.txt", good);
    let usual = levels(&dir, &["src"]);
    for (file, words) in [
        ("cut.txt", "cut short"),
        ("other.txt", "another version"),
        ("none.txt", "No such file"),
        ("src", ""),
    ] {
        let answer = dir.cmd(&["scan", "src", "--format", "json", "--top", "0", "--model", file]).run();
        assert!(
            answer.err.contains(words) && answer.err.contains("the built-in model is used"),
            "{}",
            answer.err
        );
        assert_eq!(levels(&dir, &["src", "--model", file]), usual, "{file}");
    }
    let answer = dir.cmd(&["scan", "src", "--model", "good.txt"]).run();
    assert!(!answer.err.contains("built-in"), "{}", answer.err);
}
