//! The newest lines of a job's output.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::text::Text;

/// Lines kept of a job's output, as far as they have room in [`LOG_BYTES`].
pub const LOG_LINES: usize = 1_000;

/// Bytes that the kept lines take at most: a thousand lines of a chatty job, and no more of one that writes JSON.
pub const LOG_BYTES: usize = 256 * 1024;

/// One line of the job's output, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was read.
    pub at: Moment,
    /// What it says.
    pub text: Text,
}

/// The newest lines of the job's output.
///
/// A snapshot is written with the lines that are new in it only; who reads a series of snapshots gets the tail
/// back by [`LogTail::extend`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LogTail {
    /// Lines seen since the watching began; what a flood was cut by counts as one.
    pub seen: u64,
    /// What stands after the last line end: a prompt, most often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<Text>,
    /// Lines that came in with this snapshot.
    pub fresh: Vec<LogLine>,
    /// The newest lines, at most [`LOG_LINES`], oldest first.
    #[serde(skip)]
    pub lines: Arc<VecDeque<LogLine>>,
}

impl LogTail {
    /// Makes the tail complete from the one of the snapshot before.
    pub fn extend(&mut self, before: Option<&Self>) {
        let mut lines = before.map(|tail| Arc::clone(&tail.lines)).unwrap_or_default();
        if !self.fresh.is_empty() {
            let tail = Arc::make_mut(&mut lines);
            tail.extend(self.fresh.iter().cloned());
            let mut room = LOG_BYTES;
            let fitting = tail.iter().rev().take(LOG_LINES).take_while(|line| {
                let fits = line.text.len() <= room;
                room = room.saturating_sub(line.text.len());
                fits
            });
            let kept = fitting.count();
            tail.drain(..tail.len() - kept);
        }
        self.lines = lines;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_so_many_lines_and_so_many_bytes() {
        let tail = |lines: usize, text: &str| {
            let line = LogLine { at: Moment::from_millis(0), text: Text::new(text) };
            let mut tail = LogTail { fresh: vec![line; lines], ..LogTail::default() };
            tail.extend(None);
            tail.lines.len()
        };
        assert_eq!(tail(10, "short"), 10);
        assert_eq!(tail(LOG_LINES + 7, "short"), LOG_LINES);
        assert_eq!(tail(LOG_LINES, &"x".repeat(1_024)), LOG_BYTES / 1_024);
    }
}
