//! The scan pane: how far the scan is, its findings, the lines around one of them, and the map of the tree.

pub(super) mod about;
pub(super) mod actions;
pub(super) mod blame;
pub(super) mod map;
pub(super) mod order;
pub(super) mod pane;
pub(super) mod preview;
pub(super) mod reveal;
