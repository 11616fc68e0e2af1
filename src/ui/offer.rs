//! What the user can do now: what the key line and the palette show.

use super::keymap::Row;
use super::keys::{Action, Context};
use super::state::{Pane, UiState};
use super::update::contexts;
use super::view::View;

/// The rows whose action does something now, in the order of the table.
pub(super) fn offered<'a>(state: &'a UiState, view: &View<'_>, contexts: &[Context]) -> Vec<&'a Row> {
    let rows = state.keymap.rows().iter();
    rows.filter(|row| contexts.contains(&row.binding.context) && does_something(row.action(), state, view))
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
        _ if state.overlay.is_some() => true,
        Action::Details | Action::Move(_) => match state.pane {
            Pane::Watch => members > 0,
            Pane::Scan => !view.findings.is_empty(),
        },
        Action::Tree | Action::SortLeft | Action::SortRight | Action::Reverse => members > 1,
        _ => true,
    }
}

/// Why an action is not to be had, for one who tries it all the same.
pub(super) fn refusal(action: Action, state: &UiState) -> Option<&'static str> {
    let is_refused = state.is_readonly && action.acts_on_the_world();
    is_refused.then_some("read-only: nothing is done to the job, and nothing is written")
}
