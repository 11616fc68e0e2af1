//! Where readers, judges and history meet: the sampler thread, and the fold that makes snapshots.
//!
//! [`fold`], [`members`] and [`gauges`] are pure. [`sampler`] asks its [`source`]s for readings, folds them and
//! publishes the snapshot; what the fold wished for is granted by whoever drives it.

pub mod fold;
pub mod gauges;
pub mod members;
pub mod sampler;
pub mod source;
