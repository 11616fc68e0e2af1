//! The rules: read once from the tables in `assets/rules`, compiled one by one when a keyword first asks for them.
//!
//! # What a table says
//!
//! One `[[rule]]` for each kind of secret, in the small part of TOML that `table.rs` reads (no escapes in strings).
//! All that is needed: `id`, `name`, `keywords`, `pattern`, `score`, `matches`, `rejects`.
//!
//! | field | says | default |
//! |---|---|---|
//! | `pattern` | a regex over bytes, without Unicode classes; the group `secret` is what is hidden and identified, `place` what is marked in its stead (the header of a key) | the whole match is the secret |
//! | `keywords` | **every** match of the pattern holds one of them; a test draws matches from the pattern and tells which rule breaks that | |
//! | `any_case` | keywords stand in any mixture of cases | as written |
//! | `assigned` | the pattern is a value; before it stand a name that holds a keyword and tells of a secret, and what joins them: `named.rs` makes the whole pattern and all spellings of the keywords, which are written in lower case with `_` between words | no |
//! | `before` | how many bytes of the match may stand before its first keyword; one byte of context is always allowed for | 1 |
//! | `near` | `"run"`: a keyword lies in, or begins at most 80 bytes before, a run of at least 16 bytes out of `A-Za-z0-9_-+/=`, one that holds a digit where the secret does. `"text"`: it may stand anywhere. `"file"`: the pattern is run over the whole text once a keyword stands anywhere in it, in any case, or when there is none; for rules from elsewhere, since it is slow | `"run"` |
//! | `run` | how long that run is at least, where it is longer than 16 | 16 |
//! | `reach` | how long a match may be before its end is seen; longer ones are only found when their first `reach` bytes match already | what the pattern allows, `OPEN_REACH` when it has no end |
//! | `lines` | a match may go on for many lines; no other goes on further than 80 bytes behind the line that it, or its secret, begins in, which a test sees to | no |
//! | `digit` | the secret holds a digit | no |
//! | `entropy` | the secret has at least so many bits per character | 0 |
//! | `allow` | words, in any case, that tell a sample: a secret that holds one is none | `["example", "xxxxxxxx", "put_your"]` |
//! | `severity`, `validator` | see `finding.rs`, `validate/`; where that is `pem` the match may be the header alone, and then rows of a key have to follow, `validate/rows.rs` | |
//! | `builtin`, `words`, `except` | matched by code (`assign.rs`, `families`, `url.rs`) and not by a pattern; keywords of these begin words | |
//!
//! What a rule finds is what its pattern finds in the whole text: the search goes on behind each secret. Only what
//! its data says is left out.
//!
//! # What is fast
//!
//! A keyword that **begins a word** costs next to nothing, however many of them there are, above all where `digit = true`
//! lets it be looked for near runs with digits only: it starts with a letter
//! or a digit and the pattern begins with `\b` or `(?:^|[^A-Za-z0-9…])` right before it (`\b(?P<secret>ghp_…`), or it
//! holds a place where a word begins behind something else (`-----BEGIN`, `--token`, `:AA`). Three bytes or more are
//! good, four better. The others may stand within a word (`T3BlbkFJ`, `(?i:aws)`): these are looked for near runs that
//! hold a digit where their rule says `digit = true`, and near all runs otherwise, with one vector search for each 48 of
//! them. All of these rules say `run = 32` or more, which makes that rare; one that does not would make it common.
//! `near = "text"` asks for it in the whole text and should be shunned.
//!
//! Examples ride in the same tables; nothing but a test reads them.

use std::sync::{Arc, LazyLock};

use super::anchors::{Anchors, Thrift};
use super::assign::TAILS;
use super::endings::{Endings, Hints, LastThree};
use super::finding::Harm;
use super::foreign::{BadRule, Foreign};
use super::named;
use super::pattern::{Found, Patterns};
use super::table::{self, Builtin, Entry};
use super::validate::Validator;

/// The tables, as they are compiled in.
pub(crate) const TABLES: [(&str, &str); 14] = [
    ("generic", include_str!("../../assets/rules/generic.toml")),
    ("cloud", include_str!("../../assets/rules/cloud.toml")),
    ("infra", include_str!("../../assets/rules/infra.toml")),
    ("forges", include_str!("../../assets/rules/forges.toml")),
    ("ci", include_str!("../../assets/rules/ci.toml")),
    ("databases", include_str!("../../assets/rules/databases.toml")),
    ("ai", include_str!("../../assets/rules/ai.toml")),
    ("payment", include_str!("../../assets/rules/payment.toml")),
    ("messaging", include_str!("../../assets/rules/messaging.toml")),
    ("observability", include_str!("../../assets/rules/observability.toml")),
    ("saas", include_str!("../../assets/rules/saas.toml")),
    ("identity", include_str!("../../assets/rules/identity.toml")),
    ("keys", include_str!("../../assets/rules/keys.toml")),
    ("crypto", include_str!("../../assets/rules/crypto.toml")),
];

