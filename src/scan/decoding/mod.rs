//! Secrets in text that stands for other text: base64, hex, percent, unicode and HTML escapes, one in another.
//!
//! ```text
//! text -> stretches that smell { letters, escapes, kubernetes } -> decoded text -> the same rules -> places in the first text
//! ```
//! Pure: bytes in, places out. Only what smells is decoded: a run of letters whose first bytes come out as text, an
//! escape that stands for a printable character. What is found must have a name or a rule of its own, never entropy
//! alone. Each window has a budget of decoded bytes, and nothing goes deeper than [`DEEPEST`].

mod escapes;
mod kubernetes;
mod layers;
mod letters;
mod places;
#[cfg(test)]
mod tests;

pub(crate) use escapes::may_escape;
pub(crate) use kubernetes::is_secret as is_manifest;
pub(crate) use layers::{Names, Revealed, reveal};

use places::Places;

use super::finding::Decoding;

/// How often what was decoded is decoded again.
pub(crate) const DEEPEST: usize = 5;

/// Decodes a stretch, when somebody wants to know.
type Unread<'a> = &'a dyn Fn() -> Option<Stretch>;

/// A stretch of text that stands for other text.
struct Stretch {
    step: Decoding,
    /// What it stands for.
    text: Vec<u8>,
    /// Where each part of that stands.
    places: Places,
}
