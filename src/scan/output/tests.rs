//! What all formats have in common: hostile names stay harmless, whatever is found is well-formed, and what was not
//! scanned is said.

use std::sync::Arc;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::csv::Csv;
use super::document::Document;
use super::github::GitHub;
use super::gitlab::GitLab;
use super::html::Html;
use super::json::Json;
use super::junit::JUnit;
use super::page::{Head, Page};
use super::sample;
use super::sarif::Sarif;
use super::summary::Summary;
use super::text::Text;
use crate::scan::baseline::Accepted;
use crate::scan::finding::{Decoding, Finding, Harm, Level, Validation};
use crate::scan::origin::Commit;

/// Every format by its name.
fn pages() -> Vec<(&'static str, Box<dyn Page>)> {
    let head = || Arc::new(Head { shard: Some("2/5".into()), ..sample::head() });
    vec![
        ("text", Box::new(Text::new(false, false, true))),
        ("terminal", Box::new(Text::new(true, false, true))),
        ("json", Box::new(Json)),
        ("report", Box::new(Document::new(head()))),
        ("sarif", Box::new(Sarif::new(head()))),
        ("csv", Box::new(Csv::new(head(), false))),
        ("junit", Box::new(JUnit(head()))),
        ("github", Box::new(GitHub(head()))),
        ("gitlab", Box::new(GitLab::new(head()))),
        ("html", Box::new(Html::new(head()))),
    ]
}

fn written(page: &mut dyn Page, batches: &[&[Finding]], summary: &Summary) -> String {
    let mut out = Vec::new();
    page.begin(&mut out).unwrap();
    for batch in batches {
        page.findings(&mut out, batch).unwrap();
    }
    page.end(&mut out, summary).unwrap();
    String::from_utf8(out).unwrap()
}

/// Findings as a hostile repository would like to have them written.
fn hostile() -> Vec<Finding> {
    use std::os::unix::ffi::OsStrExt as _;
    let broken = std::ffi::OsStr::from_bytes(b"src/\xff\x1b[31m\n.txt");
    let commit = Commit {
        id: "0123456789abcdef0123456789abcdef01234567".into(),
        author: "A, \"B\" <a@example.org>".into(),
        time: 1_780_000_000,
        blob: String::new(),
        repository: ".".into(),
    };
    vec![
        Finding {
            path: "./a,b::error::\"<b>']]>.txt".into(),
            excerpt: "x = \"</script>\" + \"ghp_********\" # <!-- ]]> %0A :: \u{e9}日本 , \"q\"".into(),
            severity: Harm::Critical,
            validation: Validation::Valid,
            facts: vec!["made, <2019>".into()],
            decoded: vec![Decoding::Base64, Decoding::Hex],
            ..sample::finding()
        },
        Finding { path: broken.into(), line: 1, ..sample::finding() },
        Finding {
            path: "=cmd|' /C calc'!A0".into(),
            secret_id: "01".into(),
            excerpt: "=HYPERLINK(\"x\",\"y\")".into(),
            level: Level::Medium,
            score: 0.6,
            commit: Some(Arc::new(commit)),
            ..sample::finding()
        },
        Finding {
            path: "known.txt".into(),
            secret_id: "02".into(),
            accepted: Some(Accepted::NotASecret),
            ..sample::finding()
        },
    ]
}

#[test]
fn hostile_names_stay_harmless() {
    let entropy = Finding {
        path: "dense.txt".into(),
        rule: "high-entropy".into(),
        level: Level::Entropy,
        score: 0.1,
        secret_id: "03".into(),
        ..sample::finding()
    };
    for (name, mut page) in pages() {
        let text = written(&mut *page, &[&hostile(), std::slice::from_ref(&entropy)], &sample::summary());
        let steers = |c: char| c.is_control() && c != '\n' && !(name == "csv" && c == '\r');
        assert!(!text.contains(steers), "{name}");
        // The style and the script are looked at by a browser.
        let text = match text.split_once("<style>") {
            Some((head, rest)) => {
                let (_, rest) = rest.split_once("</style>").unwrap();
                let (rest, _) = rest.split_once("<script>").unwrap();
                let (_, head) = head.split_once("<meta name=\"viewport\"").unwrap();
                format!("{head}{rest}")
            }
            None => text,
        };
        assert_snapshot!(name, text.replace('\r', ""));
    }
}

#[test]
fn nothing_found_is_a_whole_report_too() {
    for (name, mut page) in pages() {
        let text = written(&mut *page, &[], &Summary { complete: true, files: 3, ..Summary::default() });
        check(name, &text);
    }
}

/// Whether a report can be read by whoever reads such reports.
fn check(name: &str, text: &str) {
    match name {
        "json" => text.lines().for_each(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }),
        "report" | "sarif" | "gitlab" => {
            serde_json::from_str::<serde_json::Value>(text)
                .unwrap_or_else(|error| panic!("{name} {error}: {text}"));
        }
        "junit" => balanced(text),
        "html" => {
            assert_eq!(text.matches("<script").count(), 1);
            assert_eq!(text.matches("<tr").count(), text.matches("</tr>").count());
        }
        "github" => assert!(text.lines().all(|line| line.starts_with("::")), "{text}"),
        "csv" => assert!(text.ends_with("\r\n") && text.matches('"').count().is_multiple_of(2), "{text}"),
        _ => {}
    }
}

/// Every tag is closed, and nothing but tags holds `<`.
fn balanced(xml: &str) {
    let mut open = Vec::new();
    for part in xml.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("{part}"));
        assert!(!text.contains('>'), "{part}");
        let name = tag.split([' ', '\n']).next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{xml}");
        } else if !tag.ends_with(['/', '?']) {
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn any_finding() -> impl Strategy<Value = Finding> {
    let text = || "(\\PC|[\\x00-\\x1f<>&\"'%,:=]|]]>|\u{feff}|\u{2028}){0,24}";
    let level = prop_oneof![Just(Level::High), Just(Level::Medium), Just(Level::Low), Just(Level::Entropy)];
    let path = proptest::collection::vec(any::<u8>(), 1..20);
    (path, text(), text(), text(), level, 1..9u32, any::<bool>()).prop_map(
        |(path, excerpt, rule, fact, level, id, is_accepted)| {
            use std::os::unix::ffi::OsStringExt as _;
            // As the scanner makes them: all text but the path and the secret is escaped where it comes in.
            let clean = |text: &str| crate::model::text::escape(text).into_owned();
            Finding {
                path: std::ffi::OsString::from_vec(path).into(),
                excerpt: clean(&excerpt),
                rule: clean(&rule).into(),
                facts: vec![clean(&fact)],
                level,
                secret_id: id.to_string(),
                secret: is_accepted.then_some(fact),
                accepted: is_accepted.then_some(Accepted::Known),
                ..sample::finding()
            }
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_found_is_well_formed(
        one in proptest::collection::vec(any_finding(), 1..6), two in proptest::collection::vec(any_finding(), 1..3)
    ) {
        for (name, mut page) in pages() {
            let text = written(&mut *page, &[&one, &two], &sample::summary());
            check(name, &text);
            if name != "json" {
                // Text tells it on standard error; it only counts here what it does not list.
                let words = if matches!(name, "text" | "terminal") { "7 more" } else { "too large" };
                prop_assert!(text.contains(words), "{}", name);
            }
        }
    }
}
