//! How a value stands in its text: the name it is given to, what joins them, how it is quoted, and what stands before and
//! behind it. All looks are bounded, so that a line of any length costs the same.

use std::ops::Range;

use super::beside::Talks;
use super::name::{Name, Sense};

/// How far a line is looked at on either side of the value.
const LINE: usize = 300;
/// How far the lines around it are.
pub(crate) const AROUND: usize = 200;
/// The longest name.
const LONGEST_NAME: usize = 80;

/// What joins a name and its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Joint {
    /// `=` and its kin.
    Equals,
    /// `:`.
    Colon,
    /// `=>`.
    Arrow,
    /// An argument behind another one.
    Comma,
    /// The first argument of a call.
    Call,
    /// A cell of a table.
    Cell,
    /// The text of an element.
    Tag,
    /// A blank, as behind an option.
    Blank,
    /// Nothing: the value begins its line, or stands within a word.
    #[default]
    Nothing,
}

/// How a value stands in its text.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something else that may be seen")]
pub(crate) struct Context {
    /// Where the name stands, in the text.
    pub(crate) name: Range<usize>,
    pub(crate) said: Name,
    /// The name stands on a line above.
    pub(crate) is_above: bool,
    pub(crate) joint: Joint,
    pub(crate) quote: Option<u8>,
    /// The quotes are themselves quoted.
    pub(crate) is_escaped: bool,
    /// The quote behind the value is missing, or the value goes on behind it.
    pub(crate) goes_on: bool,
    /// The first byte behind value and quote that is no blank; 0 at the end of the line.
    pub(crate) behind: u8,
    pub(crate) is_comment: bool,
    /// A type or a keyword of a declaration stands before the name.
    pub(crate) is_declared: bool,
    /// Within the parentheses of a call.
    pub(crate) in_call: bool,
    /// `==`, `!=` on the line, before the value.
    pub(crate) is_compared: bool,
    /// The line is so long that machines wrote it.
    pub(crate) is_endless: bool,
    /// Bytes before the name on its line that are no blanks.
    pub(crate) is_first: bool,
    pub(crate) line: Talks,
    pub(crate) around: Talks,
}

impl Context {
    /// How the value at `span` stands in `text`.
    pub(crate) fn of(text: &[u8], span: &Range<usize>) -> Self {
        let floor = span.start.saturating_sub(LINE);
        let broken = memchr::memrchr(b'\n', &text[floor..span.start]);
        let start = broken.map_or(floor, |at| floor + at + 1);
        let ceiling = text.len().min(span.end + LINE);
        let ended = memchr::memchr(b'\n', &text[span.end..ceiling]);
        let end = ended.map_or(ceiling, |at| span.end + at);
        let mut context = Self {
            is_endless: (broken.is_none() && floor > 0) || (ended.is_none() && ceiling < text.len()),
            ..Self::default()
        };
        context.read_before(text, start, span.start);
        context.read_behind(text, span.end, end);
        context.read_line(&text[start..span.start]);
        context.read_call(&text[start..context.name.start.max(start)]);
        context.line = Talks::of(&text[start..span.start]).and(Talks::of(&text[span.end..end]));
        let above = &text[start.saturating_sub(AROUND)..start];
        let below = &text[end..text.len().min(end + AROUND)];
        context.around = Talks::of(above).and(Talks::of(below));
        context
    }

