//! Takes secrets out of text that is shown or written down: log tails, command lines, recordings, excerpts.
//!
//! A pure function with the scanner's own matchers at their most eager: named rules, values of secret-like names,
//! headers, URL passwords, command-line options, the bodies of private keys and long tokens that look random.
//! A commit hash or a UUID on its own stays readable; after a secret-like name it does not. Tables are built once,
//! patterns only when their keyword occurs, and any line costs time linear in its length.

use std::borrow::Cow;

use super::leak::Leaks;
use super::matcher::{Flavour, Hit, find};
use super::rule::{self, Rule, RuleSet};
use super::token;
use crate::model::sign::Leak;

/// What stands in the place of a secret. Its length says nothing about the secret's.
pub const MASK: &str = "********";

/// The text with every secret replaced; borrowed when nothing had to be.
///
/// It knows nothing of the lines before: for a stream of lines use a [`Redactor`].
pub fn redact(text: &str) -> Cow<'_, str> {
    redact_with(rule::builtin(), text, None)
}

fn redact_with<'a>(rules: &RuleSet, text: &'a str, leaks: Option<&mut Leaks>) -> Cow<'a, str> {
    let mut hits: Vec<Hit> = Vec::new();
    find(rules, text.as_bytes(), Flavour::REDACT, &mut hits);
    if hits.is_empty() {
        return Cow::Borrowed(text);
    }
    if let Some(leaks) = leaks {
        leaks.look(rules, text, &hits);
    }
    let mut safe = String::with_capacity(text.len());
    let mut copied = 0;
    for hit in &hits {
        // Patterns see bytes; a span that cuts a character in two is widened, never narrowed.
        let start = floor(text, hit.span.start).max(copied);
        let end = ceil(text, hit.cover).max(start);
        safe.push_str(&text[copied..start]);
        safe.push_str(&hidden(&rules.rules[hit.rule], text.as_bytes(), hit));
        copied = end;
    }
    safe.push_str(&text[copied..]);
    Cow::Owned(safe)
}

/// A secret with all but its public prefix hidden.
pub(crate) fn hidden(rule: &Rule, text: &[u8], hit: &Hit) -> String {
    let place = &text[hit.span.clone()];
    // The header of a private key is no secret, what follows it is.
    let shown = if hit.cover > hit.span.end { place.len() } else { rule.public_prefix(place) };
    format!("{}{MASK}", String::from_utf8_lossy(&place[..shown]))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(text.len())
}

/// How many lines of a key are hidden before a missing end marker is taken for granted.
const LONGEST_KEY: usize = 400;
/// How many lines in a row may look like no key at all. A header may be mere talk about keys, and then the log goes
/// on; but the short last line of a key behind a time stamp looks like talk too.
const DOUBTS: usize = 3;
/// A run of this length is part of a key, whatever stands before it in the line.
const KEY_RUN: usize = 32;

/// Redacts a stream of lines; it remembers whether it stands inside a PEM block.
#[derive(Debug)]
pub struct Redactor {
    rules: &'static RuleSet,
    /// How many lines of the key may still follow; 0 outside.
    key_lines: usize,
    /// How many of the last lines looked like no key.
    doubts: usize,
    /// What the lines held, for who wants to be told.
    leaks: Option<Leaks>,
    /// The key that is hidden now has been told.
    is_key_told: bool,
}

impl Default for Redactor {
    fn default() -> Self {
        Self { rules: rule::builtin(), key_lines: 0, doubts: 0, leaks: None, is_key_told: false }
    }
}

impl Redactor {
    /// A redactor for a process that must stay small for days: it hides the same, in less memory and more time.
    pub fn small() -> Self {
        Self { rules: rule::small(), key_lines: 0, doubts: 0, leaks: None, is_key_told: false }
    }

    /// The same, and it tells which secrets it has met.
    #[must_use]
    pub fn telling(self) -> Self {
        Self { leaks: Some(Leaks::new()), ..self }
    }

    /// The secrets that were met since the last time, each of them once.
    pub fn take_leaks(&mut self) -> Vec<Leak> {
        self.leaks.as_mut().map(Leaks::take).unwrap_or_default()
    }

