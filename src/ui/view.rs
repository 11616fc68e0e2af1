//! What there is to see: the newest of everything, and what the screen shows of it.
//!
//! While the screen is held the two differ: collecting goes on, and only the drawing stops.

use std::sync::Arc;
use std::time::Duration;

use super::event::Event;
use super::past::Past;
use super::state::UiState;
use crate::model::candidate::Candidates;
use crate::model::clock::Moment;
use crate::model::inquiry::Asked;
use crate::model::job::{Job, JobKind};
use crate::model::progress_source::Sources;
use crate::model::snapshot::Snapshot;
use crate::scan::finding::Preview;
use crate::scan::found::{Found, Tally};

/// What one frame shows.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The state of all jobs.
    pub snapshot: &'a Snapshot,
    /// Findings, best first, each secret once.
    pub findings: &'a [Arc<Found>],
    /// What the scan tells beside them.
    pub tally: Option<&'a Tally>,
    /// The lines around the chosen finding, once they came.
    pub preview: Option<&'a Preview>,
    /// What time it is.
    pub now: Moment,
    /// When the newest state was read; while the screen is held, what it shows is older.
    pub newest: Moment,
    /// Where the progress of a job could be read from, once that was looked for.
    pub sources: Option<&'a Sources>,
    /// What there is to watch, once that was looked for.
    pub candidates: Option<&'a Candidates>,
    /// How the inquiry stands that was wished for last.
    pub asked: Option<&'a Asked>,
}

impl<'a> View<'a> {
    /// What there is to see, nothing held and nothing looked for.
    pub const fn of(
        snapshot: &'a Snapshot,
        findings: &'a [Arc<Found>],
        preview: Option<&'a Preview>,
    ) -> Self {
        let (now, newest) = (snapshot.at, snapshot.at);
        let (sources, candidates, asked) = (None, None, None);
        Self { snapshot, findings, tally: None, preview, now, newest, sources, candidates, asked }
    }

    /// How old what is shown is, from when on that is worth a word: three snapshots should have come by then.
    pub fn silence(&self) -> Option<Duration> {
        let age = self.now.since(self.snapshot.at);
        (self.snapshot.seq > 0 && age >= patience(self.snapshot)).then_some(age)
    }

    /// The job that the watch pane shows: the chosen one, or the first.
    pub fn job(&self, state: &UiState) -> Option<&'a Job> {
        let chosen = state.job.as_ref().and_then(|id| self.snapshot.job(id));
        chosen.filter(|job| job.kind != JobKind::Scan).or_else(|| self.snapshot.watched())
    }

    /// All watched jobs.
    pub fn jobs(&self) -> impl Iterator<Item = &'a Job> {
        self.snapshot.jobs.iter().filter(|job| job.kind != JobKind::Scan)
    }
}

/// How old a snapshot may get. A moment is no silence, however often one looks.
fn patience(snapshot: &Snapshot) -> Duration {
    snapshot.interval.saturating_mul(3).max(Duration::from_secs(2))
}

/// The newest values, and the ones on the screen.
#[derive(Debug)]
pub struct Shown {
    snapshot: Arc<Snapshot>,
    findings: Arc<Vec<Arc<Found>>>,
    tally: Option<Arc<Tally>>,
    newest_snapshot: Arc<Snapshot>,
    newest_findings: Arc<Vec<Arc<Found>>>,
    newest_tally: Option<Arc<Tally>>,
    preview: Option<Preview>,
    now: Moment,
    sources: Option<Sources>,
    candidates: Option<Candidates>,
    asked: Option<Asked>,
    past: Past,
}

impl Default for Shown {
    fn default() -> Self {
        let empty = Arc::new(Snapshot::empty(Duration::from_secs(1)));
        let none = Arc::new(Vec::new());
        Self {
            snapshot: Arc::clone(&empty),
            findings: Arc::clone(&none),
            tally: None,
            newest_snapshot: empty,
            newest_findings: none,
            newest_tally: None,
            preview: None,
            now: Moment::default(),
            sources: None,
            candidates: None,
            asked: None,
            past: Past::default(),
        }
    }
}

impl Shown {
    /// Takes over what an event carries. Returns whether the screen shows something else now.
    pub fn take(&mut self, event: &Event, is_held: bool) -> bool {
        match event {
            Event::Snapshot(snapshot) => {
                self.past.keep(snapshot);
                self.newest_snapshot = Arc::clone(snapshot);
                // A held screen says how long ago it is what it shows.
                if is_held {
                    return true;
                }
            }
            Event::Findings(findings) => self.newest_findings = Arc::clone(findings),
            Event::Tally(tally) => self.newest_tally = Some(Arc::clone(tally)),
            Event::Preview(preview) => {
                self.preview = Some(preview.clone());
                return true;
            }
            Event::Sources(sources) => {
                self.sources = Some(sources.clone());
                return true;
            }
            Event::Candidates(candidates) => {
                self.candidates = Some(candidates.clone());
                return true;
            }
            Event::Diagnosis(asked) => {
                self.asked = Some(asked.clone());
                return true;
            }
            _ => return false,
        }
        !is_held && self.show_newest()
    }

