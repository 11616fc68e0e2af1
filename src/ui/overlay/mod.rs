//! What lies over the panes until it is closed.

pub(super) mod facets;
pub(super) mod help;
pub(super) mod palette;
pub(super) mod told;
pub(super) mod window;
