//! The keys as they are now: the table, changed by what the user chose. Dispatch, help, key line and palette
//! read this and nothing else, so that none of them can lie.

use super::input::Key;
use super::key_name::written;
use super::keys::{Action, BINDINGS, Binding, Context};
use crate::config::file::{KeyChoice, Wrong};
use crate::config::nearest::nearest;

/// Without a key for these nobody finds out of the screen, or what its keys are.
const NEEDED: [Action; 4] = [Action::Quit, Action::Help, Action::Close, Action::Stay];

/// A row of the table with its keys of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the table says.
    pub binding: &'static Binding,
    /// The keys that do it.
    pub keys: Vec<Key>,
}

impl Row {
    /// What it does.
    pub const fn action(&self) -> Action {
        self.binding.action
    }

    /// How its keys are written.
    pub fn written(&self) -> String {
        written(&self.keys)
    }
}

/// All keys and what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    rows: Vec<Row>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { rows: BINDINGS.iter().map(|binding| Row { binding, keys: binding.chords.to_vec() }).collect() }
    }
}

impl Keymap {
    /// The table with the user's choices, and what these have taken from other actions.
    pub fn with(choices: &[KeyChoice]) -> Result<(Self, Vec<String>), Wrong> {
        let mut map = Self::default();
        let mut chosen: Vec<(Action, Vec<Key>, usize)> = Vec::new();
        for KeyChoice { action: name, keys, line } in choices {
            let wrong = |why: String| Wrong { line: *line, why };
            let action = action(name).map_err(&wrong)?;
            let keys: Vec<Key> = keys
                .iter()
                .map(|key| Key::parse(key).map_err(|why| wrong(format!("keys.{name}: {why}"))))
                .collect::<Result<_, _>>()?;
            if keys.is_empty() && NEEDED.contains(&action) {
                return Err(wrong(format!("keys.{name}: it needs one key at least")));
            }
            chosen.push((action, keys, *line));
        }
        for (action, keys, line) in &chosen {
            map.give(*action, keys);
            let others = chosen.iter().filter(|(other, ..)| other != action);
            for (other, theirs, _) in others {
                let shared = keys.iter().find(|key| theirs.contains(key));
                if let Some(key) = shared.filter(|_| map.clash(*action, *other)) {
                    let why = format!("{key} is given to both {} and {}", action.name(), other.name());
                    return Err(Wrong { line: *line, why });
                }
            }
        }
        let mut notices = Vec::new();
        for (action, keys, line) in &chosen {
            let taken = |action: Action| chosen.iter().any(|(other, ..)| *other == action);
            for loser in map.take(*action, keys, taken) {
                let why = format!(
                    "{} is {} now, and {} has no key left",
                    written(keys),
                    action.name(),
                    loser.name()
                );
                if NEEDED.contains(&loser) {
                    return Err(Wrong { line: *line, why: format!("{why}; give it one too") });
                }
                notices.push(format!("{why}; `:` still finds it"));
            }
        }
        Ok((map, notices))
    }

    fn give(&mut self, action: Action, keys: &[Key]) {
        for row in self.rows.iter_mut().filter(|row| row.action() == action) {
            if !row.binding.context.is_typed() {
                row.keys = keys.to_vec();
            }
        }
    }

    /// Takes keys from all actions that would meet `winner`, but for the ones `is_spared`; returns those that
    /// have none left.
    fn take(&mut self, winner: Action, keys: &[Key], is_spared: impl Fn(Action) -> bool) -> Vec<Action> {
        let contexts: Vec<Context> = self.contexts(winner);
        let mut losers = Vec::new();
        for row in &mut self.rows {
            let context = row.binding.context;
            let meets = contexts.iter().any(|other| context.meets(*other));
            if is_spared(row.action()) || context.is_typed() || !meets || row.keys.is_empty() {
                continue;
            }
            row.keys.retain(|key| !keys.contains(key));
            if row.keys.is_empty() {
                losers.push(row.action());
            }
        }
        losers
    }

    fn contexts(&self, action: Action) -> Vec<Context> {
        let rows = self.rows.iter().filter(|row| row.action() == action);
        rows.map(|row| row.binding.context).filter(|context| !context.is_typed()).collect()
    }

    /// True where a key can't be given to both: the nearer one would hide the other for good.
    fn clash(&self, one: Action, other: Action) -> bool {
        let others = self.contexts(other);
        self.contexts(one).iter().any(|context| {
            others.iter().any(|other| {
                context == other || (context.meets(*other) && !context.is_near() && !other.is_near())
            })
        })
    }

    /// All rows, in the order of the table.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What a key does in these contexts: the first context that knows it decides.
    pub fn lookup(&self, key: Key, contexts: &[Context]) -> Option<Action> {
        contexts.iter().find_map(|context| {
            self.rows
                .iter()
                .find(|row| row.binding.context == *context && row.keys.contains(&key))
                .map(Row::action)
        })
    }

    /// The first key that does this, as it is written.
    pub fn first(&self, action: Action) -> Option<String> {
        let row = self.rows.iter().find(|row| row.action() == action && !row.keys.is_empty())?;
        row.keys.first().map(Key::to_string)
    }
}

