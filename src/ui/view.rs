//! What there is to see: the newest of everything, and what the screen shows of it.
//!
//! While the screen is held the two differ: collecting goes on, and only the drawing stops.

use std::sync::Arc;
use std::time::Duration;

use super::state::Event;
use crate::model::snapshot::Snapshot;
use crate::scan::finding::{Finding, Preview};

/// What one frame shows.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The state of all jobs.
    pub snapshot: &'a Snapshot,
    /// Findings, best first.
    pub findings: &'a [Finding],
    /// The lines around the chosen finding, once they came.
    pub preview: Option<&'a Preview>,
}

/// The newest values, and the ones on the screen.
#[derive(Debug, Clone)]
pub struct Shown {
    snapshot: Arc<Snapshot>,
    findings: Arc<Vec<Finding>>,
    newest_snapshot: Arc<Snapshot>,
    newest_findings: Arc<Vec<Finding>>,
    preview: Option<Preview>,
}

impl Default for Shown {
    fn default() -> Self {
        let empty = Arc::new(Snapshot::empty(Duration::from_secs(1)));
        let none = Arc::new(Vec::new());
        Self {
            snapshot: Arc::clone(&empty),
            findings: Arc::clone(&none),
            newest_snapshot: empty,
            newest_findings: none,
            preview: None,
        }
    }
}

impl Shown {
    /// Takes over what an event carries. Returns whether the screen shows something else now.
    pub fn take(&mut self, event: &Event, is_held: bool) -> bool {
        match event {
            Event::Snapshot(snapshot) => self.newest_snapshot = Arc::clone(snapshot),
            Event::Findings(findings) => self.newest_findings = Arc::clone(findings),
            Event::Preview(preview) => {
                self.preview = Some(preview.clone());
                return true;
            }
            _ => return false,
        }
        !is_held && self.show_newest()
    }

    /// Shows the newest of everything. Returns whether that is something else than before.
    pub fn show_newest(&mut self) -> bool {
        let is_same = Arc::ptr_eq(&self.snapshot, &self.newest_snapshot)
            && Arc::ptr_eq(&self.findings, &self.newest_findings);
        self.snapshot = Arc::clone(&self.newest_snapshot);
        self.findings = Arc::clone(&self.newest_findings);
        !is_same
    }

    /// What a frame shows now.
    pub fn view(&self) -> View<'_> {
        View { snapshot: &self.snapshot, findings: &self.findings, preview: self.preview.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_screen_keeps_its_snapshot_and_the_collecting_goes_on() {
        let mut shown = Shown::default();
        let mut later = Snapshot::empty(Duration::from_secs(1));
        later.seq = 7;
        assert!(!shown.take(&Event::Snapshot(Arc::new(later)), true));
        assert_eq!(shown.view().snapshot.seq, 0);
        assert!(shown.show_newest());
        assert_eq!(shown.view().snapshot.seq, 7);
        assert!(!shown.show_newest());
    }
}
