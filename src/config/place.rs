//! Where something stands in a configuration file: what is there, read as what it should be, or an error that names its
//! line and says what would work. Pure.

use toml::Spanned;
use toml::de::DeValue;

use super::file::{Table, Value, Wrong};
use super::nearest::nearest;

/// Where something stands, for errors.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
    pub(super) section: &'a str,
}

impl Place<'_> {
    pub(super) fn line<T>(&self, of: &Spanned<T>) -> usize {
        line_of(self.text, of.span().start)
    }

    pub(super) fn path(&self, key: &str) -> String {
        let key = shown(key);
        if self.section.is_empty() { key } else { format!("{}.{key}", self.section) }
    }

    pub(super) fn wrong(&self, key: &str, value: &Value<'_>, why: &str) -> Wrong {
        Wrong { line: self.line(value), why: format!("{}: {why}", self.path(key)) }
    }

    pub(super) fn unknown(&self, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) -> Wrong {
        let hint = match nearest(key.get_ref(), known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", known.join(", ")),
        };
        let why = format!("{}: there is no such setting; {hint}", self.path(key.get_ref()));
        Wrong { line: self.line(key), why }
    }

    pub(super) fn table<'v, 't>(&self, key: &str, value: &'v Value<'t>) -> Result<&'v Table<'t>, Wrong> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.wrong(key, value, &format!("it is a section: write [{}]", self.path(key))))
    }

    pub(super) fn string(&self, key: &str, value: &Value<'_>) -> Result<String, Wrong> {
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| self.wrong(key, value, "it takes a text in quotes"))
    }

    pub(super) fn scalar(&self, key: &str, value: &Value<'_>) -> Result<String, Wrong> {
        scalar(value.get_ref()).ok_or_else(|| self.wrong(key, value, "it takes a number or a text in quotes"))
    }

    pub(super) fn truth(&self, key: &str, value: &Value<'_>) -> Result<bool, Wrong> {
        value.get_ref().as_bool().ok_or_else(|| self.wrong(key, value, "it takes true or false"))
    }

    pub(super) fn list(&self, key: &str, value: &Value<'_>) -> Result<Vec<String>, Wrong> {
        if let Some(one) = value.get_ref().as_str() {
            return Ok(vec![one.to_owned()]);
        }
        let why = "it takes a text in quotes, or a list of them: [\"a\", \"b\"]";
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong(key, value, why))?;
        list.iter().map(|value| self.string(key, value).map_err(|_| self.wrong(key, value, why))).collect()
    }
}

pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count()
}

/// A number or a text as it was written.
pub(super) fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// A text from a file in an error: short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}
