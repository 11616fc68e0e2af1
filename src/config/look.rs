//! How something looks, as people write it: `bold #30a46c`, `green`, `black on bright-yellow`, `reversed`.

use ratatui::style::{Color, Modifier, Style};

/// The sixteen colours that a terminal has of its own.
const COLOURS: [(&str, Color); 18] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("gray", Color::DarkGray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const ATTRIBUTES: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed-out", Modifier::CROSSED_OUT),
];

/// Reads a look; the error says what would work.
pub fn look(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut is_ground = false;
    for word in text.split_whitespace() {
        if let Some((_, attribute)) = ATTRIBUTES.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*attribute);
        } else if word == "on" {
            is_ground = true;
        } else {
            let colour = colour(word)?;
            // What a terminal shows anyway needs no bytes.
            if colour != Color::Reset {
                style = if is_ground { style.bg(colour) } else { style.fg(colour) };
            }
        }
    }
    Ok(style)
}

/// Reads a colour: one of the sixteen by name, one of 256 by number, or any as `#rrggbb`.
pub fn colour(word: &str) -> Result<Color, String> {
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Ok(*colour);
    }
    if let Ok(number) = word.parse::<u8>() {
        return Ok(Color::Indexed(number));
    }
    let digits = word
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.map(|n| Color::Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8)).ok_or_else(|| {
        let shown: String = word.chars().take(20).flat_map(char::escape_debug).collect();
        format!(
            "\"{shown}\" is no colour: write #rrggbb, a number from 0 to 255, a name such as green or bright-red, \
             or bold, dim, italic, underlined, reversed, crossed-out"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_read_as_people_write_them() {
        let cases = [
            ("green", Style::new().fg(Color::Green)),
            ("bold #30a46c", Style::new().fg(Color::Rgb(0x30, 0xa4, 0x6c)).add_modifier(Modifier::BOLD)),
            ("black on bright-yellow", Style::new().fg(Color::Black).bg(Color::LightYellow)),
            ("reversed", Style::new().add_modifier(Modifier::REVERSED)),
            ("208", Style::new().fg(Color::Indexed(208))),
            ("default", Style::new()),
            ("", Style::new()),
        ];
        for (text, expected) in cases {
            assert_eq!(look(text), Ok(expected), "{text}");
        }
        for wrong in ["greenish", "#fff", "#gggggg", "256", "#+12345", "\u{1b}[31m", "#日本"] {
            assert!(look(wrong).is_err(), "{wrong:?}");
        }
    }
}
