//! The characters that the screen is made of, and their stand-ins where the locale is not UTF-8.

/// One set of characters. Each of them is one column wide.
#[derive(Debug)]
pub(super) struct Glyphs {
    /// Corners of a frame: top left, top right, bottom left, bottom right.
    pub(super) corners: [&'static str; 4],
    pub(super) horizontal: &'static str,
    pub(super) vertical: &'static str,
    /// Where a divider meets the frame: left, right.
    pub(super) tees: [&'static str; 2],
    /// A bar: filled, its head, the rest.
    pub(super) bar: [&'static str; 3],
    /// Stands for a value that is not known; never a zero.
    pub(super) unknown: &'static str,
    /// Stands for text that had no room.
    pub(super) cut: &'static str,
    pub(super) dot: &'static str,
    pub(super) alert: &'static str,
    /// Marks a member that was lost.
    pub(super) lost: &'static str,
    /// Marks of a verdict: good, to be looked at, bad, nothing to judge.
    pub(super) verdicts: [&'static str; 4],
    /// Marks of a finding: high, medium, low, entropy only.
    pub(super) levels: [&'static str; 4],
    /// From plain to surprising.
    pub(super) heat: [&'static str; 5],
    /// Sorted downwards, upwards.
    pub(super) arrows: [&'static str; 2],
    pub(super) branch: &'static str,
    pub(super) has_blocks: bool,
}

/// For a UTF-8 locale.
pub(super) const UNICODE: Glyphs = Glyphs {
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
    has_blocks: true,
};

/// For every other locale.
pub(super) const ASCII: Glyphs = Glyphs {
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
    has_blocks: false,
};

/// The set for a locale.
pub(super) const fn of(is_ascii: bool) -> &'static Glyphs {
    if is_ascii { &ASCII } else { &UNICODE }
}
