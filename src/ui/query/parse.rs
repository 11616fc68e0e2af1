//! From what was typed to a query, or to the word that stands in the way.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::field::{self, Field, Kind, fields};
use crate::ui::parts::List;

/// The longest query, in characters.
pub const LONGEST: usize = 256;
/// The most terms in one.
const MOST_TERMS: usize = 32;
/// The most bytes that one regular expression may take, compiled and while it searches.
const REGEX_BYTES: usize = 256 * 1024;

/// What keeps a text from being a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the text that it is about.
    pub at: Range<usize>,
    /// What is wrong with them, and what would work.
    pub says: String,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Holds,
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What one term asks.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// This text, in lower case, stands in what the list shows of it.
    Word(String),
    /// The same for an expression.
    Pattern(Regex),
    /// Any of these values of a field; in lower case.
    Texts(&'static Field, Op, Vec<String>),
    /// Any of these numbers.
    Numbers(&'static Field, Op, Vec<f64>),
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) is_negated: bool,
    pub(super) test: Test,
}

/// What is to be kept of a list; the empty one keeps all.
#[derive(Debug, Clone, Default)]
pub struct Query {
    text: String,
    list: List,
    /// All terms of any of these groups hold.
    pub(super) groups: Vec<Vec<Term>>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        (self.list, &self.text) == (other.list, &other.text)
    }
}

impl Query {
    /// As it was typed, without blanks around it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True for the one that keeps all.
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// Reads a query on a list.
pub fn parse(text: &str, list: List) -> Result<Query, Problem> {
    if text.chars().count() > LONGEST {
        return Err(Problem { at: 0..text.len(), says: format!("at most {LONGEST} characters") });
    }
    let mut words = Words { text, at: 0, list };
    let mut groups: Vec<Vec<Term>> = Vec::new();
    let mut group = Vec::new();
    let mut count = 0;
    // An `or` that waits for what follows it.
    let mut open_or = None;
    while let Some(start) = words.next_start() {
        let term = match words.term(start)? {
            Word::And => continue,
            Word::Or => {
                let at = start..words.at;
                if group.is_empty() {
                    return Err(Problem { at, says: "or: needs a term before it".to_owned() });
                }
                groups.push(std::mem::take(&mut group));
                open_or = Some(at);
                continue;
            }
            Word::Term(term) => term,
        };
        count += 1;
        if count > MOST_TERMS {
            return Err(Problem { at: start..words.at, says: format!("at most {MOST_TERMS} terms") });
        }
        group.push(term);
        open_or = None;
    }
    if let Some(at) = open_or {
        return Err(Problem { at, says: "or: needs a term behind it".to_owned() });
    }
    if !group.is_empty() {
        groups.push(group);
    }
    Ok(Query { text: text.trim().to_owned(), list, groups })
}

enum Word {
    Term(Term),
    Or,
    And,
}

/// Where the reading stands.
struct Words<'a> {
    text: &'a str,
    at: usize,
    list: List,
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next_start(&mut self) -> Option<usize> {
        self.at = self.text.len() - self.rest().trim_start().len();
        (self.at < self.text.len()).then_some(self.at)
    }

    fn term(&mut self, start: usize) -> Result<Word, Problem> {
        let rest = self.rest();
        // `--workers` is a word that people look for in command lines.
        let is_negated = rest.starts_with('!') || rest.starts_with('-') && !rest.starts_with("--");
        if is_negated {
            self.at += 1;
            if self.rest().starts_with(char::is_whitespace) || self.rest().is_empty() {
                let says = format!("{}: needs a term right behind it", &rest[..1]);
                return Err(Problem { at: start..self.at, says });
            }
        }
        let term = |test| Word::Term(Term { is_negated, test });
        if let Some(quoted) = self.quoted() {
            return Ok(term(Test::Word(quoted.to_lowercase())));
        }
        if let Some(pattern) = self.pattern(start)? {
            return Ok(term(Test::Pattern(pattern)));
        }
        let name_at = self.at;
        let has_fields = self.list != List::Log;
        let name = self.until(|rest| has_fields && operator(rest).is_some());
        if has_fields && (self.is_field(name) || operator(self.rest()).is_some()) {
            let blanks = self.rest().len() - self.rest().trim_start().len();
            if let Some((op, sign)) = operator(&self.rest()[blanks..]) {
                self.at += blanks + sign.len();
                return self.field(name_at, name, op).map(term);
            }
        }
        if !is_negated {
            match name.to_ascii_lowercase().as_str() {
                "or" | "|" | "||" => return Ok(Word::Or),
                "and" | "&&" => return Ok(Word::And),
                _ => {}
            }
        }
        let lower = name.to_lowercase();
        let is_state = self.list == List::Members && field::BARE.contains(&lower.as_str());
        let state = fields(self.list).find(|field| is_state && field.name == "state");
        Ok(term(match state {
            Some(state) => Test::Texts(state, Op::Is, vec![lower]),
            None => Test::Word(lower),
        }))
    }

