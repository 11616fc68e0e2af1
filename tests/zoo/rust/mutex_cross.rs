//! Two threads lock two `std::sync::Mutex` in opposite order; such a lock does not know its owner.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

fn say(line: &str) {
    let path = std::env::var("CASE_TRUTH").expect("a truth");
    writeln!(OpenOptions::new().append(true).open(path).expect("opens"), "{line}").expect("writes");
}

fn main() {
    let (left, right, both) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)), Arc::new(Barrier::new(2)));
    let cross = |first: &Arc<Mutex<i32>>, second: &Arc<Mutex<i32>>| {
        let (first, second, both) = (first.clone(), second.clone(), both.clone());
        std::thread::spawn(move || {
            let mut held = first.lock().expect("sound");
            both.wait();
            *held += *second.lock().expect("sound");
        })
    };
    let crew = [cross(&left, &right), cross(&right, &left)];
    std::thread::sleep(Duration::from_millis(400));
    say(&format!("process {}", std::process::id()));
    say("ready");
    for one in crew {
        one.join().expect("ends");
    }
}
