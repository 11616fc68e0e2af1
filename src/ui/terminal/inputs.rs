//! What the bytes of a terminal mean: the one file that knows the library for it. Pure.
//!
//! Pastes and the cuts between sequences are the business of `pieces`, because the library holds on to a
//! sequence that it does not know until some other one ends it.

use std::time::Duration;

use termina::Parser;
use termina::escape::csi::{Csi, DecModeSetting, DecPrivateMode, DecPrivateModeCode, Device, Mode};
use termina::event::{KeyCode, KeyEvent, KeyEventKind, Modifiers, MouseButton, MouseEvent, MouseEventKind};

use super::pieces::{Piece, Pieces};
use crate::ui::input::{Answer, Code, Input, Key, Mouse, MouseKind};

/// Turns the bytes of a terminal into inputs; holds the beginning of one that has not come whole yet.
#[derive(Debug, Default)]
pub struct Inputs {
    pieces: Pieces,
    parser: Parser,
}

impl Inputs {
    /// Takes bytes as they were read, in pieces of any size.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut inputs = Vec::new();
        for &byte in bytes {
            let piece = self.pieces.take(byte);
            inputs.extend(piece.and_then(|piece| self.told(piece)));
        }
        inputs
    }

    /// How long to wait for the next byte before [`Self::silence`]; `None` for as long as it takes.
    pub const fn patience(&self) -> Option<Duration> {
        self.pieces.patience()
    }

    /// Nothing came for so long: an Esc is the key, and what was begun is not ended any more.
    pub fn silence(&mut self) -> Option<Input> {
        let piece = self.pieces.silence();
        piece.and_then(|piece| self.told(piece))
    }

    fn told(&mut self, piece: Piece) -> Option<Input> {
        let bytes = match piece {
            Piece::Whole(bytes) => bytes,
            Piece::Paste(bytes) => return Some(Input::Paste(String::from_utf8_lossy(&bytes).into_owned())),
            Piece::LostPaste => return Some(Input::LostPaste),
        };
        // The library takes these for beginnings.
        if let [0x1b, c @ (b'[' | b'O' | b']' | b'P')] = *bytes {
            return Some(Input::Key(Key { has_alt: true, ..Key::plain(Code::Char(c.into())) }));
        }
        self.parser.parse(&bytes, false);
        let (event, more) = (self.parser.pop(), self.parser.pop());
        if event.is_none() || more.is_some() {
            // What it did not understand it may still hold, or have taken apart into keys that nobody pressed.
            self.parser = Parser::default();
            return None;
        }
        event.as_ref().and_then(input)
    }
}

/// What the library read, in our words; `None` for what nobody asked for.
fn input(event: &termina::Event) -> Option<Input> {
    use termina::Event;
    Some(match event {
        Event::Key(pressed) => Input::Key(key(pressed)?),
        Event::Mouse(mouse) => Input::Mouse(acted(*mouse)?),
        Event::FocusIn => Input::Focus(true),
        Event::FocusOut => Input::Focus(false),
        Event::Csi(Csi::Device(Device::DeviceAttributes(()))) => Input::Answer(Answer::Device),
        Event::Csi(Csi::Mode(Mode::ReportDecPrivateMode {
            mode: DecPrivateMode::Code(DecPrivateModeCode::SynchronizedOutput),
            setting,
        })) => {
            let is_known = matches!(setting, DecModeSetting::Set | DecModeSetting::Reset);
            Input::Answer(Answer::Synchronises(is_known))
        }
        _ => return None,
    })
}

fn key(pressed: &KeyEvent) -> Option<Key> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    Some(Key {
        code: code(pressed.code)?,
        has_ctrl: pressed.modifiers.contains(Modifiers::CONTROL),
        has_alt: pressed.modifiers.contains(Modifiers::ALT),
    })
}

fn code(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) if !c.is_control() => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Escape => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Function(n) => Code::F(n),
        _ => return None,
    })
}

