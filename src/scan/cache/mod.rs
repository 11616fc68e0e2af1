//! What earlier scans found files to come to, so that the next one need not look again. It can cost time, never a finding.
//!
//! ```text
//! stat -> stamp ──▶ table: the record of this path ──▶ same stamp, or same content ──▶ answered ◀── what stands at its spots
//!                                              `──▶ none of both ──▶ scanned, and noted
//! ```
//! Of a file that held nothing it has the counts of a report. Of one that held something it also has the spots: where that
//! stands and which rule said so, and nothing of what stands there, nor a hash of it. It is read there again and looked at
//! as a scan does, which makes the same finding: of the bytes around a hit only, as windows show them (`spot`, `blob/again`).
//! Where that can't be, the file is scanned every time: what was found decoded or unpacked, too many finds, exceptions
//! in use, rules of a configuration. Of lines that are high in entropy only those are looked at that may be listed.
//!
//! An answer is taken where path, device, inode, size, both times and all that a scan depends on (`setting`) are what
//! they were, or where a hash of all bytes is. Times are believed only once they are older than a minute, on file systems
//! that keep them in nanoseconds (`stamp`). `store` opens and writes the file; all else is pure.

pub(crate) mod ranks;
pub(crate) mod record;
pub(crate) mod setting;
pub(crate) mod spot;
pub(crate) mod stamp;
pub mod store;
pub mod table;
mod take;
#[cfg(test)]
mod tests;
pub(crate) mod worth;

pub use take::Cache;
pub(crate) use take::{Asked, Known, Late, Noted};
