//! English where a value could stand: ``Pass `None` ``, ``identified by `id` ``, `--username and --password options`. Pure.

use crate::scan::token::is_mixed;

/// Words that go on in a sentence about an option, in order.
const GOES_ON: [&str; 62] = [
    "a",
    "an",
    "and",
    "are",
    "arg",
    "args",
    "argument",
    "arguments",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "cannot",
    "command",
    "does",
    "field",
    "fields",
    "flag",
    "flags",
    "for",
    "from",
    "has",
    "if",
    "in",
    "instead",
    "is",
    "isn",
    "it",
    "may",
    "must",
    "need",
    "needs",
    "not",
    "of",
    "on",
    "only",
    "option",
    "options",
    "or",
    "parameter",
    "parameters",
    "setting",
    "settings",
    "should",
    "so",
    "switch",
    "that",
    "the",
    "then",
    "this",
    "to",
    "via",
    "was",
    "were",
    "when",
    "where",
    "which",
    "will",
    "with",
    "without",
];

/// Whether a sentence goes on with this word, behind the name of an option.
pub(crate) fn goes_on(word: &[u8]) -> bool {
    let end = word.iter().rposition(u8::is_ascii_alphabetic).map_or(0, |at| at + 1);
    let word = word[..end].to_ascii_lowercase();
    GOES_ON.binary_search_by(|known| known.as_bytes().cmp(&word)).is_ok()
}

/// Whether what stands between backticks behind a word is what code calls something, as in ``Pass `Some(1)` ``:
/// documents set a password in them, too, but seldom one that could be a name.
pub(super) fn is_code(name: &[u8], quoted: &[u8]) -> bool {
    // `pass` is what people do more often than what they have.
    matches!(name, b"pass" | b"passes")
        || !is_mixed(quoted)
        || quoted.iter().any(|byte| b"(:<".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_from_values() {
        assert!(GOES_ON.is_sorted());
        for word in ["and", "Options", "options.", "is", "or,"] {
            assert!(goes_on(word.as_bytes()), "{word}");
        }
        for word in ["plainword", "and1and", "secret123", "", "42"] {
            assert!(!goes_on(word.as_bytes()), "{word}");
        }
        assert!(is_code(b"pass", b"x86_64") && is_code(b"password", b"None") && is_code(b"token", b"Id::N1"));
        assert!(!is_code(b"password", b"kX9pq2Lm"));
    }
}
