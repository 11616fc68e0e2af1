//! The text of PDFs, as far as it is cheap: the strings of objects and of pages, out of streams packed by deflate.
//!
//! A page says `[(pass) -20 (word)] TJ` and `(next) Tj`: strings within brackets are joined, all others are lines. Attached
//! files, scripts and metadata are read as they are. Fonts that number their glyphs show nothing without their
//! tables, nor do scanned pages: that is said in the manual, and is not counted.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::limits::Budget;
use super::source::Source;

/// How far before a stream its dictionary is looked for.
const DICTIONARY: usize = 1024;
/// How much is unpacked at once.
const STEP: usize = 16 << 10;
/// How far a string of a page may be moved and still belong to the same word, in thousandths of its size.
const GAP: f64 = 180.0;

/// The text of a PDF.
pub(super) struct PdfText<'a, 'b> {
    source: &'a mut Source<'b>,
    budget: &'a Budget,
    state: State,
    strings: Strings,
    /// The last bytes that were passed.
    tail: Vec<u8>,
    unpacked: Vec<u8>,
    made: Vec<u8>,
    given: usize,
    is_encrypted: bool,
    is_damaged: bool,
}

enum State {
    Objects,
    /// In a stream that is packed; its content is text as it stands, or operators.
    Packed {
        unpack: Box<Decompress>,
        is_plain: bool,
    },
    Ended,
}

impl<'a, 'b> PdfText<'a, 'b> {
    pub(super) fn new(source: &'a mut Source<'b>, budget: &'a Budget) -> Self {
        Self {
            source,
            budget,
            state: State::Objects,
            strings: Strings::default(),
            tail: Vec::new(),
            unpacked: vec![0; STEP],
            made: Vec::new(),
            given: 0,
            is_encrypted: false,
            is_damaged: false,
        }
    }

    /// Whether its strings and streams are locked.
    pub(super) fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Whether a stream made no sense from some place on.
    pub(super) fn is_damaged(&self) -> bool {
        self.is_damaged && !self.is_encrypted
    }

    fn step(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Objects => self.objects(),
            State::Packed { .. } => self.packed(),
            State::Ended => Ok(()),
        }
    }

    /// Passes objects up to the next stream.
    fn objects(&mut self) -> io::Result<()> {
        const MARK: &[u8] = b"stream";
        // The mark, and the end of its line.
        let held = self.source.peek(DICTIONARY)?;
        if held.is_empty() {
            self.strings.end(&mut self.made);
            self.state = State::Ended;
            return Ok(());
        }
        let held = &held[..held.len().min(STEP)];
        let (passed, found) = match memmem::find(held, MARK) {
            Some(at) => (at + MARK.len(), true),
            // The start of a mark may stand at the end.
            None if held.len() < DICTIONARY => (held.len(), false),
            None => (held.len() - MARK.len(), false),
        };
        let bytes = &held[..passed];
        self.strings.take(bytes, &mut self.made);
        self.is_encrypted |= memmem::find(bytes, b"/Encrypt").is_some();
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(DICTIONARY));
        self.source.consume(passed);
        if !found || self.tail.ends_with(b"endstream") {
            return Ok(());
        }
        let line = self.source.peek(2)?;
        let end = if line.starts_with(b"\r\n") { 2 } else { usize::from(line.starts_with(b"\n")) };
        let start = memmem::rfind(&self.tail, b"obj").unwrap_or(0);
        let holds = |word: &[u8]| memmem::find(&self.tail[start..], word).is_some();
        let packed = end > 0
            && holds(b"/FlateDecode")
            && !holds(b"/ASCII")
            && ![&b"/Image"[..], b"/XRef", b"/Length1", b"/FontFile", b"/Type1C", b"/CIDFontType0C"]
                .iter()
                .any(|w| holds(w));
        if packed {
            let is_plain =
                [&b"/EmbeddedFile"[..], b"/Metadata", b"/JavaScript"].iter().any(|word| holds(word));
            self.state = State::Packed { unpack: Box::new(Decompress::new(true)), is_plain };
            self.source.consume(end);
        }
        self.strings = Strings { is_outside: !packed && end > 0, ..Strings::default() };
        self.tail.clear();
        Ok(())
    }

    fn packed(&mut self) -> io::Result<()> {
        let State::Packed { unpack, is_plain } = &mut self.state else { return Ok(()) };
        let held = self.source.peek(1)?;
        let (before, made) = (unpack.total_in(), unpack.total_out());
        let step = unpack.decompress(held, &mut self.unpacked, FlushDecompress::None);
        let taken = (unpack.total_in() - before) as usize;
        let made = (unpack.total_out() - made) as usize;
        let text = &self.unpacked[..made];
        if *is_plain {
            self.made.extend_from_slice(text);
        } else {
            self.strings.take(text, &mut self.made);
        }
        let is_over = held.is_empty() && made == 0;
        self.source.consume(taken);
        self.budget.take(made as u64)?;
        let ended = !matches!(step, Ok(Status::Ok | Status::BufError)) || is_over || taken + made == 0;
        if ended {
            self.is_damaged |= !matches!(step, Ok(Status::StreamEnd));
            self.strings.end(&mut self.made);
            self.strings = Strings::default();
            self.made.push(b'\n');
            self.state = State::Objects;
        }
        Ok(())
    }
}

