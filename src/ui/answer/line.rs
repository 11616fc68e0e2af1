//! Lines of text in several roles, broken between words, and within a word that is wider than the page.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::config::theme::Role;

/// A piece of a line in its role.
pub(in crate::ui) type Piece = (String, Role);

/// One line, from left to right.
pub(in crate::ui) type Line = Vec<Piece>;

/// A line of one piece.
pub(super) fn plain(text: &str, role: Role) -> Line {
    vec![(text.to_owned(), role)]
}

/// Breaks `pieces` into lines of `width` columns: the first begins with `first`, the others with `next`.
pub(super) fn flow(first: &[Piece], next: &[Piece], pieces: &[(&str, Role)], width: u16) -> Vec<Line> {
    let mut flow =
        Flow { lines: Vec::new(), line: first.to_vec(), used: columns(first), next, is_begun: false };
    // A page that is narrower than what stands before its lines still shows some of each.
    let least = columns(next).max(columns(first)) + 8;
    let width = usize::from(width).max(least);
    for (text, role) in pieces {
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            flow.word(word, *role, width);
        }
    }
    flow.lines.push(flow.line);
    flow.lines
}

fn columns(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| text.width()).sum()
}

struct Flow<'a> {
    lines: Vec<Line>,
    line: Line,
    used: usize,
    next: &'a [Piece],
    /// The line holds a word.
    is_begun: bool,
}

impl Flow<'_> {
    fn word(&mut self, word: &str, role: Role, width: usize) {
        let blank = usize::from(self.is_begun);
        if self.is_begun && self.used + blank + word.width() > width {
            self.break_line();
        }
        if self.is_begun {
            self.push(" ", role);
        }
        let mut rest = word;
        while self.used + rest.width() > width {
            let fitting = self.fitting(rest, width);
            self.push(&rest[..fitting], role);
            rest = &rest[fitting..];
            self.break_line();
        }
        self.push(rest, role);
        self.is_begun = true;
    }

    /// How much of a word has room in what is left of the line: one character at least.
    fn fitting(&self, word: &str, width: usize) -> usize {
        let mut used = self.used;
        for (at, c) in word.char_indices() {
            used += c.width().unwrap_or(0);
            if at > 0 && used > width {
                return at;
            }
        }
        word.len()
    }

    fn push(&mut self, text: &str, role: Role) {
        self.used += text.width();
        match self.line.last_mut() {
            Some((before, same)) if *same == role => before.push_str(text),
            _ => self.line.push((text.to_owned(), role)),
        }
    }

    fn break_line(&mut self) {
        self.lines.push(std::mem::replace(&mut self.line, self.next.to_vec()));
        self.used = columns(self.next);
        self.is_begun = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect()
    }

    #[test]
    fn words_keep_their_roles_and_hang_under_the_first() {
        let prefix = |text: &str| [(text.to_owned(), Role::Dim)];
        let pieces = [("etl (4711)", Role::Text), ("waits for a pipe", Role::Dim)];
        let lines = flow(&prefix("- "), &prefix("  "), &pieces, 14);
        assert_eq!(words(&lines), ["- etl (4711)", "  waits for a", "  pipe"]);
        assert_eq!(lines[0][1], ("etl (4711)".to_owned(), Role::Text));
    }

    #[test]
    fn a_word_that_is_too_long_is_broken() {
        let lines = flow(&[], &[], &[("a 0123456789abcdef b", Role::Text)], 10);
        assert_eq!(words(&lines), ["a", "0123456789", "abcdef b"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a-z日 /]{0,200}", width in 8_u16..60) {
            let lines = words(&flow(&[], &[], &[(&text, Role::Text)], width));
            prop_assert!(lines.iter().all(|line| line.width() <= usize::from(width)), "{lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
