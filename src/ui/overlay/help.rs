//! The help: the keys that hold where one is, then all others, then the words that the screen uses.

use unicode_width::UnicodeWidthStr;

use super::window::Said;
use crate::config::theme::Role;
use crate::ui::input::Key;
use crate::ui::keys::{CONTEXTS, Context};
use crate::ui::offer::refusal;
use crate::ui::parts::List;
use crate::ui::query::fields;
use crate::ui::state::UiState;
use crate::ui::update::pane_contexts;
use crate::ui::view::View;

/// Columns of the keys.
pub(super) const INDENT: u16 = 15;

/// What the words on the screen mean; one that is not said here is plain language.
const WORDS: [(&str, &str); 16] = [
    ("alert", "a named condition that holds now, with what was measured"),
    ("beat", "any sign of progress: a counter that rose, a line of output. Burning CPU is none"),
    ("heartbeat", "how long ago the last beat was"),
    ("quiet", "no beat for much longer than usual"),
    ("in flight", "tasks handed out and not yet finished"),
    ("done", "finished tasks, and how many there are where the job tells it"),
    ("throughput", "tasks done a second, over the last half minute"),
    ("limit", "how full the memory limit is that the job would hit first"),
    ("worker", "a process of the job that does its tasks; a helper only serves them"),
    ("busy", "a worker that used the CPU since the last look; idle is one that waited"),
    ("blocked", "it sleeps where nothing can wake it, mostly for a disk (state D)"),
    ("lost", "a worker that ended without finishing, killed or crashed; it stays in the list"),
    ("entropy", "bits a character: how much like random a text is, beside the most it could be"),
    ("score", "how probably a finding is a real secret, from 0 to 1"),
    ("held", "the screen stands still; the collecting goes on"),
    ("own", "what telltale itself uses: CPU, memory, and how late it looks when it is late"),
];

/// The lines of the help.
pub(super) fn said(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let here = pane_contexts(state, view);
    let mut contexts: Vec<Context> = here.clone();
    contexts.extend(CONTEXTS.into_iter().filter(|context| !here.contains(context)));
    let mut lines = Vec::new();
    for context in contexts {
        let rows: Vec<_> = state
            .keymap
            .rows()
            .iter()
            .filter(|row| row.binding.context == context && !row.keys.is_empty())
            .filter(|row| refusal(row.action(), state).is_none())
            .collect();
        if rows.is_empty() {
            continue;
        }
        heading(&mut lines, context.heading());
        lines.extend(
            rows.iter().map(|row| Said::new(&fitting(&row.keys), Role::Key, row.binding.words, Role::Text)),
        );
    }
    if state.is_readonly {
        heading(&mut lines, "Read-only");
        lines.push(Said::plain("what ends, signals or types to the job is switched off", Role::Text));
    }
    filters(&mut lines);
    heading(&mut lines, "Words");
    lines.extend(WORDS.iter().map(|(word, about)| Said::new(word, Role::Title, about, Role::Text)));
    lines
}

/// What can be typed behind `/`.
fn filters(lines: &mut Vec<Said>) {
    const SYNTAX: [(&str, &str); 6] = [
        (
            "etl",
            "what is called so: members by name and command, findings by rule and path, output by its text",
        ),
        ("/fork|spawn/", "a regular expression for the same"),
        ("!idle", "not that; - does the same"),
        ("cpu>5 lost", "both; with or between them, one of them"),
        ("state=D,T", "one of several values; \" \" around a value with blanks"),
        ("Tab Up Down", "while typing: complete a field, earlier queries"),
    ];
    let mut part = |title: &str, rows: &[(&str, &str)]| {
        heading(lines, title);
        lines.extend(rows.iter().map(|(example, words)| Said::new(example, Role::Key, words, Role::Text)));
    };
    let of = |list| fields(list).map(|field| (field.example, field.words)).collect::<Vec<_>>();
    part("Filters", &SYNTAX);
    part("Filters of members", &of(List::Members));
    part("Filters of findings", &of(List::Findings));
}

fn heading(lines: &mut Vec<Said>, words: &str) {
    if !lines.is_empty() {
        lines.push(Said::plain("", Role::Text));
    }
    lines.push(Said::plain(words, Role::Title));
}

/// As many of the keys as have room; one at least.
fn fitting(keys: &[Key]) -> String {
    let mut out = String::new();
    for key in keys.iter().map(ToString::to_string) {
        if !out.is_empty() && out.width() + key.width() + 2 > usize::from(INDENT) {
            break;
        }
        out.push_str(if out.is_empty() { "" } else { " " });
        out.push_str(&key);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::input::Code;

    #[test]
    fn keys_stay_in_their_column() {
        let keys = [Key::plain(Code::Tab), Key::plain(Code::BackTab), Key::ctrl('x')];
        assert_eq!(fitting(&keys), "Tab Shift-Tab");
        assert_eq!(fitting(&keys[..1]), "Tab");
        assert_eq!(fitting(&[]), "");
    }
}
