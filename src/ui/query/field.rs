//! The fields that a query may ask for: one table that parses, completes and explains them.

use std::time::Duration;

use crate::ui::parts::List;

/// What a field's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text: `:` holds it, `=` is it.
    Text,
    /// A number.
    Number,
    /// A whole number that must be met exactly.
    Count,
    /// Percent.
    Percent,
    /// Bytes, in binary units.
    Size,
    /// A span.
    Span,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, the least first.
    Rank(&'static [&'static str]),
}

/// Which value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Cpu,
    Memory,
    Private,
    Shared,
    Swapped,
    Growth,
    Age,
    State,
    Pid,
    Parent,
    Threads,
    Read,
    Written,
    Name,
    Command,
    Waits,
    Role,
    Rule,
    Path,
    Folder,
    Score,
    Level,
    Entropy,
    Secret,
    Line,
    Validation,
    Marked,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Where it can be asked for.
    pub list: List,
    /// Its name.
    pub name: &'static str,
    /// The operator that mostly follows it.
    pub usual: &'static str,
    /// How it is asked for.
    pub example: &'static str,
    /// What it is, for the help.
    pub words: &'static str,
    pub(super) kind: Kind,
    pub(super) of: Of,
}

/// What members do and how the scheduler sees them.
pub(super) const STATES: &[&str] =
    &["R", "S", "D", "T", "Z", "busy", "idle", "blocked", "stopped", "finished", "lost"];
/// The words of [`STATES`] that need no field: `lost` alone is `state=lost`.
pub(super) const BARE: &[&str] = &["busy", "idle", "blocked", "stopped", "finished", "lost"];
pub(super) const ROLES: &[&str] = &["root", "worker", "helper"];
pub(super) const LEVELS: &[&str] = &["entropy", "low", "medium", "high"];
/// What an offline look told, and what people said, as [`crate::scan`] calls it; `no` is `not a secret`.
pub(super) const VALIDATIONS: &[&str] = &["none", "well-formed", "valid", "invalid", "expired"];
pub(super) const MARKS: &[&str] = &["none", "known", "no", "real"];

const fn member(
    of: Of,
    name: &'static str,
    kind: Kind,
    usual: &'static str,
    example: &'static str,
    words: &'static str,
) -> Field {
    Field { list: List::Members, name, usual, example, words, kind, of }
}

const fn finding(
    of: Of,
    name: &'static str,
    kind: Kind,
    usual: &'static str,
    example: &'static str,
    words: &'static str,
) -> Field {
    Field { list: List::Findings, name, usual, example, words, kind, of }
}

/// All fields, the most asked for first.
pub static FIELDS: &[Field] = &[
    member(Of::Cpu, "cpu", Kind::Percent, ">", "cpu>5", "CPU in percent of one CPU: two whole CPUs are 200"),
    member(Of::Memory, "mem", Kind::Size, ">", "mem>=1.5G", "memory; K, M, G and T are binary"),
    member(Of::Age, "age", Kind::Span, ">", "age>10m", "since its start, as 90s, 10m, 2h or 3d"),
    member(
        Of::State,
        "state",
        Kind::Word(STATES),
        "=",
        "state=D",
        "the scheduler's letter, or busy, idle, blocked, stopped, finished, lost",
    ),
    member(Of::Name, "name", Kind::Text, ":", "name:python", "the short name"),
    member(Of::Command, "cmd", Kind::Text, ":", "cmd:etl.py", "the command line"),
    member(Of::Waits, "waits", Kind::Text, ":", "waits:pipe", "what it waits for, or how it ended"),
    member(Of::Role, "role", Kind::Word(ROLES), "=", "role=worker", "root, worker or helper"),
    member(Of::Pid, "pid", Kind::Count, "=", "pid=4711", "process ID"),
    member(Of::Parent, "ppid", Kind::Count, "=", "ppid=4711", "process ID of its parent"),
    member(Of::Threads, "threads", Kind::Count, ">", "threads>8", "how many threads it has"),
    member(Of::Private, "private", Kind::Size, ">", "private>1G", "memory that nobody else maps"),
    member(Of::Shared, "shared", Kind::Size, ">", "shared>1G", "memory that others map too"),
    member(Of::Swapped, "swap", Kind::Size, ">", "swap>0", "what of it lies in swap"),
    member(
        Of::Growth,
        "growth",
        Kind::Size,
        ">",
        "growth>10M",
        "bytes by which its memory grows in a minute",
    ),
    member(Of::Read, "read", Kind::Size, ">", "read>1M", "bytes it reads a second"),
    member(Of::Written, "write", Kind::Size, ">", "write>1M", "bytes it writes a second"),
    finding(Of::Rule, "rule", Kind::Text, ":", "rule:aws", "the rule's name"),
    finding(Of::Score, "score", Kind::Number, ">", "score>0.8", "0 to 1"),
    finding(Of::Level, "level", Kind::Rank(LEVELS), "=", "level=high", "high, medium, low or entropy"),
    finding(Of::Path, "path", Kind::Text, ":", "path:src", "the path of the file"),
    finding(
        Of::Folder,
        "folder",
        Kind::Text,
        ":",
        "folder:src",
        "in this folder, however deep; with = right in it",
    ),
    finding(
        Of::Validation,
        "check",
        Kind::Word(VALIDATIONS),
        "=",
        "check=valid",
        "what a look at it told, offline: valid, well-formed, invalid, expired, or none",
    ),
    finding(
        Of::Marked,
        "marked",
        Kind::Word(MARKS),
        "=",
        "marked=real",
        "what people said of it: real, known, no (secret), or none",
    ),
    finding(Of::Entropy, "entropy", Kind::Number, ">", "entropy>4", "bits per character"),
    finding(Of::Secret, "secret", Kind::Text, ":", "secret:ID", "the same secret, by its id"),
    finding(Of::Line, "line", Kind::Count, "=", "line=12", "the line in the file"),
];

