//! From changed cells to the bytes that a terminal takes: as few as will do, and all of a frame in one piece.
//!
//! The bytes are gathered here and written by the edge with one `write(2)`. Style and cursor are remembered
//! over frames: a second that changes one digit costs a move and that digit. The cursor counts as known only behind
//! characters on whose width all terminals agree; behind any other it is set anew, so that nothing is shifted.

use std::convert::Infallible;
use std::io::Write as _;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

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

fn has_several_characters(symbol: &str) -> bool {
    symbol.chars().nth(1).is_some()
}

/// Whether every terminal moves its cursor by one column for it. Marks that combine, scripts that run from right to
/// left and pictures are drawn in one column by some, in two or none by others.
fn is_surely_one_wide(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else { return false };
    let is_doubtful = matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    c.is_ascii() || (!is_doubtful && c.width() == Some(1))
}

impl Backend for Wire {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // The cells that the last character covers, if its terminal agrees that it does.
        let mut covered = (Position::default(), 0);
        for (x, y, cell) in content {
            let symbol = cell.symbol();
            let (from, until) = covered;
            if symbol == " " && y == from.y && x > from.x && x < until {
                // It was blank before the character came, and now would cut it in two.
                continue;
            }
            let at = Position { x, y };
            self.go_to(at);
            self.wear((cell.fg, cell.bg, cell.modifier));
            let width = symbol.width() as u16;
            if width > 1 && has_several_characters(symbol) {
                // Some terminals take it for narrower: what it does not cover there must not be an old character.
                self.bytes.extend(std::iter::repeat_n(b' ', usize::from(width)));
                self.cursor = None;
                self.go_to(at);
                covered = (at, x.saturating_add(width));
            }
            self.bytes.extend_from_slice(symbol.as_bytes());
            // Terminals also disagree on where the cursor stands behind the last column.
            let is_known = is_surely_one_wide(symbol) && x + 1 < self.size.width;
            self.cursor = is_known.then_some(Position { x: x + 1, y });
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
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::buffer::Buffer;
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

    #[test]
    fn behind_what_terminals_disagree_on_the_cursor_is_set_anew() {
        for symbol in ["e\u{301}", "\u{5d0}", "\u{2764}", "\u{1f680}"] {
            assert!(!is_surely_one_wide(symbol), "{symbol}");
            let mut wire = Wire::new(80, 24);
            let x = symbol.width() as u16;
            let Ok(()) = wire.draw([(0, 0, &Cell::new("a")), (1, 0, &cell(symbol))].into_iter());
            wire.sent();
            let Ok(()) = wire.draw([(1 + x, 0, &Cell::new("x"))].into_iter());
            assert_eq!(String::from_utf8_lossy(wire.bytes()), format!("\x1b[1;{}Hx", 2 + x), "{symbol}");
        }
        for symbol in ["a", "é", "│", "⣿", "…"] {
            assert!(is_surely_one_wide(symbol), "{symbol}");
        }
    }

    fn cell(symbol: &str) -> Cell {
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        cell
    }

    const COLUMNS: u16 = 12;
    const ROWS: u16 = 3;

    /// Rows of characters, each with the look of a cell.
    fn rows() -> impl Strategy<Value = Vec<Vec<(&'static str, bool)>>> {
        let symbols = [
            "a",
            "b",
            " ",
            " ",
            "é",
            "e\u{301}",
            "o\u{302}\u{323}",
            "日",
            "本",
            "│",
            "…",
            "\u{5d0}",
            "\u{645}",
            "\u{1f680}",
            "\u{2764}\u{fe0f}",
        ];
        let symbol = prop::sample::select(symbols.to_vec());
        let row = prop::collection::vec((symbol, any::<bool>()), 0..usize::from(COLUMNS));
        prop::collection::vec(row, usize::from(ROWS))
    }

    fn fill(buffer: &mut Buffer, rows: &[Vec<(&'static str, bool)>]) {
        for (y, row) in (0..).zip(rows) {
            let mut x = 0;
            for (symbol, is_reversed) in row {
                let style = if *is_reversed { Style::new().reversed().fg(Color::Red) } else { Style::new() };
                let room = usize::from(COLUMNS.saturating_sub(x));
                if room > 0 {
                    (x, _) = buffer.set_stringn(x, y, symbol, room, style);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_terminal_shows_what_was_drawn(frames in prop::collection::vec(rows(), 1..5)) {
            let mut seen = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
            let Ok(mut terminal) = Terminal::new(Wire::new(COLUMNS, ROWS));
            for rows in frames {
                let mut drawn = Buffer::default();
                let Ok(_) = terminal.draw(|frame| {
                    fill(frame.buffer_mut(), &rows);
                    drawn = frame.buffer_mut().clone();
                });
                seen.process(terminal.backend().bytes());
                terminal.backend_mut().sent();
                for y in 0..ROWS {
                    let mut x = 0;
                    while x < COLUMNS {
                        let cell = &drawn[(x, y)];
                        let shown = seen.screen().cell(y, x).unwrap();
                        let text = if shown.has_contents() { shown.contents() } else { " " };
                        prop_assert_eq!(text, cell.symbol(), "column {} of row {}", x, y);
                        // The other half of a wide character that was overwritten is blank, and looks as the
                        // terminal likes.
                        let is_reversed = cell.modifier.contains(Modifier::REVERSED);
                        prop_assert!(text == " " || shown.inverse() == is_reversed);
                        x += (cell.symbol().width() as u16).max(1);
                    }
                }
            }
        }
    }
}
