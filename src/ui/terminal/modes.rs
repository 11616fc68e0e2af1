//! The bytes that set a terminal up and give it back, and what the one around us can be asked for. Pure.

use std::fmt::Write as _;

/// Asks whether frames can be shown all at once (DECRQM of mode 2026), and then what device it is (DA1): a terminal
/// that does not know the first question answers the second.
pub const QUESTION: &[u8] = b"\x1b[?2026$p\x1b[c";

/// The question that every terminal answers once it has taken in what was sent before.
pub const PING: &[u8] = b"\x1b[c";

/// A frame to be shown all at once begins.
pub const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";

/// It ends.
pub const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// Puts the title on the terminal's stack.
pub(super) const KEEP_TITLE: &[u8] = b"\x1b[22;2t";

/// Alternate screen, focus reports, bracketed pastes, cursor hidden, nothing on it.
pub(super) const ENTER: &[u8] = b"\x1b[?1049h\x1b[?1004h\x1b[?2004h\x1b[?25l\x1b[0m\x1b[2J";

/// Reports of buttons and wheel (1000), in numbers without a limit (1006).
pub(super) const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";

/// All of it undone, whether it was done or not: plain style, cursor shown, the title and the screen as they were.
pub(super) const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?1004l\x1b[0m\x1b[23;2t\x1b[?25h\x1b[?1049l";

/// The longest title; windows and tabs show less.
const LONGEST_TITLE: usize = 80;

/// What stands between Telltale and the terminal that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multiplexer {
    /// Nothing that is known of.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// How a terminal is asked for a notification on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notes {
    /// OSC 9, of iTerm2.
    Osc9,
    /// OSC 777, of urxvt.
    Osc777,
    /// Not known: both, for one shown twice is better than none.
    #[default]
    Both,
}

impl Notes {
    /// What the terminal says of itself. Behind a multiplexer it is another one with every client.
    fn of(variable: &impl Fn(&str) -> Option<String>, multiplexer: Multiplexer) -> Self {
        let value = |name| variable(name).unwrap_or_default();
        let (term, program) = (value("TERM"), value("TERM_PROGRAM"));
        if multiplexer != Multiplexer::None {
            Self::Both
        } else if !value("VTE_VERSION").is_empty() || term.starts_with("rxvt") || term.starts_with("foot") {
            Self::Osc777
        } else if !value("KITTY_WINDOW_ID").is_empty()
            || ["iTerm.app", "WezTerm", "ghostty"].contains(&&*program)
        {
            Self::Osc9
        } else {
            Self::Both
        }
    }
}

/// What the environment tells of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// What stands in between.
    pub multiplexer: Multiplexer,
    /// Frames may be shown all at once, if the terminal says that it can.
    pub may_synchronise: bool,
    /// Operating system commands (titles, the clipboard) are at worst ignored, and not shown as text.
    pub takes_commands: bool,
    /// How it is asked for a notification.
    pub notes: Notes,
}

impl Surroundings {
    /// Out of the variables of the environment.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let is_tmux = is_set("TMUX") || variable("TERM_PROGRAM").as_deref() == Some("tmux");
        let version = variable("TERM_PROGRAM_VERSION").filter(|_| is_tmux);
        let multiplexer = if is_tmux || term.starts_with("tmux") {
            Multiplexer::Tmux
        } else if is_set("STY") || term.starts_with("screen") {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        };
        let may_synchronise = match multiplexer {
            Multiplexer::None => true,
            // Before 3.5 it broke frames off, and a version that is not told may be an old one.
            Multiplexer::Tmux => version.is_some_and(|version| is_at_least_3_5(&version)),
            Multiplexer::Screen => false,
        };
        // The console of Linux and the terminals of the last century show what they don't know.
        let is_plain =
            term.is_empty() || ["dumb", "linux", "vt", "ansi"].iter().any(|old| term.starts_with(old));
        let notes = Notes::of(&variable, multiplexer);
        Self { multiplexer, may_synchronise, takes_commands: !is_plain, notes }
    }
}

/// Whether this is tmux 3.5 or a later one: `3.5a`, `next-3.6`, `4.0`.
fn is_at_least_3_5(version: &str) -> bool {
    let version = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (3, 5),
        (Some(Ok(major)), _) => major > 3,
        _ => false,
    }
}

/// Sets the title of the window. Of the name, only what can't steer a terminal is taken.
pub fn title(name: &str) -> Vec<u8> {
    let mut title = String::from("\x1b]2;telltale");
    let mut shown = name.chars().filter(|c| !c.is_control()).take(LONGEST_TITLE).peekable();
    if shown.peek().is_some() {
        title.push(' ');
    }
    title.extend(shown);
    // Writing to a string cannot fail.
    let _ = title.write_str("\x1b\\");
    title.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_stands_in_between_is_known_by_the_environment() {
        let check = |variables: &[(&str, &str)], multiplexer, may_synchronise| {
            let around = around(variables);
            let told = (around.multiplexer, around.may_synchronise);
            assert_eq!(told, (multiplexer, may_synchronise), "{variables:?}");
        };
        let xterm = ("TERM", "xterm-256color");
        let (inside, tmux) = (("TMUX", "/tmp/x,1,0"), ("TERM_PROGRAM", "tmux"));
        let version = |version| ("TERM_PROGRAM_VERSION", version);
        check(&[xterm], Multiplexer::None, true);
        check(&[xterm, ("TERM_PROGRAM", "WezTerm"), version("1")], Multiplexer::None, true);
        check(&[inside, ("TERM", "tmux-256color")], Multiplexer::Tmux, false);
        check(&[inside, tmux, version("3.4")], Multiplexer::Tmux, false);
        check(&[inside, tmux, version("3.5a")], Multiplexer::Tmux, true);
        check(&[tmux, version("next-3.6")], Multiplexer::Tmux, true);
        // Through ssh only TERM arrives.
        check(&[("TERM", "tmux-256color")], Multiplexer::Tmux, false);
        check(&[("TERM", "screen-256color")], Multiplexer::Screen, false);
        check(&[xterm, ("STY", "1.x")], Multiplexer::Screen, false);
        assert_eq!(around(&[xterm]).notes, Notes::Both);
        assert_eq!(around(&[xterm, ("VTE_VERSION", "7600")]).notes, Notes::Osc777);
        assert_eq!(around(&[xterm, ("TERM_PROGRAM", "WezTerm")]).notes, Notes::Osc9);
        assert_eq!(around(&[xterm, inside, ("VTE_VERSION", "7600")]).notes, Notes::Both);
        assert!(around(&[xterm]).takes_commands);
        assert!(!around(&[("TERM", "linux")]).takes_commands);
        assert!(!around(&[]).takes_commands);
    }

    #[test]
    fn versions_of_tmux_are_compared_by_number() {
        for (version, expected) in
            [("3.4", false), ("3.5", true), ("3.10", true), ("4", true), ("2.9a", false), ("master", false)]
        {
            assert_eq!(is_at_least_3_5(version), expected, "{version}");
        }
    }

    #[test]
    fn a_title_holds_nothing_that_steers_and_has_an_end() {
        assert_eq!(title("etl"), b"\x1b]2;telltale etl\x1b\\");
        assert_eq!(title(""), b"\x1b]2;telltale\x1b\\");
        assert_eq!(title("a\x1b]2;b\x07"), b"\x1b]2;telltale a]2;b\x1b\\");
        assert!(title(&"x".repeat(1000)).len() < 120);
    }
}
