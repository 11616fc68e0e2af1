//! Receives until all senders are gone, and keeps one of them itself.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::mpsc::channel;

fn say(line: &str) {
    let path = std::env::var("CASE_TRUTH").expect("a truth");
    writeln!(OpenOptions::new().append(true).open(path).expect("opens"), "{line}").expect("writes");
}

fn main() {
    let (results, all) = channel();
    for n in 0..3 {
        let results = results.clone();
        std::thread::spawn(move || results.send(n * n).expect("heard"));
    }
    say(&format!("process {}", std::process::id()));
    say("ready");
    println!("{}", all.iter().sum::<i32>());
    drop(results);
}
