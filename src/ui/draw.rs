//! One frame: the header, the verdict, the panes and the keys. Pure, and it changes nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::overlay::window as overlay;
use super::paint::ink::{Ink, Row, row, wrap};
use super::scan::{pane as scan, reveal};
use super::state::{Pane, UiState};
use super::verdict;
use super::view::View;
use super::watch::pane as monitor;
use super::words;
use super::{filter_line, interval, jobs, key_line, layout};
use crate::config::theme::{Role, Theme};
use crate::model::job::Phase;
use crate::model::{member, metric};

/// Draws one frame.
pub fn draw(frame: &mut Frame<'_>, view: &View<'_>, state: &UiState, theme: &Theme) {
    let area = frame.area();
    draw_into(frame.buffer_mut(), area, view, state, theme);
}

/// The same into a buffer of one's own: for pictures and for measurements.
pub fn draw_into(buffer: &mut Buffer, area: Rect, view: &View<'_>, state: &UiState, theme: &Theme) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    if let Some(ground) = theme.ground() {
        buffer.set_style(area, ground);
    }
    let state = &*state.settled(view);
    let mut ink = Ink { buffer, theme, glyphs: state.glyphs() };
    let areas = layout::areas(area, view, state);
    header(&mut ink, areas.header, view, state);
    verdict_block(&mut ink, areas.verdict, areas.evidence, view, state);
    if !areas.watch.is_empty() {
        monitor::draw(&mut ink, &areas, view, state);
    }
    if !areas.scan.is_empty() {
        scan::draw(&mut ink, areas.scan, areas.is_framed, view, state);
    }
    if !areas.summary.is_empty() {
        match state.pane {
            Pane::Watch => scan::summary(&mut ink, areas.summary, view, state),
            Pane::Scan => monitor::summary(&mut ink, areas.summary, view, state),
        }
    }
    keys(&mut ink, areas.keys, view, state);
    if let Some(open) = &state.overlay {
        overlay::draw(&mut ink, area, open, view, state);
    }
    if let Some(revealed) = &state.revealed {
        reveal::draw(&mut ink, area, revealed);
    }
    if let Some(caption) = &state.caption {
        tell(&mut ink, area, caption);
    }
}

/// What the tour says, over the last rows.
fn tell(ink: &mut Ink<'_>, area: Rect, caption: &str) {
    let lines = wrap(caption, area.width.saturating_sub(2), 3);
    let height = (lines.len() as u16).min(area.height);
    let place = Rect { y: area.bottom() - height, height, ..area };
    ink.clear(place);
    for (n, line) in (0..height).zip(&lines) {
        let line = format!(" {line}");
        ink.put(row(place, n), &format!("{line:<width$}", width = usize::from(area.width)), Role::Selected);
    }
}

/// A look that comes this much later than it should is told; less is the ordinary life of a busy machine.
const LATE: std::time::Duration = std::time::Duration::from_secs(1);

/// Columns below which a command line is cut to nothing that tells anything.
const ENOUGH: u16 = 18;

/// The job at the left, the watching at the right; what has no room goes from the left end of the right part.
fn header(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    if area.is_empty() {
        return;
    }
    let pieces = header_right(ink, view, state, area.width);
    // The name of the job needs some columns too.
    let mut room = usize::from(area.width).saturating_sub(14);
    let mut right: Vec<(String, Role)> = Vec::new();
    for (text, role) in pieces {
        let needs = text.width() + 2;
        if needs <= room {
            room -= needs;
            right.push((text, role));
        }
    }
    let width: usize = right.iter().map(|(text, _)| text.width() + 2).sum();
    let mut line =
        Row::new(ink, Rect { width: area.width - width.min(usize::from(area.width)) as u16, ..area });
    line.gap(1);
    if area.width >= 80 {
        line.text("telltale", Role::Title).gap(2);
    }
    if let Some(job) = view.job(state).or_else(|| view.snapshot.scan()) {
        // A job without a name of its own is called by its command line.
        let name = words::command(&job.name);
        line.text(name, Role::Title).gap(2);
        let first = job.members.iter().find(|member| member.role == member::Role::Root);
        let command = first.map(|first| words::command(&first.about.command));
        if let Some(command) = command.filter(|&command| command != name && line.room() >= ENOUGH) {
            line.text(command, Role::Dim);
        }
    }
    let mut x = area.right() - width.min(usize::from(area.width)) as u16;
    for (text, role) in right.iter().rev() {
        let rest = Rect { x, width: area.right() - x, ..area };
        let used = ink.put(Rect { x: rest.x + 1, width: rest.width.saturating_sub(1), ..rest }, text, *role);
        x += used + 2;
    }
}

