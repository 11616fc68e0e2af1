//! What an action changes in the state, whatever key, click or list it came from. Pure, as `update` is.

use std::time::Duration;

use super::event::{Leave, Wish};
use super::keys::Action;
use super::parts::List;
use super::scan::actions;
use super::state::{Column, Overlay, UiState, is_ours_and_running};
use super::view::View;
use super::{choice, deed, diagnosis, interval, jobs, offer, palette, scroll};
use crate::model::metric;

/// Does an action, or says why it can't be done now.
pub(super) fn act(state: &mut UiState, view: &View<'_>, action: Action, wishes: &mut Vec<Wish>) {
    if let Some(why) = offer::refusal(action, state) {
        state.word = Some((why.to_owned(), view.newest));
        return;
    }
    match action {
        Action::Quit => quit(state, view, wishes),
        Action::QuitAndKeep => wishes.push(Wish::Leave(Leave::KeepScreen)),
        Action::Help => toggle(state, Overlay::Help),
        Action::Alerts => toggle(state, Overlay::Alerts),
        Action::OtherPane => state.pane = state.pane.other(),
        Action::Move(step) => scroll::by_key(state, view, step),
        Action::Details => details(state, view, wishes),
        Action::Zoom => state.is_zoomed = !state.is_zoomed,
        Action::Tree => state.is_tree = !state.is_tree,
        Action::SortLeft => scroll::sort_by_step(state, false),
        Action::SortRight => scroll::sort_by_step(state, true),
        Action::Reverse => scroll::reverse(state),
        Action::SortBy(column) => scroll::sort_by(state, column),
        Action::SortByPidOrName => {
            let is_by_pid = state.column == Column::Pid && !state.is_tree;
            scroll::sort_by(state, if is_by_pid { Column::Name } else { Column::Pid });
        }
        Action::Fold => scroll::turn(state, view, false),
        Action::Unfold => scroll::turn(state, view, true),
        Action::UnfoldAll => state.folded.clear(),
        Action::Filter => state.filters.open(state.focus()),
        Action::ClearFilter => state.filters.of_mut(state.focus()).clear(),
        Action::Log => state.is_in_log = !state.is_in_log,
        Action::Follow => scroll::follow(state, view),
        Action::LogLeft => scroll::sideways(state, view, false),
        Action::LogRight => scroll::sideways(state, view, true),
        Action::Wrap => scroll::wrap(state),
        Action::Show(part) => scroll::show(state, view, part),
        Action::Facets => {
            state.facets = (0, Vec::new());
            open(state, Overlay::Facets);
        }
        Action::MarkFacet => scroll::mark_facet(state),
        Action::UseFacets => {
            scroll::use_facets(state);
            close(state);
        }
        Action::AboutScan => toggle(state, Overlay::Scan),
        Action::Hold => state.is_held = !state.is_held,
        Action::Rewind(steps) => wishes.push(Wish::Rewind(steps)),
        Action::NextJob => choice::other_job(state, view, true),
        Action::PreviousJob => choice::other_job(state, view, false),
        Action::Slower => look_every(state, view, interval::longer(view.snapshot.interval), wishes),
        Action::Faster => look_every(state, view, interval::shorter(view.snapshot.interval), wishes),
        Action::Sources => {
            toggle(state, Overlay::Sources);
            wishes.extend(view.job(state).map(|job| Wish::FindSources(job.id.clone())));
        }
        Action::Jobs => {
            toggle(state, Overlay::Jobs);
            if state.overlay.is_some() {
                state.overlay_row = jobs::shown_row(view, state);
                state.asked = Some(view.newest);
                wishes.push(Wish::FindCandidates);
            }
        }
        Action::Choose if state.overlay == Some(Overlay::Palette) => do_found(state, view, wishes),
        Action::Choose => choice::choose(state, view, wishes),
        Action::CopyFlag => choice::copy_flag(state, view, wishes),
        Action::Diagnose | Action::CopyDiagnosis => diagnosis::act(state, view, action, wishes),
        Action::Type => state.is_typing = true,
        Action::Close | Action::Stay => close(state),
        Action::Palette => {
            state.palette = palette::Palette::default();
            open(state, Overlay::Palette);
        }
        Action::Redraw => wishes.push(Wish::Redraw),
        Action::Suspend => wishes.push(Wish::Suspend),
        Action::Detach => wishes.push(Wish::Leave(Leave::Detach)),
        Action::EndAndLeave => wishes.push(Wish::Leave(Leave::EndJob)),
        Action::EndAndStay => {
            close(state);
            wishes.push(Wish::EndJob);
        }
        Action::Freeze
        | Action::FreezeNow
        | Action::Thaw
        | Action::ThawOne
        | Action::EndFrozen
        | Action::Signal
        | Action::OtherAim
        | Action::SendSignal => deed::act(state, view, action, wishes),
        scan => actions::act(state, view, scan, wishes),
    }
}

fn look_every(state: &mut UiState, view: &View<'_>, every: Duration, wishes: &mut Vec<Wish>) {
    state.word = Some((format!("looking every {}", metric::interval(every)), view.newest));
    wishes.push(Wish::Interval(every));
}

/// Does the action that was looked up.
pub(super) fn do_found(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    let found: Vec<Action> = palette::found(state, view).iter().map(|row| row.action()).collect();
    if let Some(&action) = found.get(state.palette.chosen) {
        close(state);
        act(state, view, action, wishes);
    }
}

fn quit(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    if view.job(state).is_some_and(is_ours_and_running) && !state.has_ended {
        open(state, Overlay::Leaving);
    } else {
        wishes.push(Wish::Leave(Leave::Quit));
    }
}

/// Lays a box over the panes, seen from its top.
pub(super) fn open(state: &mut UiState, overlay: Overlay) {
    state.overlay = Some(overlay);
    (state.overlay_top, state.overlay_row, state.overlay_choice) = (0, 0, None);
}

/// Takes the box away.
pub(super) fn close(state: &mut UiState) {
    state.overlay = None;
    state.overlay_top = 0;
}

fn toggle(state: &mut UiState, overlay: Overlay) {
    if state.overlay.as_ref() == Some(&overlay) {
        close(state);
    } else {
        open(state, overlay);
    }
}

/// Shows all there is to tell of what is chosen.
pub(super) fn details(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    match state.focus() {
        List::Findings => {
            if state.chosen_finding(view.findings).is_some() {
                scroll::choose(state, view, List::Findings, state.findings.row.unwrap_or(0));
                open(state, Overlay::Finding);
            } else if view.snapshot.scan().is_none() {
                actions::start(state, view, wishes);
            }
        }
        List::Members => {
            scroll::choose(state, view, List::Members, state.members.row.unwrap_or(0));
            if let Some(chosen) = state.members.chosen.clone() {
                open(state, Overlay::Member(chosen));
            }
        }
        List::Log => {}
    }
}
