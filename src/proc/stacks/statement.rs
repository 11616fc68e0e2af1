//! Python source as statements: where each begins and ends, how deep it is indented, and its text without comments.
//! Pure and bounded; it knows only as much of the language as that takes, and never fails: what is no Python gives
//! statements that mean nothing.

/// Bytes kept of one statement: a `with` is far shorter, a table of data may be cut.
const LONGEST: usize = 8 * 1024;

/// Columns that a tab reaches to, as Python has it.
const TAB: usize = 8;

/// One statement, with the lines it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Statement {
    /// Its first line, from 1.
    pub(super) first: u32,
    /// Its last line.
    pub(super) last: u32,
    /// How far it is indented.
    pub(super) indent: usize,
    /// What it says, without comments, on one line.
    pub(super) text: String,
    /// The same, byte for byte as long, with an underscore for each byte within a string.
    pub(super) code: String,
    /// Where in `text` each further line begins.
    breaks: Vec<usize>,
}

impl Statement {
    /// The line on which this byte of its text stands.
    pub(super) fn line_of(&self, at: usize) -> u32 {
        self.first + self.breaks.iter().filter(|start| **start <= at).count() as u32
    }
}

/// The statements of a source, in order. Several on one line, by semicolons, count as one.
pub(super) fn statements(source: &str) -> Vec<Statement> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut reader = Reader { bytes: source.as_bytes(), at: 0, line: 1, found: Vec::new() };
    while reader.at < reader.bytes.len() {
        if let Some(indent) = reader.indent() {
            let statement = reader.statement(indent);
            reader.found.push(statement);
        }
    }
    reader.found
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    found: Vec<Statement>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    /// Goes over the blanks at the start of a line; `None` past a line without a statement.
    fn indent(&mut self) -> Option<usize> {
        let mut indent = 0;
        loop {
            match self.peek(0) {
                b' ' => indent += 1,
                b'\t' => indent = (indent / TAB + 1) * TAB,
                b'\x0c' => indent = 0,
                b'\r' => {}
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    return None;
                }
                b'#' => self.skip_comment(),
                _ => return Some(indent),
            }
            // A comment ends before its line does.
            if self.peek(0) != b'\n' {
                self.at += 1;
            }
        }
    }

    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// The statement that begins here, over brackets, strings and continued lines.
    fn statement(&mut self, indent: usize) -> Statement {
        let mut kept = Kept::default();
        let (first, mut depth) = (self.line, 0_usize);
        let mut breaks = Vec::new();
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            match byte {
                b'#' => {
                    self.skip_comment();
                    continue;
                }
                b'\'' | b'"' => {
                    self.string(byte, &mut kept, &mut breaks);
                    continue;
                }
                b'\n' if depth == 0 => break,
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => {
                    self.at += if self.peek(1) == b'\r' { 2 } else { 1 };
                    self.next_line(&mut kept, &mut breaks);
                    continue;
                }
                b'\n' => {
                    self.next_line(&mut kept, &mut breaks);
                    continue;
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if byte != b'\r' {
                kept.push(byte, byte);
            }
            self.at += 1;
        }
        let last = self.line;
        self.at += 1;
        self.line += 1;
        let (text, code) = kept.into_texts();
        Statement { first, last, indent, text, code, breaks }
    }

    fn next_line(&mut self, kept: &mut Kept, breaks: &mut Vec<usize>) {
        kept.push(b' ', b' ');
        self.at += 1;
        self.line += 1;
        if kept.text.len() < LONGEST {
            breaks.push(kept.text.len());
        }
    }

    /// A string, from its first quote to its last; one of a single line ends with that at the latest.
    fn string(&mut self, quote: u8, kept: &mut Kept, breaks: &mut Vec<usize>) {
        let is_long = self.peek(1) == quote && self.peek(2) == quote;
        let width = if is_long { 3 } else { 1 };
        for _ in 0..width {
            kept.push(quote, quote);
        }
        self.at += width;
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            let is_end = byte == quote && (!is_long || (self.peek(1) == quote && self.peek(2) == quote));
            if is_end {
                for _ in 0..width {
                    kept.push(quote, quote);
                }
                self.at += width;
                return;
            }
            match byte {
                b'\n' if !is_long => return,
                b'\n' => self.next_line(kept, breaks),
                b'\\' if self.peek(1) == b'\n' => {
                    self.at += 1;
                    self.next_line(kept, breaks);
                }
                b'\\' => {
                    kept.push(b'\\', b'_');
                    kept.push(self.peek(1), b'_');
                    self.at += 2;
                }
                _ => {
                    kept.push(byte, b'_');
                    self.at += 1;
                }
            }
        }
    }
}

/// What is kept of a statement while it is read.
#[derive(Default)]
struct Kept {
    text: Vec<u8>,
    code: Vec<u8>,
}

impl Kept {
    fn push(&mut self, text: u8, code: u8) {
        if self.text.len() < LONGEST {
            self.text.push(text);
            self.code.push(code);
        }
    }

    /// As text; a character that the bound cut in two makes the two differ in length, and then neither is used.
    fn into_texts(self) -> (String, String) {
        match (String::from_utf8(self.text), String::from_utf8(self.code)) {
            (Ok(text), Ok(code)) => (text, code),
            _ => (String::new(), String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(source: &str) -> Vec<(u32, u32, usize, String)> {
        statements(source).into_iter().map(|one| (one.first, one.last, one.indent, one.code)).collect()
    }

    #[test]
    fn lines_comments_strings_and_brackets() {
        type Case<'a> = (&'a str, &'a [(u32, u32, usize, &'a str)]);
        let cases: &[Case] = &[
            ("a\n  b # c\n\n# d\n\te", &[(1, 1, 0, "a"), (2, 2, 2, "b "), (5, 5, 8, "e")]),
            ("f(a,\n  # why\n  b)\nc", &[(1, 3, 0, "f(a,      b)"), (4, 4, 0, "c")]),
            ("a = \\\n  1\nb", &[(1, 2, 0, "a =    1"), (3, 3, 0, "b")]),
            ("x = '#(' # (\ny", &[(1, 1, 0, "x = '__' "), (2, 2, 0, "y")]),
            ("'''a\n  b '' \\''' c\n'''\ny", &[(1, 3, 0, "'''_ _____________ '''"), (4, 4, 0, "y")]),
            ("s = 'it\\'s'\nt", &[(1, 1, 0, "s = '_____'"), (2, 2, 0, "t")]),
            ("s = 'open\nt", &[(1, 1, 0, "s = '____"), (2, 2, 0, "t")]),
            ("a\r\nb\r\n", &[(1, 1, 0, "a"), (2, 2, 0, "b")]),
            ("\u{feff}a", &[(1, 1, 0, "a")]),
        ];
        for (source, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(a, b, c, d)| (*a, *b, *c, (*d).to_owned())).collect();
            assert_eq!(all(source), expected, "{source:?}");
        }
    }

    #[test]
    fn a_byte_knows_its_line() {
        let one = &statements("with (a,\n      b):\n  pass")[0];
        assert_eq!(one.line_of(one.text.find('a').unwrap()), 1);
        assert_eq!(one.line_of(one.text.find('b').unwrap()), 2);
    }

    proptest! {
        #[test]
        fn anything_is_read(source in "[ \\t\\r\\n#'\"\\\\()\\[\\]:;a-dwé]{0,200}") {
            let mut after = 0;
            for one in statements(&source) {
                prop_assert!(one.first > after && one.last >= one.first);
                prop_assert_eq!(one.text.len() >= one.code.len(), true);
                after = one.last;
            }
        }
    }
}
