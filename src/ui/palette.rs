//! The palette: all actions that hold now, found by words of their name or of what they do.

use super::entry::Entry;
use super::keymap::Row;
use super::keys::{Action, Binding, Step};
use super::offer::offered;
use super::state::UiState;
use super::update::pane_contexts;
use super::view::View;

/// What is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    /// The words.
    pub entry: Entry,
    /// Which of the actions that were found is chosen, from 0.
    pub chosen: usize,
}

/// The actions that the words find, the likeliest first.
pub(super) fn found<'a>(state: &'a UiState, view: &View<'_>) -> Vec<&'a Row> {
    let closed = UiState { overlay: None, ..state.clone() };
    let contexts = pane_contexts(state, view);
    let known: Vec<&Binding> = offered(&closed, view, &contexts).iter().map(|row| row.binding).collect();
    let rows = state.keymap.rows().iter().filter(|row| {
        // To look up the looking up is of no use, and a move is a key or nothing.
        known.contains(&row.binding) && !matches!(row.action(), Action::Palette | Action::Move(_))
    });
    let words = state.palette.entry.text().to_lowercase();
    let mut found: Vec<(u8, &Row)> =
        rows.filter_map(|row| Some((rank(&words, row.action().name(), row.binding.words)?, row))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, row)| row).collect()
}

/// How well an action fits: 0 is best. All words must be found, in its name or in what it does; failing that, all
/// letters in its name one after the other.
fn rank(words: &str, name: &str, about: &str) -> Option<u8> {
    let about = about.to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    let all = |fits: &dyn Fn(&str) -> bool| words.iter().all(|word| fits(word));
    let has_letters = || {
        let mut rest = name.chars();
        words.iter().flat_map(|word| word.chars()).all(|c| rest.any(|other| other == c))
    };
    if words.is_empty() || words == [name] {
        Some(0)
    } else if all(&|word| name.split('-').any(|part| part.starts_with(word))) {
        Some(1)
    } else if all(&|word| name.contains(word)) {
        Some(2)
    } else if all(&|word| name.contains(word) || about.contains(word)) {
        Some(3)
    } else {
        has_letters().then_some(4)
    }
}

/// Chooses another one.
pub(super) fn choose(palette: &mut Palette, step: Step, count: usize) {
    let last = count.saturating_sub(1);
    palette.chosen = match step {
        Step::Up => palette.chosen.saturating_sub(1),
        Step::Down => (palette.chosen + 1).min(last),
        Step::First => 0,
        _ => last,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_actions_by_name_and_by_what_they_do() {
        let cases = [
            ("", "sort-left", Some(0)),
            ("sort-left", "sort-left", Some(0)),
            ("sort", "sort-left", Some(1)),
            ("left so", "sort-left", Some(1)),
            ("ort", "sort-left", Some(2)),
            ("column", "sort-left", Some(3)),
            ("slf", "sort-left", Some(4)),
            ("zoom", "sort-left", None),
        ];
        for (words, name, expected) in cases {
            assert_eq!(rank(words, name, "Sort by the column to the left"), expected, "{words}");
        }
    }
}
