//! The past of a gauge as a row of braille: two points a character, four levels each.
//!
//! Only full steps are drawn, and a step is several snapshots long: a graph that moves with every snapshot is
//! what makes other monitors send kilobytes a second.

use std::time::Duration;

use ratatui::layout::Rect;

use super::ink::Ink;
use crate::config::theme::Role;
use crate::model::series::Series;

/// Snapshots that become one point of a graph.
const SNAPSHOTS_A_STEP: u32 = 5;

/// The braille dots of the left and of the right half of a character, from the bottom up.
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

/// ASCII stand-ins for nothing measured, zero and the four levels.
const ASCII_LEVELS: [&str; 5] = [" ", "_", ".", "=", "#"];

/// How long one point of a graph is.
pub(super) fn step(interval: Duration) -> Duration {
    interval.saturating_mul(SNAPSHOTS_A_STEP).max(Duration::from_secs(1))
}

/// Draws `series` into the first row of `area`, newest at the right. What was not measured stays blank, and a
/// zero has a dot: the two must not look the same. The graph reaches up to `top`, or further if a value does.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, series: &Series, top: f64, step: Duration, role: Role) {
    let area = area.intersection(ink.buffer.area);
    if area.is_empty() {
        return;
    }
    let cells = usize::from(area.width);
    let halves = if ink.glyphs.has_braille { 2 } else { 1 };
    // One more than needed: the newest step is not full yet, and its mean still moves.
    let mut points = series.steps(cells * halves + 1, step);
    points.pop();
    let top = points.iter().flatten().copied().fold(top, f64::max);
    let levels: Vec<usize> = points.into_iter().map(|point| level(point, top)).collect();
    let style = ink.style(role);
    for (x, cell) in (area.left()..area.right()).zip(levels.chunks(halves)) {
        let target = &mut ink.buffer[(x, area.y)];
        match cell {
            [left, right] => {
                let dots = (0..*left).map(|i| DOTS[0][i]).chain((0..*right).map(|i| DOTS[1][i])).sum::<u32>();
                if let Some(symbol) = char::from_u32(0x2800 + dots).filter(|_| dots > 0) {
                    target.set_char(symbol).set_style(style);
                }
            }
            [one] => {
                target.set_symbol(ASCII_LEVELS[*one]).set_style(style);
            }
            _ => {}
        }
    }
}

/// 0 for nothing measured, 1 for zero up to 4 for the highest value in sight.
fn level(point: Option<f64>, top: f64) -> usize {
    match point {
        None => 0,
        Some(value) if top > 0.0 && value > 0.0 => 1 + ((value / top) * 3.0).round().clamp(0.0, 3.0) as usize,
        Some(_) => 1,
    }
}

/// Draws a share of one as a bar.
pub(super) fn bar(ink: &mut Ink<'_>, area: Rect, share: f64, role: Role) {
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
    use crate::ui::glyphs;

    fn drawn(points: &[(u64, f64)], width: u16, is_ascii: bool) -> String {
        let mut series = Series::default();
        for &(secs, value) in points {
            series.push(Moment::from_millis(secs * 1000), value);
        }
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let mut ink = Ink { buffer: &mut buffer, theme: &theme, glyphs: glyphs::of(is_ascii) };
        draw(&mut ink, area, &series, 0.0, Duration::from_secs(1), Role::Accent);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn the_unknown_is_blank_and_a_zero_is_not() {
        assert_eq!(drawn(&[], 2, false), "  ");
        assert_eq!(drawn(&[(0, 0.0), (1, 0.0), (2, 0.0)], 1, false), "⣀");
        assert_eq!(drawn(&[(0, 0.0), (1, 4.0), (2, 0.0)], 2, true), "_#");
    }

    #[test]
    fn the_newest_step_waits_until_it_is_full() {
        let before = drawn(&[(0, 1.0), (1, 2.0), (2, 0.0)], 1, false);
        let after = drawn(&[(0, 1.0), (1, 2.0), (2, 9.0)], 1, false);
        assert_eq!(before, after);
    }
}
