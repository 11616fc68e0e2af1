//! What graphs are drawn with.

use super::depth::Surroundings;

/// The characters of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Graph {
    /// Braille: two points a column.
    #[default]
    Braille,
    /// Blocks: one point a column, more levels.
    Block,
    /// ASCII only.
    Ascii,
}

impl Graph {
    /// All of them by name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Braille, "braille"), (Self::Block, "block"), (Self::Ascii, "ascii")];

    /// The one of this name; the error says which there are.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, known)| *known == name);
        known.map(|(graph, _)| *graph).ok_or_else(|| {
            let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
            format!("\"{shown}\" is no graph; there are {}", Self::ALL.map(|(_, name)| name).join(", "))
        })
    }

    /// What this terminal can show: the fonts of the Linux console have no braille, and few blocks.
    pub fn fitting(around: &Surroundings) -> Self {
        if around.is_utf8 && around.term != "linux" { Self::Braille } else { Self::Ascii }
    }
}
