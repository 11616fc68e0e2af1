//! Tokens that only their parts tell about: Slack, Stripe, Telegram.

use super::check::Check;

/// A token or the path of a webhook of Slack.
pub(super) fn slack(secret: &[u8]) -> Check {
    let text = String::from_utf8_lossy(secret);
    if text.starts_with('T') {
        return webhook(&text);
    }
    let mut parts = text.split('-');
    let kind = match parts.next().unwrap_or_default() {
        "xoxb" => "bot token",
        "xoxp" => "user token",
        "xoxa" | "xoxo" => "workspace token",
        "xoxr" => "refresh token",
        "xoxs" => "session token",
        "xoxe" | "xoxe.xoxb" | "xoxe.xoxp" => "token that is rotated",
        "xapp" => "app-level token",
        _ => return Check::default(),
    };
    let check = Check::well_formed().and(kind);
    let mut ids = parts.filter(|part| part.len() >= 9);
    match ids.next() {
        Some(id) if id.starts_with('A') && is_id(id) && text.starts_with("xapp") => {
            check.and_named("app", id)
        }
        Some(id) if id.bytes().all(|byte| byte.is_ascii_digit()) && id.len() <= 14 => {
            check.times(1.05).and_named("workspace", id)
        }
        _ => check,
    }
}

/// Whether this is an id as Slack gives it out, which is no secret; what is longer may hold one.
fn is_id(text: &str) -> bool {
    text.len() <= 14 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `T…/B…/…`, as it stands behind `services/`.
fn webhook(path: &str) -> Check {
    let mut parts = path.split('/');
    let (workspace, hook) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if hook.starts_with('B') && is_id(workspace) {
        Check::well_formed().times(1.1).and_named("webhook of workspace", workspace)
    } else {
        Check::well_formed()
    }
}

/// A key of Stripe.
pub(super) fn stripe(secret: &[u8]) -> Check {
    let text = String::from_utf8_lossy(secret);
    let mut parts = text.split('_');
    let (kind, mode) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (words, factor) = match kind {
        "sk" => ("secret key", 1.0),
        "rk" => ("restricted key", 1.0),
        "pk" => ("publishable key, public by design", 0.3),
        "whsec" => return Check::well_formed().and("signs what Stripe sends"),
        _ => return Check::default(),
    };
    let check = Check::well_formed().times(factor).and(words);
    match mode {
        "live" => check.and("live: it moves money"),
        "test" => check.and("test: it moves none"),
        _ => Check::default(),
    }
}

/// A token of a Telegram bot: its id, then its secret.
pub(super) fn telegram(secret: &[u8]) -> Check {
    let text = String::from_utf8_lossy(secret);
    let (id, rest) = text.split_once(':').unwrap_or_default();
    let id = id.strip_prefix("bot").unwrap_or(id);
    match id.parse::<u64>() {
        Ok(number) if rest.len() >= 35 && !id.starts_with('0') => {
            Check::well_formed().times(1.03).and(&format!("bot {number}"))
        }
        _ => Check::invalid("it begins with no id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tell() {
        let check = |check: fn(&[u8]) -> Check, secret: String, facts: &[&str]| {
            assert_eq!(check(secret.as_bytes()).facts, facts, "{secret}");
        };
        let tail = "a1B2c3D4".repeat(3);
        check(
            slack,
            format!("xoxb-123456789012-123456789013-{tail}"),
            &["bot token", "workspace 123456789012"],
        );
        check(
            slack,
            format!("xapp-1-A0123456789-1234567890123-{tail}"),
            &["app-level token", "app A0123456789"],
        );
        check(slack, format!("xoxe.xoxp-1-{}", tail.repeat(5)), &["token that is rotated"]);
        check(slack, format!("T01234567/B01234567/{tail}"), &["webhook of workspace T01234567"]);
        check(slack, format!("xapp-A{tail}"), &["app-level token"]);
        check(slack, format!("T{tail}/B01234567/{tail}"), &[]);
        check(stripe, format!("sk_live_{tail}"), &["secret key", "live: it moves money"]);
        check(stripe, format!("rk_test_{tail}"), &["restricted key", "test: it moves none"]);
        check(
            stripe,
            format!("pk_live_{tail}"),
            &["publishable key, public by design", "live: it moves money"],
        );
        check(stripe, format!("whsec_{tail}"), &["signs what Stripe sends"]);
        check(telegram, format!("bot1234567890:AA{}", "x".repeat(33)), &["bot 1234567890"]);
        check(telegram, format!("0234567890:AA{}", "x".repeat(33)), &["it begins with no id"]);
    }
}
