#![expect(clippy::disallowed_methods, reason = "edge: starts the thread that leads the tour")]
//! Leads through the screens of the demo: one stop after the other until they are over or a key is pressed.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::time::Duration;

use crate::ui::event::{Event, TourStop};

/// A tour to be led: its stops, and how long each is shown.
#[derive(Debug, Clone)]
pub struct Tour {
    /// What is shown, in its order.
    pub stops: Vec<TourStop>,
    /// How long each stop is shown.
    pub pace: Duration,
}

impl Tour {
    /// Starts leading; the tour ends when the sender is dropped or used.
    pub fn lead(self, events: SyncSender<Event>) -> io::Result<Sender<()>> {
        let (end, ended) = channel();
        std::thread::Builder::new()
            .name("tour".into())
            .stack_size(128 << 10)
            .spawn(move || self.show(&events, &ended))?;
        Ok(end)
    }

    fn show(self, events: &SyncSender<Event>, ended: &Receiver<()>) {
        for stop in self.stops {
            if events.send(Event::Tour(stop)).is_err() {
                return;
            }
            if ended.recv_timeout(self.pace) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}
