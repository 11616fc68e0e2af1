//! Bytes from a terminal, cut into whole pieces: a character, a sequence, a paste. Pure, and bounded.
//!
//! The cuts are those of ECMA-48, 5.4 and 8.3, whatever a sequence means: one that nobody knows ends where it
//! ends, and takes no key with it. Only time tells the key Esc from the beginning of a sequence, so whoever reads
//! says when nothing came for [`Pieces::patience`].

use std::mem;
use std::time::Duration;

/// The bytes of a sequence or a paste come in one go; a person presses two keys more slowly. A byte over a
/// line of 9,600 baud takes one millisecond.
const SEQUENCE_GAP: Duration = Duration::from_millis(25);

/// A paste may come in pieces over a line that stutters. What comes after it was given up would count as keys.
const PASTE_GAP: Duration = Duration::from_secs(5);

/// The longest paste that is taken.
pub(super) const LONGEST_PASTE: usize = 64 * 1024;

/// The longest sequence that any terminal sends for a key, with room.
const LONGEST_SEQUENCE: usize = 64;

const ESC: u8 = 0x1b;
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What was cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A character or a sequence as it came.
    Whole(Vec<u8>),
    /// The inside of a paste.
    Paste(Vec<u8>),
    /// A paste that was too long, or had no end.
    LostPaste,
}

/// Where the bytes so far have led.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Ground,
    /// Behind an Esc.
    Escape,
    /// In a character that needs so many bytes more.
    Character(usize),
    /// In a control sequence.
    Control,
    /// In something that has so many bytes more, whatever they are.
    Fixed(usize),
    /// In a string for a program (OSC, DCS and their like), of which nothing is kept.
    Text { is_begun: bool },
    /// Behind an Esc in such a string, which ends it if a backslash follows.
    TextEnd,
    /// In a paste, too long already or not.
    Paste { is_too_long: bool },
}

/// Cuts bytes into pieces; holds the beginning of one that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    at: At,
    held: Vec<u8>,
}

impl Pieces {
    /// How long to wait for the next byte before [`Self::silence`]; `None` for as long as it takes.
    pub(super) const fn patience(&self) -> Option<Duration> {
        match self.at {
            At::Ground => None,
            At::Paste { .. } => Some(PASTE_GAP),
            _ => Some(SEQUENCE_GAP),
        }
    }

    /// Takes a byte; it can't end more than one piece.
    pub(super) fn take(&mut self, byte: u8) -> Option<Piece> {
        match self.at {
            At::Ground => self.begin(byte),
            At::Escape => self.after_escape(byte),
            At::Character(more) if byte & 0xc0 == 0x80 => self.one_of(more, byte),
            At::Fixed(more) => self.one_of(more, byte),
            At::Control if byte >= 0x20 && byte != 0x7f => self.in_control(byte),
            At::Text { .. } if !matches!(byte, ESC | 0x07) => {
                self.at = At::Text { is_begun: true };
                None
            }
            At::Paste { is_too_long } => self.in_paste(byte, is_too_long),
            At::Text { .. } if byte == ESC => {
                self.held.clear();
                self.held.push(ESC);
                self.at = At::TextEnd;
                None
            }
            At::TextEnd if byte != b'\\' => self.after_escape(byte),
            At::Text { .. } | At::TextEnd => {
                self.drop_held();
                None
            }
            // What was begun is broken off: the byte begins something else.
            At::Character(_) | At::Control => {
                self.drop_held();
                self.begin(byte)
            }
        }
    }

    /// Nothing came for a while: what is held is all there will be.
    pub(super) fn silence(&mut self) -> Option<Piece> {
        let is_key = match self.at {
            At::Paste { .. } => {
                self.drop_held();
                return Some(Piece::LostPaste);
            }
            At::Escape | At::TextEnd => true,
            // Alt with the character that would have begun a sequence.
            At::Control | At::Fixed(_) | At::Text { is_begun: false } => self.held.len() == 2,
            At::Ground | At::Character(_) | At::Text { is_begun: true } => false,
        };
        if is_key {
            return Some(self.whole());
        }
        self.drop_held();
        None
    }

