//! A secret in clear text, for as long as its key is held: a box over everything that says so in large.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

use crate::config::theme::Role;
use crate::model::text::Text;
use crate::ui::paint::ink::{Ink, keep_end, row};
use crate::ui::state::Revealed;

/// Columns that the box takes at most.
const WIDEST: u16 = 100;

/// Draws the box; nothing before the secret has come.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, screen: Rect, revealed: &Revealed) {
    let Some(secret) = &revealed.secret else { return };
    let width = screen.width.min(WIDEST);
    let room = width.saturating_sub(4);
    let lines = broken(secret.clear(), room);
    let height = (lines.len() as u16).saturating_add(4).min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    ink.clear(area);
    let inside = ink.frame(area, "", Role::Bad);
    let inside = if inside.is_empty() { area } else { inside };
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let mark = ink.put(row(inside, 0), " SHOWN ", Role::Selected);
    let rest =
        Rect { x: inside.x + mark + 2, width: inside.width.saturating_sub(mark + 2), ..row(inside, 0) };
    ink.put(rest, "let go of s to hide it", Role::Dim);
    let finding = &revealed.finding;
    let place = Text::new(&format!("{}:{}", finding.path.display(), finding.line));
    ink.put(row(inside, 1), &keep_end(&place, inside.width, ink.glyphs.cut), Role::Dim);
    for (n, line) in (2..inside.height).zip(&lines) {
        ink.put(row(inside, n), line, Role::Title);
    }
}

/// The secret in rows of this many columns; what could steer the terminal is written out.
fn broken(secret: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut rows = Vec::new();
    for line in secret.lines() {
        let (mut current, mut used) = (String::new(), 0);
        for c in Text::new(line).as_str().chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width {
                rows.push(std::mem::take(&mut current));
                used = 0;
            }
            current.push(c);
            used += wide;
        }
        rows.push(current);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_broken_into_rows_and_steers_nothing() {
        assert_eq!(broken("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(broken("one\ntwo", 10), ["one", "two"]);
        assert_eq!(broken("\u{1b}[2J", 10), ["\\x1b[2J"]);
        assert_eq!(broken("日本語", 4), ["日本", "語"]);
    }
}
