//! The work of the demo: to make up a text, to count its words and to fingerprint it.

use std::collections::HashMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::dice::Dice;

/// How much text is made up at once.
pub(super) const BLOCK: usize = 256 * 1024;

const SYLLABLES: [&str; 24] = [
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve",
    "wi", "xo", "yu", "za", "ne", "ri", "sto",
];

/// One task, as it is handed to a worker: one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    /// Its number, from 0.
    pub(super) number: u64,
    /// How long it takes in milliseconds, most of which the worker rests.
    pub(super) takes_ms: u64,
    /// How many bytes it leaves behind.
    pub(super) leaks: u64,
    /// How many descriptors it leaves open.
    pub(super) opens: u64,
    /// What goes wrong in the middle of it.
    pub(super) mishap: Mishap,
}

/// What goes wrong in the middle of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Nothing.
    None,
    /// The worker never answers.
    Silence,
    /// The worker kills itself.
    Death,
    /// The worker ends with an error.
    Failure,
    /// The worker can't import what the task needs, and ends with an error.
    NoModule,
}

/// How a mishap is written.
const MISHAPS: [(Mishap, &str); 5] = [
    (Mishap::None, "-"),
    (Mishap::Silence, "s"),
    (Mishap::Death, "d"),
    (Mishap::Failure, "f"),
    (Mishap::NoModule, "m"),
];

impl Task {
    /// The task as a line.
    pub(super) fn line(self) -> String {
        let mishap = MISHAPS.iter().find(|(mishap, _)| *mishap == self.mishap).map_or("-", |(_, word)| word);
        format!("{} {} {} {} {mishap}\n", self.number, self.takes_ms, self.leaks, self.opens)
    }

    /// The task that a line tells.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut number = || words.next()?.parse::<u64>().ok();
        let (task, takes_ms, leaks, opens) = (number()?, number()?, number()?, number()?);
        let word = words.next()?;
        let mishap = MISHAPS.iter().find(|(_, written)| *written == word).map(|(mishap, _)| *mishap)?;
        Some(Self { number: task, takes_ms, leaks, opens, mishap })
    }
}

/// What has been counted in a task so far. It keeps its text, as sorting and joining would, so that memory breathes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    texts: Vec<String>,
    counts: HashMap<String, u64>,
    words: u64,
    digest: Sha256,
}

impl Tally {
    /// Makes up one more block and counts its words.
    pub(super) fn add_block(&mut self, dice: &mut Dice) {
        let text = block(dice);
        let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        self.words += words.len() as u64;
        for run in words.chunk_by(|one, other| one == other) {
            *self.counts.entry(run[0].to_owned()).or_default() += run.len() as u64;
        }
        self.digest.update(text.as_bytes());
        self.texts.push(text);
    }

    /// The result as a line for the parent.
    pub(super) fn line(self, number: u64) -> String {
        let digest = self.digest.finalize();
        let mut line = format!("{number} {} {} ", self.words, self.counts.len());
        for byte in &digest[..6] {
            let _ = write!(line, "{byte:02x}");
        }
        line.push('\n');
        line
    }
}

fn block(dice: &mut Dice) -> String {
    let mut text = String::with_capacity(BLOCK + 16);
    while text.len() < BLOCK {
        let mut rolled = dice.roll();
        // Short words come more often than long ones.
        for _ in 0..=(rolled % 3).min(rolled / 3 % 3) {
            rolled >>= 8;
            text.push_str(SYLLABLES[(rolled % 24) as usize]);
        }
        text.push(' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_survive_the_pipe() {
        for (mishap, _) in MISHAPS {
            let task = Task { number: 7, takes_ms: 900, leaks: 1 << 20, opens: 2, mishap };
            assert_eq!(Task::parse(&task.line()), Some(task));
        }
        for line in ["", "1 2", "1 2 3", "1 2 3 4", "1 2 3 4 x", "a b c d -"] {
            assert_eq!(Task::parse(line), None);
        }
    }

    #[test]
    fn one_seed_gives_one_result() {
        let result = |seed| {
            let (mut tally, mut dice) = (Tally::default(), Dice::new(seed));
            tally.add_block(&mut dice);
            tally.line(3)
        };
        assert_eq!(result(1), result(1));
        assert_ne!(result(1), result(2));
        assert!(result(1).starts_with("3 "));
    }
}