    /// Quotes, joint and name, from the value backwards.
    fn read_before(&mut self, text: &[u8], line: usize, value: usize) {
        let mut at = value;
        if at > line && is_quote(text[at - 1]) {
            self.quote = Some(text[at - 1]);
            at -= 1;
            while at > line && matches!(text[at - 1], b'\\' | b'"' | b'\'') {
                self.is_escaped |= text[at - 1] == b'\\';
                at -= 1;
            }
            // String prefixes of Python, Rust, C#, C++ and SQL, and types of bytes.
            while at > line
                && matches!(text[at - 1], b'b' | b'r' | b'f' | b'u' | b'L' | b'N' | b'@' | b'#' | b'$')
            {
                at -= 1;
            }
        }
        let spaced = skip_back(text, line, at, |byte| matches!(byte, b' ' | b'\t'));
        let had_blank = spaced < at;
        at = spaced;
        (self.joint, at) = joint(text, line, at, had_blank);
        let closed = skip_back(text, line, at, |byte| {
            matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b']' | b')' | b'\\' | b'*' | b'?' | b'!')
        });
        self.name = name_before(text, line, closed);
        self.say(text);
        if self.joint != Joint::Comma && self.said.telling.is_none() {
            self.look_further(text, line);
        }
        let before = text[line..self.name.start.max(line)].trim_ascii();
        self.is_first = before.is_empty() || matches!(before, b"-" | b"\"" | b"'" | b"export" | b"//" | b"#");
        self.is_declared = declares(before);
        if self.name.is_empty() || (self.said.telling.is_none() && self.is_first) {
            self.look_above(text, line);
        }
    }

    fn say(&mut self, text: &[u8]) {
        self.said = Name::of(&text[self.name.clone()]);
    }

    /// `name: Type = …`, `value="…"` behind `key="…"`: another name on the line says more.
    fn look_further(&mut self, text: &[u8], line: usize) {
        let mut end = self.name.start;
        for _ in 0..3 {
            let from = skip_back(text, line, end, |byte| !is_name(byte));
            if from == line {
                return;
            }
            let name = name_before(text, line, from);
            if name.is_empty() {
                return;
            }
            let said = Name::of(&text[name.clone()]);
            if said.telling.is_some() {
                (self.name, self.said) = (name, said);
                return;
            }
            end = name.start;
        }
    }

    /// The last name of the line above, for what stands in a list or below its key.
    fn look_above(&mut self, text: &[u8], line: usize) {
        let Some(end) = line.checked_sub(1) else { return };
        let floor = end.saturating_sub(AROUND);
        let start = memchr::memrchr(b'\n', &text[floor..end]).map_or(floor, |at| floor + at + 1);
        let last = skip_back(text, start, end, |byte| !is_name(byte));
        let name = name_before(text, start, last);
        let said = Name::of(&text[name.clone()]);
        if said.telling.is_some() {
            (self.name, self.said, self.is_above) = (name, said, true);
        }
    }

    /// What closes the value, and what follows.
    fn read_behind(&mut self, text: &[u8], value: usize, end: usize) {
        let mut at = value;
        if let Some(quote) = self.quote {
            while at < end && text[at] == b'\\' && self.is_escaped {
                at += 1;
            }
            if at < end && text[at] == quote {
                at += 1;
            } else {
                self.goes_on = true;
            }
        } else {
            self.goes_on = at < end && is_name(text[at]);
        }
        let rest = &text[at..end];
        self.behind = rest.iter().copied().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).unwrap_or(0);
    }

    /// `define('DB_PASSWORD', '…')` gives the second to the first, as `=` does.
    fn read_call(&mut self, before: &[u8]) {
        const SETS: [&[u8]; 6] =
            [b"define", b"setenv", b"putenv", b"setproperty", b"setenvironmentvariable", b"put"];
        let quoted = |byte: &u8| is_quote(*byte) || matches!(byte, b' ' | b'\\');
        let end = before.iter().rposition(|byte| !quoted(byte)).map_or(0, |at| at + 1);
        let Some(called) = before[..end].strip_suffix(b"(") else { return };
        let word = called.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or_default();
        let sets = SETS.iter().any(|known| word.eq_ignore_ascii_case(known));
        if sets && self.joint == Joint::Comma && self.said.telling.is_some() {
            (self.joint, self.in_call) = (Joint::Equals, false);
        }
    }

    /// What the line before the value tells.
    fn read_line(&mut self, before: &[u8]) {
        const OPENS: [&[u8]; 8] = [b"//", b"#", b"*", b"/*", b"--", b"<!--", b";", b"rem "];
        let trimmed = before.trim_ascii_start();
        let within = [&b" // "[..], b" # ", b" /* "];
        self.is_comment = OPENS.iter().any(|opens| trimmed.starts_with(opens))
            || within.iter().any(|opens| memchr::memmem::find(before, opens).is_some());
        self.is_compared =
            [&b"=="[..], b"!="].iter().any(|sign| memchr::memmem::find(before, sign).is_some());
        let (mut depth, mut called) = (0i32, false);
        for pair in before.windows(2).rev() {
            match pair[1] {
                b')' => depth += 1,
                b'(' if depth > 0 => depth -= 1,
                b'(' => called |= is_name(pair[0]),
                _ => {}
            }
        }
        self.in_call = called;
    }
}

/// The joint that ends at `at`, and where it begins.
fn joint(text: &[u8], line: usize, at: usize, had_blank: bool) -> (Joint, usize) {
    let Some(&last) = text[line..at].last() else { return (Joint::Nothing, at) };
    let signs = skip_back(text, line, at, |byte| {
        matches!(byte, b'=' | b':' | b'>' | b'?' | b'+' | b'~' | b'!' | b'|' | b'.')
    });
    match last {
        b'>' if at - line >= 2 && matches!(text[at - 2], b'=' | b'-') => (Joint::Arrow, signs),
        b'>' => (Joint::Tag, at - 1),
        b'=' => (Joint::Equals, signs),
        b':' => (Joint::Colon, signs),
        b',' => (Joint::Comma, at - 1),
        b'(' | b'[' | b'{' => {
            let opened = skip_back(text, line, at, |byte| matches!(byte, b'(' | b'[' | b'{' | b' ' | b']'));
            let outer = text[line..opened].last().copied().unwrap_or(0);
            if matches!(outer, b'=' | b':') {
                // `key = []byte("…")` has lost its type here.
                return joint(text, line, opened, false);
            }
            (Joint::Call, opened)
        }
        // `key = process.env.KEY || "…"`, `?? "…"`, `key <- "…"`
        b'|' | b'?' if text[line..at - 1].ends_with(&[last]) => (Joint::Equals, at - 2),
        b'-' if text[line..at - 1].ends_with(b"<") => (Joint::Equals, at - 2),
        b'|' => (Joint::Cell, at - 1),
        _ if had_blank => (Joint::Blank, at),
        _ => (Joint::Nothing, at),
    }
}

