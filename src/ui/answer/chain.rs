//! The wait chain as a tree: who waits, for what, and who is to give it.
//!
//! ```text
//! etl (4711) waits for the end of worker 4712
//! └─ worker (4712) waits for room in pipe 77
//!    └─ back to etl (4711)
//! ```

use super::line::{Line, Piece, flow};
use crate::config::theme::Role;
use crate::model::cause::Link;
use crate::ui::paint::glyphs::Glyphs;

/// Links that are drawn: a longer chain says no more to people.
const MOST: usize = 60;

/// Levels that are drawn; what is deeper stands at the last of them.
const DEEPEST: u16 = 12;

/// The lines of a chain.
pub(super) fn lines(chain: &[Link], width: u16, glyphs: &Glyphs) -> Vec<Line> {
    let shown = &chain[..chain.len().min(MOST)];
    let deepest = (width / 6).clamp(2, DEEPEST);
    let depths: Vec<u16> = shown.iter().map(|link| link.depth.min(deepest)).collect();
    let mut lines = Vec::new();
    for (at, link) in shown.iter().enumerate() {
        let (first, next) = limbs(&depths, at, glyphs);
        let back = if link.closes { "back to" } else { "" };
        // A ring is what one looks for in a chain.
        let role = if link.closes { Role::Bad } else { Role::Text };
        // What it waits for stands above.
        let waits_for = if link.closes { "" } else { &*link.waits_for };
        let pieces = [(back, Role::Bad), (&*link.who, role), (waits_for, Role::Dim)];
        lines.extend(flow(&first, &next, &pieces, width));
    }
    if chain.len() > MOST {
        lines.push(vec![(format!("and {} more", chain.len() - MOST), Role::Dim)]);
    }
    lines
}

/// What stands before the first line of a link, and before the others.
fn limbs(depths: &[u16], at: usize, glyphs: &Glyphs) -> (Vec<Piece>, Vec<Piece>) {
    let [fork, end, along, blank] = glyphs.limbs;
    let depth = depths[at];
    let (mut first, mut next) = (String::new(), String::new());
    for level in 1..=depth {
        let follows = goes_on(&depths[at + 1..], level);
        let line = if follows { along } else { blank };
        first.push_str(match (level == depth, follows) {
            (true, true) => fork,
            (true, false) => end,
            (false, _) => line,
        });
        next.push_str(line);
    }
    // Further lines of a text hang under it, and what comes below it stays joined to it.
    let has_below = depths.get(at + 1).is_some_and(|next| *next > depth);
    next.push_str(if has_below { along } else { blank });
    (vec![(first, Role::Border)], vec![(next, Role::Border)])
}

/// Whether one more link of this level comes before one of a level above it.
fn goes_on(rest: &[u16], level: u16) -> bool {
    rest.iter().find(|depth| **depth <= level) == Some(&level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::ui::paint::glyphs::{ASCII, UNICODE};
    use unicode_width::UnicodeWidthStr;

    fn link(depth: u16, who: &str, waits_for: &str, closes: bool) -> Link {
        Link { depth, who: Text::from(who), waits_for: Text::from(waits_for), closes }
    }

    fn drawn(chain: &[Link], width: u16, glyphs: &Glyphs) -> Vec<String> {
        let text = |line: &Line| line.iter().map(|(text, _)| text.as_str()).collect::<String>();
        lines(chain, width, glyphs).iter().map(text).collect()
    }

    #[test]
    fn a_tree_forks_ends_and_comes_back() {
        let chain = [
            link(0, "etl (1)", "waits for 2 and 3", false),
            link(1, "worker (2)", "waits for a lock", false),
            link(2, "thread 9", "", false),
            link(1, "worker (3)", "waits for etl (1)", false),
            link(2, "etl (1)", "see above", true),
        ];
        assert_eq!(
            drawn(&chain, 60, &UNICODE),
            [
                "etl (1) waits for 2 and 3",
                "├─ worker (2) waits for a lock",
                "│  └─ thread 9",
                "└─ worker (3) waits for etl (1)",
                "   └─ back to etl (1)",
            ]
        );
        assert_eq!(drawn(&chain, 60, &ASCII)[2], "|  `- thread 9");
    }

    #[test]
    fn long_links_hang_and_deep_ones_stay_on_the_page() {
        let chain = [link(0, "etl", "waits for what comes", false), link(1, "two words here", "", false)];
        assert_eq!(
            drawn(&chain, 12, &UNICODE),
            ["etl waits", "│  for what", "│  comes", "└─ two words", "      here"]
        );
        let deep: Vec<Link> = (0..200).map(|n| link(n, "x", "y", false)).collect();
        let lines = drawn(&deep, 40, &UNICODE);
        assert_eq!(lines.last().map(String::as_str), Some("and 140 more"));
        assert!(lines.iter().all(|line| line.width() <= 40), "{lines:?}");
    }
}
