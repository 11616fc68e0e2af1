//! What lies over the panes: each is a list of lines (`told` and others make them); a box in the middle shows as many as
//! have room and scrolls.

use ratatui::layout::Rect;

use crate::config::theme::Role;
use crate::model::metric::{self};
use crate::model::text::Text;
use crate::ui::answer::line::Line;
use crate::ui::overlay::facets::HEADINGS;
use crate::ui::overlay::told::{alerts, finding, leaving, member, this_scan};
use crate::ui::overlay::{help, palette};
use crate::ui::paint::ink::{Ink, Row, row, wrap};
use crate::ui::state::{Overlay, UiState};
use crate::ui::view::View;
use crate::ui::{deed, diagnosis, jobs, sources};

/// Columns that a box takes at most: longer lines are hard to read.
const WIDEST: u16 = 84;

/// Longest a text may get before it is cut, in rows.
const ROWS_A_TEXT: usize = 6;

/// One line: a short text at the left, and the rest.
pub(in crate::ui) struct Said {
    left: String,
    left_role: Role,
    text: String,
    role: Role,
    /// The row of a choice that it belongs to.
    row: Option<usize>,
    /// A line that was laid out already; it stands in the place of all this.
    line: Option<Line>,
}

impl Said {
    pub(in crate::ui) fn new(left: &str, left_role: Role, text: &str, role: Role) -> Self {
        Self { left: left.to_owned(), left_role, text: text.to_owned(), role, row: None, line: None }
    }

    /// The same as a part of this row.
    pub(in crate::ui) fn of_row(self, row: usize) -> Self {
        Self { row: Some(row), ..self }
    }

    /// A line that was laid out already.
    pub(in crate::ui) fn laid_out(line: Line) -> Self {
        Self { line: Some(line), ..Self::plain("", Role::Text) }
    }

    pub(in crate::ui) fn plain(text: &str, role: Role) -> Self {
        Self::new("", Role::Text, text, role)
    }

    pub(super) fn fact(label: &str, text: &str) -> Self {
        Self::new(label, Role::Dim, text, Role::Text)
    }
}

/// The line that stands on top: the wished one, but so that the box stays full and a chosen row is in sight.
pub(in crate::ui) fn top(screen: Rect, overlay: &Overlay, view: &View<'_>, state: &UiState) -> u16 {
    let (lines, area) = placed(screen, overlay, view, state);
    let height = area.height.saturating_sub(2).max(1);
    let last = (lines.len() as u16).saturating_sub(height);
    let mut top = state.overlay_top.min(last);
    let is_chosen = |said: &Said| overlay.is_choice() && said.row == Some(state.overlay_row);
    if let (Some(first), Some(end)) = (lines.iter().position(is_chosen), lines.iter().rposition(is_chosen)) {
        top = top.max((end as u16 + 1).saturating_sub(height)).min(first as u16);
        // What stands above the first row is its heading.
        top = if state.overlay_row == 0 && end < usize::from(height) { 0 } else { top };
    }
    top
}

/// Draws the box over the panes.
pub(in crate::ui) fn draw(
    ink: &mut Ink<'_>,
    screen: Rect,
    overlay: &Overlay,
    view: &View<'_>,
    state: &UiState,
) {
    if *overlay == Overlay::Palette {
        palette::draw(ink, screen, view, state);
        return;
    }
    let (lines, area) = placed(screen, overlay, view, state);
    ink.clear(area);
    let inside = if is_framed(area) {
        let inside = ink.frame(area, title(overlay), Role::Focus);
        Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
    } else {
        area
    };
    let last = lines.len().saturating_sub(usize::from(inside.height));
    let top = usize::from(state.overlay_top).min(last);
    for (n, said) in (0..inside.height).zip(&lines[top..]) {
        let area = row(inside, n);
        if let Some(line) = &said.line {
            let mut cells = Row::new(ink, area);
            for (text, role) in line {
                cells.text(text, *role);
            }
            continue;
        }
        let indent = indent(overlay);
        ink.put(area, &said.left, said.left_role);
        let text =
            Rect { x: area.x + indent.min(area.width), width: area.width.saturating_sub(indent), ..area };
        if said.left.is_empty() && indent > 4 && said.role == Role::Title {
            ink.put(area, &said.text, said.role);
        } else {
            ink.put(text, &said.text, said.role);
        }
        if overlay.is_choice() && said.row == Some(state.overlay_row) {
            ink.tint(area, Role::Selected);
        }
    }
    if top < last && area.height > 2 {
        let more = format!(" {} more ", last - top);
        let line = Rect { y: area.bottom() - 1, height: 1, width: area.width.saturating_sub(2), ..area };
        ink.put_right(line, &more, Role::Dim);
    }
}

