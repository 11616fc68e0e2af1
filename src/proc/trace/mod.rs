//! Which system calls of a job fail over and over, for those who asked with `--trace`: the one reader that stops what it reads.
//!
//! ```text
//! choice   which threads are worth it, and which are never touched      tracee  ptrace(2), one thread at a time
//! tracer   seizes, looks at each call, lets go                          tally   counts what failed
//! meaning  which failures are worth telling, and what they are about
//! ```
//!
//! `choice`, `meaning` and `tally` are pure. A traced thread stops twice in each call, for some ten microseconds; the kernel
//! lets all of them go when the thread that traces ends, whatever it ends of.

mod choice;
#[cfg(test)]
mod live;
pub mod meaning;
pub mod tally;
mod tracee;
mod tracer;

pub use tracer::failed_calls;
