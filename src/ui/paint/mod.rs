//! From text and values to cells, and from cells to the bytes and pictures they are seen as.

pub(super) mod glyphs;
pub(super) mod graph;
pub(super) mod ink;
pub mod picture;
pub mod wire;
