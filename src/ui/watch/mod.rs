//! The watch pane: a job's gauges, its members, its newest output.

pub(super) mod gauges;
pub(super) mod gpu;
pub(super) mod log;
pub(super) mod members;
pub(super) mod pane;
pub(super) mod several;
pub(super) mod tree;
