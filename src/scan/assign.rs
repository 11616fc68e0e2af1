//! Values given to names: `password = "…"`, `api_key: …`, `Authorization: …`, `--token …`.
//!
//! The operator is found first, since `=` and `:` are rarer than letters; then the name before it is compared with
//! the words of the rules, and only then the value is looked at. All steps are bounded, so a line of any length
//! takes linear time. What a value must look like depends on the word and on where it stands: see [`worth`].

use std::ops::Range;

use super::entropy::{self, surprise};
use super::placeholder::is_placeholder;
use super::rule::{Rule, RuleSet};
use super::token::is_mixed;

/// The longest name and the longest value that are looked at.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 512;

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

/// A value that a name says is secret.
pub(crate) struct Assigned {
    pub(crate) value: Range<usize>,
    pub(crate) rule: usize,
    pub(crate) score: f64,
}

/// Judges the assignment whose operator, `=` or `:`, stands at `at`.
pub(crate) fn assignment(rules: &RuleSet, text: &[u8], at: usize, taste: Taste) -> Option<Assigned> {
    let after = operator_end(text, at)?;
    // In code an unquoted value is an expression, but for those of headers, and no type stands before these.
    let bare = taste == Taste::Code && !may_be_quoted(text, after);
    let name = name_before(rules, text, at, bare)?;
    let index = rule_for(rules, &name)?;
    let rule = &rules.rules[index];
    let (value, quoted) = value_at(text, after, taste, rule.is_header())?;
    if !quoted && taste == Taste::Code && !rule.is_header() {
        return None;
    }
    let (value, score) = worth(rule, text, value, quoted, &name, taste)?;
    Some(Assigned { value, rule: index, score })
}

/// Judges the value after a command-line option that starts at `at`, with its dashes.
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
    let word = rule_for(rules, &name)?;
    let (value, quoted) = value_at(text, start + length + 1, Taste::Redact, false)?;
    if text[value.clone()].starts_with(b"-") {
        return None;
    }
    let rule = &rules.rules[word];
    let (value, score) = worth(rule, text, value, quoted, &name, taste)?;
    let rule = rules.option?;
    Some(Assigned { value, rule, score: score.min(rules.rules[rule].score) })
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

/// Whether a quote stands where the value begins, or shortly behind that.
fn may_be_quoted(text: &[u8], after: usize) -> bool {
    let value = &text[after..text.len().min(after + 18)];
    let blanks = value.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t' | b'\0')).count();
    value[blanks..].iter().take(2).any(|byte| matches!(byte, b'"' | b'\'' | b'`'))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// The name before the operator in lower case, without what joins its words; `None` unless a rule could want it.
fn name_before(rules: &RuleSet, text: &[u8], at: usize, bare: bool) -> Option<Vec<u8>> {
    let floor = at.saturating_sub(LONGEST_NAME);
    let mut end = at;
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b':' | b'?' | b'|');
    while end > floor && blank(text[end - 1]) {
        end -= 1;
    }
    while end > floor && matches!(text[end - 1], b'"' | b'\'' | b'`' | b']' | b')' | b'\\' | b'*') {
        end -= 1;
    }
    let direct = name_ending(rules, text, end, floor, bare);
    if direct.is_some() || bare || text[at] == b':' {
        return direct;
    }
    // `let key: &str = …`, `apiKey string = …`: the name stands before its type.
    let line = text[floor..end].iter().rposition(|&byte| byte == b'\n').map_or(floor, |i| floor + i + 1);
    let typed = &text[line..end];
    let kind = |byte: u8| {
        is_name(byte) || matches!(byte, b' ' | b':' | b'&' | b'\'' | b'<' | b'>' | b'[' | b']' | b'?')
    };
    let start = typed.iter().rposition(|&byte| !kind(byte)).map_or(0, |i| i + 1);
    let typed = &typed[start..];
    let split = typed
        .iter()
        .rposition(|&byte| byte == b':')
        .or_else(|| typed.iter().rposition(|&byte| byte == b' '))?;
    let mut end = line + start + split;
    while end > floor && matches!(text[end - 1], b' ' | b'?') {
        end -= 1;
    }
    name_ending(rules, text, end, floor, bare)
}

