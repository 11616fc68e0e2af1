//! The page for standard output: lines of text, with the colours of a terminal where there is one.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier, Style};

use super::line::Line;
use super::page;
use crate::config::graph::Graph;
use crate::config::theme::Theme;
use crate::model::inquiry::{Answer, Seen};
use crate::ui::paint::glyphs;
use crate::ui::paint::ink::in_ascii;

/// The answer as text of `width` columns; with a theme in its colours.
pub fn answer(answer: &Answer, width: u16, is_ascii: bool, theme: Option<&Theme>) -> String {
    let lines = page::page(answer, width, glyphs::with(is_ascii, Graph::Ascii));
    lines.iter().map(|line| painted(line, is_ascii, theme)).collect()
}

/// What was seen so far, in one line.
pub fn progress(seen: &Seen) -> String {
    format!("looking at {}, {:.0} s of {:.0} s", page::so_far(seen), seen.elapsed, seen.window)
}

fn painted(line: &Line, is_ascii: bool, theme: Option<&Theme>) -> String {
    let mut out = String::new();
    for (text, role) in line {
        let plain = (is_ascii && !text.is_ascii()).then(|| in_ascii(text));
        let text = plain.as_deref().unwrap_or(text);
        let codes = theme.map(|theme| codes(theme.style(*role))).filter(|codes| !codes.is_empty());
        // Writing to a string cannot fail.
        let _ = match codes.filter(|_| !text.trim().is_empty()) {
            Some(codes) => write!(out, "\x1b[{codes}m{text}\x1b[0m"),
            None => write!(out, "{text}"),
        };
    }
    if theme.is_none() {
        out.truncate(out.trim_end().len());
    }
    out + "\n"
}

/// A style as the numbers of `SGR`, see `console_codes(4)`.
fn codes(style: Style) -> String {
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
        (Modifier::CROSSED_OUT, "9"),
    ];
    let set = modifiers.into_iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    let mut codes: Vec<String> = set.map(|(_, code)| code.to_owned()).collect();
    codes.extend(style.fg.and_then(foreground));
    codes.join(";")
}

/// A colour of letters; none where it is the terminal's own.
fn foreground(colour: Color) -> Option<String> {
    let plain = |n: u8| Some(n.to_string());
    match colour {
        Color::Reset => None,
        Color::Black => plain(30),
        Color::Red => plain(31),
        Color::Green => plain(32),
        Color::Yellow => plain(33),
        Color::Blue => plain(34),
        Color::Magenta => plain(35),
        Color::Cyan => plain(36),
        Color::Gray => plain(37),
        Color::DarkGray => plain(90),
        Color::LightRed => plain(91),
        Color::LightGreen => plain(92),
        Color::LightYellow => plain(93),
        Color::LightBlue => plain(94),
        Color::LightMagenta => plain(95),
        Color::LightCyan => plain(96),
        Color::White => plain(97),
        Color::Indexed(n) => Some(format!("38;5;{n}")),
        Color::Rgb(r, g, b) => Some(format!("38;2;{r};{g};{b}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cause::Cause;
    use crate::model::text::Text;

    #[test]
    fn a_pipe_gets_plain_text_and_a_terminal_gets_colours() {
        let said = Answer::of_nothing(Cause::Idle, 7, Text::from("it sleeps – for ever"));
        let plain = answer(&said, 80, true, None);
        assert!(plain.is_ascii() && !plain.contains('\x1b'), "{plain}");
        assert!(plain.ends_with("Seen\n- it sleeps ? for ever\n"), "{plain}");
        let colourful = answer(&said, 80, false, Some(&Theme::default()));
        assert!(colourful.contains("\x1b["), "{colourful}");
        let without: String =
            colourful.split('\x1b').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
        assert!(without.contains("• it sleeps – for ever"), "{without}");
    }
}
