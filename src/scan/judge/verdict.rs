//! The score of one candidate, and what speaks for and against it.

use std::ops::Range;
use std::path::Path;

use super::context::Context;
use super::family::Family;
use super::features::Features;
use super::model::Model;
use super::place::Place;
use super::reasons::{self, Reason};
use super::shape::Shape;
use crate::scan::rule::Rule;

/// How far the judgement may raise and lower the score of a provider's rule, in logits: such a rule has been thought
/// about by somebody, and most of them have no labelled example.
const NAMED: Range<f64> = -2.5..1.5;

/// A place that may hold a secret.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'a> {
    /// The text around it.
    pub(crate) text: &'a [u8],
    /// Where it stands in it.
    pub(crate) span: Range<usize>,
    /// The secret itself, decoded where it was encoded.
    pub(crate) secret: &'a [u8],
    pub(crate) rule: &'a Rule,
    pub(crate) place: Place,
}

/// What a candidate was found to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// How it was weighed.
    pub family: Family,
    /// What it was judged by.
    pub features: Features,
    /// The probability that it is a real secret.
    pub score: f64,
    /// Where the name stands that it was given to.
    name: Range<usize>,
}

/// The first bytes of a secret that are measured; the rest of a key of many lines says no more.
const MEASURED: usize = 512;

/// Judges one candidate.
pub(crate) fn judge(model: &Model, asked: &Candidate<'_>) -> Judged {
    let family = Family::of(asked.rule);
    let secret = &asked.secret[..asked.secret.len().min(MEASURED)];
    let shape = Shape::of(secret, &model.bigrams);
    let seen = Context::of(asked.text, &asked.span);
    let chance = model.chance.of(&shape);
    let features = Features::of(secret, &shape, chance, &asked.text[seen.name.clone()], &seen, asked.place);
    let score = score(model, family, &asked.rule.id, asked.rule.score, &features);
    Judged { family, features, score, name: seen.name }
}

/// Judges what stands in a text, as a scan of a file of this name does: its score, and why.
pub fn judge_at(
    model: &Model,
    rule: &Rule,
    text: &[u8],
    span: Range<usize>,
    path: &Path,
) -> (f64, Vec<Reason>) {
    let asked = Candidate { text, secret: &text[span.clone()], span, rule, place: Place::of(path) };
    let judged = judge(model, &asked);
    (judged.score, judged.reasons(model, &asked))
}

/// The score of what has these features; `prior` is what its rule says of all that it finds.
pub fn score(model: &Model, family: Family, rule: &str, prior: f64, features: &Features) -> f64 {
    let sum: f64 = features.iter().map(|(feature, amount)| amount * model.weight(family, feature)).sum();
    let own = model.rules.get(rule).copied().unwrap_or(0.0);
    let logit = model.bias[family as usize] + own + sum;
    let logit =
        if family == Family::Named { logit_of(prior) + logit.clamp(NAMED.start, NAMED.end) } else { logit };
    let score = 1.0 / (1.0 + (-logit).exp());
    if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
}

/// The logit of a rule's own score.
pub fn logit_of(score: f64) -> f64 {
    let score = score.clamp(0.01, 0.99);
    (score / (1.0 - score)).ln()
}

impl Judged {
    /// What speaks for and against it, the weightiest first.
    pub(crate) fn reasons(&self, model: &Model, asked: &Candidate<'_>) -> Vec<Reason> {
        reasons::of(model, self.family, &self.features, &asked.text[self.name.clone()], asked)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::judge::model::builtin;
    use crate::scan::rule;

    fn rule(id: &str) -> &'static Rule {
        rule::builtin().rules.iter().find(|rule| &*rule.id == id).unwrap()
    }

    /// The score of what stands between `«` and `»`.
    fn score(id: &str, marked: &str, path: &str) -> f64 {
        told(id, marked, path).0
    }