impl Read for PdfText<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() && !matches!(self.state, State::Ended) {
            self.made.clear();
            self.given = 0;
            self.step()?;
        }
        let left = &self.made[self.given..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.given += length;
        Ok(length)
    }
}

/// Finds strings among operators and names.
#[derive(Debug, Default)]
struct Strings {
    state: Lexer,
    /// Whether brackets are open, whose strings belong together.
    is_joined: bool,
    /// A number between two strings.
    number: Vec<u8>,
    /// Whether something was made since the last line feed.
    has_text: bool,
    /// Whether these are bytes of a stream that is not read, so that brackets in it mean nothing.
    is_outside: bool,
    octal: Option<(u8, u8)>,
    high: Option<u8>,
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
    fn take(&mut self, bytes: &[u8], made: &mut Vec<u8>) {
        if self.is_outside {
            // An unread stream ends with a word; what follows is objects again.
            if let Some(at) = memmem::find(bytes, b"endstream") {
                self.is_outside = false;
                return self.take(&bytes[at..], made);
            }
            return;
        }
        for byte in bytes {
            self.turn(*byte, made);
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
            Some(high) if self.is_joined => self.push(high << 4 | digit as u8, made),
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

    fn end(&mut self, made: &mut Vec<u8>) {
        if std::mem::take(&mut self.has_text) {
            made.push(b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::limits::Limits;
    use super::*;

    fn text(pdf: &[u8]) -> (String, bool, bool) {
        let budget = Budget::new(Limits::default(), None, 0);
        let mut reader = pdf;
        let mut source = Source::new(&mut reader);
        let mut text = PdfText::new(&mut source, &budget);
        let mut made = Vec::new();
        text.read_to_end(&mut made).unwrap();
        (String::from_utf8_lossy(&made).into_owned(), text.is_encrypted(), text.is_damaged())
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(content).unwrap();
        packed.finish().unwrap()
    }

    fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("1 0 obj\n<< {dictionary} /Length {} >>\nstream\n", content.len());
        [head.as_bytes(), content, b"\nendstream\nendobj\n"].concat()
    }

    #[test]
    fn strings_of_pages_are_lines() {
        let page = b"BT /F1 12 Tf [(pass) -20 (word =) -250 (\\(a\\051 b) 3 <6364>] TJ (next) Tj ET";
        let pdf = [
            &b"%PDF-1.7\n%\xe2\xe3\n"[..],
            &stream("/Filter /FlateDecode", &deflated(page)),
            &stream("/Subtype /Image /Filter /FlateDecode", &deflated(b"(no) Tj")),
            &stream("/Filter /DCTDecode", b"(no"),
            &stream("/Type /EmbeddedFile /Filter /FlateDecode", &deflated(b"key: value\n")),
            b"<< /URI (https://a.b/) /ID [<00ff> <0102>] >>",
        ]
        .concat();
        let (text, is_encrypted, is_damaged) = text(&pdf);
        assert!(text.starts_with("password = (a) bcd\nnext\n"), "{text:?}");
        assert!(text.contains("key: value\n") && text.contains("https://a.b/\n"), "{text:?}");
        assert!(!text.contains("no") && !is_encrypted && !is_damaged, "{text:?}");
    }

    #[test]
    fn what_is_locked_or_damaged_is_said() {
        let half = deflated(&b"(text) Tj\n".repeat(2000));
        let pdf = stream("/Filter /FlateDecode", &half[..half.len() / 2]);
        let (made, is_encrypted, is_damaged) = text(&pdf);
        assert!(made.starts_with("text\ntext\n") && is_damaged && !is_encrypted);
        let (_, is_encrypted, is_damaged) = text(&[&pdf[..], b"trailer << /Encrypt 5 0 R >>"].concat());
        assert!(is_encrypted && !is_damaged);
    }
}
