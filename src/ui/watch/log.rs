//! The newest output of the job: which of its lines are in sight, and how long ones are shown.

use std::borrow::Cow;

use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::config::theme::Role;
use crate::model::job::{Job, JobKind};
use crate::model::log::LogTail;
use crate::model::metric;
use crate::ui::filter_line;
use crate::ui::lists::Log;
use crate::ui::paint::ink::{Ink, row, wrap};
use crate::ui::parts::List;
use crate::ui::state::{LogPlace, UiState};
use crate::ui::words;

/// The text of a line; what is not ended yet comes last.
fn text(log: &LogTail, place: usize) -> &str {
    log.lines.get(place).map_or_else(|| log.partial.as_deref().unwrap_or_default(), |line| &line.text)
}

/// Rows that a line takes.
fn height(text: &str, width: u16, is_wrapped: bool) -> usize {
    if is_wrapped { text.width().div_ceil(usize::from(width.max(1))).max(1) } else { 1 }
}

/// The first row of the last screenful: no place below it is scrolled to.
pub(in crate::ui) fn last_top(log: &LogTail, lines: &Log, at: LogPlace, area: Rect) -> usize {
    let rows = &lines.rows;
    if !at.is_wrapped {
        return rows.len().saturating_sub(usize::from(area.height.max(1)));
    }
    let mut room = usize::from(area.height.max(1));
    let mut first = rows.len();
    while let Some(place) = first.checked_sub(1).and_then(|above| rows.place(above)) {
        let needs = height(text(log, place), area.width, true);
        if needs > room {
            break;
        }
        room -= needs;
        first -= 1;
    }
    // A line longer than the screen is shown from its beginning.
    first.min(rows.len().saturating_sub(1))
}

/// The first row in sight.
pub(in crate::ui) fn top(log: &LogTail, lines: &Log, at: LogPlace, area: Rect) -> usize {
    let last = last_top(log, lines, at, area);
    let above = |number: u64| usize::try_from(number.saturating_sub(lines.first)).unwrap_or(usize::MAX);
    at.top.map_or(last, |number| lines.rows.row_at_or_after(above(number)).min(last))
}

/// The place with row `to` on top; the last screenful follows what comes.
pub(in crate::ui) fn place_at(log: &LogTail, lines: &Log, at: LogPlace, area: Rect, to: usize) -> LogPlace {
    let number = lines.rows.place(to).map(|place| lines.first + place as u64);
    LogPlace { top: number.filter(|_| to < last_top(log, lines, at, area)), ..at }
}

/// The columns of the longest line.
pub(in crate::ui) fn widest(log: &LogTail, lines: &Log) -> usize {
    lines.rows.from(0).map(|place| text(log, place).width()).max().unwrap_or(0)
}

/// What stands over the lines.
pub(in crate::ui) fn title(ink: &Ink<'_>, job: &Job, state: &UiState, area: Rect) -> String {
    let dot = ink.glyphs.dot;
    let mut title = "Output".to_owned();
    if let Some(kept) = filter_line::kept(state, List::Log) {
        title = format!("{title} {dot} {kept}");
    } else if job.log.seen > 0 {
        let lines = words::counted(job.log.seen as usize, "line", "lines");
        title = format!("{title} {dot} {lines}");
    }
    let lines = &state.lists.log;
    if state.log.top.is_some() {
        let first = lines.rows.place(top(&job.log, lines, state.log, area)).unwrap_or(0) as u64;
        title = format!("{title} {dot} from line {}, F follows", metric::count(lines.first + first));
    }
    if state.log.shift > 0 {
        title = format!("{title} {dot} column {}", state.log.shift + 1);
    }
    title
}

/// Draws the lines that are in sight.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, area: Rect, job: &Job, state: &UiState) {
    let lines = &state.lists.log;
    if lines.rows.all == 0 {
        let hint = match job.kind {
            JobKind::Attached => "none: an attached job writes elsewhere; --log FILE reads along",
            _ => "none yet",
        };
        ink.put(area, hint, Role::Dim);
        return;
    }
    if lines.rows.len() == 0 {
        filter_line::nothing(ink, area, state, List::Log);
        return;
    }
    let mut n = 0;
    for place in lines.rows.from(top(&job.log, lines, state.log, area)) {
        let text = text(&job.log, place);
        if state.log.is_wrapped && height(text, area.width, true) > 1 {
            for part in broken(text, area.width) {
                ink.put(row(area, n), part, Role::Text);
                n += 1;
            }
        } else {
            ink.put(row(area, n), &from_column(text, state.log.shift), Role::Text);
            n += 1;
        }
        if n >= area.height {
            return;
        }
    }
}

/// `text` without its first columns; half a wide character is a blank.
fn from_column(text: &str, shift: usize) -> Cow<'_, str> {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        if used >= shift {
            let blanks = used - shift;
            let rest = &text[at..];
            return if blanks == 0 {
                Cow::Borrowed(rest)
            } else {
                Cow::Owned(format!("{:blanks$}{rest}", ""))
            };
        }
        used += c.width().unwrap_or(0);
    }
    Cow::Borrowed(if shift == 0 { text } else { "" })
}

/// `text` in rows of `width` columns: output is shown as it is, so that no blank is taken for a place to break.
fn broken(text: &str, width: u16) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut used = 0;
        let end = rest.char_indices().find(|(at, c)| {
            used += c.width().unwrap_or(0);
            *at > 0 && used > usize::from(width)
        });
        let (row, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = after;
        Some(row)
    })
}

/// Says in a list that shows nothing what to do about it.
pub(in crate::ui) fn hint(ink: &mut Ink<'_>, area: Rect, words: &str) {
    for (n, line) in (0_u16..).zip(wrap(words, area.width, usize::from(area.height.max(1)))) {
        ink.put(row(area, n), &line, Role::Dim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_shown_sideways_and_wrapped() {
        for (text, shift, expected) in [
            ("abc", 0, "abc"),
            ("abc", 2, "c"),
            ("abc", 3, ""),
            ("abc", 9, ""),
            ("日本", 1, " 本"),
            ("", 0, ""),
        ] {
            assert_eq!(from_column(text, shift), expected, "{text} {shift}");
        }
        for (text, width, expected) in [
            ("abcde", 2, &["ab", "cd", "e"][..]),
            ("日本x", 3, &["日", "本x"]),
            ("日本", 1, &["日", "本"]),
            ("ab", 0, &["a", "b"]),
        ] {
            assert_eq!(broken(text, width).collect::<Vec<_>>(), expected, "{text} {width}");
        }
    }
}
