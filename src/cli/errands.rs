#![expect(clippy::disallowed_methods, reason = "edge: a thread that reads secrets and writes the baseline")]
//! What the screen wishes for and takes a while: reading a secret anew, and writing the baseline.
//!
//! One thread does them in their order, so that an acceptance and what takes it back can't meet.

use std::io;
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::acting::{self, Act};
use crate::job::folder::Places;
use crate::model::clock;
use crate::model::text::Text;
use crate::scan::baseline::Verdict;
use crate::scan::finding::Finding;
use crate::scan::found::Found;
use crate::session::scan_job::ScanJob;
use crate::ui::event::Event;

/// Something that takes a while.
#[derive(Debug)]
pub(super) enum Errand {
    /// Read this secret to show it.
    Reveal(Arc<Finding>),
    /// Note what is said of this secret in all its places.
    Decide(Arc<Found>, Verdict),
    /// Take back what was said last.
    TakeBack,
    /// Show accepted findings, or hide them.
    ShowAccepted(bool),
    /// Do this to the processes of a job.
    Act(Act),
}

/// The scan that is shown, once there is one.
pub(super) type Board = Arc<Mutex<Option<Arc<ScanJob>>>>;

/// Starts the thread; it ends when nobody can send errands any more, or nobody listens.
pub(super) fn spawn(events: SyncSender<Event>, board: Board) -> io::Result<Sender<Errand>> {
    let (errands, received) = channel();
    std::thread::Builder::new().name("errands".into()).stack_size(1 << 20).spawn(move || {
        while let Ok(errand) = received.recv() {
            let scan = board.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for event in run(errand, scan.as_deref()) {
                if events.send(event).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(errands)
}

/// Does one errand, and says what the screen is to know then.
fn run(errand: Errand, scan: Option<&ScanJob>) -> Vec<Event> {
    let told = match (errand, scan) {
        (Errand::Reveal(finding), Some(scan)) => match scan.reveal(&finding) {
            Ok(secret) => return vec![Event::Revealed { finding, secret: Arc::new(secret) }],
            Err(error) => Some(Text::from(format!("can't show it: {error}"))),
        },
        (Errand::Act(act), _) => Some(acting::run(act, &Places::from_env())),
        (Errand::Decide(found, verdict), Some(scan)) => {
            Some(words("not written", scan.decide(&found, verdict, &clock::wall().date())))
        }
        (Errand::TakeBack, Some(scan)) => Some(words("not taken back", scan.take_back())),
        (Errand::ShowAccepted(is_wanted), Some(scan)) => {
            scan.show_accepted(is_wanted);
            None
        }
        (_, None) => None,
    };
    let findings = scan.and_then(ScanJob::news).map(Event::Findings);
    let tally = scan.and_then(ScanJob::tally).map(Event::Tally);
    findings.into_iter().chain(tally).chain(told.map(Event::Told)).collect()
}

fn words(failed: &str, done: io::Result<Text>) -> Text {
    done.unwrap_or_else(|error| Text::from(format!("{failed}: {error}")))
}
