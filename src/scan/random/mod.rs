//! The view of what looks random: lines by how surprising their most surprising token is. No rules, no names.
//!
//! ```text
//! window -> lines -> the token of each (`token`) -> what it is by shape and place (`class`) -> `view`: listed, or folded
//! ```
//! What is recognised as no secret of its own (hashes, ids, certificates, media, minified code) is folded into one entry
//! for each file and class, with its count and one example: nothing is left out in silence. All of it is pure.

pub mod class;
pub mod fold;
pub(crate) mod token;
pub(crate) mod view;
