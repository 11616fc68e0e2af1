//! Patterns of Go's `regexp` as `regex` takes them. Pure.
//!
//! Both descend from RE2 and neither looks around or back, so that most patterns mean the same in both, and none can
//! run away. This mends where they differ: what Go takes for itself and `regex` for an operator (`{` without a count,
//! `[` and `&&` within brackets, `\<`), and what only Go has (`\Q…\E`, `\C`, `\123`).

use std::fmt::Write as _;

use regex::bytes::{Regex, RegexBuilder};

/// The longest pattern that is taken, in bytes.
pub(crate) const LONGEST: usize = 64 << 10;
/// How large one compiled pattern may be: what is tried, one after the other.
const SIZES: [usize; 5] = [64 << 10, 256 << 10, 1 << 20, 2 << 20, 8 << 20];
/// How large all together may be. The rules that gitleaks comes with need a quarter of that.
const ALL: usize = 256 << 20;
/// How large the automaton of one may grow while it is at work.
const DFA_SIZE: usize = 2 << 20;

/// Compiles the patterns of strangers in bounded memory.
#[derive(Debug)]
pub(crate) struct Compiler {
    left: usize,
}

impl Default for Compiler {
    fn default() -> Self {
        Self { left: ALL }
    }
}

impl Compiler {
    /// The pattern, compiled; or why it can't be, in a few words.
    pub(crate) fn compile(&mut self, pattern: &str) -> Result<Regex, String> {
        if pattern.len() > LONGEST {
            return Err(format!("it is longer than {} KiB", LONGEST >> 10));
        }
        let translated = translated(pattern);
        let mut wrong = "all patterns together are too large";
        for size in SIZES.into_iter().filter(|size| *size <= self.left) {
            // Bytes first: smaller automata, and they meet what is no UTF-8. A class of letters beyond ASCII needs
            // the other.
            match build(&translated, false, size).or_else(|_| build(&translated, true, size)) {
                Ok(regex) => {
                    self.left -= size;
                    return Ok(regex);
                }
                Err(regex::Error::CompiledTooBig(_)) => {
                    wrong = "it grows too large when it is compiled: shorten its counts";
                }
                Err(error) => return Err(reason(&error)),
            }
        }
        Err(wrong.to_owned())
    }
}

fn build(pattern: &str, unicode: bool, size: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(unicode).size_limit(size).dfa_size_limit(DFA_SIZE).build()
}

/// The last line of what `regex` says: the others draw the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().next_back().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// The pattern as it is written into a rule: in the other dialect, and saying itself whether it is about bytes.
pub(crate) fn flagged(pattern: &str) -> String {
    let translated = translated(pattern);
    let is_bytes = build(&translated, false, SIZES[SIZES.len() - 1]).is_ok();
    if is_bytes { format!("(?-u:{translated})") } else { format!("(?u:{translated})") }
}

/// The pattern in the other dialect. What it does not understand it leaves as it is, for `regex` to refuse.
pub(crate) fn translated(pattern: &str) -> String {
    let mut reader = Reader { rest: pattern, out: String::with_capacity(pattern.len() + 16) };
    while reader.step() {}
    reader.out
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
}

