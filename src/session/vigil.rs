//! What happens between two rounds: one descriptor for the news of all sources, and how often news are looked at.
//!
//! Whoever is killed is told of within [`LOOK_GAP`] and a round. A storm of ends makes no storm of rounds: news are
//! looked at once in that time, and after [`ROUNDS_AT_ONCE`] rounds out of turn there is one more in each second.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;

use crate::model::clock::Moment;

/// The least time between two looks at the news.
const LOOK_GAP: Duration = Duration::from_millis(100);
/// Rounds out of turn that may follow each other.
const ROUNDS_AT_ONCE: f64 = 10.0;

/// Watches over the news of all sources.
#[derive(Debug)]
pub(super) struct Vigil {
    epoll: Option<OwnedFd>,
    /// When the news were looked at last.
    looked: Option<Moment>,
    /// Rounds out of turn that may be taken, and when that was counted.
    rounds: f64,
    counted: Option<Moment>,
}

impl Default for Vigil {
    fn default() -> Self {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).ok();
        Self { epoll, looked: None, rounds: ROUNDS_AT_ONCE, counted: None }
    }
}

impl Vigil {
    /// Waits for the news of one more source too, for as long as that one keeps the descriptor open.
    pub(super) fn watch(&self, news: BorrowedFd<'_>) {
        if let Some(epoll) = &self.epoll {
            // Without it the source is looked at in every round, as ever.
            let _ = epoll::add(epoll, news, epoll::EventData::new_u64(0), epoll::EventFlags::IN);
        }
    }

    /// Readable when there are news; `None` while it is too early to look at any.
    pub(super) fn descriptor(&self, now: Moment) -> Option<BorrowedFd<'_>> {
        self.epoll.as_ref().filter(|_| self.rest(now).is_zero()).map(|epoll| epoll.as_fd())
    }

    /// How long it is too early.
    pub(super) fn rest(&self, now: Moment) -> Duration {
        self.looked.map_or(Duration::ZERO, |looked| LOOK_GAP.saturating_sub(now.since(looked)))
    }

    /// Takes note of a look, and says whether a round may follow it if it found something.
    pub(super) fn look(&mut self, now: Moment, is_urgent: bool) -> bool {
        self.looked = Some(now);
        let since = self.counted.replace(now).map_or(Duration::ZERO, |then| now.since(then));
        self.rounds = (self.rounds + since.as_secs_f64()).min(ROUNDS_AT_ONCE);
        let may = is_urgent && self.rounds >= 1.0;
        self.rounds -= f64::from(u8::from(may));
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_ends_makes_no_storm_of_rounds() {
        let mut vigil = Vigil::default();
        let (mut looks, mut rounds) = (0, 0);
        for ms in 0..60_000 {
            let now = Moment::from_millis(ms);
            if vigil.rest(now).is_zero() {
                looks += 1;
                rounds += usize::from(vigil.look(now, true));
            }
        }
        assert_eq!((looks, rounds), (600, 10 + 59));
    }

    #[test]
    fn news_are_heard_until_they_are_looked_at_and_then_after_a_rest() {
        let mut vigil = Vigil::default();
        let at = Moment::from_millis;
        assert!(vigil.descriptor(at(1_000)).is_some());
        assert!(!vigil.look(at(1_000), false), "nothing urgent, no round");
        assert!(vigil.descriptor(at(1_050)).is_none());
        assert_eq!(vigil.rest(at(1_050)), Duration::from_millis(50));
        assert!(vigil.descriptor(at(1_100)).is_some());
    }
}
