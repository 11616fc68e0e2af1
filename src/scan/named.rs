//! Values without a shape of their own: what tells them is the name of their service, shortly before. Pure.
//!
//! ```text
//!  DATADOG _CLIENT_ API    _KEY  : &str =   "0f3a…"
//!  name    between  telling tail  glue       value
//! ```
//! A rule with `assigned = true` gives the names as its keywords, in lower case and with `_` between their words, and
//! the value as its pattern; the rest is the same for all of them and stands here. A hash or an id given to such a name
//! is no secret, so that a word that tells of secrets must stand between name and value, unless the name itself holds
//! one (`aio_key`). All parts are short, since a keyword is looked for only so far before a value.

use super::table::Entry;

/// What a name says about a value that is secret.
const TELLING: [&str; 11] =
    ["key", "token", "secret", "pass", "pwd", "auth", "cred", "api", "access", "bearer", "login"];

/// What may follow such a word without changing what it says; `key_id` and `token_hash` are others.
const TAIL: &str = r"(?:[_.\- ]?(?:key|token|secret|word|value|prod|live|dev|test|main|api|v?\d|s)){0,2}";

/// Quotes, brackets and operators, and a type of text among them; behind a tag the value may stand on the next line.
const GLUE: &str = r"(?:[^A-Za-z0-9\n]{1,8}(?:str(?:ing)?[^A-Za-z0-9\n]{1,4})?|>\s{1,12})";

/// The rule as it is matched: with all spellings of its names, and its whole pattern.
///
/// What is made here lives as long as the process, as the tables do.
pub(crate) fn whole(mut entry: Entry) -> Entry {
    if entry.assigned {
        entry.pattern = pattern(&entry.keywords, entry.pattern).leak();
        entry.keywords = entry.keywords.iter().flat_map(|name| spellings(name)).collect();
        entry.any_case = true;
    }
    entry
}

/// The ways in which such a name is really written, but for its case: `new_relic`, `new-relic`, `newrelic`…
///
/// A name that ends with `_` is taken as it is: `zoom_` is another thing than `zoom`.
fn spellings(name: &'static str) -> Vec<&'static str> {
    let mut spellings = vec![name];
    if is_joined(name) {
        spellings
            .extend(["-", "", ".", " "].map(|joint| -> &'static str { name.replace('_', joint).leak() }));
    }
    spellings
}

fn is_joined(name: &str) -> bool {
    name.contains('_') && !name.ends_with('_')
}

/// Matches all spellings of a name, and nothing else: a keyword says where a match may be.
fn any_spelling(name: &'static str) -> String {
    spellings(name).iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|")
}

/// The whole pattern of such a rule.
fn pattern(names: &[&'static str], value: &str) -> String {
    let tells = |name: &&&'static str| {
        let tells = |word: &&&str| !["auth", "login"].contains(*word) && name.contains(**word);
        name.ends_with("_pat") || TELLING.iter().any(|word| tells(&word))
    };
    let (telling, plain): (Vec<&&'static str>, Vec<&&'static str>) = names.iter().partition(tells);
    let any =
        |names: Vec<&&'static str>| names.iter().map(|name| any_spelling(name)).collect::<Vec<_>>().join("|");
    let words = TELLING.join("|");
    let head = match (plain.is_empty(), telling.is_empty()) {
        (true, _) => format!("(?:{})", any(telling)),
        (_, true) => format!(r"(?:{})[^\n]{{0,12}}?(?:{words})", any(plain)),
        _ => format!(r"(?:(?:{})[^\n]{{0,12}}?(?:{words})|{})", any(plain), any(telling)),
    };
    format!("(?:^|[^A-Za-z0-9])(?i:{head}{TAIL}{GLUE})(?P<secret>{value})(?:[^A-Za-z0-9_+/=-]|$)")
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;

    fn found(text: &str) -> Option<String> {
        let pattern = Regex::new(&pattern(&["acme", "aio_key"], "[a-f0-9]{16}")).unwrap();
        let secret = pattern.captures(text.as_bytes())?.name("secret")?.as_bytes().to_vec();
        Some(String::from_utf8(secret).unwrap())
    }

    #[test]
    fn a_value_is_found_in_every_way_to_write_it_down() {
        for text in [
            "ACME_API_KEY=0f3a9c21b4d7e685",
            "acmeToken: '0f3a9c21b4d7e685',",
            r#"{"acme": {"apiKey": "0f3a9c21b4d7e685"}}"#,
            r#"{\"acme_secret\":\"0f3a9c21b4d7e685\"}"#,
            "const ACME_CLIENT_SECRET: &str = \"0f3a9c21b4d7e685\";",
            "acmeKey string = `0f3a9c21b4d7e685`",
            "tool --acme-api-key 0f3a9c21b4d7e685 run",
            "set('acme.auth_token', '0f3a9c21b4d7e685')",
            "X-Acme-Token: 0f3a9c21b4d7e685",
            "| acme key | 0f3a9c21b4d7e685 |",
            "MY_ACME_TOKEN_PROD=0f3a9c21b4d7e685",
            "aio_key 0f3a9c21b4d7e685",
            "<acmeToken>\n    0f3a9c21b4d7e685\n</acmeToken>",
        ] {
            assert_eq!(found(text).as_deref(), Some("0f3a9c21b4d7e685"), "{text}");
        }
    }

    #[test]
    fn a_name_is_known_in_every_spelling() {
        let pattern = Regex::new(&pattern(&["new_relic"], "[0-9]{8}")).unwrap();
        let names = [
            "new_relic",
            "NEW_RELIC",
            "newrelic",
            "newRelic",
            "NewRelic",
            "New-Relic",
            "new.relic",
            "New Relic",
        ];
        for name in names {
            assert!(pattern.is_match(format!("{name} key: 12345678").as_bytes()), "{name}");
            assert!(spellings("new_relic").contains(&&*name.to_ascii_lowercase()), "{name}");
        }
        assert_eq!(spellings("zoom_"), ["zoom_"]);
    }

    #[test]
    fn what_is_given_to_another_name_is_no_secret() {
        for text in [
            "acme_commit = 0f3a9c21b4d7e685",
            "acme_token_hash = 0f3a9c21b4d7e685",
            "acme_key_id: 0f3a9c21b4d7e685",
            "ACME_API_KEY=0f3a9c21b4d7e68512",
            "ACME_API_KEY=0f3a",
            "acme_token =\n0f3a9c21b4d7e685",
            "pacmekey = 0f3a9c21b4d7e685",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
