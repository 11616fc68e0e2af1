//! From the job's bytes to the redacted lines of its log. Pure: time is an argument, the page is a value.
//!
//! A line is redacted as a whole or not written. What has no end yet is held for a moment; a prompt must show all
//! the same, so after a while without output the words that are complete go out, and later the last one too. When
//! the rest arrives the line is judged again *as a whole*, since `password=` and `hunter2` are harmless only apart.

use std::time::{Duration, Instant};

use super::blocks::Blocks;
use super::late::Late;
use crate::model::metric::Bytes;
use crate::scan::redact::Redactor;

/// The longest line that is redacted in one piece.
const MAX_HELD: usize = 64 * 1024;

/// After this long without output, the complete words of an unfinished line are written.
pub(super) const WORDS_AFTER: Duration = Duration::from_millis(300);

/// After this long, the last word too.
pub(super) const ALL_AFTER: Duration = Duration::from_secs(2);

/// Text that is ready for the log.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The bytes to append; they are valid UTF-8.
    pub(super) text: Vec<u8>,
    /// Lines finished so far, by a newline or by the carriage return of a progress bar.
    pub(super) lines: u64,
    /// The stream whose unfinished line the log ends with.
    open: Option<u8>,
}

impl Page {
    /// Makes sure that this stream's text does not run on after another stream's.
    fn turn_to(&mut self, stream: u8) {
        if self.open.is_some_and(|open| open != stream) {
            self.text.push(b'\n');
            self.open = None;
        }
    }

    /// Adds a line that is Telltale's own.
    pub(super) fn note(&mut self, note: &str) {
        if self.open.take().is_some() {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(format!("[telltale: {note}]\n").as_bytes());
        self.lines += 1;
    }
}

/// One stream of output on its way into the log.
#[derive(Debug)]
pub(super) struct LineCutter {
    stream: u8,
    /// The unfinished line, from its start.
    held: Vec<u8>,
    /// How many bytes of it are written already, and how they read there.
    written: usize,
    shown: String,
    /// The last line ended in a carriage return, which may turn out to be half of a newline.
    after_return: bool,
    last_byte: Option<Instant>,
    /// Bytes left out since the last line that was kept.
    gap: u64,
    /// The newest of them.
    late: Late,
    /// How many of those were kept after all.
    regained: u64,
    blocks: Blocks,
}

impl LineCutter {
    /// A cutter for the stream with this number.
    pub(super) fn new(stream: u8) -> Self {
        Self {
            stream,
            held: Vec::new(),
            written: 0,
            shown: String::new(),
            after_return: false,
            last_byte: None,
            gap: 0,
            late: Late::default(),
            regained: 0,
            blocks: Blocks::default(),
        }
    }

    /// Takes output in and puts every line that is complete on the page.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant, redactor: &mut Redactor, page: &mut Page) {
        self.regain(redactor, page);
        let Some(rest) = self.leave_gap(bytes, redactor, page) else { return };
        if !rest.is_empty() {
            self.last_byte = Some(now);
            self.cut(rest, redactor, page);
        }
    }

