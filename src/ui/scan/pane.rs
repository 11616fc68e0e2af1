//! The scan pane: how far the scan is, what it found, and the lines around the chosen finding.
//!
//! Everything in a finding comes from a stranger's files: it is escaped here again before it is shown, and the
//! secret itself is never read, only its redacted form.

use std::borrow::Cow;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::job::{Job, Phase};
use crate::model::metric;
use crate::model::text::Text;
use crate::scan::finding::{Finding, Level, Preview, PreviewLine};
use crate::ui::layout;
use crate::ui::paint::graph;
use crate::ui::paint::ink::{Ink, Row, around, keep_end, row};
use crate::ui::state::{Pane, UiState};
use crate::ui::view::View;
use crate::ui::watch::gauges::bytes_read;
use crate::ui::watch::pane::empty;
use crate::ui::words;

const EMPTY: [&str; 3] = [
    "Press s to scan this folder for secrets.",
    "What is found stands here, the surest first; the secrets themselves are never shown.",
    "telltale scan PATH does the same without a screen.",
];

/// Levels with their letter and their words.
const LEVELS: [(Level, &str, &str, Role); 4] = [
    (Level::High, "H", "high", Role::Bad),
    (Level::Medium, "M", "medium", Role::Warn),
    (Level::Low, "L", "low", Role::Text),
    (Level::Entropy, "E", "entropy", Role::Dim),
];

fn place(level: Level) -> usize {
    LEVELS.iter().position(|(known, ..)| *known == level).unwrap_or(LEVELS.len() - 1)
}

/// The path of a finding; that it is below the current folder goes without saying.
fn shown(finding: &Finding) -> Cow<'_, str> {
    finding.path.strip_prefix(".").unwrap_or(&finding.path).to_string_lossy()
}

/// Draws the pane.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, pane: Rect, is_framed: bool, view: &View<'_>, state: &UiState) {
    let border = if state.pane == Pane::Scan { Role::Focus } else { Role::Border };
    let scan = view.snapshot.scan();
    if is_framed {
        let title = scan
            .map_or_else(|| "Secrets".to_owned(), |scan| format!("Secrets {} {}", ink.glyphs.dot, scan.name));
        ink.frame(pane, &title, border);
    }
    let inside = layout::inside(pane, is_framed);
    if scan.is_none() && view.findings.is_empty() {
        empty(ink, inside, &EMPTY);
        return;
    }
    let areas = layout::scan(inside, view.findings.len());
    status(ink, areas.status, view);
    if !areas.titles.is_empty() {
        if is_framed {
            ink.divider(pane, areas.titles.y, "", border);
        }
        titles(ink, areas.titles, view.findings);
    }
    if view.findings.is_empty() {
        let words = if scan.is_some_and(|scan| scan.phase == Phase::Running) {
            "nothing yet"
        } else {
            "nothing found"
        };
        ink.put(areas.rows, words, Role::Dim);
        return;
    }
    rows(ink, areas.rows, view, state);
    if let Some((_, finding)) = state.chosen_finding(view.findings).filter(|_| !areas.preview.is_empty()) {
        let path = Text::new(&shown(finding));
        let title = keep_end(&path, pane.width.saturating_sub(6), ink.glyphs.cut);
        if is_framed {
            ink.divider(pane, areas.preview_title.y, &title, border);
        } else {
            ink.put(areas.preview_title, &title, Role::Dim);
        }
        preview(ink, areas.preview, finding, view.preview);
    }
}

/// Up to three rows: how far, how much, what was found.
fn status(ink: &mut Ink<'_>, area: Rect, view: &View<'_>) {
    if area.height < 3 {
        found(ink, area, view.findings);
        return;
    }
    let Some(scan) = view.snapshot.scan() else {
        found(ink, area, view.findings);
        return;
    };
    let share = scan.progress.share();
    let mut line = Row::new(ink, row(area, 0));
    let (word, role) = match scan.phase {
        Phase::Running => ("scanning", Role::Text),
        Phase::Ended { .. } => ("scanned", Role::Ok),
    };
    line.left(9, word, role);
    line.right(6, &share.map(metric::percent).unwrap_or_default(), Role::Text).gap(2);
    let width = (line.room() / 2).max(6);
    let bar = line.take(width);
    line.gap(2);
    match (scan.phase, scan.progress.time_left, scan.running_for(view.snapshot.at)) {
        (Phase::Running, Some(left), _) => line.text(&format!("{} left", words::left(left)), Role::Dim),
        (Phase::Ended { .. }, _, Some(ran)) => line.text(&format!("in {}", metric::span(ran)), Role::Dim),
        _ => &mut line,
    };
    if let Some(share) = share {
        graph::bar(ink, bar, share, Role::Accent);
    }
    amounts(ink, row(area, 1), scan);
    found(ink, row(area, 2), view.findings);
}