/// The name that ends at `end`.
fn name_before(text: &[u8], line: usize, end: usize) -> Range<usize> {
    let floor = line.max(end.saturating_sub(LONGEST_NAME));
    skip_back(text, floor, end, is_name)..end
}

/// What stands before a name where it is declared.
fn declares(before: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"const", b"let", b"var", b"string", b"String", b"static", b"final", b"def", b"set", b"val",
        b"define", b"char",
    ];
    before
        .split(|byte| !byte.is_ascii_alphanumeric())
        .rev()
        .filter(|word| !word.is_empty())
        .take(3)
        .any(|word| WORDS.contains(&word))
}

fn skip_back(text: &[u8], floor: usize, mut at: usize, skips: impl Fn(u8) -> bool) -> usize {
    while at > floor && skips(text[at - 1]) {
        at -= 1;
    }
    at
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$') || byte >= 0x80
}

impl Context {
    /// Whether the name says this.
    pub(crate) fn says(&self, sense: Sense) -> bool {
        self.said.says(sense)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(line: &str) -> (Context, String) {
        let start = line.find("VALUE").unwrap();
        let context = Context::of(line.as_bytes(), &(start..start + 5));
        let name = line[context.name.clone()].to_owned();
        (context, name)
    }

    #[test]
    fn names_are_found_in_every_way_to_write_them() {
        for (line, name, joint, quoted) in [
            ("db_password = \"VALUE\"", "db_password", Joint::Equals, true),
            ("  dbPassword: VALUE", "dbPassword", Joint::Colon, false),
            ("{\"api_key\": \"VALUE\"}", "api_key", Joint::Colon, true),
            ("\\\"api_key\\\":\\\"VALUE\\\"", "api_key", Joint::Colon, true),
            (":token => 'VALUE',", "token", Joint::Arrow, true),
            ("let token: &str = \"VALUE\";", "token", Joint::Equals, true),
            ("conn['passwd'] = 'VALUE'", "passwd", Joint::Equals, true),
            ("set(\"secret\", \"VALUE\")", "secret", Joint::Comma, true),
            ("setPassword(\"VALUE\")", "setPassword", Joint::Call, true),
            ("key = []byte(\"VALUE\")", "key", Joint::Call, true),
            ("<password>VALUE</password>", "password", Joint::Tag, false),
            ("<add key=\"Token\" value=\"VALUE\"/>", "Token", Joint::Equals, true),
            ("tool --password VALUE", "--password", Joint::Blank, false),
            ("| password | VALUE |", "password", Joint::Cell, false),
            ("pw = env.DB_PASSWORD || 'VALUE'", "env.DB_PASSWORD", Joint::Equals, true),
            ("token = env.TOKEN ?? 'VALUE'", "env.TOKEN", Joint::Equals, true),
            ("password <- 'VALUE'", "password", Joint::Equals, true),
            ("PASSWORD = N'VALUE'", "PASSWORD", Joint::Equals, true),
            ("- name: DB_PASSWORD\n  value: VALUE", "DB_PASSWORD", Joint::Colon, false),
            ("tokens:\n  - VALUE", "tokens", Joint::Blank, false),
        ] {
            let (context, found) = seen(line);
            assert_eq!(
                (found.as_str(), context.joint, context.quote.is_some()),
                (name, joint, quoted),
                "{line}"
            );
        }
    }

    #[test]
    fn the_line_tells_more() {
        assert!(seen("# password = VALUE").0.is_comment);
        assert!(seen("x = y // key: VALUE").0.is_comment);
        assert!(seen("if password == \"VALUE\"").0.is_compared);
        assert!(seen("login(user, \"VALUE\")").0.in_call && !seen("login(user); x = \"VALUE\"").0.in_call);
        assert!(seen("const key = \"VALUE\"").0.is_declared);
        let set = seen("define( 'DB_PASSWORD', 'VALUE' );").0;
        assert!(set.joint == Joint::Equals && !set.in_call);
        assert!(seen("find('DB_PASSWORD', 'VALUE')").0.joint == Joint::Comma);
        assert!(seen("define('COLOUR', 'VALUE')").0.joint == Joint::Comma);
        assert_eq!(seen("key = \"VALUE\";").0.behind, b';');
        assert!(seen("key = \"VALUE and more\"").0.goes_on);
        assert!(seen(&format!("{}key = \"VALUE\"", "x ".repeat(400))).0.is_endless);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(text in proptest::collection::vec(any::<u8>(), 1..300), a in 0usize..300, b in 0usize..300) {
            let (a, b) = (a % text.len(), b % text.len());
            let span = a.min(b)..a.max(b);
            let context = Context::of(&text, &span);
            prop_assert!(context.name.start <= context.name.end && context.name.end <= span.start);
        }
    }
}
