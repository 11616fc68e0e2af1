//! The one table of keys: it drives dispatch, the help overlay and the key line, so that none of them can lie.

use super::input::{Code, Key};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Leave; on a launched job that runs, ask first.
    Quit,
    /// Leave the last screen in the scrollback.
    QuitAndKeep,
    /// Show or hide all keys.
    Help,
    /// The other pane.
    OtherPane,
    /// Move in the list or the overlay.
    Move(Step),
    /// Show the chosen row in full.
    Details,
    /// Give the pane the whole screen, or take it back.
    Zoom,
    /// Members in the order of the process tree.
    Tree,
    /// Sort by the column to the left.
    SortLeft,
    /// Sort by the column to the right.
    SortRight,
    /// Sort the other way round.
    Reverse,
    /// Scan this folder.
    StartScan,
    /// Show or hide all alerts.
    Alerts,
    /// Hold the screen or let it go on.
    Hold,
    /// Give the keys to the job.
    Type,
    /// Close what lies on top.
    Close,
    /// Draw everything again.
    Redraw,
    /// Stop this process, as a shell's Ctrl-Z does.
    Suspend,
    /// Leave; the job goes on.
    Detach,
    /// End the job and leave.
    EndAndLeave,
    /// End the job and stay to see it end.
    EndAndStay,
}

/// A move in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// Where a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In both panes and under every overlay but the question.
    Anywhere,
    /// In both panes.
    Panes,
    /// In the watch pane.
    Watch,
    /// In the watch pane of a launched job that runs.
    Launched,
    /// While something lies over the panes.
    Overlay,
    /// While the question is open.
    Leaving,
}

impl Context {
    /// The heading in the help.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere",
            Self::Panes => "In both panes",
            Self::Watch => "In the job's pane",
            Self::Launched => "For a job that telltale started",
            Self::Overlay => "While something lies on top",
            Self::Leaving => "When leaving a job that telltale started",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// The keys that do it.
    pub chords: &'static [Key],
    /// Where they do.
    pub context: Context,
    /// What they do.
    pub action: Action,
    /// How the keys are written.
    pub keys: &'static str,
    /// What they do, for the help.
    pub words: &'static str,
    /// The same for the key line: the key, and a word or two.
    pub short: Option<(&'static str, &'static str)>,
}

const fn key(code: Code) -> Key {
    Key::plain(code)
}

