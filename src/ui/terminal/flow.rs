//! How much of what was sent the terminal has taken in: a slow line slows the screen down, and it never lags. Pure.
//!
//! Behind a kilobyte or so goes a question that every terminal answers in turn. Until it does, no frame is sent, and
//! what happens meanwhile is folded into the next one. Nothing is waited for that has never been answered before.

use std::time::Duration;

use crate::model::clock::Moment;

/// Bytes without a question among them: a second of a line of 9,600 baud.
const UNASKED: usize = 960;

/// A frame is held back no longer than this: an answer can get lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// After so many answers in a row that did not come, none is waited for until one does.
const MISSED: u32 = 3;

/// How long an answer to the first question may still be on its way when the screen is left.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// What was sent and not answered yet.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// The terminal has answered, and so it will.
    answers: bool,
    /// Questions on their way.
    open: u32,
    /// When the last of them was asked.
    asked: Moment,
    /// Bytes since then.
    sent: usize,
    /// Answers in a row that did not come in time.
    missed: u32,
}

impl Flow {
    /// A question was sent.
    pub const fn asked(&mut self, now: Moment) {
        self.open += 1;
        self.asked = now;
        self.sent = 0;
    }

    /// An answer came.
    pub const fn answered(&mut self) {
        self.open = self.open.saturating_sub(1);
        self.answers = true;
        self.missed = 0;
    }

    /// Bytes were sent.
    pub const fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Unread input was thrown away, and answers with it.
    pub const fn forget(&mut self) {
        self.open = 0;
    }

    /// It is time for a question.
    pub const fn wants_ping(&self) -> bool {
        self.answers && self.open == 0 && self.sent >= UNASKED
    }

    /// When the next frame may go, unless an answer comes before; `None` for at once.
    pub const fn free_at(&self) -> Option<Moment> {
        if self.answers && self.open > 0 { Some(self.asked.plus(PATIENCE)) } else { None }
    }

    /// A frame is about to go: an answer that was waited for and is not there by now counts as lost.
    pub const fn frame(&mut self) {
        if self.answers && self.open > 0 {
            self.open = 0;
            self.missed += 1;
            self.answers = self.missed < MISSED;
        }
    }

    /// An answer may still come, and would reach whoever reads the terminal next.
    pub fn awaits(&self, now: Moment) -> bool {
        self.open > 0 && now.since(self.asked) < if self.answers { PATIENCE } else { FIRST_ANSWER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    fn answering() -> Flow {
        let mut flow = Flow::default();
        flow.asked(at(0));
        flow.answered();
        flow
    }

    #[test]
    fn the_first_question_is_not_waited_for() {
        let mut flow = Flow::default();
        flow.asked(at(0));
        flow.sent(100_000);
        assert_eq!(flow.free_at(), None);
        assert!(!flow.wants_ping());
        assert!(flow.awaits(at(100)));
        assert!(!flow.awaits(at(5_000)), "a terminal that never answers is left at once");
    }

    #[test]
    fn behind_a_kilobyte_the_next_frame_waits_for_an_answer() {
        let mut flow = answering();
        flow.sent(UNASKED - 1);
        assert!(!flow.wants_ping());
        flow.sent(1);
        assert!(flow.wants_ping());
        flow.asked(at(1_000));
        assert_eq!(flow.free_at(), Some(at(11_000)));
        assert!(flow.awaits(at(1_000)));
        flow.answered();
        assert_eq!(flow.free_at(), None);
        assert!(!flow.awaits(at(1_000)));
    }

    #[test]
    fn lost_answers_hold_the_screen_back_only_a_few_times() {
        let mut flow = answering();
        for lost in 0..MISSED {
            flow.sent(UNASKED);
            assert!(flow.wants_ping(), "{lost}");
            flow.asked(at(0));
            assert!(flow.free_at().is_some());
            flow.frame();
        }
        flow.sent(UNASKED);
        assert!(!flow.wants_ping());
        assert_eq!(flow.free_at(), None);
        flow.answered();
        assert!(flow.wants_ping(), "an answer that is late after all");
    }
}
