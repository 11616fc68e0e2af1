//! The ground: the words all other rooms speak.
//!
//! Values only. Nothing here reads a file, and only [`clock`] asks what time it is. The room imports nothing
//! from the rest of the crate, so that everything may import it.

pub mod alert;
pub mod candidate;
pub mod cause;
pub mod clock;
pub mod coarse;
pub mod evidence;
pub mod freeze;
pub mod gpu;
pub mod history;
pub mod inquiry;
pub mod intake;
pub mod job;
pub mod log;
pub mod member;
pub mod metric;
pub mod oom;
pub mod pool;
pub mod pressure;
pub mod process;
pub mod progress_source;
pub mod reading;
pub mod restarts;
pub mod rhythm;
pub mod room;
pub mod said;
pub mod series;
pub mod sign;
pub mod snapshot;
pub mod sum;
pub mod text;
pub mod verdict;
