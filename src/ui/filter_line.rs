//! The filter as it is seen: the line in which it is typed, and the words in the title of its list.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::paint::ink::{Ink, Row};
use super::parts::List;
use super::query::fields;
use super::state::UiState;
use super::watch::log::hint;
use crate::config::theme::Role;
use crate::model::metric;
use crate::model::text::escape;

/// The filter of a list and how much it keeps: `/cpu>5  12 of 1,002`. None while it keeps all.
pub(super) fn kept(state: &UiState, list: List) -> Option<String> {
    let query = &state.filters.of(list).query;
    if query.is_empty() {
        return None;
    }
    Some(format!("/{}  {}", escape(query.text()), counted(state, list)))
}

fn counted(state: &UiState, list: List) -> String {
    let (kept, all) = state.lists.counts(list);
    format!("{} of {}", metric::count(kept as u64), metric::count(all as u64))
}

/// Says in a list from which the filter keeps nothing how to get it back.
pub(super) fn nothing(ink: &mut Ink<'_>, area: Rect, state: &UiState, list: List) {
    let query = &state.filters.of(list).query;
    let words =
        format!("No {} match /{}. Esc clears the filter, / changes it.", list.noun(), escape(query.text()));
    hint(ink, area, &words);
}

/// Draws the line of the filter that is being typed. Where there is too little room for all of the text, the part
/// around the cursor is shown; what is wrong with it stands behind it.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, state: &UiState, list: List) {
    let filter = state.filters.of(list);
    let (text, cursor) = (filter.entry.text(), filter.entry.cursor());
    let cut = ink.glyphs.cut;
    let behind = match &filter.problem {
        Some(problem) => escape(&problem.says).into_owned(),
        None if text.is_empty() => fields_in_words(list),
        None => match filter.candidates(list).as_slice() {
            [] => format!("{}  Enter keeps it, Esc clears it", counted(state, list)),
            found => {
                let names: Vec<&str> = found.iter().map(|field| field.example).collect();
                format!("{}  Tab: {}", counted(state, list), names.join(" "))
            }
        },
    };
    let mut line = Row::new(ink, area);
    line.gap(1).text("/", Role::Key);
    // What is said must be seen: half of the line is for it, as far as it needs that much.
    let room = usize::from(line.room());
    let most = room.saturating_sub((behind.width() + 2).min(room / 2)).max(1);
    let mut start = 0;
    while text[start..cursor].width() + 2 > most && start < cursor {
        start += text[start..].chars().next().map_or(1, char::len_utf8);
    }
    let mut used = 0;
    if start > 0 {
        used += usize::from(line.room());
        line.text(cut, Role::Dim);
        used -= usize::from(line.room());
    }
    let bad = filter.problem.as_ref().map(|problem| problem.at.clone()).unwrap_or_default();
    for (at, c) in text[start..].char_indices().map(|(at, c)| (at + start, c)) {
        let before = usize::from(line.room());
        let role = match () {
            () if at == cursor => Role::Selected,
            () if bad.contains(&at) => Role::Bad,
            () => Role::Text,
        };
        line.text(&escape(c.encode_utf8(&mut [0; 4])), role);
        used += before - usize::from(line.room());
        if used >= most {
            break;
        }
    }
    if cursor == text.len() {
        line.text(" ", Role::Selected);
    }
    let role = if filter.problem.is_some() { Role::Bad } else { Role::Dim };
    line.gap(2).text(&behind, role);
}

/// What can be asked for, before anything is typed.
fn fields_in_words(list: List) -> String {
    let names: Vec<&str> = fields(list).map(|field| field.example).collect();
    match list {
        List::Members => format!("a name, or {}", names.join(" ")),
        List::Findings => format!("a rule or a path, or {}", names.join(" ")),
        List::Log => "words, or /an expression/; !word leaves out".to_owned(),
    }
}