/// The fields of a list; the log has none.
pub fn fields(list: List) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.list == list)
}

impl Field {
    /// The number that a value stands for.
    pub(super) fn number(&self, value: &str) -> Option<f64> {
        match self.kind {
            Kind::Text | Kind::Word(_) => None,
            Kind::Number => number(value),
            Kind::Count => value.parse::<u32>().ok().map(f64::from),
            Kind::Percent => number(value.strip_suffix('%').unwrap_or(value)),
            Kind::Size => size(value),
            Kind::Span => span(value).map(|span| span.as_secs_f64()),
            Kind::Rank(words) => {
                words.iter().position(|word| word.eq_ignore_ascii_case(value)).map(|rank| rank as f64)
            }
        }
    }

    /// What a value must look like.
    pub(super) const fn wants(&self) -> &'static str {
        match self.kind {
            Kind::Text => "takes a text",
            Kind::Number => "takes a number",
            Kind::Count => "takes a whole number",
            Kind::Percent => "takes percent of one CPU",
            Kind::Size => "takes an amount with K, M or G",
            Kind::Span => "takes a span in s, m, h or d",
            Kind::Word(_) | Kind::Rank(_) => "takes one of its words",
        }
    }
}

fn number(value: &str) -> Option<f64> {
    // `inf`, `nan` and `1e9` parse as floats and mean nothing to people.
    let is_plain = value.chars().all(|c| c.is_ascii_digit() || c == '.');
    value.parse::<f64>().ok().filter(|_| is_plain)
}

fn size(value: &str) -> Option<f64> {
    let upper = value.to_ascii_uppercase();
    let short = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper);
    let units = ["K", "M", "G", "T", "P"];
    for (power, unit) in (1..).zip(units) {
        if let Some(figure) = short.strip_suffix(unit) {
            return number(figure).map(|figure| figure * 1024_f64.powi(power));
        }
    }
    number(short)
}

fn span(value: &str) -> Option<Duration> {
    let mut sum = 0.0;
    let mut rest = value;
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let seconds = match rest.as_bytes()[at].to_ascii_lowercase() {
            b's' => 1.0,
            b'm' => 60.0,
            b'h' => 3_600.0,
            b'd' => 86_400.0,
            _ => return None,
        };
        sum += number(&rest[..at])? * seconds;
        rest = &rest[at + 1..];
    }
    Duration::try_from_secs_f64(sum).ok().filter(|_| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_binary_and_spans_add_up() {
        for (text, expected) in [
            ("10", Some(10.0)),
            ("1.5G", Some(1.5 * 1024.0 * 1024.0 * 1024.0)),
            ("2kib", Some(2_048.0)),
            ("2KB", Some(2_048.0)),
            ("G", None),
            ("1e9", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(size(text), expected, "{text}");
        }
        for (text, expected) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5_400)),
            ("3D", Some(259_200)),
            ("10", None),
            ("m", None),
            ("", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(span(text), expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn no_list_has_two_fields_of_one_name() {
        for (n, one) in FIELDS.iter().enumerate() {
            let twin = FIELDS[n + 1..].iter().any(|other| (other.list, other.name) == (one.list, one.name));
            assert!(!twin, "{}", one.name);
        }
    }
}