    /// Says in which line of the output the secrets stand that were met since the last time.
    pub fn place(&mut self, line: u64) {
        if let Some(leaks) = &mut self.leaks {
            leaks.place(line);
        }
    }

    /// Forgets the secrets that were met since the last time: their lines come again, as a whole.
    pub fn forget_leaks(&mut self) {
        if let Some(leaks) = &mut self.leaks {
            leaks.forget();
        }
    }

    /// The line with every secret replaced; borrowed when nothing had to be.
    pub fn line<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        if self.key_lines > 0 {
            return self.key_line(line);
        }
        let Some(header) = key_header(line) else {
            return redact_with(self.rules, line, self.leaks.as_mut());
        };
        let before = redact_with(self.rules, &line[..header.start], self.leaks.as_mut());
        let label = &line[header.clone()];
        let rest = &line[header.end..];
        self.is_key_told = false;
        self.tell_key(rest);
        if let Some(end) = rest.find("-----END") {
            let rest = self.line(&rest[end..]);
            return Cow::Owned(format!("{before}{label}{MASK}{rest}"));
        }
        (self.key_lines, self.doubts) = (LONGEST_KEY, 0);
        let hidden = if rest.trim().is_empty() { "" } else { MASK };
        Cow::Owned(format!("{before}{label}{hidden}"))
    }

    /// Tells of a key by what stands behind its header: the header alone may be mere talk.
    fn tell_key(&mut self, body: &str) {
        if let Some(leaks) = self.leaks.as_mut().filter(|_| !self.is_key_told && has_key_run(body)) {
            leaks.note_key(self.rules, body);
            self.is_key_told = true;
        }
    }

    /// A line within a key, or after it when its end got lost.
    fn key_line<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        self.key_lines -= 1;
        if let Some(end) = line.find("-----END") {
            self.key_lines = 0;
            let rest = self.line(&line[end..]);
            return Cow::Owned(format!("{MASK}{rest}"));
        }
        let text = line.trim();
        if text.is_empty() {
            return Cow::Borrowed(line);
        }
        let long_run = has_key_run(text);
        self.tell_key(text);
        let attribute = text.starts_with("Proc-Type:") || text.starts_with("DEK-Info:");
        if long_run || attribute || !text.contains(' ') {
            self.doubts = 0;
        } else {
            self.doubts += 1;
            if self.doubts > DOUBTS {
                self.key_lines = 0;
                return self.line(line);
            }
        }
        Cow::Borrowed(MASK)
    }
}

/// Whether a part of a key stands in the text.
fn has_key_run(text: &str) -> bool {
    token::runs(text.as_bytes()).any(|run| run.len() >= KEY_RUN)
}

