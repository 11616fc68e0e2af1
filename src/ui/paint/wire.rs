//! From changed cells to the bytes that a terminal takes: as few as will do, and all of a frame in one piece.
//!
//! The bytes are gathered here and written by the edge with one `write(2)`. Style and cursor are remembered
//! over frames: a second that changes one digit costs a move and that digit.

use std::convert::Infallible;
use std::io::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// How cells look: foreground, background, attributes.
type Look = (Color, Color, Modifier);

const PLAIN: Look = (Color::Reset, Color::Reset, Modifier::empty());

/// Attributes with their numbers (ECMA-48, 8.3.117).
const ATTRIBUTES: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// A terminal as the screen sees it: a size, and bytes that wait to be written.
#[derive(Debug)]
pub struct Wire {
    size: Size,
    bytes: Vec<u8>,
    cursor: Option<Position>,
    look: Option<Look>,
}

impl Wire {
    /// A terminal of this size about which nothing is known.
    pub const fn new(columns: u16, rows: u16) -> Self {
        Self { size: Size { width: columns, height: rows }, bytes: Vec::new(), cursor: None, look: None }
    }

    /// Tells the size; the next frame is drawn for it.
    pub const fn resize(&mut self, columns: u16, rows: u16) {
        self.size = Size { width: columns, height: rows };
    }

    /// Forgets what is known of the terminal: somebody else may have written to it.
    pub const fn forget(&mut self) {
        self.cursor = None;
        self.look = None;
    }

    /// The bytes gathered since the last [`Self::sent`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Drops the bytes, which were written.
    pub fn sent(&mut self) {
        self.bytes.clear();
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.bytes.write_fmt(arguments);
    }

    fn go_to(&mut self, to: Position) {
        match self.cursor {
            Some(at) if at == to => {}
            Some(at) if at.y == to.y && to.x == at.x + 1 => self.push(format_args!("\x1b[C")),
            Some(at) if at.y == to.y && to.x > at.x => self.push(format_args!("\x1b[{}C", to.x - at.x)),
            _ => self.push(format_args!("\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)),
        }
        self.cursor = Some(to);
    }

    /// Changes the style; always from nothing, so that what the terminal held before does not matter.
    fn wear(&mut self, look: Look) {
        if self.look == Some(look) {
            return;
        }
        let (fg, bg, modifier) = look;
        self.push(format_args!("\x1b[0"));
        for (attribute, number) in ATTRIBUTES {
            if modifier.contains(attribute) {
                self.push(format_args!(";{number}"));
            }
        }
        self.colour(fg, 30);
        self.colour(bg, 40);
        self.push(format_args!("m"));
        self.look = Some(look);
    }

    fn colour(&mut self, colour: Color, base: u8) {
        let (bright, extended) = (base + 60, base + 8);
        let number = match colour {
            Color::Reset => return,
            Color::Black => base,
            Color::Red => base + 1,
            Color::Green => base + 2,
            Color::Yellow => base + 3,
            Color::Blue => base + 4,
            Color::Magenta => base + 5,
            Color::Cyan => base + 6,
            Color::Gray => base + 7,
            Color::DarkGray => bright,
            Color::LightRed => bright + 1,
            Color::LightGreen => bright + 2,
            Color::LightYellow => bright + 3,
            Color::LightBlue => bright + 4,
            Color::LightMagenta => bright + 5,
            Color::LightCyan => bright + 6,
            Color::White => bright + 7,
            Color::Indexed(n) => return self.push(format_args!(";{extended};5;{n}")),
            Color::Rgb(r, g, b) => return self.push(format_args!(";{extended};2;{r};{g};{b}")),
        };
        self.push(format_args!(";{number}"));
    }
}

impl Backend for Wire {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.go_to(Position { x, y });
            self.wear((cell.fg, cell.bg, cell.modifier));
            self.bytes.extend_from_slice(cell.symbol().as_bytes());
            // Terminals disagree on what is wide, and on where the cursor stands behind the last column.
            let is_plain = cell.symbol().width() == 1 && x + 1 < self.size.width;
            self.cursor = is_plain.then_some(Position { x: x + 1, y });
        }
        Ok(())
    }

    /// The cursor is hidden once, by the edge.
    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    /// No frame of ours shows it.
    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.go_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear: ClearType) -> Result<(), Infallible> {
        self.wear(PLAIN);
        let code = match clear {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        };
        self.bytes.extend_from_slice(code.as_bytes());
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    /// The edge writes, once a frame.
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn a_digit_that_changes_costs_a_move_and_that_digit() {
        let mut wire = Wire::new(80, 24);
        let mut cell = Cell::new("1");
        cell.set_style(Style::new().fg(Color::Red));
        let Ok(()) = wire.draw([(4, 2, &cell)].into_iter());
        assert_eq!(wire.bytes(), b"\x1b[3;5H\x1b[0;31m1");
        wire.sent();
        let Ok(()) = wire.draw([(4, 2, &cell), (5, 2, &cell), (8, 2, &cell)].into_iter());
        assert_eq!(wire.bytes(), b"\x1b[3;5H11\x1b[2C1");
    }

    #[test]
    fn behind_a_wide_character_the_cursor_is_set_anew() {
        let mut wire = Wire::new(80, 24);
        let Ok(()) = wire.draw([(0, 0, &Cell::new("日")), (2, 0, &Cell::new("x"))].into_iter());
        assert_eq!(String::from_utf8_lossy(wire.bytes()), "\x1b[1;1H\x1b[0m日\x1b[1;3Hx");
    }
}
