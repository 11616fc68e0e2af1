//! Keys of Google: API keys by their shape, service accounts by their JSON.

use serde_json::{Map, Value};

use super::check::Check;
use super::pem;

/// An API key: public by design in a browser, if it is limited to a site.
pub(super) fn api_key(secret: &[u8]) -> Check {
    let is_own = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match secret.strip_prefix(b"AIza") {
        Some(body) if body.len() == 35 && body.iter().all(is_own) => Check::well_formed(),
        Some(_) => Check::invalid("not as long as a key is"),
        None => Check::default(),
    }
}

/// The JSON of a service account, or the private key in it.
pub(super) fn service_account(secret: &[u8]) -> Check {
    let Ok(account) = serde_json::from_slice::<Map<String, Value>>(secret) else {
        return pem::private_key(secret);
    };
    let text = |key: &str| account.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("type") != "service_account" {
        return Check::invalid("no service account");
    }
    let key = pem::private_key(text("private_key").as_bytes());
    key.and_named("account", text("client_email"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn shapes_tell() {
        assert_eq!(api_key(format!("AIza{}", "x".repeat(35)).as_bytes()).validation, Validation::WellFormed);
        assert_eq!(api_key(format!("AIza{}", "x".repeat(36)).as_bytes()).validation, Validation::Invalid);
        let json = r#"{"type":"service_account","client_email":"etl@shop.internal","private_key":"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}"#;
        let told = service_account(json.as_bytes());
        assert_eq!(told.validation, Validation::Invalid);
        assert_eq!(told.facts.last().unwrap(), "account etl@shop.internal");
        assert_eq!(service_account(b"{}").facts, ["no service account"]);
    }
}