    fn told(id: &str, marked: &str, path: &str) -> (f64, Vec<Reason>) {
        let start = marked.find('«').unwrap();
        let text = marked.replace(['«', '»'], "");
        let end = marked.find('»').unwrap() - '«'.len_utf8();
        judge_at(builtin(), rule(id), text.as_bytes(), start..end, Path::new(path))
    }

    #[test]
    fn what_a_person_would_call_a_secret_scores_above_what_not() {
        let id = "password-assignment";
        let secret = score(id, "db_password = \"«kX9pq2LmT4»\"", "src/app.py");
        for (line, path) in [
            ("db_password = \"«password_from_vault»\"", "src/app.py"),
            ("password_label = \"«Passwort»\"", "src/locales/de.json"),
            ("password: \"«example-password»\" # replace this", "docs/setup.md"),
            ("password = \"«aaaaaaaa»\"", "src/app.py"),
        ] {
            let other = score(id, line, path);
            assert!(secret > other + 0.2, "{secret} is not far above {other}: {line}");
        }
    }

    #[test]
    fn a_providers_rule_keeps_near_its_score() {
        for rule in rule::builtin().rules.iter().filter(|rule| Family::of(rule) == Family::Named) {
            if builtin().rules.contains_key(&*rule.id) {
                continue;
            }
            let text = b"x = \"q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYA\"";
            let (score, _) = judge_at(builtin(), rule, text, 5..37, Path::new("src/main.rs"));
            let moved = logit_of(score) - logit_of(rule.score);
            assert!(
                NAMED.contains(&moved) && moved.abs() < 1.6,
                "{}: {} becomes {score}",
                rule.id,
                rule.score
            );
        }
    }

    #[test]
    fn reasons_hold_no_part_of_the_secret_and_are_fit_to_be_shown() {
        let (score, reasons) = told("secret-assignment", "api_key = \"«q8Zr2mT0xW5nB7vK1cJ9»\"", "src/a.py");
        assert!(score > 0.5, "{score}");
        assert!(reasons.iter().any(|reason| reason.to_string() == "key name \"api_key\" +"), "{reasons:?}");
        let hostile = "\u{1b}[2Jq8Zr2mT0xW5nB7vK1cJ9_token = \"«q8Zr2mT0xW5nB7vK1cJ9»\"";
        for reason in told("secret-assignment", hostile, "a").1 {
            assert!(
                !reason.words.contains("q8Zr") && !reason.words.chars().any(char::is_control),
                "{reason}"
            );
        }
    }

    #[test]
    fn letters_that_only_look_alike_are_no_plain_words() {
        // The small letters a and o of another script.
        let line = "password = \"«p\u{430}ssw\u{43e}rd»\"";
        assert!((0.0..=1.0).contains(&score("password-assignment", line, "a.py")));
    }

    #[test]
    fn a_token_without_end_is_looked_at_in_part() {
        let text = [b"token = \"".to_vec(), b"q8Zr2mT0xW5n".repeat(1 << 20), b"\"".to_vec()].concat();
        let (score, reasons) =
            judge_at(builtin(), rule("secret-assignment"), &text, 9..text.len() - 1, Path::new("a.py"));
        assert!((0.0..=1.0).contains(&score) && reasons.len() < 10);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_score(
            text in proptest::collection::vec(any::<u8>(), 1..200),
            a in 0usize..200,
            b in 0usize..200,
            which in any::<proptest::sample::Index>(),
            path in "\\PC{0,40}",
        ) {
            let (a, b) = (a % text.len(), b % text.len());
            let rules = &rule::builtin().rules;
            let (score, reasons) =
                judge_at(builtin(), &rules[which.index(rules.len())], &text, a.min(b)..a.max(b), Path::new(&path));
            prop_assert!((0.0..=1.0).contains(&score), "{score}");
            for reason in reasons {
                prop_assert!(reason.weight.is_finite() && reason.words.chars().count() < 400);
                prop_assert!(!reason.words.chars().any(char::is_control));
            }
        }
    }
}
