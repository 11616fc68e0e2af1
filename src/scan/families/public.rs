//! Names that say secret of what is none: types, names of secrets, badges, numbers of requests. Pure.

/// How far before a value a URL or an ARN may begin.
const BACK: usize = 160;

/// Whether what is given at this operator is no secret, whatever the name before it says.
pub(crate) fn is_public(text: &[u8], operator: usize) -> bool {
    let before = &text[operator.saturating_sub(BACK)..operator];
    match text[operator] {
        b':' => names_a_secret(before) || is_type_path(before),
        _ => is_badge(before),
    }
}

/// `arn:aws:secretsmanager:eu-west-1:123:secret`, before the name of that secret.
fn names_a_secret(before: &[u8]) -> bool {
    let joins = |byte: &u8| byte.is_ascii_alphanumeric() || b":-_.*/${}".contains(byte);
    let start = before.iter().rposition(|byte| !joins(byte)).map_or(0, |at| at + 1);
    before[start..].starts_with(b"arn:")
}

/// `"AWS::ApiGateway::ApiKey"`, which names a type and what is known of it.
fn is_type_path(before: &[u8]) -> bool {
    let Some((b'"' | b'\'', path)) = before.trim_ascii_end().split_last() else { return false };
    let start = path.iter().rposition(|byte| !byte.is_ascii_alphanumeric() && *byte != b':');
    memchr::memmem::find(&path[start.map_or(0, |at| at + 1)..], b"::").is_some()
}

/// The token of a badge, which shows one picture to everybody: `…/badge.svg?token`.
fn is_badge(before: &[u8]) -> bool {
    let start = before.iter().rposition(|byte| byte.is_ascii_whitespace() || b"\"'()<>".contains(byte));
    let url = &before[start.map_or(0, |at| at + 1)..];
    let has = |part: &[u8]| memchr::memmem::find(url, part).is_some();
    has(b"?") && (has(b"badge") || has(b".svg?") || has(b"shields.io/"))
}

/// Whether a token of this name, as a UUID, only tells one request from another.
pub(super) fn is_of_a_request(name: &[u8]) -> bool {
    let kinds: [&[u8]; 6] = [
        b"clienttoken",
        b"requesttoken",
        b"locktoken",
        b"idempotencytoken",
        b"idempotencykey",
        b"creationtoken",
    ];
    kinds.iter().any(|kind| name.ends_with(kind))
}

/// Whether a value without quotes in code is the type of what it stands behind: `token: PWSTR,` and
/// `key: Seed32Bin<'_>` and `KEY: D3D11_KIND = 3`. Within a literal only the first of these is one for sure.
pub(super) fn is_type(text: &[u8], after: usize, value: &[u8], rest: &[u8], is_inside: bool) -> bool {
    let begins = value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    if !begins || !text[..after].ends_with(b":") {
        return false;
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_loud = value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    let is_joined = !is_inside && value.contains(&b'_') && value.iter().all(is_name);
    match rest.trim_ascii_start() {
        [b',' | b')' | b';', ..] => is_loud || is_joined,
        [b'<', next, ..] => !is_inside && (next.is_ascii_uppercase() || b"'_&[".contains(next)),
        [b'=', ..] => !is_inside,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_everybody_may_know() {
        for text in [
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
            "\"AWS::ApiGateway::ApiKey\":",
            "https://codecov.io/gh/a/b/branch/main/graph/badge.svg?token=",
            "(https://img.shields.io/codecov/c/github/a/b?logo=codecov&token=",
        ] {
            assert!(is_public(text.as_bytes(), text.len() - 1), "{text}");
        }
        for text in [
            "secret:",
            "\"secret\":",
            "Foo::API_KEY =",
            "\"ApiKey\":",
            "https://x.io/badge token=",
            "https://api.corp/v1?token=",
            "arn:aws:x secret:",
        ] {
            assert!(!is_public(text.as_bytes(), text.len() - 1), "{text}");
        }
    }

    #[test]
    fn types_are_told_from_values() {
        let check = |text: &str, value: &str| {
            let at = text.find(value).unwrap();
            let after = text.find(':').unwrap() + 1;
            is_type(text.as_bytes(), after, value.as_bytes(), &text.as_bytes()[at + value.len()..], false)
        };
        assert!(check("raw_private_key: Curve25519SeedBin<'_> = x", "Curve25519SeedBin"));
        assert!(check("psz_password : PWSTR, x", "PWSTR") && check("KEY: D3D11_KIND = 3i32;", "D3D11_KIND"));
        assert!(check("_py_token: Py_Kind_4,", "Py_Kind_4"));
        assert!(!check("token: kX9pq2LmT4,", "kX9pq2LmT4") && !check("password: plainword }", "plainword"));
        assert!(!check("token: kX9pq2LmT4<br>", "kX9pq2LmT4"));
    }
}
