//! A claim that holds, with its start and, if it clears, its end.

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::inquiry::Brief;
use super::job::JobId;
use super::text::Text;
use super::verdict::{Claim, Severity};

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The job it is about.
    pub job: JobId,
    /// What is claimed, with its evidence as it was measured last.
    #[serde(flatten)]
    pub claim: Claim,
    /// When it was first seen.
    pub since: Moment,
    /// When it was first seen to hold no more.
    pub ended: Option<Moment>,
    /// When it was claimed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<Moment>,
    /// The worst that was ever told of it: it is told again only when it becomes worse than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Severity>,
    /// Why it holds, where that was looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Brief>,
}

impl Alert {
    /// True while it holds.
    pub const fn is_active(&self) -> bool {
        self.ended.is_none()
    }
}

/// What the terminal itself is to make of alerts that began or became worse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alarm {
    /// The bell.
    pub rings: bool,
    /// Notifications for the desktop, a line each.
    pub notes: Vec<Text>,
}

impl Alarm {
    /// True when nothing is to be made of them.
    pub fn is_silent(&self) -> bool {
        !self.rings && self.notes.is_empty()
    }
}
