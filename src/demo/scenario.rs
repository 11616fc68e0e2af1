//! What the demo can be asked to do. One table, for the command line, the help and the screen.

pub use crate::job::launch::DEMO_JOB;

/// How long the demo runs unless it is told otherwise, in seconds.
pub const SECONDS: u32 = 180;

/// How long what creeps in needs to be told from chance, in seconds.
const SECONDS_OF_A_TREND: u32 = 600;

/// What the batch job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// All is well.
    Works,
    /// A worker stops answering in the middle of a task.
    Stalls,
    /// Every task leaves a little memory behind.
    Leaks,
    /// A worker is killed in the middle of a task.
    Dies,
    /// A worker stops answering, and the log goes on as if nothing were.
    Chatters,
    /// One worker never answers, and the progress of the others hides it.
    Sticks,
    /// The pace drops to a fifth.
    Slows,
    /// Every task takes longer than the one before.
    Drags,
    /// All wait for one task that takes as long as all others together.
    Lags,
    /// A task brings down every worker that tries it.
    Restarts,
    /// Workers can't import a module that their parent has.
    Misses,
    /// The batch falls back to one worker, and says so in one line.
    Degrades,
    /// The batch ends with 0 at a third of its way.
    Quits,
    /// The batch prints a token.
    Tells,
    /// Workers leave descriptors open, up to their limit.
    Hoards,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// The scenario.
    pub scenario: Scenario,
    /// Its name on the command line.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
}

/// All scenarios, the default first.
pub const SCENARIOS: [Described; 15] = [
    Described {
        scenario: Scenario::Works,
        name: "works",
        about: "a batch that works and ends: see what calm looks like",
    },
    Described {
        scenario: Scenario::Stalls,
        name: "stalls",
        about: "after a while one worker never answers, and the parent waits for it",
    },
    Described {
        scenario: Scenario::Leaks,
        name: "leaks",
        about: "the workers' memory climbs towards a limit of their own, up to 512 MiB in all",
    },
    Described {
        scenario: Scenario::Dies,
        name: "dies",
        about: "one worker is killed in the middle of a task, and its result never comes",
    },
    Described {
        scenario: Scenario::Chatters,
        name: "chatters",
        about: "a worker never answers, while the log goes on and the bar is drawn again: noise is no progress",
    },
    Described {
        scenario: Scenario::Sticks,
        name: "sticks",
        about: "one worker never answers, and the progress of the others hides it",
    },
    Described {
        scenario: Scenario::Slows,
        name: "slows",
        about: "after a while everything takes five times as long",
    },
    Described {
        scenario: Scenario::Drags,
        name: "drags",
        about: "every task takes longer than the one before",
    },
    Described { scenario: Scenario::Lags, name: "lags", about: "near the end all wait for one task" },
    Described {
        scenario: Scenario::Restarts,
        name: "restarts",
        about: "a task brings down every worker that tries it, and is tried again",
    },
    Described {
        scenario: Scenario::Misses,
        name: "misses",
        about: "workers fail to import a module, again and again, and the batch goes on",
    },
    Described {
        scenario: Scenario::Degrades,
        name: "degrades",
        about: "memory runs short, and the batch goes on with one worker and one line about it",
    },
    Described {
        scenario: Scenario::Quits,
        name: "quits",
        about: "the batch ends with exit code 0 at a third of its way",
    },
    Described { scenario: Scenario::Tells, name: "tells", about: "the batch prints a token into its log" },
    Described {
        scenario: Scenario::Hoards,
        name: "hoards",
        about: "workers leave files open until next to none may be opened any more",
    },
];

impl Scenario {
    /// The scenario of this name.
    pub fn named(name: &str) -> Option<Self> {
        SCENARIOS.iter().find(|described| described.name == name).map(|described| described.scenario)
    }

    /// How long it runs unless it is told otherwise, in seconds.
    pub const fn seconds(self) -> u32 {
        if matches!(self, Self::Slows | Self::Drags) { SECONDS_OF_A_TREND } else { SECONDS }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        SCENARIOS.iter().find(|described| described.scenario == self).map_or("", |described| described.name)
    }
}

/// The arguments that make this binary run the demo job: a scenario of [`SCENARIOS`] or one of [`super::hang`].
pub fn arguments(name: &str, seconds: u32) -> [String; 3] {
    [DEMO_JOB.to_owned(), name.to_owned(), seconds.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for described in SCENARIOS {
            assert_eq!(Scenario::named(described.name), Some(described.scenario));
            assert_eq!(described.scenario.name(), described.name);
        }
        assert_eq!(Scenario::named("flies"), None);
    }
}
