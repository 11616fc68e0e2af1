//! Tours of the real program: whatever it shows on the way, no secret in clear text and no byte from outside
//! that steers the terminal.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::session::Session;

/// Secrets that are made up, and look real to every rule; in two pieces, so that nobody's scanner minds this file.
const PLANTED: [&str; 3] = [
    concat!("ghp_", "Zq8Kx2Vb7Nw4Rt9Yc1Lm6Hs3Pd5Gj0FaTe2u"),
    concat!("sk_live_", "9fQ2xW7vB4nK8mR3tY6uZ1cL5hJ0pDsA"),
    concat!("xoxb-", "481516234210-9876543210987-Qw3rTy8UiO5pAs2DfG7hJk1L"),
];

/// What a name may hold to steer a terminal: a title, a colour, a move, C1, the reading direction.
const HOSTILE: &str = "\x1b]0;owned\x07\x1b[31mred\x1b[2J\u{9b}5m\u{202e}txt.exe";

/// Where what steers a terminal stands in these bytes: control characters that are no part of a sequence which
/// the screen itself uses.
fn stray_controls(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.as_ref();
    let mut stray = Vec::new();
    while let Some(at) = rest.find(|c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)) {
        rest = &rest[at..];
        let known = sequence(rest);
        if known == 0 {
            stray.push(rest.chars().take(12).collect::<String>().escape_debug().to_string());
        }
        let next = rest.chars().next().map_or(1, char::len_utf8);
        rest = &rest[known.max(next)..];
    }
    stray
}

/// How long the sequence at the beginning is; 0 for none that the screen uses.
fn sequence(text: &str) -> usize {
    // The last screen, which `Q` leaves in the scrollback, has ends of lines.
    if text.starts_with("\r\n") {
        return 2;
    }
    if let Some(title) = text.strip_prefix("\x1b]2;telltale") {
        let end = title.find(['\x07', '\x1b']).unwrap_or(0);
        return text.len() - title.len() + end + if title[end..].starts_with("\x1b\\") { 2 } else { 1 };
    }
    let Some(csi) = text.strip_prefix("\x1b[") else { return 0 };
    let end = csi.find(|c: char| !matches!(c, '0'..='9' | ';' | '?' | '>' | '$')).unwrap_or(0);
    match csi[end..].chars().next() {
        // Moves, styles, modes, questions, the title's stack; J only before the first frame.
        Some('A'..='D' | 'H' | 'J' | 'K' | 'm' | 'h' | 'l' | 'p' | 'c' | 't') => 2 + end + 1,
        _ => 0,
    }
}

fn check(session: &Session, secrets: &[String]) {
    assert_eq!(stray_controls(&session.written), Vec::<String>::new());
    // A frame sends only what changed, so that a secret need not stand in the bytes as it does on the screen: both
    // are looked at, the screen at each stop of the tour.
    let written = String::from_utf8_lossy(&session.written);
    for secret in secrets {
        assert!(!written.contains(secret), "{secret} was written");
        assert!(!session.text().contains(secret), "{secret} on the screen:\n{}", session.text());
    }
}

/// Starts a scan that tells the secrets below a folder in clear text.
fn scan(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_telltale"))
        .args(["scan", "--format", "json", "--show-secrets"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn secrets(scan: Child) -> Vec<String> {
    let output = scan.wait_with_output().unwrap().stdout;
    let lines = String::from_utf8_lossy(&output);
    let found = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let ranked = found.filter(|finding| finding["level"] != "entropy");
    ranked
        .filter_map(|finding| finding["secret"].as_str().map(str::to_owned))
        .filter(|s| s.len() > 7)
        .collect()
}

#[test]
fn the_tour_of_the_demo_shows_every_screen_and_no_secret() {
    for size in [(120, 36), (80, 24), (40, 12)] {
        let mut session = Session::telltale(size, &["demo", "--tour", "--length", "15s", "--bell", "never"]);
        session.sees("The first line");
        let folder = std::fs::read_dir(session.path("tmp")).unwrap().next().unwrap().unwrap().path();
        let scan = scan(&folder);
        let mut screens = Vec::new();
        for stop in telltales::demo::tour::stops() {
            let begin: String = stop.caption.chars().take(20).collect();
            session.sees(&begin);
            screens.push(session.text());
        }
        session.press("q");
        session.press("e");
        session.end();
        let secrets = secrets(scan);
        assert!(secrets.len() > 5, "the demo plants more");
        for screen in &screens {
            let shown = secrets.iter().find(|secret| screen.contains(secret.as_str()));
            assert_eq!(shown, None, "on the screen:\n{screen}");
        }
        check(&session, &secrets);
        session.sees_the_terminal_restored();
    }
}

/// A job and a folder that try to steer the terminal and to show secrets, and all that can be looked at.
#[test]
fn nothing_from_outside_steers_the_terminal_or_shows_a_secret() {
    for size in [(120, 36), (80, 24), (40, 12)] {
        let mut script = String::from("printf '");
        for secret in PLANTED {
            write!(script, "token={secret}\\n").unwrap();
        }
        // The shell's printf makes the control characters.
        script.push_str("\\033]0;owned\\007\\033[31mred\\033[2J\\233\\n5/9\\n'; exec sleep 30");
        let mut session = Session::start(
            size,
            &[
                "setsid",
                "--ctty",
                "sh",
                "-c",
                "sleep 1; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_telltale"),
                "run",
                "--name",
                HOSTILE,
                "--",
                "sh",
                "-c",
                &script,
            ],
        );
        let folder = session.path("planted");
        std::fs::create_dir_all(folder.join(HOSTILE)).unwrap();
        let text = PLANTED.map(|secret| format!("token = \"{secret}\" {HOSTILE}")).join("\n");
        std::fs::write(folder.join(HOSTILE).join("key.env"), &text).unwrap();
        std::fs::write(session.path("key.env"), text).unwrap();
        let secrets = PLANTED.map(str::to_owned);
        session.sees("56 %");
        for keys in
            ["j", "\r", "\x1b", "a", "\x1b", "\t", "S", "j", "j", "\r", "\x1b", "e", "G", "e", "\t", "t", "?"]
        {
            session.press(keys);
            session.settle();
            check(&session, &secrets);
        }
        session.press("\x1b");
        session.settle();
        session.press("Q");
        session.end();
        check(&session, &secrets);
        assert!(session.written_after().contains("56 %"), "the last screen stays");
    }
}

#[test]
fn the_check_sees_what_it_is_there_to_see() {
    let seen = |text: &str| stray_controls(text.as_bytes()).len();
    assert_eq!(seen("\x1b[0;1mplain\x1b[3C\x1b[?1049h\r\n\x1b]2;telltale etl\x1b\\"), 0);
    for hostile in ["\x1b]0;owned\x07", "a\tb", "\u{9b}5m", "\u{202e}", "\x1b(0", "\x07", "\x1b[5n"] {
        assert!(seen(hostile) > 0, "{hostile:?}");
    }
}