/// What stands at the right of the header, what matters most first; it is drawn from right to left.
fn header_right(ink: &Ink<'_>, view: &View<'_>, state: &UiState, width: u16) -> Vec<(String, Role)> {
    let snapshot = view.snapshot;
    let mut pieces = Vec::new();
    let silence = view.silence().map(words::age);
    if state.is_held {
        pieces.push((words::held(view, width), Role::Selected));
    }
    if let Some(place) = jobs::place(view, state) {
        pieces.push((place, Role::Accent));
    }
    // An ended job has no more to tell, and says so itself.
    if state.has_ended && snapshot.jobs.iter().any(|job| job.phase == Phase::Running) {
        pieces.push(("NO MORE DATA".to_owned(), Role::Warn));
    } else if let Some(age) = silence.filter(|_| !state.is_held) {
        pieces.push((format!("no news for {age}"), Role::Warn));
    }
    let alerts = snapshot.active_alerts().count();
    if alerts > 0 {
        let words = words::counted(alerts, "alert", "alerts");
        pieces.push((format!("{} {words}", ink.glyphs.alert), Role::Bad));
    }
    let late = snapshot.own.late;
    if late >= LATE.max(snapshot.interval / 2) {
        pieces.push((format!("late {}", words::age(late)), Role::Warn));
    }
    let job = view.job(state).or_else(|| snapshot.scan());
    if let Some(ran) = job.and_then(|job| job.running_for(snapshot.at)) {
        pieces.push((metric::clock(ran), Role::Text));
    }
    if !snapshot.notices.is_empty() {
        pieces.push((words::counted(snapshot.notices.len(), "notice", "notices"), Role::Warn));
    }
    if let Some(job) = job {
        pieces.push((job.host.to_string(), Role::Dim));
    }
    if snapshot.interval != interval::USUAL {
        pieces.push((format!("every {}", metric::interval(snapshot.interval)), Role::Text));
    }
    let own = snapshot.own;
    if own.memory.0 > 0 {
        // Whole units: these figures must not cost more than they tell.
        let mib = own.memory.0.div_ceil(1024 * 1024);
        pieces.push((format!("own {:.1} % {mib} MiB", own.cpu * 100.0), Role::Dim));
    }
    pieces
}

fn verdict_block(ink: &mut Ink<'_>, area: Rect, evidence: Rect, view: &View<'_>, state: &UiState) {
    if area.is_empty() {
        return;
    }
    let width = layout::verdict_width(area.width);
    let (role, lines) = verdict::rows(view, state, width, usize::from(area.height));
    let [good, look, bad, none] = ink.glyphs.verdicts;
    let mark = match role {
        Role::Ok => good,
        Role::Warn => look,
        Role::Bad => bad,
        _ => none,
    };
    ink.put(Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, mark, role);
    let text = Rect { x: area.x + 3, width: area.width.saturating_sub(3), ..area };
    for (n, line) in (0..area.height).zip(&lines) {
        ink.put(row(text, n), line, role);
    }
    let text = Rect { x: evidence.x + 3, width: evidence.width.saturating_sub(3), ..evidence };
    for (n, line) in (0..evidence.height).zip(&verdict::evidence(view, state, width)) {
        ink.put(row(text, n), line, Role::Dim);
    }
}

/// The keys that do something now, or the line of what is being typed.
fn keys(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    if area.is_empty() {
        return;
    }
    match state.filters.typed {
        Some(list) => filter_line::draw(ink, area, state, list),
        None if state.is_typing => {
            typing_line(ink, Rect { x: area.x + 1, width: area.width - 1, ..area });
        }
        None => key_line::draw(ink, area, view, state),
    }
}

/// While one types to the job, what matters is the way back.
fn typing_line(ink: &mut Ink<'_>, area: Rect) {
    let mut line = Row::new(ink, area);
    line.text(" TYPING ", Role::Selected).gap(1);
    let back = "Ctrl-] comes back".len() as u16;
    let all = ["all keys go to the job, Ctrl-C too", "keys go to the job", ""];
    let room = line.room().saturating_sub(back + 2);
    if let Some(words) =
        all.iter().find(|words| words.len() <= usize::from(room)).filter(|words| !words.is_empty())
    {
        line.text(words, Role::Text).gap(2);
    }
    line.text("Ctrl-]", Role::Key).gap(1).text("comes back", Role::Dim);
}
