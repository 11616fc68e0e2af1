//! The scan pane: how far the scan is, its findings, the lines around one of them.

pub(super) mod pane;