const fn title(overlay: &Overlay) -> &'static str {
    match overlay {
        Overlay::Help => "Help",
        Overlay::Palette => "Actions",
        Overlay::Alerts => "Alerts",
        Overlay::Member(_) => "Member",
        Overlay::Finding => "Finding",
        Overlay::Scan => "This scan",
        Overlay::Facets => "What the findings have in common",
        Overlay::Leaving => "Leave",
        Overlay::Freeze => "Freeze",
        Overlay::Signal(_) | Overlay::Confirm(_) => "Signal",
        Overlay::Sources => "Where progress is read from",
        Overlay::Jobs => "Jobs",
        Overlay::Diagnosis(_) => "Why does it hang?",
    }
}

/// Columns of the short text at the left.
const fn indent(overlay: &Overlay) -> u16 {
    match overlay {
        Overlay::Help => help::INDENT,
        Overlay::Palette | Overlay::Diagnosis(_) => 0,
        Overlay::Alerts => 2,
        Overlay::Facets => 10,
        Overlay::Member(_) | Overlay::Finding | Overlay::Scan => 12,
        Overlay::Leaving | Overlay::Freeze | Overlay::Confirm(_) => 8,
        Overlay::Signal(_) => 2,
        Overlay::Sources | Overlay::Jobs => 2,
    }
}

/// What a box may cover: not the keys that it is left with, where they have a row.
pub(super) const fn above_keys(screen: Rect) -> Rect {
    let height = if screen.height >= 5 { screen.height - 1 } else { screen.height };
    Rect { height, ..screen }
}

const fn margin(width: u16) -> u16 {
    if width >= 60 { 8 } else { 0 }
}

/// The columns that a line of a choice has.
pub(in crate::ui) fn text_width(state: &UiState) -> u16 {
    page_width(state).saturating_sub(indent(&Overlay::Jobs))
}

/// The columns inside a box.
pub(in crate::ui) fn page_width(state: &UiState) -> u16 {
    state.size.0.saturating_sub(margin(state.size.0)).min(WIDEST).saturating_sub(4)
}

/// The lines of an overlay, and its box in the middle of the screen.
fn placed(screen: Rect, overlay: &Overlay, view: &View<'_>, state: &UiState) -> (Vec<Said>, Rect) {
    let screen = above_keys(screen);
    let margin = margin(screen.width);
    let width = screen.width.saturating_sub(margin).min(WIDEST);
    let text_width = width.saturating_sub(4 + indent(overlay));
    let mut lines = Vec::new();
    for said in said(overlay, view, state) {
        if said.line.is_some() {
            lines.push(said);
            continue;
        }
        let mut left = (said.left, said.left_role);
        // A facet is one row, so that a row is a facet.
        let most = if *overlay == Overlay::Facets { 1 } else { ROWS_A_TEXT };
        for text in wrap(&said.text, text_width.max(8), most) {
            let Said { role, row, .. } = said;
            lines.push(Said { left: left.0, left_role: left.1, text, role, row, line: None });
            left = (String::new(), Role::Text);
        }
    }
    let height = (lines.len() as u16).saturating_add(2).min(screen.height);
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (screen.height - height) / 2;
    (lines, Rect { x, y, width, height })
}

