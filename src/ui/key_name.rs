//! Keys as people write them: `ctrl-d`, `page-up`, `?`; and as the screen writes them: `Ctrl-D`, `PgUp`, `?`.

use std::fmt;

use super::input::{Code, Key};

/// Keys with a name: as the screen writes it, and further ways to write it in a file, without `-` and `_`.
const NAMED: [(Code, &str, &[&str]); 15] = [
    (Code::Enter, "Enter", &["return"]),
    (Code::Esc, "Esc", &["escape"]),
    (Code::Tab, "Tab", &[]),
    (Code::BackTab, "Shift-Tab", &["backtab"]),
    (Code::Backspace, "Backspace", &[]),
    (Code::Delete, "Delete", &["del"]),
    (Code::Insert, "Insert", &["ins"]),
    (Code::Up, "Up", &[]),
    (Code::Down, "Down", &[]),
    (Code::Left, "Left", &[]),
    (Code::Right, "Right", &[]),
    (Code::Home, "Home", &[]),
    (Code::End, "End", &[]),
    (Code::PageUp, "PgUp", &["pageup"]),
    (Code::PageDown, "PgDn", &["pagedown"]),
];

/// What the parser answers when it knows no such key.
const WHAT_WORKS: &str = "write a character, a name such as enter, space, tab, page-up or f5, or either with \
                          ctrl- or alt- before it";

/// The bytes that terminals send for Ctrl with these are told as Ctrl with a digit.
const FOLDED: [(char, char); 6] = [('\\', '4'), (']', '5'), ('^', '6'), ('_', '7'), ('/', '7'), ('@', ' ')];

impl Key {
    /// Reads a key as people write it; the error says what would work.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = text.escape_debug();
        let wrong = || format!("\"{shown}\" is no key: {WHAT_WORKS}");
        let (mut has_ctrl, mut has_alt, mut has_shift) = (false, false, false);
        let mut rest = text;
        while let Some((modifier, after)) = rest.split_once(['-', '+']).filter(|(_, after)| !after.is_empty())
        {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => has_ctrl = true,
                "alt" | "meta" => has_alt = true,
                "shift" => has_shift = true,
                _ => break,
            }
            rest = after;
        }
        let code = code(rest).ok_or_else(wrong)?;
        let code = match (code, has_shift) {
            (code, false) => code,
            (Code::Tab, true) => Code::BackTab,
            (Code::Char(c), true) if c.is_alphabetic() && !has_ctrl => {
                Code::Char(c.to_uppercase().next().unwrap_or(c))
            }
            _ => {
                return Err(format!(
                    "\"{shown}\" can't be told from the key without shift; shift-tab can, and a capital letter"
                ));
            }
        };
        if !has_ctrl {
            return Ok(Self { code, has_ctrl, has_alt });
        }
        // Terminals send Ctrl with a character as one byte, and some of these bytes are other keys.
        let (code, has_ctrl) = match code {
            Code::Char('i' | 'I') => (Code::Tab, false),
            Code::Char('m' | 'M') => (Code::Enter, false),
            Code::Char('[') => (Code::Esc, false),
            Code::Char(c) if c.is_ascii_alphabetic() => (Code::Char(c.to_ascii_lowercase()), true),
            Code::Char(c) if c == ' ' || ('4'..='7').contains(&c) => (Code::Char(c), true),
            Code::Char(c) => {
                let folded = FOLDED.iter().find(|(from, _)| *from == c);
                let to = folded.ok_or_else(|| {
                    format!("\"{shown}\" is nothing that a terminal sends; ctrl goes with a letter or space")
                })?;
                (Code::Char(to.1), true)
            }
            code => (code, true),
        };
        Ok(Self { code, has_ctrl, has_alt })
    }
}

fn code(name: &str) -> Option<Code> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Code::Char(c));
    }
    let name: String =
        name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    if name == "space" {
        return Some(Code::Char(' '));
    }
    if let Some(number) = name.strip_prefix('f').and_then(|number| number.parse().ok()) {
        return (1..=24).contains(&number).then_some(Code::F(number));
    }
    let known = NAMED.iter().find(|(_, written, others)| {
        written.to_ascii_lowercase().replace('-', "") == name || others.contains(&name.as_str())
    });
    known.map(|(code, ..)| *code)
}

/// As the screen writes it; what it writes can be read back.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.has_alt {
            f.write_str("Alt-")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) if self.has_ctrl => {
                let folded = FOLDED.iter().find(|(_, to)| *to == c);
                write!(f, "{}", folded.map_or(c.to_ascii_uppercase(), |(from, _)| *from))
            }
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            code => {
                let known = NAMED.iter().find(|(named, ..)| *named == code);
                f.write_str(known.map_or("", |(_, written, _)| written))
            }
        }
    }
}

/// Several keys in a row.
pub(super) fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        let plain = Key::plain;
        let cases = [
            ("q", plain(Code::Char('q')), "q"),
            ("G", plain(Code::Char('G')), "G"),
            ("?", plain(Code::Char('?')), "?"),
            ("-", plain(Code::Char('-')), "-"),
            ("+", plain(Code::Char('+')), "+"),
            ("space", plain(Code::Char(' ')), "Space"),
            (" ", plain(Code::Char(' ')), "Space"),
            ("ctrl-d", Key::ctrl('d'), "Ctrl-D"),
            ("Ctrl+D", Key::ctrl('d'), "Ctrl-D"),
            ("ctrl-]", Key::ctrl('5'), "Ctrl-]"),
            ("ctrl-space", Key::ctrl(' '), "Ctrl-Space"),
            ("ctrl-i", plain(Code::Tab), "Tab"),
            ("f5", plain(Code::F(5)), "F5"),
            ("enter", plain(Code::Enter), "Enter"),
            ("shift-tab", plain(Code::BackTab), "Shift-Tab"),
            ("shift-g", plain(Code::Char('G')), "G"),
            ("page-up", plain(Code::PageUp), "PgUp"),
            ("PgDn", plain(Code::PageDown), "PgDn"),
            ("alt-x", Key { has_alt: true, ..plain(Code::Char('x')) }, "Alt-x"),
            ("ctrl-up", Key { has_ctrl: true, ..plain(Code::Up) }, "Ctrl-Up"),
            ("alt--", Key { has_alt: true, ..plain(Code::Char('-')) }, "Alt--"),
            ("é", plain(Code::Char('é')), "é"),
        ];
        for (text, key, written) in cases {
            assert_eq!(Key::parse(text), Ok(key), "{text}");
            assert_eq!(key.to_string(), written);
            assert_eq!(Key::parse(written), Ok(key), "{written}");
        }
        for wrong in
            ["", "qq", "ctrl-", "hyper-x", "f0", "f99", "ctrl-1", "shift-up", "shift-1", "\u{1b}", "f+1x"]
        {
            assert!(Key::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_can_be_read_back(text in ".{0,12}") {
            if let Ok(key) = Key::parse(&text) {
                proptest::prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
            }
        }
    }
}
