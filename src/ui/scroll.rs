//! Moving in the lists: choosing rows, scrolling, sorting, folding, and showing parts of the screen.

use ratatui::layout::Rect;

use super::keys::Step;
use super::overlay::{facets, window};
use super::parts::{List, Part};
use super::scan::{actions, map};
use super::state::{COLUMNS, Column, FINDING_COLUMNS, FindingColumn, FindingKey, Overlay, Pane, UiState};
use super::view::View;
use super::watch::log;
use super::watch::tree::{self, Turn};
use super::{choice, layout, palette};

/// Columns that long lines move by.
const SIDE: usize = 16;
/// Rows that one turn of the wheel moves.
const WHEEL: usize = 3;

/// The rows of a list on the screen; empty where it is not in sight.
fn rows_of(state: &UiState, view: &View<'_>, list: List) -> Rect {
    let areas = layout::areas(Rect::new(0, 0, state.size.0, state.size.1), view, state);
    let members = view.job(state).map_or(0, |job| job.members.len());
    let watch = || layout::watch(layout::jobs(&areas, view, state).1, members, state);
    match list {
        List::Members => watch().rows,
        List::Log => layout::log(watch().log, view, state).0,
        List::Findings => {
            layout::scan(layout::inside(areas.scan, areas.is_framed), view.findings.len(), state).rows
        }
    }
}

/// Brings the first rows shown in line with what there is and what is chosen.
pub(super) fn settle(state: &mut UiState, view: &View<'_>) {
    let job = view.job(state);
    // What the filter leaves out stays chosen; what is gone does not.
    let is_there = |id: &_| job.is_some_and(|job| job.members.binary_search_by(|m| m.id.cmp(id)).is_ok());
    if !state.members.chosen.as_ref().is_some_and(is_there) {
        state.members.chosen = None;
    }
    state.find_rows(view);
    if state.hidden.has(Part::Log) {
        state.is_in_log = false;
    } else if state.hidden.has(Part::Members) {
        state.is_in_log = true;
    }
    let rows = rows_of(state, view, List::Members);
    let at = state.members.row.filter(|_| !state.members.is_away);
    let len = state.lists.members.lines.len();
    state.members.top = layout::scrolled(state.members.top, at, rows.height, len);
    let rows = rows_of(state, view, List::Findings);
    let at = state.findings.row.filter(|_| !state.findings.is_away);
    let len = state.lists.findings.rows.len();
    state.findings.top = layout::scrolled(state.findings.top, at, rows.height, len);
    state.facets.0 = state.facets.0.min(state.lists.findings.facets.len().saturating_sub(1));
}

/// Moves in what has the keys.
pub(super) fn by_key(state: &mut UiState, view: &View<'_>, step: Step) {
    if state.overlay == Some(Overlay::Palette) {
        let count = palette::found(state, view).len();
        palette::choose(&mut state.palette, step, count);
        return;
    }
    if let Some(open) = state.overlay.as_ref().filter(|open| open.is_choice()) {
        let keys = choice::keys(open, view, state);
        state.overlay_row = stepped(state.overlay_row, step, state.size.1 / 3, keys.len());
        state.overlay_choice = keys.get(state.overlay_row).cloned();
        return;
    }
    if let Some(open) = &state.overlay {
        if *open == Overlay::Facets {
            move_facet(state, view, step);
            return;
        }
        let height = state.size.1.saturating_sub(2);
        let at = stepped(usize::from(state.overlay_top), step, height, usize::from(u16::MAX) + 1);
        // The end of the list is not known here; the settling brings it back to the last screenful.
        state.overlay_top = at as u16;
        return;
    }
    let list = state.focus();
    let rows = rows_of(state, view, list);
    match list {
        List::Findings if state.map.is_some() => move_on_map(state, view, step),
        List::Members => {
            let to = next(state.members.row, step, rows.height, state.lists.members.lines.len());
            choose(state, view, list, to);
        }
        List::Findings => {
            let to = next(state.findings.row, step, rows.height, state.lists.findings.rows.len());
            choose(state, view, list, to);
        }
        List::Log => {
            let Some(job) = view.job(state) else { return };
            let lines = &state.lists.log;
            let at = log::top(&job.log, lines, state.log, rows);
            let len = log::last_top(&job.log, lines, state.log, rows) + 1;
            let to = stepped(at, step, rows.height, len);
            state.log = log::place_at(&job.log, lines, state.log, rows, to);
        }
    }
}