const fn char(c: char) -> Key {
    key(Code::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}

const fn bind(
    context: Context,
    action: Action,
    chords: &'static [Key],
    keys: &'static str,
    words: &'static str,
) -> Binding {
    Binding { chords, context, action, keys, words, short: None }
}

impl Binding {
    const fn short(mut self, key: &'static str, word: &'static str) -> Self {
        self.short = Some((key, word));
        self
    }
}

/// All keys. The key line shows them in this order as far as there is room.
pub static BINDINGS: &[Binding] = {
    use Action as A;
    use Context as C;
    &[
        bind(
            C::Leaving,
            A::Detach,
            &[key(Code::Enter), char('d'), char('q'), ctrl('c')],
            "Enter d q",
            "leave, the job goes on",
        )
        .short("Enter", "detach"),
        bind(C::Leaving, A::EndAndLeave, &[char('e')], "e", "end the job and leave").short("e", "end it"),
        bind(C::Leaving, A::EndAndStay, &[char('w')], "w", "end the job and watch it end")
            .short("w", "end it and watch"),
        bind(C::Leaving, A::Close, &[key(Code::Esc), char('s')], "Esc s", "stay").short("Esc", "stay"),
        bind(C::Overlay, A::Close, &[key(Code::Esc), key(Code::Enter)], "Esc Enter", "close it")
            .short("Esc", "close"),
        bind(
            C::Panes,
            A::OtherPane,
            &[key(Code::Tab), key(Code::BackTab)],
            "Tab Shift-Tab",
            "the other pane",
        )
        .short("Tab", "other pane"),
        bind(C::Launched, A::Type, &[char('i')], "i", "type to the job; Ctrl-] comes back")
            .short("i", "type to the job"),
        bind(C::Panes, A::StartScan, &[char('s')], "s", "scan this folder for secrets").short("s", "scan"),
        bind(C::Anywhere, A::Alerts, &[char('a')], "a", "alerts and notices with their evidence")
            .short("a", "alerts"),
        bind(C::Panes, A::Details, &[key(Code::Enter)], "Enter", "the chosen row in full")
            .short("Enter", "details"),
        bind(C::Panes, A::Zoom, &[char('e')], "e", "give the pane the whole screen, and take it back")
            .short("e", "zoom"),
        bind(C::Anywhere, A::Hold, &[char(' ')], "Space", "hold the screen; the collecting goes on")
            .short("Space", "hold"),
        bind(C::Watch, A::Tree, &[char('t')], "t", "members in the order of the process tree")
            .short("t", "tree"),
        bind(C::Watch, A::SortLeft, &[char('<')], "<", "sort by the column to the left"),
        bind(C::Watch, A::SortRight, &[char('>')], ">", "sort by the column to the right")
            .short("< >", "sort"),
        bind(C::Watch, A::Reverse, &[char('I')], "I", "sort the other way round"),
        bind(C::Anywhere, A::Move(Step::Up), &[key(Code::Up), char('k')], "Up k", "one row up"),
        bind(C::Anywhere, A::Move(Step::Down), &[key(Code::Down), char('j')], "Down j", "one row down"),
        bind(C::Anywhere, A::Move(Step::HalfUp), &[ctrl('u')], "Ctrl-U", "half a page up"),
        bind(C::Anywhere, A::Move(Step::HalfDown), &[ctrl('d')], "Ctrl-D", "half a page down"),
        bind(C::Anywhere, A::Move(Step::PageUp), &[key(Code::PageUp), ctrl('b')], "PgUp", "a page up"),
        bind(C::Anywhere, A::Move(Step::PageDown), &[key(Code::PageDown), ctrl('f')], "PgDn", "a page down"),
        bind(C::Anywhere, A::Move(Step::First), &[char('g'), key(Code::Home)], "g Home", "the first row"),
        bind(C::Anywhere, A::Move(Step::Last), &[char('G'), key(Code::End)], "G End", "the last row"),
        bind(C::Anywhere, A::Redraw, &[ctrl('l')], "Ctrl-L", "draw everything again"),
        bind(C::Anywhere, A::Suspend, &[ctrl('z')], "Ctrl-Z", "go to the shell; fg comes back"),
        bind(C::Anywhere, A::QuitAndKeep, &[char('Q')], "Q", "quit and leave this screen in the scrollback"),
        bind(
            C::Anywhere,
            A::Quit,
            &[char('q'), ctrl('c')],
            "q Ctrl-C",
            "quit; asks what becomes of a job that telltale started",
        )
        .short("q", "quit"),
        bind(C::Anywhere, A::Help, &[char('?'), key(Code::F(1))], "? F1", "this help").short("?", "help"),
    ]
};

/// What a chord does in these contexts: the first context that knows it decides.
pub fn lookup(chord: Key, contexts: &[Context]) -> Option<Action> {
    contexts.iter().find_map(|context| {
        BINDINGS
            .iter()
            .find(|binding| binding.context == *context && binding.chords.contains(&chord))
            .map(|binding| binding.action)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chord_has_two_meanings_in_one_context() {
        for (i, one) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[i + 1..] {
                let shared = one.chords.iter().any(|chord| other.chords.contains(chord));
                assert!(!(shared && one.context == other.context), "{} and {}", one.keys, other.keys);
            }
        }
    }

    #[test]
    fn escape_never_quits() {
        for contexts in [&[Context::Panes, Context::Anywhere][..], &[Context::Overlay], &[Context::Leaving]] {
            let action = lookup(key(Code::Esc), contexts);
            assert!(matches!(action, None | Some(Action::Close)), "{action:?}");
        }
    }
}
