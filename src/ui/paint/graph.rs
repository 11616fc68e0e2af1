//! The past of a gauge as a row of braille, two points a character; or of blocks, one point a character and more
//! levels. The highest blocks are left out: graphs in rows below each other would run into one.
//!
//! Only full steps are drawn, and a step is several snapshots long: a graph that moves with every snapshot is
//! what makes other monitors send kilobytes a second.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::config::graph::Graph;
use crate::config::theme::Role;
use crate::model::series::Series;
use crate::ui::paint::glyphs::Glyphs;
use crate::ui::paint::ink::Ink;

/// Snapshots that become one point of a graph while the past is short.
const SNAPSHOTS_A_STEP: u32 = 5;

/// How many times that doubles, so that the past of some minutes has room too.
const DOUBLINGS: u32 = 2;

/// From zero to the highest value in sight.
const BLOCKS: [&str; 6] = ["▁", "▂", "▃", "▄", "▅", "▆"];

/// Braille from the lowest dot up, at the left and at the right (Unicode 15, 22.1).
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

/// The same where the locale is not UTF-8.
const ASCII: [&str; 4] = ["_", ".", "=", "#"];

/// How many points so many columns show.
pub(in crate::ui) fn points(glyphs: &Glyphs, columns: u16) -> u16 {
    if glyphs.graph == Graph::Braille { columns.saturating_mul(2) } else { columns }
}

/// How long one point of a graph of so many points is, for a past of this length. The oldest third may go before
/// the step doubles, so that no graph is ever half empty for it.
pub(in crate::ui) fn step(interval: Duration, past: Duration, points: u16) -> Duration {
    let shortest = interval.saturating_mul(SNAPSHOTS_A_STEP).max(Duration::from_secs(1));
    let longest = shortest.saturating_mul(1 << DOUBLINGS);
    let mut step = shortest;
    while step < longest && step.saturating_mul(u32::from(points)).mul_f64(1.5) < past {
        step = step.saturating_mul(2);
    }
    step
}

/// Draws `series` into the first row of `area`, newest at the right. What was not measured stays blank, and a
/// zero has a line: the two must not look the same. The graph reaches up to `top`, or further if a value does.
pub(in crate::ui) fn draw(
    ink: &mut Ink<'_>,
    area: Rect,
    series: &Series,
    top: f64,
    step: Duration,
    role: Role,
) {
    let area = area.intersection(ink.buffer.area);
    if area.is_empty() {
        return;
    }
    let wanted = usize::from(points(ink.glyphs, area.width));
    // One more than needed: the newest step is not full yet, and its mean still moves.
    let mut past = series.steps(wanted + 1, step);
    past.pop();
    let top = past.iter().flatten().copied().fold(top, f64::max);
    let style = ink.style(role);
    let levels: &[&str] = match ink.glyphs.graph {
        Graph::Block => &BLOCKS,
        Graph::Ascii => &ASCII,
        Graph::Braille => {
            // Pairs begin at even steps, so that the row moves by whole columns, every other step; until then the
            // newest point stands alone in its column.
            let newest = series.iter().next_back().map_or(0, |(at, _)| at.millis());
            if !(newest / (step.as_millis() as u64).max(1)).is_multiple_of(2) {
                past.push(None);
            }
            let skipped = past.len() - wanted;
            for (x, pair) in (area.left()..area.right()).zip(past[skipped..].chunks(2)) {
                if let Some(symbol) = braille(pair, top) {
                    ink.buffer[(x, area.y)].set_char(symbol).set_style(style);
                }
            }
            return;
        }
    };
    for (x, point) in (area.left()..area.right()).zip(past) {
        if let Some(value) = point {
            let symbol = levels[level(value, top, levels.len() - 1)];
            ink.buffer[(x, area.y)].set_symbol(symbol).set_style(style);
        }
    }
}