    fn is_field(&self, name: &str) -> bool {
        fields(self.list).any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The text up to a blank, or to where `stops` says so.
    fn until(&mut self, stops: impl Fn(&str) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest
            .char_indices()
            .find(|&(at, c)| c.is_whitespace() || stops(&rest[at..]))
            .map_or(rest.len(), |(at, _)| at);
        self.at += end;
        &rest[..end]
    }

    /// A text in quotes; one that is not closed yet goes to the end.
    fn quoted(&mut self) -> Option<&'a str> {
        let inside = self.rest().strip_prefix('"')?;
        let end = inside.find('"');
        let text = &inside[..end.unwrap_or(inside.len())];
        self.at += 1 + text.len() + usize::from(end.is_some());
        Some(text)
    }

    /// An expression in slashes. In the log one that is not closed yet goes to the end; elsewhere it is a path.
    fn pattern(&mut self, start: usize) -> Result<Option<Regex>, Problem> {
        let Some(inside) = self.rest().strip_prefix('/') else { return Ok(None) };
        let ends = |&(at, _): &(usize, &str)| {
            at > 0 && inside[at + 1..].chars().next().is_none_or(char::is_whitespace)
        };
        let end = inside.match_indices('/').find(ends).map(|(at, _)| at);
        let pattern = match end {
            Some(end) => &inside[..end],
            None if self.list == List::Log && !inside.is_empty() => inside,
            None => return Ok(None),
        };
        self.at += 1 + pattern.len() + usize::from(end.is_some());
        let built = RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build();
        built.map(Some).map_err(|error| {
            let told = match error {
                regex::Error::CompiledTooBig(_) => "too large an expression".to_owned(),
                // The library draws the pattern with a mark below it; the last line says what is wrong.
                error => error.to_string().lines().last().unwrap_or_default().replace("error: ", ""),
            };
            Problem { at: start..self.at, says: format!("/{pattern}/: {told}") }
        })
    }

    /// What follows a field and an operator.
    fn field(&mut self, name_at: usize, name: &str, op: Op) -> Result<Test, Problem> {
        let problem = |at: Range<usize>, says: String| Err(Problem { at, says });
        let Some(field) = fields(self.list).find(|field| field.name.eq_ignore_ascii_case(name)) else {
            let known: Vec<&str> = fields(self.list).map(|field| field.name).collect();
            let says = format!("{name}: no such field; {} have {}", self.list.noun(), known.join(", "));
            return problem(name_at..name_at + name.len(), says);
        };
        let is_ordered = !matches!(op, Op::Holds | Op::Is | Op::IsNot);
        let is_text = matches!(field.kind, Kind::Text | Kind::Word(_));
        if is_text && is_ordered {
            let says = format!("{}: has no order; try {}", field.name, field.example);
            return problem(name_at..self.at, says);
        }
        self.next_start();
        let value_at = self.at;
        let (value, is_quoted) = match self.quoted() {
            Some(quoted) => (quoted, true),
            None => (self.until(|_| false), false),
        };
        let whole = name_at..self.at.max(name_at + name.len());
        if value.is_empty() {
            return problem(whole, format!("{}: {}, as in {}", field.name, field.wants(), field.example));
        }
        let values: Vec<&str> = if is_quoted {
            vec![value]
        } else {
            value.split(',').filter(|value| !value.is_empty()).collect()
        };
        let at = value_at..self.at;
        if let Kind::Word(words) | Kind::Rank(words) = field.kind {
            let unknown =
                values.iter().find(|value| !words.iter().any(|word| word.eq_ignore_ascii_case(value)));
            if let Some(unknown) = unknown {
                let says = format!("{unknown}: no such {}; there are {}", field.name, words.join(", "));
                return problem(at, says);
            }
        }
        if is_text {
            return Ok(Test::Texts(field, op, values.iter().map(|value| value.to_lowercase()).collect()));
        }
        let numbers: Option<Vec<f64>> = values.iter().map(|value| field.number(value)).collect();
        match numbers {
            Some(numbers) => Ok(Test::Numbers(field, op, numbers)),
            None => {
                problem(at, format!("{value}: {} {}, as in {}", field.name, field.wants(), field.example))
            }
        }
    }
}

