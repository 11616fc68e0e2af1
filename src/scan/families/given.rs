//! A value that a name says is secret: what is surely none is refused, all else is proposed with its first score.

use std::ops::Range;

use super::public;
use crate::scan::assign::Taste;
use crate::scan::entropy::{self, surprise};
use crate::scan::matcher::is_uuid;
use crate::scan::placeholder::{is_expression, is_placeholder, is_weak};
use crate::scan::rule::{Rule, RuleSet};
use crate::scan::token::is_mixed;

/// The score of what no rule of thumb speaks for.
const WEAK: f64 = 0.1;

/// A value that a name says is secret.
pub(crate) struct Assigned {
    pub(crate) value: Range<usize>,
    pub(crate) rule: usize,
    pub(crate) score: f64,
}

/// What a name says about the values beside it.
pub(crate) struct Given<'a> {
    pub(crate) rules: &'a RuleSet,
    /// The rule of the name.
    pub(crate) rule: usize,
    /// The name, folded.
    pub(crate) name: &'a [u8],
    pub(crate) text: &'a [u8],
    pub(crate) taste: Taste,
    /// The most that a value may score, whatever it looks like.
    pub(crate) most: f64,
}

impl Given<'_> {
    fn rule(&self) -> &Rule {
        &self.rules.rules[self.rule]
    }

    /// Whether the value is that of a header, which goes on to the end of the line.
    pub(crate) fn is_header(&self) -> bool {
        self.rule().is_header()
    }

    /// Whether a rule for passwords speaks.
    pub(crate) fn is_password(&self) -> bool {
        &*self.rule().id == "password-assignment"
    }

    /// Proposes this value, unless it is surely no secret.
    pub(crate) fn propose(&self, value: Range<usize>, quoted: bool) -> Option<Assigned> {
        let rule = self.rule();
        let value = if rule.is_header() { credential(self.text, value) } else { value };
        let secret = &self.text[value.clone()];
        let redacting = self.taste == Taste::Redact;
        if secret.is_empty()
            || is_placeholder(secret, self.name, redacting)
            || (!quoted && !redacting && is_expression(secret))
        {
            return None;
        }
        let score = if redacting {
            if is_shown(rule, secret) {
                return None;
            }
            rule.score
        } else {
            first_score(rule, self.name, secret, quoted)?
        };
        Some(Assigned { value, rule: self.rule, score: score.min(self.most) })
    }
}

/// What redaction leaves readable, whatever its name.
fn is_shown(rule: &Rule, secret: &[u8]) -> bool {
    let length = secret.len();
    match &*rule.id {
        "password-assignment" => false,
        "key-assignment" => length < 12 || !is_mixed(secret),
        "auth-header" => length < 4,
        // Counts of tokens are the bread of progress lines.
        _ => length < 4 || secret.iter().all(|&byte| byte.is_ascii_digit() || byte == b'.'),
    }
}

