//! The filter of a list: the line in which it is typed, what it keeps, and what was typed before.

use std::sync::Arc;

use super::input::{Code, Key};
use super::parts::List;
use super::query::{self, LONGEST, Problem, Query, fields};

/// Earlier queries that are kept of each list.
const EARLIER: usize = 20;

/// The filter of one list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// The last text that was a query: what is kept.
    pub query: Arc<Query>,
    /// What is typed, and where in it, in bytes.
    pub text: String,
    /// The byte before which the next character goes.
    pub cursor: usize,
    /// What keeps the text from being a query.
    pub problem: Option<Problem>,
    earlier: Vec<String>,
    recalled: Option<usize>,
}

/// The filters of all lists, and the one that is being typed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    each: [Filter; 3],
    /// The list whose filter has the keys.
    pub typed: Option<List>,
}

/// What a key does to the line beyond what changes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// Goes on.
    On,
    /// The line is closed.
    Closed,
}

impl Filters {
    /// The filter of a list.
    pub const fn of(&self, list: List) -> &Filter {
        &self.each[list as usize]
    }

    pub(super) const fn of_mut(&mut self, list: List) -> &mut Filter {
        &mut self.each[list as usize]
    }

    /// Opens the line of a list, with what it holds.
    pub(super) fn open(&mut self, list: List) {
        let filter = self.of_mut(list);
        filter.cursor = filter.text.len();
        filter.recalled = None;
        self.typed = Some(list);
    }
}

impl Filter {
    /// Takes a key. The query follows the text as long as the text is one.
    pub(super) fn press(&mut self, key: &Key, list: List) -> Typed {
        match key.code {
            Code::Esc => {
                self.clear();
                return Typed::Closed;
            }
            Code::Char('c') if key.has_ctrl => {
                self.clear();
                return Typed::Closed;
            }
            Code::Enter if self.problem.is_none() => {
                self.leave(list);
                return Typed::Closed;
            }
            Code::Char('u') if key.has_ctrl => self.replace(0..self.cursor, ""),
            Code::Char('w') if key.has_ctrl => self.replace(self.word_before()..self.cursor, ""),
            Code::Char('a') if key.has_ctrl => self.cursor = 0,
            Code::Char('e') if key.has_ctrl => self.cursor = self.text.len(),
            Code::Char(c) if !key.has_ctrl && !key.has_alt => self.insert(c.encode_utf8(&mut [0; 4])),
            Code::Backspace => self.replace(self.before()..self.cursor, ""),
            Code::Delete => self.replace(self.cursor..self.after(), ""),
            Code::Left => self.cursor = self.before(),
            Code::Right => self.cursor = self.after(),
            Code::Home => self.cursor = 0,
            Code::End => self.cursor = self.text.len(),
            Code::Up => self.recall(1),
            Code::Down => self.recall(-1),
            Code::Tab => self.complete(list),
            _ => return Typed::On,
        }
        self.read(list);
        Typed::On
    }

    /// Puts text where the cursor is; a pasted line end is a blank.
    pub(super) fn paste(&mut self, text: &str, list: List) {
        let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
        self.insert(&flat);
        self.read(list);
    }

    /// Keeps all again.
    pub(super) fn clear(&mut self) {
        self.remember();
        self.text.clear();
        self.cursor = 0;
        self.problem = None;
        self.query = Arc::default();
    }

    /// The line is left: what it says holds, and what is no query is forgotten.
    pub(super) fn leave(&mut self, list: List) {
        self.read_all(list);
        if self.problem.take().is_some() {
            self.text = self.query.text().to_owned();
            self.cursor = self.text.len();
        }
        self.remember();
    }

    /// Adds terms to what is kept.
    pub(super) fn add(&mut self, terms: &str, list: List) {
        let kept = self.query.text();
        self.text = if kept.is_empty() { terms.to_owned() } else { format!("{kept} {terms}") };
        self.cursor = self.text.len();
        self.read_all(list);
        if self.problem.is_none() {
            self.remember();
        }
    }

