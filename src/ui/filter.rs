//! The filter of a list: the line in which it is typed, what it keeps, and what was typed before.

use std::sync::Arc;

use super::entry::Entry;
use super::input::{Code, Key};
use super::parts::List;
use super::query::{self, Problem, Query, fields};

/// Earlier queries that are kept of each list.
const EARLIER: usize = 20;

/// The filter of one list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// The last text that was a query: what is kept.
    pub query: Arc<Query>,
    /// What is typed.
    pub entry: Entry,
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
        filter.entry = Entry::new(filter.entry.text());
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
            Code::Up => self.recall(1),
            Code::Down => self.recall(-1),
            Code::Tab => self.complete(list),
            _ if self.entry.key(key) => {}
            _ => return Typed::On,
        }
        self.read(list);
        Typed::On
    }

    /// Puts text where the cursor is; a pasted line end is a blank.
    pub(super) fn paste(&mut self, text: &str, list: List) {
        self.entry.insert_all(text);
        self.read(list);
    }

    /// Keeps all again.
    pub(super) fn clear(&mut self) {
        self.remember();
        self.entry = Entry::default();
        self.problem = None;
        self.query = Arc::default();
    }

    /// The line is left: what it says holds, and what is no query is forgotten.
    pub(super) fn leave(&mut self, list: List) {
        self.read_all(list);
        if self.problem.take().is_some() {
            self.entry = Entry::new(self.query.text());
        }
        self.remember();
    }

    /// Adds terms to what is kept.
    pub(super) fn add(&mut self, terms: &str, list: List) {
        let kept = self.query.text();
        self.entry = if kept.is_empty() { Entry::new(terms) } else { Entry::new(&format!("{kept} {terms}")) };
        self.read_all(list);
        if self.problem.is_none() {
            self.remember();
        }
    }

    /// Field names that what stands before the cursor may become.
    pub(super) fn candidates(&self, list: List) -> Vec<&'static query::Field> {
        let at = self.name_before();
        let (head, start) = (&self.entry.text()[..at], &self.entry.text()[at..self.entry.cursor()]);
        // What follows an operator or stands in a word is no field.
        let is_field = head.chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '!' | '-'));
        let begins =
            |name: &str| name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        let can_be = |name: &str| is_field && !start.is_empty() && begins(name);
        fields(list).filter(|field| can_be(field.name)).collect()
    }

    fn read_all(&mut self, list: List) {
        match query::parse(self.entry.text(), list) {
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
        let is_begun = self.entry.cursor() == self.entry.text().len() && !self.candidates(list).is_empty();
        let begun = is_begun.then(|| self.name_before());
        self.problem = query::parse(self.entry.text(), list).err();
        let is_last = |problem: &&Problem| problem.at.end >= self.entry.text().trim_end().len();
        let bad = self.problem.as_ref().filter(is_last).map(|problem| problem.at.start);
        let end = begun.or(bad).unwrap_or(self.entry.text().len());
        match query::parse(&self.entry.text()[..end], list) {
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

    /// The start of the letters before the cursor.
    fn name_before(&self) -> usize {
        let head = &self.entry.text()[..self.entry.cursor()];
        head.len() - head.bytes().rev().take_while(u8::is_ascii_alphabetic).count()
    }

    fn complete(&mut self, list: List) {
        let found = self.candidates(list);
        let start = self.name_before();
        match found.as_slice() {
            [] => {}
            [one] => self.entry.replace_from(start, &format!("{}{}", one.name, one.usual)),
            [first, rest @ ..] => {
                let shared = rest.iter().fold(first.name.len(), |shared, field| {
                    let same = first.name.bytes().zip(field.name.bytes()).take_while(|(a, b)| a == b);
                    shared.min(same.count())
                });
                self.entry.replace_from(start, &first.name[..shared]);
            }
        }
    }

    fn remember(&mut self) {
        let text = self.entry.text().trim();
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
        self.entry = at.map_or_else(Entry::default, |at| Entry::new(&self.earlier[at]));
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
            assert_eq!(filter.entry.text(), expected, "{keys}");
        }
    }

    #[test]
    fn what_is_no_query_leaves_the_last_one_in_force() {
        let mut filter = Filter::default();
        typed(&mut filter, "cpu>5");
        assert_eq!(typed(&mut filter, " ag>\n"), Typed::On, "what is no query can't be kept");
        assert_eq!((filter.query.text(), filter.problem.is_some()), ("cpu>5", true));
        assert_eq!(typed(&mut filter, "×"), Typed::Closed);
        assert!(filter.query.is_empty() && filter.entry.text().is_empty() && filter.problem.is_none());
    }

    #[test]
    fn earlier_queries_come_back() {
        let mut filter = Filter::default();
        typed(&mut filter, "one\nŭtwo\nŭ");
        let recalled = ["↑", "↑", "↑", "↓", "↓"].map(|key| {
            typed(&mut filter, key);
            filter.entry.text().to_owned()
        });
        assert_eq!(recalled, ["two", "one", "one", "two", ""]);
    }

    proptest::proptest! {
        #[test]
        fn no_run_of_keys_breaks_the_line(keys in "[ab é>:\"/←↑↓⌫⌦\tŵŭ\n]{0,40}") {
            let mut filter = Filter::default();
            typed(&mut filter, &keys);
            proptest::prop_assert!(filter.entry.text().is_char_boundary(filter.entry.cursor()));
        }
    }
}
