//! What lies inside of files: archives, compressed streams, container images, documents.
//!
//! ```text
//! blob ── its first window is packed ──▶ opener ─▶ { stream, tar, zip, ar } ─▶ entry ─▶ blob, or one level deeper
//!                                             └─▶ { notebook, xml, pdf }    ─▶ text  ─▶ blob
//! ```
//! What a file is, its first bytes say (`kind`), never its name. Everything is read once from front to back, from a
//! pipe as well as from a file, and no entry is ever held as a whole: what is kept is the window of each format, and that
//! has a cap. [`limits`] bounds how deep and how much is unpacked; what is left out is counted with its reason.

mod ar;
mod ascii;
mod filter;
mod inside;
pub(crate) mod kind;
pub mod limits;
mod notebook;
mod opener;
mod pdf;
mod place;
mod reopen;
#[cfg(test)]
mod samples;
mod source;
mod stream;
mod strings;
mod tar;
#[cfg(test)]
mod tests;
mod view;
mod xml;
mod zip;

pub(crate) use inside::{Inside, scan};
pub(crate) use place::may_be_large;
pub(crate) use reopen::{DEEPEST, reopen};
