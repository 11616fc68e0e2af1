//! Credentials in URLs: `scheme://user:password@host`, and `https://token@host`.

use std::ops::Range;

use super::placeholder::is_placeholder;
use super::token::is_mixed;

/// The longest user and password that are looked at.
const LONGEST: usize = 300;

/// Judges the URL whose colon, the one before `//`, stands at `at`; gives the secret part and a score.
pub(crate) fn credentials(text: &[u8], at: usize, base: f64, redacting: bool) -> Option<(Range<usize>, f64)> {
    if !text[at..].starts_with(b"://") || at == 0 || !text[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let start = at + 3;
    let tail = &text[start..text.len().min(start + LONGEST)];
    let stops = |byte: u8| {
        byte <= b' ' || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b')')
    };
    // A password may hold an `@` although it should not: as in a browser, the last one before the path counts.
    let authority = &tail[..tail.iter().position(|&byte| stops(byte)).unwrap_or(tail.len())];
    // A comma behind a first `@` parts the hosts of a cluster.
    let first = memchr::memchr(b'@', authority)?;
    let list = memchr::memchr(b',', &authority[first..]).map_or(authority.len(), |i| first + i);
    let end = memchr::memrchr(b'@', &authority[..list])?;
    let host = tail.get(end + 1).copied().unwrap_or(b' ');
    let real_host = host.is_ascii_alphanumeric() || matches!(host, b'[' | b'$' | b'{' | b'_');
    let user_info = &tail[..end];
    let Some(colon) = user_info.iter().position(|&byte| byte == b':') else {
        let token = user_info.len() >= 16 && is_mixed(user_info) && !user_info.contains(&b'.');
        return if token && real_host { Some((start..start + end, base)) } else { None };
    };
    let secret = &user_info[colon + 1..];
    // Some hosts are formatted in; and a user whose password is its name is one.
    let is_user = secret == &user_info[..colon];
    if secret.is_empty() || is_placeholder(secret, if is_user { b"" } else { &user_info[..colon] }, redacting)
    {
        return None;
    }
    let span = start + colon + 1..start + end;
    if redacting {
        return Some((span, base));
    }
    // A host in these tells a sample or a local service from a leak.
    let rest = &text[start + end + 1..text.len().min(start + end + 60)];
    let weak = rest.starts_with(b"localhost")
        || rest.starts_with(b"127.")
        || rest.windows(8).take(30).any(|part| part == b"example.");
    let score = match secret.len() {
        _ if !real_host && host != b'%' => return None,
        _ if !real_host || is_user => 0.15,
        0..3 => 0.1,
        _ if weak => 0.3,
        length if length >= 8 && is_mixed(secret) => base,
        length if length >= 8 => 0.5,
        _ => 0.35,
    };
    Some((span, score))
}
