//! Where the threads of a program stand in its own language: frames with file and line, joined to the kernel's threads,
//! and the locks that each line holds and asks for.
//!
//! `statement`, [`locks`], [`marks`], [`identity`], `join`, `choice` and `failure` are pure; `python` reads memory, `view`
//! reads files as the program sees them, and `numbers` its threads. Nothing is stopped, signalled or written, and nobody
//! waits for long.

mod choice;
mod failure;
pub mod identity;
mod java;
mod join;
pub mod jvm;
#[cfg(test)]
mod live;
pub mod locks;
pub mod marks;
mod numbers;
mod python;
mod reader;
mod statement;
mod view;

pub use reader::{Options, Reader};