    fn cut(&mut self, mut rest: &[u8], redactor: &mut Redactor, page: &mut Page) {
        while !rest.is_empty() {
            if self.after_return {
                rest = self.settle_return(rest, page);
                continue;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { break };
            if self.held.is_empty() {
                self.write_line(&rest[..end], redactor, page);
            } else {
                self.held.extend_from_slice(&rest[..end]);
                let line = std::mem::take(&mut self.held);
                self.write_line(&line, redactor, page);
                self.held = line;
                self.held.clear();
            }
            if rest[end] == b'\n' {
                page.text.push(b'\n');
                page.lines += 1;
                page.open = None;
            } else {
                page.open = Some(self.stream);
                self.after_return = true;
            }
            rest = &rest[end + 1..];
        }
        self.hold(rest, redactor, page);
    }

    /// Decides what a carriage return was, now that the next byte is there: half of a newline, or, as progress
    /// bars mean it, the end of a line that will be painted over.
    fn settle_return<'a>(&mut self, rest: &'a [u8], page: &mut Page) -> &'a [u8] {
        let is_last = page.open == Some(self.stream);
        match rest[0] {
            b'\r' => return &rest[1..],
            b'\n' if is_last => {
                page.text.push(b'\n');
                page.open = None;
            }
            b'\n' => {}
            _ if is_last => page.text.push(b'\r'),
            _ => {}
        }
        page.lines += 1;
        self.after_return = false;
        if rest[0] == b'\n' { &rest[1..] } else { rest }
    }

    /// Holds the beginning of a line; one that grows too long is cut where no secret is likely to stand.
    fn hold(&mut self, mut rest: &[u8], redactor: &mut Redactor, page: &mut Page) {
        while self.held.len() + rest.len() > MAX_HELD {
            let room = MAX_HELD - self.held.len();
            self.held.extend_from_slice(&rest[..room]);
            rest = &rest[room..];
            let cut = seam(&self.held);
            let tail = self.held.split_off(cut);
            let line = std::mem::replace(&mut self.held, tail);
            self.write_line(&line, redactor, page);
            page.open = Some(self.stream);
        }
        self.held.extend_from_slice(rest);
    }

    /// Puts a line, or as much of it as there will be, on the page.
    fn write_line(&mut self, line: &[u8], redactor: &mut Redactor, page: &mut Page) {
        self.extend_to(line, false, redactor, page);
        self.written = 0;
        self.shown.clear();
    }

    /// Brings the page from what it shows of this line to the line redacted as a whole, and remembers that if there is
    /// more of it to come.
    fn extend_to(&mut self, line: &[u8], is_kept: bool, redactor: &mut Redactor, page: &mut Page) {
        let text = String::from_utf8_lossy(line);
        let clear = redactor.line(&text);
        redactor.place(page.lines + 1);
        page.turn_to(self.stream);
        let is_continued = page.open == Some(self.stream) && self.written > 0;
        let new = match clear.strip_prefix(self.shown.as_str()) {
            Some(new) if is_continued => new,
            _ if is_continued => {
                page.text.push(b'\n');
                &clear
            }
            _ => &clear,
        };
        page.text.extend_from_slice(new.as_bytes());
        if is_kept {
            self.shown = clear.into_owned();
        }
    }

    /// Writes what may be written of an unfinished line after a pause in the output.
    pub(super) fn rest(&mut self, now: Instant, redactor: &mut Redactor, page: &mut Page) {
        let Some(idle) = self.last_byte.map(|last| now.saturating_duration_since(last)) else { return };
        let cut = if idle >= ALL_AFTER {
            self.held.len()
        } else if idle >= WORDS_AFTER {
            self.held.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1)
        } else {
            0
        };
        if cut > self.written {
            let line = std::mem::take(&mut self.held);
            self.extend_to(&line[..cut], true, redactor, page);
            self.held = line;
            self.written = cut;
            page.open = Some(self.stream);
        }
        if idle >= ALL_AFTER {
            self.last_byte = None;
        }
    }

    /// When [`LineCutter::rest`] should be called next.
    pub(super) fn next_rest(&self) -> Option<Instant> {
        let last = self.last_byte?;
        let has_word = self.held[self.written.min(self.held.len())..].iter().any(u8::is_ascii_whitespace);
        if self.held.len() == self.written {
            None
        } else {
            Some(last + if has_word { WORDS_AFTER } else { ALL_AFTER })
        }
    }

    /// Leaves output out: it is counted, and the line it falls into goes with it, since half a secret is one too.
    pub(super) fn skip(&mut self, bytes: &[u8], redactor: &mut Redactor) {
        self.gap += (self.held.len() - self.written + bytes.len()) as u64;
        let held = std::mem::take(&mut self.held);
        for piece in [held.as_slice(), bytes] {
            let (late, blocks) = (&mut self.late, &mut self.blocks);
            late.push(piece, |gone| watch(blocks, gone, redactor));
        }
        self.written = 0;
        self.shown.clear();
        self.after_return = false;
        self.last_byte = None;
    }

    /// Ends a gap within the newest of what was left out, if a line begins there: it is so little that it is kept.
    fn regain(&mut self, redactor: &mut Redactor, page: &mut Page) {
        if self.gap == 0 {
            return;
        }
        let (cut, whole) = self.late.take();
        watch(&mut self.blocks, &cut, redactor);
        let Some(whole) = whole else { return };
        self.gap -= whole.len() as u64;
        self.regained += whole.len() as u64;
        self.say_gap(page);
        self.blocks = Blocks::default();
        self.cut(&whole, redactor, page);
    }

    /// How much of what was left out has been kept after all, since the last time.
    pub(super) fn take_regained(&mut self) -> u64 {
        std::mem::take(&mut self.regained)
    }

    /// Ends a gap at the next line and says how large it was; nothing is left of the bytes while it lasts.
    fn leave_gap<'a>(
        &mut self,
        bytes: &'a [u8],
        redactor: &mut Redactor,
        page: &mut Page,
    ) -> Option<&'a [u8]> {
        if self.gap == 0 {
            return Some(bytes);
        }
        let end = memchr::memchr(b'\n', bytes);
        let (skipped, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        self.gap += skipped.len() as u64;
        watch(&mut self.blocks, skipped, redactor);
        end?;
        self.say_gap(page);
        self.blocks = Blocks::default();
        Some(rest)
    }

    fn say_gap(&mut self, page: &mut Page) {
        if self.gap > 0 {
            page.note(&format!("{} of output not kept", Bytes(self.gap)));
            self.gap = 0;
        }
    }

    /// Writes what is left when the stream has ended.
    pub(super) fn finish(&mut self, redactor: &mut Redactor, page: &mut Page) {
        self.regain(redactor, page);
        self.say_gap(page);
        if !self.held.is_empty() {
            let line = std::mem::take(&mut self.held);
            self.write_line(&line, redactor, page);
            page.open = Some(self.stream);
        }
        if page.open == Some(self.stream) {
            page.text.push(b'\n');
            page.open = None;
            page.lines += 1;
        }
        self.after_return = false;
        self.last_byte = None;
    }
}

