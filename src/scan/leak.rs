//! Which secrets stood in a stream of lines that was redacted; each is told once.
//!
//! The redactor hides whatever may be secret. What is *told* is less: what a scan of the same text would report at
//! level medium or above, and never what is merely high in entropy. A secret is remembered by a keyed hash whose key
//! dies with the stream.

use std::collections::HashSet;

use super::assign::Taste;
use super::identity::Key;
use super::matcher::{Flavour, Hit, find};
use super::redact::hidden;
use super::rule::RuleSet;
use crate::model::sign::Leak;
use crate::model::text::Text;

/// Secrets of one stream that are told; further ones are only counted.
pub const MOST_LEAKS: usize = 32;

/// What is told of a log: unquoted values count, and entropy alone does not.
const TOLD: Flavour = Flavour { taste: Taste::Text, generic: true, entropy: false };

/// From which score of their rules on secrets are told: a line of a log has too little around it to be judged.
const TOLD_FROM: f64 = 0.5;

/// The rule of a private key, whose body follows its header in lines of its own.
const PRIVATE_KEY: &str = "private-key";

/// The secrets that were met in one stream.
#[derive(Default)]
pub(super) struct Leaks {
    /// `None` without randomness: then nothing is told, for an id could be tried against guesses.
    key: Option<Key>,
    known: HashSet<String>,
    fresh: Vec<Leak>,
    hits: Vec<Hit>,
}

impl std::fmt::Debug for Leaks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leaks({})", self.known.len())
    }
}

impl Leaks {
    pub(super) fn new() -> Self {
        Self { key: Key::random().ok(), ..Self::default() }
    }

    /// Looks at a line in which the redactor has found these.
    pub(super) fn look(&mut self, rules: &RuleSet, line: &str, found: &[Hit]) {
        // Most of what is hidden is hidden for its entropy alone, and a stream that has told enough costs no more.
        if self.known.len() >= MOST_LEAKS || found.iter().all(|hit| Some(hit.rule) == rules.entropy) {
            return;
        }
        let mut hits = std::mem::take(&mut self.hits);
        find(rules, line.as_bytes(), TOLD, &mut hits);
        for hit in &hits {
            if hit.score >= TOLD_FROM {
                self.note(rules, hit.rule, &line.as_bytes()[hit.span.start..hit.cover], || {
                    hidden(&rules.rules[hit.rule], line.as_bytes(), hit)
                });
            }
        }
        self.hits = hits;
    }

    /// Notes a private key by a line of its body.
    pub(super) fn note_key(&mut self, rules: &RuleSet, body: &str) {
        if let Some(rule) = rules.rules.iter().position(|rule| &*rule.id == PRIVATE_KEY) {
            self.note(rules, rule, body.as_bytes(), || super::redact::MASK.to_owned());
        }
    }

    fn note(&mut self, rules: &RuleSet, rule: usize, secret: &[u8], redacted: impl FnOnce() -> String) {
        let Some(key) = &self.key else { return };
        let rule = &rules.rules[rule];
        let mut id = key.secret_id(secret);
        id.truncate(12);
        if self.known.len() < MOST_LEAKS && self.known.insert(id.clone()) {
            self.fresh.push(Leak {
                id: Text::from(format!("{}:{id}", rule.id)),
                about: Text::from(rule.name),
                redacted: Text::new(&redacted()),
                line: None,
            });
        }
    }

    /// Says in which line those stand that were met since.
    pub(super) fn place(&mut self, line: u64) {
        for leak in &mut self.fresh {
            leak.line.get_or_insert(line);
        }
    }

    /// Those that were met since the last time.
    pub(super) fn take(&mut self) -> Vec<Leak> {
        std::mem::take(&mut self.fresh)
    }

    /// Forgets those that were met since the last time: they will be read again as a whole.
    pub(super) fn forget(&mut self) {
        for leak in self.fresh.drain(..) {
            let id = leak.id.rsplit(':').next().unwrap_or_default();
            self.known.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scan::redact::Redactor;

    const BODY: &str = "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

    fn told(lines: &[&str]) -> Vec<String> {
        let mut redactor = Redactor::small().telling();
        let mut told = Vec::new();
        for line in lines {
            let _ = redactor.line(line);
            told.extend(redactor.take_leaks().iter().map(|leak| {
                assert!(!leak.redacted.contains(BODY));
                leak.id.split(':').next().unwrap_or_default().to_owned()
            }));
        }
        told
    }

    #[test]
    fn a_secret_is_told_once_and_another_one_too() {
        let token = format!("using ghp_{BODY}");
        let other = format!("using ghp_{}", BODY.chars().rev().collect::<String>());
        let ids = told(&[&token, "fine", &token, &other, &token]);
        assert_eq!(ids.len(), 2, "{ids:?}");
        let url = format!("connecting to postgres://app:{BODY}@db/app");
        assert_eq!(told(&[&url]).len(), 1);
        let key = ["-----BEGIN RSA PRIVATE KEY-----", &format!("{BODY}{BODY}"), "c2hvcnQ=", BODY];
        assert_eq!(told(&key), ["private-key"], "one key, however many lines it has");
    }

    #[test]
    fn what_may_be_no_secret_is_hidden_and_not_told() {
        for line in [
            &format!("artifact {BODY}"),
            "password=hunter2 ok",
            "password=********",
            "using ghp_********",
            "postgres://app:********@db/app",
            "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "tokens=123456 tokens/s: 41.2",
            "error: expected -----BEGIN PRIVATE KEY----- in the file",
            "on goes the log",
        ] {
            assert_eq!(told(&[line]), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn a_flood_of_secrets_is_told_up_to_a_bound() {
        let lines: Vec<String> = (0..100).map(|n| format!("using ghp_{:03}{}", n, &BODY[3..])).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(told(&lines).len(), super::MOST_LEAKS);
        let mut silent = Redactor::default();
        let _ = silent.line(lines[0]);
        assert!(silent.take_leaks().is_empty(), "who did not ask is not told");
    }
}
