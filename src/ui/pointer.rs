//! What lies under the mouse. The places come from the functions that draw: they can't part.

use ratatui::layout::{Position, Rect};

use super::input::Key;
use super::overlay::{palette, window};
use super::parts::List;
use super::state::{Column, FindingColumn, Overlay, Pane, UiState};
use super::view::View;
use super::watch::members;
use super::{key_line, layout, scan};

/// Something that can be clicked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A row of a list that shows something.
    Row(List, usize),
    /// A row of the table of jobs.
    Job(usize),
    /// A list, beside its rows.
    List(List),
    /// The title of a column of the members.
    Members(Column),
    /// The title of a column of the findings.
    Findings(FindingColumn),
    /// The map of the tree.
    Map,
    /// A pane, where it is no list.
    Pane(Pane),
    /// A key in the key line.
    Key(Key),
    /// A row of the facets.
    Facet(usize),
    /// A row of a list to choose from.
    Choice(usize),
    /// What lies over the panes.
    Overlay,
    /// Beside it.
    Outside,
    /// Nothing that would answer.
    Nothing,
}

/// What lies under this cell.
pub(super) fn target(view: &View<'_>, state: &UiState, column: u16, row: u16) -> Target {
    let at = Position::new(column, row);
    let screen = Rect::new(0, 0, state.size.0, state.size.1);
    let areas = layout::areas(screen, view, state);
    if state.overlay == Some(Overlay::Palette) && palette::area(screen).contains(at) {
        return palette::row_at(screen, view, state, row).map_or(Target::Overlay, Target::Choice);
    }
    if let Some(open) = state.overlay.as_ref().filter(|open| **open != Overlay::Palette)
        && window::area(screen, open, view, state).contains(at)
    {
        return match open {
            Overlay::Facets => {
                window::facet_at(screen, view, state, row).map_or(Target::Overlay, Target::Facet)
            }
            open if open.is_choice() => {
                window::choice_at(screen, view, state, row).map_or(Target::Overlay, Target::Choice)
            }
            _ => Target::Overlay,
        };
    }
    if areas.keys.contains(at) && state.filters.typed.is_none() && !state.is_typing {
        return key_line::key_at(areas.keys, view, state, column).map_or(Target::Nothing, Target::Key);
    }
    if state.overlay.is_some() {
        return Target::Outside;
    }
    if areas.summary.contains(at) {
        return Target::Pane(state.pane.other());
    }
    if areas.watch.contains(at) {
        return in_watch(view, state, &areas, at);
    }
    if areas.scan.contains(at) {
        return in_scan(view, state, &areas, at);
    }
    Target::Nothing
}

fn in_watch(view: &View<'_>, state: &UiState, areas: &layout::Areas, at: Position) -> Target {
    let (table, inside) = layout::jobs(areas, view, state);
    if table.rows.contains(at) {
        return Target::Job(table.top + usize::from(at.y - table.rows.y));
    }
    let members = view.job(state).map_or(0, |job| job.members.len());
    let watch = layout::watch(inside, members, state);
    let is_within = |area: Rect| area.contains(at);
    if is_within(watch.titles) {
        return members::sort_at(watch.titles, state, at.x)
            .map_or(Target::List(List::Members), Target::Members);
    }
    if is_within(watch.rows) {
        let n = state.members.top + usize::from(at.y - watch.rows.y);
        let is_row = n < state.lists.members.lines.len();
        return if is_row { Target::Row(List::Members, n) } else { Target::List(List::Members) };
    }
    if is_within(watch.log) || is_within(watch.log_title) {
        return Target::List(List::Log);
    }
    Target::Pane(Pane::Watch)
}

fn in_scan(view: &View<'_>, state: &UiState, areas: &layout::Areas, at: Position) -> Target {
    let parts = layout::scan(layout::inside(areas.scan, areas.is_framed), view.findings.len(), state);
    let is_within = |area: Rect| area.contains(at);
    if state.map.is_some() {
        return Target::Map;
    }
    if is_within(parts.titles) && !view.findings.is_empty() {
        return scan::pane::sort_at(parts.titles, state, at.x)
            .map_or(Target::List(List::Findings), Target::Findings);
    }
    if is_within(parts.rows) {
        let n = state.findings.top + usize::from(at.y - parts.rows.y);
        let is_row = n < state.lists.findings.rows.len();
        return if is_row { Target::Row(List::Findings, n) } else { Target::List(List::Findings) };
    }
    Target::Pane(Pane::Scan)
}

/// The list that a turn of the wheel scrolls here.
pub(super) const fn scrolled(target: &Target) -> Option<List> {
    match target {
        Target::Row(list, _) | Target::List(list) => Some(*list),
        Target::Members(_) | Target::Pane(Pane::Watch) => Some(List::Members),
        Target::Findings(_) | Target::Map | Target::Pane(Pane::Scan) => Some(List::Findings),
        Target::Key(_)
        | Target::Job(_)
        | Target::Facet(_)
        | Target::Choice(_)
        | Target::Overlay
        | Target::Outside
        | Target::Nothing => None,
    }
}