/// Shows the redactor where key blocks open and close in what is left out, so that it knows on resuming whether it
/// stands inside one.
fn watch(blocks: &mut Blocks, bytes: &[u8], redactor: &mut Redactor) {
    for marker in blocks.markers(bytes) {
        let _ = redactor.line(&marker);
    }
}

/// Where to cut a line that is too long: after a separator that does not bind a value to its name, best late.
fn seam(line: &[u8]) -> usize {
    let from = line.len() / 2;
    let is_seam = |at: usize| {
        let before = line[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
        match line[at] {
            b' ' | b'\t' => !matches!(before, Some(b'=' | b':' | b'"' | b'\'')),
            b',' | b';' | b'&' | b'{' | b'}' => true,
            _ => false,
        }
    };
    (from..line.len()).rev().find(|&at| is_seam(at)).map_or(line.len(), |at| at + 1)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn logged(chunks: &[&[u8]]) -> String {
        let (mut cutter, mut page, mut redactor) = (LineCutter::new(0), Page::default(), Redactor::default());
        let now = Instant::now();
        for chunk in chunks {
            cutter.push(chunk, now, &mut redactor, &mut page);
        }
        cutter.finish(&mut redactor, &mut page);
        String::from_utf8(page.text).unwrap()
    }

    #[test]
    fn lines_are_cut() {
        let table: &[(&[&[u8]], &str)] = &[
            (&[b"one\ntwo\n"], "one\ntwo\n"),
            (&[b"one\r\ntwo\r", b"\nthree"], "one\ntwo\nthree\n"),
            (&[b"10%\r20%\r30%\n"], "10%\r20%\r30%\n"),
            (&[b"a\r\r\nb"], "a\nb\n"),
            (&[b"\n\n"], "\n\n"),
            (&[b"\xff\xfe\n"], "\u{fffd}\u{fffd}\n"),
            (&[b"gr\xc3", b"\xbcn\n"], "gr\u{fc}n\n"),
            (&[], ""),
        ];
        for (chunks, expected) in table {
            assert_eq!(&logged(chunks), expected, "{chunks:?}");
        }
    }

    #[test]
    fn a_prompt_shows_word_by_word() {
        let (mut cutter, mut page, mut redactor) = (LineCutter::new(0), Page::default(), Redactor::default());
        let start = Instant::now();
        cutter.push(b"Go on? [y", start, &mut redactor, &mut page);
        assert!(page.text.is_empty());
        assert_eq!(cutter.next_rest(), Some(start + WORDS_AFTER));
        cutter.rest(start + WORDS_AFTER, &mut redactor, &mut page);
        assert_eq!(page.text, b"Go on? ");
        assert_eq!(cutter.next_rest(), Some(start + ALL_AFTER));
        cutter.rest(start + ALL_AFTER, &mut redactor, &mut page);
        assert_eq!(page.text, b"Go on? [y");
        assert_eq!(cutter.next_rest(), None);
        cutter.push(b"/n] yes\n", start + ALL_AFTER, &mut redactor, &mut page);
        assert_eq!(page.text, b"Go on? [y/n] yes\n");
    }

    #[test]
    fn streams_do_not_run_into_each_other() {
        let (mut out, mut err) = (LineCutter::new(0), LineCutter::new(1));
        let (mut page, mut redactor, start) = (Page::default(), Redactor::default(), Instant::now());
        out.push(b"50%\r", start, &mut redactor, &mut page);
        err.push(b"warning\n", start, &mut redactor, &mut page);
        out.push(b"60% ", start, &mut redactor, &mut page);
        out.rest(start + WORDS_AFTER, &mut redactor, &mut page);
        err.push(b"error\n", start, &mut redactor, &mut page);
        out.push(b"done\n", start, &mut redactor, &mut page);
        assert_eq!(String::from_utf8(page.text).unwrap(), "50%\nwarning\n60% \nerror\n60% done\n");
    }

    #[test]
    fn a_gap_is_counted_and_ends_at_a_line() {
        let (mut cutter, mut page, mut redactor) = (LineCutter::new(0), Page::default(), Redactor::default());
        let now = Instant::now();
        cutter.push(b"kept\nhalf a li", now, &mut redactor, &mut page);
        cutter.skip(&vec![b'x'; 2_000_000], &mut redactor);
        cutter.push(b"ne\nkept too\n", now, &mut redactor, &mut page);
        let text = String::from_utf8(page.text).unwrap();
        assert_eq!(text, "kept\n[telltale: 1.91 MiB of output not kept]\nkept too\n");
    }

    #[test]
    fn the_last_words_of_a_flood_are_kept() {
        let (mut cutter, mut page, mut redactor) = (LineCutter::new(0), Page::default(), Redactor::default());
        let now = Instant::now();
        cutter.push(b"kept\nhalf", now, &mut redactor, &mut page);
        cutter.skip(&b"noise\n".repeat(200_000), &mut redactor);
        cutter.skip(b"ValueError: no such", &mut redactor);
        cutter.skip(b" shard\n", &mut redactor);
        cutter.finish(&mut redactor, &mut page);
        let text = String::from_utf8(page.text).unwrap();
        assert!(
            text.starts_with("kept\n[telltale: 1.13 MiB of output not kept]\nnoise\n"),
            "{}",
            &text[..80]
        );
        assert!(text.ends_with("noise\nValueError: no such shard\n"));
        assert_eq!(cutter.take_regained() as usize, text.rsplit_once("kept]\n").unwrap().1.len());
    }

    #[test]
    fn the_last_words_of_a_flood_hold_no_half_of_a_key() {
        let (mut cutter, mut page, mut redactor) = (LineCutter::new(0), Page::default(), Redactor::default());
        let body = "qT7xWc2LmZ9vRk4HsB1nYd8JfP3aEg6UuKo5\n";
        cutter.push(b"begin\n", Instant::now(), &mut redactor, &mut page);
        cutter.skip(b"-----BEGIN RSA PRIVATE KEY-----\n", &mut redactor);
        cutter.skip(body.repeat(3_000).as_bytes(), &mut redactor);
        cutter.skip(b"-----END RSA PRIVATE KEY-----\nthe end\n", &mut redactor);
        cutter.finish(&mut redactor, &mut page);
        let text = String::from_utf8(page.text).unwrap();
        assert!(!text.contains("qT7xWc2LmZ9vRk4HsB1nYd8JfP3aEg6UuKo5"), "{}", &text[text.len() - 300..]);
        assert!(text.ends_with("the end\n"));
    }

    #[test]
    fn a_long_line_is_cut_between_words() {
        let word = "abcdefg ".repeat(20_000);
        assert_eq!(logged(&[word.as_bytes()]), format!("{word}\n"));
        assert_eq!(seam(b"aaaa bbbb, key: value"), 11);
    }

    proptest! {
        #[test]
        fn chunking_does_not_change_the_log(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'a'), any::<u8>()], 0..200), size in 1usize..50) {
            let whole = logged(&[&bytes]);
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(&whole, &logged(&chunks));
            let newlines = memchr::memchr_iter(b'\n', &bytes).count();
            prop_assert!(whole.matches('\n').count() >= newlines);
        }
    }
}
