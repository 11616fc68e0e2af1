//! Keys as the bytes that a terminal would have sent for them: what the job reads while one types to it.

use super::input::{Code, Key};

/// True for Ctrl-], the way back from typing. Terminals send byte 0x1d for it, which libraries call Ctrl-5.
pub(super) fn is_way_back(key: &Key) -> bool {
    key.has_ctrl && matches!(key.code, Code::Char(']' | '5'))
}

/// The bytes of a key, as xterm sends them; none for keys that have no bytes.
pub(super) fn bytes(key: &Key) -> Vec<u8> {
    let mut out = Vec::new();
    if key.has_alt {
        out.push(0x1b);
    }
    let sequence: &[u8] = match key.code {
        Code::Char(c) if key.has_ctrl => {
            let Some(byte) = control(c) else { return Vec::new() };
            out.push(byte);
            return out;
        }
        Code::Char(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return out;
        }
        Code::Enter => b"\r",
        Code::Tab => b"\t",
        Code::BackTab => b"\x1b[Z",
        Code::Backspace => b"\x7f",
        Code::Esc => b"\x1b",
        Code::Up => b"\x1b[A",
        Code::Down => b"\x1b[B",
        Code::Right => b"\x1b[C",
        Code::Left => b"\x1b[D",
        Code::Home => b"\x1b[H",
        Code::End => b"\x1b[F",
        Code::Insert => b"\x1b[2~",
        Code::Delete => b"\x1b[3~",
        Code::PageUp => b"\x1b[5~",
        Code::PageDown => b"\x1b[6~",
        Code::F(n) => function(n),
    };
    out.extend_from_slice(sequence);
    out
}

/// The byte of a character with Ctrl held down (ASCII folds the upper columns onto the control codes).
const fn control(c: char) -> Option<u8> {
    Some(match c {
        'a'..='z' => c as u8 - b'a' + 1,
        'A'..='Z' => c as u8 - b'A' + 1,
        ' ' | '@' | '2' => 0,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '7' | '/' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

const fn function(n: u8) -> &'static [u8] {
    match n {
        1 => b"\x1bOP",
        2 => b"\x1bOQ",
        3 => b"\x1bOR",
        4 => b"\x1bOS",
        5 => b"\x1b[15~",
        6 => b"\x1b[17~",
        7 => b"\x1b[18~",
        8 => b"\x1b[19~",
        9 => b"\x1b[20~",
        10 => b"\x1b[21~",
        11 => b"\x1b[23~",
        12 => b"\x1b[24~",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_the_bytes_a_terminal_sends() {
        let cases: [(Key, &[u8]); 8] = [
            (Key::plain(Code::Char('a')), b"a"),
            (Key::plain(Code::Char('é')), "é".as_bytes()),
            (Key::ctrl('c'), b"\x03"),
            (Key::ctrl('4'), b"\x1c"),
            (Key { has_alt: true, ..Key::plain(Code::Char('b')) }, b"\x1bb"),
            (Key::plain(Code::Enter), b"\r"),
            (Key::plain(Code::Up), b"\x1b[A"),
            (Key::plain(Code::F(5)), b"\x1b[15~"),
        ];
        for (key, expected) in cases {
            assert_eq!(bytes(&key), expected, "{key:?}");
        }
    }

    #[test]
    fn the_way_back_is_found_under_both_its_names() {
        assert!(is_way_back(&Key::ctrl('5')));
        assert!(is_way_back(&Key::ctrl(']')));
        assert!(!is_way_back(&Key::plain(Code::Char(']'))));
    }
}
