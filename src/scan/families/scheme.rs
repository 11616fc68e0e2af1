//! Credentials behind the name of an HTTP scheme, wherever they stand: `Bearer …`, `Basic …`, `NTLM …`.

use super::given::Assigned;
use super::value::LONGEST;
use crate::scan::assign::Taste;
use crate::scan::entropy;
use crate::scan::placeholder::is_placeholder;
use crate::scan::rule::RuleSet;
use crate::scan::token::is_mixed;
use crate::scan::validate::base64;

/// What is said for a short token, or one of letters.
const WEAK: f64 = 0.15;

/// The credential behind the scheme whose name begins at `at`.
pub(crate) fn credential(
    rules: &RuleSet,
    rule: usize,
    text: &[u8],
    at: usize,
    taste: Taste,
) -> Option<Assigned> {
    let tail = &text[at..text.len().min(at + LONGEST)];
    let name = tail.iter().position(|byte| !byte.is_ascii_alphabetic())?;
    let gap = tail[name..].iter().take_while(|&&byte| byte == b' ').count();
    let start = name + gap;
    let token = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=:".contains(byte);
    let length = tail[start..].iter().take_while(token).count();
    let secret = tail[start..start + length].trim_ascii_end();
    let secret = secret.strip_suffix(b".").unwrap_or(secret);
    if !(1..=2).contains(&gap) || secret.len() < 8 || secret.ends_with(b":") {
        return None;
    }
    let base = rules.rules[rule].score;
    let score = if tail[..name].eq_ignore_ascii_case(b"basic") {
        basic(secret, base)?
    } else {
        bearer(secret, base, taste)?
    };
    let score = if taste == Taste::Redact { base } else { score };
    Some(Assigned { value: at + start..at + start + secret.len(), rule, score })
}

/// A user and a password, when the token decodes to these.
fn basic(token: &[u8], base: f64) -> Option<f64> {
    let plain = base64(token);
    let colon = memchr::memchr(b':', &plain)?;
    let readable = plain.iter().filter(|byte| matches!(byte, b' '..=b'~')).count();
    let password = &plain[colon + 1..];
    if readable * 10 < plain.len() * 8 || password.is_empty() {
        return None;
    }
    Some(if is_placeholder(password, &plain[..colon], false) { WEAK } else { base })
}

fn bearer(token: &[u8], base: f64, taste: Taste) -> Option<f64> {
    if is_placeholder(token, b"", taste == Taste::Redact) {
        return None;
    }
    let mixed = is_mixed(token);
    // `Bearer authentication` is a word in a sentence.
    match token.len() {
        length if length >= 16 && mixed && entropy::bits(token) > 3.0 => Some(base),
        length if mixed || length >= 24 => Some(WEAK),
        _ => None,
    }
}