    /// Field names that what stands before the cursor may become.
    pub(super) fn candidates(&self, list: List) -> Vec<&'static query::Field> {
        let at = self.name_before();
        let (head, start) = (&self.text[..at], &self.text[at..self.cursor]);
        // What follows an operator or stands in a word is no field.
        let is_field = head.chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '!' | '-'));
        let begins =
            |name: &str| name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        let can_be = |name: &str| is_field && !start.is_empty() && begins(name);
        fields(list).filter(|field| can_be(field.name)).collect()
    }

    fn read_all(&mut self, list: List) {
        match query::parse(&self.text, list) {
            Ok(query) => {
                self.problem = None;
                self.keep(query);
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// The same while one types. The word at the end may still become a field: it is none to look for yet, and
    /// once it is a field that there is not, what stands before it holds. Else the list would be empty between
    /// `cp` and `cpu>5`.
    fn read(&mut self, list: List) {
        let is_begun = self.cursor == self.text.len() && !self.candidates(list).is_empty();
        let begun = is_begun.then(|| self.name_before());
        self.problem = query::parse(&self.text, list).err();
        let is_last = |problem: &&Problem| problem.at.end >= self.text.trim_end().len();
        let bad = self.problem.as_ref().filter(is_last).map(|problem| problem.at.start);
        let end = begun.or(bad).unwrap_or(self.text.len());
        match query::parse(&self.text[..end], list) {
            Ok(query) => self.keep(query),
            Err(_) if self.problem.is_none() => self.read_all(list),
            Err(_) => {}
        }
    }

    fn keep(&mut self, query: Query) {
        if *self.query != query {
            self.query = Arc::new(query);
        }
    }

    fn insert(&mut self, text: &str) {
        if self.text.chars().count() + text.chars().count() <= LONGEST {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
        }
    }

    fn replace(&mut self, range: std::ops::Range<usize>, with: &str) {
        self.cursor = range.start + with.len();
        self.text.replace_range(range, with);
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].chars().next().map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    /// The start of the word before the cursor, blanks behind it passed over.
    fn word_before(&self) -> usize {
        let head = self.text[..self.cursor].trim_end();
        head.rfind(char::is_whitespace)
            .map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8))
    }

    /// The start of the letters before the cursor.
    fn name_before(&self) -> usize {
        let head = &self.text[..self.cursor];
        head.len() - head.bytes().rev().take_while(u8::is_ascii_alphabetic).count()
    }

    fn complete(&mut self, list: List) {
        let found = self.candidates(list);
        let start = self.name_before();
        match found.as_slice() {
            [] => {}
            [one] => self.replace(start..self.cursor, &format!("{}{}", one.name, one.usual)),
            [first, rest @ ..] => {
                let shared = rest.iter().fold(first.name.len(), |shared, field| {
                    let same = first.name.bytes().zip(field.name.bytes()).take_while(|(a, b)| a == b);
                    shared.min(same.count())
                });
                self.replace(start..self.cursor, &first.name[..shared]);
            }
        }
    }

    fn remember(&mut self) {
        let text = self.text.trim();
        if text.is_empty() || self.problem.is_some() {
            return;
        }
        let text = text.to_owned();
        self.earlier.retain(|earlier| *earlier != text);
        self.earlier.push(text);
        self.earlier.drain(..self.earlier.len().saturating_sub(EARLIER));
    }

    /// The query before the one that was recalled last, or, with a negative step, the one after it.
    fn recall(&mut self, step: isize) {
        let back = self.recalled.map_or(0, |back| back.cast_signed() + 1) + step;
        if back > self.earlier.len().cast_signed() || back < 0 {
            return;
        }
        self.recalled = back.checked_sub(1).and_then(|back| usize::try_from(back).ok());
        let at = self.recalled.and_then(|back| self.earlier.len().checked_sub(1 + back));
        self.text = at.map_or_else(String::new, |at| self.earlier[at].clone());
        self.cursor = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(filter: &mut Filter, keys: &str) -> Typed {
        let mut last = Typed::On;
        for c in keys.chars() {
            let key = match c {
                '\n' => Key::plain(Code::Enter),
                '\t' => Key::plain(Code::Tab),
                '←' => Key::plain(Code::Left),
                '↑' => Key::plain(Code::Up),
                '↓' => Key::plain(Code::Down),
                '⌫' => Key::plain(Code::Backspace),
                '⌦' => Key::plain(Code::Delete),
                '×' => Key::plain(Code::Esc),
                'ŵ' => Key::ctrl('w'),
                'ŭ' => Key::ctrl('u'),
                c => Key::plain(Code::Char(c)),
            };
            last = filter.press(&key, List::Members);
        }
        last
    }

    #[test]
    fn a_line_is_edited_as_a_shell_edits_it() {
        for (keys, expected) in [
            ("cpu>5", "cpu>5"),
            ("é←⌦a", "a"),
            ("ab⌫⌫⌫", ""),
            ("one two ŵ", "one "),
            ("one two←ŭ", "o"),
            ("cp\t5", "cpu>5"),
            ("st\tD", "state=D"),
            ("p\t", "p"),
            ("lost me\t1G", "lost mem>1G"),
            ("zz\t", "zz"),
        ] {
            let mut filter = Filter::default();
            typed(&mut filter, keys);
            assert_eq!(filter.text, expected, "{keys}");
        }
    }

    #[test]
    fn what_is_no_query_leaves_the_last_one_in_force() {
        let mut filter = Filter::default();
        typed(&mut filter, "cpu>5");
        assert_eq!(typed(&mut filter, " ag>\n"), Typed::On, "what is no query can't be kept");
        assert_eq!((filter.query.text(), filter.problem.is_some()), ("cpu>5", true));
        assert_eq!(typed(&mut filter, "×"), Typed::Closed);
        assert!(filter.query.is_empty() && filter.text.is_empty() && filter.problem.is_none());
    }

    #[test]
    fn earlier_queries_come_back() {
        let mut filter = Filter::default();
        typed(&mut filter, "one\nŭtwo\nŭ");
        let recalled = ["↑", "↑", "↑", "↓", "↓"].map(|key| {
            typed(&mut filter, key);
            filter.text.clone()
        });
        assert_eq!(recalled, ["two", "one", "one", "two", ""]);
    }

    proptest::proptest! {
        #[test]
        fn no_run_of_keys_breaks_the_line(keys in "[ab é>:\"/←↑↓⌫⌦\tŵŭ\n]{0,40}") {
            let mut filter = Filter::default();
            typed(&mut filter, &keys);
            proptest::prop_assert!(filter.text.is_char_boundary(filter.cursor));
        }
    }
}
