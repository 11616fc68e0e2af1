//! What a gitleaks configuration says. Pure: text in, values out; nothing is compiled or looked up here.
//!
//! The words are those of gitleaks' documentation: rules, allowlists (the single `[allowlist]` of old and the
//! `[[allowlists]]` of today) and `extend`. Names of keys count in any case, as they do there. What is not understood
//! is said in a note, and what can't be is an error with its line.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most bytes of a configuration that are read.
pub(crate) const LARGEST: usize = 4 << 20;
/// The most rules that one may hold, and the most texts in one list.
const MOST_RULES: usize = 2_000;
const MOST_TEXTS: usize = 50_000;

/// Why a text is no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Why, in words.
    pub(crate) why: String,
}

impl Wrong {
    pub(crate) fn new(line: usize, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

/// A text with the line in which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lined {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// One configuration, as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    pub(crate) extend: Extend,
    pub(crate) rules: Vec<RuleSpec>,
    pub(crate) allowlists: Vec<AllowSpec>,
    /// What is in it and not understood.
    pub(crate) notes: Vec<String>,
}

/// What a configuration builds upon.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extend {
    /// The rules that the tool comes with.
    pub(crate) use_default: bool,
    /// Another file.
    pub(crate) path: Option<Lined>,
    /// Rules of those that are not wanted.
    pub(crate) disabled: Vec<Lined>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleSpec {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) description: String,
    pub(crate) regex: Option<Lined>,
    pub(crate) path: Option<Lined>,
    pub(crate) secret_group: usize,
    pub(crate) entropy: f64,
    pub(crate) keywords: Vec<String>,
    pub(crate) allowlists: Vec<AllowSpec>,
    pub(crate) required: Vec<Required>,
    /// Whether it is only there for others to require.
    pub(crate) is_silent: bool,
}

/// A rule that must have found something near, for another one to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Required {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) within_lines: Option<u64>,
    pub(crate) within_columns: Option<u64>,
}

/// What the patterns of an allowlist are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    #[default]
    Secret,
    Match,
    Line,
}

/// What is allowed, and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AllowSpec {
    pub(crate) line: usize,
    /// Whether all kinds of checks must agree and not just one.
    pub(crate) needs_all: bool,
    pub(crate) commits: Vec<String>,
    pub(crate) paths: Vec<Lined>,
    pub(crate) regexes: Vec<Lined>,
    pub(crate) target: Target,
    pub(crate) stopwords: Vec<String>,
    /// The rules it is for; none for all of them.
    pub(crate) rules: Vec<Lined>,
}

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads a configuration.
pub(crate) fn parse(text: &str) -> Result<Config, Wrong> {
    if text.len() > LARGEST {
        return Err(Wrong::new(1, "it is larger than any configuration"));
    }
    let table = DeTable::parse(text).map(Spanned::into_inner).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        Wrong::new(line, error.message().to_owned())
    })?;
    let at = Place { text, about: String::new() };
    let mut config = Config::default();
    let (mut old, mut new) = (false, false);
    for (key, value) in entries(&table) {
        match key.as_str() {
            "extend" => config.extend = at.within("extend").extend(value, &mut config.notes)?,
            "rules" => {
                let list = at.list(value, "rules")?;
                if list.len() > MOST_RULES {
                    return Err(at.wrong(value, "it holds more than 2,000 rules"));
                }
                for rule in list {
                    config.rules.push(at.rule(rule, &mut config.notes)?);
                }
            }
            "allowlist" => {
                old = true;
                config.allowlists.push(at.within("allowlist").allowlist(value)?);
            }
            "allowlists" => {
                new = true;
                for one in at.list(value, "allowlists")? {
                    config.allowlists.push(at.within("allowlists").allowlist(one)?);
                }
            }
            "prefilter" | "filter" | "validate" => config.notes.push(expression("", &key, at.line(value))),
            // Titles and the version of gitleaks that is asked for change nothing here.
            _ => {}
        }
    }
    if old && new {
        return Err(Wrong::new(1, "there are [allowlist] and [[allowlists]]; write only the latter"));
    }
    Ok(config)
}

/// The line of a place in a text, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count() + 1
}

fn entries<'v, 't>(table: &'v DeTable<'t>) -> impl Iterator<Item = (String, &'v Value<'t>)> {
    let name = |key: &Spanned<Cow<'_, str>>| key.get_ref().to_ascii_lowercase();
    table.iter().map(move |(key, value)| (name(key), value))
}