fn move_on_map(state: &mut UiState, view: &View<'_>, step: Step) {
    let areas = layout::areas(Rect::new(0, 0, state.size.0, state.size.1), view, state);
    let (Some(place), Some(tally)) = (&mut state.map, view.tally) else { return };
    let height = map::areas(layout::inside(areas.scan, areas.is_framed)).rows.height;
    let (rows, at) = actions::map_rows(place, &tally.map);
    let to = next(at, step, height, rows.len());
    place.rows.chosen = rows.get(to).map(|row| row.name.clone());
}

/// Chooses row `n` of a list.
pub(super) fn choose(state: &mut UiState, view: &View<'_>, list: List, n: usize) {
    match list {
        List::Members => {
            let member = state.lists.members.lines.get(n).map(|line| line.place);
            let job = view.job(state);
            let member = member.and_then(|place| job.and_then(|job| job.members.get(place)));
            state.members.chosen = member.map(|member| member.id.clone());
            state.members.is_away = false;
        }
        List::Findings => {
            let place = state.lists.findings.rows.place(n);
            state.findings.chosen =
                place.and_then(|at| view.findings.get(at)).map(|found| FindingKey::of(found));
            state.findings.row = Some(n);
            state.findings.is_away = false;
        }
        List::Log => {}
    }
}

/// Scrolls a list without choosing another row.
pub(super) fn by_wheel(state: &mut UiState, view: &View<'_>, list: List, is_up: bool) {
    let turned = |at: usize| if is_up { at.saturating_sub(WHEEL) } else { at + WHEEL };
    let rows = rows_of(state, view, list);
    let is_out = |row: Option<usize>, top: usize| {
        row.is_some_and(|row| row < top || row >= top + usize::from(rows.height))
    };
    match list {
        List::Members => {
            let last = state.lists.members.lines.len().saturating_sub(rows.height.into());
            state.members.top = turned(state.members.top).min(last);
            state.members.is_away = is_out(state.members.row, state.members.top);
        }
        List::Findings if state.map.is_some() => {
            move_on_map(state, view, if is_up { Step::Up } else { Step::Down });
        }
        List::Findings => {
            let last = state.lists.findings.rows.len().saturating_sub(rows.height.into());
            state.findings.top = turned(state.findings.top).min(last);
            state.findings.is_away = is_out(state.findings.row, state.findings.top);
        }
        List::Log => {
            let Some(job) = view.job(state) else { return };
            let lines = &state.lists.log;
            let to = turned(log::top(&job.log, lines, state.log, rows));
            state.log = log::place_at(&job.log, lines, state.log, rows, to);
        }
    }
}

/// Scrolls the overlay; its end is found by the settling.
pub(super) fn overlay_by_wheel(state: &mut UiState, view: &View<'_>, is_up: bool) {
    // In a list to choose from the chosen row is what scrolls.
    if state.overlay.as_ref().is_some_and(|open| open.is_choice() || *open == Overlay::Palette) {
        by_key(state, view, if is_up { Step::Up } else { Step::Down });
        return;
    }
    let by = WHEEL as u16;
    state.overlay_top =
        if is_up { state.overlay_top.saturating_sub(by) } else { state.overlay_top.saturating_add(by) };
}

