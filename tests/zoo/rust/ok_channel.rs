//! Healthy: two workers take from a channel what a slower source brings.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, Mutex, mpsc::channel};
use std::time::Duration;

fn say(line: &str) {
    let path = std::env::var("CASE_TRUTH").expect("a truth");
    writeln!(OpenOptions::new().append(true).open(path).expect("opens"), "{line}").expect("writes");
}

fn main() {
    let (jobs, inbox) = channel::<u64>();
    let inbox = Arc::new(Mutex::new(inbox));
    for _ in 0..2 {
        let inbox = inbox.clone();
        std::thread::spawn(move || {
            loop {
                let job = inbox.lock().expect("sound").recv().expect("more");
                println!("{}", (0..job * 100_000).fold(7u64, |sum, n| sum.rotate_left(5) ^ n));
            }
        });
    }
    say("ready");
    for n in 0.. {
        jobs.send(n % 50).expect("heard");
        std::thread::sleep(Duration::from_millis(150));
    }
}