fn amounts(ink: &mut Ink<'_>, area: Rect, scan: &Job) {
    let progress = &scan.progress;
    let is_running = scan.phase == Phase::Running;
    let rate = scan.io.filter(|_| is_running).map(|io| words::byte_rate(io.read));
    let files = progress.done.map(|done| words::counted(done as usize, "file", "files"));
    let workers = format!("{}/{} busy", scan.workers.busy, scan.workers.alive);
    let in_flight = progress.in_flight.map(|n| format!("{} in flight", metric::count(n)));
    let pieces = [
        files,
        bytes_read(scan).map(|bytes| bytes.to_string()),
        rate,
        (is_running && scan.workers.alive > 0).then_some(workers),
        in_flight.filter(|_| is_running),
    ];
    let mut line = Row::new(ink, area);
    // What could not be read may hide a secret: it comes first.
    if let Some(failed) = progress.failed.filter(|&failed| failed > 0) {
        line.text(&format!("{} not read", metric::count(failed)), Role::Warn).gap(2);
    }
    for piece in pieces.into_iter().flatten() {
        if usize::from(line.room()) < piece.len() {
            break;
        }
        line.text(&piece, Role::Text).gap(2);
    }
}

/// How many findings there are of each level.
fn found(ink: &mut Ink<'_>, area: Rect, findings: &[Finding]) {
    let mut counts = [0_usize; 4];
    for finding in findings {
        counts[place(finding.level)] += 1;
    }
    let sure: usize = counts[..3].iter().sum();
    let marks = ink.glyphs.levels;
    let pieces = |is_long: bool| {
        let known = LEVELS.iter().enumerate().filter(|(i, _)| counts[*i] > 0);
        let pieces = known.map(|(i, (_, letter, word, role))| {
            let n = metric::count(counts[i] as u64);
            let text = if is_long {
                format!("{} {n} {word}", marks[i])
            } else {
                format!("{} {n}{letter}", marks[i])
            };
            (text, *role)
        });
        pieces.collect::<Vec<_>>()
    };
    let head = words::counted(sure, "finding", "findings");
    let width =
        |pieces: &[(String, Role)]| -> usize { pieces.iter().map(|(text, _)| text.width() + 2).sum() };
    let mut said = pieces(true);
    if head.len() + width(&said) > usize::from(area.width) {
        said = pieces(false);
    }
    let mut line = Row::new(ink, area);
    line.text(&head, Role::Title);
    for (text, role) in &said {
        if usize::from(line.room()) < text.width() + 2 {
            break;
        }
        line.gap(2).text(text, *role);
    }
}

/// Columns of the mark and the letter, of the score and of the rule's name in a list of some width.
fn widths(width: u16, findings: &[Finding]) -> [u16; 3] {
    let score = if width >= 30 { 6 } else { 0 };
    // The best ones decide: they are in sight first, and thousands more need no counting.
    let longest = findings.iter().take(100).map(|finding| finding.rule.width()).max().unwrap_or(0);
    let room = width.saturating_sub(4 + score) / 2;
    [4, score, (longest as u16).clamp(4, 28).min(room)]
}

fn titles(ink: &mut Ink<'_>, area: Rect, findings: &[Finding]) {
    let [mark, score, rule] = widths(area.width, findings);
    let mut line = Row::new(ink, area);
    line.gap(mark);
    if score > 0 {
        line.title(score - 1, "SCORE", false).gap(1);
    }
    line.title(rule, "RULE", false).gap(1);
    let room = line.room();
    line.title(room, "WHERE", false);
}

