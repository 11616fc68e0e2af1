//! The screen: a function of a snapshot and of what the user chose to look at.
//!
//! ```text
//! Event -> update(state) -> Wish          pure: what a key, a resize or a snapshot changes, and asks for
//! View, UiState -> draw -> Buffer         pure: what is seen
//! Buffer -> wire -> one write             the cells that changed, as bytes
//! run, terminal                           the edge: blocks on a channel, holds the terminal
//! ```
//!
//! The room reads nothing: a preview, a scan or an end of the job is wished for, and comes back as an event. What it
//! was shown it keeps for a while (`past`), so that a held screen can be rewound.

mod acting;
pub mod action;
mod all;
pub mod answer;
mod choice;
mod condition;
pub mod context;
pub mod deed;
mod diagnosis;
pub mod draw;
pub mod entry;
pub mod event;
pub mod filter;
mod filter_line;
pub mod input;
mod interval;
mod jobs;
mod key_line;
mod key_name;
pub mod keymap;
pub mod keys;
mod layout;
pub mod lists;
mod offer;
mod overlay;
mod pace;
pub mod paint;
mod palette;
pub mod parts;
mod past;
mod pointer;
pub mod query;
pub mod run;
mod scan;
mod scroll;
mod sources;
pub mod state;
pub mod terminal;
mod typing;
pub mod update;
pub mod verdict;
pub mod view;
mod watch;
mod words;
