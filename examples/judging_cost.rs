//! What judging costs: `judging_cost FOLDER [ROUNDS]` scans a folder with and without it in turn, on one thread, and tells
//! the least CPU seconds of each.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rustix::time::{ClockId, clock_gettime};
use telltales::scan::engine::{self, Options};
use telltales::scan::judge::study::Judging;
use telltales::scan::progress::Progress;

/// The CPU seconds of this process so far.
fn used() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn scan(folder: &Path, judging: Judging) -> f64 {
    let roots = vec![folder.to_owned()];
    let options = Options { roots, no_ignore: true, threads: 1, judging, ..Options::default() };
    let before = used();
    engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &drop);
    used() - before
}

fn main() {
    let mut words = std::env::args_os().skip(1);
    let folder = PathBuf::from(words.next().unwrap_or_else(|| ".".into()));
    let rounds = words.next().and_then(|word| word.to_str()?.parse().ok()).unwrap_or(5);
    // The first round warms the cache and compiles the patterns.
    scan(&folder, Judging::Usual);
    let mut least = [f64::MAX; 2];
    for _ in 0..rounds {
        for (least, judging) in least.iter_mut().zip([Judging::Usual, Judging::Off]) {
            *least = least.min(scan(&folder, judging));
        }
    }
    let [judged, unjudged] = least;
    println!(
        "judged {judged:.3} CPU s, not judged {unjudged:.3}: judging takes {:.1} % of a scan",
        (judged / unjudged - 1.0).max(0.0) * 100.0
    );
}
