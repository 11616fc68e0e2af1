//! Which part of the screen shows what. Nothing is refused: what has no room goes, the verdict last.
//!
//! ```text
//! header                                    from 2 rows
//! verdict                                   always
//! evidence of the worst alert               from 24 rows
//! ╭ job ────────────────╮╭ secrets ───────╮ side by side from 100 columns, else one of them
//! │ gauges              ││ progress       │
//! ├ members ────────────┤├ findings ──────┤
//! ├ log ────────────────┤├ preview ───────┤
//! ╰─────────────────────╯╰────────────────╯
//! summary of the pane that is hidden        from 8 rows
//! keys                                      from 5 rows
//! ```

use ratatui::layout::Rect;

use super::parts::Part;
use super::state::{Pane, UiState};
use super::verdict;
use super::view::View;
use super::watch::gauges;

/// From here on both panes have room side by side.
const SIDE_BY_SIDE: u16 = 100;

/// The parts of a screen. A part without room is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) verdict: Rect,
    pub(super) evidence: Rect,
    pub(super) watch: Rect,
    pub(super) scan: Rect,
    pub(super) summary: Rect,
    pub(super) keys: Rect,
    /// The panes have frames.
    pub(super) is_framed: bool,
}

/// The parts of the watch pane's inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WatchAreas {
    pub(super) gauges: Rect,
    pub(super) titles: Rect,
    pub(super) rows: Rect,
    pub(super) log_title: Rect,
    pub(super) log: Rect,
}

/// The parts of the scan pane's inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ScanAreas {
    pub(super) status: Rect,
    pub(super) titles: Rect,
    pub(super) rows: Rect,
    pub(super) preview_title: Rect,
    pub(super) preview: Rect,
}

/// Takes rows from the top of a rest.
struct Rest(Rect);

impl Rest {
    fn top(&mut self, rows: u16) -> Rect {
        let height = rows.min(self.0.height);
        let taken = Rect { height, ..self.0 };
        self.0.y += height;
        self.0.height -= height;
        taken
    }

    fn bottom(&mut self, rows: u16) -> Rect {
        let height = rows.min(self.0.height);
        self.0.height -= height;
        Rect { y: self.0.bottom(), height, ..self.0 }
    }
}

/// Columns of the verdict's text: a blank, its mark, a blank, and a blank at the end.
pub(super) const fn verdict_width(width: u16) -> u16 {
    width.saturating_sub(4)
}

/// Divides the screen.
pub(super) fn areas(area: Rect, view: &View<'_>, state: &UiState) -> Areas {
    let (width, height) = (area.width, area.height);
    let mut rest = Rest(area);
    let header = rest.top(u16::from(height >= 2));
    let most = if height >= 10 { 2 } else { 1 };
    let (_, lines) = verdict::rows(view, state, verdict_width(width), most);
    let verdict = rest.top(lines.len() as u16);
    let has_room = height >= 24;
    let evidence = if has_room { verdict::evidence(view, state, verdict_width(width)).len() } else { 0 };
    let evidence = rest.top(evidence as u16);
    let has_keys = height >= 5 || (height >= 2 && state.filters.typed.is_some());
    let keys = rest.bottom(u16::from(has_keys));
    let has_both = !state.hidden.has_all_of_watch() && !state.hidden.has_all_of_scan();
    let is_beside = width >= SIDE_BY_SIDE && rest.0.height >= 6 && !state.is_zoomed && has_both;
    let summary = rest.bottom(u16::from(!is_beside && !state.is_zoomed && height >= 8));
    let body = rest.0;
    let (watch, scan) = if is_beside {
        let right = (width * 21 / 50).clamp(46, 80);
        let left = Rect { width: width - right, ..body };
        (left, Rect { x: left.right(), width: right, ..body })
    } else {
        match state.pane {
            Pane::Watch => (body, Rect::default()),
            Pane::Scan => (Rect::default(), body),
        }
    };
    let is_framed = width >= 60 && body.height >= 10;
    Areas { header, verdict, evidence, watch, scan, summary, keys, is_framed }
}

/// The inside of a pane: within its frame and one blank column, or without frame all but a margin.
pub(super) fn inside(pane: Rect, is_framed: bool) -> Rect {
    let (edge, rows) = if is_framed { (2, 1) } else { (1, 0) };
    if pane.width <= edge * 2 || pane.height <= rows * 2 {
        return Rect { width: 0, height: 0, ..pane };
    }
    Rect { x: pane.x + edge, y: pane.y + rows, width: pane.width - edge * 2, height: pane.height - rows * 2 }
}

/// The table of several jobs, which lies over the parts that show one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct JobsAreas {
    pub(super) titles: Rect,
    pub(super) rows: Rect,
    pub(super) sum: Rect,
    /// The first job that is shown.
    pub(super) top: usize,
}

/// The table of jobs, and the rest of the watch pane for the parts of one of them. With one job there is no table. It
/// takes three tenths of the rows, and all of them where nothing else is shown.
pub(super) fn jobs(areas: &Areas, view: &View<'_>, state: &UiState) -> (JobsAreas, Rect) {
    let inside = inside(areas.watch, areas.is_framed);
    let count = view.jobs().count();
    if count < 2 || inside.height < 4 {
        return (JobsAreas::default(), inside);
    }
    let mut rest = Rest(inside);
    let share = if state.hidden.has_all_of_watch() { inside.height - 2 } else { inside.height * 3 / 10 };
    let titles = rest.top(u16::from(inside.height >= 12));
    let rows = rest.top(share.max(1).min(count.min(usize::from(u16::MAX)) as u16));
    let sum = rest.top(1);
    let top = scrolled(0, Some(super::jobs::shown_row(view, state)), rows.height, count);
    (JobsAreas { titles, rows, sum, top }, rest.0)
}

