//! What gitleaks calls our rules: the table `assets/rules/aliases.toml`. Pure.

use std::collections::HashMap;
use std::sync::LazyLock;

use toml::Spanned;
use toml::de::DeTable;

const TABLE: &str = include_str!("../../../assets/rules/aliases.toml");

/// The name that gitleaks gives to what has no rule of its own there.
const GENERIC: &str = "generic-api-key";

/// What one name there means here.
struct Meaning {
    /// Our rules; a `*` stands for any ending.
    rules: Vec<&'static str>,
    /// How the secrets begin that are meant; any way when there are none.
    starts: Vec<&'static str>,
}

static MEANINGS: LazyLock<HashMap<&'static str, Meaning>> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Option<HashMap<&'static str, Meaning>> {
    let mut section = false;
    let table = DeTable::parse(TABLE).map(Spanned::into_inner).ok()?;
    let known = table.get("gitleaks")?.get_ref().as_table()?;
    let mut meanings = HashMap::with_capacity(known.len());
    for line in TABLE.lines() {
        // The names and values are parts of the text that is compiled in; the reader above has checked its form.
        section |= line.starts_with('[');
        let Some((name, value)) = line.split_once(" = ").filter(|_| section) else { continue };
        let (rules, starts) =
            value.trim_matches('"').split_once(": ").unwrap_or((value.trim_matches('"'), ""));
        let (rules, starts) = (rules.split(' ').collect(), starts.split_whitespace().collect());
        meanings.insert(name, Meaning { rules, starts });
    }
    Some(meanings)
}

impl Meaning {
    fn names(&self, rule: &str) -> bool {
        self.rules.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => rule.starts_with(start),
            None => *name == rule,
        })
    }
}

/// How the secrets of our rule `rule` begin that somebody calls `name`, none for any way; `None` when none is called so.
pub(crate) fn starts(name: &str, rule: &str) -> Option<&'static [&'static str]> {
    if name == rule {
        return Some(&[]);
    }
    MEANINGS.get(name).filter(|meaning| meaning.names(rule)).map(|meaning| &meaning.starts[..])
}

/// Whether a secret begins in one of these ways.
pub(crate) fn begins(secret: &[u8], starts: &[&str]) -> bool {
    starts.is_empty() || starts.iter().any(|start| secret.starts_with(start.as_bytes()))
}

/// Whether what somebody calls `name` is what our rule `rule` found.
pub(crate) fn means(name: &str, rule: &str, secret: &[u8]) -> bool {
    starts(name, rule).is_some_and(|starts| begins(secret, starts))
}

/// Whether `name` says anything of our rules.
pub(crate) fn is_known(name: &str) -> bool {
    MEANINGS.contains_key(name)
}

/// The same for a name that is bound to one line of one file, where less has to fit: what is found there without a
/// rule for its provider is what was meant, and so is what the same provider's other rule found.
pub(crate) fn may_mean(name: &str, rule: &str, secret: &[u8]) -> bool {
    let provider = |id: &str| id.split('-').next().map(str::to_owned).filter(|word| word.len() >= 3);
    let generic = &MEANINGS.get(GENERIC);
    let is_generic = |rule: &str| generic.is_some_and(|generic| generic.names(rule));
    let has_a_name = || MEANINGS.iter().any(|(name, meaning)| *name != GENERIC && meaning.names(rule));
    means(name, rule, secret)
        || is_generic(rule)
        || (name == GENERIC && !has_a_name())
        || (!is_known(name) && provider(name).is_some() && provider(name) == provider(rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule::builtin;

    #[test]
    fn every_name_leads_to_a_rule_of_ours() {
        let rules = &builtin().rules;
        let table = DeTable::parse(TABLE).unwrap().into_inner();
        assert_eq!(table["gitleaks"].get_ref().as_table().unwrap().len(), MEANINGS.len());
        for (name, meaning) in &*MEANINGS {
            for alias in &meaning.rules {
                let one = Meaning { rules: vec![alias], starts: Vec::new() };
                assert!(rules.iter().any(|rule| one.names(&rule.id)), "{name}: there is no {alias}");
            }
        }
    }

    #[test]
    fn a_name_means_no_more_than_it_says() {
        assert!(means("aws-access-token", "aws-access-key-id", b"x"));
        assert!(means("slack-bot-token", "slack-token", b"xoxb-1"));
        assert!(!means("slack-bot-token", "slack-token", b"xoxp-1"));
        assert!(means("slack-token", "slack-token", b"xoxp-1"), "our own name");
        assert!(means("generic-api-key", "secret-assignment", b"x"));
        assert!(!means("generic-api-key", "slack-token", b"xoxb-1"));
        assert!(!means("no-such-thing", "slack-token", b"xoxb-1"));
    }

    #[test]
    fn on_one_line_a_name_means_what_stands_there() {
        assert!(may_mean("slack-bot-token", "secret-assignment", b"x"));
        assert!(may_mean("generic-api-key", "nats-seed", b"x"), "gitleaks has no rule for it");
        assert!(!may_mean("generic-api-key", "slack-token", b"xoxb-1"));
        assert!(may_mean("azure-new-thing", "azure-sas", b"x"));
        assert!(!may_mean("slack-bot-token", "aws-access-key-id", b"x"));
    }
}
