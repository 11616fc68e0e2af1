//! Text for the clipboard of the terminal's user, as OSC 52: it works over SSH, where no other way does. Pure.

use super::envelope::envelope;
use super::modes::Multiplexer;

/// The longest text; terminals cut or refuse longer ones without a word.
pub const LONGEST: usize = 100_000;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes that copy `text`; `None` when it is longer than [`LONGEST`].
///
/// tmux takes the command only where `set-clipboard` is on, and passes one on in an envelope only where
/// `allow-passthrough` is (before 3.3, always): it gets both, and does the same thing twice at most. GNU screen
/// takes envelopes only, but through ssh a tmux may look like it: it gets both too.
pub fn copy(text: &str, multiplexer: Multiplexer) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut command = b"\x1b]52;c;".to_vec();
    command.extend(base64(text.as_bytes()));
    command.push(0x07);
    command.extend(envelope(&command, multiplexer).unwrap_or_default());
    Some(command)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let has_one = digit <= group.len();
            let value = bits >> (18 - 6 * digit) & 0x3f;
            out.push(if has_one { DIGITS[value as usize] } else { b'=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected.as_bytes());
        }
        assert_eq!(base64(b"\xff\xfe\xfd"), b"//79");
    }

    #[test]
    fn each_multiplexer_gets_the_envelope_it_opens() {
        let plain = b"\x1b]52;c;Zm9v\x07".to_vec();
        assert_eq!(copy("foo", Multiplexer::None), Some(plain.clone()));
        let tmux = copy("foo", Multiplexer::Tmux).unwrap();
        assert_eq!(tmux, [&plain[..], b"\x1bPtmux;\x1b\x1b]52;c;Zm9v\x07\x1b\\"].concat());
        let long = "x".repeat(1000);
        let plain = copy(&long, Multiplexer::None).unwrap();
        let screen = copy(&long, Multiplexer::Screen).unwrap();
        let envelopes = String::from_utf8(screen.strip_prefix(&plain[..]).unwrap().to_vec()).unwrap();
        let inside: String =
            envelopes.split("\x1b\\").map(|one| one.strip_prefix("\x1bP").unwrap_or_default()).collect();
        assert_eq!(inside.as_bytes(), plain);
        assert_eq!(copy(&"x".repeat(LONGEST + 1), Multiplexer::None), None);
    }
}