    /// Shows what was kept so many steps before or after what is shown now, as far as anything was kept. Findings
    /// stay: a scan has no past. Returns whether that is something else than before.
    pub fn rewind(&mut self, steps: i8) -> bool {
        let Some(then) = self.past.near(self.snapshot.at, steps, &self.newest_snapshot) else { return false };
        let is_other = then.at != self.snapshot.at;
        self.snapshot = then;
        is_other
    }

    /// Shows the newest of everything. Returns whether that is something else than before.
    pub fn show_newest(&mut self) -> bool {
        let is_same = Arc::ptr_eq(&self.snapshot, &self.newest_snapshot)
            && Arc::ptr_eq(&self.findings, &self.newest_findings)
            && self.tally.as_ref().map(Arc::as_ptr) == self.newest_tally.as_ref().map(Arc::as_ptr);
        self.snapshot = Arc::clone(&self.newest_snapshot);
        self.findings = Arc::clone(&self.newest_findings);
        self.tally = self.newest_tally.clone();
        !is_same
    }

    /// Tells what time it is.
    pub const fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// When the screen must say that what it shows is old, or older than it said, if nothing comes until then.
    pub fn grows_old_at(&self) -> Option<Moment> {
        let at = self.snapshot.at;
        let age = self.now.since(at);
        let next = if age < patience(&self.snapshot) {
            patience(&self.snapshot)
        } else {
            Duration::from_secs(age.as_secs() + 1)
        };
        (self.snapshot.seq > 0).then(|| at.plus(next))
    }

    /// What a frame shows now.
    pub fn view(&self) -> View<'_> {
        View {
            tally: self.tally.as_deref(),
            now: self.now,
            newest: self.newest_snapshot.at,
            sources: self.sources.as_ref(),
            candidates: self.candidates.as_ref(),
            asked: self.asked.as_ref(),
            ..View::of(&self.snapshot, &self.findings, self.preview.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_news_are_told_and_a_second_later_again() {
        let mut shown = Shown::default();
        assert_eq!(shown.grows_old_at(), None, "nothing came yet");
        let mut first = Snapshot::empty(Duration::from_secs(1));
        (first.seq, first.at) = (1, Moment::from_millis(10_000));
        shown.take(&Event::Snapshot(Arc::new(first)), false);
        for (now, silence, next) in
            [(10_400, None, 13_000), (13_000, Some(3_000), 14_000), (19_500, Some(9_500), 20_000)]
        {
            shown.set_now(Moment::from_millis(now));
            assert_eq!(shown.view().silence(), silence.map(Duration::from_millis));
            assert_eq!(shown.grows_old_at(), Some(Moment::from_millis(next)));
        }
    }

    #[test]
    fn a_held_screen_keeps_its_snapshot_and_the_collecting_goes_on() {
        let mut shown = Shown::default();
        let mut later = Snapshot::empty(Duration::from_secs(1));
        later.seq = 7;
        later.at = Moment::from_millis(7_000);
        assert!(shown.take(&Event::Snapshot(Arc::new(later)), true), "the time since then goes on");
        assert_eq!((shown.view().snapshot.seq, shown.view().newest.millis()), (0, 7_000));
        assert!(shown.show_newest());
        assert_eq!(shown.view().snapshot.seq, 7);
        assert!(!shown.show_newest());
    }

    #[test]
    fn a_held_screen_steps_through_what_was_kept() {
        let mut shown = Shown::default();
        for second in 1..=20_u64 {
            let mut snapshot = Snapshot::empty(Duration::from_secs(1));
            (snapshot.seq, snapshot.at) = (second, Moment::from_millis(second * 1_000));
            shown.take(&Event::Snapshot(Arc::new(snapshot)), false);
        }
        for (steps, expected) in [(-1, 19), (-10, 9), (-10, 1), (-1, 1), (1, 2), (10, 12), (10, 20), (1, 20)]
        {
            shown.rewind(steps);
            assert_eq!(shown.view().snapshot.seq, expected, "{steps}");
        }
        shown.rewind(-10);
        assert!(shown.show_newest());
        assert_eq!(shown.view().snapshot.seq, 20);
    }
}
