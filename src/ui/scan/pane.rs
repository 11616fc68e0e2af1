//! The scan pane: how far the scan is, what it found, and the lines around the chosen finding.
//!
//! Everything in a finding comes from a stranger's files: it is escaped here again before it is shown, and the
//! secret itself is never read, only its redacted form.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::clock::Moment;
use crate::model::job::{Job, Phase};
use crate::model::metric;
use crate::model::text::Text;
use crate::scan::baseline::Verdict;
use crate::scan::finding::Level;
use crate::scan::found::Found;
use crate::ui::filter_line;
use crate::ui::layout;
use crate::ui::paint::graph;
use crate::ui::paint::ink::{Ink, Row, keep_end, row};
use crate::ui::parts::List;
use crate::ui::scan::order::{place, shown};
use crate::ui::scan::{about, map, preview};
use crate::ui::state::{FindingColumn, Pane, UiState};
use crate::ui::view::View;
use crate::ui::watch::gauges::bytes_read;
use crate::ui::watch::pane::empty;
use crate::ui::words;

const EMPTY: [&str; 3] = [
    "Press S or Enter to scan this folder for secrets.",
    "What is found stands here, the surest first, and never in clear text unless you ask for it.",
    "telltale scan PATH does the same without a screen.",
];

/// What the pane says while all of it is hidden.
const HIDDEN: &str = "4 shows the findings, 5 the lines around one of them.";

/// All levels, the gravest first, with their letter and their words.
const LEVELS: [(&str, &str, Role); 4] = [
    ("H", "high", Role::Bad),
    ("M", "medium", Role::Warn),
    ("L", "low", Role::Text),
    ("E", "entropy", Role::Dim),
];

/// Draws the pane.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, pane: Rect, is_framed: bool, view: &View<'_>, state: &UiState) {
    let border = if state.pane == Pane::Scan { Role::Focus } else { Role::Border };
    let scan = view.snapshot.scan();
    if is_framed {
        ink.frame(pane, &title(scan, state, ink.glyphs.dot), border);
    }
    let inside = layout::inside(pane, is_framed);
    if scan.is_none() && view.findings.is_empty() {
        empty(ink, inside, &EMPTY);
        return;
    }
    if let (Some(place), Some(tally)) = (&state.map, view.tally) {
        let areas = map::areas(inside);
        status(ink, areas.status, view, state);
        if is_framed {
            ink.divider(pane, areas.titles.y, "", border);
        }
        map::draw(ink, &areas, place, &tally.map);
        return;
    }
    let areas = layout::scan(inside, view.findings.len(), state);
    status(ink, areas.status, view, state);
    if state.hidden.has_all_of_scan() {
        let below =
            Rect { y: areas.status.bottom(), height: inside.bottom() - areas.status.bottom(), ..inside };
        empty(ink, below, &[HIDDEN]);
        return;
    }
    if !areas.titles.is_empty() {
        if is_framed {
            ink.divider(pane, areas.titles.y, "", border);
        }
        // Without a frame there is no title for the filter to stand in.
        match filter_line::kept(state, List::Findings).filter(|_| !is_framed) {
            Some(kept) => _ = ink.put(areas.titles, &kept, Role::Key),
            None if view.findings.is_empty() => {}
            None => titles(ink, areas.titles, state),
        }
    }
    if view.findings.is_empty() {
        match scan.filter(|scan| scan.phase != Phase::Running) {
            None => {
                ink.put(areas.rows, "nothing yet", Role::Dim);
            }
            Some(scan) => {
                let said = about::nothing_found(scan, view.tally);
                let said: Vec<&str> = said.iter().map(String::as_str).collect();
                let y = areas.status.bottom();
                empty(ink, Rect { y, height: inside.bottom().saturating_sub(y), ..inside }, &said);
            }
        }
        return;
    }
    if state.lists.findings.rows.len() == 0 {
        filter_line::nothing(ink, areas.rows, state, List::Findings);
    }
    rows(ink, areas.rows, view, state);
    if let Some((_, finding)) = state.chosen_finding(view.findings).filter(|_| !areas.preview.is_empty()) {
        let path = Text::new(&shown(finding));
        let is_beside = areas.preview.x > areas.rows.x;
        let room = if is_beside { areas.preview_title.width } else { pane.width };
        let title = keep_end(&path, room.saturating_sub(6), ink.glyphs.cut);
        if is_beside {
            let width = areas.preview_title.width;
            Row::new(ink, areas.preview_title).title(width, &title, false);
        } else if is_framed {
            ink.divider(pane, areas.preview_title.y, &title, border);
        } else {
            ink.put(areas.preview_title, &title, Role::Dim);
        }
        let blame = state.blame.as_ref().filter(|blame| blame.is_about(finding));
        preview::draw(ink, areas.preview, finding, view.preview, blame);
    }
}

