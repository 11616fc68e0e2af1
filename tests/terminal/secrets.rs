//! The pane of the secrets on a real terminal: a secret is shown while asked for, and the baseline is written.

use crate::session::Session;

/// Invented here; no service ever gave it out.
fn token() -> String {
    let letters = b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe";
    let body: String = (0..36).map(|i| letters[(i * 7 + i / 5) % letters.len()] as char).collect();
    format!("ghp_{body}")
}

#[test]
fn a_secret_is_shown_for_a_moment_accepted_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.py"), format!("token = \"{}\"\n", token())).unwrap();
    let mut session = Session::telltale((80, 24), &["scan", "-i", folder.path().to_str().unwrap()]);
    session.sees("a.py:1");
    session.press("s");
    session.sees("SHOWN");
    session.sees(&token());
    // Nothing is pressed: it goes by itself.
    session.sees_no(&token());
    session.press("x");
    session.sees("this one?");
    session.press("x");
    session.sees("1 known, hidden");
    session.sees("Nothing found");
    let baseline = std::fs::read_to_string(folder.path().join(".telltale-baseline.json")).unwrap();
    assert!(baseline.contains("\"rule\":\"github-token\"") && !baseline.contains(&token()));
    session.press("u");
    session.sees("taken back: ");
    session.sees("1 finding ");
    let baseline = std::fs::read_to_string(folder.path().join(".telltale-baseline.json")).unwrap();
    assert!(!baseline.contains("github-token"));
    session.press("j");
    session.press("n");
    session.sees("1 known, hidden");
    session.press("S");
    session.sees("1 known, hidden");
    session.press("X");
    session.sees("(not a secret)");
    session.press("s");
    session.sees("SHOWN");
    session.press("Q");
    assert_eq!(session.end().code(), Some(0));
    session.sees_the_terminal_restored();
    assert!(session.written_after().contains("github-token"));
    assert!(!session.written_after().contains(&token()), "the screen that stays is redacted");
}