/// The folded name that ends at `end`, when its last byte is the last of some word.
fn name_ending(rules: &RuleSet, text: &[u8], mut end: usize, floor: usize, bare: bool) -> Option<Vec<u8>> {
    while end > floor && (text[end - 1].is_ascii_digit() || text[end - 1] == b'_') {
        end -= 1;
    }
    if !rules.may_end_a_word(&text[floor..end], bare) {
        return None;
    }
    let start = text[floor..end].iter().rposition(|&byte| !is_name(byte)).map_or(floor, |i| floor + i + 1);
    let name = fold_name(&text[start..end]);
    Some(name)
}

fn fold_name(name: &[u8]) -> Vec<u8> {
    name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// The assignment rule with the longest word that the name ends with.
fn rule_for(rules: &RuleSet, name: &[u8]) -> Option<usize> {
    let ends = |words: &[&str]| {
        let fits = |word: &&&str| name.ends_with(word.as_bytes());
        words.iter().filter(fits).map(|word| word.len()).max()
    };
    let wanted = |&&index: &&usize| ends(&rules.rules[index].words).is_some();
    let best =
        rules.assignments.iter().filter(wanted).max_by_key(|&&index| ends(&rules.rules[index].words))?;
    let excepted = rules.assignments.iter().any(|&index| ends(&rules.rules[index].except).is_some());
    if excepted { None } else { Some(*best) }
}

/// The value that starts at or shortly after `from`, without its quotes, and whether it had any.
fn value_at(text: &[u8], from: usize, taste: Taste, header: bool) -> Option<(Range<usize>, bool)> {
    let ceiling = text.len().min(from + LONGEST_VALUE);
    let mut start = from;
    while start < ceiling && start < from + 16 && matches!(text[start], b' ' | b'\t' | b'\0') {
        start += 1;
    }
    // String prefixes of Python, Rust, C# and C++, and a quote that is itself quoted.
    if matches!(text.get(start)?, b'b' | b'r' | b'f' | b'u' | b'L' | b'@' | b'\\')
        && matches!(text.get(start + 1), Some(b'"' | b'\''))
    {
        start += 1;
    }
    let escaped = start > from && text[start - 1] == b'\\';
    let quote = *text.get(start)?;
    if matches!(quote, b'"' | b'\'' | b'`') {
        start += 1;
        let tail = text.get(start..ceiling)?;
        let stop = if escaped { b'\\' } else { quote };
        let length = tail.iter().position(|&byte| byte == stop || byte == b'\n');
        // An unclosed quote in text to be redacted may have lost its end: all of it is hidden.
        let length = if taste == Taste::Redact { length.unwrap_or(tail.len()) } else { length? };
        let closed = tail.get(length) == Some(&stop);
        return if closed || taste == Taste::Redact { Some((start..start + length, true)) } else { None };
    }
    let tail = text.get(start..ceiling)?;
    let stops = |byte: u8| {
        let blank =
            if header { matches!(byte, b'\n' | b'\r') } else { byte.is_ascii_whitespace() || byte == 0 };
        blank
            || matches!(byte, b'"' | b'\'' | b'`' | b'<')
            || (!header && matches!(byte, b',' | b';' | b')' | b'}' | b']' | b'&'))
    };
    let length = tail.iter().position(|&byte| stops(byte)).unwrap_or(tail.len());
    Some((start..start + length, false))
}

/// What is secret in the value, and the score of that; `None` when it is a placeholder, a reference or too weak.
fn worth(
    rule: &Rule,
    text: &[u8],
    value: Range<usize>,
    quoted: bool,
    name: &[u8],
    taste: Taste,
) -> Option<(Range<usize>, f64)> {
    let value = if rule.is_header() { credential(text, value) } else { value };
    let secret = &text[value.clone()];
    if secret.is_empty() || is_placeholder(secret, name, taste == Taste::Redact) {
        return None;
    }
    let length = secret.len();
    if taste == Taste::Redact {
        let shown = match &*rule.id {
            "password-assignment" => false,
            "key-assignment" => length < 12 || !is_mixed(secret),
            "auth-header" => length < 4,
            // Counts of tokens are the bread of progress lines.
            _ => length < 4 || secret.iter().all(|&byte| byte.is_ascii_digit() || byte == b'.'),
        };
        return if shown { None } else { Some((value, rule.score)) };
    }
    if secret.iter().any(u8::is_ascii_whitespace) || secret.contains(&b'(') {
        return None;
    }
    let mixed = is_mixed(secret);
    let score = match &*rule.id {
        // A URL is judged by its own rule: the password is a part of it at most.
        "password-assignment" if memchr::memmem::find(secret, b"://").is_some() => return None,
        "password-assignment" => password_score(rule.score, secret, mixed, quoted)?,
        "key-assignment" if length >= 20 && mixed && surprise(secret).likely > 0.5 => {
            // A signature speaks for one request, for minutes mostly; nothing else can be signed with it.
            if name.ends_with(b"signature") { 0.35 } else { rule.score }
        }
        "secret-assignment" if length >= 16 && mixed => {
            let strong = length >= 20 && entropy::bits(secret) >= 3.0;
            // Paths, versions and dotted names hold digits too; chance looks different.
            if surprise(secret).likely < 0.35 && !entropy::is_hex(secret) {
                return if reads_like_a_path(secret) { None } else { Some((value, 0.35)) };
            }
            if strong { rule.score + 0.05 } else { 0.6 }
        }
        "secret-assignment" if length >= 8 && mixed && !reads_like_a_path(secret) => 0.35,
        // A cookie may be anything; only `name=value` looks like a session.
        "auth-header" if name.ends_with(b"cookie") && !secret.contains(&b'=') => return None,
        // `Authorization: PRESENCE_0` in code names a type.
        "auth-header" if !quoted && is_identifier(secret) => return None,
        "auth-header" if length >= 16 && entropy::bits(secret) > 3.0 && mixed => rule.score,
        _ => return None,
    };
    Some((value, score))
}

fn password_score(base: f64, secret: &[u8], mixed: bool, quoted: bool) -> Option<f64> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match secret.len() {
        0..4 => None,
        length if length >= 8 && mixed => Some(base),
        length if length >= 8 && !secret.iter().all(plain) => {
            Some(if reads_like_a_path(secret) { 0.2 } else { 0.4 })
        }
        length if length >= 6 && mixed => Some(0.4),
        _ if secret.iter().all(u8::is_ascii_alphabetic) => Some(if quoted { 0.25 } else { 0.3 }),
        _ => Some(0.2),
    }
}