/// Two points in one character; a zero has one dot, so that it differs from what was not measured.
fn braille(pair: &[Option<f64>], top: f64) -> Option<char> {
    let mut dots = 0;
    for (point, side) in pair.iter().zip(DOTS) {
        if let Some(value) = point {
            // Half the height for the least there is would say too much: what is near to zero looks like it.
            let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
            let above = (share * 3.0).round() as usize;
            dots |= side[..=above].iter().sum::<u32>();
        }
    }
    if dots == 0 { None } else { char::from_u32(0x2800 + dots) }
}

/// From 0 for zero up to `highest` for the highest value in sight; what is not zero is above it.
fn level(value: f64, top: f64, highest: usize) -> usize {
    if top > 0.0 && value > 0.0 {
        ((value / top * highest as f64).round() as usize).clamp(1, highest)
    } else {
        0
    }
}

/// Draws a share of one as a bar.
pub(in crate::ui) fn bar(ink: &mut Ink<'_>, area: Rect, share: f64, role: Role) {
    let [full, head, rest] = ink.glyphs.bar;
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let halves = (share * f64::from(area.width) * 2.0).round() as u16;
    let filled = Rect { width: halves / 2, ..area };
    ink.rule(area, rest, Role::Border);
    ink.rule(filled, full, role);
    if halves % 2 == 1 {
        ink.rule(Rect { x: filled.right(), width: 1, ..area }, head, role);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::config::theme::Theme;
    use crate::model::clock::Moment;
    use crate::ui::paint::glyphs;

    fn drawn(points: &[(u64, f64)], width: u16, graph: Graph) -> String {
        let mut series = Series::default();
        for &(secs, value) in points {
            series.push(Moment::from_millis(secs * 1000), value);
        }
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let mut ink = Ink { buffer: &mut buffer, theme: &theme, glyphs: glyphs::with(false, graph) };
        draw(&mut ink, area, &series, 0.0, Duration::from_secs(1), Role::Accent);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn the_unknown_is_blank_and_a_zero_is_not() {
        assert_eq!(drawn(&[], 2, Graph::Block), "  ");
        assert_eq!(drawn(&[(0, 0.0), (1, 0.0), (2, 0.0)], 1, Graph::Block), "▁");
        assert_eq!(drawn(&[(0, 0.0), (1, 4.0), (2, 0.0)], 2, Graph::Ascii), "_#");
        assert_eq!(drawn(&[(0, 0.0), (1, 0.1), (2, 50.0), (3, 100.0), (4, 0.0)], 4, Graph::Block), "▁▂▄▆");
    }

    #[test]
    fn braille_has_two_points_a_column() {
        let braille = |points: &[(u64, f64)], width| drawn(points, width, Graph::Braille);
        assert_eq!(braille(&[], 2), "  ");
        // The newest point is not full yet; the pairs are (0, 1) and (2, 3).
        assert_eq!(braille(&[(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (4, 9.0)], 2), "⣀⣀");
        assert_eq!(braille(&[(0, 0.0), (1, 10.0), (2, 50.0), (3, 100.0), (4, 0.0)], 2), "⣀⣾");
        // One more step, and the newest point stands alone in a column of its own.
        assert_eq!(braille(&[(1, 10.0), (2, 50.0), (3, 100.0), (4, 0.0), (5, 0.0)], 2), "⣾⡀");
        assert_eq!(braille(&[(2, 50.0), (3, 100.0), (4, 0.0), (5, 0.0), (6, 0.0)], 2), "⣾⣀");
    }

    #[test]
    fn a_longer_past_has_longer_steps() {
        let secs = Duration::from_secs;
        for (past, expected) in [(0, 5), (105, 5), (106, 10), (210, 10), (211, 20), (9_000, 20)] {
            assert_eq!(step(secs(1), secs(past), 14), secs(expected), "{past}");
        }
    }

    #[test]
    fn the_newest_step_waits_until_it_is_full() {
        let before = drawn(&[(0, 1.0), (1, 2.0), (2, 0.0)], 1, Graph::Block);
        let after = drawn(&[(0, 1.0), (1, 2.0), (2, 9.0)], 1, Graph::Block);
        assert_eq!(before, after);
    }
}
