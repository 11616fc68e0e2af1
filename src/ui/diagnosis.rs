//! The key that asks why something hangs, and the box that shows how the inquiry stands.
//!
//! Asked is about the job that is shown, or about the member whose row was chosen. Whoever closes the box while it is
//! looked gives the inquiry up; the answer to it is shown nowhere else.

use super::acting;
use super::answer::{page, text};
use super::event::Wish;
use super::overlay::window::{self, Said};
use super::state::{Overlay, Pane, UiState};
use super::view::View;
use super::words;
use crate::config::theme;
use crate::model::inquiry::{Answer, Asked, Stands};
use crate::model::job::{Job, JobKind, Phase};
use crate::model::member::{Member, Role};
use crate::ui::keys::Action;

/// Columns of an answer that is copied.
const COPIED: u16 = 80;

/// The process that would be asked about, and what people call it.
pub(super) fn subject(view: &View<'_>, state: &UiState) -> Option<(u32, String)> {
    if let Some(Overlay::Diagnosis(pid)) = state.overlay {
        return Some((pid, called(view, state, pid)));
    }
    let job = view.job(state).filter(|job| can_be_asked(job))?;
    let member = (state.pane == Pane::Watch).then(|| chosen(job, state)).flatten();
    let pid = member.and_then(|member| member.id.pid()).or_else(|| root(job))?;
    Some((pid, called(view, state, pid)))
}

/// The process that a job began with.
fn root(job: &Job) -> Option<u32> {
    let first = || job.members.iter().find(|member| member.role == Role::Root);
    job.root().or_else(|| first().and_then(|member| member.id.pid()))
}

/// True for a job whose processes are here, and run.
fn can_be_asked(job: &Job) -> bool {
    matches!(job.kind, JobKind::Launched | JobKind::Attached) && job.phase == Phase::Running
}

/// The member whose row was chosen, as long as it lives: of one that is gone the job is asked.
fn chosen<'a>(job: &'a Job, state: &UiState) -> Option<&'a Member> {
    let chosen = state.members.chosen.as_ref()?;
    job.members.iter().find(|member| member.id == *chosen && member.activity.is_alive())
}

/// What people call a process: the job by its name, a member by its own.
fn called(view: &View<'_>, state: &UiState, pid: u32) -> String {
    let Some(job) = view.job(state) else { return format!("process {pid}") };
    let member = job.members.iter().find(|member| member.id.pid() == Some(pid));
    match member.filter(|_| root(job) != Some(pid)) {
        Some(member) => format!("{} ({pid})", member.about.name),
        // A job without a name of its own is called by its PID.
        None if *job.name == *format!("pid {pid}") => job.name.to_string(),
        None => format!("{} ({pid})", words::command(&job.name)),
    }
}

/// Does what an action of this file means.
pub(super) fn act(state: &mut UiState, view: &View<'_>, action: Action, wishes: &mut Vec<Wish>) {
    let word = match action {
        Action::CopyDiagnosis => answer(view, state).map(|answer| {
            wishes.push(Wish::Copy(text::answer(answer, COPIED, state.is_ascii, None)));
            "copied the answer"
        }),
        _ => match subject(view, state) {
            Some((pid, _)) => {
                acting::open(state, Overlay::Diagnosis(pid));
                wishes.push(Wish::Diagnose(pid));
                None
            }
            None => Some("there is no process to look at"),
        },
    };
    if let Some(word) = word {
        state.word = Some((word.to_owned(), view.newest));
    }
}

/// The process that the open box is about.
pub(super) const fn asked(state: &UiState) -> Option<u32> {
    match state.overlay {
        Some(Overlay::Diagnosis(pid)) => Some(pid),
        _ => None,
    }
}

/// Gives an inquiry up whose box was closed before it was answered.
pub(super) fn give_up(before: Option<u32>, state: &UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    let is_closed = before.is_some() && asked(state) != before;
    let is_done =
        view.asked.is_some_and(|now| Some(now.pid) == before && !matches!(now.stands, Stands::Looking(_)));
    if is_closed && !is_done {
        wishes.push(Wish::GiveUpDiagnosis);
    }
}

/// The answer that the box shows.
pub(super) fn answer<'a>(view: &View<'a>, state: &UiState) -> Option<&'a Answer> {
    match view.asked {
        Some(Asked { pid, stands: Stands::Answered(answer) }) if asked(state) == Some(*pid) => Some(answer),
        _ => None,
    }
}

/// The lines of the box.
pub(super) fn lines(view: &View<'_>, state: &UiState, pid: u32) -> Vec<Said> {
    let width = window::page_width(state);
    let stands = view.asked.filter(|asked| asked.pid == pid).map(|asked| &asked.stands);
    let looking = |seen| page::looking(seen, &called(view, state, pid), width, state.glyphs());
    let lines = match stands {
        Some(Stands::Answered(answer)) => page::page(answer, width, state.glyphs()),
        Some(Stands::Looking(seen)) => looking(Some(*seen)),
        Some(Stands::Failed(why)) => {
            return vec![
                Said::plain("It could not be looked:", theme::Role::Text),
                Said::plain(why, theme::Role::Warn),
            ];
        }
        None => looking(None),
    };
    lines.into_iter().map(Said::laid_out).collect()
}