/// A kind of secret.
#[derive(Debug)]
pub struct Rule {
    /// Its short name, which stands in reports.
    pub id: Arc<str>,
    /// What it finds, in words.
    pub name: &'static str,
    /// The probability that what it finds is a real secret.
    pub score: f64,
    /// How much harm what it finds does when it is real.
    pub severity: Harm,
    pub(crate) validator: Option<Validator>,
    pub(crate) builtin: Option<Builtin>,
    pub(crate) words: Vec<&'static str>,
    pub(crate) except: Vec<&'static str>,
    /// How far before the keyword the match may start.
    pub(crate) before: usize,
    /// How far behind its start the end of a match is looked for.
    pub(crate) reach: usize,
    /// Whether a match may go on for many lines.
    pub(crate) lines: bool,
    pub(crate) digit: bool,
    pub(crate) entropy: f64,
    /// Words that tell a sample, in lower case.
    pub(crate) allow: Vec<&'static str>,
    /// The number of the group that is secret, where none is called so.
    pub(crate) group: usize,
    keywords: Vec<&'static str>,
    /// The pattern that confirms it, or nothing.
    pub(crate) pattern: &'static str,
}

impl Rule {
    /// How many leading bytes of the secret are a public prefix.
    pub(crate) fn public_prefix(&self, secret: &[u8]) -> usize {
        let starts = |word: &&&str| secret.starts_with(word.as_bytes()) && word.len() < secret.len();
        self.keywords.iter().filter(starts).map(|word| word.len()).max().unwrap_or(0)
    }
}

/// All rules with the automata that find their keywords.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, builtin ones included.
    pub rules: Vec<Rule>,
    /// From which one on they come from elsewhere.
    foreign: usize,
    pub(crate) anchors: Anchors,
    pub(crate) url: Option<usize>,
    pub(crate) option: Option<usize>,
    pub(crate) entropy: Option<usize>,
    /// How the words of assignment rules end.
    endings: Hints,
    /// The same with all that may stand behind them in a name.
    tailed: Hints,
    /// The same for three bytes, at once.
    lasts: LastThree,
    /// The words of assignment rules, from their ends.
    pub(crate) names: Endings,
    patterns: Patterns,
}

/// How far the end of a match is looked for where the pattern sets no end.
pub(crate) const OPEN_REACH: usize = 8000;

/// The built-in rules.
pub fn builtin() -> &'static RuleSet {
    static BUILTIN: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::of(&tables(), Thrift::Speed));
    &BUILTIN
}

/// The same rules in little memory, whatever the text holds: slower, and for one thread.
pub(crate) fn small() -> &'static RuleSet {
    static SMALL: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::of(&tables(), Thrift::Memory));
    &SMALL
}

fn tables() -> Vec<Entry> {
    let read = |(name, text): &(&str, &'static str)| {
        table::entries(text).unwrap_or_else(|at| {
            panic!("assets/rules/{name}.toml: {}", at.lines().next().unwrap_or_default())
        })
    };
    TABLES.iter().flat_map(read).map(named::whole).collect()
}