/// The name of the pane with what is scanned, or with what is kept of it.
fn title(scan: Option<&Job>, state: &UiState, dot: &str) -> String {
    let mut title = "Secrets".to_owned();
    match (filter_line::kept(state, List::Findings), scan) {
        (Some(kept), _) => title = format!("{title} {dot} {kept}"),
        (None, Some(scan)) => title = format!("{title} {dot} {}", scan.name),
        (None, None) => {}
    }
    if state.findings.is_away {
        title = format!("{title} {dot} F follows");
    }
    title
}

/// Columns from which on the bar has room beside the workers.
const ROOM_FOR_BAR: u16 = 40;

/// Up to four rows: how far, how much, who works on it, what was found.
fn status(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let Some(scan) = view.snapshot.scan().filter(|_| area.height >= 3) else {
        found(ink, area, state);
        return;
    };
    let is_stopped = view.tally.is_some_and(|tally| tally.is_stopped);
    how_far(ink, row(area, 0), scan, view.snapshot.at, is_stopped);
    amounts(ink, row(area, 1), scan);
    if area.height >= 4 {
        workers(ink, row(area, 2), scan, view);
    }
    found(ink, row(area, area.height - 1), state);
}

fn how_far(ink: &mut Ink<'_>, area: Rect, scan: &Job, now: Moment, is_stopped: bool) {
    let mut line = Row::new(ink, area);
    let is_running = scan.phase == Phase::Running;
    if is_stopped && !is_running {
        line.text(&about::stopped_at(scan), Role::Warn).gap(2).text("S scans again", Role::Dim);
        return;
    }
    let share = scan.progress.share();
    let (word, role) = if is_running { ("scanning", Role::Text) } else { ("scanned", Role::Ok) };
    line.left(9, word, role);
    line.right(6, &share.map(metric::percent).unwrap_or_default(), Role::Text).gap(2);
    if is_running && area.width < ROOM_FOR_BAR {
        line.text(&at_work(scan).join("  "), Role::Text);
        return;
    }
    if is_running && share.is_none() {
        line.text(&format!("time left {}", about::NOT_YET), Role::Dim);
        return;
    }
    let width = (line.room() / 2).max(6);
    let bar = line.take(width);
    line.gap(2);
    match (scan.phase, scan.progress.time_left, scan.running_for(now)) {
        (Phase::Running, Some(left), _) => line.text(&format!("{} left", words::left(left)), Role::Dim),
        (Phase::Running, None, _) => line.text(about::NOT_YET, Role::Dim),
        (Phase::Ended { .. }, _, Some(ran)) => line.text(&format!("in {}", metric::span(ran)), Role::Dim),
        _ => &mut line,
    };
    if let Some(share) = share {
        graph::bar(ink, bar, share, Role::Accent);
    }
}

/// The workers, and the files that wait for them.
fn at_work(scan: &Job) -> Vec<String> {
    let workers = format!("{}/{} busy", scan.workers.busy, scan.workers.alive);
    let in_flight = scan.progress.in_flight.map(|n| format!("{} in flight", metric::count(n)));
    [(scan.workers.alive > 0).then_some(workers), in_flight].into_iter().flatten().collect()
}

/// Who works on it while it runs, and what was left out.
fn workers(ink: &mut Ink<'_>, area: Rect, scan: &Job, view: &View<'_>) {
    let at_work = if scan.phase == Phase::Running { at_work(scan) } else { Vec::new() };
    let mut pieces: Vec<(String, Role)> = at_work.into_iter().map(|piece| (piece, Role::Text)).collect();
    if let Some(tally) = view.tally {
        let skipped = tally.skipped_in_all();
        let hidden = if tally.shows_accepted { "known" } else { "known, hidden" };
        let known = format!("{} {hidden}", metric::count(tally.accepted as u64));
        let real = format!("{} marked real", metric::count(tally.real as u64));
        let more = [
            (format!("{} skipped", metric::count(skipped)), skipped > 0),
            (real, tally.real > 0),
            (known, tally.accepted > 0),
        ];
        pieces.extend(more.into_iter().filter(|(_, holds)| *holds).map(|(piece, _)| (piece, Role::Dim)));
    }
    let mut line = Row::new(ink, area);
    for (piece, role) in pieces {
        if usize::from(line.room()) < piece.len() {
            break;
        }
        line.text(&piece, role).gap(2);
    }
}

