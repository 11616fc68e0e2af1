//! Values given to names: `password = "…"`, `api_key: …`, `Authorization: …`, `--token …`.
//!
//! The operator is found first, since `=` and `:` are rarer than letters; then the name before it is compared with
//! the words of the rules, and only then the value is looked at. All steps are bounded, so a line of any length
//! takes linear time. What is given to a name is proposed by [`families`](super::families).

use super::families::{Assigned, Given, pair, prose, public, value};
use super::rule::{Rule, RuleSet};
use super::sweep::MOST_GAP;

/// The longest name that is looked at.
const LONGEST_NAME: usize = 64;

/// How long a word is of which it is asked whether a name stands before it.
const LONGEST_TYPE: usize = 32;

/// How eagerly a value counts as a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taste {
    /// Source code: an unquoted value is an expression.
    Code,
    /// Configuration, prose and shell: unquoted values count.
    Text,
    /// Text to be redacted: when in doubt, it is a secret.
    Redact,
}

/// Whether the operator at `at`, which so many bytes part from what stands before, may be worth a look: told from a few
/// bytes, since it is asked of each. It may be that of a URL, one behind a name whose end some rule wants, or one behind
/// a type.
#[inline]
pub(crate) fn may_assign(rules: &RuleSet, text: &[u8], at: usize, gap: usize, taste: Taste) -> bool {
    gap + 4 >= MOST_GAP
        || rules.may_name_end(text, at - gap)
        || match text[at] {
            b':' => text.get(at + 1) == Some(&b'/'),
            _ => (taste != Taste::Code || may_quote_behind(text, at)) && !is_alone(&text[..at - gap], gap),
        }
}

/// Whether the word that ends here, so far before its operator, stands alone: no name before it of which it is the type.
fn is_alone(before: &[u8], gap: usize) -> bool {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = before.iter().rev().take(LONGEST_TYPE).take_while(is_word).count();
    let first = before.len().checked_sub(length + 1).map_or(b'\n', |at| before[at]);
    gap <= 1 && length < LONGEST_TYPE && !is_of_type(first)
}

/// Proposes what is given to the name before the operator, `=` or `:`, at `at`.
pub(crate) fn assignment(rules: &RuleSet, text: &[u8], at: usize, taste: Taste, found: &mut Vec<Assigned>) {
    let Some(after) = operator_end(text, at) else { return };
    // In code an unquoted value is an expression mostly, and no type stands before what is none.
    let bare = taste == Taste::Code && !may_be_quoted(text, after);
    let Some(name) = name_before(rules, text, at, bare) else { return };
    let Some(rule) = rule_for(rules, stem(&name)) else { return };
    if taste != Taste::Redact && public::is_public(text, at) {
        return;
    }
    let given = Given { rules, rule, name: &name, text, taste, most: 1.0 };
    value::propose(&given, after, found);
}

/// Proposes the value after a command-line option that starts at `at`, with its dashes.
pub(crate) fn option_value(rules: &RuleSet, text: &[u8], at: usize, taste: Taste) -> Option<Assigned> {
    let dashes = text[at..].iter().take(2).take_while(|&&byte| byte == b'-').count();
    let start = at + dashes;
    let tail = &text[start..text.len().min(start + LONGEST_NAME)];
    let length = tail.iter().position(|&byte| !is_name(byte))?;
    // `--token=value` is an assignment already.
    if length == 0 || !matches!(tail[length], b' ' | b'\0') {
        return None;
    }
    let name = fold_name(&tail[..length]);
    let rule = rule_for(rules, &name)?;
    let (value, quoted) = value::value_at(text, start + length + 1, Taste::Redact, false)?;
    let word = &text[value.clone()];
    if word.starts_with(b"-") || (!quoted && taste != Taste::Redact && prose::goes_on(word)) {
        return None;
    }
    let own = rules.option?;
    let given = Given { rules, rule, name: &name, text, taste, most: rules.rules[own].score };
    given.propose(value, quoted).map(|set| Assigned { rule: own, ..set })
}

impl Rule {
    /// Header values hold a scheme and a credential, with a blank between them.
    pub(crate) fn is_header(&self) -> bool {
        &*self.id == "auth-header"
    }
}

