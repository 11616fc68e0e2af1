//! A launched job and who holds it.
//!
//! A job that Telltale starts belongs to a *keeper*: the same binary once more, one poll loop, no threads. The
//! keeper owns the job's terminal or pipes, adopts its orphans, writes its log and sees its exit. Everybody else,
//! the screen that started it included, is a client on a unix socket and may come, go or be killed.
//!
//! ```text
//! front --launch--> keeper --spawn--> job
//!   |                 |  \--> output.log, meta.json, exit.json
//!   '----control------'  <---- other fronts: registry, attach
//! ```

pub mod attach;
mod envelope;
pub mod folder;
pub mod freeze;
pub mod guard;
mod handoff;
pub mod keeper;
pub mod launch;
pub mod mailbox;
pub mod message;
mod ports;
pub mod registry;
pub mod signals;
mod socket;
mod spawn;
pub mod standing;
pub mod tree;
pub mod watchers;
