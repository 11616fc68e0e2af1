//! The palette's box: a line to type in, and the actions that its words find.
//!
//! ```text
//! ╭ Actions ──────────────────────────────────╮
//! │ > sor                                     │
//! │ sort-left   sort by the column to the …  <│
//! ╰───────────────────────────────────────────╯
//! ```

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr;

use super::window::above_keys;
use crate::config::theme::Role;
use crate::ui::paint::ink::{Ink, Row, row};
use crate::ui::palette::found;
use crate::ui::state::UiState;
use crate::ui::view::View;

/// Columns that the box takes at most.
const WIDEST: u16 = 84;

/// Rows that it takes at most: it lists what was looked for, and is no second help.
const HIGHEST: u16 = 18;

/// The place of the box.
pub(in crate::ui) fn area(screen: Rect) -> Rect {
    let screen = above_keys(screen);
    let margin = if screen.width >= 60 { 8 } else { 0 };
    let width = screen.width.saturating_sub(margin).min(WIDEST);
    // As high with one action found as with all: a box that jumps while one types is hard to look at.
    let height = HIGHEST.min(screen.height);
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (screen.height - height) / 3;
    Rect { x, y, width, height }
}

/// The first action in sight.
fn top(state: &UiState, found: usize, height: u16) -> usize {
    let chosen = state.palette.chosen.min(found.saturating_sub(1));
    (chosen + 1).saturating_sub(usize::from(height))
}

/// The action in a row of the screen.
pub(in crate::ui) fn row_at(screen: Rect, view: &View<'_>, state: &UiState, row: u16) -> Option<usize> {
    let area = area(screen);
    let edge = u16::from(area.height > 2 && area.width > 8);
    let height = area.height.saturating_sub(1 + 2 * edge);
    let line = row.checked_sub(area.y + edge + 1).filter(|line| *line < height)?;
    let found = found(state, view).len();
    Some(top(state, found, height) + usize::from(line)).filter(|n| *n < found)
}

/// Draws the box over the panes.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, screen: Rect, view: &View<'_>, state: &UiState) {
    let found = found(state, view);
    let area = area(screen);
    let Rect { width, height, .. } = area;
    ink.clear(area);
    let inside = if height > 2 && width > 8 {
        let inside = ink.frame(area, "Actions", Role::Focus);
        Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
    } else {
        area
    };
    line(ink, row(inside, 0), state);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if found.is_empty() {
        ink.put(list, "no action has these words; Backspace takes letters back", Role::Dim);
        return;
    }
    let chosen = state.palette.chosen.min(found.len() - 1);
    let top = top(state, found.len(), list.height);
    let names = found.iter().map(|row| row.action().name().len()).max().unwrap_or(0);
    for (n, (place, action)) in (0..list.height).zip(found.iter().enumerate().skip(top)) {
        let area = row(list, n);
        let keys = action.written();
        let mut cells = Row::new(ink, area);
        cells.left(names as u16, action.action().name(), Role::Text).gap(2);
        let keys_width = (keys.width() as u16).min(cells.room());
        let about = cells.room().saturating_sub(keys_width + 2);
        if usize::from(about) >= 12 {
            cells.left(about, action.binding.words, Role::Dim);
        } else {
            cells.gap(about);
        }
        let rest = cells.room();
        cells.right(rest, &keys, Role::Key);
        if place == chosen {
            ink.tint(area, Role::Selected);
        }
    }
}

/// What was typed, with the cursor in it.
fn line(ink: &mut Ink<'_>, area: Rect, state: &UiState) {
    let mut cells = Row::new(ink, area);
    cells.text("> ", Role::Key);
    let width = cells.room();
    let place = cells.take(width);
    if place.is_empty() {
        return;
    }
    let (seen, column) = state.palette.entry.seen(width);
    if seen.is_empty() {
        let hint = Rect { x: place.x + 1, width: place.width - 1, ..place };
        ink.put(hint, "a word of what you want to do", Role::Dim);
    }
    ink.put(place, seen, Role::Text);
    let cursor = Rect { x: place.x + column.min(width - 1), width: 1, height: 1, ..place };
    for position in cursor.intersection(ink.buffer.area).positions() {
        ink.buffer[position].modifier |= Modifier::REVERSED;
    }
}
