//! `PyPI`'s tokens: a macaroon of the second binary form (libmacaroons, `doc/format.txt`), whose caveats limit it.

use serde_json::Value;

use super::armour::base64;
use super::check::Check;
use crate::model::clock::WallTime;

const LOCATION: u8 = 1;
const IDENTIFIER: u8 = 2;
const SIGNATURE: u8 = 6;

/// An upload token.
pub(super) fn token(secret: &[u8], now: WallTime) -> Check {
    let body = secret.strip_prefix(b"pypi-").unwrap_or(secret);
    let bytes = base64(body);
    let Some(macaroon) = Macaroon::parse(&bytes) else {
        return Check::invalid("no macaroon parses from it");
    };
    let mut check = Check::well_formed().times(1.03).and_named("for", &macaroon.location);
    for caveat in &macaroon.caveats {
        check = limited(check, caveat, now);
    }
    if macaroon.caveats.is_empty() { check.and("without limits") } else { check }
}

/// What one caveat adds: `[0, end, start]` a time, `[1, [names]]` and `[2, [ids]]` projects, `[3, id]` a user.
fn limited(check: Check, caveat: &Value, now: WallTime) -> Check {
    match (caveat.get(0).and_then(Value::as_u64), caveat.get(1)) {
        (Some(0), Some(end)) => {
            let end = WallTime(end.as_i64().unwrap_or(0).clamp(0, 9_000_000_000_000) * 1000);
            if end < now {
                check.expired(&format!("expired {}", end.date()))
            } else {
                check.and(&format!("expires {}", end.date()))
            }
        }
        (Some(1 | 2), Some(Value::Array(projects))) => check.and(&format!(
            "for {} project{}",
            projects.len(),
            if projects.len() == 1 { "" } else { "s" }
        )),
        (Some(3), _) => check.and("for all projects of one user"),
        _ => check,
    }
}

struct Macaroon {
    location: String,
    caveats: Vec<Value>,
}

impl Macaroon {
    /// Version, packets up to an empty one, then caveats, then the signature.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[2])?;
        let (kind, location) = field(&mut rest)?;
        if kind != LOCATION || field(&mut rest)?.0 != IDENTIFIER {
            return None;
        }
        let location = String::from_utf8(location.to_vec()).ok()?;
        let mut caveats = Vec::new();
        end(&mut rest)?;
        while rest.first() != Some(&0) {
            let (kind, body) = field(&mut rest)?;
            match kind {
                IDENTIFIER => caveats.push(serde_json::from_slice(body).unwrap_or(Value::Null)),
                SIGNATURE => return (body.len() == 32).then_some(Self { location, caveats }),
                _ => {}
            }
            if kind == IDENTIFIER && caveats.len() > 16 {
                return None;
            }
            if rest.first() == Some(&0) {
                rest = &rest[1..];
                // The list of caveats ends with one more empty packet.
                if rest.first() == Some(&0) {
                    rest = &rest[1..];
                }
            }
        }
        let (kind, body) = {
            rest = &rest[1..];
            field(&mut rest)?
        };
        (kind == SIGNATURE && body.len() == 32).then_some(Self { location, caveats })
    }
}

/// The next packet: its kind, and its bytes behind their length.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&kind, after) = rest.split_first()?;
    let (&low, mut after) = after.split_first()?;
    let mut length = usize::from(low & 0x7f);
    if low & 0x80 != 0 {
        let (&high, more) = after.split_first()?;
        length |= usize::from(high) << 7;
        after = more;
    }
    let (body, after) = after.split_at_checked(length)?;
    *rest = after;
    (kind != 0).then_some((kind, body))
}

fn end(rest: &mut &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(&[0])?;
    Some(())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::scan::finding::Validation;

    fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, body.len() as u8][..], body].concat()
    }

    fn written(caveats: &[&str]) -> String {
        let mut bytes = vec![2];
        bytes.extend(packet(LOCATION, b"pypi.org"));
        bytes.extend(packet(IDENTIFIER, b"c0ffee00-0000-4000-8000-000000000001"));
        bytes.push(0);
        for caveat in caveats {
            bytes.extend(packet(IDENTIFIER, caveat.as_bytes()));
            bytes.push(0);
        }
        bytes.push(0);
        bytes.extend(packet(SIGNATURE, &[7; 32]));
        format!("pypi-{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    #[test]
    fn limits_are_told() {
        let now = WallTime(1_800_000_000_000);
        let check = |caveats: &[&str], validation: Validation, facts: &[&str]| {
            let secret = written(caveats);
            assert!(secret.starts_with("pypi-AgE"), "{secret}");
            let told = token(secret.as_bytes(), now);
            assert_eq!(
                (told.validation, told.facts),
                (validation, facts.iter().map(|f| (*f).into()).collect())
            );
        };
        check(&[], Validation::WellFormed, &["for pypi.org", "without limits"]);
        check(&["[3, \"id\"]"], Validation::WellFormed, &["for pypi.org", "for all projects of one user"]);
        check(
            &["[0, 1600000000, 1500000000]", "[1, [\"shop\"]]"],
            Validation::Expired,
            &["for pypi.org", "expired 2020-09-13", "for 1 project"],
        );
        let whole = written(&["[1, [\"shop\"]]"]);
        assert_eq!(token(&whole.as_bytes()[..60], now).validation, Validation::Invalid);
    }
}