fn move_facet(state: &mut UiState, view: &View<'_>, step: Step) {
    let height = window::area(screen(state), &Overlay::Facets, view, state).height.saturating_sub(2);
    state.facets.0 = stepped(state.facets.0, step, height, state.lists.findings.facets.len());
    let line = window::facet_line(state, state.facets.0);
    // The first heading is to be seen with the first facet.
    let line = if state.facets.0 == 0 { 0 } else { line };
    state.overlay_top = layout::scrolled(state.overlay_top.into(), Some(line), height, usize::MAX) as u16;
}

fn screen(state: &UiState) -> Rect {
    Rect::new(0, 0, state.size.0, state.size.1)
}

/// Chooses the facet with the keys, or no more.
pub(super) fn mark_facet(state: &mut UiState) {
    let (at, chosen) = &mut state.facets;
    let Some(facet) = state.lists.findings.facets.get(*at) else { return };
    let term = (facet.field, facet.value.clone());
    match chosen.iter().position(|known| *known == term) {
        Some(known) => _ = chosen.remove(known),
        None => chosen.push(term),
    }
}

/// Filters by the chosen facets; by the one with the keys where none is chosen.
pub(super) fn use_facets(state: &mut UiState) {
    if state.facets.1.is_empty() {
        mark_facet(state);
    }
    let terms = facets::terms(&std::mem::take(&mut state.facets.1));
    if !terms.is_empty() {
        state.filters.of_mut(List::Findings).add(&terms, List::Findings);
    }
}

/// Sorts by the column `steps` further to the right.
pub(super) fn sort_by_step(state: &mut UiState, is_right: bool) {
    fn beside<T: Copy + PartialEq>(all: &[T], of: T, is_right: bool) -> T {
        let at = all.iter().position(|&one| one == of).unwrap_or(0);
        all[(at + if is_right { 1 } else { all.len() - 1 }) % all.len()]
    }
    if state.focus() == List::Findings {
        state.finding_column = beside(&FINDING_COLUMNS, state.finding_column, is_right);
    } else {
        state.column = beside(&COLUMNS, state.column, is_right);
        state.is_tree = false;
    }
}

/// Sorts by a column, in its usual direction.
pub(super) fn sort_by(state: &mut UiState, column: Column) {
    state.column = column;
    state.is_reversed = false;
    state.is_tree = false;
}

/// A click on a title sorts by it, and another one reverses.
pub(super) fn sort_by_click(state: &mut UiState, column: Column) {
    if state.column == column && !state.is_tree {
        state.is_reversed = !state.is_reversed;
    } else {
        sort_by(state, column);
    }
}

/// The same for the findings.
pub(super) fn sort_findings_by_click(state: &mut UiState, column: FindingColumn) {
    if state.finding_column == column {
        state.is_finding_reversed = !state.is_finding_reversed;
    } else {
        state.finding_column = column;
        state.is_finding_reversed = false;
    }
}

/// Turns the order of the list with the keys round.
pub(super) const fn reverse(state: &mut UiState) {
    match state.pane {
        Pane::Scan => state.is_finding_reversed = !state.is_finding_reversed,
        Pane::Watch => state.is_reversed = !state.is_reversed,
    }
}

/// Folds the chosen row of the tree or goes up, or, to the right, unfolds it.
pub(super) fn turn(state: &mut UiState, view: &View<'_>, is_right: bool) {
    let (Some(job), Some(at), true) = (view.job(state), state.members.row, state.is_tree) else {
        return;
    };
    let lines = &state.lists.members.lines;
    let turn =
        if is_right { tree::right(&job.members, lines, at) } else { tree::left(&job.members, lines, at) };
    match turn {
        Some(Turn::Fold(id)) => {
            // Who is gone needs no fold.
            state.folded.retain(|id| job.members.binary_search_by(|member| member.id.cmp(id)).is_ok());
            state.folded.push(id);
        }
        Some(Turn::Unfold(id)) => state.folded.retain(|folded| *folded != id),
        Some(Turn::Up(id)) => state.members.chosen = Some(id),
        None => {}
    }
}

