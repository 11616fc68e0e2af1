//! The token of a line that surprises most. Pure.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use crate::scan::entropy::{self, Surprise, surprise};
use crate::scan::matcher::{is_readable, is_uuid, reads_like_a_path};
use crate::scan::token::{is_mixed, is_token, runs};

/// The shortest token that is listed: shorter ones can't be told from words by their entropy.
const SHORTEST: usize = 20;
/// From which likeness to a random string on a token is listed.
const LEAST: f64 = 0.65;
/// A token from this length on is random when it comes this near to what chance gives, however its digits fall.
const LONG: usize = 32;
const LEAST_LONG: f64 = 0.93;
/// How near hex digits come to what chance gives, as a share; what is below counts, or repeats.
const LEAST_HEX: f64 = 0.85;
/// How much of what stands before a token belongs to the shape of its line.
const BEFORE: usize = 24;

/// A token that looks random.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) place: Range<usize>,
    pub(crate) surprise: Surprise,
    pub(crate) is_hex: bool,
}

/// The most surprising token of those that begin in `part`; they end where `seen` ends at the latest.
pub(crate) fn best(text: &[u8], part: Range<usize>, seen: usize) -> Option<Token> {
    let mut best: Option<Token> = None;
    for run in runs(&text[part.start..seen]) {
        let run = part.start + run.start..part.start + run.end;
        if run.start >= part.end {
            break;
        }
        // The window before has seen the whole of it, or as much of it as anybody does.
        let goes_on = run.start == part.start && run.start > 0 && is_token(text[run.start - 1]);
        let Some(token) = (!goes_on).then(|| judged(text, run)).flatten() else { continue };
        if best.as_ref().is_none_or(|best| token.surprise.excess() > best.surprise.excess()) {
            best = Some(token);
        }
    }
    best
}

/// A run of token bytes as the value it holds, when that looks random.
fn judged(text: &[u8], run: Range<usize>) -> Option<Token> {
    let place = value(text, run);
    let token = &text[place.clone()];
    if token.len() < SHORTEST || !is_mixed(token) {
        return None;
    }
    let (is_hex, surprise) = (entropy::is_hex(token), surprise(token));
    let is_random = match () {
        () if is_uuid(token) => true,
        () if is_hex => surprise.bits >= LEAST_HEX * surprise.expected,
        () if reads_like_a_path(token) || is_readable(token) => false,
        // What counts up is likely to be nothing at all.
        () if surprise.likely == 0.0 => false,
        () if token.len() >= LONG && surprise.bits >= LEAST_LONG * surprise.expected => true,
        () => surprise.likely >= LEAST,
    };
    is_random.then_some(Token { place, surprise, is_hex })
}

/// `name=value` and `sha512-value` are one run: what counts is the value, without the padding of base64.
fn value(text: &[u8], run: Range<usize>) -> Range<usize> {
    let word = &text[run.clone()];
    let padding = word.iter().rev().take_while(|&&byte| byte == b'=').count();
    let body = &word[..word.len() - padding];
    let named = body.iter().rposition(|&byte| byte == b'=').map_or(0, |at| at + 1);
    let hashed = algorithm(&body[named..]).map_or(0, |(name, _)| name.len() + 1);
    run.start + named + hashed..run.end - padding
}

/// The hash function that a token begins with, as in `sha512-…`, and its bits.
pub(crate) fn algorithm(token: &[u8]) -> Option<(&'static str, usize)> {
    const KNOWN: [(&str, usize); 5] =
        [("sha1", 160), ("sha256", 256), ("sha384", 384), ("sha512", 512), ("md5", 128)];
    KNOWN
        .into_iter()
        .find(|(name, _)| token.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'-')))
}

/// What lines of one kind have in common: what stands before the token, its length and what it is made of.
pub(crate) fn shape(before: &[u8], token: &[u8], is_hex: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut was_digit = false;
    for &byte in before.trim_ascii_start().iter().rev().take(BEFORE) {
        // Numbers differ from line to line, in their length too.
        let is_digit = byte.is_ascii_digit();
        if !(is_digit && was_digit) {
            if is_digit { b'0' } else { byte }.hash(&mut hasher);
        }
        was_digit = is_digit;
    }
    (token.len(), is_hex).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        best(text.as_bytes(), 0..text.len(), text.len()).map(|token| &text[token.place])
    }

    #[test]
    fn the_most_surprising_token_stands_for_its_line() {
        for (line, expected) in [
            ("plain words and numbers 1234567890", None),
            ("let path = \"src/session/scan_job_2.rs\";", None),
            (
                "x = \"q8Zr2mT0xW5nB7vK1cJ9dL4h\" # and aaaaaaaaaaaaaaaaaaaaaaaa1",
                Some("q8Zr2mT0xW5nB7vK1cJ9dL4h"),
            ),
            ("TOKEN=q8Zr2mT0xW5nB7vK1cJ9dL4h==", Some("q8Zr2mT0xW5nB7vK1cJ9dL4h")),
            (
                "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
                Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
            ),
            ("\"integrity\": \"sha512-q8Zr2mT0xW5nB7vK1cJ9dL4h\"", Some("q8Zr2mT0xW5nB7vK1cJ9dL4h")),
            ("id 3f2c8a10-77aa-4b1e-9d52-0c6b7b2f1e11", Some("3f2c8a10-77aa-4b1e-9d52-0c6b7b2f1e11")),
            ("00000000000000000000000000000000000000a1", None),
            ("\"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\"", None),
        ] {
            assert_eq!(found(line), expected, "{line}");
        }
    }

    #[test]
    fn a_token_is_met_once_wherever_a_window_ends() {
        let text = b"x q8Zr2mT0xW5nB7vK1cJ9dL4h y";
        for cut in 1..text.len() {
            let first = best(text, 0..cut, text.len());
            let second = best(text, cut..text.len(), text.len());
            assert_eq!(usize::from(first.is_some()) + usize::from(second.is_some()), 1, "{cut}");
        }
    }
}
