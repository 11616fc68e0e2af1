//! JSON Web Tokens: who issued them, for how long, how they are signed (RFC 7519), and encrypted ones (RFC 7516).

use serde_json::{Map, Value};

use super::check::Check;
use super::claims::object;
use crate::model::clock::WallTime;

/// A token of three parts, or of five when it is encrypted.
pub(super) fn token(secret: &[u8], now: WallTime) -> Check {
    let parts: Vec<&[u8]> = secret.split(|&byte| byte == b'.').take(6).collect();
    let Some(header) = parts.first().and_then(|part| object(part)) else {
        return Check::invalid("its header is no JSON");
    };
    let text = |key: &str| header.get(key).and_then(Value::as_str).unwrap_or_default();
    if parts.len() == 5 && header.contains_key("enc") {
        return Check::well_formed().times(0.7).and("encrypted").and_named("with", text("enc"));
    }
    let Some(claims) = parts.get(1).and_then(|part| object(part)) else {
        return Check::invalid("its claims are no JSON");
    };
    let check = match text("alg") {
        "" => return Check::invalid("its header names no algorithm"),
        "none" | "None" | "NONE" => Check::well_formed().times(0.4).and("unsigned (alg none)"),
        alg => Check::well_formed().times(1.15).and_named("signed with", alg),
    };
    claimed(check, &claims, now)
}

/// What the claims add.
fn claimed(check: Check, claims: &Map<String, Value>, now: WallTime) -> Check {
    let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default();
    let check = check.and_named("issued by", text("iss")).and_named("role", text("role"));
    if text("sub") == "1234567890" && text("name") == "John Doe" {
        return check.times(0.2).and("the sample that jwt.io shows");
    }
    // Supabase hands this one to every browser.
    let check = if text("role") == "anon" { check.times(0.5) } else { check };
    match claims.get("exp").and_then(Value::as_f64) {
        None => check.and("never expires"),
        Some(seconds) => {
            let end = WallTime((seconds.clamp(0.0, 9e12) * 1000.0) as i64);
            if end < now {
                check.expired(&format!("expired {}", end.date()))
            } else {
                check.and(&format!("expires {}", end.date()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::scan::finding::Validation;

    const NOW: WallTime = WallTime(1_800_000_000_000);

    fn part(json: &str) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
    }

    fn told(header: &str, claims: &str) -> Check {
        token(format!("{}.{}.{}", part(header), part(claims), "a".repeat(43)).as_bytes(), NOW)
    }

    #[test]
    fn claims_are_told() {
        let check = |header: &str, claims: &str, validation: Validation, facts: &[&str]| {
            let told = told(header, claims);
            assert_eq!(
                (told.validation, told.facts),
                (validation, facts.iter().map(|f| (*f).into()).collect())
            );
        };
        let hs = r#"{"alg":"HS256","typ":"JWT"}"#;
        check(
            hs,
            r#"{"iss":"shop","exp":1600000000}"#,
            Validation::Expired,
            &["signed with HS256", "issued by shop", "expired 2020-09-13"],
        );
        check(
            hs,
            r#"{"exp":1900000000.5}"#,
            Validation::WellFormed,
            &["signed with HS256", "expires 2030-03-17"],
        );
        check(hs, r#"{"sub":"x"}"#, Validation::WellFormed, &["signed with HS256", "never expires"]);
        check(r#"{"alg":"none"}"#, "{}", Validation::WellFormed, &["unsigned (alg none)", "never expires"]);
        check(r#"{"typ":"JWT"}"#, "{}", Validation::Invalid, &["its header names no algorithm"]);
        check(hs, "[1]", Validation::Invalid, &["its claims are no JSON"]);
        check("{", "{}", Validation::Invalid, &["its header is no JSON"]);
        let sample = told(hs, r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#);
        assert!(sample.weigh(0.6) < 0.2 && sample.facts.iter().any(|fact| fact.contains("jwt.io")));
    }

    #[test]
    fn a_time_far_away_is_no_harm() {
        for exp in ["1e300", "-5", "99999999999999"] {
            told(r#"{"alg":"HS256"}"#, &format!(r#"{{"exp":{exp}}}"#));
        }
    }

    #[test]
    fn encrypted_ones_are_told_apart() {
        let header = part(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
        let jwe =
            format!("{header}.{}.{}.{}.{}", "a".repeat(40), "b".repeat(16), "c".repeat(40), "d".repeat(22));
        assert_eq!(token(jwe.as_bytes(), NOW).facts, ["encrypted", "with A256GCM"]);
    }
}
