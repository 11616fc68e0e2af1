//! The built-in batch job: real processes that do real work, and fail in the ways Telltale is there to show.
//!
//! Nothing here is staged for the screen. The parent hands tasks to workers over pipes and prints its progress, as
//! a pool of processes does in any language; Telltale watches it from outside like any other job.

pub mod batch;
mod dice;
pub mod folder;
pub mod hang;
pub mod lab;
pub mod scenario;
mod script;
mod task;
pub mod tour;
mod worker;

pub use batch::job;
pub use scenario::{SCENARIOS, Scenario};
