//! The text among operators and names of a PDF: `[(pass) -20 (word)] TJ` is `password`. Pure, byte by byte.

/// How far a string of a page may be moved and still belong to the same word, in thousandths of its size.
const GAP: f64 = 180.0;

/// Finds strings among operators and names.
#[derive(Debug, Default)]
pub(super) struct Strings {
    state: Lexer,
    /// Whether brackets are open, whose strings belong together.
    is_joined: bool,
    /// A number between two strings.
    number: Vec<u8>,
    /// Whether something was made since the last line feed.
    has_text: bool,
    /// What the bytes are part of.
    pub(super) part: Part,
    octal: Option<(u8, u8)>,
    high: Option<u8>,
}

/// What bytes are part of, and so what of them is text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// No stream: all of it, with strings as what they stand for.
    #[default]
    Objects,
    /// A page: its strings.
    Page,
    /// All of it, as it is.
    Text,
    /// Nothing.
    Unread,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Lexer {
    #[default]
    Operators,
    /// In so many brackets.
    Text(u32),
    Escaped(u32),
    Hex,
    Comment,
}

impl Strings {
    /// For the bytes of such a part.
    pub(super) fn of(part: Part) -> Self {
        Self { part, ..Self::default() }
    }

    /// Takes the next bytes, and appends what of them is text.
    pub(super) fn take(&mut self, bytes: &[u8], made: &mut Vec<u8>) {
        match self.part {
            Part::Unread => {}
            Part::Text => made.extend_from_slice(bytes),
            Part::Page => bytes.iter().for_each(|byte| self.turn(*byte, made)),
            Part::Objects => {
                for &byte in bytes {
                    let is_string = match self.state {
                        Lexer::Text(_) | Lexer::Escaped(_) => true,
                        Lexer::Operators => byte == b'(',
                        Lexer::Hex | Lexer::Comment => false,
                    };
                    // A NUL would have all of it taken for binary data.
                    if !is_string && byte != 0 {
                        made.push(byte);
                    }
                    self.turn(byte, made);
                }
            }
        }
    }

    fn turn(&mut self, byte: u8, made: &mut Vec<u8>) {
        match (&self.state, byte) {
            (Lexer::Operators, b'(') => {
                self.gap(made);
                self.state = Lexer::Text(1);
            }
            (Lexer::Operators, b'<') => (self.state, self.high) = (Lexer::Hex, None),
            (Lexer::Operators, b'%') => self.state = Lexer::Comment,
            (Lexer::Operators, b'[') => (self.is_joined, self.number) = (true, Vec::new()),
            (Lexer::Operators, b']') => {
                self.is_joined = false;
                self.end(made);
            }
            (Lexer::Operators, b'-' | b'.' | b'0'..=b'9') if self.is_joined && self.number.len() < 12 => {
                self.number.push(byte);
            }
            (Lexer::Operators, _) => {}
            (Lexer::Comment, b'\n' | b'\r') => self.state = Lexer::Operators,
            (Lexer::Comment, _) => {}
            (Lexer::Hex, b'>') => {
                self.state = Lexer::Operators;
                self.close(made);
            }
            // A dictionary, not a string.
            (Lexer::Hex, b'<') => self.state = Lexer::Operators,
            (Lexer::Hex, _) => self.digit(byte, made),
            (Lexer::Escaped(depth), _) => {
                let depth = *depth;
                self.state = Lexer::Text(depth);
                self.escape(byte, made);
            }
            (Lexer::Text(depth), _) => {
                let depth = *depth;
                self.text(byte, depth, made);
            }
        }
    }

    fn text(&mut self, byte: u8, depth: u32, made: &mut Vec<u8>) {
        if let Some((value, digits)) = self.octal {
            if digits < 3 && (b'0'..=b'7').contains(&byte) {
                self.octal = Some((value.wrapping_mul(8).wrapping_add(byte - b'0'), digits + 1));
                return;
            }
            self.octal = None;
            self.push(value, made);
        }
        match byte {
            b'\\' => self.state = Lexer::Escaped(depth),
            b'(' => {
                self.state = Lexer::Text(depth.saturating_add(1));
                self.push(byte, made);
            }
            b')' if depth == 1 => {
                self.state = Lexer::Operators;
                self.close(made);
            }
            b')' => {
                self.state = Lexer::Text(depth - 1);
                self.push(byte, made);
            }
            _ => self.push(byte, made),
        }
    }

    fn escape(&mut self, byte: u8, made: &mut Vec<u8>) {
        match byte {
            b'0'..=b'7' => self.octal = Some((byte - b'0', 1)),
            b'n' | b'r' => self.push(b'\n', made),
            b't' => self.push(b'\t', made),
            b'b' | b'f' | b'\n' | b'\r' => {}
            _ => self.push(byte, made),
        }
    }

    fn digit(&mut self, byte: u8, made: &mut Vec<u8>) {
        let Some(digit) = char::from(byte).to_digit(16) else { return };
        // Only among strings that belong together: elsewhere it is an identifier of the file.
        match self.high.take() {
            None => self.high = Some(digit as u8),
            Some(high) if self.is_joined && self.part != Part::Objects => {
                self.push(high << 4 | digit as u8, made);
            }
            Some(_) => {}
        }
    }

    /// A byte of a string. NULs are the high halves of characters.
    fn push(&mut self, byte: u8, made: &mut Vec<u8>) {
        match byte {
            0 => {}
            b'\n' | b'\t' | 0x20.. => {
                made.push(byte);
                self.has_text = true;
            }
            _ => made.push(b' '),
        }
    }

    /// The space between two strings that belong together.
    fn gap(&mut self, made: &mut Vec<u8>) {
        let moved = std::str::from_utf8(&self.number).ok().and_then(|text| text.parse::<f64>().ok());
        if self.is_joined && self.has_text && moved.is_some_and(|moved| -moved > GAP) {
            made.push(b' ');
        }
        self.number.clear();
    }

    /// A string ends, and with it a line, unless more belongs to it.
    fn close(&mut self, made: &mut Vec<u8>) {
        if let Some((value, _)) = self.octal.take() {
            self.push(value, made);
        }
        if !self.is_joined {
            self.end(made);
        }
    }

    /// A line ends.
    pub(super) fn end(&mut self, made: &mut Vec<u8>) {
        if std::mem::take(&mut self.has_text) {
            made.push(b'\n');
        }
    }
}