/// Dotted names, paths and URLs are where a secret is kept, not the secret.
fn reads_like_a_path(secret: &[u8]) -> bool {
    let joints = secret.iter().filter(|&&byte| matches!(byte, b'.' | b'/' | b':' | b'\\')).count();
    joints >= 1 && secret.len() < 20 * (joints + 1)
}

/// Words of capitals that are joined: a constant or a type of another language.
fn is_identifier(secret: &[u8]) -> bool {
    // The value of a header goes on to the end of its line.
    let secret = secret.strip_suffix(b",").or_else(|| secret.strip_suffix(b";")).unwrap_or(secret);
    secret.contains(&b'_')
        && secret.iter().all(|&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The credential of a header value: what follows `Bearer`, `Basic` and their like.
fn credential(text: &[u8], value: Range<usize>) -> Range<usize> {
    const SCHEMES: [&[u8]; 9] =
        [b"bearer", b"basic", b"token", b"digest", b"ntlm", b"negotiate", b"apikey", b"ssws", b"key"];
    let header = &text[value.clone()];
    let first = header.iter().position(|&byte| byte == b' ').unwrap_or(0);
    if SCHEMES.iter().any(|scheme| header[..first].eq_ignore_ascii_case(scheme)) {
        let blanks = header[first..].iter().take_while(|&&byte| byte == b' ').count();
        return value.start + first + blanks..value.end;
    }
    value
}
