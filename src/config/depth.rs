//! How many colours a terminal has, and what becomes of a colour where it has fewer.

use ratatui::style::{Color, Modifier, Style};

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: shapes, words, bold and dim must do.
    None,
    /// The sixteen of the user's palette.
    Sixteen,
    /// 256.
    Indexed,
    /// All.
    True,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// Unless `NO_COLOR` or a dumb terminal asks for none.
    #[default]
    Auto,
    /// Whatever they ask for.
    Always,
    /// Not at all.
    Never,
}

/// What the environment tells of the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set and not empty, see no-color.org.
    pub has_no_color: bool,
    /// The locale writes UTF-8.
    pub is_utf8: bool,
}

impl Surroundings {
    /// How many colours it has.
    pub fn depth(&self, when: When) -> Depth {
        let is_dumb = self.term.is_empty() || self.term == "dumb";
        match when {
            When::Never => Depth::None,
            When::Auto if self.has_no_color || is_dumb => Depth::None,
            _ if matches!(self.colorterm.as_str(), "truecolor" | "24bit") => Depth::True,
            _ if self.term.ends_with("-direct") => Depth::True,
            _ if self.term.contains("256color") => Depth::Indexed,
            _ => Depth::Sixteen,
        }
    }
}

/// A colour as red, green and blue; `None` for those that are the palette's to say.
pub(super) const fn rgb(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n) if n >= 232 => {
            let grey = 8 + 10 * (n - 232);
            Some([grey, grey, grey])
        }
        Color::Indexed(n) if n >= 16 => {
            let n = n - 16;
            let [r, g, b] = [n / 36, n / 6 % 6, n % 6];
            Some([CUBE[r as usize], CUBE[g as usize], CUBE[b as usize]])
        }
        _ => None,
    }
}

/// The steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The same look in fewer colours. `is_painted`: the background is the theme's own.
pub(super) fn reduced(style: Style, depth: Depth, is_painted: bool) -> Style {
    let mut out = style;
    match depth {
        Depth::True => {}
        Depth::None => (out.fg, out.bg) = (None, None),
        Depth::Indexed => {
            out.fg = style.fg.map(indexed);
            out.bg = style.bg.map(indexed);
        }
        Depth::Sixteen => {
            out.fg = style.fg.map(|colour| sixteen(colour, is_painted || style.bg.is_some()));
            out.bg = style.bg.map(|colour| sixteen(colour, true));
            // A grey in between is none of the sixteen that can be read in every palette.
            if style.fg.and_then(rgb).is_some_and(|c| is_grey(c) && (70..190).contains(&light(c))) {
                out = out.add_modifier(Modifier::DIM);
            }
        }
    }
    out
}

/// The nearest of 256, without the sixteen whose looks are the palette's.
pub(super) fn indexed(colour: Color) -> Color {
    let Color::Rgb(r, g, b) = colour else { return colour };
    let away = |n: u8| {
        let other = rgb(Color::Indexed(n)).unwrap_or_default();
        [r, g, b].iter().zip(other).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum::<i32>()
    };
    (16..=255).min_by_key(|&n| away(n)).map_or(colour, Color::Indexed)
}

/// The one of sixteen that has its hue; greys are the terminal's own text, or black and white where the
/// background is known.
fn sixteen(colour: Color, is_painted: bool) -> Color {
    let Some([r, g, b]) = rgb(colour) else { return colour };
    if is_grey([r, g, b]) {
        return match (is_painted, light([r, g, b]) >= 128) {
            (false, _) => Color::Reset,
            (true, true) => Color::White,
            (true, false) => Color::Black,
        };
    }
    let [least, most] = [r.min(g).min(b), r.max(g).max(b)];
    // Which of the three stand above the middle tells the hue.
    let middle = least / 2 + most / 2;
    match (r > middle, g > middle, b > middle) {
        (true, false, false) => Color::Red,
        (false, true, false) => Color::Green,
        (true, true, _) => Color::Yellow,
        (false, false, _) => Color::Blue,
        (true, false, true) => Color::Magenta,
        (false, true, true) => Color::Cyan,
    }
}

fn is_grey([r, g, b]: [u8; 3]) -> bool {
    r.max(g).max(b) - r.min(g).min(b) < 40
}

fn light([r, g, b]: [u8; 3]) -> u32 {
    (u32::from(r) * 3 + u32::from(g) * 6 + u32::from(b)) / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_is_what_the_terminal_tells() {
        let cases = [
            ("xterm-256color", "truecolor", false, When::Auto, Depth::True),
            ("xterm-256color", "", false, When::Auto, Depth::Indexed),
            ("xterm", "24bit", false, When::Auto, Depth::True),
            ("xterm", "yes", false, When::Auto, Depth::Sixteen),
            ("linux", "", false, When::Auto, Depth::Sixteen),
            ("dumb", "", false, When::Auto, Depth::None),
            ("", "truecolor", false, When::Auto, Depth::None),
            ("xterm", "", true, When::Auto, Depth::None),
            ("xterm", "", true, When::Always, Depth::Sixteen),
            ("xterm", "truecolor", false, When::Never, Depth::None),
        ];
        for (term, colorterm, has_no_color, when, expected) in cases {
            let around = Surroundings {
                term: term.into(),
                colorterm: colorterm.into(),
                has_no_color,
                ..Surroundings::default()
            };
            assert_eq!(around.depth(when), expected, "{term} {colorterm} {when:?}");
        }
    }

    #[test]
    fn colours_keep_their_hue() {
        let cases = [
            (Color::Rgb(0x7f, 0xd4, 0x92), Color::Indexed(114), Color::Green),
            (Color::Rgb(0xff, 0x9a, 0x94), Color::Indexed(210), Color::Red),
            (Color::Rgb(0xf0, 0xc0, 0x5a), Color::Indexed(215), Color::Yellow),
            (Color::Rgb(0x6c, 0xc7, 0xe8), Color::Indexed(80), Color::Cyan),
            (Color::Rgb(0xe3, 0xe7, 0xee), Color::Indexed(254), Color::Reset),
            (Color::Red, Color::Red, Color::Red),
        ];
        for (colour, of_256, of_16) in cases {
            assert_eq!(sixteen(colour, false), of_16, "{colour:?}");
            assert_eq!(indexed(colour), of_256, "{colour:?}");
        }
        assert_eq!(sixteen(Color::Rgb(255, 255, 255), true), Color::White);
    }
}
