//! The watch pane: a job's gauges, its members, its newest output.

pub(super) mod gauges;
pub(super) mod members;
pub(super) mod pane;
