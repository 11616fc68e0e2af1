#![expect(clippy::disallowed_methods, reason = "edge: a thread that looks through histories")]
//! Which commit brought a finding: asked by the screen, answered by a thread that looks through the history for a
//! few seconds at most, and gives up when nobody waits for it any more.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::errands::Board;
use crate::model::clock;
use crate::model::text::Text;
use crate::scan::finding::Finding;
use crate::ui::event::Event;

/// How long a history is looked through; what is told then is how far it was.
const LONGEST: Duration = Duration::from_secs(5);

/// Asks which commit brought what.
#[derive(Debug)]
pub(super) struct Blamer {
    questions: Sender<(u64, Arc<Finding>)>,
    /// The number of the newest question; older ones are given up.
    newest: Arc<AtomicU64>,
}

impl Blamer {
    /// Starts the thread; it ends when this is dropped, or nobody listens.
    pub(super) fn start(events: SyncSender<Event>, board: Board) -> io::Result<Self> {
        let (questions, received) = channel::<(u64, Arc<Finding>)>();
        let newest = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&newest);
        std::thread::Builder::new().name("blame".into()).stack_size(2 << 20).spawn(move || {
            while let Ok((number, finding)) = received.recv() {
                let is_given_up = || asked.load(Ordering::Relaxed) != number;
                let scan = board.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(scan) = scan.filter(|_| !is_given_up()) else { continue };
                let began = clock::now();
                let is_over = || is_given_up() || clock::now().since(began) > LONGEST;
                let answer = match scan.brought_by(&finding, &is_over) {
                    Ok(brought) => Text::from(brought.told()),
                    Err(error) => Text::from(format!("no commit can be told: {error}")),
                };
                if !is_given_up() && events.send(Event::Blamed { finding, answer }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { questions, newest })
    }

    /// Asks about a finding; an older question is given up.
    pub(super) fn ask(&self, finding: Arc<Finding>) {
        let number = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = self.questions.send((number, finding));
    }

    /// Nobody waits any more.
    pub(super) fn give_up(&self) {
        self.newest.fetch_add(1, Ordering::Relaxed);
    }
}
