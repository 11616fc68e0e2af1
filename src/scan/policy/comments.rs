//! Comments beside a secret that allow it. Pure.
//!
//! A comment holds for its own line only, or for the next where it says so, and for no more than [`REACH`] bytes to
//! either side: in a file that is one line of megabytes it must not speak for all of them.
//!
//! | words | whose | what they allow |
//! |---|---|---|
//! | `telltale:allow` | ours | all on the line |
//! | `telltale:allow(rule, rule)` | ours | what these rules found on the line |
//! | `gitleaks:allow`, `betterleaks:allow`, `trufflehog:ignore` | theirs | all on the line |
//! | `pragma: allowlist secret` | detect-secrets, ripsecrets | all on the line |
//! | `pragma: allowlist nextline secret` | detect-secrets | all on the next line |

use std::ops::Range;

use memchr::memmem;

/// How far from a secret a comment is looked for. Windows reach as far into one another, so that it never matters
/// where one ends.
pub(crate) const REACH: usize = 4_000;

/// The words that name a tool and what it is told; the second part is what is searched for.
const WORDS: [(&str, &str); 4] =
    [("gitleaks", ":allow"), ("betterleaks", ":allow"), ("trufflehog", ":ignore"), (OWN, ":allow")];
const OWN: &str = "telltale";
const PRAGMA: &str = "pragma:";

/// What a comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Says {
    /// All on its line is allowed.
    Line,
    /// What these rules found on its line is allowed; a place in the text.
    Rules(Range<usize>),
    /// All on the next line is allowed.
    NextLine,
}

/// The comments in a text that allow something, in their order.
#[derive(Debug, Default)]
pub(crate) struct Comments {
    found: Vec<(Range<usize>, Says)>,
}

impl Comments {
    /// Finds them all: three quick searches, for this is done wherever something was found.
    pub(crate) fn find(text: &[u8]) -> Self {
        let mut found = Vec::new();
        for tail in [":allow", ":ignore"] {
            found.extend(memmem::find_iter(text, tail).filter_map(|at| said(text, at, tail)));
        }
        found.extend(memmem::find_iter(text, PRAGMA).filter_map(|at| pragma(text, at)));
        found.sort_by_key(|(place, _)| place.start);
        Self { found }
    }

    /// The same where somebody will ask.
    pub(crate) fn beside(is_asked: bool, text: &[u8]) -> Self {
        if is_asked { Self::find(text) } else { Self::default() }
    }

    /// Whether a comment allows what was found at this place of the same text; `names` says whether the rule that
    /// found it goes by a name.
    pub(crate) fn allow(&self, text: &[u8], hit: &Range<usize>, names: impl Fn(&str) -> bool) -> bool {
        if self.found.is_empty() {
            return false;
        }
        let (line, before) = lines(text, hit);
        let named = |place: &Range<usize>| {
            let listed = std::str::from_utf8(&text[place.clone()]).unwrap_or_default();
            listed.split(',').any(|name| names(name.trim()))
        };
        self.within(&line).any(|says| match says {
            Says::Line => true,
            Says::Rules(place) => named(place),
            Says::NextLine => false,
        }) || self.within(&before).any(|says| *says == Says::NextLine)
    }

    fn within(&self, part: &Range<usize>) -> impl Iterator<Item = &Says> {
        let from = self.found.partition_point(|(place, _)| place.start < part.start);
        let end = part.end;
        let inside = self.found[from..].iter().take_while(move |(place, _)| place.start < end);
        inside.filter(move |(place, _)| place.end <= end).map(|(_, says)| says)
    }
}

/// The lines on which a hit stands and the one before, as far as [`REACH`] goes.
pub(crate) fn lines(text: &[u8], hit: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let floor = hit.start.saturating_sub(REACH);
    let ceiling = text.len().min(hit.end + REACH);
    let start = memchr::memrchr(b'\n', &text[floor..hit.start]).map(|at| floor + at + 1);
    let end = memchr::memchr(b'\n', &text[hit.end..ceiling]).map_or(ceiling, |at| hit.end + at);
    let before = match start {
        Some(start) => {
            let end = start - 1;
            let from = memchr::memrchr(b'\n', &text[floor..end]).map_or(floor, |at| floor + at + 1);
            from..end
        }
        None => floor..floor,
    };
    (start.unwrap_or(floor)..end, before)
}

