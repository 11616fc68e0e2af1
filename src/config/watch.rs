//! What a job is watched by: one section of the configuration, layered.

use std::time::Duration;

use super::limits::Limits;
use super::values::OrOff;
use crate::model::sign::SignClass;

/// A pattern that says what a line of output stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignPattern {
    /// What it stands for.
    pub class: SignClass,
    /// The pattern.
    pub pattern: String,
    /// Where that was said.
    pub line: usize,
}

/// What one layer says: what was typed, the environment, the project's file, or the user's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WatchSet {
    /// Time between two looks.
    pub interval: Option<Duration>,
    /// Longest silence between two beats.
    pub heartbeat: Option<OrOff<Duration>>,
    /// Longest whole run.
    pub timeout: Option<OrOff<Duration>>,
    /// Share of the binding memory limit that may be used.
    pub target_memory: Option<OrOff<f64>>,
    /// Patterns that find counters in the output.
    pub progress: Option<Vec<String>>,
    /// Signs of trouble that are looked for in the output, besides the built-in ones.
    pub signs: Vec<SignPattern>,
    /// It is looked into why a job stands still.
    pub diagnose: Option<bool>,
}

/// What holds in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Time between two looks.
    pub interval: Duration,
    /// What alerts are judged by.
    pub limits: Limits,
    /// Patterns that find counters in the output.
    pub progress: Vec<String>,
    /// Signs of trouble that are looked for in the output, besides the built-in ones.
    pub signs: Vec<SignPattern>,
    /// It is looked into why a job stands still.
    pub is_diagnosing: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            limits: Limits::default(),
            progress: Vec::new(),
            signs: Vec::new(),
            is_diagnosing: true,
        }
    }
}

/// What holds: of each setting the first layer that says it, and else the default; signs of all layers.
pub fn watch(layers: &[&WatchSet]) -> Watch {
    let Watch { interval, limits, .. } = Watch::default();
    let first = |of: fn(&WatchSet) -> Option<OrOff<Duration>>| layers.iter().find_map(|set| of(set));
    let share = layers.iter().find_map(|set| set.target_memory);
    Watch {
        interval: layers.iter().find_map(|set| set.interval).unwrap_or(interval),
        limits: Limits {
            heartbeat: first(|set| set.heartbeat).map_or(limits.heartbeat, |set| set.0),
            is_heartbeat_asked: first(|set| set.heartbeat).is_some(),
            timeout: first(|set| set.timeout).map_or(limits.timeout, |set| set.0),
            target_memory: share.map_or(limits.target_memory, |set| set.0),
        },
        progress: layers.iter().find_map(|set| set.progress.clone()).unwrap_or_default(),
        signs: layers.iter().flat_map(|set| set.signs.iter().cloned()).collect(),
        is_diagnosing: layers.iter().find_map(|set| set.diagnose).unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layer_that_says_it_decides() {
        let minutes = |n| Some(OrOff(Some(Duration::from_mins(n))));
        let flags = WatchSet { interval: Some(Duration::from_secs(5)), ..WatchSet::default() };
        let project = WatchSet { heartbeat: minutes(5), timeout: minutes(60), ..WatchSet::default() };
        let user = WatchSet {
            interval: Some(Duration::from_secs(2)),
            heartbeat: Some(OrOff(None)),
            target_memory: Some(OrOff(None)),
            progress: Some(vec!["a".into()]),
            ..WatchSet::default()
        };
        let all = watch(&[&flags, &WatchSet::default(), &project, &user]);
        assert_eq!(all.interval, Duration::from_secs(5));
        assert_eq!(all.limits.heartbeat, Some(Duration::from_mins(5)));
        assert_eq!(all.limits.timeout, Some(Duration::from_hours(1)));
        assert_eq!(all.limits.target_memory, None);
        assert_eq!(all.progress, ["a"]);
        assert_eq!(watch(&[]), Watch::default());
    }
}
