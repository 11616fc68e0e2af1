//! What is encoded is found where it stands, once, and what is not is left alone.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use crate::scan::finding::{Decoding, Finding, Level};
use crate::scan::piece;

const BODY: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

fn named(path: &str, text: &str) -> Vec<Finding> {
    let mut found = piece::findings(Path::new(path), text.as_bytes()).unwrap();
    found.retain(|finding| finding.level != Level::Entropy);
    found.sort_by_key(|finding| (finding.line, finding.column));
    found
}

/// The one finding, with the part of the text that it points at.
fn only<'a>(path: &str, text: &'a str) -> (Finding, &'a str) {
    let mut found = named(path, text);
    assert_eq!(found.len(), 1, "{text}: {found:#?}");
    let finding = found.remove(0);
    let line = text.split('\n').nth(finding.line as usize - 1).unwrap();
    let place = &line[finding.column as usize - 1..finding.end_column as usize - 1];
    assert!(!finding.excerpt.contains(BODY) && !finding.excerpt.contains(place), "{}", finding.excerpt);
    (finding, place)
}

fn each(text: &str, escape: impl Fn(u8) -> String) -> String {
    text.bytes().map(escape).collect()
}

#[test]
fn each_encoding_is_seen_through() {
    use Decoding::{Base64, Hex, Html, Percent, Unicode};
    let line = format!("github_token = \"ghp_{BODY}\"\n");
    let base64 = |text: &str| STANDARD.encode(text);
    let hex = |text: &str| each(text, |byte| format!("{byte:02x}"));
    let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases = [
        (base64(&line), vec![Base64]),
        (URL_SAFE_NO_PAD.encode(&line), vec![Base64]),
        (base64(&base64(&line)), vec![Base64, Base64]),
        (base64(&base64(&base64(&base64(&base64(&line))))), vec![Base64; 5]),
        (STANDARD.encode(wide), vec![Base64]),
        (hex(&line), vec![Hex]),
        (format!("0x{}", hex(&line)), vec![Hex]),
        (hex(&base64(&line)), vec![Hex, Base64]),
        (each(&line, |byte| format!("%{byte:02X}")), vec![Percent]),
        (each(&line, |byte| format!("\\u{byte:04x}")), vec![Unicode]),
        (each(&line, |byte| format!("\\x{byte:02x}")), vec![Unicode]),
        (each(&line, |byte| format!("\\\\u{byte:04x}")), vec![Unicode]),
        (each(&line, |byte| format!("&#{byte};")), vec![Html]),
        (each(&line, |byte| format!("&#x{byte:x};")), vec![Html]),
        (each(&base64(&line), |byte| format!("%{byte:02x}")), vec![Percent, Base64]),
    ];
    for (encoded, steps) in cases {
        let text = format!("one\ndata: {encoded} end\n");
        let (finding, place) = only("a.txt", &text);
        assert_eq!((&*finding.rule, finding.line, finding.decoded), ("github-token", 2, steps), "{text}");
        assert!(encoded.contains(place) && finding.redacted == "ghp_********", "{place}");
        // The place holds the secret and little more.
        assert!(place.len() < encoded.len() && place.len() * 3 > encoded.len(), "{place} of {encoded}");
    }
    let deeper = (0..6).fold(line, |text, _| STANDARD.encode(text));
    assert!(named("a.txt", &deeper).is_empty(), "six layers are one too many");
}

#[test]
fn a_few_escapes_are_enough() {
    for (path, text, rule) in [
        ("a.log", format!("GET /cb?u=1%26token%3Dghp_{BODY}%26x"), "github-token"),
        ("a.js", format!("x = \"{{\\u0022a\\u0022:\\u0022ghp_{BODY}\\u0022}}\""), "github-token"),
        ("a.js", "v = '{\\x22password\\x22: \\x22tr0ub4dor&3x\\x22}'".to_owned(), "password-assignment"),
        ("a.html", "<b>&quot;password&quot;: &quot;tr0ub4dor3x&quot;</b>".to_owned(), "password-assignment"),
    ] {
        let found = named(path, &text);
        let rules: Vec<&str> = found.iter().map(|finding| &*finding.rule).collect();
        assert_eq!(rules, [rule], "{text}");
    }
}

#[test]
fn wrapped_rows_are_joined() {
    let text =
        format!("some words that stand before it, to fill a row\npassword = \"tr0ub4dor&3x\"\nghp_{BODY}\n");
    let letters = STANDARD.encode(text);
    for (before, between) in [
        ("", "\n"),
        ("", "\r\n"),
        ("    ", "\n    "),
        ("x = \"", "\\n\" +\n  \""),
        ("", " \\\n"),
        ("\"", "\\n"),
    ] {
        for width in [64, 76, 61] {
            let rows: Vec<&str> =
                letters.as_bytes().chunks(width).map(|row| std::str::from_utf8(row).unwrap()).collect();
            let text = format!("key\n{before}{}\nend\n", rows.join(between));
            let rules: Vec<String> = named("a.txt", &text).iter().map(|f| f.rule.to_string()).collect();
            assert_eq!(rules, ["password-assignment", "github-token"], "{width} {between:?}");
        }
    }
}

