//! The watch pane: a job's gauges, its members and its newest output.

use ratatui::layout::Rect;

use crate::config::theme::Role;
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::metric;
use crate::model::verdict::Severity;
use crate::ui::filter_line;
use crate::ui::layout;
use crate::ui::paint::ink::{Ink, Row, row, wrap};
use crate::ui::parts::{List, Part};
use crate::ui::state::{Pane, UiState};
use crate::ui::verdict;
use crate::ui::view::View;
use crate::ui::watch::gauges;
use crate::ui::watch::log;
use crate::ui::watch::members;
use crate::ui::watch::several;

/// What the pane says while no job is watched.
const EMPTY: [&str; 5] = [
    "No job is watched.",
    "J lists what runs here, to choose from.",
    "telltale run -- COMMAND starts one and watches it.",
    "telltale attach PID watches one that runs already.",
    "Both show here, beside the secrets of this folder.",
];

/// What it says while all of it is hidden.
const HIDDEN: [&str; 2] =
    ["All of this pane is hidden.", "1 shows the gauges, 2 the members, 3 the output of the job."];

/// Draws the pane.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, pane_areas: &layout::Areas, view: &View<'_>, state: &UiState) {
    let (pane, is_framed) = (pane_areas.watch, pane_areas.is_framed);
    let border = if state.pane == Pane::Watch { Role::Focus } else { Role::Border };
    let job = view.job(state);
    if is_framed {
        let title = job.map_or_else(|| "Job".to_owned(), |job| title(job, state, ink.glyphs.dot));
        ink.frame(pane, &title, border);
    }
    let inside = layout::inside(pane, is_framed);
    let Some(job) = job else {
        // Before the first snapshot nobody knows whether there is one.
        if view.snapshot.seq > 0 {
            empty(ink, inside, &EMPTY);
        }
        return;
    };
    let (table, inside) = layout::jobs(pane_areas, view, state);
    if !table.rows.is_empty() {
        several::draw(ink, &table, view, state);
    }
    if state.hidden.has_all_of_watch() {
        empty(ink, inside, &HIDDEN);
        return;
    }
    let areas = layout::watch(inside, job.members.len(), state);
    if !state.hidden.has(Part::Gauges) {
        gauges::draw(ink, areas.gauges, view.snapshot, job);
    }
    // The line over what has the keys is brighter.
    let over = |list| if state.focus() == list { border } else { Role::Border };
    if !areas.titles.is_empty() {
        if is_framed && areas.titles.y > inside.y {
            ink.divider(pane, areas.titles.y, "", over(List::Members));
        }
        // Without a frame there is no title for the filter to stand in.
        match filter_line::kept(state, List::Members).filter(|_| !is_framed) {
            Some(kept) => _ = ink.put(areas.titles, &kept, Role::Key),
            None => members::titles(ink, areas.titles, state),
        }
        if state.lists.members.lines.is_empty() && !state.filters.of(List::Members).query.is_empty() {
            filter_line::nothing(ink, areas.rows, state, List::Members);
        }
        members::rows(ink, areas.rows, job, view.snapshot.at, state);
    }
    if areas.log_title.is_empty() {
        return;
    }
    let (rows, title, foot) = layout::log(areas.log, view, state);
    let role = if state.focus() == List::Log { Role::Title } else { Role::Dim };
    let said = log::title(ink, job, state, rows);
    if is_framed {
        ink.divider_titled(pane, areas.log_title.y, &said, over(List::Log), role);
    } else {
        ink.put(areas.log_title, &said, role);
    }
    log::draw(ink, rows, job, state);
    if !foot.is_empty() {
        if is_framed {
            ink.divider(pane, title.y, "Alerts", Role::Border);
        } else {
            ink.put(title, "Alerts", Role::Dim);
        }
        alerts(ink, foot, view.snapshot.alerts.iter().filter(|alert| alert.job == job.id), view.snapshot.at);
    }
}

/// The name of the pane with what kind of job it is.
fn title(job: &Job, state: &UiState, dot: &str) -> String {
    let kind = match job.kind {
        JobKind::Launched => "started here",
        JobKind::Attached => "attached",
        JobKind::Scan => "scan",
    };
    let mut title = format!("Job {dot} {kind}");
    match (filter_line::kept(state, List::Members), job.members.len()) {
        (Some(kept), _) => title = format!("{title} {dot} {kept}"),
        (None, 0) => {}
        (None, n) => title = format!("{title} {dot} {}", crate::ui::words::counted(n, "member", "members")),
    }
    if state.members.is_away {
        title = format!("{title} {dot} F follows the chosen row");
    }
    title
}

/// An alert a row: since when, and the first thing that was measured.
fn alerts<'a>(ink: &mut Ink<'_>, area: Rect, alerts: impl Iterator<Item = &'a Alert>, now: Moment) {
    let [_, look, bad, none] = ink.glyphs.verdicts;
    for (n, alert) in (0..area.height).zip(alerts) {
        let (mark, role) = match (alert.is_active(), alert.claim.severity) {
            (false, _) => (none, Role::Dim),
            (true, Severity::Critical) => (bad, Role::Bad),
            (true, Severity::Warning) => (look, Role::Warn),
        };
        let mut line = Row::new(ink, row(area, n));
        line.text(mark, role).gap(1).text(&verdict::alert_words(alert, now), role);
        if let Some(evidence) = alert.claim.evidence.first() {
            line.gap(2).text(evidence, Role::Dim);
        }
    }
}

/// The job in one line, for a screen that shows the other pane.
pub(in crate::ui) fn summary(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let mut line = Row::new(ink, area);
    line.gap(1).text("job", Role::Dim).gap(2);
    let Some(job) = view.job(state) else {
        line.text("none is watched: J chooses one", Role::Dim);
        return;
    };
    let share = job.progress.share().map(metric::percent);
    let memory = job.memory.as_ref().map(|memory| memory.used.to_string());
    let (role, phase) = match job.phase {
        Phase::Ended { exit, .. } => (Role::Dim, exit.to_string()),
        Phase::Running if verdict::worst_alert(view.snapshot, Some(job)).is_some() => {
            (Role::Bad, "in trouble".to_owned())
        }
        Phase::Running => (Role::Ok, "running".to_owned()),
    };
    line.text(&phase, role);
    for piece in [share, memory].into_iter().flatten() {
        line.gap(2).text(&piece, Role::Text);
    }
    line.gap(2).text(&job.name, Role::Dim);
}

/// Says in an empty pane what to do.
pub(in crate::ui) fn empty(ink: &mut Ink<'_>, area: Rect, sentences: &[&str]) {
    let is_airy = area.height >= 12;
    let mut n = u16::from(is_airy);
    for (i, sentence) in sentences.iter().enumerate() {
        let role = if i == 0 { Role::Title } else { Role::Dim };
        for line in wrap(sentence, area.width, 3) {
            ink.put(row(area, n), &line, role);
            n += 1;
        }
        n += u16::from(is_airy && i == 0);
    }
}
