//! Walks and reads as a scan does, and looks for nothing: `floor FOLDER [THREADS]`. With a third word, `walk`, it reads
//! nothing either, and only asks each file for its size. What a scan costs is measured from here, see `benches/scan_cost.py`.
#![expect(clippy::print_stdout, reason = "a program of its own")]

use std::sync::atomic::AtomicBool;

use telltales::scan::engine::{Options, scan};
use telltales::scan::progress::Progress;

fn main() {
    let mut words = std::env::args_os().skip(1);
    let roots = words.next().map(Into::into).into_iter().collect();
    let threads = words.next().and_then(|word| word.to_str()?.parse().ok()).unwrap_or(0);
    let walks_only = words.next().is_some_and(|word| word == "walk");
    let options =
        Options { roots, threads, no_ignore: true, reads_only: true, walks_only, ..Options::default() };
    let report = scan(&options, &Progress::default(), &AtomicBool::new(false), &|_| {});
    println!("{} files, {} bytes", report.files, report.bytes);
}
