//! What goes wrong in each scenario, when, and for whom: pure, so that a demo is the same every time.

use super::dice::Dice;
use super::scenario::Scenario;
use super::task::{Mishap, Task};

/// All that may be left behind in memory, in bytes: with what the workers need it stays below 512 MiB.
const LEAK: u64 = 432 * 1024 * 1024;

/// Descriptors that one worker leaves open in the course of a demo; it may have 256.
const OPENED: u64 = 236;

/// How many times longer a task takes once the pace has dropped.
const SLOWER: u64 = 5;

/// Every so manieth task meets a worker on which a module is missing.
const MISSING_EVERY: u64 = 9;

/// A scenario, and how much there is to do in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    /// The scenario.
    pub(super) scenario: Scenario,
    /// How many tasks there are.
    pub(super) total: u64,
    /// About how long they take together, in seconds.
    pub(super) seconds: u64,
}

/// What the parent does by itself at some point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It can't start a process any more, says so, and goes on with one worker.
    FallsBack,
    /// It prints a token.
    Tells,
    /// It ends as if all were done.
    Quits,
}

impl Script {
    /// The task of this number.
    pub(super) fn task(self, number: u64, dice: &mut Dice) -> Task {
        let usual = 600 + dice.below(800);
        let all = self.total.max(1);
        Task {
            number,
            takes_ms: match self.scenario {
                Scenario::Slows if number >= self.turn() => usual * SLOWER,
                Scenario::Drags => usual * (all + 9 * number) / (4 * all),
                Scenario::Lags if number == all.saturating_sub(12) => self.seconds * 1_000,
                _ => usual,
            },
            leaks: if self.scenario == Scenario::Leaks { LEAK / all } else { 0 },
            opens: if self.scenario == Scenario::Hoards { OPENED.div_ceil(self.seconds.max(1)) } else { 0 },
            mishap: self.mishap(number),
        }
    }

    fn mishap(self, number: u64) -> Mishap {
        let is_turn = number == self.turn();
        match self.scenario {
            Scenario::Stalls | Scenario::Sticks | Scenario::Chatters if is_turn => Mishap::Silence,
            Scenario::Dies if is_turn => Mishap::Death,
            Scenario::Restarts if is_turn => Mishap::Failure,
            Scenario::Misses if number % MISSING_EVERY == MISSING_EVERY / 2 => Mishap::NoModule,
            _ => Mishap::None,
        }
    }

    /// Where it takes its turn: a third of the way, so that there is something to compare with.
    fn turn(self) -> u64 {
        (self.total / 3).max(1)
    }

    /// What the parent does once so much is done.
    pub(super) fn parent(self, done: u64) -> Option<Turn> {
        let turn = match self.scenario {
            Scenario::Degrades => Turn::FallsBack,
            Scenario::Tells => Turn::Tells,
            Scenario::Quits => Turn::Quits,
            _ => return None,
        };
        (done >= self.turn()).then_some(turn)
    }

    /// Pools forget what a worker had in hand when it died; others hand it out again.
    pub(super) fn hands_out_again(self) -> bool {
        matches!(self.scenario, Scenario::Restarts | Scenario::Misses)
    }

    /// Whether results are taken in the order of the tasks, so that all wait for the one that does not come.
    pub(super) fn is_ordered(self) -> bool {
        !matches!(self.scenario, Scenario::Sticks | Scenario::Restarts | Scenario::Lags)
    }

    /// Whether the parent says that it waits, and draws its bar again and again.
    pub(super) fn chatters(self) -> bool {
        self.scenario == Scenario::Chatters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(scenario: Scenario) -> Vec<Task> {
        let script = Script { scenario, total: 120, seconds: 30 };
        let mut dice = Dice::new(1);
        (0..120).map(|number| script.task(number, &mut dice)).collect()
    }

    #[test]
    fn a_batch_that_works_has_no_mishaps_and_others_have_theirs_once() {
        let mishaps = |scenario| tasks(scenario).iter().filter(|task| task.mishap != Mishap::None).count();
        assert_eq!(mishaps(Scenario::Works), 0);
        for scenario in
            [Scenario::Stalls, Scenario::Sticks, Scenario::Chatters, Scenario::Dies, Scenario::Restarts]
        {
            assert_eq!(mishaps(scenario), 1, "{scenario:?}");
        }
        assert!(mishaps(Scenario::Misses) > 3);
    }

    #[test]
    fn the_pace_drops_at_once_or_bit_by_bit() {
        let mean = |tasks: &[Task]| tasks.iter().map(|task| task.takes_ms).sum::<u64>() / tasks.len() as u64;
        let slows = tasks(Scenario::Slows);
        assert!(mean(&slows[40..]) > 4 * mean(&slows[..40]));
        let drags = tasks(Scenario::Drags);
        assert!(mean(&drags[80..]) > 3 * mean(&drags[..40]) && mean(&drags[40..80]) > 2 * mean(&drags[..40]));
        let longest = tasks(Scenario::Lags).iter().map(|task| task.takes_ms).max();
        assert_eq!(longest, Some(30_000));
    }
}
