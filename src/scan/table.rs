//! Reads the tables in `assets/rules`. Pure: text in, entries out.
//!
//! They are TOML, of which this reads as much as they use: tables in an array, strings without escapes, numbers,
//! booleans and lists. A keeper redacts with these rules for days in a few megabytes, so that nothing is copied here:
//! every string is a part of the text that is compiled in. A test holds it against a reader of all of TOML.

use super::finding::Harm;
use super::validate::Validator;

/// What matches a rule that has no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// A value given to a name, `assign.rs`.
    Assignment,
    /// A password in a URL, `url.rs`.
    Url,
    /// A value after a command-line option, `assign.rs`.
    Option,
    /// The entropy of a run, `matcher.rs`.
    Entropy,
}

/// Where a rule's keyword may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Near {
    /// In or shortly before a long run of token bytes.
    #[default]
    Run,
    /// Anywhere.
    Text,
    /// Anywhere, and the match anywhere else in the same file: the pattern is run over the whole text.
    File,
}

/// One rule as its table tells it.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a claim of the table, free of the others")]
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) score: f64,
    pub(crate) near: Near,
    pub(crate) keywords: Vec<&'static str>,
    pub(crate) any_case: bool,
    /// Whether the pattern is that of a value given to a name that holds a keyword, `named.rs`.
    pub(crate) assigned: bool,
    pub(crate) before: usize,
    /// How long the run near a keyword is at least; 0 for the shortest that is looked at.
    pub(crate) run: usize,
    /// Whether a match may go on for many lines.
    pub(crate) lines: bool,
    /// How long a match may be before its end is seen; 0 for what the pattern allows.
    pub(crate) reach: usize,
    pub(crate) digit: bool,
    pub(crate) entropy: f64,
    /// Words that tell a sample; `None` for those that hold for all rules.
    pub(crate) allow: Option<Vec<&'static str>>,
    pub(crate) pattern: &'static str,
    /// The number of the group that is secret, where none is called so.
    pub(crate) group: usize,
    pub(crate) builtin: Option<Builtin>,
    pub(crate) words: Vec<&'static str>,
    pub(crate) except: Vec<&'static str>,
    pub(crate) severity: Harm,
    pub(crate) validator: Option<Validator>,
}

/// All rules of a table; `Err` is the place in the text that can't be read, which is a bug in the table.
pub(crate) fn entries(table: &'static str) -> Result<Vec<Entry>, &'static str> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = skip_blank(table);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[[rule]]") {
            entries.push(Entry::default());
            rest = skip_blank(after);
            continue;
        }
        let read = || {
            let (key, value) = rest.split_once('=')?;
            let (value, after) = value_of(value.trim_start())?;
            Some((key.trim(), value, after))
        };
        let (key, value, after) = read().ok_or(rest)?;
        entries.last_mut().and_then(|entry| entry.set(key, value)).ok_or(rest)?;
        rest = skip_blank(after);
    }
    Ok(entries)
}

impl Entry {
    fn set(&mut self, key: &str, value: Value) -> Option<()> {
        match (key, value) {
            ("id", Value::Text(text)) => self.id = text,
            ("name", Value::Text(text)) => self.name = text,
            ("pattern", Value::Text(text)) => self.pattern = text,
            ("near", Value::Text("run")) => self.near = Near::Run,
            ("near", Value::Text("text")) => self.near = Near::Text,
            ("near", Value::Text("file")) => self.near = Near::File,
            ("builtin", Value::Text("assignment")) => self.builtin = Some(Builtin::Assignment),
            ("builtin", Value::Text("url")) => self.builtin = Some(Builtin::Url),
            ("builtin", Value::Text("option")) => self.builtin = Some(Builtin::Option),
            ("builtin", Value::Text("entropy")) => self.builtin = Some(Builtin::Entropy),
            ("severity", Value::Text(name)) => self.severity = Harm::named(name)?,
            ("validator", Value::Text(name)) => self.validator = Some(Validator::named(name)?),
            ("score", Value::Number(number)) => self.score = number,
            ("entropy", Value::Number(number)) => self.entropy = number,
            ("before", Value::Number(number)) => self.before = number as usize,
            ("run", Value::Number(number)) => self.run = number as usize,
            ("reach", Value::Number(number)) => self.reach = number as usize,
            ("any_case", Value::Claim(claim)) => self.any_case = claim,
            ("assigned", Value::Claim(claim)) => self.assigned = claim,
            ("lines", Value::Claim(claim)) => self.lines = claim,
            ("digit", Value::Claim(claim)) => self.digit = claim,
            ("keywords", Value::List(list)) => self.keywords = list,
            ("allow", Value::List(list)) => self.allow = Some(list),
            ("words", Value::List(list)) => self.words = list,
            ("except", Value::List(list)) => self.except = list,
            // Examples are for a test alone.
            ("matches" | "rejects" | "weak", Value::List(_)) => {}
            _ => return None,
        }
        Some(())
    }
}

