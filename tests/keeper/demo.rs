//! The demo job, as a process.

use super::*;

#[test]
fn the_demo_works_and_ends() {
    let output = Command::new(BINARY).args(["demo-job", "works", "2"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("100%|") && text.contains("in_flight=0"), "{text}");
}

#[test]
fn the_demo_hangs_on_request_and_ends_by_its_limit() {
    for scenario in ["stalls", "dies"] {
        let output = Command::new(BINARY).args(["demo-job", scenario, "2", "1"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{scenario}: {text}");
        assert!(text.contains("gave up") && !text.contains("100%"), "{scenario}: {text}");
    }
}
