//! What a repository remembers: every blob of its history once, and what is staged for the next commit.
//!
//! ```text
//! entry, forest (pure) -> pack, loose -> grove -> folder -> nesting -> manner ┐
//!                                             └> zones, look -> suspects -> order, ways, first -> second, sift -> Finding
//! ```
//! A blob has no name; the same one may have many, in a thousand commits. First all folders are gone through, in
//! whatever order they lie (`nesting`): they tell what each blob may be called, and which one is missing. Then come all
//! blobs, as they lie in the packs, where one is made out of the other, and only what is new in each is looked at
//! (`survey`). What may hold something is a suspect. For these commits are gone through, oldest first, until each has
//! its first place (`ways`, or `first`, where folders are too many to be kept); and it is scanned again under its path,
//! by which everything else about it is decided (`second`, `sift`).
//!
//! For a secret of the work tree `brought` goes the other way: back from the current commit to the one that brought it.
//!
//! `pack`, `blocks`, `loose`, `objects`, `handed` and `brought` open files, `repository` asks the library, `crew` and `nesting` start threads;
//! `entry`, `fan`, `folder`, `forest`, `likeness`, `manner`, `titles`, `zones`, `look`, `order` and `suspects` are pure.

pub(crate) mod again;
pub(crate) mod blocks;
pub mod brought;
pub mod course;
pub(crate) mod crew;
pub mod entry;
pub(crate) mod fan;
pub(crate) mod first;
pub mod folder;
pub(crate) mod forest;
pub(crate) mod grove;
pub mod handed;
pub(crate) mod likeness;
pub(crate) mod look;
pub(crate) mod loose;
pub(crate) mod manner;
pub(crate) mod nesting;
pub(crate) mod objects;
pub(crate) mod order;
pub(crate) mod pack;
pub(crate) mod repository;
pub(crate) mod second;
pub(crate) mod sift;
pub mod staged;
pub(crate) mod survey;
pub(crate) mod suspects;
pub(crate) mod titles;
pub(crate) mod ways;
pub(crate) mod zones;
