//! How findings are written down, a file for each format: findings and a summary in, bytes out.
//!
//! | format | for whom | on the way |
//! |---|---|---|
//! | `text` | people, and pipes like ripgrep's | as they come |
//! | `json` | programs: one object a line, one line a place | as they come |
//! | `report` | programs that want all of it, and `--merge`, which reads it back (`read`) | as they come |
//! | `sarif` | code scanning, editors | as they come |
//! | `csv` | spreadsheets | as they come |
//! | `junit` | test pages | as they come |
//! | `github`, `gitlab` | annotations of a change | as they come |
//! | `html` | people with a browser | at the end, up to a cap |

pub mod csv;
pub mod document;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod markup;
pub mod page;
pub mod read;
#[cfg(test)]
pub(crate) mod sample;
pub mod sarif;
pub mod stable;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod text;
pub mod uri;
