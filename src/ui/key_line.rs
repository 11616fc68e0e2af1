//! The keys that do something now, as far as there is room; the ways out and to all keys stay at the right end.
//!
//! Where each of them stands is told by one function, for the eyes and for the mouse.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::deed;
use super::input::Key;
use super::keys::Action;
use super::offer::offered_now;
use super::paint::ink::{Ink, Row};
use super::state::UiState;
use super::view::View;
use crate::config::theme::Role;

/// Ways out and to all keys: they have room at any width.
const WAYS_OUT: [Action; 2] = [Action::Quit, Action::Help];

/// Columns between two of them.
const GAP: usize = 2;

/// What the line says of an action: its keys, and a word where there is room.
struct Piece {
    action: Action,
    keys: String,
    word: &'static str,
    key: Key,
}

impl Piece {
    fn width(&self) -> usize {
        let word = if self.word.is_empty() { 0 } else { self.word.width() + 1 };
        self.keys.width() + word
    }
}

/// A piece with its place.
struct Placed {
    area: Rect,
    piece: Piece,
}

/// What the line says of each action that does something now, what matters most first. Actions that share their
/// word share their place, too.
fn pieces(state: &UiState, view: &View<'_>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for row in offered_now(state, view) {
        let (Some(word), Some(&key)) = (row.binding.short, row.keys.first()) else { continue };
        match pieces.last_mut() {
            Some(before) if before.word == word => before.keys = format!("{} {key}", before.keys),
            _ => pieces.push(Piece { action: row.action(), keys: key.to_string(), word, key }),
        }
    }
    if deed::is_pressing(view.job(state)) {
        pieces.sort_by_key(|piece| piece.action != Action::Freeze);
    } else if view.snapshot.active_alerts().next().is_some() {
        pieces.sort_by_key(|piece| piece.action != Action::Alerts);
    }
    pieces
}

/// The pieces in their places. What was just said to the user takes the place of all but the ways out.
fn placed(area: Rect, view: &View<'_>, state: &UiState) -> Vec<Placed> {
    let mut pieces = pieces(state, view);
    let mut outs: Vec<Piece> = pieces.extract_if(.., |piece| WAYS_OUT.contains(&piece.action)).collect();
    let room = usize::from(area.width.saturating_sub(2));
    let width = |pieces: &[Piece]| pieces.iter().map(|piece| piece.width() + GAP).sum::<usize>();
    if width(&outs) > room + GAP {
        for piece in &mut outs {
            piece.word = "";
        }
    }
    let reserved = width(&outs);
    let mut line = Vec::new();
    let mut x = usize::from(area.x) + 1;
    let end = usize::from(area.right()).saturating_sub(reserved + 1);
    for piece in pieces.into_iter().filter(|_| state.word.is_none()) {
        if x + piece.width() <= end {
            let area = Rect { x: x as u16, width: piece.width() as u16, ..area };
            x += piece.width() + GAP;
            line.push(Placed { area, piece });
        }
    }
    let mut x = (usize::from(area.right()) + 1).saturating_sub(reserved).max(usize::from(area.x));
    for piece in outs {
        let width = piece.width().min(usize::from(area.right()).saturating_sub(x));
        line.push(Placed { area: Rect { x: x as u16, width: width as u16, ..area }, piece });
        x += width + GAP;
    }
    line
}

/// The key that stands in this column. One that ends the job is for the keyboard: the line changes under the mouse
/// when the question opens, and a second click must not answer it.
pub(super) fn key_at(area: Rect, view: &View<'_>, state: &UiState, column: u16) -> Option<Key> {
    let placed = placed(area, view, state);
    let hit = placed.iter().find(|key| (key.area.left()..key.area.right()).contains(&column))?;
    let is_question = state.overlay.as_ref().is_some_and(deed::is_about_a_job);
    let is_answer = is_question && hit.piece.action.acts_on_the_world();
    (!is_answer).then_some(hit.piece.key)
}

/// Draws the line.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let placed = placed(area, view, state);
    if let Some((word, _)) = &state.word {
        let end = placed.first().map_or(area.right(), |key| key.area.x.saturating_sub(GAP as u16));
        let room = Rect { x: area.x + 1, width: end.saturating_sub(area.x + 1), ..area };
        ink.put(room, word, Role::Accent);
    }
    for Placed { area, piece } in placed {
        let mut line = Row::new(ink, area);
        line.text(&piece.keys, Role::Key);
        if !piece.word.is_empty() {
            line.gap(1).text(piece.word, Role::Dim);
        }
    }
}
