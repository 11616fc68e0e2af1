//! How far a scan has come: counters that any thread may read at any time, and the report at its end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::finding::Level;
use super::map::{Growing, Map};
use super::policy::allowed;

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// `.gitignore` or its like says so; a folder counts once.
    Ignored,
    /// `--exclude` says so.
    Excluded,
    /// Larger than `--max-filesize`.
    TooLarge,
    /// A symbolic link that was met on the way.
    Symlink,
    /// A pipe, a socket or a device.
    Special,
    /// The inside of a `.git`.
    Git,
    /// It could not be read.
    Unreadable,
    /// A list of another tool, such as `.secretsignore`, says so.
    LeftOut,
    /// It lies in an archive that is locked.
    Encrypted,
    /// It lies deeper in archives than `--archive-depth` goes.
    TooDeep,
    /// It unpacks to more than `--max-unpacked`, to too many times its size, or needs too much memory.
    TooLargeUnpacked,
    /// It is packed, and breaks off or makes no sense from some place on.
    Damaged,
    /// It is packed in a way that is not read.
    Unsupported,
    /// It falls to another shard.
    Elsewhere,
    /// Some of its encoded text, since there is too much of it in one place.
    Undecoded,
    /// What goes on behind it, since a file grows faster than it is read.
    Endless,
}

impl Skip {
    /// All reasons.
    pub const ALL: [Self; 16] = [
        Self::Ignored,
        Self::Excluded,
        Self::TooLarge,
        Self::Symlink,
        Self::Special,
        Self::Git,
        Self::Unreadable,
        Self::LeftOut,
        Self::Encrypted,
        Self::TooDeep,
        Self::TooLargeUnpacked,
        Self::Damaged,
        Self::Unsupported,
        Self::Elsewhere,
        Self::Undecoded,
        Self::Endless,
    ];

    /// What leaves a hole in a scan: nobody asked to leave it out.
    const HOLES: [Self; 8] = [
        Self::Unreadable,
        Self::Encrypted,
        Self::TooDeep,
        Self::TooLargeUnpacked,
        Self::Damaged,
        Self::Unsupported,
        Self::Undecoded,
        Self::Endless,
    ];

    /// Whether it should have been read, so that a scan is incomplete without it.
    pub fn is_loss(self) -> bool {
        Self::HOLES.contains(&self)
    }

    /// The words that stand behind the count.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ignored => "ignored by git",
            Self::Excluded => "excluded",
            Self::TooLarge => "too large",
            Self::Symlink => "symbolic links",
            Self::Special => "pipes, sockets or devices",
            Self::Git => ".git",
            Self::Unreadable => "unreadable",
            Self::LeftOut => "left out by lists in the repository",
            Self::Encrypted => "encrypted",
            Self::TooDeep => "too deep in archives",
            Self::TooLargeUnpacked => "too large when unpacked",
            Self::Damaged => "damaged",
            Self::Unsupported => "packed in a way that is not read",
            Self::Elsewhere => "in other shards",
            Self::Undecoded => "not decoded to the end",
            Self::Endless => "not read to the end",
        }
    }
}

/// The counters of a running scan.
#[derive(Debug, Default)]
pub struct Progress {
    pub(crate) files_found: AtomicU64,
    pub(crate) files_done: AtomicU64,
    pub(crate) bytes_done: AtomicU64,
    pub(crate) findings: AtomicU64,
    pub(crate) workers: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) walk_complete: AtomicBool,
    pub(crate) skipped: [AtomicU64; Skip::ALL.len()],
    pub(crate) binary: AtomicU64,
    map: Mutex<Growing>,
}

/// The counters at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgressSnapshot {
    /// Files whose scan has ended.
    pub files_done: u64,
    /// Files that the walk has come upon so far.
    pub files_found: u64,
    /// Whether `files_found` is final.
    pub walk_complete: bool,
    /// Bytes that were read.
    pub bytes_done: u64,
    /// Files found and not yet done.
    pub in_flight: u64,
    /// Threads that take part.
    pub workers: u64,
    /// Those that are not waiting.
    pub busy: u64,
    /// Files with binary content.
    pub binary: u64,
    /// Findings so far.
    pub findings: u64,
    /// What was skipped, in the order of [`Skip::ALL`].
    pub skipped: [u64; Skip::ALL.len()],
}

impl Progress {
    /// The counters now. They are read one by one, so that they may differ by what happens in between.
    pub fn snapshot(&self) -> ProgressSnapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // Done is read before found, so that it never seems to be the larger.
        let files_done = read(&self.files_done);
        let files_found = read(&self.files_found).max(files_done);
        ProgressSnapshot {
            files_done,
            files_found,
            walk_complete: self.walk_complete.load(Ordering::Relaxed),
            bytes_done: read(&self.bytes_done),
            in_flight: files_found - files_done,
            workers: read(&self.workers),
            busy: read(&self.busy),
            binary: read(&self.binary),
            findings: read(&self.findings),
            skipped: std::array::from_fn(|index| read(&self.skipped[index])),
        }
    }

    /// The map of the tree so far.
    pub fn map(&self) -> Map {
        self.growing().map().clone()
    }

    /// How many files are on the map: a map that grew has more of them.
    pub fn files_on_map(&self) -> u64 {
        self.growing().map().files()
    }

    pub(crate) fn growing(&self) -> MutexGuard<'_, Growing> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn skip(&self, reason: Skip) {
        self.skipped[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }
}

/// What a scan came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Files that were read, or that the cache knows to hold nothing.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of them that the cache answered.
    pub cached: u64,
    /// Files that were read inside of archives.
    pub inside: u64,
    /// Their bytes.
    pub inside_bytes: u64,
    /// Findings by level: high, medium, low, entropy.
    pub findings: [u64; 4],
    /// Findings beyond what one file may report, which were only counted.
    pub beyond_cap: u64,
    /// Findings that the baseline accepts; they are in no other count.
    pub accepted: u64,
    /// Findings that comments, allowlists and their like allow, by what; they are in no other count.
    pub allowed: allowed::Counts,
    /// Files with binary content, in which only provider tokens and keys were looked for.
    pub binary: u64,
    /// What was skipped, in the order of [`Skip::ALL`].
    pub skipped: [u64; Skip::ALL.len()],
    /// What went wrong, in words; at most [`Report::PROBLEMS`].
    pub problems: Vec<String>,
    /// How many threads took part.
    pub workers: usize,
    /// How many were wanted; more than `workers` when threads could not be had.
    pub workers_wanted: usize,
    /// Whether it was told to stop before its end.
    pub stopped: bool,
}

impl Report {
    /// How many problems are kept in words.
    pub const PROBLEMS: usize = 20;

    /// How many findings there are of this level.
    pub fn count(&self, level: Level) -> u64 {
        self.findings[level as usize]
    }

    /// Whether something that should have been read was not.
    pub fn is_incomplete(&self) -> bool {
        self.stopped || Skip::HOLES.iter().any(|hole| self.skipped[*hole as usize] > 0)
    }

    pub(crate) fn problem(&mut self, text: String) {
        if self.problems.len() < Self::PROBLEMS {
            self.problems.push(text);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.cached += other.cached;
        self.inside += other.inside;
        self.inside_bytes += other.inside_bytes;
        self.beyond_cap += other.beyond_cap;
        self.accepted += other.accepted;
        for (sum, count) in self.allowed.iter_mut().zip(other.allowed) {
            *sum += count;
        }
        self.binary += other.binary;
        for (sum, count) in self.findings.iter_mut().zip(other.findings) {
            *sum += count;
        }
        other.problems.into_iter().for_each(|text| self.problem(text));
    }
}
