//! Where a word begins anew: behind an escape or the code of a colour, whose last letters would else be taken for its
//! first ones. `"\nsk_live_…"` in a line of JSON, `%0Asecret` in a URL, `\u001b[32mtoken` and the like in a log. Pure.

use std::ops::Range;

use super::runs::Run;

/// The longest code of a colour, `1;38;5;214`.
const LONGEST_CODE: usize = 16;

/// Where a word may begin behind the escape that begins here; `None` for what is none, and for one with an end of its own.
pub(crate) fn behind_escape(text: &[u8], at: usize) -> Option<usize> {
    let tail = &text[at + 1..];
    let hex = |from: usize, count: usize| {
        tail.get(from..from + count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let length = match (text[at], *tail.first()?) {
        (b'%', _) if hex(0, 2) => 2,
        (b'\\', b'x') if hex(1, 2) => 3,
        (b'\\', b'u') if hex(1, 4) => 5,
        (b'\\', b'0'..=b'3') if tail.get(1..3).is_some_and(|rest| rest.iter().all(u8::is_ascii_digit)) => 3,
        (b'\\', b'n' | b't' | b'r' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0') => 1,
        _ => return None,
    };
    let end = at + 1 + length;
    Some(colour(text, end).unwrap_or(end)).filter(|&end| end < text.len())
}

/// Where a word may begin within a run of token bytes: behind the code of a colour that ends in it, or an escape of mail.
pub(crate) fn within_run(text: &[u8], run: &Run) -> Option<usize> {
    let Range { start, end } = run.range;
    if run.has_equals
        && let Some(at) = memchr::memmem::find(&text[start..end], b"=3D")
    {
        return Some(start + at + 3).filter(|&at| at < end);
    }
    if start == 0 || !matches!(text[start - 1], b'[' | b';') {
        return None;
    }
    let before = &text[start.saturating_sub(LONGEST_CODE)..start];
    let code = before.iter().rposition(|byte| !matches!(byte, b'0'..=b'9' | b';' | b'['))? + 1;
    let escape = start - before.len() + code;
    (text[escape - 1] == 0x1b).then(|| colour(text, escape)).flatten().filter(|&at| at < end)
}

/// The end of the code of a colour that begins here, behind its escape: `[1;32m`.
fn colour(text: &[u8], at: usize) -> Option<usize> {
    let code = text.get(at..)?.strip_prefix(b"[")?;
    let length = code.iter().take(LONGEST_CODE).position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    (code[length] == b'm').then_some(at + length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_behind_an_escape_and_a_colour() {
        for escape in [
            "\\n",
            "\\t",
            "\\r",
            "\\0",
            "\\e",
            "\\x0a",
            "\\u000a",
            "%0A",
            "\\x1b[32m",
            "\\u001b[1;32m",
            "\\033[0m",
            "\\e[38;5;214m",
        ] {
            let text = format!("say {escape}token");
            assert_eq!(behind_escape(text.as_bytes(), 4), Some(4 + escape.len()), "{escape}");
        }
        for none in ["\\", "\\n", "\\w1", "%zz", "%4", "\\x1", "\\u00"] {
            assert_eq!(behind_escape(none.as_bytes(), 0), None, "{none}");
        }
    }

    #[test]
    fn a_word_begins_within_a_run_behind_a_colour_and_an_escape_of_mail() {
        let within = |text: &str, start: usize, has_equals: bool| {
            within_run(text.as_bytes(), &Run { range: start..text.len(), has_digit: true, has_equals })
        };
        assert_eq!(within("\x1b[32mtoken_0123456789", 2, false), Some(5));
        assert_eq!(within("\x1b[1;32mtoken_0123456789", 4, false), Some(7));
        assert_eq!(within("x[32mtoken_0123456789", 2, false), None, "no escape before");
        assert_eq!(within("\x1b[0123456789abcdef", 2, false), None, "no colour");
        assert_eq!(within("key=3Dtoken_0123456789", 0, true), Some(6));
    }
}
