//! What the user can set, with its defaults: the one place where a default stands.
//!
//! ```text
//! flags > environment > .telltale.toml of the project > config.toml of the user > defaults
//! ```
//!
//! One pure function layers each section ([`screen`], [`watch`], [`alert`]); [`file`](mod@file) reads what files say. Who reads
//! the files themselves is `cli::settings`.

pub mod alert;
pub mod depth;
pub mod file;
pub mod graph;
pub mod limits;
pub mod look;
pub mod nearest;
mod place;
pub mod screen;
pub mod theme;
pub mod values;
pub mod watch;