fn said(overlay: &Overlay, view: &View<'_>, state: &UiState) -> Vec<Said> {
    match overlay {
        Overlay::Help => help::said(view, state),
        Overlay::Palette => Vec::new(),
        Overlay::Alerts => alerts(view, state),
        Overlay::Member(id) => member(view, state, id),
        Overlay::Finding => {
            state.chosen_finding(view.findings).map_or_else(Vec::new, |(_, f)| finding(f, view, state))
        }
        Overlay::Facets => facets(state).into_iter().map(|(said, _)| said).collect(),
        Overlay::Scan => this_scan(view),
        Overlay::Leaving => leaving(view, state),
        Overlay::Freeze => deed::freeze(view, state),
        Overlay::Signal(aim) => deed::signals(view, state, aim),
        Overlay::Confirm(act) => deed::confirm(view, state, act),
        Overlay::Sources => sources::lines(view, state),
        Overlay::Jobs => jobs::lines(view, state),
        Overlay::Diagnosis(pid) => diagnosis::lines(view, state, *pid),
    }
}

/// The facets under their headings, each with its place among them.
fn facets(state: &UiState) -> Vec<(Said, Option<usize>)> {
    let mut lines = Vec::new();
    let mut heading = "";
    let (at, chosen) = &state.facets;
    for (n, facet) in state.lists.findings.facets.iter().enumerate() {
        let name = HEADINGS.iter().find(|(field, _)| *field == facet.field).map_or("", |(_, name)| name);
        if name != heading {
            if !heading.is_empty() {
                lines.push((Said::plain("", Role::Text), None));
            }
            lines.push((Said::plain(name, Role::Title), None));
            heading = name;
        }
        let is_chosen = chosen.iter().any(|(field, value)| (*field, value) == (facet.field, &facet.value));
        let mark = if is_chosen { "x" } else { " " };
        let left = format!("[{mark}] {:>5}", metric::count(facet.count as u64));
        let role = if n == *at { Role::Selected } else { Role::Text };
        let label = Text::new(&facet.label);
        lines.push((Said::new(&left, Role::Dim, &label, role), Some(n)));
    }
    if lines.is_empty() {
        lines.push((Said::plain("There are no findings to count.", Role::Dim), None));
    }
    lines
}

/// The line on which a facet stands.
pub(in crate::ui) fn facet_line(state: &UiState, facet: usize) -> usize {
    facets(state).iter().position(|(_, n)| *n == Some(facet)).unwrap_or(0)
}

/// The facet in a row of the screen, where the facets are open.
pub(in crate::ui) fn facet_at(screen: Rect, view: &View<'_>, state: &UiState, row: u16) -> Option<usize> {
    let area = area(screen, &Overlay::Facets, view, state);
    let edge = u16::from(is_framed(area));
    let inside = area.height.saturating_sub(2 * edge);
    let line = row.checked_sub(area.y + edge).filter(|line| *line < inside)? + state.overlay_top;
    facets(state).get(usize::from(line)).and_then(|(_, n)| *n)
}

/// The row to choose in a row of the screen, where a list to choose from is open.
pub(in crate::ui) fn choice_at(screen: Rect, view: &View<'_>, state: &UiState, row: u16) -> Option<usize> {
    let (lines, area) = placed(screen, state.overlay.as_ref()?, view, state);
    let edge = u16::from(is_framed(area));
    let inside = area.height.saturating_sub(2 * edge);
    let line = row.checked_sub(area.y + edge).filter(|line| *line < inside)? + state.overlay_top;
    lines.get(usize::from(line)).and_then(|said| said.row)
}

/// Where an overlay stands.
pub(in crate::ui) fn area(screen: Rect, overlay: &Overlay, view: &View<'_>, state: &UiState) -> Rect {
    placed(screen, overlay, view, state).1
}

const fn is_framed(area: Rect) -> bool {
    area.height > 2 && area.width > 8
}