impl Reader<'_> {
    /// Translates one thing outside of brackets; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        match first {
            '\\' => self.escape(false),
            '[' => self.class(),
            '(' => self.group(),
            '{' => {
                let count = count(self.rest);
                if count == 0 {
                    self.out += r"\{";
                } else {
                    self.out += &self.rest[..count];
                }
                self.rest = &self.rest[count.max(1)..];
            }
            _ => self.take(first),
        }
        true
    }

    /// The beginning of a group. Its name goes: groups are told by number, and ours have names with a meaning.
    fn group(&mut self) {
        self.take('(');
        let name = ["?P<", "?<"].iter().find_map(|start| self.rest.strip_prefix(start));
        if let Some((name, rest)) = name.and_then(|name| name.split_once('>'))
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.rest = rest;
        }
    }

    /// Takes a character over as it is.
    fn take(&mut self, what: char) {
        self.out.push(what);
        self.rest = &self.rest[what.len_utf8()..];
    }

    /// Takes what follows a backslash.
    fn escape(&mut self, in_class: bool) {
        let after = &self.rest[1..];
        let Some(what) = after.chars().next() else {
            self.out.push('\\');
            self.rest = "";
            return;
        };
        self.rest = &after[what.len_utf8()..];
        match what {
            'Q' if !in_class => {
                let (text, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
                self.out += &regex::escape(text);
                self.rest = rest;
            }
            // An end without a beginning is nothing, in Go as here.
            'E' if !in_class => {}
            'C' if !in_class => self.out += "(?s-u:.)",
            // Of a perl class and a boundary Go means the ASCII one.
            'd' => self.out += if in_class { "0-9" } else { "[0-9]" },
            'D' => self.out += "[^0-9]",
            's' => self.out += if in_class { r"\t\n\x0C\r\x20" } else { r"[\t\n\x0C\r\x20]" },
            'S' => self.out += r"[^\t\n\x0C\r\x20]",
            'w' => self.out += if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" },
            'W' => self.out += "[^0-9A-Za-z_]",
            'b' if !in_class => self.out += r"(?-u:\b)",
            'B' if !in_class => self.out += r"(?-u:\B)",
            '0'..='7' => self.octal(what),
            'p' | 'P' => self.property(what),
            _ if what.is_ascii_alphanumeric() || !what.is_ascii() => {
                self.out.push('\\');
                self.out.push(what);
            }
            _ => self.literal(what),
        }
    }

    /// A character that stands for itself, here as within brackets.
    fn literal(&mut self, what: char) {
        if what.is_ascii_punctuation() && !matches!(what, '<' | '>' | '_' | '"' | '\'' | '/' | '`') {
            self.out.push('\\');
        }
        self.out.push(what);
    }

    /// `\1` is a reference back, which neither has; `\12` and `\0` are numbers to the base of eight.
    fn octal(&mut self, first: char) {
        let more = self.rest.bytes().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        if first != '0' && more == 0 {
            self.out.push('\\');
            self.out.push(first);
            return;
        }
        let digits = format!("{first}{}", &self.rest[..more]);
        self.rest = &self.rest[more..];
        let number = u32::from_str_radix(&digits, 8).unwrap_or(0);
        // Writing to a string cannot fail.
        let _ = write!(self.out, "\\x{{{number:X}}}");
    }

    /// `\p{^Greek}` is `\P{Greek}`.
    fn property(&mut self, what: char) {
        let turned = if what == 'p' { 'P' } else { 'p' };
        self.out.push('\\');
        if let Some(rest) = self.rest.strip_prefix("{^") {
            self.out.push(turned);
            self.out.push('{');
            self.rest = rest;
        } else {
            self.out.push(what);
            if self.rest.starts_with('{') {
                self.take('{');
            }
        }
        // The name; braces in it are none of counts.
        let end = if self.out.ends_with('{') { self.rest.find('}').map_or(0, |at| at + 1) } else { 0 };
        self.out += &self.rest[..end];
        self.rest = &self.rest[end..];
    }

    /// A class in brackets: what `regex` takes for a class within it, or for an operation of sets, is escaped.
    fn class(&mut self) {
        self.take('[');
        if self.rest.starts_with('^') {
            self.take('^');
        }
        let mut is_first = true;
        while let Some(first) = self.rest.chars().next() {
            match first {
                ']' if !is_first => return self.take(']'),
                ']' => {
                    self.out += r"\]";
                    self.rest = &self.rest[1..];
                }
                '\\' => self.escape(true),
                '[' => match named_class(self.rest) {
                    0 => {
                        self.out += r"\[";
                        self.rest = &self.rest[1..];
                    }
                    length => {
                        self.out += &self.rest[..length];
                        self.rest = &self.rest[length..];
                    }
                },
                '&' | '~' => {
                    self.out.push('\\');
                    self.take(first);
                }
                '-' => self.dash(is_first),
                _ => self.take(first),
            }
            is_first = false;
        }
    }

    /// A dash makes a range unless it stands at an end; two in a row are a range to or from a dash.
    fn dash(&mut self, is_first: bool) {
        let after = &self.rest[1..];
        let is_literal = is_first || after.starts_with(']');
        let pair = after.starts_with('-') && !after[1..].starts_with(']');
        self.out += match (is_literal, pair) {
            (true, _) => r"\-",
            (false, true) => r"-\-",
            (false, false) => "-",
        };
        self.rest = &after[usize::from(!is_literal && pair)..];
    }
}

