//! What a worker does where a cache answers: takes the answer, puts it off, or reads the file and has the cache note it.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::Worker;
use crate::scan::cache::worth::{COUNTED, Worth};
use crate::scan::cache::{Asked, Known, Noted, Turn};
use crate::scan::engine::Task;
use crate::scan::finding::Source;
use crate::scan::origin::Origin;
use crate::scan::progress::Progress;

impl Worker<'_> {
    /// A file is read, unless the cache knows what it holds.
    pub(super) fn opened(&mut self, file: &mut File, size: u64, path: &Path, follow: bool) {
        // Files of /proc and /sys say that they are empty, and their reads fall short before the end.
        let expected = Some(size).filter(|size| *size > 0);
        let origin = Origin::new(path, Source::File);
        let shared = self.shared;
        let asked = shared.options.cache.as_ref().and_then(|cache| Some((cache, Asked::new(path, file)?)));
        let Some((cache, asked)) = asked else {
            self.stream(file, expected, &origin);
            return;
        };
        match cache.by_content(&asked, file, shared.stop) {
            Ok(Some(known)) if self.takes(path, follow, &known) => return,
            Ok(_) => {}
            Err(error) => return self.unreadable(path, &error),
        }
        let mut noted = Noted::new(file);
        if let Some(worth) = self.stream(&mut noted, expected, &origin) {
            cache.note(&asked, noted, worth, shared.stop);
        }
    }

    /// Takes what the cache knows of a file for an answer, now or later; false when the file is to be scanned.
    pub(super) fn takes(&mut self, path: &Path, follow: bool, known: &Known) -> bool {
        let Some(cache) = &self.shared.options.cache else { return false };
        let options = self.shared.options;
        if options.max_filesize.is_some_and(|most| known.size > most) {
            return false;
        }
        if known.worth.entropy == 0 {
            cache.take(known);
            self.answered(path, &known.worth);
            return true;
        }
        if options.lines.is_some() {
            // A view of lines shows all of them.
            return false;
        }
        // Somebody may have said by now what they are. What was named is not put off: it may be a link.
        let rules = options.rules();
        let may_be_known = rules.entropy.zip(options.known.as_ref()).is_some_and(|(rule, baseline)| {
            // Entries about what lies inside of an archive don't name the archive.
            let is_archive = known.worth.inside != [0; 2];
            baseline.names(&rules.rules[rule].id, path) || (is_archive && baseline.entries() > 0)
        });
        if !follow && !may_be_known {
            cache.put_off(path, known);
        }
        !follow && !may_be_known
    }

    /// Counts what the cache knows of a file.
    fn answered(&mut self, path: &Path, worth: &Worth) {
        let outcome = worth.outcome();
        self.weigh(path, &outcome, worth.packed);
        self.count(&outcome);
        self.report.cached += 1;
        Progress::add(&self.shared.progress.findings, worth.entropy.into());
        for (reason, count) in COUNTED.into_iter().zip(worth.left_out) {
            Progress::add(&self.shared.progress.skipped[reason as usize], count.into());
        }
        self.was_read(path);
    }

    /// Deals with the files that were put off, when all others are done.
    pub(super) fn take_late(&mut self) {
        let shared = self.shared;
        let Some(cache) = shared.options.cache.as_ref() else { return };
        match cache.turn() {
            Some(Turn::Scan(paths)) => {
                // They were counted as done when they were put off.
                shared.progress.files_done.fetch_sub(paths.len() as u64, Ordering::Relaxed);
                shared.push(paths.iter().filter_map(|path| Task::for_file(path)).collect());
            }
            Some(Turn::Answer(files)) => {
                for (path, worth) in files {
                    self.answered(&path, &worth);
                    self.tell_map(path.parent().unwrap_or(Path::new("")));
                }
            }
            None => {}
        }
    }
}
