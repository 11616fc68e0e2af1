//! Bytes into lines: cut at newline and carriage return, without escape sequences, bounded.

/// Longest line kept, in bytes; the rest of a longer one is dropped.
pub const LONGEST_LINE: usize = 8 * 1024;

/// Cuts a stream of bytes into lines; a line may come in pieces.
///
/// Progress bars redraw themselves with `\r`, so that ends a line too; empty lines are no lines.
#[derive(Debug, Default)]
pub struct LineSplitter {
    partial: Vec<u8>,
    overlong: bool,
    /// The line that comes next began before the first byte that was seen.
    is_cut: bool,
}

impl LineSplitter {
    /// A splitter that begins somewhere within a line. What is left of that line is no line: its beginning says
    /// what it means, and whether it holds a secret.
    pub fn in_mid_line() -> Self {
        Self { is_cut: true, ..Self::default() }
    }

    /// Takes more bytes; calls `line` for each line that is complete now.
    pub fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(&str)) {
        while let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) {
            self.keep(&bytes[..end]);
            self.finish(&mut line);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// What stands after the last line end, such as a prompt.
    pub fn partial(&self) -> String {
        if self.is_cut { String::new() } else { plain(&self.partial) }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.partial.len());
        self.overlong |= bytes.len() > room;
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn finish(&mut self, line: &mut impl FnMut(&str)) {
        let mut text = plain(&self.partial);
        if self.overlong {
            text.push('…');
        }
        self.partial.clear();
        self.overlong = false;
        if !std::mem::take(&mut self.is_cut) && !text.trim().is_empty() {
            line(&text);
        }
    }
}

/// The text without escape sequences (ECMA-48: CSI, OSC and the like, two-byte escapes).
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains('\u{1b}') {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            // CSI: parameters up to a final byte.
            Some('[') => {
                chars.find(|c| ('\u{40}'..='\u{7e}').contains(c));
            }
            // OSC, DCS, APC, PM: a string up to BEL or ESC \.
            Some(']' | 'P' | '_' | '^') => {
                while let Some(c) = chars.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            // Character set choices carry one more character.
            Some('(' | ')' | '*' | '+') => {
                chars.next();
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = LineSplitter::default();
        let mut out = Vec::new();
        for piece in pieces {
            splitter.push(piece, |line| out.push(line.to_owned()));
        }
        out
    }

    #[test]
    fn lines_end_at_newline_and_carriage_return() {
        assert_eq!(lines(&[b"a\nb\rc\r\nd"]), ["a", "b", "c"]);
        assert_eq!(lines(&[b"12", b"/20", b"0\r"]), ["12/200"]);
        assert_eq!(lines(&[b"\n\n  \n"]), Vec::<String>::new());
    }

    #[test]
    fn escape_sequences_are_left_out() {
        assert_eq!(lines(&[b"\x1b[32mok\x1b[0m\n"]), ["ok"]);
        assert_eq!(lines(&[b"\x1b]0;title\x07x\x1b]8;;u\x1b\\y\n"]), ["xy"]);
        assert_eq!(lines(&[b"\x1b(Bx\x1b7y\x1b[\n"]), ["xy"]);
    }

    #[test]
    fn an_endless_line_stays_bounded() {
        let mut splitter = LineSplitter::default();
        for _ in 0..100 {
            splitter.push(&[b'x'; 1_000], |_| panic!("no line is complete"));
        }
        assert_eq!(splitter.partial().len(), LONGEST_LINE);
        let mut seen = 0;
        splitter.push(b"\nnext\n", |_| seen += 1);
        assert_eq!(seen, 2);
    }

    proptest::proptest! {
        #[test]
        fn pieces_make_the_same_lines_as_the_whole(bytes: Vec<u8>, cut in 0_usize..64) {
            let cut = cut.min(bytes.len());
            proptest::prop_assert_eq!(lines(&[&bytes[..cut], &bytes[cut..]]), lines(&[&bytes]));
        }
    }
}
