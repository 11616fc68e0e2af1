//! What `telltale scan` says of itself on standard error: how far it has come, and what it came to.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::exit::Exit;
use super::scan::place;
use super::scan_args::ScanArgs;
use super::talk;
use crate::model::clock::{self, Moment};
use crate::model::metric::Bytes;
use crate::scan::engine::Place;
use crate::scan::finding::Level;
use crate::scan::output::summary::Summary;
use crate::scan::policy::allowed;
use crate::scan::progress::{Progress, ProgressSnapshot, Report, Skip};

/// Does the work while a line on standard error tells how far it has come.
pub(super) fn with_progress_line<T>(
    args: &ScanArgs,
    progress: &Progress,
    started: Moment,
    work: impl FnOnce() -> T,
) -> T {
    if args.quiet || !io::stderr().is_terminal() {
        return work();
    }
    std::thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        let line = std::thread::Builder::new().spawn_scoped(scope, move || {
            while wait.recv_timeout(Duration::from_millis(120)) == Err(RecvTimeoutError::Timeout) {
                let line = progress_line(&progress.snapshot(), kind(args), clock::now().since(started));
                talk::as_it_is(&format!("\r\x1b[K{}", cut(&line, talk::columns(&io::stderr()))));
            }
            talk::as_it_is("\r\x1b[K");
        });
        let result = work();
        drop(done);
        // Without a thread for it there is no line; the work goes on all the same.
        if let Ok(line) = line {
            let _ = line.join();
        }
        result
    })
}

/// What of a line has room in a terminal, one column short: a line that is full would begin the next one.
fn cut(line: &str, columns: Option<u16>) -> String {
    let most = columns.map_or(usize::MAX, |columns| usize::from(columns).saturating_sub(1));
    line.chars().take(most).collect()
}

fn progress_line(now: &ProgressSnapshot, kind: &str, elapsed: Duration) -> String {
    let more = if now.walk_complete { "" } else { "+" };
    let skipped: u64 = now.skipped.iter().sum();
    format!(
        "{} of {}{more} {kind}, {}, {}/s, {} findings, {skipped} skipped",
        now.files_done,
        now.files_found,
        Bytes(now.bytes_done),
        Bytes((now.bytes_done as f64 / elapsed.as_secs_f64().max(0.001)) as u64),
        now.findings
    )
}

/// What is counted.
pub(super) fn kind(args: &ScanArgs) -> &'static str {
    if matches!(place(args), Place::History(_)) { "blobs" } else { "files" }
}

/// What a scan came to, in lines.
pub(super) fn summary(report: &Report, kind: &str, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let mut text = format!(
        "{} high, {} medium, {} low, {} high in entropy only; {} {kind}, {} in {seconds:.2} s",
        report.count(Level::High),
        report.count(Level::Medium),
        report.count(Level::Low),
        report.count(Level::Entropy),
        report.files,
        Bytes(report.bytes),
    );
    // A rate would say how much was not read.
    match Summary::new(report).from_cache() {
        Some(told) => _ = writeln!(text, "\n{told}"),
        None => _ = writeln!(text, " ({}/s)", Bytes((report.bytes as f64 / seconds.max(0.001)) as u64)),
    }
    if report.inside > 0 {
        let (files, bytes) = (report.inside, Bytes(report.inside_bytes));
        let _ = writeln!(text, "{files} files inside of archives, {bytes} unpacked");
    }
    if report.accepted > 0 {
        let _ =
            writeln!(text, "{} accepted by the baseline; --no-baseline reports them too", report.accepted);
    }
    if let Some(words) = allowed::words(&report.allowed) {
        let _ = writeln!(text, "allowed: {words}; --no-allow reports them too");
    }
    let skipped: Vec<String> = Skip::ALL
        .iter()
        .zip(report.skipped)
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{count} {}", reason.as_str()))
        .collect();
    if !skipped.is_empty() {
        let _ = writeln!(text, "skipped: {}", skipped.join(", "));
    }
    if report.binary > 0 {
        let _ = writeln!(
            text,
            "in {} binary files only provider tokens and private keys were looked for; --binary looks for all",
            report.binary
        );
    }
    if report.workers < report.workers_wanted {
        let _ = writeln!(text, "only {} of {} threads could be had", report.workers, report.workers_wanted);
    }
    text
}

/// How to go on, for people whose commit a hook refuses because of this answer.
pub(super) fn way_out(args: &ScanArgs, exit: Exit) -> Option<&'static str> {
    match exit {
        _ if !args.staged => None,
        Exit::Found => Some(
            "a hook refuses the commit for this: take the secret out; or, if it is known and harmless, accept it with \
             `telltale scan --staged --write-baseline` and commit the baseline",
        ),
        Exit::Incomplete => Some(
            "nothing was found, but not all that is staged could be read, as told above: a hook refuses the commit for \
             this; `git commit --no-verify` commits it unread",
        ),
        _ => None,
    }
}

/// The last line of a scan that was stopped: by what, and how far it had come.
pub(super) fn stopped(report: &Report, now: &ProgressSnapshot, kind: &str, by: Option<&str>) -> String {
    let by = by.map_or_else(String::new, |signal| format!(" by {signal}"));
    let more = if now.walk_complete { "" } else { "+" };
    format!(
        "stopped{by} after {} of {}{more} {kind}: {} high, {} medium, {} low so far; the rest was not scanned",
        report.files,
        now.files_found,
        report.count(Level::High),
        report.count(Level::Medium),
        report.count(Level::Low),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_on_one_line() {
        assert_eq!(cut("12 of 40 files", Some(9)), "12 of 40");
        assert_eq!(cut("12 of 40 files", Some(80)), "12 of 40 files");
        assert_eq!(cut("12 of 40 files", None), "12 of 40 files");
    }
}