    fn begin(&mut self, byte: u8) -> Option<Piece> {
        self.held.push(byte);
        match byte {
            ESC => self.at = At::Escape,
            0xc0..=0xdf => self.at = At::Character(1),
            0xe0..=0xef => self.at = At::Character(2),
            0xf0..=0xf7 => self.at = At::Character(3),
            // The rest of a character whose beginning is lost.
            0x80..=0xbf | 0xf8..=0xff => self.drop_held(),
            _ => return Some(self.whole()),
        }
        None
    }

    fn after_escape(&mut self, byte: u8) -> Option<Piece> {
        self.at = match byte {
            // Esc, and then a key that begins with one.
            ESC => {
                self.at = At::Escape;
                return Some(Piece::Whole(vec![ESC]));
            }
            b'[' => At::Control,
            b'O' => At::Fixed(1),
            b']' | b'P' | b'X' | b'^' | b'_' => At::Text { is_begun: false },
            // Alt with a character.
            _ => return self.begin(byte),
        };
        self.held.push(byte);
        None
    }

    fn one_of(&mut self, more: usize, byte: u8) -> Option<Piece> {
        self.held.push(byte);
        match (self.at, more) {
            (_, 1) => return Some(self.whole()),
            (At::Character(_), _) => self.at = At::Character(more - 1),
            _ => self.at = At::Fixed(more - 1),
        }
        None
    }

    fn in_control(&mut self, byte: u8) -> Option<Piece> {
        if self.held.len() < LONGEST_SEQUENCE {
            self.held.push(byte);
        }
        let is_final = (0x40..=0x7e).contains(&byte);
        match self.held.as_slice() {
            // The function keys of the Linux console: one letter follows.
            b"\x1b[[" => self.at = At::Fixed(1),
            // A mouse in the oldest form: button, column, row.
            b"\x1b[M" => self.at = At::Fixed(3),
            PASTE_BEGINS => {
                self.held.clear();
                self.at = At::Paste { is_too_long: false };
            }
            held if is_final && held.len() < LONGEST_SEQUENCE => return Some(self.whole()),
            _ if is_final => self.drop_held(),
            _ => {}
        }
        None
    }

    fn in_paste(&mut self, byte: u8, is_too_long: bool) -> Option<Piece> {
        self.held.push(byte);
        if self.held.ends_with(PASTE_ENDS) {
            let mut inside = mem::take(&mut self.held);
            inside.truncate(inside.len() - PASTE_ENDS.len());
            self.at = At::Ground;
            return Some(if is_too_long { Piece::LostPaste } else { Piece::Paste(inside) });
        }
        if self.held.len() > LONGEST_PASTE + PASTE_ENDS.len() {
            self.at = At::Paste { is_too_long: true };
            // Its end is still looked for: its middle must not count as keys.
            self.held.drain(..LONGEST_PASTE);
        }
        None
    }

    fn whole(&mut self) -> Piece {
        self.at = At::Ground;
        Piece::Whole(mem::take(&mut self.held))
    }

    fn drop_held(&mut self) {
        self.at = At::Ground;
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Pieces::default();
        let mut cut: Vec<Piece> = bytes.iter().filter_map(|&byte| pieces.take(byte)).collect();
        cut.extend(pieces.silence());
        assert_eq!(pieces.patience(), None, "nothing is held after a silence");
        cut
    }