#[test]
fn nothing_is_found_twice() {
    // A header whose credential is base64 is one finding; so is a token in plain sight beside an escape.
    let basic = format!("Authorization: Basic {}", STANDARD.encode("amy.miller:tr0ub4dor&3x9"));
    assert_eq!(named("a.txt", &basic).iter().filter(|finding| finding.decoded.is_empty()).count(), 1);
    assert_eq!(named("a.txt", &basic).len(), 1);
    let beside = format!("a%20b?x=ghp_{BODY}&y=%22");
    let found = named("a.txt", &beside);
    assert_eq!((found.len(), found[0].decoded.len()), (1, 0));
    // A token that is the value of a name is the token, decoded.
    let value = format!("api_secret: {}", STANDARD.encode(format!("ghp_{BODY}")));
    let found = named("a.txt", &value);
    assert_eq!((found.len(), &*found[0].rule), (1, "github-token"));
    // Two secrets in one run have two places.
    let two = STANDARD.encode("user: amy\npassword: tr0ub4dor3x\napi_token: kX9pq2LmZ7rT4wB8nV3c\n");
    let found = named("a.txt", &two);
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].column, found[1].column);
}

#[test]
fn what_is_no_text_is_left_alone() {
    let random = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for text in [
        format!("sha256:{random}"),
        "get_user_by_identifier_and_password_reset_form_x1".to_owned(),
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk".to_owned(),
        STANDARD
            .encode("The quick brown fox jumps over the lazy dog, and a password is none of its business."),
        "100%25 sure, \\u00e9t\\u00e9 and \\x1b[31m &#8230; caf&eacute;".to_owned(),
        // High in entropy, and no more: that is told of plain text only.
        STANDARD.encode("kX9pq2LmZ7rT4wB8nV3cR5tY6uI1oP0a"),
    ] {
        let found = named("a.txt", &text);
        assert!(found.iter().all(|finding| finding.decoded.is_empty()), "{text}: {found:#?}");
    }
}

#[test]
fn values_of_a_kubernetes_secret_are_read_by_their_names() {
    let yaml = "apiVersion: v1\nkind: Secret\ndata:\n  username: YW15\n  password: aHVudGVyMjI=\n";
    let (finding, place) = only("secret.yaml", yaml);
    assert_eq!((place, &*finding.rule), ("aHVudGVyMjI=", "password-assignment"));
    assert_eq!(finding.decoded, [Decoding::Base64]);
    let (_, place) = only("config.yaml", "kind: ConfigMap\ndata:\n  password: aHVudGVyMjI=\n");
    assert_eq!(place, "aHVudGVyMjI=", "in plain sight it is a password too");
}

#[test]
fn windows_cut_nothing() {
    let line = format!("x = 1; github_token = \"ghp_{BODY}\"; y = 2; ");
    let filler = "var a = f(1, 2); ".repeat(40);
    let chunk = crate::scan::window::CHUNK;
    // One line of base64 that is longer than a window; the secret lies around its edge, at every alignment.
    for shift in [-3000_isize, -60, -22, -3, -2, -1, 0, 700] {
        let before = (chunk / 4 * 3 - 4096).checked_add_signed(shift).unwrap();
        let plain: String = filler.chars().cycle().take(before).collect();
        let text = STANDARD.encode(format!("{plain}{line}{}", filler.repeat(20)));
        let found = named("a.txt", &text);
        assert_eq!(found.len(), 1, "{shift}");
        assert_eq!(&*found[0].rule, "github-token", "{shift}");
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let telling = [
        "password=",
        "kind: Secret\ndata:\n",
        "%41",
        "\\u0041",
        "\\x3d",
        "&#61;",
        "&quot;",
        "aHR0cHM6Ly91c2VyOnBhc3M",
        "\n",
        " ",
        "6769746875625f746f6b656e",
        "0x",
        "=",
        "==",
        "\\n",
        "\"",
        "cGFzc3dvcmQ9dHIwdWI0ZG9yJjN4",
        "%",
        "\\",
        "&#",
        "é",
    ];
    prop_oneof![
        3 => proptest::sample::select(telling.to_vec()).prop_map(str::to_owned),
        1 => "[A-Za-z0-9+/=_-]{1,60}",
        1 => "[ -~]{0,40}".prop_map(|text| STANDARD.encode(text)),
        1 => "[ -~]{0,40}".prop_map(|text| each(&text, |byte| format!("%{byte:02x}"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_gives_places_in_order(fragments in proptest::collection::vec(fragment(), 0..40), wraps in 0..3_usize) {
        let text = (0..wraps).fold(fragments.concat(), |text, _| STANDARD.encode(text));
        for name in ["a.yaml", "a.rs", "a.html"] {
            for finding in piece::findings(Path::new(name), text.as_bytes()).unwrap() {
                prop_assert!(finding.column >= 1 && finding.column < finding.end_column);
                prop_assert!(finding.decoded.len() <= super::DEEPEST);
                prop_assert!(!finding.excerpt.chars().any(char::is_control));
            }
        }
    }
}
