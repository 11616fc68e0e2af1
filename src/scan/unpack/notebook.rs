//! Notebooks of Jupyter as the text of their cells, byte for byte in the place where it stands in the file.
//!
//! A notebook is JSON: each line of a cell is a string of its own, `"token = \"...\"\n",`. The quotes around it, the
//! escapes and what follows become blanks, so that lines and columns stay those of the file, an assignment is one again, and
//! so is a key of many lines. What cells put out stays too: pictures are noise that no named rule hears.

use super::view::View;

/// Turns a notebook.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    state: State,
    /// How many escaped quotes there were in this string.
    quotes: usize,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Between,
    Within,
    /// Behind a backslash.
    Escaped,
    /// Behind the end of a line.
    Ended,
}

impl View for Notebook {
    fn take(&mut self, bytes: &[u8], made: &mut Vec<u8>) {
        for byte in bytes {
            self.turn(*byte, made);
        }
    }

    fn end(&mut self, made: &mut Vec<u8>) {
        match self.state {
            State::Escaped => made.push(b'\\'),
            State::Ended => made.extend(b"\\n"),
            State::Between | State::Within => {}
        }
    }
}

impl Notebook {
    fn turn(&mut self, byte: u8, made: &mut Vec<u8>) {
        match (&self.state, byte) {
            (State::Between, b'"') => {
                (self.state, self.quotes) = (State::Within, 0);
                made.push(b' ');
            }
            (State::Between, b',' | b'[' | b']' | b'{' | b'}') => made.push(b' '),
            (State::Between, _) => made.push(byte),
            (State::Within | State::Ended, b'"') => {
                if matches!(self.state, State::Ended) {
                    // The end of a line of a cell, where a line of the file ends too.
                    made.extend(b"  ");
                }
                self.state = State::Between;
                made.push(b' ');
            }
            (State::Within, b'\\') => self.state = State::Escaped,
            (State::Within, _) => made.push(byte),
            (State::Escaped, b'n') => self.state = State::Ended,
            (State::Escaped, _) => {
                self.state = State::Within;
                made.extend(self.unescaped(byte));
            }
            (State::Ended, _) => {
                // One in the middle of a string: a line break there would shift all lines of the file.
                made.extend(b"\\n");
                self.state = State::Within;
                self.turn(byte, made);
            }
        }
    }

    /// The two bytes that stand for an escape. The blank beside a quote stands outside of what the quotes hold.
    fn unescaped(&mut self, byte: u8) -> [u8; 2] {
        match byte {
            b'"' => {
                self.quotes += 1;
                if self.quotes % 2 == 1 { [b' ', b'"'] } else { [b'"', b' '] }
            }
            b't' => [b' ', b'\t'],
            b'\\' | b'/' => [byte, b' '],
            _ => [b'\\', byte],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::view::viewed;
    use super::*;

    #[test]
    fn lines_of_cells_stand_where_they_stood() {
        let notebook = r#"{
 "cells": [
  {
   "cell_type": "code",
   "source": [
    "key = \"a b\"\n",
    "path = 'c:\\\\x'"
   ]
  }
 ]
}
"#;
        let expected = [
            " ",
            "  cells :  ",
            "   ",
            "    cell_type :  code  ",
            "    source :  ",
            "     key =  \"a b\"     ",
            "     path = 'c:\\ \\ x' ",
            "    ",
            "   ",
            "  ",
            " ",
            "",
        ];
        for size in [1, 7, 4096] {
            let text = viewed(Notebook::default(), notebook.as_bytes(), size);
            assert_eq!(text.split('\n').collect::<Vec<_>>(), expected, "{size}");
        }
        // All in one string.
        let text = viewed(Notebook::default(), br#"{"source": "a\nb\n"}"#, 3);
        assert_eq!(text, "  source :  a\\nb    ");
    }

    proptest! {
        #[test]
        fn nothing_is_moved(bytes in proptest::collection::vec(prop_oneof![
            proptest::sample::select(b"\"\\n,:[]{} \n".to_vec()), any::<u8>()
        ], 0..200)) {
            let mut made = Vec::new();
            let mut notebook = Notebook::default();
            bytes.chunks(7).for_each(|piece| notebook.take(piece, &mut made));
            notebook.end(&mut made);
            prop_assert_eq!(made.len(), bytes.len());
            let ends = |text: &[u8]| text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect::<Vec<_>>();
            prop_assert_eq!(ends(&made), ends(&bytes));
        }
    }
}
