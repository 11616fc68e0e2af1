//! Keys as the bytes that a terminal would have sent for them: what the job reads while one types to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// True for Ctrl-], the way back from typing. Terminals send byte 0x1d for it, which crossterm calls Ctrl-5.
pub(super) fn is_way_back(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char(']' | '5'))
}

/// The bytes of a key, as xterm sends them; none for keys that have no bytes.
pub(super) fn bytes(key: &KeyEvent) -> Vec<u8> {
    let mut out = Vec::new();
    if key.modifiers.contains(KeyModifiers::ALT) {
        out.push(0x1b);
    }
    let sequence: &[u8] = match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            let Some(byte) = control(c) else { return Vec::new() };
            out.push(byte);
            return out;
        }
        KeyCode::Char(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return out;
        }
        KeyCode::Enter => b"\r",
        KeyCode::Tab => b"\t",
        KeyCode::BackTab => b"\x1b[Z",
        KeyCode::Backspace => b"\x7f",
        KeyCode::Esc => b"\x1b",
        KeyCode::Up => b"\x1b[A",
        KeyCode::Down => b"\x1b[B",
        KeyCode::Right => b"\x1b[C",
        KeyCode::Left => b"\x1b[D",
        KeyCode::Home => b"\x1b[H",
        KeyCode::End => b"\x1b[F",
        KeyCode::Insert => b"\x1b[2~",
        KeyCode::Delete => b"\x1b[3~",
        KeyCode::PageUp => b"\x1b[5~",
        KeyCode::PageDown => b"\x1b[6~",
        KeyCode::F(n) => function(n),
        _ => return Vec::new(),
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
        let cases: [(KeyCode, KeyModifiers, &[u8]); 9] = [
            (KeyCode::Char('a'), KeyModifiers::NONE, b"a"),
            (KeyCode::Char('é'), KeyModifiers::NONE, "é".as_bytes()),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, b"\x03"),
            (KeyCode::Char('4'), KeyModifiers::CONTROL, b"\x1c"),
            (KeyCode::Char('b'), KeyModifiers::ALT, b"\x1bb"),
            (KeyCode::Enter, KeyModifiers::NONE, b"\r"),
            (KeyCode::Up, KeyModifiers::NONE, b"\x1b[A"),
            (KeyCode::F(5), KeyModifiers::NONE, b"\x1b[15~"),
            (KeyCode::CapsLock, KeyModifiers::NONE, b""),
        ];
        for (code, modifiers, expected) in cases {
            assert_eq!(bytes(&KeyEvent::new(code, modifiers)), expected, "{code:?}");
        }
    }

    #[test]
    fn the_way_back_is_found_under_both_its_names() {
        assert!(is_way_back(&KeyEvent::new(KeyCode::Char('5'), KeyModifiers::CONTROL)));
        assert!(is_way_back(&KeyEvent::new(KeyCode::Char(']'), KeyModifiers::CONTROL)));
        assert!(!is_way_back(&KeyEvent::new(KeyCode::Char(']'), KeyModifiers::NONE)));
    }
}
