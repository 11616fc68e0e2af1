//! The characters that the screen is made of, and their stand-ins where the locale is not UTF-8.

use crate::config::graph::Graph;

/// One set of characters. Each of them is one column wide.
#[derive(Debug)]
pub(in crate::ui) struct Glyphs {
    /// Corners of a frame: top left, top right, bottom left, bottom right.
    pub(in crate::ui) corners: [&'static str; 4],
    pub(in crate::ui) horizontal: &'static str,
    pub(in crate::ui) vertical: &'static str,
    /// Where a divider meets the frame: left, right.
    pub(in crate::ui) tees: [&'static str; 2],
    /// A bar: filled, its head, the rest.
    pub(in crate::ui) bar: [&'static str; 3],
    /// Stands for a value that is not known; never a zero.
    pub(in crate::ui) unknown: &'static str,
    /// Stands for text that had no room.
    pub(in crate::ui) cut: &'static str,
    pub(in crate::ui) dot: &'static str,
    pub(in crate::ui) alert: &'static str,
    /// Marks a member that was lost.
    pub(in crate::ui) lost: &'static str,
    /// Marks of a verdict: good, to be looked at, bad, nothing to judge.
    pub(in crate::ui) verdicts: [&'static str; 4],
    /// Marks of a finding: high, medium, low, entropy only.
    pub(in crate::ui) levels: [&'static str; 4],
    /// From plain to surprising.
    pub(in crate::ui) heat: [&'static str; 5],
    /// Sorted downwards, upwards.
    pub(in crate::ui) arrows: [&'static str; 2],
    pub(in crate::ui) branch: &'static str,
    /// A tree's limbs: one that forks off, the last one, one that goes on below, and none.
    pub(in crate::ui) limbs: [&'static str; 4],
    /// What a thread did: it ran, was ready to, was kept from it, waited.
    pub(in crate::ui) times: [&'static str; 4],
    /// Begins one of several sentences.
    pub(in crate::ui) bullet: &'static str,
    /// Marks a row that stands for others.
    pub(in crate::ui) fold: &'static str,
    /// Characters that are not ASCII can be shown.
    pub(in crate::ui) has_blocks: bool,
    /// What graphs are drawn with.
    pub(in crate::ui) graph: Graph,
}

/// For a UTF-8 locale.
pub(in crate::ui) const UNICODE: Glyphs = Glyphs {
    corners: ["╭", "╮", "╰", "╯"],
    horizontal: "─",
    vertical: "│",
    tees: ["├", "┤"],
    bar: ["━", "╸", "─"],
    unknown: "–",
    cut: "…",
    dot: "·",
    alert: "■",
    lost: "✝",
    verdicts: ["●", "◆", "▲", "○"],
    levels: ["●", "◐", "○", "·"],
    heat: [" ", "░", "▒", "▓", "█"],
    arrows: ["▾", "▴"],
    branch: "└ ",
    limbs: ["├─ ", "└─ ", "│  ", "   "],
    times: ["█", "▒", "━", "─"],
    bullet: "•",
    fold: "▸",
    has_blocks: true,
    graph: Graph::Braille,
};

/// For every other locale.
pub(in crate::ui) const ASCII: Glyphs = Glyphs {
    corners: ["+", "+", "+", "+"],
    horizontal: "-",
    vertical: "|",
    tees: ["+", "+"],
    bar: ["=", ">", "."],
    unknown: "-",
    cut: "~",
    dot: "|",
    alert: "!",
    lost: "x",
    verdicts: ["*", "?", "!", "o"],
    levels: ["#", "+", "-", "."],
    heat: [" ", ".", ":", "*", "#"],
    arrows: ["v", "^"],
    branch: "\\ ",
    limbs: ["|- ", "`- ", "|  ", "   "],
    times: ["#", ":", "=", "-"],
    bullet: "-",
    fold: "+",
    has_blocks: false,
    graph: Graph::Ascii,
};

/// The same with other graphs.
const BLOCKS: Glyphs = Glyphs { graph: Graph::Block, ..UNICODE };
const PLAIN_GRAPHS: Glyphs = Glyphs { graph: Graph::Ascii, ..UNICODE };

/// The set for a locale and a kind of graph.
pub(in crate::ui) const fn with(is_ascii: bool, graph: Graph) -> &'static Glyphs {
    match (is_ascii, graph) {
        (true, _) => &ASCII,
        (false, Graph::Braille) => &UNICODE,
        (false, Graph::Block) => &BLOCKS,
        (false, Graph::Ascii) => &PLAIN_GRAPHS,
    }
}