/// The operator that a text begins with.
fn operator(text: &str) -> Option<(Op, &'static str)> {
    const SIGNS: [(&str, Op); 7] = [
        ("!=", Op::IsNot),
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("<", Op::Less),
        (">", Op::More),
        ("=", Op::Is),
        (":", Op::Holds),
    ];
    SIGNS.iter().find(|(sign, _)| text.starts_with(sign)).map(|&(sign, op)| (op, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, list: List) -> String {
        match parse(text, list) {
            Ok(query) => format!("{:?} groups", query.groups.iter().map(Vec::len).collect::<Vec<_>>()),
            Err(problem) => format!("[{}] {}", &text[problem.at], problem.says),
        }
    }

    #[test]
    fn a_text_becomes_groups_of_terms_or_says_what_would_work() {
        let cases = [
            ("", "[] groups"),
            ("cpu>5 state=D lost age>10m", "[4] groups"),
            ("cpu > 5 and mem >= 1.5G", "[2] groups"),
            ("name:python or !waits:\"pool queue\" pid=1,2", "[1, 2] groups"),
            ("python -helper --workers", "[3] groups"),
            ("/spawn_main|fork/", "[1] groups"),
            ("/usr/bin/python", "[1] groups"),
            (
                "cpux>5",
                "[cpux] cpux: no such field; members have cpu, mem, age, state, name, cmd, waits, role, \
              pid, ppid, threads, private, shared, swap, growth, read, write",
            ),
            ("cpu>", "[cpu>] cpu: takes percent of one CPU, as in cpu>5"),
            ("lost cpu>x", "[x] x: cpu takes percent of one CPU, as in cpu>5"),
            ("age>10", "[10] 10: age takes a span in s, m, h or d, as in age>10m"),
            ("name>x", "[name>] name: has no order; try name:python"),
            (
                "state=Q",
                "[Q] Q: no such state; there are R, S, D, T, Z, busy, idle, blocked, stopped, finished, lost",
            ),
            ("lost or", "[or] or: needs a term behind it"),
            ("or lost", "[or] or: needs a term before it"),
            ("lost !", "[!] !: needs a term right behind it"),
            ("/(/", "[/(/] /(/: unclosed group"),
        ];
        for (text, expected) in cases {
            assert_eq!(says(text, List::Members), expected, "{text}");
        }
        assert_eq!(says("a>b x:y /half", List::Log), "[3] groups", "the log has no fields");
        assert_eq!(says("rule:aws score>0.8 level>=medium", List::Findings), "[3] groups");
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert!(parse(&"x".repeat(LONGEST + 1), List::Log).is_err());
        assert!(parse(&"x ".repeat(MOST_TERMS + 1), List::Log).is_err());
        assert!(parse(r"/\w{200}{200}/", List::Log).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_query_or_a_problem_that_points_into_it(text in "[ a-zé!\"/:=<>,.0-9|-]{0,60}|\\PC{0,60}") {
            for list in crate::ui::parts::LISTS {
                match parse(&text, list) {
                    Ok(query) => proptest::prop_assert_eq!(parse(query.text(), list), Ok(query.clone())),
                    Err(problem) => {
                        proptest::prop_assert!(text.get(problem.at).is_some());
                        proptest::prop_assert!(!problem.says.is_empty());
                    }
                }
            }
        }
    }
}
