//! A callback locks the mutex that its caller holds.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;

static STATE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn say(line: &str) {
    let path = std::env::var("CASE_TRUTH").expect("a truth");
    writeln!(OpenOptions::new().append(true).open(path).expect("opens"), "{line}").expect("writes");
}

fn notify(n: u32) {
    STATE.lock().expect("sound").push(n);
}

fn main() {
    say(&format!("process {}", std::process::id()));
    say("ready");
    for n in STATE.lock().expect("sound").iter().copied().chain([1]) {
        notify(n);
    }
}
