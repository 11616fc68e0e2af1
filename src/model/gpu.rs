//! GPUs: what there is of them, and what the members of a job hold and use.

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::member::MemberId;
use super::metric::Bytes;
use super::text::Text;

/// One GPU of a host at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    /// Its number, as its driver counts.
    pub index: u32,
    /// Its name.
    pub name: Text,
    /// Its memory that is in use, by anybody.
    pub used: Bytes,
    /// Its memory.
    pub total: Bytes,
    /// The share of the last moments in which it computed, for anybody; `None` where the driver does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<f64>,
}

/// What one member of a job holds of the memory of GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuHold {
    /// Who.
    pub member: MemberId,
    /// How much, on all GPUs; `None` where the driver does not tell.
    pub used: Option<Bytes>,
}

/// What a job uses of GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GpuUse {
    /// What its members hold together; `None` where the driver tells it of none of them.
    pub used: Option<Bytes>,
    /// The GPUs on which they are, by number.
    pub devices: Vec<u32>,
    /// How many of its members are on a GPU.
    pub members: u32,
    /// Who holds how much, by identity.
    #[serde(default)]
    pub by_member: Vec<GpuHold>,
}

impl GpuUse {
    /// What this member holds, if it is on a GPU.
    pub fn of(&self, id: &MemberId) -> Option<&GpuHold> {
        self.by_member.iter().find(|hold| hold.member == *id)
    }
}

/// A process on a GPU, as the driver tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpuProcess {
    /// Its PID.
    pub pid: u32,
    /// The GPU's number.
    pub device: u32,
    /// What it holds there; `None` where the driver does not tell.
    pub used: Option<Bytes>,
}

/// What was read of all GPUs at once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GpuReading {
    /// When it was asked for.
    pub at: Moment,
    /// The GPUs.
    pub gpus: Vec<Gpu>,
    /// Who is on them; one line for each process and GPU.
    pub processes: Vec<GpuProcess>,
}