/// The length of a count at the beginning, such as `{3}`, `{3,}` and `{3,5}`; 0 when it is none.
fn count(text: &str) -> usize {
    let Some(end) = text.find('}') else { return 0 };
    let (low, high) = text[1..end].split_once(',').unwrap_or((&text[1..end], ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !low.is_empty() && digits(low) && digits(high) { end + 1 } else { 0 }
}

/// The length of `[:alpha:]` at the beginning; 0 when it is none.
fn named_class(text: &str) -> usize {
    if !text.starts_with("[:") {
        return 0;
    }
    let Some(end) = text.find(":]") else { return 0 };
    let name = text[2..end].trim_start_matches('^');
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) { end + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compile(pattern: &str) -> Result<Regex, String> {
        Compiler::default().compile(pattern)
    }

    #[test]
    fn both_dialects_meet() {
        let check = |pattern: &str, meets: &[&str], passes: &[&str]| {
            let compiled = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            for text in meets {
                assert!(compiled.is_match(text.as_bytes()), "{pattern} must meet {text:?}");
            }
            for text in passes {
                assert!(!compiled.is_match(text.as_bytes()), "{pattern} must not meet {text:?}");
            }
        };
        check(
            r"(?i)\b(key-[a-z0-9]{4})(?:['\s]|$)",
            &["KEY-ab12", "x key-ab12' y"],
            &["akey-ab12", "key-ab1"],
        );
        check(r"(?P<a>x)(?<b>y)\z", &["xy"], &["xyz"]);
        check(r"^\Qa.b*[\E\d+", &["a.b*[7"], &["axb*[7"]);
        check(r"\Qa.b", &["a.b"], &["axb"]);
        check(r"x{,3}y", &["x{,3}y"], &["xxy"]);
        check(r"${name}", &[], &["${name}"]);
        check(r"\${name}", &["${name}"], &["name"]);
        check(r"{{.*}}", &["{{ value }}"], &["value"]);
        check(r"a{2}{", &["aa{"], &["aa"]);
        check(r"[[a]x", &["[x", "ax"], &["bx"]);
        check(r"^[^[]$", &["a"], &["["]);
        check(r"^[a&&b]$", &["a", "&", "b"], &["c"]);
        check(r"^[]a]$", &["]", "a"], &["b"]);
        check(r"^[+--]$", &["+", ",", "-"], &[".", "a"]);
        check(r"^[a-c-]$", &["b", "-"], &["d"]);
        check(r"^[-a]$", &["-", "a"], &["b"]);
        check(r"^[--/]$", &["-", ".", "/"], &["0"]);
        check(r"^[\w.-]+$", &["a.b-c_9"], &["a b", "é"]);
        check(r"^[\W]$", &["-"], &["a"]);
        check(r"^[[:alpha:]\d]+$", &["ab1"], &["a-"]);
        check(r"^\<\>\_\-\/\@$", &["<>_-/@"], &["-"]);
        check(r"^\101\0?\x41\x{42}$", &["AAB"], &["AB"]);
        check(r"^\pL\p{^Greek}$", &["ab", "éa"], &["aα", "1a"]);
        check(r"^[é-ü]$", &["ö"], &["a"]);
        check(r"^ö.ü$", &["öxü"], &["öü"]);
        check(r"^a\Cb$", &["a\nb"], &["ab"]);
        check(r"(?U)a+b", &["aab"], &["b"]);
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (pattern, words) in [
            ("(unclosed", "unclosed group"),
            ("[a", "unclosed"),
            ("(?=ahead)", "look-around"),
            (r"(a)\1", "backreferences"),
            ("*", "repetition"),
            (r"(?:\pL{1000}){1000}", "too large"),
            (r"\", "incomplete"),
        ] {
            let error = compile(pattern).unwrap_err();
            assert!(error.contains(words), "{pattern}: {error}");
        }
        assert!(compile(&"a".repeat(LONGEST + 1)).unwrap_err().contains("longer"));
    }

    proptest! {
        #[test]
        fn any_text_is_translated(pattern in "\\PC{0,60}") {
            let _ = compile(&pattern);
        }

        #[test]
        fn nested_signs_are_translated(pattern in r"[\[\]\\{}\-&~^QEpPdw:0-9,a-c()]{0,40}") {
            let _ = compile(&pattern);
        }
    }
}