/// Divides the watch pane for so many members. Of members and log the one with the keys stays longest.
pub(super) fn watch(inside: Rect, members: usize, state: &UiState) -> WatchAreas {
    let is_shown = |part| !state.hidden.has(part);
    let has_lists = is_shown(Part::Members) || is_shown(Part::Log);
    let height = inside.height;
    let mut rest = Rest(inside);
    let shown = if height >= 24 { gauges::COUNT } else { (height * 2 / 5).max(4) };
    let mut gauges = rest.top(if is_shown(Part::Gauges) { shown.min(gauges::COUNT) } else { 0 });
    if !has_lists || is_shown(Part::Gauges) && rest.0.height < 3 {
        let more = if is_shown(Part::Gauges) { gauges::COUNT - gauges.height } else { 0 };
        gauges.height += rest.top(more).height;
        return WatchAreas { gauges, ..WatchAreas::default() };
    }
    let has_room_for_both = rest.0.height >= 8;
    let has_log = is_shown(Part::Log) && (has_room_for_both || state.is_in_log || !is_shown(Part::Members));
    let has_members = is_shown(Part::Members) && (has_room_for_both || !has_log);
    let titles = rest.top(u16::from(has_members));
    let room = rest.0.height;
    // The log gets a third, and what the members don't need.
    let wanted = members.clamp(1, usize::from(u16::MAX)) as u16;
    let log = match (has_log, has_members) {
        (false, _) => 0,
        (true, false) => room,
        (true, true) => (room / 3).max(3).max(room.saturating_sub(wanted)),
    };
    let mut log = Rest(rest.bottom(log));
    let log_title = log.top(1);
    WatchAreas { gauges, titles, rows: rest.0, log_title, log: log.0 }
}

/// From here on the preview has room beside the findings.
const BESIDE_ROWS: u16 = 100;

/// Findings at the left, the preview of the chosen one at the right.
fn beside(status: Rect, titles: Rect, body: Rect) -> ScanAreas {
    let left = body.width * 9 / 20;
    let part = |area: Rect| {
        let right = Rect { x: area.x + left + 2, width: area.width - left - 2, ..area };
        (Rect { width: left, ..area }, right)
    };
    let ((titles, preview_title), (rows, preview)) = (part(titles), part(body));
    ScanAreas { status, titles, rows, preview_title, preview }
}

/// The rows at the top that tell of the scan.
pub(super) const fn scan_status(height: u16) -> u16 {
    match height {
        14.. => 4,
        8.. => 3,
        _ => 1,
    }
}

/// Divides the scan pane for so many findings.
pub(super) fn scan(inside: Rect, findings: usize, state: &UiState) -> ScanAreas {
    let height = inside.height;
    let mut rest = Rest(inside);
    let status = rest.top(scan_status(height));
    let (has_rows, has_preview) = (!state.hidden.has(Part::Findings), !state.hidden.has(Part::Preview));
    if rest.0.height < 2 || !(has_rows || has_preview) {
        return ScanAreas { status, ..ScanAreas::default() };
    }
    let titles = rest.top(u16::from(height >= 5 && has_rows));
    if inside.width >= BESIDE_ROWS && height >= 12 && findings > 0 && has_rows && has_preview {
        return beside(status, titles, rest.0);
    }
    let room = rest.0.height;
    let wanted = findings.clamp(1, usize::from(u16::MAX)) as u16;
    let most = (room * 3 / 5).min(16);
    let preview = match (has_preview, has_rows) {
        (false, _) => 0,
        (true, false) => room,
        (true, true) if room >= 8 => (room / 3).max(room.saturating_sub(wanted).min(most)).max(5),
        (true, true) => 0,
    };
    let mut preview = Rest(rest.bottom(preview));
    let preview_title = preview.top(1);
    ScanAreas { status, titles, rows: rest.0, preview_title, preview: preview.0 }
}

/// The lines of the log, and below them a title and the alerts of the job, where the log is long enough: it keeps
/// half of its rows.
pub(super) fn log(log: Rect, view: &View<'_>, state: &UiState) -> (Rect, Rect, Rect) {
    let job = view.job(state).map(|job| &job.id);
    let alerts = view.snapshot.alerts.iter().filter(|alert| Some(&alert.job) == job).count();
    let most = usize::from((log.height / 2).saturating_sub(1));
    let rows = alerts.min(most) as u16;
    if rows == 0 {
        return (log, Rect::default(), Rect::default());
    }
    let mut rest = Rest(log);
    let shown = rest.bottom(rows);
    let title = rest.bottom(1);
    (rest.0, title, shown)
}

/// The first row of a list to show, so that row `at` of `len` is among the `height` ones.
pub(super) fn scrolled(top: usize, at: Option<usize>, height: u16, len: usize) -> usize {
    let height = usize::from(height).max(1);
    let top = top.min(len.saturating_sub(height));
    match at {
        Some(at) if at < top => at,
        Some(at) if at >= top + height => at + 1 - height,
        _ => top,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_scrolls_only_as_far_as_it_must() {
        let cases = [
            (0, None, 10, 5, 0),
            (0, Some(9), 10, 100, 0),
            (0, Some(10), 10, 100, 1),
            (50, Some(20), 10, 100, 20),
            (95, None, 10, 100, 90),
            (7, Some(0), 0, 3, 0),
        ];
        for (top, at, height, len, expected) in cases {
            assert_eq!(scrolled(top, at, height, len), expected);
        }
    }
}
