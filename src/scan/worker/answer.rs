//! What a worker does where a cache answers: takes the answer, puts it off, or reads the file and has the cache note it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::Worker;
use crate::scan::blob::{Again, Elsewhere, Outcome};
use crate::scan::cache::spot::{self, Spot};
use crate::scan::cache::worth::{COUNTED, Worth};
use crate::scan::cache::{Asked, Known, Late, Noted};
use crate::scan::engine::{Shared, Task};
use crate::scan::finding::{Finding, Level, Source};
use crate::scan::origin::Origin;
use crate::scan::progress::Progress;
use crate::scan::walk::{self, Opened};
use crate::scan::window::OVERLAP;

impl Shared<'_> {
    /// Hands on a finding.
    pub(super) fn tell(&self, finding: Finding) {
        if finding.accepted.is_none() {
            Progress::add(&self.progress.findings, 1);
            if let Some(cache) = self.options.cache.as_ref().filter(|_| finding.level == Level::Entropy) {
                cache.rank(finding.excess);
            }
        }
        (self.sink)(finding);
    }
}

impl Worker<'_> {
    /// A file is read, unless the cache knows what it holds.
    pub(super) fn opened(&mut self, file: &mut File, size: u64, path: &Path, follow: bool) {
        // Files of /proc and /sys say that they are empty, and their reads fall short before the end.
        let expected = Some(size).filter(|size| *size > 0);
        let origin = Origin::new(path, Source::File);
        let shared = self.shared;
        let asked = shared.options.cache.as_ref().and_then(|cache| Some((cache, Asked::new(path, file)?)));
        let Some((cache, asked)) = asked else {
            self.regular(file, expected, &origin);
            return;
        };
        match cache.by_content(&asked, file, shared.stop) {
            Ok(Some(known)) if self.takes(path, follow, &known) => return,
            Ok(_) => {}
            Err(error) => return self.unreadable(path, &error),
        }
        let mut noted = Noted::new(file);
        let Some(passed) = self.regular(&mut noted, expected, &origin) else { return };
        // What the rules of a configuration find hides more of the lines around it than is known at a spot.
        let is_ours = shared.options.policy.as_ref().is_none_or(|policy| policy.config.is_none());
        if let Some(worth) = Worth::of(&passed, || is_ours && noted.is_plain()) {
            let spots = if worth.spots > 0 { passed.told.spots() } else { Vec::new() };
            cache.note(&asked, noted, (worth, spots), shared.stop);
        }
    }

    /// Takes what the cache knows of a file for an answer, now or later; false when the file is to be scanned.
    pub(super) fn takes(&mut self, path: &Path, follow: bool, known: &Known) -> bool {
        let Some(cache) = &self.shared.options.cache else { return false };
        let (options, worth) = (self.shared.options, &known.worth);
        if options.max_filesize.is_some_and(|most| known.stamp.size > most) {
            return false;
        }
        if worth.entropy == 0 {
            return self.answer(path, follow, known, f64::NEG_INFINITY);
        }
        if options.lines.is_some() {
            // A view of lines shows all of them.
            return false;
        }
        // Somebody may have said by now what they are. What was named is not put off: it may be a link.
        let rules = options.rules();
        let may_be_known = rules.entropy.zip(options.known.as_ref()).is_some_and(|(rule, baseline)| {
            // Entries about what lies inside of an archive don't name the archive.
            let is_archive = worth.inside != [0; 2];
            baseline.names(&rules.rules[rule].id, path) || (is_archive && baseline.entries() > 0)
        });
        match follow || may_be_known {
            true if worth.spots == 0 => false,
            true => self.answer(path, follow, known, f64::NEG_INFINITY),
            false => {
                cache.put_off(path, known);
                true
            }
        }
    }

    /// Tells what the cache knows of a file: all that stands at its spots, but for lines high in entropy that go less far
    /// than `least`; false when that is not what stands there, and the file is to be scanned.
    fn answer(&mut self, path: &Path, follow: bool, known: &Known, least: f64) -> bool {
        let shared = self.shared;
        let Some(cache) = &shared.options.cache else { return false };
        let origin = Origin::new(path, Source::File);
        let mut spots = if known.worth.spots > 0 { cache.spots(known) } else { Vec::new() };
        spots.retain(|spot| spot.excess.is_none_or(|excess| excess >= least));
        let Ok(found) = self.look_again(follow, known, &spots, &origin) else { return false };
        cache.take(known);
        let mut outcome = known.worth.outcome();
        let lines =
            (spots.iter().filter(|spot| spot.excess.is_some()).count() as u64).min(outcome.beyond_cap);
        outcome.findings[Level::Entropy as usize] -= lines;
        outcome.beyond_cap -= lines;
        self.scanner.tell_again(found, &origin, &mut outcome, &|finding| shared.tell(finding));
        self.answered(path, &known.worth, &outcome);
        true
    }

    /// What stands at these spots of a file that the cache knows.
    fn look_again(
        &mut self,
        follow: bool,
        known: &Known,
        spots: &[Spot],
        origin: &Origin,
    ) -> Result<Vec<Again>, Elsewhere> {
        if spots.is_empty() {
            return Ok(Vec::new());
        }
        let Ok(Opened::File(file, _)) = walk::open(&origin.path, follow) else { return Err(Elsewhere) };
        let asked = Asked::new(&origin.path, &file).filter(|asked| asked.is(&known.stamp));
        let asked = asked.ok_or(Elsewhere)?;
        let (mut found, reach) = (Vec::with_capacity(spots.len()), OVERLAP as u64);
        let visit = self.scanner.visit(origin);
        for spot in spots {
            if spot.cover as usize > spot::LONGEST {
                return Err(Elsewhere);
            }
            let from = spot.at.saturating_sub(reach);
            let end = spot.at.saturating_add(u64::from(spot.cover) + reach).min(known.stamp.size);
            self.around.resize(usize::try_from(end.saturating_sub(from)).map_err(|_| Elsewhere)?, 0);
            file.read_exact_at(&mut self.around, from).map_err(|_| Elsewhere)?;
            found.extend(visit.at(spot, &self.around, from)?);
        }
        if asked.holds(&file) { Ok(found) } else { Err(Elsewhere) }
    }

    /// Counts what the cache knows of a file.
    fn answered(&mut self, path: &Path, worth: &Worth, outcome: &Outcome) {
        self.weigh(path, outcome, worth.packed);
        self.count(outcome);
        self.report.cached += 1;
        Progress::add(&self.shared.progress.findings, outcome.beyond_cap);
        for (reason, count) in COUNTED.into_iter().zip(worth.left_out) {
            Progress::add(&self.shared.progress.skipped[reason as usize], count.into());
        }
        self.was_read(path);
    }

    /// Deals with the files that were put off, when all others are done.
    pub(super) fn take_late(&mut self) {
        let shared = self.shared;
        let Some(turn) = shared.options.cache.as_ref().and_then(|cache| cache.turn()) else { return };
        let mut again = turn.scan;
        let mut folder = None;
        for Late { path, known } in &turn.answer {
            let here = path.parent();
            if here != folder {
                self.tell_map(folder.unwrap_or(Path::new("")));
                folder = here;
            }
            if !self.answer(path, false, known, turn.least) {
                again.push(path.clone());
            }
        }
        self.tell_map(folder.unwrap_or(Path::new("")));
        // They were counted as done when they were put off.
        shared.progress.files_done.fetch_sub(again.len() as u64, Ordering::Relaxed);
        shared.push(again.iter().filter_map(|path| Task::for_file(path)).collect());
    }
}