/// What name and value alone tell; `None` when the value is surely no secret.
fn first_score(rule: &Rule, name: &[u8], secret: &[u8], quoted: bool) -> Option<f64> {
    let is_password = &*rule.id == "password-assignment";
    if secret.iter().any(u8::is_ascii_whitespace) {
        return (is_password && quoted && is_passphrase(secret)).then_some(WEAK / 2.0);
    }
    // A URL is judged by its own rule: the password is a part of it at most.
    let is_url = memchr::memmem::find(secret, b"://").is_some();
    if is_url || is_call(secret, quoted) || (!quoted && is_member(secret, name)) {
        return None;
    }
    let (length, mixed) = (secret.len(), is_mixed(secret));
    if is_weak(secret) {
        // Counts and limits have fewer digits than a token that is a number.
        let may_be = is_password || (length >= 7 && secret[0].is_ascii_digit());
        return may_be.then_some(WEAK / 2.0);
    }
    let score = match &*rule.id {
        "secret-assignment" | "key-assignment" if is_uuid(secret) && public::is_of_a_request(name) => {
            return None;
        }
        "password-assignment" => password_score(rule.score, secret, mixed, quoted),
        "key-assignment" if length >= 20 && mixed && surprise(secret).likely > 0.5 => {
            // A signature speaks for one request, for minutes mostly; nothing else can be signed with it.
            if name.ends_with(b"signature") { 0.35 } else { rule.score }
        }
        // `key: 'word'` is everywhere, and next to never a secret.
        "key-assignment" if is_word(secret) && (name.len() <= 4 || length < 8) => return None,
        "secret-assignment" if length >= 16 && mixed => {
            let strong = length >= 20 && entropy::bits(secret) >= 3.0;
            // Paths, versions and dotted names hold digits too; chance looks different.
            if surprise(secret).likely < 0.35 && !entropy::is_hex(secret) {
                return Some(if reads_like_a_path(secret) { WEAK } else { 0.35 });
            }
            if strong { rule.score + 0.05 } else { 0.6 }
        }
        "secret-assignment" if length >= 8 && mixed && !reads_like_a_path(secret) => 0.35,
        // A cookie may be anything; only `name=value` looks like a session.
        "auth-header" if name.ends_with(b"cookie") && !secret.contains(&b'=') => return None,
        // `Authorization: PRESENCE_0` in code names a type.
        "auth-header" if !quoted && is_identifier(secret) => return None,
        "auth-header" if length >= 16 && entropy::bits(secret) > 3.0 && mixed => rule.score,
        "auth-header" if length < 8 => return None,
        _ if length < 4 => return None,
        _ => WEAK,
    };
    Some(score)
}

fn password_score(base: f64, secret: &[u8], mixed: bool, quoted: bool) -> f64 {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match secret.len() {
        0..4 => WEAK,
        length if length >= 8 && mixed && !secret.contains(&b'(') => base,
        length if length >= 8 && !secret.iter().all(plain) => {
            if reads_like_a_path(secret) {
                0.2
            } else {
                0.4
            }
        }
        length if length >= 6 && mixed => 0.4,
        _ if secret.iter().all(u8::is_ascii_alphabetic) => {
            if quoted {
                0.25
            } else {
                0.3
            }
        }
        _ => 0.2,
    }
}

/// Words that tell a sentence about passwords from a password of several words.
const PROSE: [&[u8]; 26] = [
    b"password",
    b"passwords",
    b"your",
    b"the",
    b"a",
    b"an",
    b"is",
    b"are",
    b"to",
    b"for",
    b"of",
    b"or",
    b"and",
    b"not",
    b"must",
    b"please",
    b"enter",
    b"new",
    b"old",
    b"confirm",
    b"forgot",
    b"reset",
    b"invalid",
    b"wrong",
    b"in",
    b"with",
];

/// A few words, none of which belongs into a sentence about passwords.
fn is_passphrase(secret: &[u8]) -> bool {
    let mut words = secret.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_prose = |word: &[u8]| PROSE.iter().any(|prose| word.eq_ignore_ascii_case(prose));
    secret.len() <= 64 && words.clone().count() <= 5 && !words.any(is_prose)
}

/// `f(x)`, and not a quoted password that holds a bracket.
fn is_call(secret: &[u8], quoted: bool) -> bool {
    let Some(open) = memchr::memchr(b'(', secret) else { return false };
    let callee = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:$>-".contains(byte);
    !quoted || (open > 0 && secret[..open].iter().all(callee) && secret.ends_with(b")"))
}

/// `var.db_password`: a value of this name that is kept elsewhere.
fn is_member(secret: &[u8], name: &[u8]) -> bool {
    let Some(dot) = memchr::memrchr(b'.', secret).filter(|&dot| dot > 0) else { return false };
    let letters = secret[dot + 1..].iter().rev().filter(|byte| byte.is_ascii_alphanumeric());
    let shared = letters.zip(name.iter().rev()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    shared >= 3 && secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

/// A word, or several that are joined.
fn is_word(secret: &[u8]) -> bool {
    secret.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-.:/".contains(byte))
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
    // A header of a command goes on in its next line.
    let length = header.trim_ascii_end().strip_suffix(b" \\").map_or(header.len(), <[u8]>::len);
    value.start..value.start + length
}
