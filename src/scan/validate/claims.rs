//! Tokens that are JSON in base64, perhaps behind a prefix and before a signature: Sentry, Mapbox, 1Password, Grafana.

use serde_json::{Map, Value};

use super::armour::base64;
use super::check::Check;

/// What such tokens say of themselves, and how it is told. The secret parts have other names.
const TOLD: [(&str, &str); 6] = [
    ("org", "organisation"),
    ("o", "organisation"),
    ("url", "for"),
    ("u", "account"),
    ("signInAddress", "for"),
    ("iss", "issued by"),
];

/// The object that stands in base64 behind the first `eyJ`, or behind the last `_`.
pub(super) fn base64_json(secret: &[u8]) -> Check {
    let start = memchr::memmem::find(secret, b"eyJ")
        .or_else(|| secret.iter().rposition(|&byte| byte == b'_').map(|at| at + 1))
        .unwrap_or(0);
    let body = &secret[start..];
    // What follows may be of the other alphabet's letters: the first reading that makes sense counts.
    let ends = |own: &dyn Fn(u8) -> bool| body.iter().position(|&byte| !own(byte)).unwrap_or(body.len());
    let standard = ends(&|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    let url = ends(&|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    let Some(object) = [standard, url].into_iter().find_map(|end| object(&body[..end])) else {
        return Check::invalid("no JSON in it");
    };
    TOLD.iter().fold(Check::well_formed().times(1.03), |check, (key, words)| {
        check.and_named(words, object.get(*key).and_then(Value::as_str).unwrap_or_default())
    })
}

/// The JSON object that base64 stands for.
pub(super) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64(text)).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn says_whose_it_is() {
        let json = br#"{"iat":1,"url":"https://sentry.internal","org":"shop"}"#;
        let body = base64::engine::general_purpose::STANDARD.encode(json);
        let told = base64_json(format!("sntrys_{body}_{}", "a".repeat(43)).as_bytes());
        assert_eq!(told.facts, ["organisation shop", "for https://sentry.internal"]);
        let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(br#"{"u":"amy","a":"x?>"}"#);
        assert_eq!(base64_json(format!("sk.{body}.{}", "a".repeat(22)).as_bytes()).facts, ["account amy"]);
        let body = base64::engine::general_purpose::STANDARD.encode(br#"{ "o": "7" }"#);
        assert_eq!(base64_json(format!("glc_{body}").as_bytes()).facts, ["organisation 7"]);
        assert_eq!(base64_json(b"sntrys_eyJxxxxx").validation, Validation::Invalid);
    }
}