/// Moves long lines sideways, as far as there are any.
pub(super) fn sideways(state: &mut UiState, view: &View<'_>, is_right: bool) {
    let Some(job) = view.job(state) else { return };
    let room = usize::from(rows_of(state, view, List::Log).width);
    let most = log::widest(&job.log, &state.lists.log).saturating_sub(room);
    let shift = state.log.shift;
    state.log.shift =
        if is_right { (shift + SIDE).min(most).max(shift.min(most)) } else { shift.saturating_sub(SIDE) };
    state.log.is_wrapped = false;
}

/// Wraps long lines, or cuts them.
pub(super) const fn wrap(state: &mut UiState) {
    state.log.is_wrapped = !state.log.is_wrapped;
    state.log.shift = 0;
}

/// Follows the newest line or the chosen row again; what follows already stops where it is.
pub(super) fn follow(state: &mut UiState, view: &View<'_>) {
    match state.focus() {
        List::Members => state.members.is_away = !state.members.is_away && state.members.row.is_some(),
        List::Findings => state.findings.is_away = !state.findings.is_away && state.findings.row.is_some(),
        List::Log => {
            let Some(job) = view.job(state) else { return };
            let lines = &state.lists.log;
            let rows = rows_of(state, view, List::Log);
            let first = log::top(&job.log, lines, state.log, rows);
            let stays = lines.rows.place(first).map(|place| lines.first + place as u64);
            state.log.top = if state.log.top.is_some() { None } else { stays };
        }
    }
}

/// Gives the keys to a list, in whichever pane it stands.
pub(super) fn focus(state: &mut UiState, list: List) {
    state.pane = if list == List::Findings { Pane::Scan } else { Pane::Watch };
    if list != List::Findings {
        state.is_in_log = list == List::Log;
    }
}

/// Shows a part that is not in sight and hides one that is. A list that is shown has the keys.
pub(super) fn show(state: &mut UiState, view: &View<'_>, part: Part) {
    if matches!(part, Part::Findings | Part::Preview) {
        state.map = None;
    }
    let areas = layout::areas(screen(state), view, state);
    let (pane, area) = match part {
        Part::Gauges | Part::Members | Part::Log => (Pane::Watch, areas.watch),
        Part::Findings | Part::Preview => (Pane::Scan, areas.scan),
    };
    let has_room = part.list().is_none_or(|list| !rows_of(state, view, list).is_empty());
    let is_hidden = state.hidden.has(part);
    let is_in_sight = !is_hidden && !area.is_empty() && has_room;
    if is_hidden || is_in_sight {
        state.hidden.toggle(part);
    }
    if !is_in_sight {
        state.pane = pane;
        if let Some(list) = part.list() {
            focus(state, list);
        }
    } else if state.hidden.has_all_of_watch() && state.pane == Pane::Watch
        || state.hidden.has_all_of_scan() && state.pane == Pane::Scan
    {
        // Nothing is left there for the keys to act on.
        let other = state.pane.other();
        let is_empty = match other {
            Pane::Watch => state.hidden.has_all_of_watch(),
            Pane::Scan => state.hidden.has_all_of_scan(),
        };
        state.pane = if is_empty { state.pane } else { other };
    }
}

/// The first press chooses a row, the others move from it.
fn next(at: Option<usize>, step: Step, height: u16, len: usize) -> usize {
    match (at, step) {
        (None, Step::Last) => len.saturating_sub(1),
        (None, _) => 0,
        (Some(at), step) => stepped(at, step, height, len),
    }
}

fn stepped(at: usize, step: Step, height: u16, len: usize) -> usize {
    let page = usize::from(height).max(1);
    let half = (page / 2).max(1);
    let to = match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => at + 1,
        Step::HalfUp => at.saturating_sub(half),
        Step::HalfDown => at + half,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => at + page,
        Step::First => 0,
        Step::Last => len,
    };
    to.min(len.saturating_sub(1))
}