fn rows(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let [_, score, rule] = widths(area.width, view.findings);
    let chosen = state.findings.chosen.as_ref();
    let last = view.findings.len().saturating_sub(usize::from(area.height));
    let top = state.findings.top.min(last);
    for (n, finding) in (0..area.height).zip(&view.findings[top..]) {
        let area = row(area, n);
        let nth = place(finding.level);
        let (_, sign, _, look) = LEVELS[nth];
        let (mark, cut) = (ink.glyphs.levels[nth], ink.glyphs.cut);
        let mut line = Row::new(ink, area);
        line.left(2, mark, look).left(2, sign, look);
        line.left(score, &format!("{:.2}", finding.score), Role::Text);
        line.left(rule, &Text::new(&finding.rule), Role::Text).gap(1);
        let place = Text::new(&format!("{}:{}", shown(finding), finding.line));
        let place = keep_end(&place, line.room(), cut);
        line.text(&place, Role::Text);
        if chosen.is_some_and(|key| key.is(finding)) {
            ink.tint(area, Role::Selected);
        }
    }
}

/// The lines around the finding with their heat in the margin, and what the score is made of.
fn preview(ink: &mut Ink<'_>, area: Rect, finding: &Finding, preview: Option<&Preview>) {
    // The preview may still be that of the finding that was chosen before, in the same file even.
    let is_its = |preview: &&Preview| {
        preview.path == finding.path && preview.lines.iter().any(|line| line.number == finding.line)
    };
    let lines = preview.filter(is_its).map_or(&[][..], |preview| &preview.lines);
    let facts = u16::from(area.height >= 4);
    let room = area.height - facts;
    if lines.is_empty() {
        let known =
            PreviewLine { number: finding.line, text: finding.redacted.clone(), hit: true, surprise: 1.0 };
        one_line(ink, row(area, 0), &known, &finding.redacted, 5);
    }
    // The finding stays in sight where not all lines have room.
    let at = lines.iter().position(|line| line.hit).unwrap_or(0);
    let first = at.saturating_sub(usize::from(room / 2)).min(lines.len().saturating_sub(usize::from(room)));
    let digits = lines.last().map_or(1, |line| 1 + line.number.checked_ilog10().unwrap_or(0) as u16);
    for (n, line) in (0..room).zip(&lines[first..]) {
        one_line(ink, row(area, n), line, &finding.redacted, digits.max(3));
    }
    if facts > 0 {
        let (is, most) = (finding.entropy, finding.entropy_ceiling);
        let said = [
            format!("entropy {is:.2} of at most {most:.2} bits a character"),
            format!("entropy {is:.2} of at most {most:.2} bits"),
            format!("{is:.2} of {most:.2} bits"),
        ];
        // Near the lines it is about, and never behind them.
        let under = (lines.len().max(1) as u16 + 1).min(area.height - 1);
        let fitting = said.iter().find(|said| said.len() <= usize::from(area.width)).unwrap_or(&said[2]);
        ink.put(row(area, under), fitting, Role::Dim);
    }
}

fn one_line(ink: &mut Ink<'_>, area: Rect, line: &PreviewLine, redacted: &str, digits: u16) {
    let scale = ink.glyphs.heat;
    let step = (line.surprise.clamp(0.0, 1.0) * (scale.len() - 1) as f64).round() as usize;
    let heat = match step {
        0..2 => Role::Dim,
        2 | 3 => Role::Warn,
        _ => Role::Bad,
    };
    let cut = ink.glyphs.cut;
    let mut cells = Row::new(ink, area);
    cells.right(digits, &line.number.to_string(), Role::Dim).gap(1);
    cells.left(1, scale[step.min(scale.len() - 1)], heat).gap(1);
    let text = Text::new(&line.text);
    if line.hit {
        let text = around(&text, &Text::new(redacted), cells.room(), cut);
        cells.text(&text, Role::Title);
    } else {
        cells.text(&text, Role::Text);
    }
}

/// The secrets in one line, for a screen that shows the other pane.
pub(in crate::ui) fn summary(ink: &mut Ink<'_>, area: Rect, view: &View<'_>) {
    let mut line = Row::new(ink, area);
    line.gap(1).text("secrets", Role::Dim).gap(2);
    match view.snapshot.scan() {
        None if view.findings.is_empty() => {
            line.text("press s to scan this folder", Role::Dim);
            return;
        }
        Some(scan) if scan.phase == Phase::Running => {
            let share = scan.progress.share().map(metric::percent).unwrap_or_default();
            line.text(&format!("scanning {share}"), Role::Text).gap(2);
        }
        _ => {}
    }
    let rest = line.room();
    let rest = line.take(rest);
    found(ink, rest, view.findings);
}

/// The level of a finding in words, for its details.
pub(in crate::ui) fn level_words(level: Level) -> &'static str {
    LEVELS[place(level)].2
}
