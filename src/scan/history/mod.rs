//! What a repository remembers: every blob of its history once, and what is staged for the next commit.
//!
//! ```text
//! entry, forest (pure) -> pack, loose -> grove -> zones, look -> suspects -> order, first -> second, sift -> Finding
//! ```
//! A blob has no name; the same one may have many, in a thousand commits. So all blobs are gone through first, as they
//! lie in the packs, where one is made out of the other, and only what is new in each is looked at (`survey`). What may hold something is a suspect. Only then,
//! and only for suspects, commits and folders are read, oldest first, until each suspect has its first place
//! (`first`); and it is scanned again under its name, by which everything else about it is decided (`second`, `sift`).
//!
//! For a secret of the work tree `brought` goes the other way: back from the current commit to the one that brought it.
//!
//! `pack`, `loose`, `objects`, `handed` and `brought` open files, `repository` asks the library, `crew` starts threads; `entry`, `forest`, `zones`, `look`, `order` and `suspects` are pure.

pub(crate) mod again;
pub mod brought;
pub mod course;
pub(crate) mod crew;
pub mod entry;
pub(crate) mod first;
pub(crate) mod forest;
pub(crate) mod grove;
pub mod handed;
pub(crate) mod look;
pub(crate) mod loose;
pub(crate) mod objects;
pub(crate) mod order;
pub(crate) mod pack;
pub(crate) mod repository;
pub(crate) mod second;
pub(crate) mod sift;
pub mod staged;
pub(crate) mod survey;
pub(crate) mod suspects;
mod whole;
pub(crate) mod zones;
