//! What the user can do now: what the key line and the palette show.

use super::keymap::Row;
use super::keys::{Action, Context};
use super::parts::List;
use super::state::{Pane, UiState};
use super::update::contexts;
use super::view::View;
use super::{deed, diagnosis};

/// The rows whose action does something now, in the order of the table.
pub(super) fn offered<'a>(state: &'a UiState, view: &View<'_>, contexts: &[Context]) -> Vec<&'a Row> {
    let rows = state.keymap.rows().iter();
    // A nearer place may have taken all its keys for something else.
    let has_key = |row: &Row| {
        row.keys.is_empty()
            || row.keys.iter().any(|key| state.keymap.lookup(*key, contexts) == Some(row.action()))
    };
    rows.filter(|row| contexts.contains(&row.binding.context) && does_something(row.action(), state, view))
        .filter(|row| has_key(row))
        .collect()
}

/// The same with the keys of now.
pub(super) fn offered_now<'a>(state: &'a UiState, view: &View<'_>) -> Vec<&'a Row> {
    offered(state, view, &contexts(state, view))
}

/// True when the action changes something or shows something.
pub(super) fn does_something(action: Action, state: &UiState, view: &View<'_>) -> bool {
    let members = view.job(state).map_or(0, |job| job.members.len());
    match action {
        action if refusal(action, state).is_some() => false,
        Action::Alerts => !view.snapshot.alerts.is_empty() || !view.snapshot.notices.is_empty(),
        Action::Diagnose => diagnosis::subject(view, state).is_some(),
        Action::CopyDiagnosis => diagnosis::answer(view, state).is_some(),
        _ if state.overlay.is_some() => true,
        Action::Details if state.focus() == List::Log => false,
        Action::Details | Action::Move(_) => match state.pane {
            Pane::Watch => members > 0,
            // Where nothing was scanned yet, Enter starts it.
            Pane::Scan => !view.findings.is_empty() || view.snapshot.scan().is_none(),
        },
        Action::SortLeft | Action::SortRight | Action::Reverse => match state.focus() {
            List::Members => members > 1,
            List::Findings => view.findings.len() > 1 && state.map.is_none(),
            List::Log => false,
        },
        Action::NextJob | Action::PreviousJob => view.jobs().count() > 1,
        Action::Freeze | Action::Signal => view.job(state).is_some_and(deed::can_be_touched),
        Action::Tree => members > 1,
        Action::Facets => !view.findings.is_empty() && state.map.is_none(),
        Action::Filter => state.map.is_none(),
        Action::ClearFilter => !state.filters.of(state.focus()).query.is_empty(),
        _ => true,
    }
}

/// Why an action is not to be had, for one who tries it all the same.
pub(super) fn refusal(action: Action, state: &UiState) -> Option<&'static str> {
    let is_refused = state.is_readonly && action.acts_on_the_world();
    is_refused.then_some("read-only: nothing is done to the job, and nothing is written")
}
