//! What a scan tells of itself: what it read, what it skipped and why, and what it means that nothing was found.

use crate::model::job::{Job, Phase};
use crate::model::metric::{self, Unit};
use crate::scan::found::Tally;
use crate::scan::progress::Skip;
use crate::ui::view::View;
use crate::ui::watch::gauges::bytes_read;
use crate::ui::words;

/// Stale exceptions that are told one by one.
const STALE: usize = 8;

/// Why something is skipped, for people.
const fn why(reason: Skip) -> &'static str {
    match reason {
        Skip::Ignored => {
            "a .gitignore or its like names them; a folder counts once. Hidden files such as .env are \
                          read all the same. --no-ignore reads all"
        }
        Skip::Excluded => "--exclude names them",
        Skip::TooLarge => "larger than --max-filesize",
        Skip::Symlink => "symbolic links: what they lead to is read where it lies, if it lies here",
        Skip::Special => "pipes, sockets and devices: reading them may wait for ever",
        Skip::Git => "the inside of .git: its history is not read",
        Skip::LeftOut => {
            ".telltale.toml, .gitleaks.toml, .secretsignore or .secrets.baseline leave them out; --no-allow reads them"
        }
        Skip::Unreadable => "could not be read; alerts and notices (a) say why. They may hold secrets",
        Skip::Encrypted => "locked with a password, in an archive or as a document: they may hold secrets",
        Skip::TooDeep => "archives in archives in archives: --archive-depth says how deep they are opened",
        Skip::TooLargeUnpacked => {
            "they unpack to more than --max-unpacked, or to hundreds of times their size, as a bomb does; what came \
                          before was read"
        }
        Skip::Damaged => {
            "packed files that break off or make no sense from some place on; what came before was read"
        }
        Skip::Unsupported => "packed in a way that is not read, such as 7z and rar",
        Skip::Elsewhere => "--shard leaves them to other parts of the same scan",
        Skip::Undecoded => "so much encoded text, one in another, that not all of it was decoded",
        Skip::Endless => {
            "they grow faster than they are read: what stood there at first was read, and as much again"
        }
    }
}

/// What is said of the time left while the number of files is not known, or nothing is done yet.
pub(in crate::ui) const NOT_YET: &str = "not yet known";

/// How many files were read, in words.
pub(in crate::ui) fn files_read(scan: &Job) -> Option<String> {
    let done = match scan.progress.unit {
        Unit::Items => scan.progress.done?,
        // One file is told by how much of it was read.
        Unit::Bytes => 1,
    };
    Some(words::counted(done as usize, "file", "files"))
}

/// How far a scan was when somebody stopped it.
pub(in crate::ui) fn stopped_at(scan: &Job) -> String {
    match scan.progress.share() {
        Some(share) => format!("stopped at {}", metric::percent(share)),
        None => format!("stopped after {}", files_read(scan).unwrap_or_else(|| "nothing".to_owned())),
    }
}

/// Labels and texts of all that there is to tell.
pub(in crate::ui) fn facts(view: &View<'_>) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |label: &str, text: String| facts.push((label.to_owned(), text));
    let none = Tally::default();
    let tally = view.tally.unwrap_or(&none);
    if let Some(scan) = view.snapshot.scan() {
        fact("Scans", scan.name.to_string());
        let state = match scan.phase {
            Phase::Running => "running; S stops it".to_owned(),
            Phase::Ended { .. } if tally.is_stopped => stopped_at(scan),
            Phase::Ended { .. } => "complete".to_owned(),
        };
        fact("State", state);
        let (done, unit) = (scan.progress.done.unwrap_or(0), scan.progress.unit);
        let of = scan.progress.total.map_or_else(String::new, |total| format!(" of {}", unit.amount(total)));
        fact(if unit == Unit::Bytes { "Done" } else { "Files" }, format!("{}{of}", unit.amount(done)));
        if scan.phase == Phase::Running {
            let left = scan.progress.time_left.map(words::left);
            fact("Time left", left.unwrap_or_else(|| NOT_YET.to_owned()));
        }
        if let Some(bytes) = bytes_read(scan) {
            fact("Read", bytes.to_string());
        }
        if scan.phase == Phase::Running {
            let (busy, alive) = (scan.workers.busy, scan.workers.alive);
            fact("Workers", format!("{busy} of {alive} busy"));
            fact(
                "In flight",
                format!("{} files found and not yet read", scan.progress.in_flight.unwrap_or(0)),
            );
        }
    }
    if tally.binary > 0 {
        let words = "in these only provider tokens and private keys are looked for";
        fact("Binary", format!("{}: {words}", words::counted(tally.binary as usize, "file", "files")));
    }
    if tally.unlisted > 0 {
        let unlisted = metric::count(tally.unlisted as u64);
        fact("Not listed", format!("{unlisted} findings had no room; `telltale scan` writes all of them"));
    }
    for (n, stale) in tally.stale.iter().take(STALE).enumerate() {
        fact(if n == 0 { "Stale" } else { "" }, stale.to_string());
    }
    if !tally.stale.is_empty() {
        let more = tally.stale.len().saturating_sub(STALE);
        let more = if more > 0 { format!("and {more} more; ") } else { String::new() };
        fact(
            "",
            format!(
                "{more}nothing is there any more; `telltale scan --prune-baseline` takes out what is ours"
            ),
        );
    }
    fact("", String::new());
    if tally.skipped_in_all() == 0 {
        fact("Skipped", "nothing".to_owned());
    }
    for (reason, count) in Skip::ALL.into_iter().zip(tally.skipped).filter(|(_, count)| *count > 0) {
        fact(&format!("Skip {}", metric::count(count)), why(reason).to_owned());
    }
    facts
}

/// What it means that nothing was found: sentences, the first of them the news.
pub(in crate::ui) fn nothing_found(scan: &Job, tally: Option<&Tally>) -> Vec<String> {
    let files = files_read(scan).unwrap_or_else(|| "no files".to_owned());
    let mut said = vec![format!("Nothing found in {files}.")];
    said.push(
        "No rule matched and no token looks random, in these files as they are now. The history in .git is not read."
            .to_owned(),
    );
    if let Some(tally) = tally {
        if tally.accepted > 0 {
            let accepted = words::counted(tally.accepted, "secret is", "secrets are");
            said.push(format!("{accepted} accepted by the baseline; X shows them."));
        }
        if tally.skipped_in_all() > 0 {
            said.push(format!("{} skipped: i tells what, and why.", metric::count(tally.skipped_in_all())));
        }
    }
    said
}
