//! Threads that share a piece of work, each with a scanner of its own; with fewer of them it takes longer.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::grove::Content;
use crate::model::text::escape_path;
use crate::scan::blob::{Outcome, Scanner};
use crate::scan::engine::{STACK, Shared, has_room};
use crate::scan::finding::Finding;
use crate::scan::origin::Origin;
use crate::scan::progress::{Progress, Report, Skip};
use crate::scan::unpack::{self, Inside};

/// One thread's share.
pub(super) struct Hand<'a> {
    pub(super) shared: &'a Shared<'a>,
    scanner: Scanner<'a>,
    pub(crate) report: Report,
    /// Whether what is left out is counted; not when the same was looked at before.
    pub(crate) counts: bool,
    /// What is told before a place in a blob of which no path is known yet.
    pub(super) about: String,
}

impl<'a> Hand<'a> {
    /// With `plain` it only looks: nothing is let through, and no secret put into a finding.
    fn new(shared: &'a Shared<'a>, plain: bool) -> Option<Self> {
        let options = shared.options;
        let (known, policy) =
            if plain { (None, None) } else { (options.known.as_deref(), options.policy.as_deref()) };
        let show_secrets = options.show_secrets && !plain;
        let scanner = Scanner::new(options.rules(), &shared.key, show_secrets, known, shared.now)?;
        let scanner = scanner.heeding(policy).reads_binaries(options.binaries);
        let scanner = scanner.judging(options.model(), options.judging);
        Some(Self { shared, scanner, report: Report::default(), counts: true, about: String::new() })
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Whether a blob of this size is to be scanned; one that is not is counted.
    pub(crate) fn wants(&self, size: u64) -> bool {
        let is_too_large = self.shared.options.max_filesize.is_some_and(|most| size > most);
        if is_too_large {
            self.shared.progress.skip(Skip::TooLarge);
        }
        !is_too_large
    }

    /// Scans what a blob holds.
    pub(crate) fn scan(
        &mut self,
        content: Content<'_>,
        origin: &Origin,
        sink: &dyn Fn(Finding),
    ) -> io::Result<Outcome> {
        match content {
            Content::Whole(mut bytes) => {
                let size = bytes.len() as u64;
                self.stream(&mut bytes, size, origin, sink)
            }
            Content::Stream(stream, size) => self.stream(stream, size, origin, sink),
        }
    }

    fn stream(
        &mut self,
        stream: &mut dyn Read,
        size: u64,
        origin: &Origin,
        sink: &dyn Fn(Finding),
    ) -> io::Result<Outcome> {
        let shared = self.shared;
        let stop = || shared.stop.load(Ordering::Relaxed);
        let (limits, excludes, only) =
            (shared.options.unpack, &shared.excludes, shared.options.only.as_deref());
        let inside = Inside { limits, excludes, only, origin, stop: &stop, sink };
        let (report, counts, about) = (&mut self.report, self.counts, &self.about);
        let mut skip = |reason: Skip, told: Option<String>| {
            if counts {
                shared.progress.skip(reason);
                if let Some(told) = told {
                    report.problem(format!("{about}{told}"));
                }
            }
        };
        unpack::scan(&mut self.scanner, stream, Some(size), &inside, &mut skip)
    }

    /// Counts a blob that was read.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        let binary = u64::from(outcome.binary) + outcome.inside.binary;
        self.report.files += 1;
        self.report.bytes += outcome.bytes;
        self.report.inside += outcome.inside.count;
        self.report.inside_bytes += outcome.inside.bytes;
        self.report.binary += binary;
        Progress::add(&self.shared.progress.bytes_done, outcome.bytes);
        Progress::add(&self.shared.progress.binary, binary);
    }

    /// Says that an object could not be read.
    pub(crate) fn unreadable(&mut self, repository: &Path, id: ObjectId, error: &io::Error) {
        unreadable(self.shared, &mut self.report, repository, &id.to_string(), error);
    }
}

/// Says that something in a repository could not be read.
pub(super) fn unreadable(
    shared: &Shared<'_>,
    report: &mut Report,
    repository: &Path,
    what: &str,
    error: &io::Error,
) {
    shared.progress.skip(Skip::Unreadable);
    report.problem(format!("{}: {what}: {error}", shown(repository)));
}

/// A repository as it was given.
pub(super) fn shown(repository: &Path) -> String {
    escape_path(if repository.as_os_str().is_empty() { Path::new(".") } else { repository })
}

/// Has up to `wanted` threads do the work, this one among them; tells how many did. With `plain` they only
/// look: nothing is let through, and no secret is put into a finding.
pub(super) fn run(
    shared: &Shared<'_>,
    wanted: usize,
    plain: bool,
    report: &mut Report,
    work: &(dyn Fn(&mut Hand<'_>) + Sync),
) -> usize {
    let new = || Hand::new(shared, plain);
    let merged = Mutex::new(std::mem::take(report));
    let perform = |mut hand: Hand<'_>| {
        Progress::add(&shared.progress.workers, 1);
        Progress::add(&shared.progress.busy, 1);
        work(&mut hand);
        shared.progress.busy.fetch_sub(1, Ordering::Relaxed);
        shared.progress.workers.fetch_sub(1, Ordering::Relaxed);
        merged.lock().unwrap_or_else(PoisonError::into_inner).merge(hand.report);
    };
    let started = std::thread::scope(|scope| {
        let own = new();
        let mut started = usize::from(own.is_some());
        while started < wanted && has_room() {
            let Some(hand) = new() else { break };
            let thread = std::thread::Builder::new().name("scan".into()).stack_size(STACK);
            if thread.spawn_scoped(scope, || perform(hand)).is_err() {
                break;
            }
            started += 1;
        }
        if let Some(own) = own {
            perform(own);
        }
        started
    });
    *report = merged.into_inner().unwrap_or_else(PoisonError::into_inner);
    if started == 0 {
        shared.progress.skip(Skip::Unreadable);
        report.problem("no memory to read anything into".to_owned());
    }
    started
}

/// Has up to `wanted` threads do the work, this one among them.
pub(super) fn share(wanted: usize, work: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        for _ in 1..wanted {
            let thread = std::thread::Builder::new().name("scan".into()).stack_size(STACK);
            if !has_room() || thread.spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
}
