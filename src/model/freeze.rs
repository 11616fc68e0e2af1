//! What is known of a job that Telltale has frozen: since when, by whom, why, and what follows.

use serde::{Deserialize, Serialize};

use super::clock::WallTime;
use super::metric::percent;
use super::text::Text;

/// Who froze it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrozenBy {
    /// Somebody, with a key.
    Hand,
    /// The guard over the memory limit, at this share of it.
    Guard(f64),
}

/// What becomes of a job that the guard froze and about which nobody decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It goes on.
    Thaw,
    /// It is ended.
    End,
}

impl Then {
    /// The same in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Thaw => "it goes on",
            Self::End => "it is ended",
        }
    }
}

/// A job that is frozen: its processes are stopped and keep what they have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Since when.
    pub since: WallTime,
    /// Who did it.
    pub by: FrozenBy,
    /// How many processes were stopped.
    pub processes: u32,
    /// Processes that were let go on alone; those below them go on too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub going: Vec<u32>,
    /// What was measured, and what could not be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Text>,
    /// What follows when nobody decides, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<(Then, WallTime)>,
    /// What `telltale thaw` is told to let it go on.
    pub target: Text,
}

impl Frozen {
    /// It in a few words: `frozen by the guard at 90 %`.
    pub fn headline(&self) -> String {
        let by = match self.by {
            FrozenBy::Hand => "FROZEN by hand".to_owned(),
            FrozenBy::Guard(share) => format!("FROZEN by the guard at {}", percent(share)),
        };
        match self.going.as_slice() {
            [] => by,
            [one] => format!("{by}, but for process {one}"),
            several => format!("{by}, but for {} processes", several.len()),
        }
    }

    /// How to go on, as one would type it.
    pub fn way_out(&self) -> String {
        format!("`telltale thaw {0}` lets it go on, `telltale thaw {0} --end` ends it", self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_in_words() {
        let frozen = |by, going: &[u32]| Frozen {
            since: WallTime(0),
            by,
            processes: 9,
            going: going.to_vec(),
            evidence: Vec::new(),
            then: None,
            target: Text::new("etl"),
        };
        assert_eq!(frozen(FrozenBy::Hand, &[]).headline(), "FROZEN by hand");
        let guard = FrozenBy::Guard(0.9);
        assert_eq!(frozen(guard, &[7]).headline(), "FROZEN by the guard at 90 %, but for process 7");
        assert!(frozen(guard, &[7, 8]).headline().ends_with("but for 2 processes"));
        assert!(frozen(guard, &[]).way_out().starts_with("`telltale thaw etl` lets it go on"));
    }
}