fn action(name: &str) -> Result<Action, String> {
    // Where characters are text, keys are what they are.
    let free = || BINDINGS.iter().filter(|binding| !binding.context.is_typed());
    let names = || free().map(|binding| binding.action.name());
    if let Some(binding) = free().find(|binding| binding.action.name() == name) {
        return Ok(binding.action);
    }
    let hint = nearest(name, names()).map_or_else(
        || "; `telltale generate config` lists all actions".to_owned(),
        |near| format!("; did you mean {near}?"),
    );
    Err(format!("there is no action \"{}\"{hint}", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::input::Code;

    /// True for a key that writes a character.
    const fn is_text(key: &Key) -> bool {
        matches!(key.code, Code::Char(_)) && !key.has_ctrl && !key.has_alt
    }

    fn choice(action: &str, keys: &[&str]) -> KeyChoice {
        KeyChoice { action: action.to_owned(), keys: keys.iter().map(ToString::to_string).collect(), line: 7 }
    }

    const PANES: [Context; 3] = [Context::Panes, Context::Watch, Context::Anywhere];

    #[test]
    fn the_table_has_no_key_with_two_meanings_in_one_context() {
        for (i, one) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[i + 1..] {
                let shared = one.chords.iter().find(|key| other.chords.contains(key));
                assert!(shared.is_none() || one.context != other.context, "{shared:?} in {:?}", one.context);
            }
        }
    }

    #[test]
    fn an_actions_name_is_its_own() {
        for one in BINDINGS {
            let same = BINDINGS.iter().filter(|other| other.action.name() == one.action.name());
            assert!(same.clone().all(|other| other.action == one.action), "{}", one.action.name());
            assert!(one.action.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        }
    }

    #[test]
    fn escape_never_quits_and_no_character_acts_where_one_types() {
        let map = Keymap::default();
        for contexts in [&PANES[..], &[Context::Overlay], &[Context::Leaving], &[Context::Palette]] {
            let action = map.lookup(Key::plain(Code::Esc), contexts);
            assert!(
                matches!(action, None | Some(Action::Close | Action::Stay | Action::ClearFilter)),
                "{action:?}"
            );
        }
        for row in map.rows().iter().filter(|row| row.binding.context.is_typed()) {
            assert!(!row.keys.iter().any(is_text), "{:?}", row.action());
        }
    }

    #[test]
    fn a_chosen_key_is_taken_from_the_others() {
        let (map, notices) =
            Keymap::with(&[choice("hold", &["e", "f5"]), choice("quit", &["q", "ctrl-x"])]).unwrap();
        assert_eq!(map.lookup(Key::plain(Code::Char('e')), &PANES), Some(Action::Hold));
        assert_eq!(map.lookup(Key::plain(Code::F(5)), &PANES), Some(Action::Hold));
        assert_eq!(map.lookup(Key::plain(Code::Char(' ')), &PANES), None);
        assert_eq!(map.lookup(Key::ctrl('c'), &PANES), None);
        assert_eq!(map.lookup(Key::ctrl('x'), &PANES), Some(Action::Quit));
        assert_eq!(notices, ["e F5 is hold now, and zoom has no key left; `:` still finds it"]);
        // The question before leaving is no pane: its `e` stays.
        assert_eq!(map.lookup(Key::plain(Code::Char('e')), &[Context::Leaving]), Some(Action::EndAndLeave));
    }

    #[test]
    fn two_can_change_places_and_one_can_go() {
        let (map, notices) =
            Keymap::with(&[choice("hold", &["e"]), choice("zoom", &["space"]), choice("tree", &[])]).unwrap();
        assert_eq!(map.lookup(Key::plain(Code::Char(' ')), &PANES), Some(Action::Zoom));
        assert_eq!(map.lookup(Key::plain(Code::Char('t')), &PANES), None);
        assert!(notices.is_empty(), "{notices:?}");
    }

    #[test]
    fn what_cannot_be_is_told_with_what_would_work() {
        let cases: [(&[KeyChoice], &str); 6] = [
            (&[choice("quit", &[])], "keys.quit: it needs one key at least"),
            (&[choice("zom", &["x"])], "there is no action \"zom\"; did you mean zoom?"),
            (&[choice("zoom", &["hyper-x"])], "keys.zoom: \"hyper-x\" is no key: write a character"),
            (&[choice("zoom", &["x"]), choice("hold", &["x"])], "x is given to both zoom and hold"),
            (&[choice("zoom", &["?", "f1"])], "? F1 is zoom now, and help has no key left; give it one too"),
            (
                &[choice("\u{1b}[31m", &["x"])],
                "there is no action \"\\u{1b}[31m\"; `telltale generate config`",
            ),
        ];
        for (choices, expected) in cases {
            let Err(wrong) = Keymap::with(choices) else { panic!("{expected}") };
            assert!(wrong.why.starts_with(expected), "{} is not {expected}", wrong.why);
            assert_eq!(wrong.line, 7);
        }
    }
}