/// Where the value may start, or `None` when this byte is no assignment (`==`, `!=`, `::`, `://`).
fn operator_end(text: &[u8], at: usize) -> Option<usize> {
    let next = text.get(at + 1).copied()?;
    if text[at] == b':' {
        return if matches!(next, b':' | b'/' | b'=') { None } else { Some(at + 1) };
    }
    let previous = at.checked_sub(1).map_or(b' ', |i| text[i]);
    match (previous, next) {
        (b'=' | b'!' | b'<' | b'>' | b'~' | b'+', _) | (_, b'=' | b'~') => None,
        (_, b'>') => Some(at + 2),
        _ => Some(at + 1),
    }
}

/// Whether a type, or a name before it, may hold this byte.
fn is_of_type(byte: u8) -> bool {
    is_name(byte) || matches!(byte, b' ' | b':' | b'&' | b'\'' | b'<' | b'>' | b'[' | b']' | b'?')
}

/// Whether a quote stands where the value begins, or shortly behind that.
fn may_be_quoted(text: &[u8], after: usize) -> bool {
    let value = &text[after..text.len().min(after + 18)];
    let blanks = value.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t' | b'\0')).count();
    // The quote of `r#"…"#` is the third byte.
    value[blanks..].iter().take(3).any(|byte| matches!(byte, b'"' | b'\'' | b'`'))
}

/// The same behind the operator at `at`, whichever it is, told from four bytes: never wrong when it says no.
#[inline]
fn may_quote_behind(text: &[u8], at: usize) -> bool {
    let Some(behind) = text[at + 1..].first_chunk::<4>() else { return true };
    let [a, b, c, d] = behind.map(|byte| BEHIND[usize::from(byte)]);
    (a | b | c | d) & QUOTE != 0 || (a & b | b & c) & BLANK != 0
}

const QUOTE: u8 = 1;
const BLANK: u8 = 2;
/// What may stand behind an operator before a value.
static BEHIND: [u8; 256] = {
    let mut behind = [0; 256];
    behind[b'"' as usize] = QUOTE;
    behind[b'\'' as usize] = QUOTE;
    behind[b'`' as usize] = QUOTE;
    behind[b' ' as usize] = BLANK;
    behind[b'\t' as usize] = BLANK;
    behind[0] = BLANK;
    behind
};

/// Whether a name may hold this byte; letters of other languages are of several.
pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$') || byte >= 0x80
}

/// The name before the operator in lower case, without what joins its words; `None` unless a rule could want it.
fn name_before(rules: &RuleSet, text: &[u8], at: usize, bare: bool) -> Option<Vec<u8>> {
    let floor = at.saturating_sub(LONGEST_NAME);
    let mut end = at;
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b':' | b'?' | b'|');
    while end > floor && blank(text[end - 1]) {
        end -= 1;
    }
    // `key[16] = …` in languages of that kind.
    if text[floor..end].ends_with(b"]") {
        let size = text[floor..end - 1].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        if text[floor..end - 1 - size].ends_with(b"[") {
            end -= size + 2;
        }
    }
    while end > floor && matches!(text[end - 1], b'"' | b'\'' | b'`' | b']' | b')' | b'\\' | b'*') {
        end -= 1;
    }
    if let Some(name) = pair::partner(text, end) {
        return Some(fold_name(name));
    }
    let direct = name_ending(rules, text, end, floor);
    if direct.is_some() || bare || text[at] == b':' {
        return direct;
    }
    // `let key: &str = …`, `apiKey string = …`: the name stands before its type.
    let line = text[floor..end].iter().rposition(|&byte| byte == b'\n').map_or(floor, |i| floor + i + 1);
    let typed = &text[line..end];
    let start = typed.iter().rposition(|&byte| !is_of_type(byte)).map_or(0, |i| i + 1);
    let typed = &typed[start..];
    // `Dim key As String = …`
    let word = typed.trim_ascii_end().iter().rposition(|byte| *byte == b' ').unwrap_or(0);
    let typed = typed[..word].strip_suffix(b" As").map_or(typed, |name| &typed[..=name.len()]);
    let split = typed
        .iter()
        .rposition(|&byte| byte == b':')
        .or_else(|| typed.iter().rposition(|&byte| byte == b' '))?;
    let mut end = line + start + split;
    while end > floor && matches!(text[end - 1], b' ' | b'?') {
        end -= 1;
    }
    name_ending(rules, text, end, floor)
}