    #[test]
    fn bytes_are_cut_where_keys_end() {
        let cases: &[(&[u8], &[&[u8]])] = &[
            (b"ab", &[b"a", b"b"]),
            ("é日".as_bytes(), &["é".as_bytes(), "日".as_bytes()]),
            (b"\x1b", &[b"\x1b"]),
            (b"\x1b\x1b", &[b"\x1b", b"\x1b"]),
            (b"\x1b\x1b[A", &[b"\x1b", b"\x1b[A"]),
            (b"\x1bx", &[b"\x1bx"]),
            ("\x1bé".as_bytes(), &["\x1bé".as_bytes()]),
            (b"\x1b[1;5Aq", &[b"\x1b[1;5A", b"q"]),
            (b"\x1bOPq", &[b"\x1bOP", b"q"]),
            (b"\x1b[[Aq", &[b"\x1b[[A", b"q"]),
            (b"\x1b[<0;3;4Mq", &[b"\x1b[<0;3;4M", b"q"]),
            (b"\x1b[M !!q", &[b"\x1b[M !!", b"q"]),
            // Answers to questions of somebody else.
            (b"\x1b[>0;276;0cq", &[b"\x1b[>0;276;0c", b"q"]),
            (b"\x1b[?1;2Rq", &[b"\x1b[?1;2R", b"q"]),
            (b"\x1b]11;rgb:0/0/0\x07q", &[b"q"]),
            (b"\x1b]11;rgb:0/0/0\x1b\\q", &[b"q"]),
            (b"\x1bP1$r0m\x1b[A", &[b"\x1b[A"]),
            // Alt with what begins a sequence.
            (b"\x1b[", &[b"\x1b["]),
            (b"\x1b]", &[b"\x1b]"]),
            // Broken ones.
            (b"\x1b[1;", &[]),
            (b"\x1b[1\x1b[A", &[b"\x1b[A"]),
            (b"\x1b[1\rq", &[b"\r", b"q"]),
            (b"\xc3q", &[b"q"]),
            (b"\xbf\xffq", &[b"q"]),
        ];
        for (bytes, expected) in cases {
            let expected: Vec<Piece> = expected.iter().map(|piece| Piece::Whole(piece.to_vec())).collect();
            assert_eq!(cut(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_paste_is_one_piece_whatever_it_holds() {
        assert_eq!(
            cut(b"\x1b[200~a\x1b[Aq\r\x1b[201~q"),
            [Piece::Paste(b"a\x1b[Aq\r".to_vec()), Piece::Whole(b"q".to_vec())]
        );
    }

    #[test]
    fn a_paste_that_is_too_long_or_has_no_end_never_becomes_keys() {
        for length in [LONGEST_PASTE, LONGEST_PASTE + 1, 3 * LONGEST_PASTE] {
            let mut bytes = PASTE_BEGINS.to_vec();
            bytes.resize(PASTE_BEGINS.len() + length, b'q');
            bytes.extend_from_slice(PASTE_ENDS);
            bytes.push(b'?');
            let pieces = cut(&bytes);
            assert_eq!(pieces.len(), 2, "{length}");
            assert_eq!(pieces[0] == Piece::LostPaste, length > LONGEST_PASTE + PASTE_ENDS.len(), "{length}");
        }
        assert_eq!(cut(b"\x1b[200~qqq"), [Piece::LostPaste]);
    }

    proptest! {
        #[test]
        fn no_bytes_hold_more_than_a_paste_or_lose_a_key_for_ever(
            bytes in prop::collection::vec(
                prop_oneof![3 => any::<u8>(), 2 => Just(ESC), 1 => Just(b'['), 1 => b'0'..=b'9'],
                0..200,
            ),
        ) {
            let mut pieces = Pieces::default();
            for byte in bytes {
                pieces.take(byte);
                prop_assert!(pieces.held.len() <= LONGEST_PASTE + PASTE_ENDS.len());
                prop_assert_eq!(pieces.patience().is_none(), pieces.held.is_empty() && pieces.at == At::Ground);
            }
            pieces.silence();
            prop_assert_eq!(pieces.take(b'q'), Some(Piece::Whole(b"q".to_vec())));
        }
    }
}
