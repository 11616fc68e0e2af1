//! Finding secrets: pure rules and scores, a thin edge that walks and reads.
//!
//! ```text
//! walk -> { unpack } -> window -> matcher { sweep { class, bits, runs }, anchors, pattern, assign, families, url, entropy } -> blob -> Finding -> known -> { ui | output }
//! ```
//! `engine`, `walk`, `pipe`, `ignores`, `preview`, `secret`, `id_key`, `baseline_file`, `cache::store` and `policy::files` are the edge; all else is a function of bytes. Nothing here knows of
//! jobs; the rest of the crate borrows [`redact`].

pub(crate) mod anchors;
pub(crate) mod anew;
pub(crate) mod assign;
pub mod baseline;
pub mod baseline_file;
pub(crate) mod bits;
pub(crate) mod blob;
pub(crate) mod blocks;
pub mod cache;
pub(crate) mod class;
pub(crate) mod decoding;
pub(crate) mod encoding;
pub(crate) mod endings;
pub mod engine;
pub mod entropy;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod examples;
pub(crate) mod families;
pub(crate) mod filetype;
pub mod finding;
pub mod foreign;
pub mod found;
pub mod history;
pub mod id_key;
pub(crate) mod identity;
pub(crate) mod ignores;
pub mod judge;
pub mod known;
pub mod leak;
pub(crate) mod look;
pub mod map;
pub(crate) mod matcher;
pub(crate) mod named;
pub mod origin;
pub mod output;
pub(crate) mod pattern;
pub mod piece;
pub(crate) mod pipe;
pub(crate) mod placeholder;
pub mod policy;
pub mod preview;
pub mod progress;
pub mod random;
pub mod redact;
pub(crate) mod regular;
pub(crate) mod roots;
pub mod rule;
pub(crate) mod runs;
pub mod secret;
pub mod shard;
pub(crate) mod sweep;
pub(crate) mod table;
pub(crate) mod token;
pub mod unpack;
pub(crate) mod url;
pub mod validate;
pub(crate) mod walk;
pub(crate) mod window;
pub(crate) mod words;
pub(crate) mod worker;