/// The folded name that ends at `end`, when its last byte is the last of some word.
pub(crate) fn name_ending(rules: &RuleSet, text: &[u8], end: usize, floor: usize) -> Option<Vec<u8>> {
    let mut last = end;
    let joint = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    while last > floor && joint(text[last - 1]) {
        last -= 1;
    }
    if !rules.may_end_a_name(&text[floor..last]) {
        return None;
    }
    let ends = |last: usize| rules.ends_with_a_word(&text[floor..last]);
    if !ends(last) {
        // What `stem` takes off.
        let part = &text[floor..last];
        let tail = tails(*part.last()?).iter().find(|tail| {
            part.len() > tail.len() && part[part.len() - tail.len()..].eq_ignore_ascii_case(tail)
        })?;
        last -= tail.len();
        while last > floor && joint(text[last - 1]) {
            last -= 1;
        }
        if !ends(last) {
            return None;
        }
    }
    let start = text[floor..last].iter().rposition(|&byte| !is_name(byte)).map_or(floor, |i| floor + i + 1);
    Some(fold_name(&text[start..last]))
}

/// The name in lower case, without what joins its words.
pub(crate) fn fold_name(name: &[u8]) -> Vec<u8> {
    let kept = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte >= 0x80;
    name.iter().filter(kept).map(u8::to_ascii_lowercase).collect()
}

/// What the end of a name may say without changing what it holds; those with the same last letter stand together.
pub(crate) const TAILS: [&[u8]; 12] = [
    b"old", b"value", b"byte", b"string", b"str", b"bytes", b"s", b"text", b"repeat", b"default", b"new",
    b"hex",
];

/// Which of them end with each letter.
const BY_LAST: [(usize, usize); 26] = {
    let mut by_last = [(0, 0); 26];
    let mut at = 0;
    while at < TAILS.len() {
        let (_, before) = by_last[last_letter(TAILS[at])];
        let first = if before == 0 { at } else { by_last[last_letter(TAILS[at])].0 };
        by_last[last_letter(TAILS[at])] = (first, at + 1);
        at += 1;
    }
    by_last
};

const fn last_letter(tail: &[u8]) -> usize {
    (tail[tail.len() - 1] - b'a') as usize
}

/// The tails that end with this letter, whatever its case.
fn tails(letter: u8) -> &'static [&'static [u8]] {
    let letter = usize::from((letter | 0x20).wrapping_sub(b'a'));
    BY_LAST.get(letter).map_or(&[], |&(first, end)| &TAILS[first..end])
}

/// The folded name without what says nothing of what it holds: numbers, `value`, `string`, and an `s` for many.
pub(crate) fn stem(name: &[u8]) -> &[u8] {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let name = &name[..name.len() - digits];
    let plain = TAILS.iter().find_map(|tail| name.strip_suffix(*tail)).filter(|rest| rest.len() > 2);
    plain.filter(|rest| !rest.ends_with(b"s")).unwrap_or(name)
}

/// The assignment rule with the longest word that the name ends with.
pub(crate) fn rule_for(rules: &RuleSet, name: &[u8]) -> Option<usize> {
    rules.names.rule(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::rule::builtin;

    /// As the sweep counts it, but one byte after the other.
    fn gap(text: &[u8], at: usize) -> usize {
        let is_gap = |byte: &&u8| byte.is_ascii_digit() || b"\t \"')*:?[\\]_`|".contains(byte);
        text[..at].iter().rev().take(MOST_GAP).take_while(is_gap).count()
    }

    proptest! {
        #[test]
        fn what_is_not_looked_at_proposes_nothing(
            parts in proptest::collection::vec(
                (
                    "[ \t\n(;{,]{0,2}",
                    "[a-z_.-]{0,4}(password|pw|secret|API_KEY|token|Value|default|clé|пароль|name|str)?[0-9_s]{0,2}",
                    "[]\"' :?|)*0-9\\[]{0,3}(: &?str|: String|  |string| As String)?",
                    "(=|:|=>|:=|://) {0,3}[\"'`bNr#]{0,3}[a-z0-9]{0,12}[\"'`]?",
                ),
                1..6,
            ),
            taste in 0..3_usize,
        ) {
            let rules = builtin();
            let taste = [Taste::Code, Taste::Text, Taste::Redact][taste];
            let text: String = parts.iter().flat_map(|(a, b, c, d)| [a, b, c, d].map(String::as_str)).collect();
            let text = text.as_bytes();
            for (at, _) in text.iter().enumerate().filter(|(_, byte)| b"=:".contains(byte)) {
                if may_assign(rules, text, at, gap(text, at), taste) {
                    continue;
                }
                let mut found = Vec::new();
                assignment(rules, text, at, taste, &mut found);
                prop_assert!(found.is_empty(), "{:?} at {at}", String::from_utf8_lossy(text));
            }
        }
    }
}
