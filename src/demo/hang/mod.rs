//! The laboratory: one small program for each cause of a hang, played by real processes, threads and files.
//!
//! Each ends by itself after a limit and takes its children with it, uses at most one CPU and little memory, and says in
//! one line what it does and which process to look at. Which one is the culprit it knows itself, and tells on request
//! (`stage`), so that a diagnosis can be held against the truth.

mod cpu;
mod files;
mod fork;
mod groups;
mod limit;
mod limits;
mod list;
mod locks;
mod mutex;
mod pages;
mod pipes;
mod pools;
mod processes;
mod sockets;
mod stage;

pub use list::{HANGS, Hang, named};
pub use stage::{LIMIT, play};