enum Value {
    Text(&'static str),
    Number(f64),
    Claim(bool),
    List(Vec<&'static str>),
}

fn value_of(text: &'static str) -> Option<(Value, &'static str)> {
    if let Some(mut rest) = text.strip_prefix('[') {
        let mut list = Vec::new();
        loop {
            rest = skip_blank(rest);
            if let Some(after) = rest.strip_prefix(']') {
                list.shrink_to_fit();
                return Some((Value::List(list), after));
            }
            let (item, after) = string(rest)?;
            list.push(item);
            let after = skip_blank(after);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
    }
    if let Some((text, after)) = string(text) {
        return Some((Value::Text(text), after));
    }
    let (word, after) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let value = match word {
        "true" => Value::Claim(true),
        "false" => Value::Claim(false),
        _ => Value::Number(word.parse().ok()?),
    };
    Some((value, after))
}

/// What stands between quotes, as it stands there.
fn string(text: &'static str) -> Option<(&'static str, &'static str)> {
    if let Some(text) = text.strip_prefix("'''") {
        return text.split_once("'''");
    }
    if let Some(text) = text.strip_prefix('\'') {
        return text.split_once('\'');
    }
    let text = text.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })?;
    Some((&text[..end], &text[end + 1..]))
}

/// Skips what is between two things: blanks, line ends and comments.
fn skip_blank(text: &'static str) -> &'static str {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, after)| after).trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule::TABLES;

    /// An entry, read by a reader of all of TOML.
    fn entry(rule: &toml::Value) -> Entry {
        fn leaked(value: &toml::Value) -> &'static str {
            value.as_str().unwrap().to_owned().leak()
        }
        let text = |key: &str| rule.get(key).map_or("", leaked);
        let number = |key: &str| {
            rule.get(key).map_or(0.0, |v| v.as_float().or(v.as_integer().map(|n| n as f64)).unwrap())
        };
        let claim = |key: &str| rule.get(key).is_some_and(|value| value.as_bool().unwrap());
        let list = |key: &str| {
            rule.get(key).map_or(Vec::new(), |v| v.as_array().unwrap().iter().map(leaked).collect())
        };
        Entry {
            id: text("id"),
            name: text("name"),
            score: number("score"),
            near: match text("near") {
                "" | "run" => Near::Run,
                "text" => Near::Text,
                "file" => Near::File,
                other => panic!("{other}"),
            },
            keywords: list("keywords"),
            any_case: claim("any_case"),
            assigned: claim("assigned"),
            before: number("before") as usize,
            lines: claim("lines"),
            run: number("run") as usize,
            reach: number("reach") as usize,
            group: 0,
            allow: rule.get("allow").map(|_| list("allow")),
            digit: claim("digit"),
            entropy: number("entropy"),
            pattern: text("pattern"),
            builtin: match text("builtin") {
                "" => None,
                "assignment" => Some(Builtin::Assignment),
                "url" => Some(Builtin::Url),
                "option" => Some(Builtin::Option),
                "entropy" => Some(Builtin::Entropy),
                other => panic!("{other}"),
            },
            words: list("words"),
            except: list("except"),
            severity: Harm::named(text("severity")).unwrap_or_default(),
            validator: Validator::named(text("validator")),
        }
    }

    #[test]
    fn tables_are_read_as_toml_is() {
        for (name, table) in TABLES {
            let value: toml::Value = toml::from_str(table).unwrap();
            let expected: Vec<Entry> = value["rule"].as_array().unwrap().iter().map(entry).collect();
            let read = entries(table).unwrap_or_else(|at| panic!("{name}: {}", &at[..at.len().min(80)]));
            assert_eq!(read, expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused_where_it_is_wrong() {
        let cases = [
            ("id = \"x\"", "id = \"x\""),
            ("[[rule]]\nid = 3", "id = 3"),
            ("[[rule]]\nwhatever = 'x'\n", "whatever = 'x'\n"),
            ("[[rule]]\nkeywords = ['x'", "keywords = ['x'"),
            ("[[rule]]\nid = \"x\\\"", "id = \"x\\\""),
            ("[[rule]]\nscore", "score"),
        ];
        for (table, at) in cases {
            assert_eq!(entries(table), Err(at), "{table}");
        }
    }
}