fn expression(rule: &str, key: &str, line: usize) -> String {
    let of = if rule.is_empty() { String::new() } else { format!("rule {rule}: ") };
    format!(
        "line {line}: {of}`{key}` is an expression of betterleaks, which is not understood and not heeded"
    )
}

/// Where something stands, for errors.
struct Place<'a> {
    text: &'a str,
    /// The section or rule, for the words of an error.
    about: String,
}

impl Place<'_> {
    fn within(&self, about: &str) -> Self {
        let about = if self.about.is_empty() { about.to_owned() } else { format!("{}, {about}", self.about) };
        Place { text: self.text, about }
    }

    fn line<T>(&self, of: &Spanned<T>) -> usize {
        line_of(self.text, of.span().start)
    }

    fn wrong<T>(&self, of: &Spanned<T>, why: &str) -> Wrong {
        let about = if self.about.is_empty() { String::new() } else { format!("{}: ", self.about) };
        Wrong::new(self.line(of), format!("{about}{why}"))
    }

    fn table<'v, 't>(&self, value: &'v Value<'t>) -> Result<&'v DeTable<'t>, Wrong> {
        value.get_ref().as_table().ok_or_else(|| self.wrong(value, "a section is expected here"))
    }

    fn list<'v, 't>(&self, value: &'v Value<'t>, key: &str) -> Result<&'v [Value<'t>], Wrong> {
        let list = value.get_ref().as_array();
        list.map(|list| &list[..]).ok_or_else(|| self.wrong(value, &format!("write it as [[{key}]]")))
    }

    fn string(&self, value: &Value<'_>, key: &str) -> Result<String, Wrong> {
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| self.wrong(value, &format!("`{key}` takes a text in quotes")))
    }

    fn lined(&self, value: &Value<'_>, key: &str) -> Result<Lined, Wrong> {
        Ok(Lined { text: self.string(value, key)?, line: self.line(value) })
    }

    /// A list of texts, or one alone.
    fn texts(&self, value: &Value<'_>, key: &str) -> Result<Vec<Lined>, Wrong> {
        let Some(list) = value.get_ref().as_array() else { return Ok(vec![self.lined(value, key)?]) };
        if list.len() > MOST_TEXTS {
            return Err(self.wrong(value, &format!("`{key}` holds more than 50,000 texts")));
        }
        list.iter().map(|value| self.lined(value, key)).collect()
    }

    fn words(&self, value: &Value<'_>, key: &str) -> Result<Vec<String>, Wrong> {
        Ok(self.texts(value, key)?.into_iter().map(|lined| lined.text).collect())
    }

    fn truth(&self, value: &Value<'_>, key: &str) -> Result<bool, Wrong> {
        value.get_ref().as_bool().ok_or_else(|| self.wrong(value, &format!("`{key}` takes true or false")))
    }

    fn number(&self, value: &Value<'_>, key: &str) -> Result<f64, Wrong> {
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            DeValue::String(text) => text,
            _ => "",
        };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| self.wrong(value, &format!("`{key}` takes a number")))
    }

    fn count(&self, value: &Value<'_>, key: &str) -> Result<u64, Wrong> {
        let number = self.number(value, key)?;
        if number.fract() == 0.0 && number < 1e9 {
            Ok(number as u64)
        } else {
            Err(self.wrong(value, &format!("`{key}` takes a whole number")))
        }
    }

    fn extend(&self, value: &Value<'_>, notes: &mut Vec<String>) -> Result<Extend, Wrong> {
        let mut extend = Extend::default();
        for (key, value) in entries(self.table(value)?) {
            match key.as_str() {
                "usedefault" => extend.use_default = self.truth(value, "useDefault")?,
                "path" => extend.path = Some(self.lined(value, "path")?).filter(|path| !path.text.is_empty()),
                "disabledrules" => extend.disabled = self.texts(value, "disabledRules")?,
                "url" => {
                    let line = self.line(value);
                    notes.push(format!("line {line}: extend.url is not heeded: a scan fetches nothing"));
                }
                _ => {}
            }
        }
        if extend.use_default && extend.path.is_some() {
            return Err(self.wrong(value, "`useDefault` and `path` exclude each other"));
        }
        Ok(extend)
    }

    fn rule(&self, value: &Value<'_>, notes: &mut Vec<String>) -> Result<RuleSpec, Wrong> {
        let table = self.table(value)?;
        let id = entries(table).find(|(key, _)| key == "id").map(|(_, value)| self.string(value, "id"));
        let id = id.transpose()?.filter(|id| !id.is_empty());
        let Some(id) = id else { return Err(self.wrong(value, "a rule lacks its `id`")) };
        if id.len() > 200 || id.chars().any(char::is_control) {
            return Err(self.wrong(value, "the `id` of a rule is too long, or no word"));
        }
        let at = self.within(&format!("rule {id}"));
        let mut rule = RuleSpec { line: self.line(value), id, ..RuleSpec::default() };
        let (mut old, mut new) = (false, false);
        for (key, value) in entries(table) {
            match key.as_str() {
                "description" => rule.description = at.string(value, "description")?,
                "regex" => rule.regex = Some(at.lined(value, "regex")?).filter(|one| !one.text.is_empty()),
                "path" => rule.path = Some(at.lined(value, "path")?).filter(|one| !one.text.is_empty()),
                "secretgroup" => rule.secret_group = at.count(value, "secretGroup")? as usize,
                "entropy" => rule.entropy = at.number(value, "entropy")?,
                "keywords" => rule.keywords = at.words(value, "keywords")?,
                "skipreport" => rule.is_silent = at.truth(value, "skipReport")?,
                "allowlist" => {
                    old = true;
                    rule.allowlists.push(at.within("allowlist").allowlist(value)?);
                }
                "allowlists" => {
                    new = true;
                    for one in at.list(value, "rules.allowlists")? {
                        rule.allowlists.push(at.within("allowlists").allowlist(one)?);
                    }
                }
                "required" => {
                    for one in at.list(value, "rules.required")? {
                        rule.required.push(at.within("required").required(one)?);
                    }
                }
                "prefilter" | "filter" | "validate" => {
                    notes.push(expression(&rule.id, &key, at.line(value)));
                }
                _ => {}
            }
        }
        if old && new {
            return Err(at.wrong(
                value,
                "there are [rules.allowlist] and [[rules.allowlists]]; write only the latter",
            ));
        }
        Ok(rule)
    }

    fn required(&self, value: &Value<'_>) -> Result<Required, Wrong> {
        let mut required =
            Required { id: String::new(), line: self.line(value), within_lines: None, within_columns: None };
        for (key, value) in entries(self.table(value)?) {
            match key.as_str() {
                "id" => required.id = self.string(value, "id")?,
                "withinlines" => required.within_lines = Some(self.count(value, "withinLines")?),
                "withincolumns" => required.within_columns = Some(self.count(value, "withinColumns")?),
                _ => {}
            }
        }
        if required.id.is_empty() { Err(self.wrong(value, "it lacks its `id`")) } else { Ok(required) }
    }

    fn allowlist(&self, value: &Value<'_>) -> Result<AllowSpec, Wrong> {
        let mut allow = AllowSpec { line: self.line(value), ..AllowSpec::default() };
        for (key, value) in entries(self.table(value)?) {
            match key.as_str() {
                "condition" => {
                    allow.needs_all = match self.string(value, "condition")?.to_ascii_uppercase().as_str() {
                        "AND" | "&&" => true,
                        "OR" | "||" | "" => false,
                        _ => return Err(self.wrong(value, "`condition` is \"OR\" or \"AND\"")),
                    }
                }
                "commits" => allow.commits = self.words(value, "commits")?,
                "paths" => allow.paths = self.texts(value, "paths")?,
                "regexes" => allow.regexes = self.texts(value, "regexes")?,
                "stopwords" => allow.stopwords = self.words(value, "stopwords")?,
                "targetrules" => allow.rules = self.texts(value, "targetRules")?,
                "regextarget" => {
                    allow.target = match self.string(value, "regexTarget")?.as_str() {
                        "" | "secret" => Target::Secret,
                        "match" => Target::Match,
                        "line" => Target::Line,
                        _ => {
                            return Err(
                                self.wrong(value, "`regexTarget` is \"secret\", \"match\" or \"line\"")
                            );
                        }
                    }
                }
                _ => {}
            }
        }
        allow.stopwords.retain(|word| !word.is_empty());
        let is_empty = allow.commits.is_empty() && allow.paths.is_empty();
        if is_empty && allow.regexes.is_empty() && allow.stopwords.is_empty() {
            return Err(self.wrong(value, "it must hold commits, paths, regexes or stopwords"));
        }
        Ok(allow)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: &str = r#"
title = "ours"
minVersion = "v8.25.0"
[extend]
useDefault = true
disabledRules = ["generic-api-key", "jwt"]
[[rules]]
id = "internal-token"
description = "Internal token"
regex = '''(?i)int_([a-z0-9]{20})'''
secretGroup = 1
entropy = 3
keywords = ["int_"]
tags = ["x"]
path = '''\.conf$'''
  [[rules.allowlists]]
  condition = "AND"
  regexTarget = "line"
  regexes = ['''example''']
  paths = ["^docs/"]
  [[rules.required]]
  id = "internal-id"
  withinLines = 5
[[rules]]
id = "internal-id"
Regex = "id_[0-9]+"
skipReport = true
  [rules.allowlist]
  stopwords = ["", "dummy"]
[[allowlists]]
targetRules = ["internal-token"]
commits = ["0123abc"]
"#;

    #[test]
    fn all_of_it_is_read() {
        let config = parse(WHOLE).unwrap();
        assert!(config.extend.use_default && config.notes.is_empty());
        let disabled: Vec<&str> = config.extend.disabled.iter().map(|lined| &*lined.text).collect();
        assert_eq!(disabled, ["generic-api-key", "jwt"]);
        let [token, id] = &config.rules[..] else { panic!("two rules") };
        assert_eq!((token.secret_group, token.entropy, &*token.keywords), (1, 3.0, &["int_".to_owned()][..]));
        assert_eq!((token.line, token.regex.as_ref().unwrap().line), (7, 10));
        let allow = &token.allowlists[0];
        assert!(allow.needs_all && allow.target == Target::Line);
        assert_eq!((allow.regexes[0].line, &*allow.paths[0].text), (19, "^docs/"));
        assert_eq!(token.required[0].within_lines, Some(5));
        assert_eq!((&*token.required[0].id, token.required[0].within_columns), ("internal-id", None));
        assert!(id.is_silent && id.regex.is_some());
        assert_eq!(id.allowlists[0].stopwords, ["dummy"]);
        assert_eq!(config.allowlists[0].rules[0].text, "internal-token");
    }

    #[test]
    fn the_single_allowlist_of_old_is_read() {
        let config = parse("[allowlist]\npaths = ['a', 'b']\n").unwrap();
        assert_eq!((config.allowlists.len(), config.allowlists[0].paths.len()), (1, 2));
        assert_eq!(config.allowlists[0].paths[1].line, 2);
    }

    #[test]
    fn what_is_wrong_says_its_line_and_its_rule() {
        let check = |text: &str, line: usize, words: &str| {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.line == line && wrong.why.contains(words), "{text}: {wrong:?}");
        };
        check("a = 1\nb = \n", 2, "");
        check("\n[[rules]]\nregex = 'x'\n", 2, "lacks its `id`");
        check("[[rules]]\nid = 'a'\nregex = 3\n", 3, "rule a: `regex`");
        check("[[rules]]\nid = 'a'\nentropy = 'high'\n", 3, "rule a: `entropy`");
        check("[[rules]]\nid = 'a'\nsecretGroup = 1.5\n", 3, "whole number");
        check("[rules]\nid = 'a'\n", 1, "[[rules]]");
        check("[[allowlists]]\ndescription = 'x'\n", 1, "must hold");
        check("[[allowlists]]\nregexes = ['x']\nregexTarget = 'file'\n", 3, "regexTarget");
        check("[[allowlists]]\nregexes = ['x']\ncondition = 'XOR'\n", 3, "condition");
        check("[allowlist]\npaths=['a']\n[[allowlists]]\npaths=['a']\n", 1, "only the latter");
        check("[extend]\nuseDefault = true\npath = 'x'\n", 1, "exclude each other");
        check("[[rules]]\nid='a'\n[[rules.required]]\nwithinLines=1\n", 3, "rule a, required");
    }

    #[test]
    fn what_is_not_understood_is_noted() {
        let config = parse("[extend]\nurl='x'\n[[rules]]\nid='a'\nregex='b'\nfilter='c'\n").unwrap();
        assert_eq!(config.notes.len(), 2);
        assert!(config.notes[0].contains("fetches nothing") && config.notes[1].contains("rule a"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_piece_of_one_is_read_or_refused(from in 0..WHOLE.len(), to in 0..WHOLE.len()) {
            let _ = parse(&WHOLE[from.min(to)..from.max(to)]);
        }
    }
}
