//! When the next frame is due. Pure.
//!
//! What a person does is shown at once; what changes by itself has time, so that a chatty job can't flood a line.

use std::time::Duration;

use crate::model::clock::Moment;

/// The shortest time between a frame and one that nobody pressed a key for.
const CALM: Duration = Duration::from_millis(100);

/// The shortest time between two frames: a key that is held down repeats every 30 ms or so.
const PROMPT: Duration = Duration::from_millis(16);

/// What there is to draw, and since when.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    last: Moment,
    wanted: Option<Duration>,
}

impl Pace {
    /// The first frame is due after `wait`.
    pub(super) const fn first(now: Moment, wait: Duration) -> Self {
        Self { last: now, wanted: Some(wait) }
    }

    /// What is drawn has changed; promptly, if it was a person who changed it.
    pub(super) fn changed(&mut self, is_prompt: bool) {
        let gap = if is_prompt { PROMPT } else { CALM };
        self.wanted = Some(self.wanted.map_or(gap, |wanted| wanted.min(gap)));
    }

    /// Nothing is worth waiting for.
    pub(super) const fn hurry(&mut self) {
        self.wanted = Some(Duration::ZERO);
    }

    /// A frame was drawn.
    pub(super) const fn drawn(&mut self, now: Moment) {
        self.last = now;
        self.wanted = None;
    }

    /// When the next frame is due; `None` while there is nothing to draw.
    pub(super) fn due(&self) -> Option<Moment> {
        self.wanted.map(|gap| self.last.plus(gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_prompt_and_snapshots_calm() {
        let at = Moment::from_millis;
        let mut pace = Pace::first(at(0), Duration::from_millis(40));
        assert_eq!(pace.due(), Some(at(40)));
        pace.changed(false);
        assert_eq!(pace.due(), Some(at(40)), "no later than it was due before");
        pace.drawn(at(50));
        assert_eq!(pace.due(), None);
        pace.changed(false);
        assert_eq!(pace.due(), Some(at(150)));
        pace.changed(true);
        assert_eq!(pace.due(), Some(at(66)));
        pace.changed(false);
        assert_eq!(pace.due(), Some(at(66)));
        pace.drawn(at(66));
        pace.changed(true);
        assert_eq!(pace.due(), Some(at(82)), "a held key is folded");
    }
}
