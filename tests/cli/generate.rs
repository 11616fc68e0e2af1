//! `telltale generate` and `--help`: both come from the same arguments.

use crate::util::Dir;

#[test]
fn the_manual_tells_every_command_and_the_exit_codes() {
    let answer = Dir::new().cmd(&["generate", "man"]).run();
    assert_eq!(answer.code, Some(0));
    for word in [
        "COMMAND: RUN",
        "COMMAND: ATTACH",
        "COMMAND: DIAGNOSE",
        "COMMAND: SCAN",
        "EXIT STATUS",
        "fail\\-on\\-alert",
    ] {
        assert!(answer.out.contains(word), "{word} is missing");
    }
    assert!(!answer.out.contains("demo\\-job"), "hidden commands stay hidden");
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let answer = Dir::new().cmd(&["generate", "completions", shell]).run();
        assert_eq!(answer.code, Some(0), "{shell}");
        assert!(answer.out.contains("attach"), "{shell}");
    }
}

#[test]
fn help_is_what_it_was() {
    let dir = Dir::new();
    for command in
        [&[][..], &["run"], &["attach"], &["diagnose"], &["scan"], &["status"], &["demo"], &["generate"]]
    {
        let answer = dir.cmd(&[command, &["--help"]].concat()).run();
        assert_eq!(answer.code, Some(0), "{command:?}");
        let name = command.first().copied().unwrap_or("telltale");
        insta::assert_snapshot!(format!("help_{name}"), answer.out);
    }
}

#[test]
fn scenarios_are_listed() {
    let answer = Dir::new().cmd(&["demo", "--list"]).run();
    assert_eq!(answer.code, Some(0));
    for name in ["works", "stalls", "leaks", "dies", "cycle         lock-cycle"] {
        assert!(answer.out.contains(name), "{name}");
    }
    let lab = Dir::new().cmd(&["demo", "--lab"]).run();
    assert_eq!(lab.code, Some(0));
    assert!(lab.out.contains("Two locks in a ring") && lab.out.contains("$ telltale demo cycle"));
    let unknown = Dir::new().cmd(&["demo", "sings"]).run();
    assert_eq!(unknown.code, Some(125));
    assert!(unknown.err.contains("works") && unknown.err.contains("zombies"), "{}", unknown.err);
}
