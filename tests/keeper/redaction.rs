//! No secret of a job's lands in a file, however it is written.

use super::*;

/// Letters and digits that are drawn here, so that no file of this project holds what looks like a key.
fn drawn(seed: u64, length: usize) -> String {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[(state >> 33) as usize % 62],
        )
    };
    (0..length).map(|_| draw()).collect()
}

/// All that a run has written down.
fn files_of(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file());
    files.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect()
}

/// Runs a script out of a file, so that what it says is not in the command line, and gives the log.
fn log_of(dir: &Dir, io: Io, script: &str, secrets: &[&str]) -> String {
    fs::write(dir.path("job.sh"), script).unwrap();
    let mut launched = dir.launch(io, &format!("sh {}", dir.path("job.sh").display()));
    hear_exit(&mut launched.control);
    let written = files_of(&launched.hello.folder.unwrap());
    for secret in secrets {
        assert!(!written.contains(secret), "{io:?}: {secret} in\n{written}");
    }
    dir.log(&launched.hello.meta.run)
}

#[test]
fn secrets_are_hidden_however_they_are_written() {
    let dir = Dir::new();
    let (word, token) = (drawn(1, 14), format!("ghp_{}", drawn(2, 36)));
    let (head, tail) = word.split_at(6);
    let (token_head, token_tail) = token.split_at(20);
    let script = format!(
        "echo one password={word} on; echo using {token} now
         printf 'two password={head}'; sleep 0.1; echo '{tail} on'
         printf 'using {token_head}'; sleep 0.1; echo '{token_tail} now'
         printf 'three password='; sleep 2.3; echo '{word} on'; echo done"
    );
    for io in [WINDOW, Io::Relay] {
        let log = log_of(&dir, io, &script, &[&word, tail, &token, token_tail]);
        for shown in ["one password=******** on", "two password=******** on", "three password=", "done"] {
            assert!(log.contains(shown), "{io:?}: {log}");
        }
        assert_eq!(log.matches("using ").count(), 2, "{log}");
    }
}

#[test]
fn the_body_of_a_key_is_hidden_to_its_last_line() {
    let dir = Dir::new();
    let body: Vec<String> = (0..25).map(|line| drawn(10 + line, 64)).chain([drawn(9, 20)]).collect();
    let key = |what: &str| format!("-----{what} RSA PRIVATE KEY-----");
    let text = format!("before\n{}\n{}\n{}\nafter\n", key("BEGIN"), body.join("\n"), key("END"));
    fs::write(dir.path("key"), text).unwrap();
    let secrets: Vec<&str> = body.iter().map(String::as_str).collect();
    for io in [WINDOW, Io::Relay] {
        let log = log_of(&dir, io, &format!("cat {}", dir.path("key").display()), &secrets);
        assert!(log.starts_with("before\n") && log.ends_with("after\n"), "{log}");
        assert!(log.contains(&key("BEGIN")) && log.contains(&key("END")), "{log}");
    }
}

#[test]
fn the_command_line_is_hidden_where_it_is_written_down() {
    let dir = Dir::new();
    let (word, token) = (drawn(3, 14), format!("ghp_{}", drawn(4, 36)));
    let url = format!("postgres://app:{word}@db/app");
    let named = format!("--password={word}");
    for io in [WINDOW, Io::Relay] {
        let argv = ["sh", "-c", "exit 0", "x", "--token", &word, &named, &token, &url];
        let null = File::options().write(true).open("/dev/null").unwrap();
        let mut launched = dir.try_launch(&spec(io, &argv), &null, &null).unwrap();
        hear_exit(&mut launched.control);
        let written = files_of(&launched.hello.folder.unwrap());
        assert!(written.contains("--token ********") && written.contains("--password=********"), "{written}");
        assert!(!written.contains(&word) && !written.contains(&token), "{written}");
    }
}
