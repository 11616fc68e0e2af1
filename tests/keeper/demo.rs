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

#[test]
fn what_goes_wrong_without_a_word_ends_well() {
    let output = Command::new(BINARY).args(["demo-job", "quits", "3"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("the pool is closed") && !text.contains("100%"), "{text}");
    let output = Command::new(BINARY).args(["demo-job", "misses", "3", "30"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "others take the tasks over");
    assert!(String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError"));
}

#[test]
fn a_task_that_brings_workers_down_and_a_bar_that_is_drawn_again_end_by_the_limit() {
    for (scenario, words) in
        [("restarts", "checksum of this block is wrong"), ("chatters", "DEBUG pool is alive")]
    {
        let output = Command::new(BINARY).args(["demo-job", scenario, "2", "5"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{scenario}");
        let said = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains(words), "{scenario}");
    }
}
