//! Threads that work side by side within one process.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// The threads of a process that share a name, numbers apart: an executor, a thread pool of a runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What they are called, without their numbers.
    pub name: Text,
    /// How many there are, among those that were looked at.
    pub threads: u32,
    /// Those that ran since they were looked at before.
    pub busy: u32,
    /// Those that slept.
    pub idle: u32,
    /// Those in a sleep that nothing interrupts, or stopped.
    pub blocked: u32,
    /// How many threads of the process were looked at, where it has more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u32>,
}

impl Pool {
    /// What they do, the gravest first, from the longest to the shortest form: `4 threads of rayon-worker: 3 busy 1 idle`.
    pub fn words(&self) -> Vec<String> {
        let Self { name, threads, busy, idle, blocked, sampled } = self;
        let by_gravity = [(*blocked, "blocked"), (*busy, "busy"), (*idle, "idle")];
        let said = by_gravity.into_iter().filter(|&(count, kind)| count > 0 || kind == "busy");
        let said = said.map(|(count, kind)| format!("{count} {kind}")).collect::<Vec<_>>().join(" ");
        let looked = sampled.map(|of| format!(" (of {of} looked at)")).unwrap_or_default();
        vec![
            format!("{threads} threads of {name}: {said}{looked}"),
            format!("{threads} threads: {said}{looked}"),
            format!("{busy} of {threads} busy{looked}"),
            format!("{busy} busy{}", if sampled.is_some() { ", sampled" } else { "" }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_told_with_what_is_grave_first() {
        let pool = Pool {
            name: Text::from("rayon-worker"),
            threads: 4,
            busy: 3,
            idle: 1,
            blocked: 0,
            sampled: None,
        };
        assert_eq!(pool.words()[0], "4 threads of rayon-worker: 3 busy 1 idle");
        let stuck = Pool { busy: 0, blocked: 3, sampled: Some(256), ..pool };
        let said = "4 threads of rayon-worker: 3 blocked 0 busy 1 idle (of 256 looked at)";
        assert_eq!((stuck.words()[0].as_str(), stuck.words()[3].as_str()), (said, "0 busy, sampled"));
    }
}
