//! One line that is typed: its text, its cursor, and the keys that edit it. Pure; it knows no screen.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::input::{Code, Key};

/// Characters that it takes; a paste may be larger than anything one would type.
const LONGEST: usize = 256;

/// A line and the place in it where characters go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    text: String,
    /// In bytes, and always between two characters.
    cursor: usize,
}

impl Entry {
    /// A line with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut entry = Self::default();
        entry.insert_all(text);
        entry
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place in the text where characters go, in bytes.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts other text in the place of what stands between `start` and the cursor.
    pub fn replace_from(&mut self, start: usize, with: &str) {
        self.delete_to(start);
        self.insert_all(with);
    }

    /// Edits with one key; false when it is no key of an entry's, so that it may mean something else.
    pub fn key(&mut self, key: &Key) -> bool {
        match (key.code, key.has_ctrl, key.has_alt) {
            (Code::Char(c), false, false) => self.insert(c),
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => self.delete_to(self.before()),
            (Code::Backspace, ..) | (Code::Char('w'), true, false) => self.delete_to(self.word_before()),
            (Code::Delete, ..) => self.delete_to(self.after()),
            (Code::Char('d'), false, true) => self.delete_to(self.word_after()),
            (Code::Char('u'), true, false) => self.delete_to(0),
            (Code::Char('k'), true, false) => self.delete_to(self.text.len()),
            (Code::Left, false, false) | (Code::Char('b'), true, false) => self.cursor = self.before(),
            (Code::Right, false, false) | (Code::Char('f'), true, false) => self.cursor = self.after(),
            (Code::Left, ..) | (Code::Char('b'), false, true) => self.cursor = self.word_before(),
            (Code::Right, ..) | (Code::Char('f'), false, true) => self.cursor = self.word_after(),
            (Code::Home, ..) | (Code::Char('a'), true, false) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, false) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Puts a character in at the cursor; control characters and what is too much are left out.
    pub fn insert(&mut self, c: char) {
        if !c.is_control() && self.text.chars().count() < LONGEST {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Puts pasted text in; its lines become one.
    pub fn insert_all(&mut self, text: &str) {
        for c in text.chars().take(LONGEST) {
            self.insert(if c == '\n' || c == '\t' { ' ' } else { c });
        }
    }

    /// What `width` columns show of it, and the column of the cursor in them.
    pub fn seen(&self, width: u16) -> (&str, u16) {
        // The cursor takes a column of its own behind the last character.
        let room = usize::from(width).saturating_sub(1);
        let mut start = 0;
        while self.text[start..self.cursor].width() > room {
            start = self.next(start).min(self.cursor);
        }
        let mut end = self.cursor;
        while end < self.text.len() && self.text[start..self.next(end)].width() <= usize::from(width) {
            end = self.next(end);
        }
        (&self.text[start..end], self.text[start..self.cursor].width() as u16)
    }

    /// Takes out what lies between the cursor and `to`.
    fn delete_to(&mut self, to: usize) {
        let (from, to) = (self.cursor.min(to), self.cursor.max(to));
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    /// The place one character on; marks that stand on a character go with it.
    fn next(&self, from: usize) -> usize {
        let mut chars = self.text[from..].char_indices().skip(1);
        chars.find(|(_, c)| !is_mark(*c)).map_or(self.text.len(), |(at, _)| from + at)
    }

    fn after(&self) -> usize {
        self.next(self.cursor)
    }

    fn before(&self) -> usize {
        let chars = self.text[..self.cursor].char_indices().rev();
        chars.into_iter().find(|(_, c)| !is_mark(*c)).map_or(0, |(at, _)| at)
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        let last = before.char_indices().rev().find(|(_, c)| c.is_whitespace());
        last.map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let blank = rest.len() - rest.trim_start().len();
        let end = rest[blank..].find(char::is_whitespace).unwrap_or(rest.len() - blank);
        self.cursor + blank + end
    }
}

/// True for what takes no column of its own.
fn is_mark(c: char) -> bool {
    c.width() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[Key]) -> Entry {
        let mut entry = Entry::new("one two");
        for key in keys {
            entry.key(key);
        }
        entry
    }

    #[test]
    fn a_line_is_edited_as_shells_do() {
        let plain = Key::plain;
        let cases: [(&[Key], &str, usize); 9] = [
            (&[plain(Code::Char('s'))], "one twos", 8),
            (&[plain(Code::Backspace)], "one tw", 6),
            (&[Key::ctrl('w')], "one ", 4),
            (&[Key::ctrl('w'), Key::ctrl('w')], "", 0),
            (&[plain(Code::Home), plain(Code::Delete)], "ne two", 0),
            (&[Key::ctrl('a'), Key::ctrl('k')], "", 0),
            (&[plain(Code::Left), plain(Code::Left), Key::ctrl('u')], "wo", 0),
            (&[plain(Code::Home), Key { has_alt: true, ..plain(Code::Char('f')) }], "one two", 3),
            (&[plain(Code::Home), plain(Code::Backspace), plain(Code::Left)], "one two", 0),
        ];
        for (keys, text, cursor) in cases {
            let entry = typed(keys);
            assert_eq!((entry.text(), entry.cursor), (text, cursor), "{keys:?}");
        }
        assert!(!Entry::default().key(&plain(Code::Enter)));
        assert!(!Entry::default().key(&plain(Code::Up)));
    }

    #[test]
    fn marks_go_with_their_character() {
        let mut entry = Entry::new("ae\u{301}");
        entry.key(&Key::plain(Code::Backspace));
        assert_eq!(entry.text(), "a");
        assert_eq!(Entry::new("a\nb\u{1b}c").text(), "a bc");
    }

    #[test]
    fn a_long_line_is_seen_around_its_cursor() {
        let mut entry = Entry::new("0123456789");
        assert_eq!(entry.seen(20), ("0123456789", 10));
        assert_eq!(entry.seen(5), ("6789", 4));
        entry.key(&Key::plain(Code::Home));
        assert_eq!(entry.seen(5), ("01234", 0));
        assert_eq!(Entry::new("日本語").seen(5), ("本語", 4));
        assert_eq!(Entry::new("ab").seen(0), ("", 0));
    }

    proptest::proptest! {
        #[test]
        fn no_run_of_keys_strands_the_cursor(
            text in ".{0,40}",
            keys in proptest::collection::vec((0..16_usize, proptest::bool::ANY, proptest::bool::ANY), 0..60),
            width in 0_u16..30,
        ) {
            const CODES: [Code; 16] = [
                Code::Char('a'), Code::Char('w'), Code::Char('b'), Code::Char('f'), Code::Char('d'),
                Code::Char('u'), Code::Char('k'), Code::Char('日'), Code::Char('\u{301}'), Code::Backspace,
                Code::Delete, Code::Left, Code::Right, Code::Home, Code::End, Code::Char(' '),
            ];
            let mut entry = Entry::new(&text);
            for (code, has_ctrl, has_alt) in keys {
                entry.key(&Key { code: CODES[code], has_ctrl, has_alt });
                proptest::prop_assert!(entry.text.is_char_boundary(entry.cursor));
                let (seen, column) = entry.seen(width);
                proptest::prop_assert!(seen.width() <= usize::from(width) && column <= width);
            }
        }
    }
}
