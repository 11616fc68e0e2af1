//! What earlier scans found to hold nothing, so that the next one need not look again. It can cost time, never a finding.
//!
//! ```text
//! stat -> stamp ──▶ table: the record of this path ──▶ same stamp, or same content ──▶ answered
//!                                              `──▶ none of both ──▶ scanned, and noted when it held nothing
//! ```
//! Only what held nothing is in it: files with findings are scanned every time, so that it holds no secret, no place of
//! one and no hash of one. The exception are files with nothing but lines that are high in entropy: it counts these, and knows how
//! far the best of them goes, in steps of a 64th of a bit, so that those files alone are scanned again whose lines are listed.
//!
//! An answer is taken where path, device, inode, size, both times and all that a scan depends on (`setting`) are what
//! they were, or where a hash of all bytes is. Times are believed only once they are older than a minute, on file systems
//! that keep them in nanoseconds (`stamp`). `store` opens and writes the file; all else is pure.

pub(crate) mod ranks;
pub(crate) mod record;
pub(crate) mod setting;
pub(crate) mod stamp;
pub mod store;
pub mod table;
mod take;
#[cfg(test)]
mod tests;
pub(crate) mod worth;

pub use take::Cache;
pub(crate) use take::{Asked, Known, Noted, Turn};
