//! Kills by the kernel's OOM killer, as far as its counters tell of them.
//!
//! The kernel doesn't tell whom it has killed for want of memory, except in a log that few may read. It does count
//! such kills. A process that ended by SIGKILL while a counter rose is said to have done just that.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::job::Job;
use super::member::{Activity, Member, MemberId};
use super::text::Text;

/// Whose counter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OomScope {
    /// That of the control group the job is in.
    Cgroup,
    /// That of the whole host, where the job's control group has none.
    Host,
}

/// Counters that only grow, as they were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OomCounters {
    /// Which control group the job is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<Text>,
    /// Processes of that group that were killed; `None` where it doesn't count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_cgroup: Option<u64>,
    /// Times that the whole group was killed at once (`memory.oom.group`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_cgroup: Option<u64>,
    /// Processes of the host that were killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_host: Option<u64>,
}

/// A counter that rose between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OomRise {
    /// Whose counter.
    pub scope: OomScope,
    /// By how many kills.
    pub by: u64,
    /// True when the whole control group was killed at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_whole: bool,
    /// When that was seen.
    pub at: Moment,
}

impl fmt::Display for OomRise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            OomScope::Cgroup => write!(f, "the OOM counter of its cgroup rose by {}", self.by),
            OomScope::Host => write!(f, "the host's OOM counter rose by {}", self.by),
        }
    }
}

/// A member that ended by SIGKILL while a counter rose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OomVictim {
    /// Who.
    pub member: MemberId,
    /// The counter that rose.
    pub rise: OomRise,
    /// Members that ended like this while it did: more than its rise were not all killed by it.
    pub of: u32,
}

/// What is known of such kills in one job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Oom {
    /// The counters, kept so that the next snapshot can tell by how much they rose.
    pub counters: OomCounters,
    /// The newest rise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rise: Option<OomRise>,
    /// Kills of that rise that no member's end accounts for yet.
    #[serde(default)]
    pub unclaimed: u64,
    /// Members that it may have hit, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<OomVictim>,
    /// The rise with which the job itself ended by SIGKILL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_job: Option<OomRise>,
}

impl Oom {
    /// What is known of this member's end.
    pub fn of(&self, member: &MemberId) -> Option<&OomVictim> {
        self.victims.iter().find(|victim| victim.member == *member)
    }
}

impl Job {
    /// How a member ended, with what the counters of OOM kills say of it; `None` while it lives.
    pub fn ending(&self, member: &Member) -> Option<String> {
        let (Activity::Lost(exit) | Activity::Finished(exit)) = member.activity else { return None };
        let victim = self.oom.as_ref().and_then(|oom| oom.of(&member.id));
        Some(victim.map_or_else(|| exit.to_string(), |victim| format!("{exit}, and {}", victim.rise)))
    }

    /// True when a counter of OOM kills rose as this member was killed.
    pub fn is_oom_victim(&self, member: &MemberId) -> bool {
        self.oom.as_ref().is_some_and(|oom| oom.of(member).is_some())
    }
}
