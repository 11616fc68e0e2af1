//! What lies over the panes until it is closed.

pub(super) mod window;