/// Where the header of a private key stands in the line.
fn key_header(line: &str) -> Option<std::ops::Range<usize>> {
    let start = line.find("-----BEGIN ")?;
    let label = &line[start + 11..];
    let length = label.find("-----")?;
    let private = ["PRIVATE KEY", "Static key"].iter().any(|kind| label[..length].contains(kind));
    if private && length < 64 { Some(start..start + 11 + length + 5) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(length: usize) -> String {
        (0..length).map(|i| b"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fY"[(i * 7 + i / 31) % 31] as char).collect()
    }

    #[test]
    fn hides_what_must_be_hidden() {
        let secret = token(36);
        for line in [
            format!("using ghp_{secret} now"),
            format!("password={secret}"),
            format!("{{\"api_key\": \"{secret}\"}}"),
            format!("\\\"token\\\":\\\"{secret}\\\""),
            format!("Authorization: Bearer {secret}"),
            format!("curl -H 'Authorization: Basic {secret}' https://x"),
            format!("postgres://app:{secret}@db/app"),
            format!("mytool --token {secret} --verbose"),
            format!("mytool\0--password\0{secret}\0--verbose"),
            format!("Cookie: session={secret}; a=b"),
            format!("plain {secret} token"),
        ] {
            let safe = redact(&line);
            assert!(!safe.contains(&secret), "{line} -> {safe}");
            assert!(safe.contains(MASK), "{safe}");
            assert_eq!(redact(&safe), safe, "a second pass changes nothing");
        }
        assert_eq!(redact("password=hunter2 ok"), "password=******** ok");
        assert_eq!(redact(&format!("password=mine-ghp_{secret}-too ok")), "password=******** ok");
        assert_eq!(redact("api_key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"), "api_key: ********");
    }

    #[test]
    fn leaves_plain_lines_readable() {
        for line in [
            "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "INFO 2026-11-20T10:11:12Z done 1200/4000 (30%) eta 00:04:11 rate=41.5/s",
            "/usr/lib/python3.12/site-packages/pandas/core/frame.py:1234: FutureWarning: x",
            "tokens=123456 tokens/s: 41.2 keys=17 monkey: yes",
            "step 500 loss=0.123 lr=1e-4 grad_norm=2.51 tokens_per_second=12345.6",
            "worker-17 finished task etl.load_customers_2026_11_20[3f2c8a10-77aa-4b1e-9d52-0c6b7b2f1e11] in 3.2 s",
            "thread 'main' panicked at /home/ann/build/vendor/src-1949cf8c6b5b557f/tempfile-3.27.0/src/lib.rs:7:1",
            "GET https://api.internal:8443/v1/items?page=2 200 OK",
            "  0%|          | 0/1000 [00:00<?, ?it/s]",
            "",
        ] {
            assert!(matches!(redact(line), Cow::Borrowed(_)), "{line} -> {}", redact(line));
        }
    }

    #[test]
    fn hides_the_body_of_a_key() {
        let body = token(64);
        let mut redactor = Redactor::default();
        let mut line = |text: &str| redactor.line(text).into_owned();
        assert_eq!(line("-----BEGIN RSA PRIVATE KEY-----"), "-----BEGIN RSA PRIVATE KEY-----");
        assert_eq!(line(&body), MASK);
        assert_eq!(line("c2hvcnQ="), MASK);
        assert_eq!(line("-----END RSA PRIVATE KEY-----"), format!("{MASK}-----END RSA PRIVATE KEY-----"));
        assert_eq!(line("on it goes"), "on it goes");
        let one =
            line(&format!("key=\"-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END PRIVATE KEY-----\" x"));
        assert!(!one.contains(&body) && one.ends_with(" x"), "{one}");
        assert_eq!(line("and on"), "and on");
    }

    #[test]
    fn talk_about_keys_does_not_swallow_the_log() {
        let mut redactor = Redactor::default();
        let mut line = |text: &str| redactor.line(text).into_owned();
        line("error: expected -----BEGIN PRIVATE KEY----- in the file");
        for _ in 0..DOUBTS {
            assert_eq!(line("on goes the log"), MASK);
        }
        assert_eq!(line("on goes the log"), "on goes the log");
        // A key whose lines follow time stamps is hidden to its end all the same.
        line("10:00 -----BEGIN PRIVATE KEY-----");
        for text in [format!("10:00 {}", token(64)), "10:00 c2hvcnQ=".to_owned()] {
            assert_eq!(line(&text), MASK);
        }
        assert!(line("10:01 -----END PRIVATE KEY-----").ends_with("-----END PRIVATE KEY-----"));
        assert_eq!(line("10:02 done"), "10:02 done");
    }

    #[test]
    fn long_lines_take_linear_time() {
        for unit in [
            "password=",
            "-----BEGIN ",
            "a:b@://",
            "\"key\":\"",
            "eyJhbGciOi.",
            "--token ",
            "xoxb-1-",
            "= : ",
            "sk-proj-",
        ] {
            let line = unit.repeat(65_536 / unit.len());
            drop(redact(&line));
            drop(Redactor::default().line(&line));
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_settles(text in "\\PC{0,300}") {
            let once = redact(&text).into_owned();
            let twice = redact(&once).into_owned();
            prop_assert_eq!(redact(&twice).into_owned(), twice);
        }

        #[test]
        fn never_leaks_a_provider_token(
            before in "[ -~]{0,40}[ =:\"]", body in "[A-Za-z0-9]{36}", after in "[ \",;][ -~]{0,40}",
        ) {
            prop_assume!(crate::scan::entropy::bits(body.as_bytes()) > 3.2);
            let line = format!("{before}ghp_{body}{after}");
            prop_assert!(!redact(&line).contains(&body), "{}", redact(&line));
        }
    }
}