/// What the words say whose second part stands at `at`.
fn said(text: &[u8], at: usize, tail: &str) -> Option<(Range<usize>, Says)> {
    let before = &text[..at];
    let fits = |(tool, word): &&(&str, &str)| *word == tail && before.ends_with(tool.as_bytes());
    let (tool, _) = WORDS.iter().find(fits)?;
    let (start, end) = (at - tool.len(), at + tail.len());
    let rest = &text[end..];
    if *tool != OWN {
        return Some((start..end, Says::Line));
    }
    if rest.first() == Some(&b'(') {
        let close = end + memchr::memchr2(b')', b'\n', rest).filter(|&close| rest[close] == b')')?;
        return Some((start..close + 1, Says::Rules(end + 1..close)));
    }
    // `telltale:allowance` is another word.
    (!goes_on(rest)).then_some((start..end, Says::Line))
}

/// `pragma: allowlist secret` and its older forms, with dashes or blanks between the words.
fn pragma(text: &[u8], at: usize) -> Option<(Range<usize>, Says)> {
    fn word<'t>(rest: &'t [u8], word: &str) -> Option<&'t [u8]> {
        let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"-")).unwrap_or(rest);
        rest.strip_prefix(word.as_bytes())
    }
    let rest = &text[at + PRAGMA.len()..];
    let list = word(rest, "allowlist").or_else(|| word(rest, "whitelist"))?;
    let next = word(list, "nextline");
    let rest = word(next.unwrap_or(list), "secret")?;
    let says = if next.is_some() { Says::NextLine } else { Says::Line };
    (!goes_on(rest)).then_some((at..text.len() - rest.len(), says))
}

fn goes_on(rest: &[u8]) -> bool {
    rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::window::OVERLAP;

    const _: () = assert!(REACH <= OVERLAP, "a comment must be seen wherever a window ends");

    /// Whether the first `KEY` in the text is allowed for the rule `password`.
    fn allowed(text: &str) -> bool {
        let at = text.find("KEY").unwrap();
        Comments::find(text.as_bytes()).allow(text.as_bytes(), &(at..at + 3), |name| name == "password")
    }

    #[test]
    fn a_comment_on_the_line_allows_it() {
        for comment in [
            "KEY # gitleaks:allow",
            "KEY // betterleaks:allow",
            "/* trufflehog:ignore */ KEY",
            "KEY # pragma: allowlist secret",
            "KEY <!-- pragma: whitelist secret -->",
            "KEY // pragma:allowlist-secret",
            "KEY ; telltale:allow",
            "KEY ; telltale:allow: a test key",
            "KEY # telltale:allow(password)",
            "KEY # telltale:allow(jwt, password) because",
            "# pragma: allowlist nextline secret\nKEY",
            "# pragma: whitelist-nextline-secret\r\n  a: KEY\n",
        ] {
            assert!(allowed(comment), "{comment}");
            assert!(allowed(&format!("before\n{comment}\nbehind")), "{comment}");
        }
    }

    #[test]
    fn a_comment_elsewhere_does_not() {
        for text in [
            "KEY\n# gitleaks:allow",
            "# gitleaks:allow\nKEY",
            "# pragma: allowlist secret\nKEY",
            "KEY # pragma: allowlist nextline secret",
            "# pragma: allowlist nextline secret\n\nKEY",
            "KEY # gitleaks: allow",
            "KEY # pragma: allowlist secrets",
            "KEY # telltale:allowance",
            "KEY # telltale:allow(jwt)",
            "KEY # telltale:allow(",
            "KEY # telltale:allow()",
        ] {
            assert!(!allowed(text), "{text}");
        }
    }

    #[test]
    fn a_comment_reaches_so_far_and_no_further() {
        let line = |gap: usize| format!("KEY{}#gitleaks:allow\n", " ".repeat(gap));
        assert!(allowed(&line(REACH - 20)));
        assert!(!allowed(&line(REACH)));
        let before = |gap: usize| format!("gitleaks:allow{}KEY\n", " ".repeat(gap));
        assert!(allowed(&before(REACH - 20)));
        assert!(!allowed(&before(REACH)));
        let nextline = |gap: usize| format!("#pragma: allowlist nextline secret\n{}KEY\n", " ".repeat(gap));
        assert!(allowed(&nextline(REACH - 50)));
        assert!(!allowed(&nextline(REACH)));
    }

    proptest! {
        #[test]
        fn any_place_in_any_text(text in proptest::collection::vec(any::<u8>(), 1..300), a in 0_usize..300, b in 0_usize..300) {
            let (a, b) = (a.min(text.len()), b.min(text.len()));
            let _ = Comments::find(&text).allow(&text, &(a.min(b)..a.max(b)), |_| true);
        }

        #[test]
        fn what_stands_further_away_changes_nothing(
            far in "[a-z :\n]{0,50}", comment in prop_oneof![Just("#gitleaks:allow"), Just(" "), Just("\n")]
        ) {
            let near = format!("{}KEY{comment}{}", " ".repeat(REACH), " ".repeat(REACH));
            let whole = format!("{far}{near}{far}");
            prop_assert_eq!(allowed(&near), allowed(&whole));
        }
    }
}
