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
//! | `near` | `"run"`: a keyword lies in, or begins at most 64 bytes before, a run of at least 16 bytes out of `A-Za-z0-9_-+/=`. `"text"`: it may stand anywhere. `"file"`: the pattern is run over the whole text once a keyword stands anywhere in it, in any case, or when there is none; for rules from elsewhere, since it is slow | `"run"` |
//! | `reach` | how long a match may be before its end is seen; longer ones are only found when their first `reach` bytes match already | what the pattern allows, [`OPEN_REACH`] when it has no end |
//! | `digit` | the secret holds a digit | no |
//! | `entropy` | the secret has at least so many bits per character | 0 |
//! | `allow` | words, in any case, that tell a sample: a secret that holds one is none | `["example"]` |
//! | `severity`, `validator` | see `finding.rs`, `validate/` | |
//! | `builtin`, `words`, `except` | matched by code (`assign.rs`, `url.rs`) and not by a pattern | |
//!
//! What a rule finds is what its pattern finds in the whole text: the search goes on behind each secret. Only what
//! its data says is left out.
//!
//! # What is fast
//!
//! A keyword that **begins a word** costs next to nothing, however many of them there are: it starts with a letter
//! or a digit and the pattern begins with `\b` or `(?:^|[^A-Za-z0-9…])` right before it (`\b(?P<secret>ghp_…`), or it
//! holds a place where a word begins behind something else (`-----BEGIN`, `--token`, `:AA`). Three bytes or more are
//! good, four better. A keyword in the middle of a word (`T3BlbkFJ`, `(?i:aws)[A-Za-z_]*key`) is searched near runs
//! that hold a digit where its rule says `digit = true`, and near all runs otherwise; and if it is `near = "text"`
//! too, in the whole text, which should stay a handful.
//!
//! Examples ride in the same tables; nothing but a test reads them.

use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind, packed};

use super::finding::Harm;
use super::foreign::{BadRule, Foreign};
use super::named;
use super::pattern::{Found, Patterns};
use super::table::{self, Builtin, Entry, Near};
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
    pub(crate) near_run: Keywords,
    pub(crate) in_text: Literals,
    pub(crate) in_file: Whole,
    pub(crate) url: Option<usize>,
    pub(crate) option: Option<usize>,
    pub(crate) entropy: Option<usize>,
    /// The assignment rules, strictest words last.
    pub(crate) assignments: Vec<usize>,
    /// The last three letters of all words of assignment rules, as bits.
    endings: Vec<u64>,
    patterns: Patterns,
}

/// What a set of rules is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thrift {
    /// Many threads and gigabytes of text: what is fast.
    Speed,
    /// One thread that goes on for days: what is small.
    Memory,
}

/// One automaton, and the rule that each of its patterns belongs to.
#[derive(Debug)]
pub(crate) struct Keywords {
    pub(crate) automaton: AhoCorasick,
    pub(crate) rule: Vec<u16>,
}

impl Keywords {
    fn new(words: Vec<(String, u16)>, thrift: Thrift) -> Self {
        // For three hundred words the DFA takes 350 kB, the NFA a tenth of that.
        let kind = match thrift {
            Thrift::Speed => AhoCorasickKind::DFA,
            Thrift::Memory => AhoCorasickKind::ContiguousNFA,
        };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .kind(Some(kind))
            .build(words.iter().map(|(word, _)| word.as_bytes()))
            .expect("a hundred short keywords fit into an automaton");
        Self { automaton, rule: words.into_iter().map(|(_, rule)| rule).collect() }
    }
}

/// Rare literals, looked for in all of a text: with vector instructions where the machine has them.
#[derive(Debug)]
pub(crate) struct Literals {
    packed: Option<packed::Searcher>,
    /// For machines without such instructions.
    automaton: Option<AhoCorasick>,
    rule: Vec<u16>,
}

impl Literals {
    fn new(words: Vec<(String, u16)>) -> Self {
        let literals = || words.iter().map(|(word, _)| word.as_bytes());
        let packed = packed::Searcher::new(literals());
        let plain = || AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(literals());
        let automaton = if packed.is_some() { None } else { plain().ok() };
        Self { packed, automaton, rule: words.into_iter().map(|(_, rule)| rule).collect() }
    }

    /// Calls `each` with the rule and the place of every literal, from left to right.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(usize, usize)) {
        let mut found = |found: aho_corasick::Match| {
            each(usize::from(self.rule[found.pattern().as_usize()]), found.start());
        };
        if let Some(packed) = &self.packed {
            packed.find_iter(text).for_each(&mut found);
        } else if let Some(automaton) = &self.automaton {
            automaton.find_iter(text).for_each(&mut found);
        }
    }
}

/// Keywords that may stand anywhere in a file, for patterns that are run over all of it.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    automaton: Option<AhoCorasick>,
    rule: Vec<u16>,
    /// Rules without a keyword.
    always: Vec<u16>,
}

