//! A tree of processes, watched over a window, as [`Evidence`](crate::model::evidence::Evidence).
//!
//! ```text
//! members   who belongs to the tree, again in every sample
//! sample    one look at one thread: state, times, system call, channel
//! decode    what a call with these arguments waits for, and how long ([`calls`] names it, [`channel`] has the last word)
//! resolve   what the arguments point at: futex words, times, paths, descriptors
//! things    what descriptors lead to, locks, sockets, control groups, and who is at the other end
//! ```
//!
//! [`calls`], [`channel`], [`decode`], [`elf`], [`futex`], [`maps`], [`parse`] and [`resolve`] are pure. Nothing here stops a thread or opens
//! what belongs to the job. What may hang with its target (its memory, its command line, its map) is read with
//! `patience`, in a thread that is left behind when its time is up.

mod busy;
pub mod calls;
pub mod channel;
pub mod decode;
pub mod elf;
mod ended;
pub mod futex;
mod machine;
pub mod maps;
mod member;
mod members;
pub(super) mod memory;
pub mod parse;
mod patience;
mod portrait;
pub mod processes;
mod report;
pub mod resolve;
mod sample;
pub mod things;
pub mod watch;

pub use watch::{Options, Probe, Progress, Refusal};
