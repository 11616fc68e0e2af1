//! What a list to choose from does: which rows it has, and what taking one changes and asks for.

use super::acting::close;
use super::event::Wish;
use super::state::{Choice, Overlay, UiState};
use super::view::View;
use super::{deed, jobs, sources};
use crate::model::job::Job;
use crate::model::text::Text;

/// What the rows of an overlay that is a choice stand for.
pub(super) fn keys(open: &Overlay, view: &View<'_>, state: &UiState) -> Vec<Text> {
    match open {
        Overlay::Sources => sources::keys(view, state),
        Overlay::Jobs => jobs::keys(view),
        Overlay::Signal(_) => deed::keys(),
        _ => Vec::new(),
    }
}

/// Takes the chosen row of a list: another source, another job, or something more to watch.
pub(super) fn choose(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    match state.overlay.clone() {
        Some(Overlay::Signal(aim)) => deed::choose(state, view, aim),
        Some(Overlay::Sources) => {
            let Some((job, source)) = sources::chosen(view, state) else { return };
            state.word = sources::flag(source).map(|flag| (format!("next time: {flag}"), view.newest));
            wishes.push(Wish::UseSource { job: job.clone(), pattern: source.pattern.clone() });
            close(state);
        }
        Some(Overlay::Jobs) => match jobs::chosen(view, state) {
            Some(jobs::Chosen::Watched(job)) => {
                show(state, job);
                close(state);
            }
            Some(jobs::Chosen::Candidate(candidate)) => {
                if state.attaching.as_ref() == Some(&candidate.target) {
                    return;
                }
                state.attaching = Some(candidate.target.clone());
                state.word = Some((format!("attaching to {}", candidate.name), view.newest));
                wishes.push(Wish::Attach(candidate.target.clone()));
            }
            None => {}
        },
        _ => {}
    }
}

fn show(state: &mut UiState, job: &Job) {
    state.job = Some(job.id.clone());
    state.members = Choice::default();
}

/// Shows the job in this row of the table.
pub(super) fn show_job(state: &mut UiState, view: &View<'_>, row: usize) {
    if let Some(job) = view.jobs().nth(row) {
        show(state, job);
    }
}

/// Shows the job below, or above; after the last one comes the first.
pub(super) fn other_job(state: &mut UiState, view: &View<'_>, is_next: bool) {
    let count = view.jobs().count();
    if count > 1 {
        let step = if is_next { 1 } else { count - 1 };
        show_job(state, view, (jobs::shown_row(view, state) + step) % count);
    }
}

/// A click chooses a row, and takes it where it is the chosen one already.
pub(super) fn click(state: &mut UiState, view: &View<'_>, row: usize, wishes: &mut Vec<Wish>) {
    let Some(open) = state.overlay.clone() else { return };
    if state.overlay_row == row && state.overlay_choice.is_some() {
        choose(state, view, wishes);
        return;
    }
    state.overlay_row = row;
    state.overlay_choice = keys(&open, view, state).get(row).cloned();
}

pub(super) fn copy_flag(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    if state.overlay != Some(Overlay::Sources) {
        return;
    }
    if let Some(flag) = sources::chosen(view, state).and_then(|(_, source)| sources::flag(source)) {
        state.word = Some((format!("copied: {flag}"), view.newest));
        wishes.push(Wish::Copy(flag));
    }
}
