//! The text of PDFs, as far as it is cheap: all that stands outside of streams, and the strings of pages in them, out of
//! streams that are packed by deflate, written in letters, or neither.
//!
//! A page says `[(pass) -20 (word)] TJ` and `(next) Tj`: strings within brackets are joined, all others are lines. Attached
//! files, scripts and metadata are read as they are. Fonts that number their glyphs show nothing without their
//! tables, nor do scanned pages: that is said in the manual, and is not counted. What is packed in another way is.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::ascii::{Ascii, Went};
use super::filter::{Content, Filters};
use super::limits::Budget;
use super::source::Source;
use super::strings::{Part, Strings};

/// How far before a stream its dictionary is looked for.
const DICTIONARY: usize = 1024;
/// How much is looked through at once.
const STEP: usize = 16 << 10;
/// How much is unpacked at once: deflate makes a thousand times as much of it, at most.
const PIECE: usize = 2 << 10;

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
    is_unread: bool,
}

enum State {
    /// Among objects, or in a stream that is not packed.
    Objects,
    /// In a stream that is packed, written in letters, or both.
    Packed(Packed),
    Ended,
}

struct Packed {
    letters: Option<Ascii>,
    unpack: Option<Box<Decompress>>,
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
            is_unread: false,
        }
    }

    /// Whether some of it is packed in a way that is not read.
    pub(super) fn is_unread(&self) -> bool {
        self.is_unread
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
            State::Packed(_) => self.packed(),
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
        let is_outside = self.strings.part == Part::Objects;
        self.is_encrypted |= is_outside && memmem::find(bytes, b"/Encrypt").is_some();
        self.tail.extend_from_slice(bytes);
        self.tail.drain(..self.tail.len().saturating_sub(DICTIONARY));
        self.source.consume(passed);
        if !found {
            return Ok(());
        }
        if !is_outside {
            if self.tail.ends_with(b"endstream") {
                self.close();
            }
            return Ok(());
        }
        self.begin()
    }

    /// A stream begins, if what was passed is the end of its dictionary.
    fn begin(&mut self) -> io::Result<()> {
        let dictionary = &self.tail[..self.tail.len() - b"stream".len()];
        let line = self.source.peek(2)?;
        let end = if line.starts_with(b"\r\n") { 2 } else { usize::from(line.starts_with(b"\n")) };
        if end == 0 || !dictionary.trim_ascii_end().ends_with(b">>") {
            return Ok(());
        }
        let (filters, content) = Filters::of(dictionary);
        self.source.consume(end);
        self.made.push(b'\n');
        self.tail.clear();
        self.is_unread |= filters == Filters::Unknown;
        let part = match (filters, content) {
            (Filters::Unknown | Filters::Picture, _) | (_, Content::Nothing) => Part::Unread,
            (_, Content::Text) => Part::Text,
            (_, Content::Page) => Part::Page,
        };
        self.strings = Strings::of(part);
        if let Filters::Known { letters, is_deflated } = filters
            && (letters.is_some() || is_deflated)
            && part != Part::Unread
        {
            let unpack = is_deflated.then(|| Box::new(Decompress::new(true)));
            self.state = State::Packed(Packed { letters, unpack });
        }
        Ok(())
    }

    /// What was read of a stream ends here.
    fn close(&mut self) {
        self.strings.end(&mut self.made);
        self.made.push(b'\n');
        self.strings = Strings::default();
        self.tail.clear();
        self.state = State::Objects;
    }

    fn packed(&mut self) -> io::Result<()> {
        let State::Packed(Packed { letters, unpack }) = &mut self.state else { return Ok(()) };
        let held = self.source.peek(1)?;
        let held = &held[..held.len().min(PIECE)];
        let mut decoded = Vec::new();
        let (mut taken, mut went) = (held.len(), Went::On);
        let mut piece = held;
        if let Some(letters) = letters {
            went = letters.decode(held, &mut decoded);
            if let Went::Ended(at) | Went::Broken(at) = went {
                taken = at;
            }
            piece = &decoded;
        }
        let before = unpack.as_ref().map_or(0, |unpack| unpack.total_out());
        let mut end = match went {
            Went::On => held.is_empty().then_some(false),
            Went::Ended(_) => Some(unpack.is_none()),
            Went::Broken(_) => Some(false),
        };
        if let Some(unpack) = unpack {
            let (inflated, its_end) =
                inflate(unpack, piece, &mut self.unpacked, &mut self.strings, &mut self.made);
            end = its_end.or(end);
            if letters.is_none() {
                taken = inflated;
            }
        } else {
            self.strings.take(piece, &mut self.made);
        }
        // What makes no text was unpacked all the same.
        let unpacked = unpack.as_ref().map_or(0, |unpack| unpack.total_out()) - before;
        self.budget.take(unpacked + decoded.len() as u64)?;
        self.source.consume(taken);
        if let Some(is_right) = end {
            self.is_damaged |= !is_right;
            self.close();
        }
        Ok(())
    }
}

