//! Text made harmless for XML and HTML.

use std::fmt::Write as _;

use crate::model::text::escape;

/// The text as content or as the value of an attribute in quotes. What steers, and what XML 1.0 knows no way to write, is
/// written out before: `\x1b`, `\u{fffe}`.
pub fn markup(text: &str) -> String {
    let text = escape(text);
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(safe, "{}", c.escape_unicode());
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_what_it_stands_in() {
        for (text, expected) in [
            ("plain é 日本", "plain é 日本"),
            ("</script>&\"'", "&lt;/script&gt;&amp;&quot;&#39;"),
            ("]]>", "]]&gt;"),
            ("a\n\tb\0\u{1b}", "a\\n\\tb\\x00\\x1b"),
            ("\u{ffff}\u{202e}", "\\u{ffff}\\u{202e}"),
        ] {
            assert_eq!(markup(text), expected);
        }
    }
}