const fn acted(mouse: MouseEvent) -> Option<Mouse> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::WheelUp,
        MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Mouse { kind, column: mouse.column, row: mouse.row })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &[Input]) {
        let mut inputs = Inputs::default();
        let mut told = inputs.take(bytes);
        told.extend(inputs.silence());
        assert_eq!(told, expected, "{}", bytes.escape_ascii());
    }

    fn alt(code: Code) -> Input {
        Input::Key(Key { has_alt: true, ..Key::plain(code) })
    }

    #[test]
    fn keys_have_our_names() {
        let plain = |code| Input::Key(Key::plain(code));
        let ctrl = |c| Input::Key(Key::ctrl(c));
        let cases: &[(&[u8], Input)] = &[
            (b"q", plain(Code::Char('q'))),
            (b"Q", plain(Code::Char('Q'))),
            ("é".as_bytes(), plain(Code::Char('é'))),
            (b"\r", plain(Code::Enter)),
            // A line feed is what Ctrl-J sends, and no Enter.
            (b"\n", ctrl('j')),
            (b"\x1b", plain(Code::Esc)),
            (b"\t", plain(Code::Tab)),
            (b"\x1b[Z", plain(Code::BackTab)),
            (b"\x7f", plain(Code::Backspace)),
            (b"\x03", ctrl('c')),
            (b"\x1d", ctrl('5')),
            (b"\x1b[A", plain(Code::Up)),
            (b"\x1bOA", plain(Code::Up)),
            (b"\x1b[5~", plain(Code::PageUp)),
            (b"\x1b[1;5C", Input::Key(Key { has_ctrl: true, ..Key::plain(Code::Right) })),
            (b"\x1bOP", plain(Code::F(1))),
            (b"\x1b[[A", plain(Code::F(1))),
            (b"\x1b[15~", plain(Code::F(5))),
            (b"\x1bx", alt(Code::Char('x'))),
            (b"\x1b\r", alt(Code::Enter)),
            (b"\x1b[", alt(Code::Char('['))),
            (b"\x1bP", alt(Code::Char('P'))),
            (b"\x1b[97;5u", ctrl('a')),
        ];
        for (bytes, expected) in cases {
            check(bytes, std::slice::from_ref(expected));
        }
    }

    #[test]
    fn the_rest_has_too() {
        let mouse = |kind, column, row| Input::Mouse(Mouse { kind, column, row });
        check(b"\x1b[<0;3;4M", &[mouse(MouseKind::Press, 2, 3)]);
        check(b"\x1b[<0;3;4m\x1b[<2;1;1M", &[]);
        check(b"\x1b[<64;1;1M", &[mouse(MouseKind::WheelUp, 0, 0)]);
        check(b"\x1b[<65;300;1M", &[mouse(MouseKind::WheelDown, 299, 0)]);
        check(b"\x1b[I\x1b[O", &[Input::Focus(true), Input::Focus(false)]);
        check(b"\x1b[200~a\nb\x1b[201~", &[Input::Paste("a\nb".into())]);
        check(b"\x1b[?62;22c", &[Input::Answer(Answer::Device)]);
        for (setting, is_known) in [(0, false), (1, true), (2, true), (4, false)] {
            let answer = Input::Answer(Answer::Synchronises(is_known));
            check(format!("\x1b[?2026;{setting}$y").as_bytes(), &[answer]);
        }
    }

    #[test]
    fn what_nobody_asked_for_takes_no_key_with_it() {
        for noise in [
            "\x1b[>0;276;0c",
            "\x1b[?1;2R",
            "\x1b]11;rgb:0/0/0\x1b\\",
            "\x1b[99;99;99Y",
            "\x1b[12u",
            "\x1b[  @",
        ] {
            let bytes = format!("{noise}q");
            let mut inputs = Inputs::default();
            let told = inputs.take(bytes.as_bytes());
            assert_eq!(told.last(), Some(&Input::Key(Key::plain(Code::Char('q')))), "{noise:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_deaf(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 1_usize..40) {
            let mut inputs = Inputs::default();
            for piece in bytes.chunks(size) {
                inputs.take(piece);
            }
            inputs.silence();
            prop_assert_eq!(inputs.take(b"q"), [Input::Key(Key::plain(Code::Char('q')))]);
        }
    }
}