/// Unpacks a piece; gives how much of it was taken, and at the end of the stream whether that is as it should be.
fn inflate(
    unpack: &mut Decompress,
    piece: &[u8],
    room: &mut [u8],
    strings: &mut Strings,
    made: &mut Vec<u8>,
) -> (usize, Option<bool>) {
    let mut at = 0;
    loop {
        let (taken, given) = (unpack.total_in(), unpack.total_out());
        let step = unpack.decompress(&piece[at..], room, FlushDecompress::None);
        let given = (unpack.total_out() - given) as usize;
        let taken = (unpack.total_in() - taken) as usize;
        strings.take(&room[..given], made);
        at += taken;
        match step {
            Ok(Status::StreamEnd) => return (at, Some(true)),
            Err(_) => return (at, Some(false)),
            Ok(_) if given == 0 && at == piece.len() => return (at, None),
            // No decoder that is right stands still.
            Ok(_) if given == 0 && taken == 0 => return (at, Some(false)),
            Ok(_) => {}
        }
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
        assert!(text.contains("\npassword = (a) bcd\nnext\n"), "{text:?}");
        assert!(text.contains("key: value\n") && text.contains("https://a.b/\n"), "{text:?}");
        assert!(!text.contains("no ") && !text.contains("no\n") && !is_encrypted && !is_damaged, "{text:?}");
    }

    #[test]
    fn what_is_not_packed_or_written_in_letters_is_read() {
        let page = b"BT [(up) -20 (stream)] TJ (stream\\n) Tj ET";
        let hex = |bytes: &[u8]| {
            let letters: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            letters.concat() + ">"
        };
        let pdf = [
            &b"%PDF-1.4\n% ReportLab (made it)\nkey = outside\n"[..],
            &stream("", page),
            &stream("/Type /Metadata /Subtype /XML", b"<key>in (metadata</key>\n"),
            &stream("/Filter [ /ASCIIHexDecode /FlateDecode ]", hex(&deflated(b"(both) Tj")).as_bytes()),
            &stream("/Filter /ASCIIHexDecode", hex(b"(letters) Tj").as_bytes()),
            &stream("/Filter [/ASCII85Decode]", b"87cURD]i,\"Ebo80~>"),
            &stream("/Type /EmbeddedFile /Filter /ASCII85Decode", b"87cURD]i,\"Ebo80~>"),
            b"trailer << /Info (behind) >>\n",
        ]
        .concat();
        let (text, is_encrypted, is_damaged) = text(&pdf);
        for part in [
            "(made it)\nkey = outside\n",
            "\nupstream\nstream\n",
            "<key>in (metadata</key>\n",
            "\nboth\n",
            "\nletters\n",
            "Hello World!",
            "/Info behind\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches("Hello").count(), 1, "{text}");
        assert!(!is_encrypted && !is_damaged);
    }

    #[test]
    fn what_is_packed_in_another_way_is_counted() {
        let is_unread = |pdf: &[u8]| {
            let budget = Budget::new(Limits::default(), None, 0);
            let mut reader = pdf;
            let mut source = Source::new(&mut reader);
            let mut text = PdfText::new(&mut source, &budget);
            io::copy(&mut text, &mut io::sink()).unwrap();
            text.is_unread()
        };
        assert!(is_unread(&stream("/Filter /LZWDecode", b"\x80\x0b(")));
        assert!(!is_unread(&stream("/Filter /DCTDecode", b"\xff\xd8(")));
        assert!(!is_unread(&stream("/Filter /FlateDecode", &deflated(b"() Tj"))));
    }

    #[test]
    fn what_is_locked_or_damaged_is_said() {
        let half = deflated(&b"(text) Tj\n".repeat(2000));
        let pdf = stream("/Filter /FlateDecode", &half[..half.len() / 2]);
        let (made, is_encrypted, is_damaged) = text(&pdf);
        assert!(made.contains("text\ntext\n") && is_damaged && !is_encrypted);
        let (_, is_encrypted, is_damaged) = text(&[&pdf[..], b"trailer << /Encrypt 5 0 R >>"].concat());
        assert!(is_encrypted && !is_damaged);
    }
}