fn amounts(ink: &mut Ink<'_>, area: Rect, scan: &Job) {
    let progress = &scan.progress;
    let is_running = scan.phase == Phase::Running;
    let rate = scan.io.filter(|_| is_running).map(|io| words::byte_rate(io.read));
    let files = about::files_read(scan);
    let pieces = [files, bytes_read(scan).map(|bytes| bytes.to_string()), rate];
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
fn found(ink: &mut Ink<'_>, area: Rect, state: &UiState) {
    let counts = state.lists.findings.levels;
    let sure: usize = counts[..3].iter().sum();
    let marks = ink.glyphs.levels;
    let pieces = |is_long: bool| {
        let known = LEVELS.iter().enumerate().filter(|(i, _)| counts[*i] > 0);
        let pieces = known.map(|(i, (letter, word, role))| {
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
fn widths(width: u16, state: &UiState) -> [u16; 3] {
    let score = if width >= 30 { 6 } else { 0 };
    let room = width.saturating_sub(4 + score) / 2;
    [4, score, state.lists.findings.rule_width.clamp(5, 28).min(room)]
}

/// The columns behind the mark: where they begin, how wide they are, their title and what it sorts by.
fn columns(area: Rect, state: &UiState) -> [(u16, u16, &'static str, FindingColumn); 3] {
    let [mark, score, rule] = widths(area.width, state);
    let rule_at = area.x + mark + score;
    let path_at = rule_at + rule + 1;
    [
        // Its arrow stands before the score, where marks end with a blank.
        (area.x + mark - 1, score, "SCORE", FindingColumn::Score),
        (rule_at, rule, "RULE", FindingColumn::Rule),
        (path_at, area.right().saturating_sub(path_at), "WHERE", FindingColumn::Path),
    ]
}

fn titles(ink: &mut Ink<'_>, area: Rect, state: &UiState) {
    let arrow = ink.glyphs.arrows[usize::from(state.is_finding_reversed)];
    for (x, width, title, column) in columns(area, state) {
        let arrow = if state.finding_column == column { arrow } else { "" };
        let area = Rect { x, width: width.min(area.right().saturating_sub(x)), ..area };
        let is_right = column == FindingColumn::Score;
        Row::new(ink, area).title(width, &format!("{arrow}{title}"), is_right);
    }
}

/// What the title in this column of the screen sorts by.
pub(in crate::ui) fn sort_at(area: Rect, state: &UiState, column: u16) -> Option<FindingColumn> {
    let found = columns(area, state).into_iter().find(|(x, width, ..)| (*x..x + width).contains(&column));
    found.map(|(.., column)| column)
}

/// Columns of a place from which on words have room behind it.
const ROOM_FOR_WORDS: u16 = 22;

/// Columns that a place has before the words behind it.
const PLACE: usize = 14;

/// The letter of a finding of which people said something, in the place of its level's.
const fn sign_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Known => "k",
        Verdict::NotASecret => "n",
        Verdict::Real => "R",
    }
}

/// What stands behind the place: what the baseline says, and how many other places there are.
fn more(finding: &Found, room: u16) -> String {
    if let Some(folded) = finding.folded.filter(|folded| folded.lines > 1) {
        let short = format!(" x{}", metric::count(folded.lines));
        let long = format!("{short} {}", folded.class.as_str());
        return if usize::from(room) < long.len() + PLACE { short } else { long };
    }
    if room < ROOM_FOR_WORDS {
        return if finding.more() == 0 { String::new() } else { format!(" +{}", finding.more()) };
    }
    let said = finding.verdict().map_or_else(String::new, |verdict| format!(" ({})", verdict.as_str()));
    match finding.more() {
        0 => said,
        1 => format!(" +1 place{said}"),
        n => format!(" +{} places{said}", metric::count(n as u64)),
    }
}

fn rows(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let [_, score, rule] = widths(area.width, state);
    let chosen = state.findings.chosen.as_ref();
    let shown_rows = &state.lists.findings.rows;
    let last = shown_rows.len().saturating_sub(usize::from(area.height));
    let top = state.findings.top.min(last);
    for (n, at) in (0..area.height).zip(shown_rows.from(top)) {
        let Some(finding) = view.findings.get(at) else { return };
        let area = row(area, n);
        let nth = place(finding.level);
        let (sign, _, look) = LEVELS[nth];
        let (mark, cut) = (ink.glyphs.levels[nth], ink.glyphs.cut);
        let mut line = Row::new(ink, area);
        let sign = finding.verdict().map_or(sign, sign_of);
        line.left(2, mark, look).left(2, sign, look);
        line.left(score, &format!("{:.2}", finding.score), Role::Text);
        line.left(rule, &Text::new(&finding.rule), Role::Text).gap(1);
        let place = Text::new(&format!("{}:{}", shown(finding), finding.line));
        let more = more(finding, line.room());
        let place = keep_end(&place, line.room().saturating_sub(more.width() as u16), cut);
        line.text(&place, Role::Text).text(&more, Role::Dim);
        if finding.accepted().is_some() {
            ink.tint(area, Role::Dim);
        }
        if chosen.is_some_and(|key| key.is(finding)) {
            ink.tint(area, Role::Selected);
        }
    }
}

/// The secrets in one line, for a screen that shows the other pane.
pub(in crate::ui) fn summary(ink: &mut Ink<'_>, area: Rect, view: &View<'_>, state: &UiState) {
    let mut line = Row::new(ink, area);
    line.gap(1).text("secrets", Role::Dim).gap(2);
    match view.snapshot.scan() {
        None if view.findings.is_empty() => {
            line.text("press S to scan this folder", Role::Dim);
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
    found(ink, rest, state);
}

/// The level of a finding in words, for its details.
pub(in crate::ui) fn level_words(level: Level) -> &'static str {
    LEVELS[place(level)].1
}
