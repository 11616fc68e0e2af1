//! Where readers, judges and history meet: the sampler thread, and the fold that makes snapshots.
//!
//! [`fold`], [`members`], [`gauges`], `gpu`, [`pressure`] and `oom` are pure. [`sampler`] asks its [`source`]s for readings,
//! folds them and publishes the snapshot; what the fold wished for is granted by whoever drives it. A [`source`] is a
//! process tree with its output, what it [`said`], what it takes in while it says nothing ([`quiet`]), and perhaps its
//! [`keeper`], or a scan ([`scan_job`]); a [`page`] of metrics is fetched beside the rounds. An [`inquiry`] finds out why a job
//! hangs, beside all this; `second_look` asks for one when an alert says so, and `discretion` takes secrets out.

pub mod asks;
mod discretion;
pub mod fold;
pub mod gauges;
mod gpu;
mod growth;
pub mod guard;
pub mod inquiry;
pub mod keeper;
pub mod keepsake;
pub mod members;
mod oom;
mod orphans;
pub mod output;
pub mod page;
mod passed;
pub mod pressure;
pub mod pulses;
mod queues;
pub mod quiet;
pub mod recruits;
pub mod restarts;
mod rests;
pub mod rooms;
pub mod said;
pub mod sampler;
pub mod scan_job;
mod scan_list;
mod second_look;
pub mod seen;
mod shared;
pub mod signs;
pub mod source;
pub mod teller;
mod vigil;
