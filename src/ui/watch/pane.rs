//! The watch pane: a job's gauges, its members and its newest output.

use ratatui::layout::Rect;

use crate::config::theme::Role;
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::metric;
use crate::model::verdict::Severity;
use crate::ui::layout;
use crate::ui::paint::ink::{Ink, Row, row, wrap};
use crate::ui::state::{Pane, UiState};
use crate::ui::verdict;
use crate::ui::view::View;
use crate::ui::watch::gauges;
use crate::ui::watch::members;

/// What the pane says while no job is watched.
const EMPTY: [&str; 5] = [
    "No job is watched.",
    "J lists what runs here, to choose from.",
    "telltale run -- COMMAND starts one and watches it.",
    "telltale attach PID watches one that runs already.",
    "Both show here, beside the secrets of this folder.",
];

/// Draws the pane.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, pane: Rect, is_framed: bool, view: &View<'_>, state: &UiState) {
    let border = if state.pane == Pane::Watch { Role::Focus } else { Role::Border };
    let job = view.job(state);
    if is_framed {
        let title = job.map_or_else(|| "Job".to_owned(), |job| title(job, ink.glyphs.dot));
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
    let areas = layout::watch(inside, job.members.len());
    gauges::draw(ink, areas.gauges, view.snapshot, job);
    if !areas.titles.is_empty() {
        if is_framed {
            ink.divider(pane, areas.titles.y, "", border);
        }
        members::titles(ink, areas.titles, job, state);
        let lines = members::order(job, state);
        members::rows(ink, areas.rows, job, view.snapshot.at, state, &lines);
    }
    if !areas.log.is_empty() {
        let mine: Vec<_> = view.snapshot.alerts.iter().filter(|alert| alert.job == job.id).collect();
        let (log_area, title, rows) = layout::alerts(areas.log, mine.len());
        log(ink, pane, is_framed, &layout::WatchAreas { log: log_area, ..areas }, job, border);
        if !rows.is_empty() {
            if is_framed {
                ink.divider(pane, title.y, "Alerts", border);
            } else {
                ink.put(title, "Alerts", Role::Dim);
            }
            alerts(ink, rows, &mine, view.snapshot.at);
        }
    }
}

/// The name of the pane with what kind of job it is.
fn title(job: &Job, dot: &str) -> String {
    let kind = match job.kind {
        JobKind::Launched => "started here",
        JobKind::Attached => "attached",
        JobKind::Scan => "scan",
    };
    match job.members.len() {
        0 => format!("Job {dot} {kind}"),
        n => format!("Job {dot} {kind} {dot} {}", crate::ui::words::counted(n, "member", "members")),
    }
}

fn log(ink: &mut Ink<'_>, pane: Rect, is_framed: bool, areas: &layout::WatchAreas, job: &Job, border: Role) {
    let title = if job.log.seen > 0 {
        format!("Output {} {} lines", ink.glyphs.dot, metric::count(job.log.seen))
    } else {
        "Output".to_owned()
    };
    if is_framed {
        ink.divider(pane, areas.log_title.y, &title, border);
    } else {
        ink.put(areas.log_title, &title, Role::Dim);
    }
    if job.log.lines.is_empty() && job.log.partial.is_none() {
        let hint = match job.kind {
            JobKind::Attached => "none seen: it writes elsewhere; attach with --log FILE to read along",
            _ => "none yet: what the job prints shows here",
        };
        ink.put(areas.log, hint, Role::Dim);
        return;
    }
    // A line that is not ended yet comes last: a prompt that waits for an answer.
    let lines = job.log.lines.iter().map(|line| &line.text).chain(&job.log.partial);
    let count = job.log.lines.len() + usize::from(job.log.partial.is_some());
    let skipped = count.saturating_sub(usize::from(areas.log.height));
    for (n, text) in (0_u16..).zip(lines.skip(skipped)) {
        ink.put(row(areas.log, n), text, Role::Text);
    }
}

/// An alert a row: since when, and the first thing that was measured.
fn alerts(ink: &mut Ink<'_>, area: Rect, alerts: &[&Alert], now: Moment) {
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
