//! Rules from elsewhere, such as the configuration of another scanner: told at run time, run over whole files.

use super::finding::Harm;
use super::table::{Entry, Near};

/// A rule as somebody else tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Foreign {
    /// Its short name, which stands in reports.
    pub id: String,
    /// What it finds, in words.
    pub name: String,
    /// A regex over bytes. The group called `secret`, or else the one numbered `group`, is what is hidden.
    pub pattern: String,
    /// The number of the group that is secret; 0 for the whole match.
    pub group: usize,
    /// The pattern is run over files that hold one of these in any case; over all files when there is none.
    pub keywords: Vec<String>,
    /// Words, in any case, that tell a sample: a secret that holds one is none.
    pub allow: Vec<String>,
    /// The least entropy of the secret in bits per character.
    pub entropy: f64,
    /// Whether the secret holds a digit.
    pub digit: bool,
    /// The probability that what it finds is a real secret.
    pub score: f64,
    /// How much harm what it finds does when it is real.
    pub severity: Harm,
}

/// A rule whose pattern can't be compiled, and why.
#[derive(Debug, thiserror::Error)]
#[error("rule {id}: {reason}")]
pub struct BadRule {
    /// The rule.
    pub id: String,
    /// Why not, in one line.
    pub reason: String,
}

/// What a rule says stays for the life of the process.
impl From<Foreign> for Entry {
    fn from(rule: Foreign) -> Self {
        let leaked = |words: Vec<String>| words.into_iter().map(|word| &*word.leak()).collect::<Vec<_>>();
        let lower = |words: Vec<String>| words.into_iter().map(|word| word.to_ascii_lowercase()).collect();
        Self {
            id: rule.id.leak(),
            name: rule.name.leak(),
            pattern: rule.pattern.leak(),
            group: rule.group,
            keywords: leaked(rule.keywords),
            allow: Some(leaked(lower(rule.allow))),
            entropy: rule.entropy,
            digit: rule.digit,
            score: rule.score,
            severity: rule.severity,
            near: Near::File,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::assign::Taste;
    use crate::scan::matcher::{Flavour, find};
    use crate::scan::rule::RuleSet;

    fn found(rules: &RuleSet, text: &str) -> Vec<(String, String)> {
        let mut hits = Vec::new();
        let flavour = Flavour { taste: Taste::Text, generic: true, entropy: true };
        find(rules, text.as_bytes(), flavour, &mut hits);
        hits.iter()
            .map(|hit| (rules.rules[hit.rule].id.to_string(), text[hit.span.start..hit.cover].to_owned()))
            .collect()
    }

    fn rule(id: &str, pattern: &str, keywords: &[&str]) -> Foreign {
        let keywords = keywords.iter().map(|&word| word.to_owned()).collect();
        Foreign { id: id.into(), pattern: pattern.into(), keywords, score: 0.7, ..Foreign::default() }
    }

    #[test]
    fn a_keyword_may_stand_anywhere() {
        let words = Foreign { allow: vec!["Sample".into()], ..rule("words", "zz([a-z]+)qq", &["Zebra"]) };
        let numbers = Foreign { group: 1, ..rule("numbers", r"(?:^|\D)n(\d{4})(?:\D|$)", &[]) };
        let rules = RuleSet::with(vec![words, numbers], |_| false).unwrap();
        let pair = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        assert_eq!(found(rules, "zzabcqq and no beast"), []);
        assert_eq!(found(rules, "zzabcqq zzsamplesqq a ZEBRA"), [pair("words", "zzabcqq")]);
        assert_eq!(found(rules, "n1234 n5678,n12345"), [pair("numbers", "1234"), pair("numbers", "5678")]);
        assert_eq!(found(rules, "password = 'kX9pq2Lm2'"), [], "the others were not wanted");
        let rules = RuleSet::with(Vec::new(), |_| true).unwrap();
        assert_eq!(found(rules, "password = 'kX9pq2Lm2'").len(), 1);
    }

    #[test]
    fn a_bad_pattern_is_told() {
        let bad = |rule: Foreign| RuleSet::with(vec![rule], |_| true).unwrap_err().to_string();
        assert_eq!(bad(rule("open", "a(b", &[])), "rule open: unclosed group");
        assert_eq!(bad(Foreign { group: 2, ..rule("none", "a(b)", &[]) }), "rule none: it has no group 2");
        assert!(bad(rule("vast", "(?:a{900}){900}{900}", &[])).starts_with("rule vast: "));
    }
}
