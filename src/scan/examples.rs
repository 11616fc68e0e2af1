//! Runs the examples of every rule: those that match must be found by that rule, the others must not.

use serde::Deserialize;

use super::assign::Taste;
use super::matcher::{Flavour, Hit, find};
use super::pattern::Pattern;
use super::redact::Redactor;
use super::rule::{RuleSet, TABLES, builtin, small};
use super::token::is_token;

#[derive(Deserialize)]
struct Examples {
    id: String,
    matches: Vec<String>,
    rejects: Vec<String>,
    #[serde(default)]
    weak: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    rule: Vec<Examples>,
}

/// What is found with less than this is shown at no level by default.
const WEAK: f64 = 0.5;

/// Replaces `{alnum:36}` and its like by characters of that kind.
fn fill(example: &str) -> String {
    let mut seed = 0x5eed_u64;
    let mut draw = |set: &[u8]| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        set[(seed >> 33) as usize % set.len()] as char
    };
    let (mut filled, mut rest) = (String::new(), example);
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let marker = rest.find('}').and_then(|close| Some((close, rest[1..close].split_once(':')?)));
        let parsed = marker
            .and_then(|(close, (kind, length))| Some((close, set(kind)?, length.parse::<usize>().ok()?)));
        if let Some((close, set, length)) = parsed {
            filled.extend((0..length).map(|_| draw(set)));
            rest = &rest[close + 1..];
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled + rest
}

fn set(kind: &str) -> Option<&'static [u8]> {
    Some(match kind {
        "alnum" => b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "base64" => b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/",
        "lower" => b"0123456789abcdefghijklmnopqrstuvwxyz",
        "upper" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "base58" => b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
        "bech32lower" => b"qpzry9x8gf2tvdw0s3jn54khce6mua7l",
        "lower32" => b"abcdefghijklmnopqrstuvwxyz234567",
        "base32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "bech32" => b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        "letters" => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "word" => b"aeioustrnlmd",
        "hex" => b"0123456789abcdef",
        "digits" => b"1234567890",
        _ => return None,
    })
}

#[test]
fn every_example_holds() {
    examples_hold(builtin());
    examples_hold(small());
}

fn examples_hold(rules: &RuleSet) {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (_, table) in TABLES {
        for rule in toml::from_str::<Table>(table).unwrap().rule {
            assert!(!rule.matches.is_empty() && !rule.rejects.is_empty(), "{} lacks examples", rule.id);
            seen += 1;
            let found = |example: &str| {
                let mut hits = Vec::new();
                let flavour = Flavour { taste: Taste::Text, generic: true, entropy: true };
                find(rules, fill(example).as_bytes(), flavour, &mut hits);
                let own = |hit: &&Hit| *rules.rules[hit.rule].id == rule.id;
                hits.iter().find(own).map(|hit| hit.score)
            };
            let is_weak = |text: &&String| found(text).is_some_and(|score| score < WEAK);
            wrong.extend(
                rule.weak
                    .iter()
                    .filter(|text| !is_weak(text))
                    .map(|text| (rule.id.clone(), "not found, or not weak", fill(text))),
            );
            wrong.extend(
                rule.matches
                    .iter()
                    .filter(|text| found(text).is_none())
                    .map(|text| (rule.id.clone(), "missed", fill(text))),
            );
            wrong.extend(
                rule.rejects
                    .iter()
                    .filter(|text| found(text).is_some())
                    .map(|text| (rule.id.clone(), "false", fill(text))),
            );
        }
    }
    assert!(seen >= 250);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One in thirty random tokens of twenty characters holds no digit; a telling prefix is enough.
#[test]
fn a_token_without_digits_is_told_by_its_prefix() {
    for example in [
        "sk_live_{letters:24}",
        "rk_test_{letters:24}",
        "glpat-{letters:20}",
        "npg_{letters:12}",
        "rzp_live_{letters:14}",
        "LTAI{letters:20}",
        "AVNS_{letters:19}",
        "vcp_{letters:24}",
        "sm_pat_{letters:16}",
    ] {
        let (text, mut hits) = (format!("key {}\n", fill(example)), Vec::new());
        find(builtin(), text.as_bytes(), Flavour::REDACT, &mut hits);
        assert!(hits.iter().any(|hit| hit.is_named() && hit.span.start == 4), "{text:?}: {hits:?}");
    }
}

/// What a scan reports must not stand in a redacted line: the redactor errs on the other side.
#[test]
fn redaction_hides_all_that_a_scan_finds() {
    redaction_hides_all(Redactor::default);
    redaction_hides_all(Redactor::small);
}

fn redaction_hides_all(redactor: fn() -> Redactor) {
    let rules = builtin();
    let mut leaks = Vec::new();
    for (_, table) in TABLES {
        for example in toml::from_str::<Table>(table).unwrap().rule.iter().flat_map(|rule| &rule.matches) {
            let text = fill(example);
            let mut redactor = redactor();
            let safe: Vec<_> = text.lines().map(|line| redactor.line(line).into_owned()).collect();
            let mut hits = Vec::new();
            let flavour = Flavour { taste: Taste::Text, generic: true, entropy: true };
            find(rules, text.as_bytes(), flavour, &mut hits);
            for hit in hits {
                // Of a key in many lines the header and the labels stay, the body must not.
                let many = hit.cover > hit.span.end;
                let secret = if many { &text[hit.span.end..hit.cover] } else { &text[hit.span] };
                let body = |part: &&str| {
                    part.len() >= 8 && (!many || part.bytes().all(is_token)) && !part.contains("--")
                };
                let parts = secret.lines().filter(body);
                leaks.extend(
                    parts.filter(|part| safe.iter().any(|line| line.contains(*part))).map(str::to_owned),
                );
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn every_pattern_compiles_and_every_id_is_unique() {
    let mut ids = std::collections::HashSet::new();
    for rule in &builtin().rules {
        assert!(ids.insert(rule.id.clone()), "{} twice", rule.id);
        let both = Pattern::fast(rule, 1 << 20).is_ok() && Pattern::small(rule).is_some();
        assert!(rule.builtin.is_some() || both, "{}", rule.id);
    }
}
