//! What the user can set, with its defaults: the one place where a default stands.

pub mod limits;
pub mod nearest;
pub mod theme;