impl RuleSet {
    /// The built-in rules that `wants` names by their id, and the others behind them. It lives as long as the
    /// process: one is made for each configuration that is read.
    pub fn with(others: Vec<Foreign>, wants: impl Fn(&str) -> bool) -> Result<&'static Self, BadRule> {
        let mut entries: Vec<Entry> = tables().into_iter().filter(|entry| wants(entry.id)).collect();
        let first = entries.len();
        entries.extend(others.into_iter().map(Entry::from));
        let set = Self { foreign: first, ..Self::of(&entries, Thrift::Speed) };
        for rule in first..set.rules.len() {
            set.patterns.check(rule, &set.rules[rule])?;
        }
        Ok(Box::leak(Box::new(set)))
    }

    fn of(entries: &[Entry], thrift: Thrift) -> Self {
        let rules: Vec<Rule> = entries.iter().map(Rule::from).collect();
        let builtin = |wanted: Builtin| rules.iter().position(|rule| rule.builtin == Some(wanted));
        let assignments: Vec<usize> =
            (0..rules.len()).filter(|&index| rules[index].builtin == Some(Builtin::Assignment)).collect();
        let words =
            || assignments.iter().flat_map(|&rule| rules[rule].words.iter().map(|word| word.as_bytes()));
        // One of many.
        let many: Vec<Vec<u8>> = words().map(|word| [word, b"s"].concat()).collect();
        let tailed = words().chain(many.iter().map(Vec::as_slice)).chain(TAILS);
        let (endings, tailed) = (Hints::new(words()), Hints::new(tailed));
        Self {
            url: builtin(Builtin::Url),
            option: builtin(Builtin::Option),
            entropy: builtin(Builtin::Entropy),
            anchors: Anchors::new(entries),
            foreign: rules.len(),
            names: Endings::new(
                assignments.iter().flat_map(|&rule| rules[rule].words.iter().map(move |&word| (rule, word))),
                assignments.iter().flat_map(|&rule| rules[rule].except.iter().copied()),
            ),
            endings,
            lasts: LastThree::new(|last| tailed.may_end_with(last).unwrap_or_else(|| is_short(&last))),
            tailed,
            patterns: match thrift {
                Thrift::Speed => Patterns::all(rules.len()),
                Thrift::Memory => Patterns::few(),
            },
            rules,
        }
    }

    /// Whether somebody else brought this rule.
    pub(crate) fn is_foreign(&self, rule: usize) -> bool {
        rule >= self.foreign
    }

    /// What the matches begin with that may go on for many lines, in all cases in which it is written.
    pub(crate) fn openings(&self) -> impl Iterator<Item = String> {
        let cases = |rule: &Rule, keyword: &str| {
            let other = rule.pattern.contains("(?i").then(|| keyword.to_ascii_uppercase());
            std::iter::once(keyword.to_owned()).chain(other)
        };
        let long = self.rules.iter().filter(|rule| rule.lines);
        long.flat_map(move |rule| rule.keywords.iter().flat_map(move |keyword| cases(rule, keyword)))
    }

    /// The leftmost match of this rule that starts in this part of the text.
    pub(crate) fn starting(&self, rule: usize, text: &[u8], first: usize, last: usize) -> Option<Found> {
        let asked = &self.rules[rule];
        if asked.pattern.is_empty() {
            return None;
        }
        self.patterns.ask(rule, asked, |pattern| pattern.starting(text, first, last))
    }

    /// The leftmost match of this rule that starts here or anywhere behind.
    pub(crate) fn behind(&self, rule: usize, text: &[u8], from: usize) -> Option<Found> {
        self.patterns.ask(rule, &self.rules[rule], |pattern| pattern.behind(text, from))
    }

    /// Whether such a word, or what may stand behind it in a name, may end as this name does; looks at a few letters only.
    #[inline]
    pub(crate) fn may_end_a_name(&self, name: &[u8]) -> bool {
        self.tailed.may_end(name).unwrap_or_else(|| is_short(name))
    }

    /// The same of a name that ends here, at once: of most three bytes tell it.
    #[inline]
    pub(crate) fn may_name_end(&self, text: &[u8], end: usize) -> bool {
        let name = &text[..end];
        name.last_chunk().is_none_or(|last| self.lasts.may_be(*last)) && self.may_end_a_name(name)
    }

    /// Whether a name as it is written ends with some word of an assignment rule.
    pub(crate) fn ends_with_a_word(&self, name: &[u8]) -> bool {
        self.endings.may_end(name) != Some(false) && self.names.ends(name)
    }
}

/// Whether a name that does not end with three letters may be one: `db_pw`, `key_s`.
fn is_short(name: &[u8]) -> bool {
    matches!(name.last(), Some(b'w' | b'W' | b's' | b'S')) || ends_abroad(name)
}

/// Whether a letter of another language stands among the last ones.
fn ends_abroad(name: &[u8]) -> bool {
    name.iter().rev().take(3).any(|&byte| byte >= 0x80)
}

impl From<&Entry> for Rule {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.into(),
            name: entry.name,
            score: entry.score,
            severity: entry.severity,
            validator: entry.validator,
            builtin: entry.builtin,
            words: entry.words.clone(),
            except: entry.except.clone(),
            before: entry.before.max(1),
            reach: if entry.reach == 0 { OPEN_REACH } else { entry.reach },
            lines: entry.lines,
            digit: entry.digit,
            entropy: entry.entropy,
            allow: entry.allow.clone().unwrap_or_else(|| vec!["example", "xxxxxxxx", "put_your"]),
            group: entry.group,
            keywords: entry.keywords.clone(),
            pattern: entry.pattern,
        }
    }
}