impl Whole {
    fn new(entries: &[Entry]) -> Self {
        let (mut words, mut rule, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.near == Near::File) {
            if entry.keywords.iter().all(|word| word.is_empty()) {
                always.push(index as u16);
                continue;
            }
            for word in &entry.keywords {
                words.push(*word);
                rule.push(index as u16);
            }
        }
        let automaton = || {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::DFA))
                .start_kind(StartKind::Unanchored)
                .build(&words)
                .expect("a few hundred short keywords fit into an automaton")
        };
        Self { automaton: (!words.is_empty()).then(automaton), rule, always }
    }

    /// The rules that are to be run over this text, in order.
    pub(crate) fn wanted(&self, text: &[u8]) -> Vec<u16> {
        let mut wanted = self.always.clone();
        if let Some(automaton) = &self.automaton {
            wanted.extend(
                automaton.find_overlapping_iter(text).map(|found| self.rule[found.pattern().as_usize()]),
            );
            wanted.sort_unstable();
            wanted.dedup();
        }
        wanted
    }
}

/// How far the end of a match is looked for where the pattern sets no end.
pub(crate) const OPEN_REACH: usize = 4000;

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
    static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &'static str)| {
            table::entries(text).unwrap_or_else(|at| {
                panic!("assets/rules/{name}.toml: {}", at.lines().next().unwrap_or_default())
            })
        };
        TABLES.iter().flat_map(read).map(named::whole).collect()
    });
    ENTRIES.clone()
}

impl RuleSet {
    /// The built-in rules that `wants` names by their id, and the others behind them. It lives as long as the
    /// process: one is made for each configuration that is read.
    pub fn with(others: Vec<Foreign>, wants: impl Fn(&str) -> bool) -> Result<&'static Self, BadRule> {
        let mut entries: Vec<Entry> = tables().into_iter().filter(|entry| wants(entry.id)).collect();
        let first = entries.len();
        entries.extend(others.into_iter().map(Entry::from));
        let set = Self::of(&entries, Thrift::Speed);
        for rule in first..set.rules.len() {
            set.patterns.check(rule, &set.rules[rule])?;
        }
        Ok(Box::leak(Box::new(set)))
    }

    fn of(entries: &[Entry], thrift: Thrift) -> Self {
        let (mut near_run, mut in_text) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let words = match entry.near {
                Near::Run => &mut near_run,
                Near::Text => &mut in_text,
                Near::File => continue,
            };
            let cases = entry.keywords.iter().flat_map(|word| cases(word, entry.any_case));
            words.extend(cases.map(|word| (word, index as u16)));
        }
        let rules: Vec<Rule> = entries.iter().map(Rule::from).collect();
        let builtin = |wanted: Builtin| rules.iter().position(|rule| rule.builtin == Some(wanted));
        let assignments: Vec<usize> =
            (0..rules.len()).filter(|&index| rules[index].builtin == Some(Builtin::Assignment)).collect();
        let mut endings = vec![0u64; ENDINGS.div_ceil(64)];
        for word in assignments.iter().flat_map(|&index| &rules[index].words) {
            let ending = ending(word.as_bytes()).expect("words are three letters or longer");
            endings[ending / 64] |= 1 << (ending % 64);
        }
        Self {
            url: builtin(Builtin::Url),
            option: builtin(Builtin::Option),
            entropy: builtin(Builtin::Entropy),
            in_file: Whole::new(entries),
            near_run: Keywords::new(near_run, thrift),
            in_text: Literals::new(in_text),
            assignments,
            endings,
            patterns: match thrift {
                Thrift::Speed => Patterns::all(rules.len()),
                Thrift::Memory => Patterns::few(),
            },
            rules,
        }
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

    /// Whether some word of an assignment rule ends as this name does; looks at three letters only.
    pub(crate) fn may_end_a_word(&self, name: &[u8]) -> bool {
        ending(name).is_some_and(|ending| self.endings[ending / 64] & (1 << (ending % 64)) != 0)
    }
}

/// How many endings of three letters there are.
const ENDINGS: usize = 26 * 26 * 26;

/// The last three letters of a name as a number, whatever their case; `None` when they are no letters.
fn ending(name: &[u8]) -> Option<usize> {
    let last = name.last_chunk::<3>()?;
    last.iter().try_fold(0, |number, byte| {
        let letter = byte.to_ascii_lowercase().wrapping_sub(b'a');
        (letter < 26).then_some(number * 26 + usize::from(letter))
    })
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
            digit: entry.digit,
            entropy: entry.entropy,
            allow: entry.allow.clone().unwrap_or_else(|| vec!["example"]),
            group: entry.group,
            keywords: entry.keywords.clone(),
            pattern: entry.pattern,
        }
    }
}

/// The word as it is; with `any_case` also in capitals and capitalised, which is how names are really written.
fn cases(word: &str, any_case: bool) -> Vec<String> {
    let mut cases = vec![word.to_owned()];
    if any_case {
        let parts: Vec<String> = word.split('_').map(capital).collect();
        cases.push(word.to_ascii_uppercase());
        cases.extend(["", "_", "-", " "].map(|joint| parts.join(joint)));
        cases.push(parts[0].to_ascii_lowercase() + &parts[1..].concat());
        cases.sort();
        cases.dedup();
    }
    cases
}

fn capital(word: &str) -> String {
    word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default()
}
