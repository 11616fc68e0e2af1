//! Configuration files: what is wrong is told before anything starts, and a stranger's file can do little.

use crate::util::{Answer, Dir};

const USER: &str = ".config/telltale/config.toml";

/// `run` of a command that leaves a trace, and whether it did.
fn run(dir: &Dir, flags: &[&str]) -> (Answer, bool) {
    let args = [&["run", "--headless", "--json-to", "lines"], flags, &["--", "touch", "trace"]].concat();
    let answer = dir.cmd(&args).run();
    let has_run = dir.path("trace").exists();
    (answer, has_run)
}

fn lines(dir: &Dir) -> String {
    std::fs::read_to_string(dir.path("lines")).unwrap_or_default()
}

#[test]
fn without_files_all_is_as_ever() {
    let dir = Dir::new();
    let (answer, has_run) = run(&dir, &[]);
    assert_eq!((answer.code, has_run), (Some(0), true), "{}", answer.err);
}

#[test]
fn what_is_wrong_is_told_before_anything_starts() {
    let cases: [(&str, &[u8], &str); 8] = [
        (
            USER,
            b"[screen]\nthem = 'dark'",
            "config.toml:2: screen.them: there is no such setting; did you mean theme?",
        ),
        (USER, b"[screen]\ntheme = 'drak'", "no theme \"drak\"; there are terminal, dark"),
        (
            USER,
            b"\n[keys]\nhold = 'hyper-x'",
            "config.toml:3: keys.hold: \"hyper-x\" is no key: write a character",
        ),
        (USER, b"[keys]\nquit = []", "config.toml:2: keys.quit: it needs one key at least"),
        (USER, b"[theme.mine]\nok = 'greenish'", "config.toml:2: ok: \"greenish\" is no colour"),
        (USER, b"\xff\xfe", "config.toml: it is no UTF-8 text"),
        (
            ".telltale.toml",
            b"[watch]\nheartbeat = 'soon'",
            ".telltale.toml:2: watch.heartbeat: \"soon\" is not a span",
        ),
        (".telltale.toml", b"[watch]\nprogress = '('", ".telltale.toml:2: watch.progress"),
    ];
    for (name, text, expected) in cases {
        let dir = Dir::new();
        dir.write(name, text);
        let (answer, has_run) = run(&dir, &[]);
        assert!(answer.err.contains(expected), "{} is not {expected}", answer.err);
        assert_eq!((answer.code, has_run), (Some(125), false), "{expected}");
        assert_eq!(dir.cmd(&["attach", "--once", "1"]).run().code, Some(2), "{expected}");
    }
}

#[test]
fn flags_count_more_than_the_environment_and_that_more_than_files() {
    let dir = Dir::new();
    dir.write(USER, "[watch]\ninterval = '7s'\n");
    let interval = |flags: &[&str], env: &str| {
        let pid = std::process::id().to_string();
        let args = [&["attach", "--once"], flags, &[pid.as_str()]].concat();
        let answer = dir.cmd(&args).env("TELLTALE_INTERVAL", env).run();
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let snapshot: serde_json::Value = serde_json::from_str(answer.out.lines().next().unwrap()).unwrap();
        snapshot["interval"].as_f64().unwrap()
    };
    for (flags, env, expected) in [(&[][..], "", 7.0), (&[], "6s", 6.0), (&["--interval", "5s"], "6s", 5.0)] {
        assert!((interval(flags, env) - expected).abs() < 1e-9, "{flags:?} {env}");
    }
    dir.write(".telltale.toml", "[watch]\ninterval = '4s'\n");
    assert!((interval(&[], "") - 4.0).abs() < 1e-9, "a project's file counts more than the user's");
}

#[test]
fn a_project_sets_limits_says_so_and_can_do_no_more() {
    let dir = Dir::new();
    std::fs::create_dir_all(dir.path(".git")).unwrap();
    dir.write(
        ".telltale.toml",
        "notify = 'touch hooked'\n[watch]\nheartbeat = '5m'\n[keys]\nquit = []\n[screen]\nreadonly = true\n",
    );
    let (answer, has_run) = run(&dir, &[]);
    assert_eq!((answer.code, has_run), (Some(0), true), "{}", answer.err);
    assert!(answer.err.is_empty(), "a job's own standard error: {}", answer.err);
    let lines = lines(&dir);
    assert!(lines.contains("limits from .telltale.toml: heartbeat 5m"), "{lines}");
    assert!(
        lines.contains(".telltale.toml: 3 settings refused; a project may set [watch] and [scan] only"),
        "{lines}"
    );
    assert!(!dir.path("hooked").exists());
}

#[test]
fn a_projects_file_is_found_up_to_the_repositorys_root_and_no_further() {
    let dir = Dir::new();
    dir.write(".telltale.toml", "[watch]\nheartbeat = 'wrong'\n");
    std::fs::create_dir_all(dir.path("repo/.git")).unwrap();
    std::fs::create_dir_all(dir.path("repo/a/b")).unwrap();
    let code = |folder: &str| dir.cmd(&["run", "--headless", "--", "true"]).within(folder).run().code;
    assert_eq!(code("repo/a/b"), Some(0), "above the root it is anybody's");
    dir.write("repo/.telltale.toml", "[watch]\nheartbeat = 'wrong'\n");
    assert_eq!(code("repo/a/b"), Some(125));
    // Without a repository only the folder itself counts.
    std::fs::create_dir_all(dir.path("loose/a")).unwrap();
    dir.write("loose/.telltale.toml", "[watch]\nheartbeat = 'wrong'\n");
    assert_eq!(code("loose/a"), Some(0));
    assert_eq!(code("loose"), Some(125));
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let dir = Dir::new();
    let made = std::process::Command::new("mkfifo").arg(dir.path(".telltale.toml")).status().unwrap();
    assert!(made.success());
    let (answer, has_run) = run(&dir, &[]);
    assert_eq!((answer.code, has_run), (Some(125), false));
    assert!(answer.err.contains("it is no file"), "{}", answer.err);
}

#[test]
fn the_configuration_to_begin_with_is_one() {
    let dir = Dir::new();
    let answer = dir.cmd(&["generate", "config"]).run();
    assert_eq!(answer.code, Some(0));
    insta::assert_snapshot!("config", answer.out);
    dir.write(USER, &answer.out);
    let (answer, has_run) = run(&dir, &[]);
    assert_eq!((answer.code, has_run), (Some(0), true), "{}", answer.err);
}
